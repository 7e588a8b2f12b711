"""The asynchronous reader of the log, for answers: every statement is bounded by a position."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, LiteralString, TypeVar
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import tuple_row
from psycopg_pool import AsyncConnectionPool

from domain.facts.union import IncidentOpened, PartsErased, SourcePartsErased
from service.eventstore.append_session import FIND
from service.eventstore.collections import COLLECTIONS_OF
from service.eventstore.erasures import Erasures, erasures_of
from service.eventstore.stored_fact import COLUMNS, SALTED_COLUMNS, StoredFact, stored_fact, topics_sql

T = TypeVar("T")

AT_ONCE: Final = 200
"""Rows that are taken from the driver before the event loop runs other tasks: about 1 ms."""

LOG_ID: Final = "SELECT log_id FROM public.log"
HEAD: Final = """
    SELECT coalesce(last.notification_id, 0), last.recorded_at, clock_timestamp()
    FROM (SELECT) AS one_row
    LEFT JOIN (SELECT notification_id, recorded_at FROM public.facts ORDER BY notification_id DESC LIMIT 1) AS last
    ON true
"""
POSITION_AT: Final = """
    SELECT notification_id FROM public.facts WHERE recorded_at <= %(moment)s
    ORDER BY recorded_at DESC, notification_id DESC LIMIT 1
"""
READ: Final = f"""
    SELECT {COLUMNS} FROM public.facts
    WHERE originator_id = ANY(%(streams)s::uuid[]) AND notification_id > %(after)s AND notification_id <= %(upto)s
    ORDER BY notification_id
"""  # noqa: S608 - constants only
OF_TOPICS: Final = f"""
    SELECT {COLUMNS} FROM public.facts
    WHERE originator_id = ANY(%(streams)s::uuid[]) AND topic = ANY(%(topics)s::text[])
    AND notification_id <= %(upto)s
    ORDER BY notification_id
"""  # noqa: S608 - constants only
FIRST_OF: Final = f"""
    SELECT {COLUMNS} FROM public.facts WHERE originator_id = %(stream)s ORDER BY originator_version LIMIT 1
"""  # noqa: S608 - constants only
LAST_VERSION: Final = """
    SELECT originator_version FROM public.facts WHERE originator_id = %(stream)s
    ORDER BY originator_version DESC LIMIT 1
"""
LARGEST_INCIDENTS: Final = f"""
    SELECT opened.originator_id, last.originator_version FROM public.facts AS opened CROSS JOIN LATERAL (
        SELECT originator_version FROM public.facts WHERE originator_id = opened.originator_id
        ORDER BY originator_version DESC LIMIT 1
    ) AS last
    WHERE opened.topic IN {topics_sql(IncidentOpened)} AND last.originator_version > %(more_than)s
    ORDER BY last.originator_version DESC LIMIT %(limit)s
"""  # noqa: S608 - constants only
OPENED: Final = f"""
    SELECT {COLUMNS} FROM public.facts
    WHERE topic IN {topics_sql(IncidentOpened)} AND notification_id > %(after)s AND notification_id <= %(upto)s
    ORDER BY notification_id LIMIT %(limit)s
"""  # noqa: S608 - constants only
SLICE: Final = f"""
    SELECT {SALTED_COLUMNS} FROM public.facts
    WHERE notification_id > %(after)s AND notification_id <= %(upto)s
    ORDER BY notification_id LIMIT %(limit)s
"""  # noqa: S608 - constants only
ERASURES: Final = f"""
    SELECT {COLUMNS} FROM public.facts
    WHERE originator_id = ANY(%(streams)s::uuid[]) AND topic IN {topics_sql(PartsErased, SourcePartsErased)}
    ORDER BY notification_id
"""  # noqa: S608 - constants only
AT: Final = f"""
    SELECT {SALTED_COLUMNS} FROM public.facts
    WHERE notification_id = ANY(%(positions)s::bigint[])
    ORDER BY notification_id
"""  # noqa: S608 - constants only


@dataclass(frozen=True, slots=True)
class LogHead:
    """The end of the log, read in one statement.

    `position` is 0 and `recorded_at` None in an empty log; `now` is the database's
    clock. Both moments are UTC.
    """

    position: int
    recorded_at: datetime | None
    now: datetime


class LogReader:
    """Reads the log over a pool of asynchronous connections.

    An append holds its lock until it has committed, so positions become visible in
    their order and without a gap: once position p is visible, everything up to p is,
    and never changes. Reads that are bounded by one position therefore agree with each
    other, in however many statements, on however many connections, and need no
    transaction. Call `head` or `position_at` first, then read `upto` it.
    """

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[Any]]) -> None:
        self.pool = pool
        self._log_id: UUID | None = None

    async def log_id(self) -> UUID:
        """Return the id of this log, minted by its migration; it is read once."""
        found = self._log_id
        if found is None:
            ((found,),) = await self._fetch(LOG_ID, {}, tuple)
            self._log_id = found
        return found

    async def head(self) -> LogHead:
        """Return the last position, its stamp, and the database's clock."""
        ((position, recorded_at, now),) = await self._fetch(HEAD, {}, tuple)
        return LogHead(position, recorded_at and recorded_at.astimezone(UTC), now.astimezone(UTC))

    async def position_at(self, moment: datetime) -> int:
        """Return the last position recorded at or before an aware `moment`; 0 if there was none.

        A moment is settled once a later fact exists; until then this answer may still grow.
        """
        if moment.utcoffset() is None:
            message = "a moment on the recorded clock must be aware"
            raise ValueError(message)
        found = await self._fetch(POSITION_AT, {"moment": moment}, tuple)
        return found[0][0] if found else 0

    async def read(self, streams: Sequence[UUID], upto: int, after: int = 0) -> list[StoredFact]:
        """Return the facts of all these streams with positions in (after, upto], by position."""
        return await self._rows(READ, {"streams": list(streams), "after": after, "upto": upto})

    async def of_topics(self, streams: Sequence[UUID], topics: Sequence[str], upto: int) -> list[StoredFact]:
        """Return the facts of all these streams that are of one of these topics, up to a position, by position."""
        return await self._rows(OF_TOPICS, {"streams": list(streams), "topics": list(topics), "upto": upto})

    async def at(self, positions: Sequence[int]) -> list[StoredFact]:
        """Return the facts at these positions, by position, with the salts of state and text."""
        return await self._rows(AT, {"positions": list(positions)})

    async def erasures(self, streams: Sequence[UUID]) -> Erasures:
        """Return what was erased of the reports at home in these streams, and of the sources that they are of.

        All of it until now: what was erased is gone from answers about earlier moments too.
        """
        return erasures_of(await self._rows(ERASURES, {"streams": list(streams)}))

    async def find(self, fact_id: UUID) -> StoredFact | None:
        """Return the fact of this id, or None."""
        return next(iter(await self._rows(FIND, {"fact_id": fact_id})), None)

    async def first_of(self, stream: UUID) -> StoredFact | None:
        """Return the first fact of a stream, or None."""
        return next(iter(await self._rows(FIRST_OF, {"stream": stream})), None)

    async def last_version(self, stream: UUID) -> int:
        """Return how many facts a stream has."""
        found = await self._fetch(LAST_VERSION, {"stream": stream}, tuple)
        return found[0][0] if found else 0

    async def collections_of(self, streams: Sequence[UUID]) -> dict[UUID, str]:
        """Return the collections, as of now, of those of these streams that are incidents'."""
        return dict(await self._fetch(COLLECTIONS_OF, {"streams": list(streams)}, tuple))

    async def largest_incidents(self, more_than: int, limit: int) -> list[tuple[UUID, int]]:
        """Return up to `limit` incidents with more facts than `more_than` in their own streams, the largest first."""
        return await self._fetch(LARGEST_INCIDENTS, {"more_than": more_than, "limit": limit}, tuple)

    async def opened(self, after: int, limit: int, upto: int) -> list[StoredFact]:
        """Return up to `limit` openings of incidents with positions in (after, upto], by position."""
        return await self._rows(OPENED, {"after": after, "limit": limit, "upto": upto})

    async def slice(self, after: int, limit: int, upto: int) -> list[StoredFact]:
        """Return up to `limit` facts with positions in (after, upto], by position, with the salts of state and text."""
        return await self._rows(SLICE, {"after": after, "limit": limit, "upto": upto})

    async def _rows(self, query: LiteralString, params: dict[str, Any]) -> list[StoredFact]:
        return await self._fetch(query, params, stored_fact)

    async def _fetch(
        self, query: LiteralString, params: dict[str, Any], convert: Callable[[tuple[Any, ...]], T]
    ) -> list[T]:
        """Return each row converted; yields to the event loop after every AT_ONCE rows."""
        found: list[T] = []
        # Binary, so that no setting of a server (DateStyle, bytea_output, TimeZone) changes the values.
        async with (
            self.pool.connection() as connection,
            connection.cursor(binary=True, row_factory=tuple_row) as cursor,
        ):
            await cursor.execute(query, params)
            while True:
                rows = await cursor.fetchmany(AT_ONCE)
                found += map(convert, rows)
                if len(rows) < AT_ONCE:
                    return found
                await asyncio.sleep(0)
