"""Facts as they are told onward: in order, all of them or some, each with the incident that it is of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from domain.facts.union import IncidentOpened
from service.eventstore.reader import LogReader
from service.eventstore.stored_fact import COLUMNS, StoredRow

PAGE: Final = f"""
    SELECT {COLUMNS} FROM public.facts
    WHERE notification_id > %(after)s AND notification_id <= %(upto)s
    AND (%(topics)s::text[] IS NULL OR topic = ANY(%(topics)s::text[]))
    ORDER BY notification_id LIMIT %(limit)s
"""  # noqa: S608 - constants only
# Within one stream, versions and positions have the same order, and an index leads along the versions.
PAGE_OF_STREAM: Final = f"""
    SELECT {COLUMNS} FROM public.facts
    WHERE originator_id = %(stream)s AND notification_id > %(after)s AND notification_id <= %(upto)s
    AND (%(topics)s::text[] IS NULL OR topic = ANY(%(topics)s::text[]))
    ORDER BY originator_version LIMIT %(limit)s
"""  # noqa: S608 - constants only
FIRSTS: Final = f"""
    SELECT {COLUMNS} FROM public.facts WHERE originator_id = ANY(%(streams)s::uuid[]) AND originator_version = 1
"""  # noqa: S608 - constants only

MOST_NAMES = 20_000
"""How many streams are remembered with the incident that they are of."""


@dataclass(frozen=True, slots=True)
class Change:
    """A fact as it is told: `line` is JSON without a line break."""

    position: int
    stream: UUID
    topic: str
    line: bytes


@dataclass(frozen=True, slots=True)
class ChangeFilter:
    """Which facts are asked for: those of one stream, of some topics, of both; all of them unless it says otherwise."""

    stream: UUID | None = None
    topics: frozenset[str] | None = None

    def matches(self, change: Change) -> bool:
        """Say whether a fact is asked for."""
        return self.stream in (None, change.stream) and (self.topics is None or change.topic in self.topics)


class ChangeReader(LogReader):
    """Reads the log onward, page by page.

    `tell` writes a fact down, given the slug of the incident whose stream it is in; None where it is in
    the stream of a source or of the policy. An incident's slug is final, so it is read once and remembered.
    """

    def __init__(
        self, pool: AsyncConnectionPool[AsyncConnection[Any]], tell: Callable[[StoredRow, str | None], bytes]
    ) -> None:
        super().__init__(pool)
        self._tell = tell
        self._names: dict[UUID, str | None] = {}

    async def page(self, after: int, upto: int, limit: int, only: ChangeFilter) -> list[Change]:
        """Return up to `limit` of the facts asked for with positions in (after, upto], by position."""
        topics = None if only.topics is None else sorted(only.topics)
        query = PAGE if only.stream is None else PAGE_OF_STREAM
        bounds = {"after": after, "upto": upto, "limit": limit, "topics": topics, "stream": only.stream}
        rows = await self._rows(query, bounds)
        names = await self._names_of(rows)
        return [self._change(row, names.get(row.stream)) for row in rows]

    def _change(self, row: StoredRow, incident: str | None) -> Change:
        return Change(row.position, row.stream, row.topic, self._tell(row, incident))

    async def _names_of(self, rows: Sequence[StoredRow]) -> dict[UUID, str | None]:
        """Return the slug of each stream that is an incident's; its first fact tells."""
        self._names |= {row.stream: _slug(row) for row in rows if row.version == 1}
        if unknown := {row.stream for row in rows} - self._names.keys():
            firsts = await self._rows(FIRSTS, {"streams": list(unknown)})
            self._names |= {row.stream: _slug(row) for row in firsts}
        found = {row.stream: self._names.get(row.stream) for row in rows}
        for stream in list(self._names)[: max(0, len(self._names) - MOST_NAMES)]:
            del self._names[stream]
        return found


def _slug(first: StoredRow) -> str | None:
    return orjson.loads(first.state).get("slug") if first.topic == IncidentOpened.topic else None
