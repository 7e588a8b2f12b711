"""Tables as CSV files hold them (RFC 4180): each row with the line it begins on, and how a table is written."""

import csv
import re
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from io import TextIOWrapper
from itertools import chain
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, Final, NamedTuple, Protocol

import orjson

from service.importer import Bad, Layout, Unreadable, Where
from service.texts import opened

LONGEST_CELL: Final = 131_072
"""How many characters a cell may have: a quote that nothing ends reaches no further than this."""
LONGEST_LINE: Final = 10_000_000
"""How many characters a line may have."""

_TELL_EVERY: Final = 200  # rows, between two words on how far it is
_DELIMITERS: Final = ",;\t"
_NOT_TEXT: Final = re.compile("\x00")
_PLAIN: Final = Layout()


class Row(NamedTuple):
    """A row of a table: the line of the file on which it begins (the header's is 1), and its cells by column."""

    line: int
    cells: dict[str, str]


def ignore(_bytes: int) -> None:
    """Tell nobody."""


def rows(path: Path, advance: Callable[[int], None] = ignore, layout: Layout = _PLAIN) -> Iterator[Row | Bad]:
    """Yield the rows of a CSV file, packed by gzip or not; `advance` is told the bytes of the file as they are read.

    A row that is no row of this table is told with its line: a stray quote, too many or too few cells, a NUL. Cells
    are verbatim, with their line breaks. Semicolons and tabs part the cells where the header has them. Raises
    Unreadable: there is no such file, no header that names each column once, or no text in the file's encoding.
    """
    with opened(path, layout) as (raw, text):
        header = _header(path, text)
        told = raw.tell()
        advance(told)
        for nth, row in enumerate(_rows(path, header), 1):
            yield row
            if not nth % _TELL_EVERY:
                told, before = raw.tell(), told
                advance(told - before)
        advance(raw.tell() - told)


def columns(path: Path, layout: Layout = _PLAIN) -> list[str]:
    """Return the columns of a CSV file. Raises Unreadable."""
    with opened(path, layout) as (_, text):
        return _header(path, text).columns


class _Header(NamedTuple):
    columns: list[str]
    delimiter: str
    lines: "_Lines"


class _Lines:
    """The lines of a file, one after another; those of the row at hand can be gone back to."""

    def __init__(self, text: Iterator[str]) -> None:
        self.first = 1
        self._text = text
        self._row: list[str] = []
        self._again: deque[str] = deque()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._text)
        self._row.append(line)
        return line

    def end_row(self) -> int:
        """Begin another row; returns the line on which the last one began."""
        first = self.first
        self.first += len(self._row)
        self._row.clear()
        return first

    def leave_line(self) -> int:
        """Leave only the first line of the row behind, and read the others again; returns which line it was."""
        self._again.extendleft(reversed(self._row[1:]))
        del self._row[1:]
        return self.end_row()


def _header(path: Path, text: TextIOWrapper) -> _Header:
    csv.field_size_limit(LONGEST_CELL)
    # A line without an end is cut: no row is that long, and it need not all be in memory to be told of.
    following = iter(partial(text.readline, LONGEST_LINE), "")
    first = next(following, "")
    delimiter = max(_DELIMITERS, key=first.count)
    lines = _Lines(chain([first], following))
    try:
        names = next(csv.reader(lines, strict=True, delimiter=delimiter), list[str]())
    except csv.Error as error:
        raise Unreadable(f"The header of {path} cannot be read: {error}.") from error
    if not any(name.strip() for name in names):
        raise Unreadable(f"{path} has no header: its first line must name the columns.")
    for place, name in enumerate(names, 1):
        if not name.strip() or _NOT_TEXT.search(name):
            raise Unreadable(f"The header of {path} has no readable name for column {place}.")
        if name in names[place:]:
            raise Unreadable(f"The header of {path} names “{name[:100]}” twice; each column needs a name of its own.")
    lines.end_row()
    return _Header([sys.intern(name) for name in names], delimiter, lines)


def _rows(path: Path, header: _Header) -> Iterator[Row | Bad]:
    lines, names, wanted, file = header.lines, header.columns, len(header.columns), str(path)
    reader = csv.reader(lines, strict=True, delimiter=header.delimiter)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:  # a stray quote takes the lines that follow with it: they are read again
            yield Bad(Where(file, lines.leave_line()), f"This is no row of CSV: {error}.")
            continue
        line = lines.end_row()
        if len(cells) == wanted:
            row = dict(zip(names, cells, strict=True))
            bad = _not_text(row)
            yield (
                Row(line, row) if bad is None else Bad(Where(file, line, bad), "The cell has a NUL, which no text has.")
            )
        elif cells:
            reason = f"The row has {len(cells):,} cells, and the header names {wanted:,} columns."
            yield Bad(Where(file, line), reason)


def _not_text(row: Mapping[str, str]) -> str | None:
    """Return the first column whose cell is no text that a database holds."""
    if not _NOT_TEXT.search("\n".join(row.values())):
        return None
    return next(name for name, cell in row.items() if _NOT_TEXT.search(cell))


class Writes(Protocol):
    """What `writing` gives: rows go out as they come."""

    def writerow(self, row: Sequence[object], /) -> object: ...


@contextmanager
def writing(out: BinaryIO) -> Generator[Writes]:
    """Give what writes a table as CSV (RFC 4180, UTF-8) to a file that stays open.

    Cells are verbatim, also one that begins with "=", "+", "-" or "@": what was read comes back as it was. None is an
    empty cell.
    """
    text = TextIOWrapper(out, "utf-8", newline="")
    try:
        yield csv.writer(text, lineterminator="\r\n")
    finally:
        text.detach()  # writes what it holds; closing it would close the file


def write_table(out: BinaryIO, known: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    """Write rows as CSV with the columns that any of them has: those known in their order, then others by name.

    Which those are shows in the end only, so rows wait in a file meanwhile. No rows have all known columns.
    """
    seen: dict[str, None] = {}
    with TemporaryFile() as waiting:
        for row in rows:
            seen.update(dict.fromkeys(row))
            waiting.write(orjson.dumps(row) + b"\n")
        others = sorted(seen.keys() - set(known))
        columns = [name for name in known if name in seen or not seen] + others
        waiting.seek(0)
        with writing(out) as sheet:
            sheet.writerow(columns)
            for row in map(orjson.loads, waiting):
                sheet.writerow([row.get(name) for name in columns])
