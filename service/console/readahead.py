"""What an importer reads, taken ahead of the writer in a thread of its own, a group of rows at a time."""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from itertools import islice
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Final, NamedTuple

from service.api.failures import Problem
from service.api.lines import Taken, taken
from service.formats.importer import Bad, Line, Note, Where, Withdrawal

MOST_WAITING: Final = 4
"""How many groups may wait for the writer."""
_LOOK: Final = 0.1


class CheckedRow(NamedTuple):
    """A row that can be decided."""

    where: Where
    parsed: Taken


class InvalidRow(NamedTuple):
    """A row that was read, and says what cannot be taken."""

    where: Where
    problem: Problem


ImportRow = CheckedRow | InvalidRow | Bad | Note | Withdrawal
_Group = list[ImportRow] | BaseException | None


def check_rows(rows: Iterator[Line | Bad | Note | Withdrawal], together: int) -> Iterator[list[ImportRow]]:
    """Yield rows, checked, so many at a time. Raises what reading them raises."""
    while group := [_check_row(row) for row in islice(rows, together)]:
        yield group


@contextmanager
def prefetch(groups: Iterator[list[ImportRow]]) -> Generator[Callable[[], list[ImportRow] | None]]:
    """Give what returns the next group of rows, None at the end; whatever reading raises, it raises."""
    waiting: Queue[_Group] = Queue(MOST_WAITING)
    stopped = Event()
    reader = Thread(target=_read, args=(groups, waiting, stopped), name="reader", daemon=True)
    reader.start()
    try:
        yield lambda: _next(waiting, stopped)
    finally:
        stopped.set()
        reader.join()


def _next(waiting: "Queue[_Group]", stopped: Event) -> list[ImportRow] | None:
    while not stopped.is_set():
        try:
            group = waiting.get(timeout=_LOOK)
        except Empty:
            continue
        if isinstance(group, BaseException):
            raise group
        return group
    return None


def _read(groups: Iterator[list[ImportRow]], waiting: "Queue[_Group]", stopped: Event) -> None:
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


def _check_row(row: Line | Bad | Note | Withdrawal) -> ImportRow:
    if isinstance(row, Bad | Note | Withdrawal):
        return row
    try:
        return CheckedRow(row.where, Taken(taken(row.document), row.document))
    except Problem as problem:
        return InvalidRow(row.where, problem)
