"""Table from CSV or a sheet of a workbook: cells are strings, by the names of the header."""

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any, Final

from service.formats.files.headers import (
    HEADER_WITHIN,
    BadHeader,
    CellFlaw,
    Header,
    TableRecord,
    comparable_name,
    find_header,
    normalize_hashtag,
)
from service.formats.tables.mapping import TableMap
from service.formats.tables.parsed_table import (
    BEYOND,
    NO_KEY,
    NotATable,
    ParsedTable,
    RawRow,
    RowFault,
    RowsByKey,
    key_parts,
)

UNREADABLE: Final = "The row cannot be read: "
"""Beginning of the flaw of a record that cannot be read."""


def read_csv(table: TableMap, text: str) -> ParsedTable:
    """Read a table from CSV. Raises NotATable."""
    above = max(0, (table.header or 1) - 1)
    return _read(table, csv_records(text, above, table.csv.delimiter, table.csv.quote))


def read_sheet(table: TableMap, workbook: io.BufferedReader) -> ParsedTable:
    """Read a table from a sheet of a workbook. Raises NotATable, UnsupportedFile."""
    from service.formats.files import workbooks  # noqa: PLC0415 - openpyxl takes long to import

    return _read(table, workbooks.sheet_records(workbooks.seekable(workbook), table.sheet))


def _read(table: TableMap, records: Iterator[TableRecord]) -> ParsedTable:
    first = list(islice(records, HEADER_WITHIN))
    header = _header(table, first)
    key_names = {column: next(name for name in table.names_of(column) if name in header.names) for column in table.key}
    numbered = RowsByKey()
    faults: list[RowFault] = []
    lines: dict[str, int] = {}
    names, all_named = header.names, "" not in header.names
    for record in chain(first, records):
        line, cells, flaws = record
        if line <= header.after or not any(cells):
            if line > header.after:
                _row(header, record, faults)
            continue
        if all_named and not flaws and len(cells) <= len(names):
            row: RawRow | None = dict(zip(names, cells, strict=False))  # the most frequent case
        elif (row := _row(header, record, faults)) is None:
            continue
        parts = key_parts(table, lambda column, row=row: row.get(key_names[column], ""))
        if "".join(parts).strip():
            lines[numbered.put("|".join(parts), row)] = line
        else:
            faults.append(RowFault(line, table.key[0], NO_KEY))
    return ParsedTable(numbered.rows, faults, line_of=lines.get, duplicates=numbered.duplicates)


def _row(header: Header, record: TableRecord, faults: list[RowFault]) -> RawRow | None:
    """Return the cells of a record by column; None if it is no row, with the reason added to `faults`."""
    faults.extend(RowFault(record.line, header.column_of(flaw), flaw.reason, flaw.fatal) for flaw in record.flaws)
    if any(flaw.fatal for flaw in record.flaws) or not any(record.cells):
        return None
    try:
        row: dict[str, Any] = header.row(record)
    except BadHeader as problem:
        raise NotATable(str(problem)) from problem
    if any(beyond := record.cells[len(header.names) :]):
        row[BEYOND] = beyond
    return row


def _header(table: TableMap, first: list[TableRecord]) -> Header:
    if not first and not table.header:
        raise NotATable("The file is empty; a table begins with its header.")
    try:
        header = find_header(first, table.layout)
    except BadHeader as problem:
        raise NotATable(str(problem)) from problem
    header = _by_hashtag(header, table)
    for column in table.key:
        if not any(name in header.names for name in table.names_of(column)):
            raise NotATable(_missing_column(column, "which is part of the key", header, first))
    for column in (*table.read_columns, *table.types):
        if not any(name in header.names for name in table.names_of(column)) and (near := _near(column, header.names)):
            raise NotATable(f"The header has no column “{column}”, but “{near}”: the mapping file must write it so.")
    return header


def _by_hashtag(header: Header, table: TableMap) -> Header:
    """Rename columns to their HXL hashtags if the mapping file uses these."""
    wanted = {
        normalize_hashtag(column): column
        for column in (*table.key, *table.read_columns, *table.types)
        if column.startswith("#")
    }
    tags = header.tags or {name: normalize_hashtag(name) for name in header.names if name.startswith("#")}
    names = [wanted.get(tags.get(name, ""), name) for name in header.names]
    for name in wanted.values():
        if names.count(name) > 1:
            raise NotATable(f"Several columns have the hashtag “{name}”; name the one that is meant by its header.")
    return header._replace(names=names)


def _missing_column(column: str, what: str, header: Header, first: Iterable[TableRecord]) -> str:
    sentence = f"The header has no column “{column}”, {what}"
    if near := _near(column, header.names):
        return f"{sentence}, but “{near}”: the mapping file must write it so."
    line = next((each.line for each in first if column in map(str.strip, each.cells)), None)
    if line is not None and line != header.line:
        return f"{sentence}; line {line} has it: header = {line} in the mapping file."
    named = [name for name in header.names if name]
    if len(named) == 1 and (mark := next((each for each in ";\t,|" if each in named[0]), None)):
        shown = "\\t" if mark == "\t" else mark
        return f'{sentence}. Are cells parted by “{shown}”? Then say csv = {{ delimiter = "{shown}" }}.'
    listed = "”, “".join(named[:10]) + ("”, …" if len(named) > len(named[:10]) else "”")
    return f"{sentence}; it has “{listed}."


def _near(column: str, names: Iterable[str]) -> str | None:
    """Return the only name that is equal to a column but for case, spaces or Unicode form."""
    found = [name for name in names if name and comparable_name(name) == comparable_name(column)]
    return found[0] if len(found) == 1 else None


def csv_records(text: str, above: int = 0, delimiter: str = ",", quote: str = '"') -> Iterator[TableRecord]:
    """Yield the records of CSV below so many lines `above`; one that cannot be read has a flaw and no cells."""
    lines = io.StringIO(text, newline="")
    for _ in islice(lines, above):
        pass
    reader = csv.reader(lines, delimiter=delimiter, quotechar=quote)
    while True:
        line = above + reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as problem:
            yield TableRecord(line, [], (CellFlaw(None, f"{UNREADABLE}{problem}."),))
            continue
        if cells is None:
            return
        if cells:
            yield TableRecord(line, cells)
