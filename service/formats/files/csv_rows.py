"""Rows of CSV files (RFC 4180) and sheets, with their lines; and the writing of CSV."""

import csv
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from io import TextIOWrapper
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, Final, NamedTuple, Protocol

import orjson

from service.formats.files.compression import is_workbook
from service.formats.files.headers import HEADER_WITHIN, BadHeader, CellFlaw, Header, TableRecord, find_header
from service.formats.files.text_files import open_decompressed, open_text
from service.formats.importer import ImportFault, ImportNote, Layout, Location, UnreadableSource

LONGEST_CELL: Final = 131_072
"""Most characters of a cell, which limits an unclosed quote."""
LONGEST_LINE: Final = 10_000_000
"""Most characters of a line."""

_REPORT_EVERY: Final = 200  # rows between two calls of `advance`
DELIMITERS: Final = ",;\t"
_NUL: Final = "\0"
_PLAIN: Final = Layout()


class CsvRow(NamedTuple):
    """A row of a table: its first line in the file (the header's is 1), and its cells by column."""

    line: int
    cells: dict[str, str]


def read_rows(
    path: Path, advance: Callable[[int], None] = lambda _: None, layout: Layout = _PLAIN
) -> Iterator[CsvRow | ImportFault]:
    """Yield the rows of a CSV file or a sheet; `advance` is called with the bytes read of the file.

    A malformed row is an ImportFault with its line: a stray quote, too many or too few cells, a NUL. Cells are
    verbatim, with line breaks. The delimiter is the comma, semicolon or tab that the header has most of. Raises
    UnreadableSource: no such file, no header that names each column once, or no text in its encoding.
    """
    with open_records(path, layout) as (raw, found):
        header, following = _header_and_rest(path, found, layout)
        names, named, wanted = header.names, "" not in header.names, len(header.names)
        position = raw.tell()
        advance(position)
        for nth, record in enumerate(following, 1):
            line, cells, flaws = record
            if named and not flaws and len(cells) == wanted and _NUL not in "".join(cells):
                yield CsvRow(line, dict(zip(names, cells, strict=True)))  # as nearly all are
            else:
                yield from _row(path, header, record)
            if not nth % _REPORT_EVERY:
                position, before = raw.tell(), position
                advance(position - before)
        advance(raw.tell() - position)


@contextmanager
def open_records(path: Path, layout: Layout) -> Generator[tuple[BinaryIO, Iterator[TableRecord]]]:
    """Open a CSV file or a workbook: its raw bytes, and its records. Raises UnreadableSource."""
    with open_decompressed(path) as (raw, content):
        if is_workbook(content):
            from service.formats.files import workbooks  # noqa: PLC0415 - openpyxl takes long to import

            yield raw, workbooks.sheet_records(workbooks.seekable(content), layout.sheet)
            return
    with open_text(path, layout) as (raw, text):
        yield raw, _text_records(text, layout)


def unread_sheet_notes(path: Path, layout: Layout) -> list[ImportNote]:
    """Return a note on the sheets with data that are not read, if none is named. Raises UnreadableSource."""
    if layout.sheet is not None:
        return []
    with open_decompressed(path) as (_, content):
        if not is_workbook(content):
            return []
        from service.formats.files import workbooks  # noqa: PLC0415 - openpyxl takes long to import

        names = workbooks.sheets_with_data(workbooks.seekable(content))
    if len(names) <= 1:
        return []
    others = "”, “".join(names[1:])
    return [
        ImportNote(
            Location(str(path)), f"Only the sheet “{names[0]}” is read, not “{others}”; --sheet NAME reads another."
        )
    ]


def _header_and_rest(path: Path, found: Iterator[TableRecord], layout: Layout) -> tuple[Header, Iterator[TableRecord]]:
    """Return the header of a table, and the records after it."""
    first = list(islice(found, HEADER_WITHIN))
    try:
        header = find_header(first, layout)
    except BadHeader as problem:
        raise UnreadableSource(f"{path}: {problem}") from problem
    return header, chain((record for record in first if record.line > header.after), found)


def _row(path: Path, header: Header, record: TableRecord) -> Iterator[CsvRow | ImportFault]:
    where, wanted = Location(str(path), record.line), len(header.names)
    for flaw in record.flaws:
        yield ImportFault(where._replace(column=header.column_of(flaw)), flaw.reason)
    if any(flaw.fatal for flaw in record.flaws):
        return
    if len(record.cells) != wanted:
        yield ImportFault(where, f"The row has {len(record.cells):,} cells, and the header names {wanted:,} columns.")
        return
    try:
        row = header.row(record)
    except BadHeader as problem:
        yield ImportFault(where, str(problem))
        return
    bad = None
    if _NUL in "".join(record.cells):
        bad = next((name for name, cell in row.items() if _NUL in cell), None)
    yield CsvRow(record.line, row) if bad is None else ImportFault(where._replace(column=bad), "The cell has a NUL.")


class _RecordLines:
    """Iterator over the lines of a file that can go back to the lines of the current record."""

    def __init__(self, text: Iterator[str], first: int) -> None:
        self.first = first
        self._text = text
        self._record: list[str] = []
        self._again: deque[str] = deque()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._text)
        self._record.append(line)
        return line

    def end_record(self) -> int:
        """Start the next record; returns the first line of the last one."""
        first = self.first
        self.first += len(self._record)
        self._record.clear()
        return first

    def leave_line(self) -> int:
        """End the record after its first line, so that its other lines are read again; returns that line."""
        self._again.extendleft(reversed(self._record[1:]))
        del self._record[1:]
        return self.end_record()


def _text_records(text: TextIOWrapper, layout: Layout) -> Iterator[TableRecord]:
    csv.field_size_limit(LONGEST_CELL)
    # An endless line is cut: no record is that long, and its fault is known without reading all of it.
    following = iter(partial(text.readline, LONGEST_LINE), "")
    above = max(0, (layout.header or 1) - 1)
    for _ in islice(following, above):
        pass
    first = list(islice(following, HEADER_WITHIN))
    lines = _RecordLines(chain(first, following), above + 1)
    reader = csv.reader(lines, strict=True, delimiter=guess_delimiter(first))
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:  # a stray quote swallows the following lines: read them again
            yield TableRecord(lines.leave_line(), [], (CellFlaw(None, f"This is no row of CSV: {error}."),))
            continue
        line = lines.end_record()
        if cells:
            yield TableRecord(line, cells)


def guess_delimiter(lines: Sequence[str], delimiters: str = DELIMITERS) -> str:
    """Return the delimiter that is most frequent in the first line, or else in all of the first lines."""
    head = next((line for line in lines if any(each in line for each in delimiters)), "")
    text = head if lines and head is lines[0] else "".join(lines)
    return max(delimiters, key=text.count)


class RowWriter(Protocol):
    """Writer of CSV rows."""

    def writerow(self, row: Sequence[object], /) -> object: ...


@contextmanager
def csv_writer(out: BinaryIO) -> Generator[RowWriter]:
    """Open a writer of CSV (RFC 4180, UTF-8) on a file, which is left open.

    Cells are verbatim, even after "=", "+", "-" or "@", so that a round trip is exact. None is an empty cell.
    """
    text = TextIOWrapper(out, "utf-8", newline="")
    try:
        yield csv.writer(text, lineterminator="\r\n")
    finally:
        text.detach()  # flushes; closing would close the file


def write_table(out: BinaryIO, known: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    """Write rows as CSV with all columns that occur: known ones in order, then others by name; all known without rows.

    The columns are only known at the end, so rows are buffered in a temporary file.
    """
    seen: dict[str, None] = {}
    with TemporaryFile() as waiting:
        for row in rows:
            seen.update(dict.fromkeys(row))
            waiting.write(orjson.dumps(row) + b"\n")
        others = sorted(seen.keys() - set(known))
        columns = [name for name in known if name in seen or not seen] + others
        waiting.seek(0)
        with csv_writer(out) as sheet:
            sheet.writerow(columns)
            for row in map(orjson.loads, waiting):
                sheet.writerow([row.get(name) for name in columns])
