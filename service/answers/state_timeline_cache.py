"""Chronicles of large incidents that are asked about again and again: kept in the process, and grown with the log."""

import asyncio
import gc
from collections import OrderedDict
from collections.abc import Callable, Collection, Coroutine, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

import structlog

from domain.facts.union import Recorded
from domain.history.inputs import leads_to
from domain.summary.state_timeline import Chronicle
from service.answers.inputs import gathering, sent_on
from service.eventstore.stored_fact import StoredFact
from service.runtime.worker_thread import aside, in_the_background, take_apart

T = TypeVar("T")
_log = structlog.stdlib.get_logger("service.answers.state_timeline_cache")

LARGE: Final = 500
"""An incident with more facts than this is worth a chronicle; a smaller one is folded as fast as it is looked up."""
MOST_FACTS: Final = 30_000
"""About how many facts the kept chronicles may have together; one alone may have more."""
TAKEN_IN: Final = 12
"""A chronicle takes a fact in about as fast as so many are folded."""
REMEMBERED: Final = 1000
"""How many large incidents that were asked about once are remembered."""


class ReadsStreams(Protocol):
    """What growing a chronicle needs of the log."""

    async def read(self, streams: Sequence[UUID], upto: int, after: int = 0) -> list[StoredFact]: ...


@dataclass(slots=True)
class _Kept:
    """A chronicle that has all facts of its inputs up to the position `read`; `fed` are the streams it has facts of.

    `turn` is had by whoever grows it or asks it. One that is `gone` is kept no longer, and answers nothing.
    """

    chronicle: Chronicle
    fed: set[UUID]
    read: int
    gone: bool = False
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Chronicles:
    """Answers from memory what is asked of large incidents: the second question about one begins to make it.

    Until it is made, questions are answered without it. Nothing kept can become wrong: what lies at or below a
    position that was read never changes, and what was recorded since is read before it is answered. For callers in
    one event loop, none of whom another that goes away disturbs. `large` and `most` are counted in facts.
    """

    def __init__(self, log: ReadsStreams, *, large: int = LARGE, most: int = MOST_FACTS) -> None:
        self._log = log
        self._large, self._most = large, most
        self._kept: OrderedDict[UUID, _Kept] = OrderedDict()
        self._asked: OrderedDict[UUID, None] = OrderedDict()
        self._making: dict[UUID, asyncio.Task[None]] = {}
        self._asking: set[asyncio.Task[Any]] = set()

    def asked(self, stream: UUID, facts: int) -> None:
        """Remember that an incident was asked about which had so many facts."""
        if facts > self._large:
            self._asked[stream] = None
            self._asked.move_to_end(stream)
            if len(self._asked) > REMEMBERED:
                self._asked.popitem(last=False)

    async def ask(self, stream: UUID, position: int, question: Callable[[Chronicle], T]) -> T | None:
        """Return what a question of a chronicle that tells of a position is answered; None where none is kept yet.

        Raises what the question raises, the database's error, and UnknownFact.
        """
        if stream not in self._kept:
            if stream in self._asked and stream not in self._making:
                self._making[stream] = asyncio.create_task(self._make(stream, position))
            return None
        self._kept.move_to_end(stream)
        return await asyncio.shield(self._begun(self._answered(stream, self._kept[stream], position, question)))

    async def made(self) -> None:
        """Wait until all that are being made are kept, or have failed."""
        await asyncio.gather(*self._making.values())

    async def close(self) -> None:
        """Let what is being made be, and wait for what was asked."""
        for making in self._making.values():
            making.cancel()
        await asyncio.gather(*self._making.values(), *self._asking, return_exceptions=True)

    def _begun(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Begin what is to end even if nobody waits for it any more."""
        task = asyncio.create_task(work)
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)
        return task

    async def _answered(self, stream: UUID, kept: _Kept, position: int, question: Callable[[Chronicle], T]) -> T | None:
        async with kept.turn:
            if kept.gone:
                return None
            await self._grow(stream, kept, position)
            return await aside(kept.chronicle.facts, question, kept.chronicle)

    async def _make(self, stream: UUID, position: int) -> None:
        try:
            self._keep(stream, await self._made(stream, position))
        except Exception:  # noqa: BLE001 - nobody waits for it, and answers are folded without it
            _log.exception("a chronicle could not be made", stream=str(stream))
        finally:
            del self._making[stream]

    def _keep(self, stream: UUID, kept: _Kept) -> None:
        gc.freeze()  # nothing kept has cycles, and to look through all of it for some would take most of a second
        self._kept[stream] = kept
        while len(self._kept) > 1 and sum(each.chronicle.facts for each in self._kept.values()) > self._most:
            self._begun(self._put_away(next(iter(self._kept))))

    def _put_away(self, stream: UUID) -> Coroutine[Any, Any, None]:
        """Keep a chronicle no longer; returns what frees it, once nobody asks it."""
        kept = self._kept.pop(stream)

        async def freed() -> None:
            async with kept.turn:
                kept.gone = True
                take_apart(kept.chronicle.facts, *kept.chronicle.held())

        return freed()

    async def _made(self, stream: UUID, position: int) -> _Kept:
        reading, fed = gathering(stream), set[UUID]()
        wanted = next(reading)
        while True:
            fed.update(wanted)
            rows = await self._log.read(wanted, position)
            wanted, facts = await in_the_background(sent_on, reading, rows)
            if facts is not None:
                kept = _Kept(Chronicle(stream), fed, position)
                await in_the_background(_tell, kept.chronicle, facts)
                take_apart(len(facts), facts, rows)
                return kept

    async def _grow(self, stream: UUID, kept: _Kept, position: int) -> None:
        """Take in what was recorded since, up to a position; what fails half way is not kept."""
        if kept.read >= position:
            return
        try:
            rows = await self._log.read(sorted(kept.fed), position, kept.read)
            waiting = await aside(len(rows), _decoded, rows)
            while waiting:
                before = await aside(TAKEN_IN * len(waiting), _tell, kept.chronicle, waiting, kept.fed)
                waiting = waiting[before:]
                if waiting and (further := await self._lead(kept, waiting[0], position)):
                    waiting = sorted([*waiting, *further], key=attrgetter("position"))
        except BaseException:
            kept.gone = True
            if self._kept.get(stream) is kept:
                self._begun(self._put_away(stream))
            raise
        kept.read = position

    async def _lead(self, kept: _Kept, fact: Recorded, position: int) -> list[Recorded]:
        """Take in what stands before a fact in streams that it leads to; returns what they hold after it."""
        wanted, later = set(leads_to(fact)) - kept.fed, list[Recorded]()
        while wanted:
            kept.fed |= wanted
            rows = await self._log.read(sorted(wanted), position)
            facts = await aside(len(rows), _decoded, rows)
            before = [each for each in facts if each.position < fact.position]
            later += facts[len(before) :]
            await aside(TAKEN_IN * len(before), _tell, kept.chronicle, before)
            wanted = {stream for each in before for stream in leads_to(each)} - kept.fed
        return later


def _decoded(rows: Sequence[StoredFact]) -> list[Recorded]:
    return [row.recorded() for row in rows]


def _tell(chronicle: Chronicle, facts: Sequence[Recorded], fed: Collection[UUID] | None = None) -> int:
    """Have a chronicle take in facts, up to one that leads to a stream that is not `fed`; returns how many it took."""
    for taken, fact in enumerate(facts):
        if fed is not None and any(stream not in fed for stream in leads_to(fact)):
            return taken
        chronicle.take_in(fact)
    return len(facts)
