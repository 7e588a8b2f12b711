"""Subscriptions to the log: one LISTEN connection a process wakes any number of subscribers to `/v1/changes`."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from uuid import UUID

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier
from psycopg_pool import AsyncConnectionPool

from domain.facts.union import IncidentOpened, PartsErased
from domain.facts.versions import is_a
from service.eventstore.collections import stream_visible
from service.eventstore.reader import LogReader
from service.eventstore.stored_fact import COLUMNS, StoredFact
from service.postgres.pool import conninfo

_ROWS: Final = f"""
    SELECT {COLUMNS} FROM public.facts AS fact
    WHERE notification_id > %(after)s AND notification_id <= %(upto)s
    AND (%(topics)s::text[] IS NULL OR topic = ANY(%(topics)s::text[]))
    AND (%(recorded_by)s::text IS NULL OR recorded_by = %(recorded_by)s)
"""  # noqa: S608 - constants only
_BY_POSITION: Final = "ORDER BY notification_id LIMIT %(limit)s"
PAGE: Final = f"{_ROWS} {_BY_POSITION}"
# OFFSET 0 keeps the planner from looking up the collection of every row before it sorts and limits them.
VISIBLE_PAGE: Final = f"""
    SELECT * FROM ({_ROWS} ORDER BY notification_id OFFSET 0) AS fact
    WHERE {stream_visible("fact.originator_id")} {_BY_POSITION}
"""  # noqa: S608 - constants only
# Within one stream, versions and positions have the same order, and there is an index on versions.
_OF_STREAM: Final = f"{_ROWS} AND originator_id = %(stream)s"
_BY_VERSION: Final = "ORDER BY originator_version LIMIT %(limit)s"
PAGE_OF_STREAM: Final = f"{_OF_STREAM} {_BY_VERSION}"
VISIBLE_PAGE_OF_STREAM: Final = f"{_OF_STREAM} AND {stream_visible('%(stream)s::uuid')} {_BY_VERSION}"
FIRSTS: Final = f"""
    SELECT {COLUMNS} FROM public.facts WHERE originator_id = ANY(%(streams)s::uuid[]) AND originator_version = 1
"""  # noqa: S608 - constants only
LISTEN: Final = SQL("LISTEN {}")

_log = structlog.stdlib.get_logger("service.eventstore")

MOST_NAMES = 20_000
"""Streams whose incidents' slugs are cached."""
APPLICATION_NAME = "knownwhen following"
"""The application name of the listening connection in pg_stat_activity."""
MOST_CACHED = 1000
"""The newest facts that are cached for all subscribers."""
MOST_CACHED_BYTES = 16 << 20
"""Their size at most."""
AT_ONCE = 100
"""Facts that are read, and yielded, at a time."""
POLL_SECONDS = 1.0
"""The interval of polling while there are no notifications, and before a failed read is retried."""

_CONNECTION_ERRORS = (psycopg.OperationalError, psycopg.InterfaceError)
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.1, 30.0
_NOTIFY_TIMEOUT_SECONDS = 30.0  # the log is polled after so long without a notification
_KEEPALIVES = {"keepalives": 1, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A fact as subscribers get it: `line` is JSON without a line break, and without who recorded it."""

    position: int
    stream: UUID
    topic: str
    line: bytes
    recorded_by: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeFilter:
    """A filter of facts by stream, topics, token and the present collections of incidents; None matches all."""

    stream: UUID | None = None
    topics: frozenset[str] | None = None
    recorded_by: str | None = None
    collections: frozenset[str] | None = None

    def matches(self, change: ChangeLine) -> bool:
        """Say whether a fact matches stream, topics and token."""
        return (
            self.stream in (None, change.stream)
            and (self.topics is None or change.topic in self.topics)
            and self.recorded_by in (None, change.recorded_by)
        )


class ChangeReader(LogReader):
    """Reads the log page by page, each fact with the incident that it belongs to.

    `write` makes the line of a fact, without who recorded it, given the slug of the incident whose stream it is in;
    None in the stream of a source or of the policy. An incident's slug is final, so it is read once and cached.
    """

    def __init__(
        self, pool: AsyncConnectionPool[AsyncConnection[Any]], write: Callable[[StoredFact, str | None], bytes]
    ) -> None:
        super().__init__(pool)
        self._write = write
        self._slugs: dict[UUID, str | None] = {}

    async def page(self, after: int, upto: int, limit: int, only: ChangeFilter) -> list[ChangeLine]:
        """Return up to `limit` matching facts with positions in (after, upto], by position."""
        topics = None if only.topics is None else sorted(only.topics)
        bounds = {"after": after, "upto": upto, "limit": limit}
        filters = {"topics": topics, "stream": only.stream, "recorded_by": only.recorded_by}
        if only.collections is None:
            rows = await self._rows(PAGE if only.stream is None else PAGE_OF_STREAM, {**bounds, **filters})
        else:
            query = VISIBLE_PAGE if only.stream is None else VISIBLE_PAGE_OF_STREAM
            rows = await self._rows(query, {**bounds, **filters, "collections": list(only.collections)})
        slugs = await self._slugs_of(rows)
        return [self._change(row, slugs.get(row.stream)) for row in rows]

    async def visible(self, changes: Sequence[ChangeLine], collections: frozenset[str]) -> list[ChangeLine]:
        """Return the facts that are not of incidents outside these collections."""
        found = await self.collections_of(list({change.stream for change in changes})) if changes else {}
        return [change for change in changes if found.get(change.stream) in (None, *collections)]

    def _change(self, row: StoredFact, incident: str | None) -> ChangeLine:
        unnamed = row._replace(recorded_by=None) if row.recorded_by else row
        return ChangeLine(row.position, row.stream, row.topic, self._write(unnamed, incident), row.recorded_by)

    async def _slugs_of(self, rows: Sequence[StoredFact]) -> dict[UUID, str | None]:
        """Return the slug of each stream whose first fact opened an incident, None for others."""
        self._slugs |= {row.stream: _slug(row) for row in rows if row.version == 1}
        if unknown := {row.stream for row in rows} - self._slugs.keys():
            firsts = await self._rows(FIRSTS, {"streams": list(unknown)})
            self._slugs |= {row.stream: _slug(row) for row in firsts}
        found = {row.stream: self._slugs.get(row.stream) for row in rows}
        for stream in list(self._slugs)[: max(0, len(self._slugs) - MOST_NAMES)]:
            del self._slugs[stream]
        return found


def _slug(first: StoredFact) -> str | None:
    return first.document().get("slug") if first.is_a(IncidentOpened) else None


class Subscription:
    """Yields the facts of the log as they are recorded, to any number of subscribers.

    New facts are read once for all, and the newest are cached; a subscriber further behind reads the log
    itself. Each continues from its own position, so none gets a fact twice or misses one, and a slow one costs nothing
    but its own page.

    Nothing connects before the first subscriber. Where the listening connection breaks, the log is polled every
    second until there is another. `address` is one of libpq; `channel` is the one that the writer notifies.
    """

    def __init__(self, address: str, channel: str, reader: ChangeReader) -> None:
        self.reader = reader
        self._address = make_conninfo(
            conninfo(address, statement_seconds=None), application_name=APPLICATION_NAME, **_KEEPALIVES
        )
        self._channel = channel
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._ended = False
        self._head: int | None = None
        self._newest: deque[ChangeLine] = deque()
        self._size = 0

    async def follow(
        self, after: int, only: ChangeFilter, heartbeat_seconds: float
    ) -> AsyncGenerator[Sequence[ChangeLine]]:
        """Yield matching facts with positions above `after`, by position, as they are recorded, until `stop`.

        Yields an empty page after `heartbeat_seconds` without one. While the database is unreachable it yields
        only empty pages; the facts recorded meanwhile follow once it is back.
        """
        self._begin()
        clock = asyncio.get_running_loop().time
        position, due = after, clock() + heartbeat_seconds
        while not self._ended:
            changed, retry_at = self._changed, due
            try:
                found, reached = await self._next(position, only)
            except _CONNECTION_ERRORS:
                found, reached, retry_at = (), position, clock() + POLL_SECONDS
            if not found and reached == position:
                await _wait_until(changed, min(retry_at, due))
            if found or clock() >= due:
                yield found
                due = clock() + heartbeat_seconds
            position = reached

    def stop(self) -> None:
        """End all subscriptions, present and future."""
        self._ended = True
        self._wake()

    async def close(self) -> None:
        """Stop, and close the connection."""
        self.stop()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def _begin(self) -> None:
        if self._task is None and not self._ended:
            self._task = asyncio.create_task(self._follow_log())

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def _next(self, position: int, only: ChangeFilter) -> tuple[Sequence[ChangeLine], int]:
        """Return a page of facts after a position, and the position up to which it is complete."""
        if self._head is None or position >= self._head:
            return (), position
        last_uncached = self._head - len(self._newest)  # positions have no gaps
        if position < last_uncached:
            found = await self.reader.page(position, last_uncached, AT_ONCE, only)
            return found, found[-1].position if len(found) == AT_ONCE else last_uncached
        cached = list(islice(self._newest, position - last_uncached, position - last_uncached + AT_ONCE))
        found = [change for change in cached if only.matches(change)]
        if only.collections is not None:
            found = await self.reader.visible(found, only.collections)
        return found, cached[-1].position

    async def _follow_log(self) -> None:
        """Read new facts: woken by LISTEN, or every second while there is no listening connection."""
        clock = asyncio.get_running_loop().time
        pause = _SHORTEST_PAUSE
        while True:
            start = clock()
            try:
                await self._listen()
            except _CONNECTION_ERRORS as error:
                _log.warning("not-listening", reason=str(error).strip())
            except Exception:  # noqa: BLE001 - logged; nothing else would try again
                _log.exception("not-following")
            pause = _SHORTEST_PAUSE if clock() - start > _LONGEST_PAUSE else min(2 * pause, _LONGEST_PAUSE)
            await self._poll(clock() + pause)

    async def _listen(self) -> None:
        """Read new facts at each notification, until the connection breaks."""
        async with await AsyncConnection.connect(self._address, autocommit=True) as connection:
            await connection.execute(LISTEN.format(Identifier(self._channel)))
            while True:
                await self._read_new()  # the first time, facts recorded before LISTEN
                async for notice in connection.notifies(timeout=_NOTIFY_TIMEOUT_SECONDS):
                    if not (notice.payload.isdecimal() and int(notice.payload) <= (self._head or 0)):
                        await self._read_new()

    async def _poll(self, until: float) -> None:
        """Read new facts every second until a moment of the loop's clock."""
        clock = asyncio.get_running_loop().time
        while (remaining := until - clock()) > 0:
            await asyncio.sleep(min(remaining, POLL_SECONDS))
            with suppress(Exception):  # `_listen`, which starts with the same read, logs the error
                await self._read_new()

    async def _read_new(self) -> None:
        """Read new facts, cache them, and wake the subscribers."""
        if self._head is None:
            self._head = (await self.reader.head()).position
            self._wake()
        while found := await self.reader.page(self._head, 2**63 - 1, AT_ONCE, ChangeFilter()):
            self._cache(found)
            self._head = found[-1].position
            self._wake()

    def _cache(self, found: Sequence[ChangeLine]) -> None:
        """Add the newest facts; those before an erasure are dropped, as one of them may have the text of before."""
        self._newest.extend(found)
        self._size += sum(len(change.line) for change in found)
        erased = max((change.position for change in found if is_a(change.topic, PartsErased)), default=0)
        while len(self._newest) > MOST_CACHED or self._size > MOST_CACHED_BYTES or self._begins_before(erased):
            self._size -= len(self._newest.popleft().line)

    def _begins_before(self, position: int) -> bool:
        return bool(self._newest) and self._newest[0].position < position


async def _wait_until(changed: asyncio.Event, moment: float) -> None:
    """Wait for new facts until a moment of the loop's clock."""
    with suppress(TimeoutError):
        async with asyncio.timeout_at(moment):
            await changed.wait()
