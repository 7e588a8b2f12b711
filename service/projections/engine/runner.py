"""The loop of the one active projector: it is woken by the log, and keeps every live read model at its end."""

import gc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Event
from typing import Any, Final

import psycopg
import structlog
from psycopg import Connection
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Identifier

from service.eventstore import sync_reader
from service.postgres.pool import connect
from service.postgres.problems import PostgresProblem
from service.projections.catalogue import MODELS
from service.projections.engine.scheduler import INPUTS, Scheduler
from service.projections.errors import RebuildFailed, RebuildProblem
from service.projections.rebuild.cutover import drop, drop_retired
from service.projections.rebuild.work_items import THERE as PIECES_THERE
from service.projections.rebuild.work_items import buildings
from service.projections.registry import (
    Generation,
    GenerationMoved,
    begin_generation,
    generations,
    live,
    make_live,
    make_registry,
)

ACTIVE: Final = "SELECT pg_try_advisory_lock(7741247368241571943)"
"""Held by the active projector's session for as long as it lives; the server frees it when the session ends."""
WAIT_FOR_BUILDING: Final = "SELECT pg_advisory_lock(7741247368241571944)"
"""The lock that a rebuild holds (building.ALONE)."""
DONE_BUILDING: Final = "SELECT pg_advisory_unlock(7741247368241571944)"
NOT_WAITING: Final = "SET synchronous_commit = off"
"""Rows and position go together: what a crash of the machine takes is taken in again from the log."""
STANDBY_SECONDS: Final = 0.5
"""How often a standby looks whether the active projector is gone."""
POLLING_SECONDS: Final = 1.0
"""How long to wait for word from the log before looking at it anyway."""
MOST_TO_FOLLOW: Final = 20_000
"""In a log of more facts than this, what is missing is built in parallel, and not fact by fact."""

_PAUSES: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
_log = structlog.stdlib.get_logger("service.projecting")

Build = Callable[[Sequence[str]], object]
"""Builds new generations of the read models of these names, and lets them answer."""


@dataclass(slots=True)
class Runner:
    """Follows the log over connections of its own to the database at `url`, until `stop` is set.

    `channel` is where the log tells of new facts; `clock` stamps what goes wrong; `build` builds read models that are
    missing, or of another version, where the log is long.
    """

    url: str
    channel: str
    clock: Callable[[], datetime]
    rebuild: Build
    stop: Event

    def run(self) -> None:
        """Follow the log, and go on after whatever the database does; only `stop` ends it."""
        failed = 0
        while not self.stop.is_set():
            try:
                with connect(self.url) as connection, connect(self.url) as listener:
                    listener.execute(SQL("LISTEN {}").format(Identifier(self.channel)))
                    if self._activate(connection):
                        failed = 0
                        self._follow(connection, listener)
            except GenerationMoved:
                _log.info("the read models have other generations now; looking again")
            except (psycopg.Error, PostgresProblem, RebuildProblem) as problem:
                if self.stop.is_set():
                    return
                pause = _PAUSES[min(failed, len(_PAUSES) - 1)]
                failed += 1
                _log.warning("projecting was interrupted; trying again", problem=_told(problem), seconds=pause)
                self.stop.wait(pause)

    def catch_up(self) -> bool:
        """Bring every live read model to the end of the log; False where another projector is active, which does."""
        with connect(self.url) as connection:
            ((active,),) = connection.execute(ACTIVE).fetchall()
            if active:
                self._begin(connection)
                Scheduler(connection, self.clock).run(self.stop)
        return active

    def _activate(self, connection: Connection[Any]) -> bool:
        """Wait until this is the active projector; False where it is to stop before that."""
        waiting = False
        while not self.stop.is_set():
            ((active,),) = connection.execute(ACTIVE).fetchall()
            if active:
                _log.info("projecting")
                return True
            if not waiting:
                _log.info("another projector is active; standing by")
            waiting = True
            self.stop.wait(STANDBY_SECONDS)
        return False

    def _follow(self, connection: Connection[Any], listener: Connection[Any]) -> None:
        self._begin(connection)
        course = Scheduler(connection, self.clock)  # what stopped before is tried again: this release may know better
        while not self.stop.is_set():
            course.run(self.stop)
            gc.freeze()  # nothing kept has cycles, and a look for some would hold up facts for most of a second
            for _ in listener.notifies(timeout=POLLING_SECONDS, stop_after=1):
                pass

    def _begin(self, connection: Connection[Any]) -> None:
        """See that every read model has a live generation of this release's version."""
        connection.execute(NOT_WAITING)
        found, lacking, head = self._lacking(connection)
        if not lacking:
            return
        _log.info("building read models", names=", ".join(lacking), facts=head)
        if head > MOST_TO_FOLLOW:
            try:
                self.rebuild(lacking)
            except RebuildFailed as problem:  # they wait for a release that knows better, and the others go on
                _log.error("read models could not be built", problem=_told(problem), **problem.stopped)
            return
        connection.execute(WAIT_FOR_BUILDING)
        try:
            found, lacking, head = self._lacking(connection)  # what was built meanwhile is there now
            self._follow_from_nothing(connection, lacking, head, found.get(INPUTS))
        finally:
            connection.execute(DONE_BUILDING)

    def _lacking(self, connection: Connection[Any]) -> tuple[Mapping[str, Generation], list[str], int]:
        """Return what answers, the names of what does not in this release's version, and the end of the log."""
        with connection.transaction(), connection.cursor(binary=True, row_factory=tuple_row) as cursor:
            make_registry(cursor)
            found, head = live(generations(cursor)), sync_reader.head(cursor)
        return (
            found,
            [each.name for each in MODELS.values() if not _is_current(found.get(each.name), each.version)],
            head,
        )

    def _follow_from_nothing(
        self, connection: Connection[Any], lacking: Sequence[str], head: int, inputs: Generation | None
    ) -> None:
        """Build read models by following the log from its first fact: where it is short, that takes the least time."""
        _drop_left_off(connection)
        with connection.transaction(), connection.cursor(binary=True, row_factory=tuple_row) as cursor:
            made = [begin_generation(cursor, name, MODELS[name].version, 0, head) for name in lacking]
            for each in made:
                model = MODELS[each.name]
                for statement in (model.create_table(each.schema), *model.create_indexes(each.schema)):
                    cursor.execute(statement)
        made = Scheduler(connection, self.clock).move(made, head, inputs=inputs, stop=self.stop)
        if self.stop.is_set():
            return
        with connection.transaction(), connection.cursor(binary=True) as cursor:
            for each in made:
                make_live(cursor, each)
        drop_retired(connection)


def _drop_left_off(connection: Connection[Any]) -> None:
    """Drop what an active projector had begun when it was stopped; what is built by pieces is gone on with."""
    with connection.transaction(), connection.cursor(binary=True, row_factory=tuple_row) as cursor:
        found = generations(cursor)
        ((there,),) = cursor.execute(PIECES_THERE).fetchall()
        begun = buildings(cursor, found) if there else []
        by_pieces = {each.schema for building in begun for each in building.generations}
    left = [each for each in found if each.status == "building" and each.schema not in by_pieces]
    try:
        drop(connection, left)
    except psycopg.errors.InsufficientPrivilege as problem:
        _log.warning("what was begun before is left where it is", problem=_told(problem))


def _is_current(generation: Generation | None, version: int) -> bool:
    return generation is not None and generation.version == version


def _told(problem: Exception) -> str:
    return str(problem).strip() or type(problem).__name__
