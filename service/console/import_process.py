"""A large import is read and checked in a process of its own, beside the one that writes: so it has two cores."""

import gc
import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, cast

from service.api.outcomes import GROUP
from service.api.packed import Packed, pack, unpack
from service.console.command import CannotRun
from service.console.readahead import CheckedRow, ImportRow, InvalidRow, check_rows
from service.formats import registry
from service.formats.importer import STDIN, Bad, Cells, Layout, Note, Source, Unreadable, Where, Withdrawal
from service.runtime.garbage_collection import SELDOM

LARGE: Final = 12 * 1024 * 1024
"""From so many bytes of files on another process is worth its start."""
_PACKED: Final = 8
"""About how many times as much is in a file that gzip has packed."""

CurrentRows = Callable[[Any], dict[str, Cells]]
_PackedRows = list[tuple[Where, Packed] | InvalidRow | Bad | Note | Withdrawal]
_AS_IT_IS: Final = (InvalidRow, Bad, Note, Withdrawal)
_Message = tuple[int, _PackedRows] | BaseException | None
"""A group of rows, with how many steps it took; None at the end; or why it goes no further."""


@dataclass(frozen=True, slots=True)
class ReadTask:
    """What is read, by which importer; `held` as Source has it, without anything that lives in one process alone."""

    importer: str
    paths: tuple[Path, ...]
    map: Path | None
    path: str | None
    reported_at: str | None
    layout: Layout
    held: CurrentRows

    def source(self, advance: Callable[[int], None]) -> Source:
        """Return it as an importer takes it."""
        return Source(self.paths, self.map, self.path, self.reported_at, self.layout, self.held, advance)

    def groups(self, advance: Callable[[int], None]) -> Iterator[list[ImportRow]]:
        """Yield its rows, checked: beside this process where that is worth it. Raises Unreadable and CannotRun."""
        return self._groups_from_process(advance) if self._is_large() else self.groups_here(advance)

    def groups_here(self, advance: Callable[[int], None]) -> Iterator[list[ImportRow]]:
        """Yield its rows, checked in this process. Raises Unreadable."""
        return check_rows(registry.IMPORTERS[self.importer].read(self.source(advance)), GROUP)

    def _is_large(self) -> bool:
        if STDIN in self.paths or len(os.sched_getaffinity(0)) == 1:
            return False
        files = [path for path in self.paths if path.is_file()]
        return sum(path.stat().st_size * (_PACKED if path.suffix == ".gz" else 1) for path in files) >= LARGE

    def _groups_from_process(self, advance: Callable[[int], None]) -> Iterator[list[ImportRow]]:
        # Ctrl-C reaches the whole group; the process ends when its work is done, or nobody takes it any more.
        resource_tracker.ensure_running()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        context = multiprocessing.get_context("spawn")
        ours, theirs = cast("tuple[Connection, Connection]", context.Pipe(duplex=False))
        process = context.Process(target=_read, args=(self, theirs), name="knownwhen-reader", daemon=True)
        process.start()
        theirs.close()
        try:
            while (found := _next(ours)) is not None:
                steps, rows = found
                advance(steps)
                yield [row if isinstance(row, _AS_IT_IS) else CheckedRow(row[0], unpack(row[1])) for row in rows]
        finally:
            process.terminate()
            process.join()
            ours.close()


def _next(ours: Connection) -> tuple[int, _PackedRows] | None:
    try:
        found: _Message = ours.recv()
    except EOFError as error:
        message = "The process that reads the files has ended; was it killed? Run it again: nothing is recorded twice."
        raise CannotRun(message) from error
    if isinstance(found, BaseException):
        raise found
    return found


def _read(reading: ReadTask, theirs: Connection) -> None:
    """Read in this process, and send group by group."""
    gc.freeze()
    gc.set_threshold(*SELDOM)
    steps = 0

    def advance(more: int) -> None:
        nonlocal steps
        steps += more

    try:
        for group in reading.groups_here(advance):
            _send(
                theirs,
                (steps, [(row.where, pack(row.parsed)) if isinstance(row, CheckedRow) else row for row in group]),
            )
            steps = 0
        _send(theirs, None)
    except Unreadable as problem:
        _send(theirs, problem)
    except Exception:  # noqa: BLE001 - whoever takes the groups meets it
        _send(theirs, RuntimeError(traceback.format_exc()))


def _send(theirs: Connection, sent: _Message) -> None:
    try:
        theirs.send(sent)
    except OSError:
        raise SystemExit from None  # nobody takes it any more
