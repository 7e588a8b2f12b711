"""Interface of importers: files of a format become the lines that `POST /v1/reports:batch` takes."""

import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, NamedTuple

from pydantic import TypeAdapter, ValidationError

from domain.values.time.clocks import EdtfReported

STDIN: Final = Path("-")
"""Path that means standard input."""
_REPORTED_AT: Final[TypeAdapter[str | None]] = TypeAdapter(EdtfReported | None)

LineBody = Mapping[str, Any]
"""JSON of a line: `{"incident": slug, …report}`, or one command, such as `{"open": {…}}`; docs/formats.md."""

RowCells = Mapping[str, object]
"""A row of a table: its cells by column, each a string, whole number, truth, None or `{"decimal": "1.50"}`."""


class Location(NamedTuple):
    """Position in the input: file, first line of the row (from 1), column, version of the file."""

    file: str
    line: int | None = None
    column: str | None = None
    version: str | None = None


class BatchLine(NamedTuple):
    """One report or command to record. Its id follows from its content, so a repeated import makes it again."""

    where: Location
    document: LineBody


class ImportFault(NamedTuple):
    """An input that is rejected, with its position and the reason; the import continues."""

    where: Location
    reason: str


class SourceRetraction(NamedTuple):
    """A source's withdrawal of all that it reported by `reported_at` under one external id, `name`.

    `incident` is the slug under which the reports were filed; `dated_by` the attribute that dates them: a report
    without it has no known time.
    """

    where: Location
    source: str
    incident: str
    name: str
    reported_at: str
    dated_by: str


@dataclass(frozen=True, slots=True)
class Layout:
    """Layout of a file that holds a table.

    `encoding` applies to a file without a byte order mark, None is UTF-8; `sheet` selects one of a workbook, by
    default the first visible one with data. `header` is the line (row of a sheet) of the header, 0 for none, by
    default the first; `names` replace the names of all columns, in order. Columns without a name must be empty,
    unless `unnamed` ignores them. `dates` is the format of days, in directives of strptime, and `decimal` the decimal
    mark; only importers with `takes_notation` read these two.
    """

    encoding: str | None = None
    sheet: str | None = None
    header: int | None = None
    names: tuple[str, ...] | None = None
    unnamed: Literal["refuse", "ignore"] = "refuse"
    dates: str | None = None
    decimal: str | None = None


@dataclass(frozen=True, slots=True)
class ImportSource:
    """Input of an importer: files or repositories, and the options to read them with.

    `map` is a mapping file (docs/formats.md); `path` the file inside a repository; `reported_at` the reported time
    (RFC 3339) of rows that have none; `layout` takes precedence over the mapping file. `current_rows` returns the
    rows of the mapping's table at the head of the log, by key; `advance` is called with the steps (bytes, or versions
    of a repository) read since its last call, of those counted by the importer's `steps`.
    """

    paths: tuple[Path, ...]
    map: Path | None = None
    path: str | None = None
    reported_at: str | None = None
    layout: Layout = Layout()
    current_rows: Callable[[Any], Mapping[str, RowCells]] = lambda _: {}
    advance: Callable[[int], None] = lambda _: None


class ImportNote(NamedTuple):
    """A notice to the user about the input; no fault."""

    where: Location
    text: str


class UnreadableSource(Exception):
    """The input cannot be read at all; nothing was recorded. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Importer:
    """An input format. `read` yields lines in the order to record them, faults and notes; raises UnreadableSource.

    `files` describes FILE in the help; `steps` is the total that `advance` adds up to; `needs_map` requires a mapping
    file; `takes_notation` allows `dates` and `decimal` of Layout.
    """

    name: str
    summary: str
    files: str
    read: Callable[[ImportSource], Iterator[BatchLine | ImportFault | ImportNote | SourceRetraction]]
    steps: Callable[[ImportSource], int]
    needs_map: bool = False
    takes_notation: bool = False


def check_reported_at(reported_at: str | None) -> None:
    """Raise UnreadableSource for a reported time that is neither an EDTF date nor an instant."""
    try:
        _REPORTED_AT.validate_python(reported_at)
    except ValidationError as problem:
        raise UnreadableSource(f"--reported-at: {problem.errors()[0]['msg']}") from problem


@contextmanager
def open_lines(path: Path) -> Generator[BinaryIO]:
    """Open a file of lines, or standard input for STDIN. Raises UnreadableSource."""
    if path == STDIN:
        yield sys.stdin.buffer
        return
    try:
        file = path.open("rb")
    except OSError as problem:
        message = f"{path} cannot be read: {problem.strerror}."
        raise UnreadableSource(message) from problem
    with file:
        yield file
