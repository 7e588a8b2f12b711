"""A cache of state timelines of large incidents, built in a background thread and extended as the log grows."""

import asyncio
import gc
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

import structlog

from domain.facts.union import Recorded
from domain.summary.state_timeline import StateTimeline
from service.answers.inputs import first_streams, gather_rows
from service.eventstore.stored_fact import StoredFact
from service.runtime.weighted_lru import WeightedLRU
from service.runtime.worker_thread import free_in_thread, in_background_thread, in_thread

T = TypeVar("T")
_log = structlog.stdlib.get_logger("service.answers.state_timeline_cache")

LARGE: Final = 500
"""Incidents with more facts than this get a timeline; a smaller one is folded about as fast as it is looked up."""
MOST_FACTS: Final = 30_000
"""About how many facts the cached timelines may have together; one alone may have more."""
EXTENSION_COST: Final = 12
"""Adding one fact to a timeline takes about as long as folding so many facts."""
REMEMBERED: Final = 1000
"""The most large incidents that are remembered as requested once."""


class StreamReader(Protocol):
    """The read of the log that extends a timeline."""

    async def read(self, streams: Sequence[UUID], upto: int, after: int = 0) -> list[StoredFact]: ...


@dataclass(slots=True)
class _CachedTimeline:
    """A timeline that has all facts of `streams` up to `position`; `lock` is held to extend it and to read it.

    A `dropped` one has left the cache, and answers no query.
    """

    timeline: StateTimeline
    streams: set[UUID]
    position: int = 0
    dropped: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class StateTimelineCache:
    """Timelines of incidents of more than `large` facts, least recently used dropped beyond `most` facts in all.

    The second request about an incident starts the build; until it is built, requests are answered without it.
    An entry cannot become wrong: facts at or below a position never change, and newer ones are read before it answers.
    For callers in one event loop; cancelling one does not affect the others.
    """

    def __init__(self, log: StreamReader, *, large: int = LARGE, most: int = MOST_FACTS) -> None:
        self._log = log
        self._large = large
        self._entries = WeightedLRU[UUID, _CachedTimeline](most)
        self._requested = WeightedLRU[UUID, bool](REMEMBERED)
        self._builds: dict[UUID, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    def note_request(self, stream: UUID, facts: int) -> None:
        """Remember that an incident of so many facts was requested."""
        if facts > self._large:
            self._requested.put(stream, value=True)

    async def query(self, stream: UUID, position: int, read: Callable[[StateTimeline], T]) -> T | None:
        """Return the result of `read` for a timeline that reaches `position`; None where none is cached yet.

        Raises what `read` raises, the database's error, and UnknownFact.
        """
        entry = self._entries.get(stream)
        if entry is None:
            if stream in self._requested and stream not in self._builds:
                self._builds[stream] = asyncio.create_task(self._build(stream, position))
            return None
        return await asyncio.shield(self._task(self._answer(stream, entry, position, read)))

    async def wait_until_built(self) -> None:
        """Wait until all builds have ended."""
        await asyncio.gather(*self._builds.values())

    async def close(self) -> None:
        """Cancel the builds, and wait for running queries."""
        for build in self._builds.values():
            build.cancel()
        await asyncio.gather(*self._builds.values(), *self._tasks, return_exceptions=True)

    def _task(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start a task that runs to its end even if its caller is cancelled."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _answer(
        self, stream: UUID, entry: _CachedTimeline, position: int, read: Callable[[StateTimeline], T]
    ) -> T | None:
        async with entry.lock:
            if entry.dropped:
                return None
            if entry.position < position:
                await self._extend_or_drop(stream, entry, position)
            return await in_thread(entry.timeline.fact_count, read, entry.timeline)

    async def _build(self, stream: UUID, position: int) -> None:
        try:
            entry = _CachedTimeline(StateTimeline(stream), set(first_streams(stream)))
            await self._extend(entry, position)
            gc.freeze()  # cached objects have no cycles, and a full collection would take most of a second
            self._put(stream, entry)
        except Exception:  # noqa: BLE001 - in the background; answers are folded without it
            _log.exception("a state timeline could not be built", stream=str(stream))
        finally:
            del self._builds[stream]

    def _put(self, stream: UUID, entry: _CachedTimeline) -> None:
        for evicted in self._entries.put(stream, entry, entry.timeline.fact_count):
            self._task(_drop(evicted))

    async def _extend_or_drop(self, stream: UUID, entry: _CachedTimeline, position: int) -> None:
        try:
            await self._extend(entry, position)
        except BaseException:  # it may have only some of the facts
            entry.dropped = True
            if self._entries.get(stream) is entry:
                self._entries.pop(stream)
                self._task(_drop(entry))
            raise
        if self._entries.get(stream) is entry:
            self._put(stream, entry)

    async def _extend(self, entry: _CachedTimeline, position: int) -> None:
        """Add the facts recorded since, up to a position, and all facts of the streams that these refer to."""

        async def read(streams: Sequence[UUID]) -> list[StoredFact]:
            after = entry.position if entry.streams.issuperset(streams) else 0
            return await self._log.read(streams, position, after)

        gathered, rows = await gather_rows(entry.streams, read)
        if entry.position:
            await in_thread(EXTENSION_COST * len(rows), _add, entry.timeline, gathered.facts)
        else:
            await in_background_thread(_add, entry.timeline, gathered.facts)
        free_in_thread(len(rows), gathered.facts, rows)
        entry.streams, entry.position = gathered.streams, position


def _add(timeline: StateTimeline, facts: Iterable[Recorded]) -> None:
    for fact in facts:
        timeline.add(fact)


async def _drop(entry: _CachedTimeline) -> None:
    """Free an entry when no query uses it."""
    async with entry.lock:
        entry.dropped = True
        free_in_thread(entry.timeline.fact_count, *entry.timeline.containers())
