"""CSV as a table: cells are the strings that they are, under the names of the header."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from service.tables.mapping import TableMap
from service.tables.parsed import BEYOND, NO_KEY, Fault, Numbered, Parsed, Unparsed, key_parts


def read_csv(table: TableMap, text: str) -> Parsed:
    """Read a table from CSV. Raises Unparsed."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=table.csv.delimiter, quotechar=table.csv.quote)
    header = _header(table, reader)
    numbered = Numbered()
    faults: list[Fault] = []
    lines: dict[str, int] = {}
    for line, cells in _records(reader, faults):
        row: dict[str, Any] = dict(zip(header, cells, strict=False))
        if len(cells) > len(header):
            row[BEYOND] = cells[len(header) :]
        parts = key_parts(table, lambda column, row=row: row.get(column, ""))
        if "".join(parts).strip():
            lines[numbered.put("|".join(parts), row)] = line
        else:
            faults.append(Fault(line, table.key[0], NO_KEY))
    return Parsed(numbered.rows, faults, line_of=lines.get)


def _header(table: TableMap, reader: Iterator[list[str]]) -> list[str]:
    try:
        header = [name.strip() for name in next(reader)]
    except StopIteration:
        raise Unparsed("The file is empty; a table begins with its header.") from None
    except csv.Error as problem:
        raise Unparsed(f"The header cannot be read: {problem}.") from None
    for place, name in enumerate(header):
        if not name or name in header[:place]:
            what = f"is called “{name}” as another is" if name else "has no name"
            raise Unparsed(f"Column {place + 1} of the header {what}.")
    for column in table.key:
        if column not in header:
            raise Unparsed(f"The header has no column “{column}”, which is part of the key.")
    return header


def _records(reader: Any, faults: list[Fault]) -> Iterator[tuple[int, list[str]]]:  # noqa: ANN401 - csv's own reader
    """Yield each row that has a cell which is not empty, with its first line."""
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as problem:
            faults.append(Fault(line, None, f"The row cannot be read: {problem}."))
            continue
        if cells is None:
            return
        if any(cells):
            yield line, cells
