"""What an importer declares: how files of its format become lines as `POST /v1/reports:batch` takes them."""

import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, NamedTuple

STDIN: Final = Path("-")
"""What stands for standard input."""

LineBody = Mapping[str, Any]
"""A line as JSON: `{"incident": slug, …report}`, or a command, such as `{"open": {…}}`, alone; docs/formats.md."""

RowCells = Mapping[str, object]
"""A row of a table: its cells by column, each a string, whole number, truth, None or `{"decimal": "1.50"}`."""


class Location(NamedTuple):
    """Where something stands in what is read: the file, the first line of the row (from 1), the column, the version."""

    file: str
    line: int | None = None
    column: str | None = None
    version: str | None = None


class BatchLine(NamedTuple):
    """One thing to record, with an id of its own that every further import of it makes again."""

    where: Location
    document: LineBody


class ImportFault(NamedTuple):
    """What cannot be taken: where it stands, and a sentence that says why. The rest goes on."""

    where: Location
    reason: str


class Withdrawal(NamedTuple):
    """What a source takes back: all that it had said by `reported_at` of one thing, which it knows by `name`.

    `incident` is the slug under which its reports were filed; `dated_by` the attribute without which nobody knows when
    a report of it was said.
    """

    where: Location
    source: str
    incident: str
    name: str
    reported_at: str
    dated_by: str


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file of a table is laid out.

    `encoding` is that of a file without a byte order mark, where it is not UTF-8; `sheet` that of a workbook, by
    default the first visible one with data. `header` is the line (row of a sheet) with the header, 0 where there is
    none, by default the first; `names` are other names for all columns, in their order. Columns without a name must be
    empty, unless they are left out (`unnamed`). `dates` is how days are written, in the directives of strptime, and
    `decimal` what stands for the point in numbers; both where an importer takes them (`declared`).
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
    """What is read: files or repositories, and how.

    `map` is a mapping file (docs/formats.md); `path` the file inside a repository; `reported_at` when the files said
    what they say, where they do not tell (RFC 3339); `layout` how they are laid out, which goes before what the mapping
    file says. `held` gives the rows of the mapping's table as it stands now, by key; `advance` is told how many steps
    (bytes, or versions of a repository) have been read, of those that the importer's `steps` counted.
    """

    paths: tuple[Path, ...]
    map: Path | None = None
    path: str | None = None
    reported_at: str | None = None
    layout: Layout = Layout()
    current_rows: Callable[[Any], Mapping[str, RowCells]] = lambda _: {}
    advance: Callable[[int], None] = lambda _: None


class ImportNote(NamedTuple):
    """What whoever imports should know of what was read, or was not looked for; nothing is at fault."""

    where: Location
    text: str


class UnreadableSource(Exception):
    """The source cannot be read at all; the sentence says what to do. Nothing was recorded."""


@dataclass(frozen=True, slots=True)
class Importer:
    """One format. `read` yields lines in the order to record them, what it cannot take, and notes; raises Unreadable.

    `files` says what FILE is, in the words of the help; `steps` counts what `advance` will be told in all; `declared`
    says that dates and decimals may be (Layout).
    """

    name: str
    summary: str
    files: str
    read: Callable[[ImportSource], Iterator[BatchLine | ImportFault | ImportNote | Withdrawal]]
    steps: Callable[[ImportSource], int]
    needs_map: bool = False
    takes_notation: bool = False


@contextmanager
def open_lines(path: Path) -> Generator[BinaryIO]:
    """Open a file of lines; STDIN is standard input. Raises Unreadable."""
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
