"""Files read and validated ahead of the writer: in a thread, large ones in a process on another core."""

import gc
import os
import traceback
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Any, Final, NamedTuple, cast

from service.api.batches.ipc import PackedLine, pack, unpack
from service.api.batches.line import ParsedLine, write_of
from service.api.batches.outcomes import GROUP_SIZE
from service.api.errors.problem import HttpProblem
from service.console.command import CannotRun
from service.formats import registry
from service.formats.importer import (
    STDIN,
    BatchLine,
    ImportFault,
    ImportNote,
    ImportSource,
    Layout,
    Location,
    RowCells,
    SourceRetraction,
    UnreadableSource,
)
from service.runtime import subprocesses
from service.runtime.garbage_collection import SELDOM

MOST_WAITING: Final = 4
"""The most groups that wait for the writer."""
_POLL_SECONDS: Final = 0.1


class CheckedRow(NamedTuple):
    """A row that is valid, and can be decided."""

    where: Location
    parsed: ParsedLine


class InvalidRow(NamedTuple):
    """A row that was read and is not valid."""

    where: Location
    problem: HttpProblem


ImportRow = CheckedRow | InvalidRow | ImportFault | ImportNote | SourceRetraction
_QueueItem = list[ImportRow] | BaseException | None


def check_rows(
    rows: Iterator[BatchLine | ImportFault | ImportNote | SourceRetraction], group_size: int
) -> Iterator[list[ImportRow]]:
    """Yield rows, validated, in groups of `group_size`. Raises what reading them raises."""
    while group := [_check_row(row) for row in islice(rows, group_size)]:
        yield group


@contextmanager
def prefetch(groups: Iterator[list[ImportRow]]) -> Generator[Callable[[], list[ImportRow] | None]]:
    """Read groups ahead in a thread; gives a function that returns the next, None at the end, or raises."""
    queue: Queue[_QueueItem] = Queue(MOST_WAITING)
    stopped = Event()
    reader = Thread(target=_fill, args=(groups, queue, stopped), name="reader", daemon=True)
    reader.start()
    try:
        yield lambda: _next_group(queue, stopped)
    finally:
        stopped.set()
        reader.join()


def _next_group(queue: "Queue[_QueueItem]", stopped: Event) -> list[ImportRow] | None:
    while not stopped.is_set():
        try:
            group = queue.get(timeout=_POLL_SECONDS)
        except Empty:
            continue
        if isinstance(group, BaseException):
            raise group
        return group
    return None


def _fill(groups: Iterator[list[ImportRow]], queue: "Queue[_QueueItem]", stopped: Event) -> None:
    try:
        for group in groups:
            _put(queue, group, stopped)
            if stopped.is_set():
                return
        _put(queue, None, stopped)
    except BaseException as problem:  # noqa: BLE001 - raised where the queue is read
        _put(queue, problem, stopped)


def _put(queue: "Queue[_QueueItem]", group: _QueueItem, stopped: Event) -> None:
    while not stopped.is_set():
        try:
            queue.put(group, timeout=_POLL_SECONDS)
        except Full:
            continue
        return


def _check_row(row: BatchLine | ImportFault | ImportNote | SourceRetraction) -> ImportRow:
    if isinstance(row, ImportFault | ImportNote | SourceRetraction):
        return row
    try:
        return CheckedRow(row.where, ParsedLine(write_of(row.document), row.document))
    except HttpProblem as problem:
        return InvalidRow(row.where, problem)


LARGE: Final = 12 * 1024 * 1024
"""The bytes of files above which a separate process is worth its start."""
_PACKED: Final = 8
"""About the ratio of uncompressed to gzip-compressed size."""

CurrentRows = Callable[[Any], dict[str, RowCells]]
_PackedRows = list[tuple[Location, PackedLine] | InvalidRow | ImportFault | ImportNote | SourceRetraction]
_UNPACKED: Final = (InvalidRow, ImportFault, ImportNote, SourceRetraction)
_Message = tuple[int, _PackedRows] | BaseException | None
"""A group of rows with how many steps it took; None at the end; or the error that ended it."""


@dataclass(frozen=True, slots=True)
class ReadTask:
    """The importer with its files and options, picklable for another process; `current_rows` as of ImportSource."""

    importer: str
    paths: tuple[Path, ...]
    map: Path | None
    path: str | None
    reported_at: str | None
    layout: Layout
    current_rows: CurrentRows

    def source(self, advance: Callable[[int], None]) -> ImportSource:
        """Return the source that the importer reads."""
        return ImportSource(self.paths, self.map, self.path, self.reported_at, self.layout, self.current_rows, advance)

    def groups(self, advance: Callable[[int], None]) -> Iterator[list[ImportRow]]:
        """Yield its rows, validated, large files in a process of their own. Raises UnreadableSource and CannotRun."""
        return self._groups_from_process(advance) if self._is_large() else self.groups_here(advance)

    def groups_here(self, advance: Callable[[int], None]) -> Iterator[list[ImportRow]]:
        """Yield its rows, validated in this process. Raises UnreadableSource."""
        return check_rows(registry.IMPORTERS[self.importer].read(self.source(advance)), GROUP_SIZE)

    def _is_large(self) -> bool:
        if STDIN in self.paths or len(os.sched_getaffinity(0)) == 1:
            return False
        files = [path for path in self.paths if path.is_file()]
        return sum(path.stat().st_size * (_PACKED if path.suffix == ".gz" else 1) for path in files) >= LARGE

    def _groups_from_process(self, advance: Callable[[int], None]) -> Iterator[list[ImportRow]]:
        context = subprocesses.spawn_context()
        receiver, sender = cast("tuple[Connection, Connection]", context.Pipe(duplex=False))
        process = context.Process(target=_read_in_process, args=(self, sender), name="knownwhen-reader", daemon=True)
        process.start()
        sender.close()
        try:
            while (found := _receive(receiver)) is not None:
                steps, rows = found
                advance(steps)
                yield [row if isinstance(row, _UNPACKED) else CheckedRow(row[0], unpack(row[1])) for row in rows]
        finally:
            process.terminate()
            process.join()
            receiver.close()


def _receive(receiver: Connection) -> tuple[int, _PackedRows] | None:
    try:
        found: _Message = receiver.recv()
    except EOFError as error:
        message = "The process that reads the files has ended; was it killed? Run it again: nothing is recorded twice."
        raise CannotRun(message) from error
    if isinstance(found, BaseException):
        raise found
    return found


def _read_in_process(task: ReadTask, sender: Connection) -> None:
    """Read in this process, and send group by group to the parent."""
    gc.freeze()
    gc.set_threshold(*SELDOM)
    steps = 0

    def advance(more: int) -> None:
        nonlocal steps
        steps += more

    try:
        for group in task.groups_here(advance):
            _send(
                sender,
                (steps, [(row.where, pack(row.parsed)) if isinstance(row, CheckedRow) else row for row in group]),
            )
            steps = 0
        _send(sender, None)
    except UnreadableSource as problem:
        _send(sender, problem)
    except Exception:  # noqa: BLE001 - raised where the pipe is read
        _send(sender, RuntimeError(traceback.format_exc()))


def _send(sender: Connection, sent: _Message) -> None:
    try:
        sender.send(sent)
    except OSError:
        raise SystemExit from None  # the parent has ended
