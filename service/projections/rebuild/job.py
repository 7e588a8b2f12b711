"""A rebuild: new generations of read models are built beside the live ones by parallel workers, and then cut over.

A rebuild has a fixed target position and is divided into tasks. After a crash or a stop, done tasks stay done and the
next run resumes. After the tasks (folding, indexes) the new generations catch up with the log and are cut over.
"""

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Event
from typing import Any, Final

from psycopg import Connection, Cursor
from psycopg.rows import tuple_row

from service.eventstore import sync_reader
from service.postgres import advisory_locks
from service.postgres.pool import connect
from service.projections.catalogue import MODELS
from service.projections.engine.scheduler import INPUTS
from service.projections.errors import RERUN_HINT, RebuildFailed, RebuildInProgress, RebuildStopped
from service.projections.rebuild import tasks
from service.projections.rebuild.cutover import Cutover, drop, drop_retired
from service.projections.rebuild.pool import WorkerPool, default_size
from service.projections.rebuild.tasks import Rebuild
from service.projections.rebuild.worker import first_unknown_fact, stop_at, work
from service.projections.registry import (
    Advance,
    Generation,
    advance,
    begin_generation,
    generations,
    is_current,
    live,
    make_registry,
)

TRY_LOCK: Final = f"SELECT pg_try_advisory_lock({advisory_locks.REBUILD})"

MOST_IN_PROCESS: Final = 2_000
"""Up to this number of facts, tasks are done in this process: worker processes would take longer to start."""

_POLL_SECONDS: Final = 0.1
_RETRY_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class RebuildProgress:
    """Progress of the current kind of work: `done` of `total` facts, or of the units of that work.

    `resumed` is the number of facts that an earlier run folded.
    """

    work: str
    done: int
    total: int
    resumed: int = 0


@dataclass(frozen=True, slots=True)
class RebuildResult:
    """The generations that a rebuild made live; and the schemas of old ones that could not be dropped while read."""

    generations: Sequence[Generation]
    still_read: Sequence[str]

    @property
    def names(self) -> list[str]:
        """The names of the read models that were made live."""
        return [each.name for each in self.generations]


def _ignore(_progress: RebuildProgress) -> None: ...


@dataclass(frozen=True, slots=True)
class RebuildOptions:
    """The number of worker processes (None: one a core, up to four), verification, and callbacks.

    `on_progress` is called a few times a second. `stop`, when it is set, interrupts the rebuild.
    """

    workers: int | None = None
    verify: bool = False
    on_progress: Callable[[RebuildProgress], None] = _ignore
    stop: Event | None = None

    def check_stop(self) -> None:
        """Raise RebuildStopped where `stop` is set."""
        if self.stop is not None and self.stop.is_set():
            raise RebuildStopped(f"The building was left off. {RERUN_HINT}")


def run_rebuild(
    url: str, names: Iterable[str], clock: Callable[[], datetime], options: RebuildOptions | None = None
) -> RebuildResult:
    """Rebuild these read models and cut over, resuming an unfinished rebuild of the same ones.

    `clock` stamps failures. `inputs` is rebuilt too where it is missing in this release's version.

    Raises RebuildInProgress, RebuildFailed, WorkerLost, RebuildStopped, PostgresProblem and psycopg.Error.
    """
    with connect(url) as connection:
        ((locked,),) = connection.execute(TRY_LOCK).fetchall()
        if not locked:
            raise RebuildInProgress("Another rebuild is at work on this database; there can be one at a time.")
        return _Job(connection, url, clock, options or RebuildOptions()).run(names)


def rebuild_missing(
    url: str,
    clock: Callable[[], datetime],
    names: Collection[str] | None = None,
    options: RebuildOptions | None = None,
) -> None:
    """Rebuild the read models, of these or of all, that have no live generation of this release's version.

    Waits while another rebuild runs. Raises what `run_rebuild` does but RebuildInProgress.
    """
    options = options or RebuildOptions()
    while missing := missing_models(url, names):
        try:
            run_rebuild(url, missing, clock, options)
        except RebuildInProgress:
            options.check_stop()
            time.sleep(_RETRY_SECONDS)


def missing_models(url: str, names: Collection[str] | None = None) -> list[str]:
    """Return the names of the read models, of these or of all, without a live generation of this release's version."""
    with connect(url) as connection, connection.transaction(), _binary(connection) as cursor:
        make_registry(cursor)
        answering = live(generations(cursor))
    return [name for name in MODELS if (names is None or name in names) and not is_current(answering.get(name))]


@dataclass(slots=True)
class _Job:
    connection: Connection[Any]
    url: str
    clock: Callable[[], datetime]
    options: RebuildOptions

    def run(self, names: Iterable[str]) -> RebuildResult:
        with self.connection.transaction(), _binary(self.connection) as cursor:
            make_registry(cursor)
            tasks.create_tables(cursor)
        rebuild = begin_or_resume(self.connection, frozenset(names))
        if self.options.verify:
            with _binary(self.connection) as cursor:
                tasks.add_verifying(cursor, rebuild.number)
        self._do_tasks(rebuild.number)
        built = [each.name for each in self._at_target(rebuild)]
        cutover = Cutover(self.connection, self.clock)
        cutover.catch_up(built, lambda done, total: self._report("catching up", done, total), self.options.stop)
        self.options.check_stop()
        now_live = cutover.cut_over(built)
        with _binary(self.connection) as cursor:
            tasks.forget(cursor, rebuild.number)
        still_read = drop_retired(self.connection)
        self._check_all_live(rebuild, now_live)
        return RebuildResult(now_live, still_read)

    def _do_tasks(self, rebuild: int) -> None:
        """Run all tasks, in worker processes or, where they are few, in this process."""
        with _binary(self.connection) as cursor:
            remaining, progress = tasks.remaining(cursor, rebuild), tasks.progress(cursor, rebuild)
        if not remaining:
            return
        before = sum(each.done for each in progress if each.work in _FOLDING)
        if self.options.workers is None and sum(each.total - each.done for each in progress) < MOST_IN_PROCESS:
            folded = 0

            def on_facts(facts: int) -> None:
                nonlocal folded
                folded += facts
                self.options.check_stop()
                self._report_progress(rebuild, before, folded)

            work(self.url, rebuild, on_facts)
            return
        with WorkerPool(self.url, rebuild, min(remaining, self.options.workers or default_size())) as pool:
            while pool.is_running():
                self.options.check_stop()
                self._report_progress(rebuild, before, pool.facts)
                time.sleep(_POLL_SECONDS)

    def _report_progress(self, rebuild: int, before: int, folded: int) -> None:
        with _binary(self.connection) as cursor:
            progress = tasks.progress(cursor, rebuild)
        folding = [each for each in progress if each.work in _FOLDING]
        if not all(each.finished for each in folding):
            total = sum(each.total for each in folding)
            self._report("folding", min(before + folded, total), total, before)
            return
        for each in progress:
            if not each.finished:
                self._report(_REPORTED_AS[each.work], each.done, each.total)
                return

    def _at_target(self, rebuild: Rebuild) -> list[Generation]:
        """Move generations whose tasks are all done to the target; returns those that have not failed.

        Raises RebuildFailed, where verifying found differences.
        """
        with self.connection.transaction(), _binary(self.connection) as cursor:
            schemas = {each.schema for each in rebuild.generations}
            found = [each for each in generations(cursor) if each.schema in schemas]
            differences = tasks.differences(cursor, rebuild.number)
            if failure := first_unknown_fact(cursor, rebuild.target):
                for each in found:
                    stop_at(cursor, each, failure)
                return []
            if not differences:
                running = [each for each in found if each.stopped is None]
                advance(cursor, [Advance(each, rebuild.target) for each in running if each.position < rebuild.target])
                return running
            tasks.forget(cursor, rebuild.number)  # the next rebuild begins anew
        about = sorted({each["read_model"] for each in differences if each["read_model"]})
        sentence = f"What was built is not what folds of the log make ({', '.join(about)}); nothing was swapped."
        raise RebuildFailed(sentence, {}, differences)

    def _check_all_live(self, rebuild: Rebuild, now_live: Iterable[Generation]) -> None:
        """Raise RebuildFailed where a generation of the rebuild was not made live."""
        cut_over = {each.schema for each in now_live}
        with _binary(self.connection) as cursor:
            now = {each.schema: each for each in generations(cursor)}
        failed = [now[each.schema] for each in rebuild.generations if each.schema not in cut_over]
        if failed:
            raise RebuildFailed("\n".join(map(_failure, failed)), {each.name: each.stopped for each in failed})

    def _report(self, kind: str, done: int, total: int, resumed: int = 0) -> None:
        self.options.on_progress(RebuildProgress(kind, done, total, resumed))


_FOLDING: Final = ("incidents", "sources")
_REPORTED_AS: Final[Mapping[str, str]] = {"index": "indexing", "analyze": "indexing", "verify": "verifying"}


def begin_or_resume(connection: Connection[Any], names: frozenset[str]) -> Rebuild:
    """Return the unfinished rebuild of the same read models in the same versions, or a new one; drop all others.

    `inputs` is rebuilt too where it is missing in this release's version. Raises psycopg.Error.
    """
    with _binary(connection) as cursor:
        found = generations(cursor)
        begun = tasks.unfinished_rebuilds(cursor, found)
    if not is_current(live(found).get(INPUTS)):
        names |= {INPUTS}
    same = next((each for each in reversed(begun) if _can_resume(each, names)), None)
    keep = {each.schema for each in same.generations} if same else set[str]()
    # A generation of another name that is built without tasks belongs to a projector that follows the log.
    by_tasks = {each.schema for rebuild in begun for each in rebuild.generations}
    keep |= {each.schema for each in found if each.schema not in by_tasks and each.name not in names}
    drop(connection, [e for e in found if e.status == "retired" or (e.status == "building" and e.schema not in keep)])
    with connection.transaction(), _binary(connection) as cursor:
        for each in begun:
            if each != same:
                tasks.forget(cursor, each.number)
        return same or _begin(cursor, sorted(names))


def _begin(cursor: Cursor[Any], names: Sequence[str]) -> Rebuild:
    target = sync_reader.head(cursor)
    begun = [begin_generation(cursor, name, MODELS[name].version, 0, target) for name in names]
    for each in begun:
        cursor.execute(MODELS[each.name].create_table(each.schema))
    folding = tasks.folding_tasks(tasks.stream_sizes(cursor, target), {MODELS[name].subject for name in names})
    indexes = [(name, len(MODELS[name].create_indexes(""))) for name in names]
    return tasks.add_rebuild(cursor, begun, target, [*folding, *tasks.finishing_tasks(indexes, len(folding) + 1)])


def _can_resume(rebuild: Rebuild, names: frozenset[str]) -> bool:
    return frozenset(each.name for each in rebuild.generations) == names and all(
        each.status == "building" and each.stopped is None and is_current(each) for each in rebuild.generations
    )


def _failure(generation: Generation) -> str:
    if (stopped := generation.stopped) is None:
        return f"“{generation.name}” could not be brought to where the one stands that answers. {RERUN_HINT}"
    return (
        f"“{generation.name}” fails at position {stopped['position']} ({stopped['topic']}): {stopped['error']} "
        "Its old generation goes on answering."
    )


def _binary(connection: Connection[Any]) -> Cursor[Any]:
    return connection.cursor(binary=True, row_factory=tuple_row)
