"""The one write path: commands are decided under the append lock, appended, committed, and only then answered."""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from types import MappingProxyType
from typing import Final, Protocol, cast

from domain.incident import refusals
from domain.values.time.zones import Zones
from service.eventstore.aggregate_cache import WriterCache
from service.eventstore.append_session import SERVER_ERRORS, AppendSession
from service.eventstore.batch import Batch, Outcome
from service.eventstore.command_queue import MOST_AT_ONCE, CommandQueue, Overloaded, QueuedRequest, QueuedTransaction
from service.eventstore.requests import Request, Write, Written

__all__ = ["Overloaded", "Write", "Writer", "Written"]

LIST_SECONDS: Final = 0.03
"""How long one transaction goes on deciding commands out of lists while single ones wait for the next."""
MOST_SECONDS: Final = 0.12
"""How long it does while nobody waits here: whoever waits in another process, this one cannot see."""

_FEWEST: Final = 32


Refused = Mapping[Request, Exception]
"""What the database said of commands that it refuses: another one may come with the same id."""
_NONE: Refused = MappingProxyType({})


class Appends(Protocol):
    """A log whose end can be held."""

    def appending(self) -> AbstractContextManager[AppendSession]:
        """Hold the end of the log for one transaction."""
        ...


class _Broken(Exception):
    """Not all of what is to be recorded together can be."""

    def __init__(self, answers: list[Outcome]) -> None:
        super().__init__()
        self.answers = answers


class Writer:
    """Takes the commands of one process, in the order they come, many in one transaction.

    `zones` looks up the offsets of time zones that incidents are opened with.
    Appends serialise anyway, so deciding under the lock makes conflicts and their
    retries vanish. A command that is refused, or fails unforeseen, never spoils its
    neighbours: where the database refuses something in a transaction, it is found by trial
    and the others are recorded without it.
    """

    def __init__(self, log: Appends, zones: Zones) -> None:
        self._log = log
        self._zones = zones
        self._warm = WriterCache()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")
        self._waiting = CommandQueue()
        self._draining: asyncio.Task[None] | None = None
        self._of_lists = 8 * _FEWEST
        self._failed: Batch | None = None
        self._decided_last = 0

    async def write(self, write: Write) -> Written:
        """Decide and record one command; answer when it is committed.

        Raises the Refusal of the command, Overloaded, or the database's error.
        """
        (answer,) = await self._wait([write])
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def write_all(self, writes: Sequence[Write], *, atomic: bool = False) -> list[Written | refusals.Refusal]:
        """Decide and record many commands in their order, up to 10,000; answer each when all are through.

        They are recorded in as few transactions as possible, between which single commands get their turn. With
        `atomic` they are recorded in one, or not at all: if any is refused, those that were not get
        OthersRefused as their answer.

        Raises Overloaded while too much waits, and the database's error; then those that were recorded before stand,
        and the same list may be asked again.
        """
        answers = await self._wait(writes, together=atomic) if writes else []
        for answer in answers:
            if not isinstance(answer, Written | refusals.Refusal):
                raise answer
        return cast("list[Written | refusals.Refusal]", answers)

    async def write_each(self, writes: Sequence[Write]) -> list[Outcome]:
        """Do as `write_all` does, but answer a command that fails unforeseen with what it raised."""
        return await self._wait(writes) if writes else []

    async def close(self) -> None:
        """Finish what waits, then stop."""
        if self._draining is not None:
            await self._draining
        self._thread.shutdown()

    def commit(self, writes: Sequence[Write]) -> list[Outcome]:
        """Decide and record `writes` in one transaction; each gets its own answer."""
        return self._commit(writes, len(writes))

    async def _wait(self, writes: Sequence[Write], *, together: bool = False) -> list[Outcome]:
        member = QueuedRequest(writes, asyncio.get_running_loop().create_future(), together)
        self._waiting.add(member)
        if self._draining is None or self._draining.done():
            self._draining = asyncio.create_task(self._drain())
        return await member.answered

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            turn = self._waiting.next_transaction(self._of_lists)
            try:
                answers = await loop.run_in_executor(self._thread, self._take, turn)
            except Exception as error:  # noqa: BLE001 - each caller is told; nothing is swallowed
                self._waiting.fail(turn, error)
            else:
                self._waiting.complete(turn, answers)
                self._pace(turn, len(answers))

    def _pace(self, turn: QueuedTransaction, decided: int) -> None:
        """Offer as many commands out of lists as a transaction came to last time, or twice as many if it took all."""
        asked, done = len(turn.writes) - turn.singles, decided - turn.singles
        if done < asked:
            self._of_lists = max(_FEWEST, done)
        elif asked >= self._of_lists:
            self._of_lists = min(MOST_AT_ONCE, 2 * self._of_lists)

    def _take(self, turn: QueuedTransaction) -> list[Outcome]:
        return self._together(turn.writes) if turn.together else self._each(turn.writes, turn.singles)

    def _together(self, writes: Sequence[Write]) -> list[Outcome]:
        try:
            return self._commit(writes, len(writes), together=True)
        except _Broken as broken:
            return [refusals.OthersRefused() if isinstance(each, Written) else each for each in broken.answers]

    def _each(self, writes: Sequence[Write], at_least: int, refused: Refused = _NONE) -> list[Outcome]:
        """Record in one transaction; what the database refuses of it is told, and the others are recorded without."""
        try:
            return self._commit(writes, at_least, refused)
        except SERVER_ERRORS:
            raise
        except Exception as error:  # noqa: BLE001 - the caller is told
            if more := self._tried():
                taken = writes[: max(at_least, self._decided_last)]
                return self._each(taken, len(taken), {**refused, **more})
            if len(writes) == 1:
                return [error]
        half = len(writes) // 2
        return [*self._each(writes[:half], half, refused), *self._each(writes[half:], len(writes) - half, refused)]

    def _tried(self) -> Refused:
        """Find what the database refuses of the transaction that failed last."""
        if self._failed is None:
            return {}
        with self._log.appending() as tail:
            return self._failed.refused(tail)

    def _commit(
        self, writes: Sequence[Write], at_least: int, refused: Refused = _NONE, *, together: bool = False
    ) -> list[Outcome]:
        """Decide and record in one transaction: so many of them, and more of them for a short while.

        What the database `refused` before is not tried again.
        """
        batch: Batch | None = None
        answers: list[Outcome] = []
        try:
            with self._log.appending() as tail:
                batch = Batch(tail, self._warm, self._zones)
                batch.prefetch(writes)
                answers.extend(self._decided(batch, writes, at_least, refused))
                if together:
                    _expect_all(answers)
        except BaseException:
            self._failed, self._decided_last = batch, len(answers)
            if batch:
                batch.rolled_back()
            raise
        batch.committed()
        return answers

    def _decided(self, batch: Batch, writes: Sequence[Write], at_least: int, refused: Refused) -> Iterator[Outcome]:
        began = 0.0
        for place, write in enumerate(writes):
            yield refused.get(write.request) or batch.decide(write)
            if place <= at_least:
                began = time.monotonic()  # after the first one, which may fold a large incident
            elif time.monotonic() > began + (LIST_SECONDS if self._waiting.singles > at_least else MOST_SECONDS):
                return


def _expect_all(answers: list[Outcome]) -> None:
    if any(isinstance(each, Exception) for each in answers):
        raise _Broken(answers)
