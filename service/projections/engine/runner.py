"""Loop of the active projector: LISTENs for new facts and moves every live read model to the end of the log."""

import gc
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
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
from service.postgres import advisory_locks
from service.postgres.pool import connect
from service.postgres.problems import PostgresProblem
from service.projections.catalogue import MODELS
from service.projections.engine.scheduler import INPUTS, Scheduler
from service.projections.errors import RebuildFailed, RebuildProblem
from service.projections.rebuild.cutover import drop, drop_retired
from service.projections.rebuild.tasks import unfinished_rebuilds
from service.projections.registry import (
    Generation,
    GenerationMoved,
    begin_generation,
    generations,
    is_current,
    live,
    make_live,
    make_registry,
)

TRY_ACTIVATE: Final = f"SELECT pg_try_advisory_lock({advisory_locks.ACTIVE_PROJECTOR})"
LOCK_REBUILDS: Final = f"SELECT pg_advisory_lock({advisory_locks.REBUILD})"
UNLOCK_REBUILDS: Final = f"SELECT pg_advisory_unlock({advisory_locks.REBUILD})"
ASYNCHRONOUS: Final = "SET synchronous_commit = off"
"""Rows and position are stored together: after a crash of the machine, lost batches are applied again from the log."""
STANDBY_SECONDS: Final = 0.5
"""The interval at which a standby tries to become active."""
POLLING_SECONDS: Final = 1.0
"""The longest wait for a notification before the log is read anyway."""
MOST_TO_FOLLOW: Final = 20_000
"""In a log of more facts than this, missing read models are rebuilt in parallel, and not by following the log."""

_RETRY_SECONDS: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
_log = structlog.stdlib.get_logger("service.projecting")

RebuildModels = Callable[[Sequence[str]], object]
"""Rebuilds the read models of these names, and makes the new generations live."""


@dataclass(slots=True)
class Runner:
    """Follows the log over connections of its own to the database at `url`, until `stop` is set.

    `channel` is that of the log's notifications; `clock` stamps failures; `rebuild` builds read models that are
    missing, or of another version, where the log is long.
    """

    url: str
    channel: str
    clock: Callable[[], datetime]
    rebuild: RebuildModels
    stop: Event

    def run(self) -> None:
        """Follow the log until `stop` is set; errors of the database are logged, and it connects again."""
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
                pause = _RETRY_SECONDS[min(failed, len(_RETRY_SECONDS) - 1)]
                failed += 1
                _log.warning("projecting was interrupted; trying again", problem=_sentence(problem), seconds=pause)
                self.stop.wait(pause)

    def catch_up(self) -> bool:
        """Bring every live read model to the end of the log; False where another projector is active, which does so."""
        with connect(self.url) as connection:
            ((active,),) = connection.execute(TRY_ACTIVATE).fetchall()
            if active:
                self._build_missing(connection)
                Scheduler(connection, self.clock).run(self.stop)
        return active

    def _activate(self, connection: Connection[Any]) -> bool:
        """Wait until this is the active projector; False where `stop` is set first."""
        waiting = False
        while not self.stop.is_set():
            ((active,),) = connection.execute(TRY_ACTIVATE).fetchall()
            if active:
                _log.info("projecting")
                return True
            if not waiting:
                _log.info("another projector is active; standing by")
            waiting = True
            self.stop.wait(STANDBY_SECONDS)
        return False

    def _follow(self, connection: Connection[Any], listener: Connection[Any]) -> None:
        self._build_missing(connection)
        scheduler = Scheduler(connection, self.clock)  # retries failed read models, perhaps in a corrected release
        with _without_garbage_collection():
            scheduler.warm_up()
            while not self.stop.is_set():
                scheduler.run(self.stop)
                for _ in listener.notifies(timeout=POLLING_SECONDS, stop_after=1):
                    pass

    def _build_missing(self, connection: Connection[Any]) -> None:
        """Ensure that every read model has a live generation of this release's version."""
        connection.execute(ASYNCHRONOUS)
        found, missing, head = self._missing(connection)
        if not missing:
            return
        _log.info("building read models", names=", ".join(missing), facts=head)
        if head > MOST_TO_FOLLOW:
            try:
                self.rebuild(missing)
            except RebuildFailed as problem:  # they need a corrected release; the others are followed
                _log.error("read models could not be built", problem=_sentence(problem), **problem.stopped)
            return
        connection.execute(LOCK_REBUILDS)
        try:
            found, missing, head = self._missing(connection)  # without those built meanwhile
            self._build_by_following(connection, missing, head, found.get(INPUTS))
        finally:
            connection.execute(UNLOCK_REBUILDS)

    def _missing(self, connection: Connection[Any]) -> tuple[Mapping[str, Generation], list[str], int]:
        """Return the live generations, the names of the read models that have none, and the end of the log."""
        with connection.transaction(), connection.cursor(binary=True, row_factory=tuple_row) as cursor:
            make_registry(cursor)
            found, head = live(generations(cursor)), sync_reader.head(cursor)
        return found, [name for name in MODELS if not is_current(found.get(name))], head

    def _build_by_following(
        self, connection: Connection[Any], missing: Sequence[str], head: int, inputs: Generation | None
    ) -> None:
        """Build read models by following the log from its first fact: the fastest way where it is short."""
        _drop_unfinished(connection)
        with connection.transaction(), connection.cursor(binary=True, row_factory=tuple_row) as cursor:
            begun = [begin_generation(cursor, name, MODELS[name].version, 0, head) for name in missing]
            for each in begun:
                model = MODELS[each.name]
                for statement in (model.create_table(each.schema), *model.create_indexes(each.schema)):
                    cursor.execute(statement)
        built = Scheduler(connection, self.clock).move(begun, head, inputs=inputs, stop=self.stop)
        if self.stop.is_set():
            return
        with connection.transaction(), connection.cursor(binary=True) as cursor:
            for each in built:
                make_live(cursor, each)
        drop_retired(connection)


@contextmanager
def _without_garbage_collection() -> Generator[None]:
    """Run without the cyclic garbage collector: folding makes no cycles, and cached states are many objects."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()  # a full collection of the cached states would take most of a second
        gc.enable()


def _drop_unfinished(connection: Connection[Any]) -> None:
    """Drop the generations that a stopped projector was building, but not those of unfinished rebuilds."""
    with connection.transaction(), connection.cursor(binary=True, row_factory=tuple_row) as cursor:
        found = generations(cursor)
        by_tasks = {each.schema for rebuild in unfinished_rebuilds(cursor, found) for each in rebuild.generations}
    unfinished = [each for each in found if each.status == "building" and each.schema not in by_tasks]
    try:
        drop(connection, unfinished)
    except psycopg.errors.InsufficientPrivilege as problem:
        _log.warning("what was begun before is left where it is", problem=_sentence(problem))


def _sentence(problem: Exception) -> str:
    return str(problem).strip() or type(problem).__name__
