"""Writes a table by its mapping file: with the keys, columns, values and types that were read."""

import csv
import io
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any, BinaryIO, Final, cast

import orjson

from service.formats.exporter import Export, Unwritable
from service.formats.tables.dates import columns_by_date
from service.formats.tables.json_rows import BY_KEY
from service.formats.tables.mapping import Dialect, MappingError, TableMap, read_mapping
from service.formats.tables.parsed_table import AttributeCells, cell_text
from service.formats.tables.table_rows import TableRow, rows_of

_BARE: Final = ("NaN", "Infinity", "-Infinity")


def export_mapping(export: Export) -> TableMap:
    """Return the mapping file of an export. Raises Unwritable."""
    try:
        return read_mapping(export.map)
    except MappingError as fault:
        raise Unwritable(str(fault)) from fault


def write_csv(export: Export, table: TableMap, out: BinaryIO) -> None:
    """Write a table as CSV in UTF-8 that its mapping file reads. Raises what reading `export` raises.

    Columns that no row has are absent, unless there is no header. Absent cells are written as empty ones, except at
    the end of a row.
    """
    rows = rows_of(export, table)
    header = columns_of(rows, table)
    out.write(_byte_order_mark(table))
    if table.header == 0:
        header = list(dict.fromkeys((*(table.layout.names or ()), *header)))
    else:
        out.write(table.csv.line_end.encode() * max(0, (table.header or 1) - 1))
        out.write(_csv_line(header, table.csv))
    out.writelines(_csv_line(csv_row(row.cells, header), table.csv) for row in rows)


def write_json(export: Export, table: TableMap, out: BinaryIO) -> None:
    """Write a table as JSON in UTF-8, an object a line, that its mapping file reads.

    An array, under the path `rows` of the mapping; or an object, if `rows` ends in “*” and all names differ. Raises
    what reading `export` raises.
    """
    rows = rows_of(export, table)
    header = columns_of(rows, table)
    *path, last = table.rows.split(".") if table.rows else [""]
    names = [row.cells.get(table.key_column or "") for row in rows]
    by_key = last == BY_KEY and all(isinstance(name, str) for name in names) and len(set(names)) == len(names)
    path += [last] if last not in ("", BY_KEY) else []
    begins, ends = (b"{", b"}") if by_key else (b"[", b"]")
    out.write(_byte_order_mark(table) + b"".join(b"{" + orjson.dumps(step) + b":" for step in path) + begins)
    between = b"\n"
    for row, name in zip(rows, names, strict=True):
        cells = {column: cell for column, cell in row.cells.items() if not by_key or column != table.key_column}
        named = orjson.dumps(name) + b":" if by_key else b""
        out.write(between + named + orjson.dumps(json_row(cells, header, table)))
        between = b",\n"
    out.write((b"\n" if rows else b"") + ends + b"}" * len(path) + b"\n")


def _byte_order_mark(table: TableMap) -> bytes:
    """Return a byte order mark if the mapping file declares an encoding that is not UTF-8."""
    return BOM_UTF8 if table.encoding not in (None, "utf-8") else b""


def columns_of(rows: Iterable[TableRow], table: TableMap) -> list[str]:
    """Return the columns of all rows: in the order of the mapping file, then those of the key, then by code point.

    Columns named by a date (“melt”) are last, ordered by date.
    """
    found = {column for row in rows for column in row.cells}
    first = dict.fromkeys(name for column in (*table.columns, *table.key) for name in table.names_of(column))
    rest = sorted(found - first.keys())
    dated = {name: day for melt in table.melt for name, day in columns_by_date(tuple(rest), melt.columns)}
    return [*(column for column in first if column in found), *sorted(rest, key=lambda name: dated.get(name, ""))]


def csv_row(cells: AttributeCells, header: Sequence[str]) -> list[str]:
    """Return the cells of a row as text, up to the last one that is present."""
    ends = max(place for place, column in enumerate(header, 1) if column in cells)
    return [cell_text(cells.get(column)) for column in header[:ends]]


def json_row(cells: AttributeCells, header: Sequence[str], table: TableMap) -> dict[str, Any]:
    """Return a row as a JSON object: absent cells are absent, numbers keep their digits."""
    row: dict[str, Any] = {}
    for column in header:
        if column in cells:
            inner, name = row, column
            if table.nested and not any(prefix in cells for prefix in _prefixes(column)):
                *names, name = column.split(".")
                for each in names:
                    inner = inner.setdefault(each, {})
            inner[name] = _json_cell(cells[column], column, table)
    return row


def _prefixes(column: str) -> Iterator[str]:
    """Yield the paths of the enclosing objects of a column: of `a.b.c` these are `a` and `a.b`."""
    return accumulate(column.split(".")[:-1], lambda above, name: f"{above}.{name}")


def _json_cell(cell: object, column: str, table: TableMap) -> object:
    if isinstance(cell, dict):
        return orjson.Fragment(cell_text(cast("AttributeCells", cell)))
    if isinstance(cell, str) and (column in table.whole_columns or (table.nan and cell in _BARE)):
        return orjson.Fragment(cell)
    return cell


def _csv_line(cells: Sequence[str], dialect: Dialect) -> bytes:
    # csv.writer quotes cells that contain a character of `lineterminator`: of \r\n, it quotes either.
    line = io.StringIO()
    csv.writer(
        line,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote,
        quoting=csv.QUOTE_ALL if dialect.quoted == "always" else csv.QUOTE_MINIMAL,
        lineterminator="\r\n",
    ).writerow(cells)
    return (line.getvalue()[:-2] + dialect.line_end).encode()
