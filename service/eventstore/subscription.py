"""Following the log as it grows: one listening connection a process, whatever the number of those who follow."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from itertools import islice
from typing import Final

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from service.eventstore.changes import Change, ChangeFilter, ChangeReader
from service.postgres.pool import conninfo

LISTEN: Final = SQL("LISTEN {}")

_log = structlog.stdlib.get_logger("service.eventstore")

NAME = "knownwhen following"
"""What the listening connection is called in pg_stat_activity."""
MOST_KEPT = 1000
"""How many of the newest facts are kept for all who follow."""
MOST_KEPT_BYTES = 16 << 20
"""How much of them is kept at most."""
AT_ONCE = 100
"""How many facts are read, and handed out, at a time."""
POLL_SECONDS = 1.0
"""How often the log is looked at while nothing tells that it grew, and how soon a read that failed is tried again."""

_GONE = (psycopg.OperationalError, psycopg.InterfaceError)
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.1, 30.0
_QUIET_SECONDS = 30.0  # after so long without a word, the log is looked at all the same
_KEEPALIVES = {"keepalives": 1, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}


class Subscription:
    """Hands out the facts of the log as they are recorded, to any number of followers.

    New facts are read once, and the newest are kept; whoever is at the end takes them from there. Whoever lies further
    behind reads for itself. Each follower asks for what comes after its own position, so none is handed a fact
    twice or not at all, and one that is slow costs nothing but what it holds in its hand.

    Nothing connects before the first follower. Where the listening connection breaks, the log is looked at every
    second until there is another. `address` is whatever libpq takes; `channel` is what the writer notifies.
    """

    def __init__(self, address: str, channel: str, reader: ChangeReader) -> None:
        self.reader = reader
        self._address = make_conninfo(conninfo(address, statement_seconds=None), application_name=NAME, **_KEEPALIVES)
        self._channel = channel
        self._task: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self._ended = False
        self._head: int | None = None
        self._newest: deque[Change] = deque()
        self._size = 0

    async def follow(self, after: int, only: ChangeFilter, quiet: float) -> AsyncGenerator[Sequence[Change]]:
        """Yield the facts asked for with positions above `after`, by position, as they are recorded, until `end`.

        What is yielded is empty where there was nothing to tell for `quiet` seconds.
        While the database is away nothing comes; what was recorded meanwhile comes once it is back.
        """
        self._begin()
        clock = asyncio.get_running_loop().time
        position, due = after, clock() + quiet
        while not self._ended:
            news, patience = self._news, due
            try:
                found, reached = await self._next(position, only)
            except _GONE:
                found, reached, patience = (), position, clock() + POLL_SECONDS
            if not found and reached == position:
                await _until(news, min(patience, due))
            if found or clock() >= due:
                yield found
                due = clock() + quiet
            position = reached

    def stop(self) -> None:
        """Let everyone who follows come to an end, now and from now on."""
        self._ended = True
        self._wake()

    async def close(self) -> None:
        """End, and give the connection back."""
        self.stop()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def _begin(self) -> None:
        if self._task is None and not self._ended:
            self._task = asyncio.create_task(self._keep_up())

    def _wake(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def _next(self, position: int, only: ChangeFilter) -> tuple[Sequence[Change], int]:
        """Return some facts after a position, and the position up to which there are no others."""
        if self._head is None or position >= self._head:
            return (), position
        below = self._head - len(self._newest)  # positions have no gaps, so this is the last one that is not kept
        if position < below:
            found = await self.reader.page(position, below, AT_ONCE, only)
            return found, found[-1].position if len(found) == AT_ONCE else below
        at_hand = list(islice(self._newest, position - below, position - below + AT_ONCE))
        return [change for change in at_hand if only.matches(change)], at_hand[-1].position

    async def _keep_up(self) -> None:
        """Read what is recorded: told by a listening connection, or every second while there is none."""
        clock = asyncio.get_running_loop().time
        pause = _SHORTEST_PAUSE
        while True:
            began = clock()
            try:
                await self._listen()
            except _GONE as error:
                _log.warning("not-listening", reason=str(error).strip())
            except Exception:  # noqa: BLE001 - nothing is swallowed, and nobody else would try again
                _log.exception("not-following")
            pause = _SHORTEST_PAUSE if clock() - began > _LONGEST_PAUSE else min(2 * pause, _LONGEST_PAUSE)
            await self._poll(clock() + pause)

    async def _listen(self) -> None:
        """Read on whenever there is news, until the connection breaks."""
        async with await AsyncConnection.connect(self._address, autocommit=True) as connection:
            await connection.execute(LISTEN.format(Identifier(self._channel)))
            while True:
                await self._read_on()  # the first time, what was recorded before anybody listened
                async for notice in connection.notifies(timeout=_QUIET_SECONDS):
                    if not (notice.payload.isdecimal() and int(notice.payload) <= (self._head or 0)):
                        await self._read_on()

    async def _poll(self, until: float) -> None:
        """Read on every second until a moment of the loop's clock."""
        clock = asyncio.get_running_loop().time
        while (left := until - clock()) > 0:
            await asyncio.sleep(min(left, POLL_SECONDS))
            with suppress(Exception):  # whatever is wrong is logged by `_listen`, which starts with the same
                await self._read_on()

    async def _read_on(self) -> None:
        """Read the facts that are new, keep them, and wake those who wait."""
        if self._head is None:
            self._head = (await self.reader.head()).position
            self._wake()
        while found := await self.reader.page(self._head, 2**63 - 1, AT_ONCE, ChangeFilter()):
            self._keep(found)
            self._head = found[-1].position
            self._wake()

    def _keep(self, found: Sequence[Change]) -> None:
        self._newest.extend(found)
        self._size += sum(len(change.line) for change in found)
        while len(self._newest) > MOST_KEPT or self._size > MOST_KEPT_BYTES:
            self._size -= len(self._newest.popleft().line)


async def _until(news: asyncio.Event, moment: float) -> None:
    """Wait for news, but no longer than until a moment of the loop's clock."""
    with suppress(TimeoutError):
        async with asyncio.timeout_at(moment):
            await news.wait()
