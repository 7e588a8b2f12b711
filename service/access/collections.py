"""The log and the writer as far as a principal's collections go: other incidents are not there.

What is looked up of an incident that is not visible is looked up in the same way as of one that does not exist.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Final
from uuid import UUID

import msgspec

from domain.incident.refusals import Refusal
from service.eventstore import LogReader, StoredFact
from service.eventstore.collections import NO_STREAM, stream_visible
from service.eventstore.command_queue import Outcome
from service.eventstore.reader import OF_TOPICS, READ
from service.eventstore.writer import Acknowledgement, CommandWriter, WriteRequest

_STREAMS: Final = "%(streams)s::uuid[]"
_VISIBLE_STREAMS: Final = f"""ARRAY(
    SELECT wanted.stream FROM unnest({_STREAMS}) AS wanted (stream) WHERE {stream_visible("wanted.stream")}
)"""  # noqa: S608 - constants only
VISIBLE_READ: Final = READ.replace(_STREAMS, _VISIBLE_STREAMS)
VISIBLE_OF_TOPICS: Final = OF_TOPICS.replace(_STREAMS, _VISIBLE_STREAMS)
"""The same of visible streams only, in one statement."""


class VisibleLog(LogReader):
    """Reads the log without the facts of incidents outside some collections.

    An incident is visible by the collection that it is in now, also for questions about the past. Made anew for each
    request; it remembers what it has looked up. Call `head` or `position_at` first: what is visible after that was read
    is so with all facts up to there.
    """

    def __init__(self, log: LogReader, collections: Collection[str]) -> None:
        super().__init__(log.pool)
        self._log = log
        self._collections = collections
        self._is_visible: dict[UUID, bool] = {}

    async def visible(self, streams: Iterable[UUID]) -> list[UUID]:
        """Return those of these streams that are not of incidents outside the collections."""
        wanted = list(streams)
        if unknown := [stream for stream in wanted if stream not in self._is_visible]:
            found = await self.collections_of(unknown)
            self._is_visible |= {stream: found.get(stream) in (None, *self._collections) for stream in unknown}
        return [stream for stream in wanted if self._is_visible[stream]]

    async def log_id(self) -> UUID:
        return await self._log.log_id()

    async def read(self, streams: Sequence[UUID], upto: int, after: int = 0) -> list[StoredFact]:
        return await self._rows(VISIBLE_READ, self._bound(streams, upto) | {"after": after})

    async def of_topics(self, streams: Sequence[UUID], topics: Sequence[str], upto: int) -> list[StoredFact]:
        return await self._rows(VISIBLE_OF_TOPICS, self._bound(streams, upto) | {"topics": list(topics)})

    async def at(self, positions: Sequence[int]) -> list[StoredFact]:
        return await self._only_visible(await super().at(positions))

    async def find(self, fact_id: UUID) -> StoredFact | None:
        found = await super().find(fact_id)
        visible = await self.visible([found.stream if found else NO_STREAM])
        return found if visible else None

    async def first_of(self, stream: UUID) -> StoredFact | None:
        (stream,) = await self.visible([stream]) or [NO_STREAM]
        return await super().first_of(stream)

    async def last_version(self, stream: UUID) -> int:
        (stream,) = await self.visible([stream]) or [NO_STREAM]
        return await super().last_version(stream)

    async def opened(self, after: int, limit: int, upto: int) -> list[StoredFact]:
        found: list[StoredFact] = []
        while len(found) < limit and (rows := await super().opened(after, limit, upto)):
            found += await self._only_visible(rows)
            after = rows[-1].position
        return found[:limit]

    async def slice(self, after: int, limit: int, upto: int) -> list[StoredFact]:
        """Return what is visible of up to `limit` facts with positions in (after, upto], by position."""
        return await self._only_visible(await super().slice(after, limit, upto))

    def _bound(self, streams: Sequence[UUID], upto: int) -> dict[str, object]:
        return {"streams": list(streams), "upto": upto, "collections": list(self._collections)}

    async def _only_visible(self, rows: Sequence[StoredFact]) -> list[StoredFact]:
        visible = set(await self.visible({row.stream for row in rows}))
        return [row for row in rows if row.stream in visible]


class CollectionWriter:
    """Writes in some collections only: every command is decided as if no other incident were there.

    `recorded_by`, if given, is the token of every write.
    """

    def __init__(
        self, writer: CommandWriter, collections: frozenset[str] | None, recorded_by: str | None = None
    ) -> None:
        self._writer = writer
        self._collections = collections
        self._recorded_by = recorded_by

    async def write(self, write: WriteRequest) -> Acknowledgement:
        """Do as Writer.write does."""
        return await self._writer.write(self._restricted(write))

    async def write_all(
        self, writes: Sequence[WriteRequest], *, atomic: bool = False
    ) -> list[Acknowledgement | Refusal]:
        """Do as Writer.write_all does."""
        return await self._writer.write_all([*map(self._restricted, writes)], atomic=atomic)

    async def write_each(self, writes: Sequence[WriteRequest]) -> list[Outcome]:
        """Do as Writer.write_each does."""
        return await self._writer.write_each([*map(self._restricted, writes)])

    def _restricted(self, write: WriteRequest) -> WriteRequest:
        recorded_by = self._recorded_by or write.recorded_by
        return msgspec.structs.replace(write, collections=self._collections, recorded_by=recorded_by)
