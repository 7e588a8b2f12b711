"""Table from JSON or GeoJSON: objects, whose values keep their types and numbers their digits."""

from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import Any, Final, cast

from service.formats.tables.json_rows import JsonRows, UnparsedLine, read_json_rows, repeated_name_fault
from service.formats.tables.mapping import TableMap
from service.formats.tables.parsed_table import (
    NO_KEY,
    NotATable,
    ParsedTable,
    RawRow,
    RowFault,
    RowsByKey,
    cell_text,
    compact_json,
    flattened,
    key_parts,
)


def read_json(table: TableMap, text: str) -> ParsedTable:
    """Read a table from JSON. Raises NotATable."""
    rows = read_json_rows(text, table.rows, table.key)
    faults: list[RowFault] = []
    listed = cast("list[RawRow]", rows.values)
    places: Sequence[int] = range(len(listed))
    if not rows.plain or any("properties" in row for row in listed):
        found = list(_objects(table, rows, faults))
        places, listed = [place for place, _ in found], [row for _, row in found]
    has_booleans = "true" in text or "false" in text
    keys = _plain_keys(table, listed) or [_key(table, row) for row in listed]
    by_key = dict(zip(keys, listed, strict=True))
    if len(by_key) == len(listed) and "" not in by_key:
        return ParsedTable(by_key, faults, has_booleans, line_of=lambda key: rows.line_of(places[keys.index(key)]))
    numbered = RowsByKey()
    faults += [
        RowFault(rows.line_of(place), table.key[0], NO_KEY) for place, key in zip(places, keys, strict=True) if not key
    ]
    by_name = {numbered.put(key, listed[nth]): places[nth] for nth, key in enumerate(keys) if key}
    line_of: Callable[[str], int | None] = lambda key: rows.line_of(by_name[key])  # noqa: E731 - as it is above
    return ParsedTable(numbered.rows, faults, has_booleans, line_of=line_of, duplicates=numbered.duplicates)


def _objects(table: TableMap, rows: JsonRows, faults: list[RowFault]) -> Iterator[tuple[int, RawRow]]:
    """Yield the rows that are objects, with their index; faults of others are added to `faults`."""
    for place, value in enumerate(rows.values):
        if isinstance(value, UnparsedLine):
            faults.append(RowFault(rows.line_of(place), None, value))
        elif not isinstance(value, dict):
            if rows.names is None and not rows.is_json_lines:
                raise NotATable(f"The row in line {rows.line_of(place)} is no JSON object.")
            faults.append(RowFault(rows.line_of(place), None, "The row is no JSON object."))
        elif name := rows.duplicate_names.within(cast("object", value)):
            faults.append(RowFault(rows.line_of(place), name, repeated_name_fault(name), lost=True))
        else:
            row = cast("RawRow", value)
            row = row_of_feature(row) if is_feature(row) else row
            if rows.names is not None and table.key_column is not None:
                row = _named(table.key_column, rows.names[place], row)
            yield place, row


def _named(column: str, name: str, row: RawRow) -> RawRow:
    """Return a row with its member name as the cell `column`; a different cell of that name is an error."""
    if row.get(column, name) != name:
        raise NotATable(
            f"The row “{name[:99]}” has its own “{column}”, “{cell_text(row[column])[:99]}”: name another key_column."
        )
    return {column: name, **row}


def _plain_keys(table: TableMap, rows: list[RawRow]) -> list[str] | None:
    """Return the keys of all rows by a fast path; None if it does not apply to all of them."""
    if table.key_cut is not None:
        return None
    try:
        found = list(map(cast("Callable[[RawRow], Any]", itemgetter(*table.key)), rows))
        keys = found if len(table.key) == 1 else list(map("|".join, found))
        return keys if all(map(str.strip, keys)) else None
    except (KeyError, TypeError):
        return None


def _key(table: TableMap, row: RawRow) -> str:
    """Return the key of a row of JSON, empty if all of its cells are missing or blank."""
    parts = key_parts(table, lambda column: cell_text(_column_value(table, row, column)))
    return "|".join(parts) if "".join(parts).strip() else ""


def _column_value(table: TableMap, row: RawRow, column: str) -> object:
    """Return the value of a column under the first of its names that the row has."""
    values = (_value(row, name) for name in table.names_of(column))
    return next((value for value in values if value is not None), None)


def _value(row: RawRow, column: str) -> object:
    """Return the value of a column, which may be nested: `a.b`."""
    if column in row or "." not in column:
        return row.get(column)
    return flattened(row, frozenset()).get(column)


_POINT: Final = "Point"
_OWN: Final = frozenset({"type", "properties", "geometry"})


def is_feature(row: RawRow) -> bool:
    """Say whether an object is a GeoJSON feature (RFC 7946, 3.2)."""
    return row.get("type") == "Feature" and isinstance(row.get("properties"), dict | None) and "geometry" in row


def row_of_feature(feature: RawRow) -> dict[str, Any]:
    """Return all of a feature as a row.

    Columns are its properties, its `id` and other members, `geometry.type`, and of a point `lat`, `lon` and further
    coordinates, of another geometry `geometry.coordinates` as JSON. Properties take precedence over equal names.
    """
    geometry = cast("RawRow", feature["geometry"] or {})
    row: dict[str, Any] = {name: _cell(value) for name, value in feature.items() if name not in _OWN}
    if "type" in geometry:
        row["geometry.type"] = geometry["type"]
    coordinates = geometry.get("coordinates")
    if geometry.get("type") == _POINT and isinstance(coordinates, list):
        names = ("lon", "lat", *(f"geometry.coordinates.{place}" for place in range(2, 10)))
        row |= dict(zip(names, cast("list[Any]", coordinates), strict=False))
    else:
        rest = {name: value for name, value in geometry.items() if name != "type"}
        row |= {f"geometry.{name}": _cell(value) for name, value in rest.items()}
    return row | cast("dict[str, Any]", feature["properties"] or {})


def _cell(value: object) -> object:
    return compact_json(cast("object", value)) if isinstance(value, dict | list) else value
