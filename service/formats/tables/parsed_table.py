"""A table as parsed: raw rows by key, its faults, and the conversion of cells to attributes."""

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
"""Key of the cells beyond the header in a row of CSV; not a possible name of a column."""
NO_KEY: Final = "The row has no key: its cell here is missing or empty."
_LOST = "\ufffd"

RawRow = Mapping[str, Any]
"""A row as parsed: strings of CSV, values of JSON, with fractional numbers as JsonDecimal."""


class RowFault(NamedTuple):
    """A fault of a row: its first line, the column, and a sentence; `lost`: the row could not be read."""

    line: int | None
    column: str | None
    reason: str
    lost: bool = False


class NotATable(ValueError):
    """A file that is no table; the message says why."""


@dataclass(frozen=True, slots=True)
class ParsedTable:
    """A table as parsed: its rows by key in the order of the file, and its faults.

    `duplicates` are the names in `rows` of all rows of a key with several, until `settle_duplicates`; `contested` are
    keys whose rows are all rejected. `has_booleans`: some cell is true or false, which equal 1 and 0 in Python.
    """

    rows: dict[str, RawRow]
    faults: list[RowFault]
    has_booleans: bool = False
    line_of: Callable[[str], int | None] = field(default=lambda _: None)
    duplicates: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    contested: frozenset[str] = frozenset()

    def changed(self, before: "ParsedTable") -> Iterator[tuple[str, RawRow]]:
        """Yield the rows that are new or different from `before`."""
        booleans = self.has_booleans or before.has_booleans
        for key, row in self.rows.items():
            previous = before.rows.get(key)
            if previous is None or row != previous or (booleans and not same_typed(row, previous)):
                yield key, row

    @property
    def broken(self) -> bool:
        """Whether some row could not be read, so that the removed rows are unknown."""
        return any(fault.column is None or fault.lost for fault in self.faults)

    def losses(self, key: str, where: Location) -> Iterator[ImportFault]:
        """Yield a fault for each cell with U+FFFD, from an earlier wrong decoding."""
        for column, cell in self.rows[key].items():
            if isinstance(cell, str) and _LOST in cell:
                reason = "The file has “\ufffd” here, for letters that were lost before it was written; it is kept so."
                yield ImportFault(where._replace(column=column), reason)


def same_typed(one: Any, other: Any) -> bool:  # noqa: ANN401 - cells, which are any JSON
    """Say whether two cells or rows are equal, including types."""
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
    """Return a row with nested objects flattened, names joined by “.”; columns in `whole` stay."""
    flat: dict[str, Any] = {}
    for name, value in raw.items():
        column = prefix + name
        if isinstance(value, dict) and column not in whole:
            flat |= flattened(cast("RawRow", value), whole, f"{column}.")
        else:
            flat[column] = value
    return flat


def key_parts(table: TableMap, text_of: Callable[[str], str]) -> list[str]:
    """Return the parts of the key of a row: the text of each key column, up to `key_cut`."""
    parts: list[str] = []
    for column in table.key:
        text = text_of(column)
        if table.key_cut is not None and table.key_cut in text:
            return [*parts, text.split(table.key_cut)[0]]
        parts.append(text)
    return parts


def cell_text(cell: object) -> str:
    """Return a cell as text: a string as it is, empty for null, anything else as JSON."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, JsonDecimal):
        return cell.digits
    if isinstance(cell, dict):
        return str(cast("RawRow", cell).get("decimal", ""))
    return "" if cell is None else json.dumps(cell)


class RowsByKey:
    """Rows by key; further rows of a key get temporary names that no key can have."""

    def __init__(self) -> None:
        self.rows: dict[str, RawRow] = {}
        self.duplicates: dict[str, list[str]] = {}

    def put(self, key: str, row: RawRow) -> str:
        """Add a row under its key, or a temporary name; returns the name."""
        name = key
        if key in self.rows:
            names = self.duplicates.setdefault(key, [key])
            name = f"{key}\0{len(names)}"
            names.append(name)
        self.rows[name] = row
        return name


AttributeCells = dict[str, Any]
"""Cells as attributes by column: a string, whole number, boolean, None or `{"decimal": "1.50"}`."""
CellFault = tuple[str | None, str]
"""The column, if it is one, and a sentence."""

_BIGGEST: Final = 2**53 - 1
_TYPED: Final = {
    "integer": re.compile(r"0|-?[1-9][0-9]{0,98}"),
    "decimal": re.compile(r"-?(?:0|[1-9][0-9]{0,40})(?:\.[0-9]{1,40})?"),
    "boolean": re.compile("true|false"),
}
"""Expressions of CSV cells whose typed value is written back unchanged."""


def typed_cells(table: TableMap, raw: RawRow) -> tuple[AttributeCells, list[CellFault]]:
    """Return the typed cells of a row, and the faults of cells that have no type."""
    cells: AttributeCells = {}
    wrong: list[CellFault] = []
    for column, value in flattened(raw, table.whole_columns).items():
        type_ = table.types.get(column) or table.types.get(table.present_names.get(column, column))
        if type_ == "json":
            cells[column] = compact_json(value)
        elif isinstance(value, list):
            wrong.append((column, "A list is no cell; give the column the type “json” to keep it as it is."))
        elif type_ and isinstance(value, str) and _TYPED[type_].fullmatch(value):
            cells[column] = _typed(type_, value)
        else:
            cells[column] = _attribute(value)
    return cells, wrong


def _attribute(value: object) -> object:
    if isinstance(value, JsonDecimal):
        return {"decimal": value.digits}
    if isinstance(value, int) and abs(value) > _BIGGEST:
        return {"decimal": str(value)}
    return value


def _typed(type_: str, text: str) -> object:
    if type_ == "boolean":
        return text == "true"
    return _attribute(int(text)) if type_ == "integer" else {"decimal": text}


def compact_json(value: object) -> str:
    """Return a value as compact JSON, numbers with their digits."""
    if isinstance(value, dict):
        members = cast("RawRow", value).items()
        return "{" + ",".join(f"{_string(name)}:{compact_json(each)}" for name, each in members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(compact_json, cast("list[Any]", value))) + "]"
    return _string(value) if isinstance(value, str) else cell_text(value) or "null"


def _string(text: str) -> str:
    return orjson.dumps(text).decode()
