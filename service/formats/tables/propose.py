"""Proposal of a mapping file for a file, with the questions that the file leaves open."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from service.formats.tables.parsed_table import NotATable

_ID: Final = re.compile(
    r"(?:^|[ _.#-])(?:(?:id|ids|code|key|ref|reference|uuid|registro|identifier)(?:$|[ _-])|(?:no|nr|number)$)|id$",
    re.IGNORECASE,
)
_TITLE: Final = re.compile(r"title|headline|event.?name|incident.?name|^name$|^event$|^case$", re.IGNORECASE)
_TIME: Final = re.compile(r"date|day|fecha|datum|tag|jour|tarih|time|when|تاريخ|дата", re.IGNORECASE)
_SAID: Final = re.compile(r"report|publi|updat|added|release|entered|actuali", re.IGNORECASE)
_CUMULATIVE: Final = re.compile(r"cum|to.?date", re.IGNORECASE)
_BOUNDED: Final = re.compile(
    r"(?:^|[ _-])(?:min|minimum|max|maximum|least|most|low|lower|high|upper)(?:$|[ _-])", re.IGNORECASE
)
_CELLS_SAMPLED: Final = 200
_MOST_KEYS: Final = 3
_KEY_CANDIDATES: Final = 12
_LONG: Final = 100
_MOST_COLUMNS: Final = 500
_MOST_SHOWN: Final = 3


@dataclass
class Proposal:
    """A proposed mapping file: its fields, and its open questions as sentences."""

    fields: dict[str, Any]
    unsure: list[str]

    @property
    def table(self) -> TableMap:
        """The mapping, validated."""
        return TableMap.model_validate(self.fields)


def propose_mapping(found: DetectedTable, name: str) -> Proposal:
    """Propose a mapping file for a file of this name, with a question for every guess.

    Raises NotATable: there is nothing to propose.
    """
    if not any(found.columns.values()):
        raise NotATable("There is no row with a cell in it.")
    proposal = _Proposer(found, name).proposal()
    try:
        _ = proposal.table
    except ValidationError as problem:
        error = problem.errors(include_url=False)[0]
        raise NotATable(f"What it shows makes no mapping file: {error['loc']}: {error['msg']}") from problem
    return proposal


class _Proposer:
    def __init__(self, found: DetectedTable, name: str) -> None:
        self._found = found
        self._columns = {column: cells for column, cells in found.columns.items() if len(column) <= LONGEST_LABEL}
        self._name = _table_name(name)
        self._unsure = list(found.unsure)
        self._ask = self._unsure.append
        self._dates = {column: formats for column in self._columns if (formats := self._formats(column))}
        self._figures = self._claims()

    def proposal(self) -> Proposal:
        key = self._key()
        layout = {name: value for name, value in self._found.fields.items() if name not in ("columns", "types")}
        fields: dict[str, Any] = {
            "table": self._name,
            "title": self._title(key),
            **layout,
            "key": key,
            "source": slugify(self._name) or "source",
            **self._duplicates(key),
            **self._times(),
            **self._numbers(),
            **({"columns": list(self._columns)} if len(self._columns) <= _MOST_COLUMNS else {}),
            **({"types": types} if (types := self._found.fields.get("types")) else {}),
            "registered": {"name": self._name, "type": "other"},
            **({"places": places} if (places := places_of(self._columns, self._unsure)) else {}),
            **({"claims": self._figures} if self._figures else self._melt()),
        }
        self._ask("Who vouches for the table is not in the file: put its name in “source” and “registered”.")
        if silence := self._silence():
            fields["silence"] = silence
        return Proposal(_ordered(fields), self._unsure)

    def _formats(self, column: str) -> list[str]:
        """Return the date formats that fit a column: “iso” if it needs none, empty if it has no dates."""
        cells = non_silent(self._columns[column])
        if is_iso(cells):
            return ["iso"]
        formats = formats_of(cells)
        return [] if formats == ["%Y%m%d"] and not _TIME.search(column) else formats

    def _claims(self) -> list[dict[str, Any]]:
        """Return the claims of columns that count people, by name; the first of several that count the same."""
        claims: list[dict[str, Any]] = []
        first_columns: dict[str, str] = {}
        for column, cells in self._columns.items():
            measure = measure_of(column)
            if measure is None or column in self._dates or not self._counts(cells):
                continue
            people = people_of(column)
            first = first_columns.setdefault(f"{measure} {sorted(people.items())}", column)
            if first != column:
                self._ask(
                    f"“{column}” seems to count what “{first}” counts, so no claim is made of it; it needs"
                    " a population, scope or manner that tells them apart."
                )
                if _CUMULATIVE.search(column):
                    self._ask(
                        f'If “{first}” counts anew each time, its claim needs accumulation = "incremental" and a'
                        " “period”: as it is, it is taken for a total."
                    )
                continue
            claim: dict[str, Any] = {"column": column, "measure": measure}
            claim |= {"population": people} if people else {}
            claim |= {"counts": "words"} if self._in_words(cells) else {}
            claims.append(claim)
            self._ask(f"“{column}” is taken for {measure.replace('_', ' ')}, by its name: is it?")
            if _BOUNDED.search(column):
                self._ask(
                    f"“{column}” seems to hold least or greatest figures, and is read as exact ones: say so by “bound”."
                )
        return claims

    def _counts(self, cells: Sequence[str]) -> bool:
        """Say whether at least half of the non-silent cells have a digit."""
        found = non_silent(cells)
        return not found or sum(any(letter.isdigit() for letter in cell) for cell in found) * 2 >= len(found)

    def _in_words(self, cells: Sequence[str]) -> bool:
        return any(not is_number(cell) and cell not in AMBIGUOUS_MARKS for cell in non_silent(cells))

    def _melt(self) -> dict[str, Any]:
        """Return the rule for columns named by a day, each a figure of that day."""
        days = [column for column in self._columns if formats_of([column])]
        formats = formats_of(days)
        if days and len(days) < _MOST_KEYS:
            self._ask(f"“{days[0]}” is called by a day: if it has a figure of that day, declare it by “melt”.")
        if len(days) < _MOST_KEYS or not formats:
            if not self._figures:
                self._ask("No column seems to count people, so no claims are made: name those that do in “claims”.")
            return {}
        if len(formats) > 1:
            self._ask(f"Columns called by days may be read as {' or '.join(formats)}: nothing is made of them.")
            return {}
        self._ask(f"Columns called by days ({days[0]} …) are taken for figures of those killed until then: are they?")
        return {"melt": [{"columns": formats[0], "measure": "killed"}]}

    def _key(self) -> list[str]:
        """Return the fewest columns whose values are unique, columns named as ids first."""
        counted = {claim["column"] for claim in self._figures}
        rest = [each for each in self._columns if each not in counted and any(map(str.strip, self._columns[each]))]
        rest.sort(key=self._rank)
        for many in range(1, _MOST_KEYS + 1):
            for columns in combinations(rest[:_KEY_CANDIDATES], many):
                rows = list(zip(*(map(str.strip, self._columns[column]) for column in columns), strict=True))
                if len(set(rows)) == len(rows) and all(any(row) for row in rows):
                    return self._unique_key(list(columns), len(rows))
        best = max(
            combinations(rest[:_KEY_CANDIDATES], min(_MOST_KEYS, len(rest)) or 1), key=self._distinct, default=()
        )
        key = list(best) or list(self._columns)[:1]
        self._ask(
            f"No columns tell all rows apart; “{'”, “'.join(key)}” are taken for the key, which several rows share."
        )
        return key

    def _rank(self, column: str) -> int:
        """Return the sort rank of a column for the key: ids, then words, days, numbers, and long texts."""
        cells = non_silent(self._columns[column])
        if _ID.search(column):
            return 0
        if max(map(len, cells), default=0) > _LONG:
            return 4
        return 3 if all(map(is_number, cells)) else 2 if column in self._dates else 1

    def _unique_key(self, columns: list[str], rows: int) -> list[str]:
        if rows <= _MOST_SHOWN or not all(_ID.search(column) for column in columns):
            self._ask(
                f"“{'”, “'.join(columns)}” told all rows apart ({rows:,}), and is the key: will it, and does it stay?"
            )
        return columns

    def _distinct(self, columns: Sequence[str]) -> int:
        return len(set(zip(*(self._columns[column] for column in columns), strict=True)))

    def _duplicates(self, key: Sequence[str]) -> dict[str, str]:
        rows = Counter(zip(*(map(str.strip, self._columns[column]) for column in key), strict=True))
        return {"duplicates": "keep"} if any(count > 1 for count in rows.values()) else {}

    def _title(self, key: Sequence[str]) -> str:
        full = (each for each, cells in self._columns.items() if len(non_silent(cells)) == len(cells))
        named = next((each for each in full if _TITLE.search(each)), None)
        columns = [each for each in ([named] if named else key) if not set("{}") & set(each)]
        return ", ".join(f"{{{column}}}" for column in columns) or self._name

    def _times(self) -> dict[str, Any]:
        """Return the patterns of occurred and reported time, by names of columns, and their formats."""
        fields: dict[str, Any] = {}
        formats: list[str] = []
        for column, cells in self._columns.items():
            shown = non_silent(cells)[:_CELLS_SAMPLED]
            if column not in self._dates and _TIME.search(column) and 2 * sum(map(is_day, shown)) > len(shown):
                self._ask(
                    f"“{column}” has dates in several formats, so no date is read from it: declare all of them in"
                    f' “dates”, and occurred or reported_at = "{{{column}}}".'
                )
        for column, found in self._dates.items():
            if not (_TIME.search(column) or _SAID.search(column)) or set("{}:") & set(column):
                continue
            of = "reported_at" if _SAID.search(column) else "occurred"
            if len(found) > 1:
                self._ask(
                    f"“{column}” may be read as {' or '.join(found)}, so no date is read from it: declare one in"
                    f' “dates”, and {of} = "{{{column}}}".'
                )
            elif of in fields:
                self._ask(f"“{column}” has dates too; “{of}” is read from another column.")
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
            grouped = next((f"“{cell.strip()}”" for cell in counted if thousands_of([cell])), "")
            self._ask(f"“{mark}” is taken for the mark between thousands, as in {grouped}: is it?")
        elif marks:
            self._ask(f"Figures have several marks that may stand between thousands: {' '.join(sorted(marks))}")
        return fields

    def _silence(self) -> list[str]:
        marks: dict[str, str] = {}
        read = {claim["column"] for claim in self._figures} | self._dates.keys()
        for column, cells in self._columns.items():
            if column in read or LAT.search(column) or LON.search(column):
                marks |= {mark: marks.get(mark, column) for mark in silence_marks_in(cells)}
            if column in read and (either := sorted({cell.strip() for cell in cells} & AMBIGUOUS_MARKS)):
                self._ask(
                    f"“{either[0]}” in “{column}” may say nobody, or nothing: put it in “silence” if it is the latter."
                )
        for mark, column in marks.items():
            self._ask(f"“{mark}” in “{column}” is taken for silence, which is never zero: is it?")
        return sorted(marks)


def _table_name(name: str) -> str:
    """Return a table's name from that of its file: words that begin with a letter."""
    stem = PurePath(name).name.split(".")[0]
    words = [word if word[0].isalpha() else f"t{word}" for word in slugify(stem).split("-") if word]
    return "-".join(words)[:TABLE_LENGTH].rstrip("-") or "table"


_TABLES: Final = ("csv", "types", "registered", "places", "claims", "melt")


def _ordered(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields in the order of TOML: tables last."""
    plain = {name: value for name, value in fields.items() if name not in _TABLES}
    return plain | {name: fields[name] for name in _TABLES if name in fields}
