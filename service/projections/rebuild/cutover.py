"""Cutover of a rebuild: new generations catch up with the log and replace the live ones in one transaction."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Event
from typing import Any, Final

import psycopg
from psycopg import Connection, Cursor
from psycopg.rows import tuple_row

from service.eventstore import sync_reader
from service.projections.engine.projector import BATCH
from service.projections.engine.scheduler import INPUTS, Scheduler
from service.projections.registry import Generation, drop_generation, generations, live, make_live

MAX_LAG: Final = BATCH
"""The largest distance to the end of the log, in facts, at which the cutover begins."""
MOST_ROUNDS: Final = 20
"""The largest number of rounds in which the lag does not shrink; the cutover then applies the rest."""

# Readers are not blocked; projectors wait for the end of this transaction, and then raise GenerationMoved.
LOCK_REGISTRY: Final = "LOCK TABLE projections.generations IN SHARE ROW EXCLUSIVE MODE"
SET_LOCK_TIMEOUT: Final = "SET LOCAL lock_timeout = '2s'"
LOCK_IF_UNCHANGED: Final = """
    SELECT true FROM projections.generations
    WHERE name = %(name)s AND generation = %(generation)s AND status = %(status)s FOR UPDATE
"""
READERS: Final = """
    SELECT virtualtransaction FROM pg_locks
    WHERE relation = 'projections.generations'::regclass AND pid <> pg_backend_pid()
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""

_TRIES, _PAUSE = 5, 0.3
_READERS_SECONDS = 10.0


@dataclass(slots=True)
class Cutover:
    """Brings new generations to the end of the log and makes them live, over one connection."""

    connection: Connection[Any]
    clock: Callable[[], datetime]

    def catch_up(
        self, names: Iterable[str], on_progress: Callable[[int, int], None], stop: Event | None = None
    ) -> None:
        """Move the generations of these names that are being built, until their lag is small.

        `on_progress` is called with their position and the end of the log. Raises psycopg.Error.
        """
        wanted = frozenset(names)
        scheduler = Scheduler(self.connection, self.clock)
        smallest, rounds = None, 0
        while rounds < MOST_ROUNDS:
            with self._cursor() as cursor:
                building, inputs = _building(generations(cursor), wanted)
                head = sync_reader.head(cursor)
            behind = min((each.position for each in building), default=head)
            upto = min(head, behind + MAX_LAG)
            on_progress(behind, head)
            if (stop is not None and stop.is_set()) or not building:
                return
            moved = scheduler.move(building, upto, inputs=inputs, stop=stop)
            lag = head - min(each.position for each in moved)
            if lag <= MAX_LAG // 2 or moved == building:
                return
            rounds = 0 if smallest is None or lag < smallest else rounds + 1
            smallest = lag if smallest is None else min(lag, smallest)

    def cut_over(self, names: Iterable[str]) -> list[Generation]:
        """Apply the last facts and make the generations live, in one transaction; returns those.

        One that has stopped is left out, and so is one behind the live one: positions never go back.
        Raises psycopg.Error; LockNotAvailable, where another session keeps the registry locked.
        """
        wanted = frozenset(names)
        for _ in range(_TRIES - 1):
            try:
                return self._cut_over(wanted)
            except psycopg.errors.LockNotAvailable:
                time.sleep(_PAUSE)
        return self._cut_over(wanted)

    def _cut_over(self, wanted: frozenset[str]) -> list[Generation]:
        with self.connection.transaction(), self._cursor() as cursor:
            cursor.execute(SET_LOCK_TIMEOUT)
            cursor.execute(LOCK_REGISTRY)
            found = generations(cursor)
            building, inputs = _building(found, wanted)
            scheduler = Scheduler(self.connection, self.clock)
            moved = scheduler.move(building, sync_reader.head(cursor), inputs=inputs) if building else []
            ready = [
                each for each in moved if each.stopped is None and not _is_behind(each, live(found).get(each.name))
            ]
            for each in ready:
                make_live(cursor, each)
        return ready

    def _cursor(self) -> Cursor[Any]:
        return self.connection.cursor(binary=True, row_factory=tuple_row)


def _building(found: Sequence[Generation], names: frozenset[str]) -> tuple[list[Generation], Generation | None]:
    """Return the generations of these names that are being built and have not failed, and that of `inputs`."""
    building = [each for each in found if each.name in names and each.status == "building" and each.stopped is None]
    inputs = next((each for each in building if each.name == INPUTS), live(found).get(INPUTS))
    return (building, inputs) if inputs else ([], None)


def _is_behind(generation: Generation, other: Generation | None) -> bool:
    return other is not None and other.position > generation.position


def drop(connection: Connection[Any], found: Iterable[Generation]) -> list[str]:
    """Drop generations; returns the schemas of those that could not be dropped because they are still read.

    Raises psycopg.Error.
    """
    undropped: list[str] = []
    for generation in found:
        for attempt in range(_TRIES):
            try:
                with connection.transaction(), connection.cursor() as cursor:
                    cursor.execute(SET_LOCK_TIMEOUT)
                    if _lock_unchanged(cursor, generation):
                        drop_generation(cursor, generation)
                break
            except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
                if attempt == _TRIES - 1:
                    undropped.append(generation.schema)
                else:
                    time.sleep(_PAUSE)
    return undropped


def _lock_unchanged(cursor: Cursor[Any], generation: Generation) -> bool:
    """Lock a generation in the registry; returns whether its status is still the one read: others may make it live."""
    fields = {name: getattr(generation, name) for name in ("name", "generation", "status")}
    return cursor.execute(LOCK_IF_UNCHANGED, fields).fetchone() is not None


def drop_retired(connection: Connection[Any]) -> list[str]:
    """Drop the retired generations, once the transactions that may read them have ended.

    Returns the schemas of those that are still read; the next rebuild drops them. Raises psycopg.Error.
    """
    with connection.cursor(binary=True, row_factory=tuple_row) as cursor:
        retired = [each for each in generations(cursor) if each.status == "retired"]
    if not retired:
        return []
    if not _readers_finished(connection):
        return [each.schema for each in retired]
    return drop(connection, retired)


def _readers_finished(connection: Connection[Any]) -> bool:
    """Wait for the end of all transactions that have read the registry; returns whether they ended in time."""
    readers = _readers(connection)
    until = time.monotonic() + _READERS_SECONDS
    time.sleep(_PAUSE)
    while readers := readers & _readers(connection):
        if time.monotonic() > until:
            return False
        time.sleep(_PAUSE)
    return True


def _readers(connection: Connection[Any]) -> set[str]:
    return {transaction for (transaction,) in connection.execute(READERS).fetchall()}
