"""What an importer reads, taken ahead of the writer in a thread of its own, a group of rows at a time."""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from itertools import islice
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Final, NamedTuple

from service.api.batches.line import ParsedLine, write_of
from service.api.errors.problem import HttpProblem
from service.formats.importer import BatchLine, ImportFault, ImportNote, Location, Withdrawal

AHEAD: Final = 4
"""How many groups may wait for the writer."""
_LOOK: Final = 0.1


class Ready(NamedTuple):
    """A row that can be decided."""

    where: Location
    taken: ParsedLine


class Wrong(NamedTuple):
    """A row that was read, and says what cannot be taken."""

    where: Location
    problem: HttpProblem


Row = Ready | Wrong | ImportFault | ImportNote | Withdrawal
_Group = list[Row] | BaseException | None


def checked(rows: Iterator[BatchLine | ImportFault | ImportNote | Withdrawal], together: int) -> Iterator[list[Row]]:
    """Yield rows, checked, so many at a time. Raises what reading them raises."""
    while group := [_checked(row) for row in islice(rows, together)]:
        yield group


@contextmanager
def read_ahead(groups: Iterator[list[Row]]) -> Generator[Callable[[], list[Row] | None]]:
    """Give what returns the next group of rows, None at the end; whatever reading raises, it raises."""
    waiting: Queue[_Group] = Queue(AHEAD)
    stopped = Event()
    reader = Thread(target=_read, args=(groups, waiting, stopped), name="reader", daemon=True)
    reader.start()
    try:
        yield lambda: _next(waiting, stopped)
    finally:
        stopped.set()
        reader.join()


def _next(waiting: "Queue[_Group]", stopped: Event) -> list[Row] | None:
    while not stopped.is_set():
        try:
            group = waiting.get(timeout=_LOOK)
        except Empty:
            continue
        if isinstance(group, BaseException):
            raise group
        return group
    return None


def _read(groups: Iterator[list[Row]], waiting: "Queue[_Group]", stopped: Event) -> None:
    try:
        for group in groups:
            _put(waiting, group, stopped)
            if stopped.is_set():
                return
        _put(waiting, None, stopped)
    except BaseException as problem:  # noqa: BLE001 - whoever takes the groups is told
        _put(waiting, problem, stopped)


def _put(waiting: "Queue[_Group]", group: _Group, stopped: Event) -> None:
    while not stopped.is_set():
        try:
            waiting.put(group, timeout=_LOOK)
        except Full:
            continue
        return


def _checked(row: BatchLine | ImportFault | ImportNote | Withdrawal) -> Row:
    if isinstance(row, ImportFault | ImportNote | Withdrawal):
        return row
    try:
        return Ready(row.where, ParsedLine(write_of(row.document), row.document))
    except HttpProblem as problem:
        return Wrong(row.where, problem)
