"""Chronicles of large incidents that are asked about again and again: kept in the process, and grown with the log."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Final, Protocol
from uuid import UUID

from domain.chronicle import Chronicle
from domain.incident.facts import Recorded
from domain.incident.inputs import leads_to
from service.eventstore.rows import StoredRow
from service.inputs import gathering, recorded

LARGE: Final = 500
"""An incident with more facts than this is worth a chronicle; a smaller one is folded as fast as it is looked up."""
MOST_FACTS: Final = 30_000
"""About how many facts the kept chronicles may have together; one alone may have more."""
REMEMBERED: Final = 1000
"""How many large incidents that were asked about once are remembered."""


class ReadsStreams(Protocol):
    """What growing a chronicle needs of the log."""

    async def read(self, streams: Sequence[UUID], upto: int, after: int = 0) -> list[StoredRow]: ...


@dataclass(slots=True)
class _Kept:
    """A chronicle that has all facts of its inputs up to the position `read`; `fed` are the streams it has facts of."""

    chronicle: Chronicle
    fed: set[UUID]
    read: int
    growing: asyncio.Lock = field(default_factory=asyncio.Lock)


class Chronicles:
    """Answers from memory what is asked of large incidents: the second question about one begins to keep it.

    Nothing kept can become wrong: what lies at or below a position that was read never changes, and what was recorded
    since is read before it is answered. For callers in one event loop. `large` and `most` are counted in facts.
    """

    def __init__(self, log: ReadsStreams, *, large: int = LARGE, most: int = MOST_FACTS) -> None:
        self._log = log
        self._large, self._most = large, most
        self._kept: OrderedDict[UUID, _Kept] = OrderedDict()
        self._asked: OrderedDict[UUID, None] = OrderedDict()
        self._making: set[UUID] = set()

    def asked(self, stream: UUID, facts: int) -> None:
        """Remember that an incident was asked about which had so many facts."""
        if facts > self._large:
            self._asked[stream] = None
            self._asked.move_to_end(stream)
            if len(self._asked) > REMEMBERED:
                self._asked.popitem(last=False)

    async def recall(self, stream: UUID, position: int) -> Chronicle | None:
        """Return the chronicle of an incident, which tells of a position; None where it is not kept, or not yet.

        Raises the database's error, and UnknownFact.
        """
        kept = self._kept.get(stream)
        if kept is None:
            if stream not in self._asked or stream in self._making:
                return None
            self._making.add(stream)
            try:
                kept = await self._made(stream, position)
            finally:
                self._making.discard(stream)
            self._keep(stream, kept)
        self._kept.move_to_end(stream)
        if kept.read < position:
            async with kept.growing:
                await self._grow(stream, kept, position)
        return kept.chronicle

    def _keep(self, stream: UUID, kept: _Kept) -> None:
        self._kept[stream] = kept
        while len(self._kept) > 1 and sum(each.chronicle.facts for each in self._kept.values()) > self._most:
            self._kept.popitem(last=False)

    async def _made(self, stream: UUID, position: int) -> _Kept:
        reading, fed = gathering(stream), set[UUID]()
        wanted = next(reading)
        while True:
            fed.update(wanted)
            rows = await self._log.read(wanted, position)
            try:
                wanted = reading.send(await asyncio.to_thread(_decoded, rows))
            except StopIteration as done:
                kept = _Kept(Chronicle(stream), fed, position)
                await asyncio.to_thread(_tell, kept.chronicle, done.value)
                return kept

    async def _grow(self, stream: UUID, kept: _Kept, position: int) -> None:
        """Take in what was recorded since, up to a position; what fails half way is not kept."""
        if kept.read >= position:
            return
        try:
            waiting = _decoded(await self._log.read(sorted(kept.fed), position, kept.read))
            while waiting:
                fact = waiting.pop(0)
                if further := await self._lead(kept, fact, position):
                    waiting = sorted([*waiting, *further], key=attrgetter("position"))
                kept.chronicle.take_in(fact)
        except BaseException:
            self._kept.pop(stream, None)
            raise
        kept.read = position

    async def _lead(self, kept: _Kept, fact: Recorded, position: int) -> list[Recorded]:
        """Take in what stands before a fact in streams that it leads to; returns what they hold after it."""
        wanted, later = set(leads_to(fact)) - kept.fed, list[Recorded]()
        while wanted:
            kept.fed |= wanted
            facts = _decoded(await self._log.read(sorted(wanted), position))
            before = [each for each in facts if each.position < fact.position]
            later += facts[len(before) :]
            for each in before:
                kept.chronicle.take_in(each)
            wanted = {stream for each in before for stream in leads_to(each)} - kept.fed
        return later


def _decoded(rows: Sequence[StoredRow]) -> list[Recorded]:
    return [recorded(row) for row in rows]


def _tell(chronicle: Chronicle, facts: Sequence[Recorded]) -> None:
    for fact in facts:
        chronicle.take_in(fact)
