"""Builds read models anew from the log, beside those that answer, and lets the new ones answer in their place.

A building is new generations of some read models with one fixed position as their target. Processes side by side fold
its pieces; whatever is killed, what is done stays done, and the same building is gone on with. Then come the indexes,
the facts since, and the swap.
"""

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Event
from typing import Any, Final

from psycopg import Connection, Cursor
from psycopg.rows import tuple_row

from service.postgres.pool import connect
from service.projections.catalogue import MODELS
from service.projections.errors import RERUN_HINT, RebuildFailed, RebuildInProgress, RebuildStopped
from service.projections.rebuild import work_items
from service.projections.rebuild.cutover import Cutover, drop_retired
from service.projections.rebuild.pool import Gang, usual
from service.projections.rebuild.resume import is_current, resumed
from service.projections.rebuild.tasks import lay, stop, unreadable
from service.projections.rebuild.work_items import Building
from service.projections.registry import Advance, Generation, advance, generations, live, make_registry

ALONE: Final = "SELECT pg_try_advisory_lock(7741247368241571944)"
"""Held by whoever builds, for as long as its session lives."""

FEW: Final = 2_000
"""So few facts are folded here before other processes would have started."""

_LOOK: Final = 0.1
_WAIT: Final = 0.5


@dataclass(frozen=True, slots=True)
class RebuildProgress:
    """How far a building is with what it is at: `done` of `total` facts, or whatever the work is counted in.

    `resumed` tells how many facts an earlier run did.
    """

    work: str
    done: int
    total: int
    resumed: int = 0


@dataclass(frozen=True, slots=True)
class RebuildResult:
    """What came of a building: the generations that answer now; and schemas that are of no use but are still read."""

    generations: Sequence[Generation]
    still_read: Sequence[str]

    @property
    def names(self) -> list[str]:
        """The read models that answer by what was built."""
        return [each.name for each in self.generations]


Tell = Callable[[RebuildProgress], None]


def ignore(_progress: RebuildProgress) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class RebuildOptions:
    """How to build: with how many processes (None: one a core, up to four), verified or not, and until when.

    `told` hears a few times a second how far it is. `stop`, when it is set, leaves the building off.
    """

    workers: int | None = None
    verify: bool = False
    on_progress: Tell = ignore
    stop: Event | None = None

    def check_stop(self) -> None:
        """See that nobody wants to stop. Raises LeftOff."""
        if self.stop is not None and self.stop.is_set():
            raise RebuildStopped(f"The building was left off. {RERUN_HINT}")


def run_rebuild(
    url: str, names: Iterable[str], clock: Callable[[], datetime], ways: RebuildOptions | None = None
) -> RebuildResult:
    """Build these read models anew and let them answer; goes on with a building of the same that was left off.

    `clock` stamps the moment at which one stopped. `inputs` is built along where there is none of this release.

    Raises AnotherBuilds, CannotBuild, WorkerLost, LeftOff, PostgresProblem and psycopg.Error.
    """
    with connect(url) as connection:
        ((alone,),) = connection.execute(ALONE).fetchall()
        if not alone:
            raise RebuildInProgress("Another rebuild is at work on this database; there can be one at a time.")
        return _Site(connection, url, clock, ways or RebuildOptions()).build(names)


def rebuild_missing(
    url: str, clock: Callable[[], datetime], names: Collection[str] | None = None, ways: RebuildOptions | None = None
) -> None:
    """Build the read models, of these or of all, that no generation of this release answers for.

    Waits while another builds. Raises what `build` does but AnotherBuilds.
    """
    held = ways or RebuildOptions()
    while missing := missing_models(url, names):
        try:
            run_rebuild(url, missing, clock, held)
        except RebuildInProgress:
            held.check_stop()
            time.sleep(_WAIT)


def missing_models(url: str, names: Collection[str] | None = None) -> list[str]:
    """Return the names of the read models, of these or of all, that no generation of this release answers for."""
    with connect(url) as connection, connection.transaction(), _plain(connection) as cursor:
        make_registry(cursor)
        answering = live(generations(cursor))
    return [name for name in MODELS if (names is None or name in names) and not is_current(name, answering)]


@dataclass(slots=True)
class _Site:
    connection: Connection[Any]
    url: str
    clock: Callable[[], datetime]
    ways: RebuildOptions

    def build(self, names: Iterable[str]) -> RebuildResult:
        with self.connection.transaction(), _plain(self.connection) as cursor:
            make_registry(cursor)
            work_items.make_pieces(cursor)
        building = resumed(self.connection, frozenset(names))
        if self.ways.verify:
            with self.connection.transaction(), _plain(self.connection) as cursor:
                work_items.verifying(cursor, building)
        self._do(building)
        built = [each.name for each in self._arrived(building)]
        swapping = Cutover(self.connection, self.clock)
        swapping.catch_up(built, lambda done, total: self._tell("catching up", done, total), self.ways.stop)
        self.ways.check_stop()
        well = swapping.cut_over(built)
        with _plain(self.connection) as cursor:
            work_items.forget(cursor, building.number)
        left = drop_retired(self.connection)
        self._expect_all(building, well)
        return RebuildResult(well, left)

    def _do(self, building: Building) -> None:
        """Have all pieces done by processes side by side."""
        with _plain(self.connection) as cursor:
            left = work_items.left(cursor, building.number)
            before = sum(each.done for each in work_items.stands(cursor, building.number) if each.work in _FOLDING)
        if not left:
            return
        if self.ways.workers is None and self._few(building.number):
            lay(self.url, building.number, self._counted(building.number, before))
            return
        with Gang(self.url, building.number, min(left, self.ways.workers or usual())) as gang:
            while gang.at_work():
                self.ways.check_stop()
                self._look(building.number, before, gang.facts)
                time.sleep(_LOOK)

    def _few(self, building: int) -> bool:
        with _plain(self.connection) as cursor:
            return sum(each.total - each.done for each in work_items.stands(cursor, building)) < FEW

    def _counted(self, building: int, before: int) -> Callable[[int], None]:
        """Return what hears how many facts are through, where this process itself does the pieces."""
        counted = 0

        def heard(facts: int) -> None:
            nonlocal counted
            counted += facts
            self.ways.check_stop()
            self._look(building, before, counted)

        return heard

    def _look(self, building: int, before: int, counted: int) -> None:
        """Tell how far the work is that is done now."""
        with _plain(self.connection) as cursor:
            found = work_items.stands(cursor, building)
        folding = [each for each in found if each.work in _FOLDING]
        if not all(each.finished for each in folding):
            total = sum(each.total for each in folding)
            self._tell("folding", min(before + counted, total), total, before)
            return
        for each in found:
            if not each.finished:
                self._tell(_TOLD[each.work], each.done, each.total)
                return

    def _arrived(self, building: Building) -> list[Generation]:
        """Put generations whose pieces are all done at the target; returns those that have not failed.

        Raises CannotBuild, where they do not hold what was verified.
        """
        with self.connection.transaction(), _plain(self.connection) as cursor:
            schemas = {each.schema for each in building.generations}
            found = [each for each in generations(cursor) if each.schema in schemas]
            differing = work_items.differences(cursor, building.number)
            if failure := unreadable(cursor, building.target):
                for each in found:
                    stop(cursor, each, failure)
                return []
            if not differing:
                well = [each for each in found if each.stopped is None]
                advance(cursor, [Advance(each, building.target) for each in well if each.position < building.target])
                return well
            work_items.forget(cursor, building.number)  # so that the next rebuild begins anew
        about = sorted({each["read_model"] for each in differing if each["read_model"]})
        sentence = f"What was built is not what folds of the log make ({', '.join(about)}); nothing was swapped."
        raise RebuildFailed(sentence, {}, differing)

    def _expect_all(self, building: Building, well: Iterable[Generation]) -> None:
        """See that every read model answers by what was built. Raises CannotBuild."""
        answering = {each.schema for each in well}
        with _plain(self.connection) as cursor:
            now = {each.schema: each for each in generations(cursor)}
        failed = [now[each.schema] for each in building.generations if each.schema not in answering]
        if failed:
            told = [_told(each) for each in failed]
            raise RebuildFailed("\n".join(told), {each.name: each.stopped for each in failed})

    def _tell(self, work: str, done: int, total: int, resumed: int = 0) -> None:
        self.ways.on_progress(RebuildProgress(work, done, total, resumed))


_FOLDING: Final = ("incidents", "sources")
_TOLD: Final[Mapping[str, str]] = {"index": "indexing", "analyze": "indexing", "verify": "verifying"}


def _told(generation: Generation) -> str:
    if (stopped := generation.stopped) is None:
        return f"“{generation.name}” could not be brought to where the one stands that answers. {RERUN_HINT}"
    return (
        f"“{generation.name}” fails at position {stopped['position']} ({stopped['topic']}): {stopped['error']} "
        "Its old generation goes on answering."
    )


def _plain(connection: Connection[Any]) -> Cursor[Any]:
    return connection.cursor(binary=True, row_factory=tuple_row)
