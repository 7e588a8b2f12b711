"""How a new generation takes the place of the old one: it catches up, and in one transaction answers from then on."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
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
from service.projections.registry import Generation, drop_schema, forget, generations, live, make_live

NEAR: Final = BATCH
"""How far from the end of the log, in facts, new generations may be when their place is taken."""
MOST_ROUNDS: Final = 20
"""So often it may come no nearer, where the log grows as fast; the swap then takes in what is left, however much."""

# Readers go on; whoever wants to move a generation waits until this transaction is over, and then looks again.
HOLD: Final = "LOCK TABLE projections.generations IN SHARE ROW EXCLUSIVE MODE"
QUICKLY: Final = "SET LOCAL lock_timeout = '2s'"
STILL: Final = """
    SELECT true FROM projections.generations
    WHERE name = %(name)s AND generation = %(generation)s AND status = %(status)s FOR UPDATE
"""
READING: Final = """
    SELECT virtualtransaction FROM pg_locks
    WHERE relation = 'projections.generations'::regclass AND pid <> pg_backend_pid()
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""

_TRIES, _PAUSE = 5, 0.3
_READERS_SECONDS = 10.0


@dataclass(slots=True)
class Cutover:
    """Brings generations to the end of the log and lets them answer, over one connection."""

    connection: Connection[Any]
    clock: Callable[[], datetime]

    def catch_up(self, names: Iterable[str], told: Callable[[int, int], None], stop: Event | None = None) -> None:
        """Move the generations of these names that are being built, until they are near the end of the log.

        `told` where they stand, and where the end is. Raises psycopg.Error.
        """
        wanted = frozenset(names)
        course = Scheduler(self.connection, self.clock)
        least, rounds = None, 0
        while rounds < MOST_ROUNDS:
            with self._cursor() as cursor:
                building, inputs = _of(generations(cursor), wanted)
                head = sync_reader.head(cursor)
            behind = min((each.position for each in building), default=head)
            upto = min(head, behind + NEAR)
            told(behind, head)
            if (stop is not None and stop.is_set()) or not building:
                return
            moved = course.move(building, upto, inputs=inputs, stop=stop)
            left = head - min(each.position for each in moved)
            if left <= NEAR // 2 or moved == building:
                return
            rounds = 0 if least is None or left < least else rounds + 1
            least = min(left, left if least is None else least)

    def cut_over(self, names: Iterable[str]) -> list[Generation]:
        """Take the last facts in and let generations answer, all at once; returns those.

        One that has stopped does not, nor one that is behind the one that answers: no position is ever taken back.
        Raises psycopg.Error; LockNotAvailable, where somebody does not let go of the registry.
        """
        wanted = frozenset(names)
        for _ in range(_TRIES - 1):
            try:
                return self._swapped(wanted)
            except psycopg.errors.LockNotAvailable:
                time.sleep(_PAUSE)
        return self._swapped(wanted)

    def _swapped(self, wanted: frozenset[str]) -> list[Generation]:
        with self.connection.transaction(), self._cursor() as cursor:
            cursor.execute(QUICKLY)
            cursor.execute(HOLD)
            found = generations(cursor)
            answering = live(found)
            building, inputs = _of(found, wanted)
            course = Scheduler(self.connection, self.clock)
            moved = course.move(building, sync_reader.head(cursor), inputs=inputs) if building else []
            well = [each for each in moved if each.stopped is None and not _behind(each, answering)]
            for each in well:
                make_live(cursor, each)
        return well

    def _cursor(self) -> Cursor[Any]:
        return self.connection.cursor(binary=True, row_factory=tuple_row)


def _of(found: Sequence[Generation], names: frozenset[str]) -> tuple[list[Generation], Generation | None]:
    """Return those of these names that are being built and go on, and what tells what depends on what beside them."""
    building = [each for each in found if each.name in names and each.status == "building" and each.stopped is None]
    inputs = next((each for each in building if each.name == INPUTS), live(found).get(INPUTS))
    return (building, inputs) if inputs else ([], None)


def _behind(generation: Generation, answering: Mapping[str, Generation]) -> bool:
    before = answering.get(generation.name)
    return before is not None and before.position > generation.position


def drop(connection: Connection[Any], found: Iterable[Generation]) -> list[str]:
    """Drop generations that are of no use any more; returns the schemas of those that somebody still reads.

    Raises psycopg.Error.
    """
    left: list[str] = []
    for generation in found:
        for tried in range(_TRIES):
            try:
                with connection.transaction(), connection.cursor() as cursor:
                    cursor.execute(QUICKLY)
                    if _is_still(cursor, generation):
                        cursor.execute(drop_schema(generation))
                        forget(cursor, generation)
                break
            except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
                if tried == _TRIES - 1:
                    left.append(generation.schema)
                else:
                    time.sleep(_PAUSE)
    return left


def _is_still(cursor: Cursor[Any], generation: Generation) -> bool:
    """Say whether a generation is what it was found to be, and see that it stays so: others may let it answer."""
    fields = {name: getattr(generation, name) for name in ("name", "generation", "status")}
    return cursor.execute(STILL, fields).fetchone() is not None


def drop_retired(connection: Connection[Any]) -> list[str]:
    """Drop the generations that were replaced, once whoever found them answering has read what they wanted.

    Returns the schemas of those that are still read; the next rebuild drops them. Raises psycopg.Error.
    """
    with connection.cursor(binary=True, row_factory=tuple_row) as cursor:
        retired = [each for each in generations(cursor) if each.status == "retired"]
    if not retired:
        return []
    if not _let_go(connection):
        return [each.schema for each in retired]
    return drop(connection, retired)


def _let_go(connection: Connection[Any]) -> bool:
    """Wait until all are over that may have looked into the registry before; says whether they are."""
    readers = _reading(connection)
    until = time.monotonic() + _READERS_SECONDS
    time.sleep(_PAUSE)
    while readers := readers & _reading(connection):
        if time.monotonic() > until:
            return False
        time.sleep(_PAUSE)
    return True


def _reading(connection: Connection[Any]) -> set[str]:
    return {transaction for (transaction,) in connection.execute(READING).fetchall()}
