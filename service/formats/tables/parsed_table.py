"""A table as read: rows by key, quickly, as nothing is built of a row before somebody looks at it."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, cast

import orjson

from service.formats.importer import ImportFault, Location
from service.formats.tables.mapping import TableMap
from service.formats.tables.numbers import JsonDecimal

BEYOND: Final = "\0"
"""Under this name stand the cells that a row of CSV has beyond its header; no column can be called so."""
NO_KEY: Final = "The row has no key: its cell here is missing or empty."
_LOST = "\ufffd"

RawRow = Mapping[str, Any]
"""A row as it was read: of CSV its cells as strings, of JSON its values, numbers with a fraction as Digits."""


class RowFault(NamedTuple):
    """What is wrong in a row: its first line, the column, and a sentence; whether the row could not be read for it."""

    line: int | None
    column: str | None
    reason: str
    lost: bool = False


class UnparsableTable(ValueError):
    """A file is not a table; the sentence says why."""


@dataclass(frozen=True, slots=True)
class ParsedTable:
    """A table as read: its rows by key in the order of the file, and what could not be given a key.

    `doubles` are the names in `rows` of all rows of a key that has several, as far as these are not settled;
    `contested` are keys that it has rows of, of which none is taken. `truths` says that some cell is true or false,
    which Python holds equal to 1 and 0.
    """

    rows: dict[str, RawRow]
    faults: list[RowFault]
    truths: bool = False
    line_of: Callable[[str], int | None] = field(default=lambda _: None)
    doubles: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    contested: frozenset[str] = frozenset()

    def changed(self, before: "ParsedTable") -> Iterator[tuple[str, RawRow]]:
        """Yield the rows that were not there before, or were others."""
        truths = self.truths or before.truths
        for key, row in self.rows.items():
            was = before.rows.get(key)
            if was is None or row != was or (truths and not same_typed(row, was)):
                yield key, row

    @property
    def broken(self) -> bool:
        """Whether some of it could not be read at all, so that nobody knows which rows it lacks."""
        return any(fault.column is None or fault.lost for fault in self.faults)

    def losses(self, key: str, where: Location) -> Iterator[ImportFault]:
        """Yield the cells of a row in which letters were lost before: somebody decoded it wrongly, and wrote it so."""
        for column, cell in self.rows[key].items():
            if isinstance(cell, str) and _LOST in cell:
                reason = "The file has “\ufffd” here, for letters that were lost before it was written; it is kept so."
                yield ImportFault(where._replace(column=column), reason)


def same_typed(one: Any, other: Any) -> bool:  # noqa: ANN401 - cells, which are any JSON
    """Say whether two cells, or rows, are of the same types and equal."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        cells, others = cast("RawRow", one), cast("RawRow", other)
        return cells.keys() == others.keys() and all(same_typed(cell, others[column]) for column, cell in cells.items())
    if isinstance(one, list):
        items, rest = cast("list[Any]", one), cast("list[Any]", other)
        return len(items) == len(rest) and all(map(same_typed, items, rest))
    return one == other


def flattened(raw: RawRow, whole: frozenset[str], prefix: str = "") -> dict[str, Any]:
    """Return a row with the values of its objects beside the others, under names joined by “.”; `whole` ones stay."""
    flat: dict[str, Any] = {}
    for name, value in raw.items():
        column = prefix + name
        if isinstance(value, dict) and column not in whole:
            flat |= flattened(cast("RawRow", value), whole, f"{column}.")
        else:
            flat[column] = value
    return flat


def key_parts(table: TableMap, text_of: Callable[[str], str]) -> list[str]:
    """Return what makes the key of a row: the text of each of its columns, up to where it is cut."""
    parts: list[str] = []
    for column in table.key:
        text = text_of(column)
        if table.key_cut is not None and table.key_cut in text:
            return [*parts, text.split(table.key_cut)[0]]
        parts.append(text)
    return parts


def cell_text(cell: object) -> str:
    """Return a cell in words: a string as it is, nothing for null, anything else as JSON writes it."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, JsonDecimal):
        return cell.digits
    if isinstance(cell, dict):
        return str(cast("RawRow", cell).get("decimal", ""))
    return "" if cell is None else json.dumps(cell)


class RowsByKey:
    """Rows by key; further rows of a key stand under names that no key can have, until it is settled what they are."""

    def __init__(self) -> None:
        self.rows: dict[str, RawRow] = {}
        self.doubles: dict[str, list[str]] = {}

    def put(self, key: str, row: RawRow) -> str:
        """Put a row under its key, or under a name of its own; returns which."""
        name = key
        if key in self.rows:
            names = self.doubles.setdefault(key, [key])
            name = f"{key}\0{len(names)}"
            names.append(name)
        self.rows[name] = row
        return name


AttributeCells = dict[str, Any]
"""The cells of a row as attributes, by column: a string, whole number, truth, None or `{"decimal": "1.50"}`."""
CellFault = tuple[str | None, str]
"""The column at fault, where it is one, and a sentence."""

_BIGGEST: Final = 2**53 - 1
_TYPED: Final = {
    "integer": re.compile(r"0|-?[1-9][0-9]{0,98}"),
    "decimal": re.compile(r"-?(?:0|[1-9][0-9]{0,40})(?:\.[0-9]{1,40})?"),
    "boolean": re.compile("true|false"),
}
"""What a cell of CSV looks like that is written again as it was read."""


def typed_cells(table: TableMap, raw: RawRow) -> tuple[AttributeCells, list[CellFault]]:
    """Return the cells of a row, and what of it is no cell."""
    cells: AttributeCells = {}
    wrong: list[CellFault] = []
    for column, value in flattened(raw, table.whole_columns).items():
        of = table.types.get(column) or table.types.get(table.present_names.get(column, column))
        if of == "json":
            cells[column] = compact_json(value)
        elif isinstance(value, list):
            wrong.append((column, "A list is no cell; give the column the type “json” to keep it as it is."))
        elif of and isinstance(value, str) and _TYPED[of].fullmatch(value):
            cells[column] = _typed(of, value)
        else:
            cells[column] = _kept(value)
    return cells, wrong


def _kept(value: object) -> object:
    if isinstance(value, JsonDecimal):
        return {"decimal": value.digits}
    if isinstance(value, int) and abs(value) > _BIGGEST:
        return {"decimal": str(value)}
    return value


def _typed(of: str, text: str) -> object:
    if of == "boolean":
        return text == "true"
    return _kept(int(text)) if of == "integer" else {"decimal": text}


def compact_json(value: object) -> str:
    """Return a value as compact JSON, its numbers digit by digit."""
    if isinstance(value, dict):
        members = cast("RawRow", value).items()
        return "{" + ",".join(f"{_string(name)}:{compact_json(each)}" for name, each in members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(compact_json, cast("list[Any]", value))) + "]"
    return _string(value) if isinstance(value, str) else cell_text(value) or "null"


def _string(text: str) -> str:
    return orjson.dumps(text).decode()
