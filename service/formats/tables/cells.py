"""The cells of a row as they are kept: verbatim, each with its type."""

import re
from typing import Any, Final, cast

import orjson

from service.formats.tables.mapping import TableMap
from service.formats.tables.parsed_table import JsonDecimal, RawRow, cell_text, flattened

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
