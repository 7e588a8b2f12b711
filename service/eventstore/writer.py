"""The writer, the one write path: commands are queued, decided under the append lock, committed, and then answered."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import cache, partial
from types import MappingProxyType
from typing import Final, Protocol, cast

from domain.incident import refusals
from domain.values.time.zones import ZoneLookup
from service.eventstore.aggregate_cache import WriterCache
from service.eventstore.append_session import SERVER_ERRORS, AppendSession
from service.eventstore.batch import Batch
from service.eventstore.command_queue import (
    MOST_AT_ONCE,
    Acknowledgement,
    CommandQueue,
    Commands,
    Outcome,
    Overloaded,
    QueuedRequest,
    QueuedTransaction,
    Request,
    WriteRequest,
)
from service.eventstore.sealing import NoSealer, PartSealer

__all__ = ["Acknowledgement", "CommandWriter", "Overloaded", "WriteRequest", "Writer"]

LIST_SECONDS: Final = 0.03
"""Seconds that one transaction decides commands out of lists while single ones are queued."""
MOST_SECONDS: Final = 0.12
"""The same while none is queued here; the queues of other processes are not visible."""

_MIN_BULK: Final = 32
"""The fewest commands out of lists that a transaction is offered."""


DatabaseRefusals = Mapping[Request, Exception]
"""The errors of the database for commands that it refuses, by id and hash: another one may have the same id."""
_NO_REFUSALS: DatabaseRefusals = MappingProxyType({})


class AppendableLog(Protocol):
    """A log that can be appended to."""

    def appending(self) -> AbstractContextManager[AppendSession]:
        """Open an append session for one transaction."""
        ...


class WriterMetrics(Protocol):
    """Counters of the writer's transactions and of its queue."""

    def queued(self, commands: int) -> None:
        """Say how many commands wait."""
        ...

    def transaction(self, outcomes: Mapping[str, int], seconds: float) -> None:
        """Count a transaction: its commands by outcome, and how long it took."""
        ...


class CommandWriter(Protocol):
    """Decides and records commands; see Writer."""

    async def write(self, write: WriteRequest) -> Acknowledgement: ...
    async def write_all(
        self, writes: Sequence[WriteRequest], *, atomic: bool = False
    ) -> list[Acknowledgement | refusals.Refusal]: ...
    async def write_each(self, writes: Sequence[WriteRequest]) -> list[Outcome]: ...


class _NotAllAccepted(Exception):
    """A command of an atomic list was not accepted."""

    def __init__(self, answers: list[Outcome]) -> None:
        super().__init__()
        self.answers = answers


class Writer:
    """Records the commands of one process in their order, many in one transaction.

    `zones` looks up the offsets of time zones that incidents are opened with; `sealer` seals protected parts, which
    are refused without one.
    Appends serialise anyway, so deciding under the lock makes conflicts and their
    retries vanish. A command that is refused, or fails unforeseen, does not affect the
    others: where the database refuses one of a transaction, it is found by inserting again and the
    others are recorded without it.
    """

    def __init__(
        self,
        log: AppendableLog,
        zones: ZoneLookup,
        sealer: PartSealer | None = None,
        metrics: WriterMetrics | None = None,
    ) -> None:
        self._log = log
        self._sealer = sealer or NoSealer()
        self._metrics = metrics
        self._zones = zones
        self._cache = WriterCache()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")
        self._queue = CommandQueue()
        self._draining: asyncio.Task[None] | None = None
        self._bulk_limit = 8 * _MIN_BULK
        self._failed: Batch | None = None
        self._decided_before_failure = 0

    async def write(self, write: WriteRequest) -> Acknowledgement:
        """Decide and record one command; answer when it is committed.

        Raises the Refusal of the command, Overloaded, or the database's error.
        """
        (answer,) = await self._wait([write])
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def write_all(
        self, writes: Sequence[WriteRequest], *, atomic: bool = False
    ) -> list[Acknowledgement | refusals.Refusal]:
        """Decide and record many commands in their order, up to 10,000; answer when all are decided.

        They are recorded in as few transactions as possible, between which single commands are recorded. With
        `atomic` they are recorded in one, or not at all: if any is refused, those that were not get
        OthersRefused as their answer.

        Raises Overloaded while too many commands wait, and the database's error; those that were recorded before
        stay recorded: send the same list again.
        """
        answers = await self._wait(writes, atomic=atomic) if writes else []
        for answer in answers:
            if not isinstance(answer, Acknowledgement | refusals.Refusal):
                raise answer
        return cast("list[Acknowledgement | refusals.Refusal]", answers)

    async def write_each(self, writes: Sequence[WriteRequest]) -> list[Outcome]:
        """Do as `write_all` does, but answer a command that fails unforeseen with what it raised."""
        return await self._wait(writes) if writes else []

    async def close(self) -> None:
        """Finish the queued commands, then stop."""
        if self._draining is not None:
            await self._draining
        self._thread.shutdown()

    def commit(self, writes: Sequence[WriteRequest]) -> list[Outcome]:
        """Decide and record `writes` in one transaction; each gets its own answer."""
        return self._commit(lambda: Commands(writes, len(writes)))

    async def _wait(self, writes: Sequence[WriteRequest], *, atomic: bool = False) -> list[Outcome]:
        request = QueuedRequest(writes, asyncio.get_running_loop().create_future(), atomic)
        self._queue.add(request)
        if self._draining is None or self._draining.done():
            self._draining = asyncio.create_task(self._drain())
        return await request.answered

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        while self._queue:
            began = time.monotonic()
            transaction, answers = await loop.run_in_executor(self._thread, self._record_next)
            if isinstance(answers, Exception):
                self._queue.fail(transaction, answers)
            else:
                self._queue.complete(transaction, answers)
                self._pace(transaction, len(answers))
            self._count(transaction, answers, time.monotonic() - began)

    def _count(self, transaction: QueuedTransaction, answers: Sequence[Outcome] | Exception, seconds: float) -> None:
        """Count a transaction; one that raised an exception failed with all of its commands."""
        if self._metrics is None:
            return
        if isinstance(answers, Exception):
            outcomes: Mapping[str, int] = {"failed": transaction.size}
        else:
            outcomes = Counter(map(_outcome_name, answers))
        self._metrics.transaction(outcomes, seconds)
        self._metrics.queued(self._queue.commands)

    def _pace(self, transaction: QueuedTransaction, decided: int) -> None:
        """Set how many commands out of lists the next transaction gets: those decided, twice as many if all were."""
        offered, done = transaction.size - transaction.singles, decided - transaction.singles
        if done < offered:
            self._bulk_limit = max(_MIN_BULK, done)
        elif offered >= self._bulk_limit:
            self._bulk_limit = min(MOST_AT_ONCE, 2 * self._bulk_limit)

    def _record_next(self) -> tuple[QueuedTransaction, list[Outcome] | Exception]:
        """Record the next commands, taken from the queue once the append lock is held; or return the error of all."""
        taken = cache(partial(self._queue.next_transaction, self._bulk_limit))
        answers: list[Outcome] | Exception
        try:
            answers = self._record(lambda: taken().commands)
        except Exception as error:  # noqa: BLE001 - raised for each caller
            answers = error
        return taken(), answers

    def _record(self, take: Callable[[], Commands], refused: DatabaseRefusals = _NO_REFUSALS) -> list[Outcome]:
        """Record in one transaction; commands that the database refuses get its error, the others are recorded."""
        try:
            return self._commit(take, refused)
        except _NotAllAccepted as error:
            return [refusals.OthersRefused() if isinstance(each, Acknowledgement) else each for each in error.answers]
        except SERVER_ERRORS:
            raise
        except Exception as error:
            writes, at_least, atomic = take()
            if atomic:
                raise
            if further := self._find_refused():
                decided = writes[: max(at_least, self._decided_before_failure)]
                return self._record_again(decided, {**refused, **further})
            if len(writes) == 1:
                return [error]
        half = len(writes) // 2
        return [*self._record_again(writes[:half], refused), *self._record_again(writes[half:], refused)]

    def _record_again(self, writes: Sequence[WriteRequest], refused: DatabaseRefusals) -> list[Outcome]:
        return self._record(lambda: Commands(writes, len(writes)), refused)

    def _find_refused(self) -> DatabaseRefusals:
        """Return the errors of the commands that the database refuses in the transaction that failed last."""
        if self._failed is None:
            return {}
        with self._log.appending() as session:
            return self._failed.refused(session)

    def _commit(self, take: Callable[[], Commands], refused: DatabaseRefusals = _NO_REFUSALS) -> list[Outcome]:
        """Decide and record in one transaction: `at_least` the first commands, and further ones until the deadline.

        Commands that the database has `refused` are not tried again.
        """
        batch: Batch | None = None
        answers: list[Outcome] = []
        try:
            with self._log.appending() as session:
                batch = Batch(session, self._cache, self._zones, self._sealer)
                writes, at_least, atomic = take()
                batch.prefetch(writes)
                answers.extend(self._decide_until_deadline(batch, writes, at_least, refused))
                if atomic:
                    _expect_all(answers)
        except BaseException:
            self._failed, self._decided_before_failure = batch, len(answers)
            if batch:
                batch.rolled_back()
            raise
        batch.committed()
        return answers

    def _decide_until_deadline(
        self, batch: Batch, writes: Sequence[WriteRequest], at_least: int, refused: DatabaseRefusals
    ) -> Iterator[Outcome]:
        start = 0.0
        for place, write in enumerate(writes):
            yield (refused.get(write.request) if refused else None) or batch.decide(write)
            if place <= at_least:
                start = time.monotonic()  # after the first one, which may fold a large incident
            elif time.monotonic() > start + (LIST_SECONDS if self._queue.singles > at_least else MOST_SECONDS):
                return


def _outcome_name(outcome: Outcome) -> str:
    if isinstance(outcome, Acknowledgement):
        return "replayed" if outcome.replayed else "recorded"
    return "refused" if isinstance(outcome, refusals.Refusal) else "failed"


def _expect_all(answers: list[Outcome]) -> None:
    if any(isinstance(each, Exception) for each in answers):
        raise _NotAllAccepted(answers)
