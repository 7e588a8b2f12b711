"""A mapping file proposed from a file: what it shows is written down, and what it does not show is asked."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, combinations
from pathlib import PurePath
from typing import Any, Final

from pydantic import ValidationError

from domain.values.text_types import LONGEST_LABEL, slugify
from service.formats.tables.column_kinds import (
    AMBIGUOUS_MARKS,
    LAT,
    LON,
    formats_of,
    has_decimal_commas,
    is_day,
    is_iso,
    is_number,
    measure_of,
    non_silent,
    people_of,
    places_of,
    silence_marks_in,
    thousands_of,
)
from service.formats.tables.detect import DetectedTable
from service.formats.tables.mapping import TABLE_LENGTH, TableMap
from service.formats.tables.parsed_table import UnparsableTable

_ID: Final = re.compile(
    r"(?:^|[ _.#-])(?:(?:id|ids|code|key|ref|reference|uuid|registro|identifier)(?:$|[ _-])|(?:no|nr|number)$)|id$",
    re.IGNORECASE,
)
_TITLE: Final = re.compile(r"title|headline|event.?name|incident.?name|^name$|^event$|^case$", re.IGNORECASE)
_TIME: Final = re.compile(r"date|day|fecha|datum|tag|jour|tarih|time|when|تاريخ|дата", re.IGNORECASE)
_SAID: Final = re.compile(r"report|publi|updat|added|release|entered|actuali", re.IGNORECASE)
_MOST_KEYS: Final = 3
_LOOKED_AT: Final = 12
_LONG: Final = 100
_MOST_COLUMNS: Final = 500
_MOST_SHOWN: Final = 3


@dataclass
class Proposal:
    """A mapping file as proposed: its fields, what was unsure of it, and comments on fields."""

    fields: dict[str, Any]
    unsure: list[str]
    comments: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def table(self) -> TableMap:
        """The mapping, as it is read."""
        return TableMap.model_validate(self.fields)


def propose_mapping(found: DetectedTable, name: str) -> Proposal:
    """Propose a mapping file for a file of this name. Nothing that the file does not show goes without a word.

    Raises Unparsed: there is nothing to propose.
    """
    if not any(found.columns.values()):
        raise UnparsableTable("There is no row with a cell in it.")
    proposal = _Proposer(found, name).proposal()
    try:
        TableMap.model_validate(proposal.fields)
    except ValidationError as problem:
        error = problem.errors(include_url=False)[0]
        raise UnparsableTable(f"What it shows makes no mapping file: {error['loc']}: {error['msg']}") from problem
    return proposal


class _Proposer:
    def __init__(self, found: DetectedTable, name: str) -> None:
        self._found = found
        self._columns = {column: cells for column, cells in found.columns.items() if len(column) <= LONGEST_LABEL}
        self._name = _table_name(name)
        self._unsure = list(found.unsure)
        self._comments: dict[str, str] = {}
        self._dates = {column: formats for column in self._columns if (formats := self._formats(column))}
        self._figures = self._counted()

    def proposal(self) -> Proposal:
        key = self._key()
        laid_out = {name: value for name, value in self._found.fields.items() if name not in ("columns", "types")}
        fields: dict[str, Any] = {
            "table": self._name,
            "title": self._title(key),
            **laid_out,
            "key": key,
            "source": slugify(self._name) or "source",
            **self._doubles(key),
            **self._times(),
            **self._numbers(),
            **({"columns": list(self._columns)} if len(self._columns) <= _MOST_COLUMNS else {}),
            **({"types": types} if (types := self._found.fields.get("types")) else {}),
            "registered": {"name": self._name, "type": "other"},
            **({"places": places} if (places := places_of(self._columns, self._unsure)) else {}),
            **({"claims": self._figures} if self._figures else self._melt()),
        }
        self._unsure.append("Who vouches for the table is not in the file: put its name in “source” and “registered”.")
        if silence := self._silence():
            fields["silence"] = silence
        return Proposal(_ordered(fields), self._unsure, self._comments)

    def _formats(self, column: str) -> list[str]:
        """Return the formats by which a column is dates: “iso” if it needs none, nothing if it is none."""
        cells = non_silent(self._columns[column])
        if is_iso(cells):
            return ["iso"]
        formats = formats_of(cells)
        return [] if formats == ["%Y%m%d"] and not _TIME.search(column) else formats

    def _counted(self) -> list[dict[str, Any]]:
        """Return the claims of columns that count people, by their names; one of each that counts the same."""
        claims: list[dict[str, Any]] = []
        taken: dict[str, str] = {}
        for column, cells in self._columns.items():
            measure = measure_of(column)
            if measure is None or column in self._dates or not self._counts(cells):
                continue
            people = people_of(column)
            counted = f"{measure} {sorted(people.items())}"
            if counted in taken:
                self._unsure += same_figure_doubts(column, taken[counted])
                continue
            taken[counted] = column
            claim: dict[str, Any] = {"column": column, "measure": measure}
            claim |= {"population": people} if people else {}
            claim |= {"counts": "words"} if self._in_words(cells) else {}
            claims.append(claim)
            self._unsure += figure_doubts(column, measure)
        return claims

    def _counts(self, cells: Sequence[str]) -> bool:
        """Say whether cells are figures, or words with figures: any that has a digit, or nothing."""
        found = non_silent(cells)
        return not found or sum(any(letter.isdigit() for letter in cell) for cell in found) * 2 >= len(found)

    def _in_words(self, cells: Sequence[str]) -> bool:
        return any(not is_number(cell) and cell not in AMBIGUOUS_MARKS for cell in non_silent(cells))

    def _melt(self) -> dict[str, Any]:
        """Return the columns that are called by a day, each a figure of that day."""
        formats = formats_of([column for column in self._columns if formats_of([column])])
        days = [column for column in self._columns if formats_of([column])]
        if days and len(days) < _MOST_KEYS:
            self._unsure.append(
                f"“{days[0]}” is called by a day: if it has a figure of that day, declare it by “melt”."
            )
        if len(days) < _MOST_KEYS or not formats:
            if not self._figures:
                self._unsure.append(
                    "No column seems to count people, so no claims are made: name those that do in “claims”."
                )
            return {}
        if len(formats) > 1:
            self._unsure.append(
                f"Columns called by days may be read as {' or '.join(formats)}: nothing is made of them."
            )
            return {}
        self._unsure.append(
            f"Columns called by days ({days[0]} …) are taken for figures of those killed until then: are they?"
        )
        return {"melt": [{"columns": formats[0], "measure": "killed"}]}

    def _key(self) -> list[str]:
        """Return the fewest columns that tell rows apart, those that are called as ids are first."""
        counted = {claim["column"] for claim in self._figures}
        rest = [each for each in self._columns if each not in counted and any(map(str.strip, self._columns[each]))]
        rest.sort(key=self._rank)
        for many in range(1, _MOST_KEYS + 1):
            for columns in combinations(rest[:_LOOKED_AT], many):
                rows = list(zip(*(map(str.strip, self._columns[column]) for column in columns), strict=True))
                if len(set(rows)) == len(rows) and all(any(row) for row in rows):
                    return self._told_key(list(columns), len(rows))
        best = max(combinations(rest[:_LOOKED_AT], min(_MOST_KEYS, len(rest)) or 1), key=self._distinct, default=())
        key = list(best) or list(self._columns)[:1]
        self._unsure.append(
            f"No columns tell all rows apart; “{'”, “'.join(key)}” are taken for the key, which several rows share."
        )
        return key

    def _rank(self, column: str) -> int:
        """Return how late a column is thought of for the key: ids first, then words, days, numbers, and long texts."""
        cells = non_silent(self._columns[column])
        if _ID.search(column):
            return 0
        if max(map(len, cells), default=0) > _LONG:
            return 4
        return 3 if all(map(is_number, cells)) else 2 if column in self._dates else 1

    def _told_key(self, columns: list[str], rows: int) -> list[str]:
        if rows <= _MOST_SHOWN or not all(_ID.search(column) for column in columns):
            self._unsure.append(
                f"“{'”, “'.join(columns)}” told all rows apart ({rows:,}), and is the key: will it, and does it stay?"
            )
        return columns

    def _distinct(self, columns: Sequence[str]) -> int:
        return len(set(zip(*(self._columns[column] for column in columns), strict=True)))

    def _doubles(self, key: Sequence[str]) -> dict[str, str]:
        rows = Counter(zip(*(map(str.strip, self._columns[column]) for column in key), strict=True))
        return {"duplicates": "keep"} if any(count > 1 for count in rows.values()) else {}

    def _title(self, key: Sequence[str]) -> str:
        named = next(
            (
                each
                for each in self._columns
                if _TITLE.search(each) and len(non_silent(self._columns[each])) == len(self._columns[each])
            ),
            None,
        )
        return (
            ", ".join(f"{{{column}}}" for column in ([named] if named else key) if not set("{}") & set(column))
            or self._name
        )

    def _times(self) -> dict[str, Any]:
        """Return when a row happened and was said, by what columns are called, and how they are written."""
        fields: dict[str, Any] = {}
        formats: list[str] = []
        self._unsure += date_doubts(self._columns, self._dates, _TIME)
        for column, found in self._dates.items():
            if not (_TIME.search(column) or _SAID.search(column)) or set("{}:") & set(column):
                continue
            of = "reported_at" if _SAID.search(column) else "occurred"
            if len(found) > 1:
                self._unsure.append(
                    f"“{column}” may be read as {' or '.join(found)}, so no date is read from it: declare one in"
                    f' “dates”, and {of} = "{{{column}}}".'
                )
            elif of in fields:
                self._unsure.append(f"“{column}” has dates too; “{of}” is read from another column.")
            else:
                fields[of] = f"{{{column}}}" if found == ["iso"] else f"{{{column}:{found[0]}}}"
                formats += found
        distinct = list(dict.fromkeys(formats))
        if len(distinct) == 1 and distinct != ["iso"]:
            fields = {of: re.sub(r":%[^}]*", "", pattern) for of, pattern in fields.items()}
            fields["dates"] = distinct[0]
        return fields

    def _numbers(self) -> dict[str, str]:
        counted = list(chain.from_iterable(self._columns[claim["column"]] for claim in self._figures))
        degrees = list(
            chain.from_iterable(cells for name, cells in self._columns.items() if LAT.search(name) or LON.search(name))
        )
        marks = thousands_of(counted)
        fields: dict[str, str] = {}
        if has_decimal_commas(degrees):
            fields["decimal"] = ","
        if len(marks) == 1 and (mark := marks.pop()) != fields.get("decimal"):
            fields["thousands"] = mark
            self._unsure.append(
                f"“{mark}” is taken for the mark between thousands, as in {self._grouped(counted)}: is it?"
            )
        elif marks:
            self._unsure.append(
                f"Figures have several marks that may stand between thousands: {' '.join(sorted(marks))}"
            )
        return fields

    def _grouped(self, cells: Iterable[str]) -> str:
        return next((f"“{cell.strip()}”" for cell in cells if thousands_of([cell])), "")

    def _silence(self) -> list[str]:
        marks: dict[str, str] = {}
        read = {claim["column"] for claim in self._figures} | self._dates.keys()
        for column, cells in self._columns.items():
            if column in read or LAT.search(column) or LON.search(column):
                marks |= {mark: marks.get(mark, column) for mark in silence_marks_in(cells)}
            if column in read and (either := sorted({cell.strip() for cell in cells} & AMBIGUOUS_MARKS)):
                self._unsure.append(
                    f"“{either[0]}” in “{column}” may say nobody, or nothing: put it in “silence” if it is the latter."
                )
        for mark, column in marks.items():
            self._unsure.append(f"“{mark}” in “{column}” is taken for silence, which is never zero: is it?")
        return sorted(marks)


def _table_name(name: str) -> str:
    """Return a table's name, made of the name of its file: words that begin with a letter."""
    stem = PurePath(name).name.split(".")[0]
    words = [word if word[0].isalpha() else f"t{word}" for word in slugify(stem).split("-") if word]
    return "-".join(words)[:TABLE_LENGTH].rstrip("-") or "table"


_TABLES: Final = ("csv", "types", "registered", "places", "claims", "melt")


def _ordered(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields in the order of a mapping file: what is a table of its own in TOML comes last."""
    plain = {name: value for name, value in fields.items() if name not in _TABLES}
    return plain | {name: fields[name] for name in _TABLES if name in fields}


_CUMULATIVE: Final = re.compile(r"cum|to.?date", re.IGNORECASE)
_BOUNDED: Final = re.compile(
    r"(?:^|[ _-])(?:min|minimum|max|maximum|least|most|low|lower|high|upper)(?:$|[ _-])", re.IGNORECASE
)
_CELLS_LOOKED_AT: Final = 200


def figure_doubts(column: str, measure: str) -> Iterator[str]:
    """Yield what is to be asked of a column that is taken for figures, by its name."""
    yield f"“{column}” is taken for {measure.replace('_', ' ')}, by its name: is it?"
    if _BOUNDED.search(column):
        yield f"“{column}” seems to hold least or greatest figures, and is read as exact ones: say so by “bound”."


def same_figure_doubts(column: str, taken: str) -> Iterator[str]:
    """Yield what is to be asked of a column that seems to count what another one does."""
    yield (
        f"“{column}” seems to count what “{taken}” counts, so no claim is made of it; it needs"
        " a population, scope or manner that tells them apart."
    )
    if _CUMULATIVE.search(column):
        yield (
            f'If “{taken}” counts anew each time, its claim needs accumulation = "incremental" and a “period”:'
            " as it is, it is taken for a total."
        )


def date_doubts(columns: Mapping[str, Sequence[str]], dated: Mapping[str, Any], called: re.Pattern[str]) -> list[str]:
    """Return what is to be asked of columns that are called as dates are and have such cells, in several formats."""
    found: list[str] = []
    for column, cells in columns.items():
        shown = non_silent(cells)[:_CELLS_LOOKED_AT]
        if column not in dated and called.search(column) and 2 * sum(map(is_day, shown)) > len(shown):
            found.append(
                f"“{column}” has dates in several formats, so no date is read from it: declare all of them in"
                f' “dates”, and occurred or reported_at = "{{{column}}}".'
            )
    return found
