"""Tables are written as their mapping file says: the same keys, columns, values and types as were read."""

import csv
import io
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any, BinaryIO, Final, cast

import orjson

from service.formats.exporter import Export
from service.formats.tables.dates import columns_by_date
from service.formats.tables.json_rows import BY_KEY
from service.formats.tables.mapping import Dialect, TableMap
from service.formats.tables.parsed_table import AttributeCells, cell_text
from service.formats.tables.table_rows import TableRow, rows_of

_BARE: Final = ("NaN", "Infinity", "-Infinity")


def write_csv(export: Export, table: TableMap, out: BinaryIO) -> None:
    """Write a table as CSV, in UTF-8, such that its mapping file reads it. Raises what reading `export` raises.

    Columns that no row has are absent, unless there is no header. CSV cannot tell an absent cell from an empty one, but
    at the end of a row.
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
    """Write a table as JSON, an object a line, in UTF-8, such that its mapping file reads it.

    It is an array, under the path where the table has its rows; or an object, where they go by their names. Raises what
    reading `export` raises.
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
    """Return the byte order mark that tells what is written from files in the encoding that is declared."""
    return BOM_UTF8 if table.encoding not in (None, "utf-8") else b""


def columns_of(rows: Iterable[TableRow], table: TableMap) -> list[str]:
    """Return the columns of all rows: those that the mapping file orders first, then the key's, then by code point.

    Columns that are called by a date, by “melt”, come last and in the order of their dates.
    """
    found = {column for row in rows for column in row.cells}
    first = dict.fromkeys(name for column in (*table.columns, *table.key) for name in table.names_of(column))
    rest = sorted(found - first.keys())
    dated = {name: day for melt in table.melt for name, day in columns_by_date(tuple(rest), melt.columns)}
    return [*(column for column in first if column in found), *sorted(rest, key=lambda name: dated.get(name, ""))]


def csv_row(cells: AttributeCells, header: Sequence[str]) -> list[str]:
    """Return a row as CSV has it: each cell as text, up to the last one that is there."""
    ends = max(place for place, column in enumerate(header, 1) if column in cells)
    return [cell_text(cells.get(column)) for column in header[:ends]]


def json_row(cells: AttributeCells, header: Sequence[str], table: TableMap) -> dict[str, Any]:
    """Return a row as JSON has it: absent cells are absent, numbers have the digits that they had."""
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
    """Yield the names of the objects that a column would lie in: of `a.b.c` these are `a` and `a.b`."""
    return accumulate(column.split(".")[:-1], lambda above, name: f"{above}.{name}")


def _json_cell(cell: object, column: str, table: TableMap) -> object:
    if isinstance(cell, dict):
        return orjson.Fragment(cell_text(cast("AttributeCells", cell)))
    if isinstance(cell, str) and (column in table.whole_columns or (table.nan and cell in _BARE)):
        return orjson.Fragment(cell)
    return cell


def _csv_line(cells: Sequence[str], dialect: Dialect) -> bytes:
    # Python's writer quotes a cell for the ends of lines that it is told of: told of both, it quotes for either.
    line = io.StringIO()
    csv.writer(
        line,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote,
        quoting=csv.QUOTE_ALL if dialect.quoted == "always" else csv.QUOTE_MINIMAL,
        lineterminator="\r\n",
    ).writerow(cells)
    return (line.getvalue()[:-2] + dialect.line_end).encode()
