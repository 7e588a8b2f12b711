"""A child process that answers questions about large incidents, so that folding never delays the event loop.

A thread holds the GIL for milliseconds again and again while it folds; a process of its own does not share it.
"""

import asyncio
import gc
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Final, NamedTuple, Protocol, cast
from uuid import UUID

import psycopg
import structlog
from psycopg.rows import tuple_row

from service.answers.kept_incidents import MOST_FACTS, KeptIncidents
from service.answers.questions import DifferenceAnswer, DifferenceQuestion, ReadAhead, ViewAnswer, ViewQuestion
from service.eventstore.reader import LogHead
from service.postgres.pool import STATEMENT_SECONDS, connect
from service.runtime import subprocesses
from service.runtime.garbage_collection import SELDOM
from service.runtime.weighted_lru import WeightedLRU

LARGE: Final = 500
"""Incidents of more facts are answered by the process; a smaller one is folded about as fast as it is asked."""

WAITED_FOR: Final = 3_000
"""While the process starts, incidents of no more facts are answered without it: folding them takes less time."""

MOST_SIZES: Final = 10_000
"""The most incidents whose sizes are remembered."""

MOST_PREPARED: Final = 5
"""The most incidents that are read before they are asked about."""

_ENDING_SECONDS: Final = 5.0
_log = structlog.stdlib.get_logger("service.answers.answering_process")

_Question = ViewQuestion | DifferenceQuestion | ReadAhead
_QuestionAnswer = ViewAnswer | DifferenceAnswer | None


class _RaisedQuestion(NamedTuple):
    """A question that raised an error in the process; asked without it, it raises the error again or is answered."""

    error: str


class SizeReader(Protocol):
    """The reads of the log that tell how large incidents are."""

    async def head(self) -> LogHead: ...
    async def last_version(self, stream: UUID) -> int: ...
    async def largest_incidents(self, more_than: int, limit: int) -> list[tuple[UUID, int]]: ...


class AnsweringProcess:
    """Starts the process at the first question about a large incident, or before, and restarts it after it has died.

    Questions about the largest incidents wait until it has started; all wait for one another. For callers in one event
    loop; cancelling one does not affect the others.
    """

    def __init__(self, log: SizeReader, url: str, *, large: int = LARGE, waited_for: int = WAITED_FOR) -> None:
        self._log = log
        self._url = url
        self._large = large
        self._waited_for = waited_for
        self._sizes = WeightedLRU[UUID, int](MOST_SIZES)
        self._process: BaseProcess | None = None
        self._connection: Connection | None = None
        self._starting: asyncio.Future[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="asking-process")

    @property
    def pid(self) -> int | None:
        """The process, while it runs."""
        return self._process and self._process.pid

    def note_size(self, stream: UUID, facts: int) -> None:
        """Remember how many facts the answers about an incident depend on."""
        self._sizes.put(stream, facts)

    async def view(self, question: ViewQuestion) -> ViewAnswer | None:
        """Answer about an incident; None where it has to be answered, or refused, without the process."""
        return cast("ViewAnswer | None", await self._ask(question))

    async def difference(self, question: DifferenceQuestion) -> DifferenceAnswer | None:
        """Return what changed between two readings of an incident; likewise."""
        return cast("DifferenceAnswer | None", await self._ask(question))

    async def start(self) -> None:
        """Start the process unless it runs; returns when it can be asked, or could not be started."""
        if self._connection is None:
            await asyncio.shield(self._begin_start())

    async def prepare(self) -> None:
        """Let the process read the largest incidents before they are asked about, if there are large ones."""
        position = (await self._log.head()).position
        left = MOST_FACTS
        for stream, facts in await self._log.largest_incidents(self._large, MOST_PREPARED):
            if facts > left and left < MOST_FACTS:
                break
            left -= facts
            self.note_size(stream, facts)
            await self.start()
            await self._ask(ReadAhead(stream, position))

    async def close(self) -> None:
        """End the process, after the question that it is answering."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._end)
        self._thread.shutdown()

    async def _ask(self, question: _Question) -> _QuestionAnswer:
        size = self._sizes.get(question.stream)
        if size is None:
            size = await self._log.last_version(question.stream)
        if size <= self._large:
            return None
        if self._connection is None and size <= self._waited_for:
            self._begin_start()
            return None
        await self.start()
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._exchange, question)

    def _begin_start(self) -> asyncio.Future[None]:
        if self._starting is None or self._starting.done():
            self._starting = asyncio.get_running_loop().run_in_executor(self._thread, self._start)
        return self._starting

    def _start(self) -> None:
        context = subprocesses.spawn_context()
        ours, theirs = cast("tuple[Connection, Connection]", context.Pipe())
        process = context.Process(target=_serve, args=(theirs, self._url), name="knownwhen-answering", daemon=True)
        process.start()
        self._process = process
        theirs.close()
        try:
            ours.recv()
        except (EOFError, OSError):
            _log.warning("the answering process did not start", exit_status=process.exitcode)
            return
        self._connection = ours

    def _exchange(self, question: _Question) -> _QuestionAnswer:
        if self._connection is None:
            return None
        try:
            self._connection.send(question)
            answer: _QuestionAnswer | _RaisedQuestion = self._connection.recv()
        except (EOFError, OSError):
            _log.warning("the answering process ended")
            self._end()
            return None
        if isinstance(answer, _RaisedQuestion):
            _log.warning("the answering process failed to answer", question=str(question), error=answer.error)
            return None
        return answer

    def _end(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._process is not None:
            self._process.join(_ENDING_SECONDS)
            if self._process.is_alive():
                self._process.kill()
                self._process.join()
            self._process = None


def _serve(connection: Connection, url: str) -> None:
    """Answer questions until the parent closes its end or ends, or the connection to the database is lost."""
    gc.set_threshold(*SELDOM)
    with (
        suppress(EOFError, OSError, psycopg.OperationalError),
        connect(url, statement_seconds=STATEMENT_SECONDS) as database,
    ):
        incidents = KeptIncidents(database.cursor(binary=True, row_factory=tuple_row))
        connection.send(None)
        while True:
            while not connection.poll() and incidents.prepare():
                pass
            gc.freeze()  # what is kept has no cycles
            connection.send(_answer(incidents, connection.recv()))


def _answer(incidents: KeptIncidents, question: _Question) -> _QuestionAnswer | _RaisedQuestion:
    try:
        return incidents.answer(question)
    except psycopg.OperationalError:  # the connection may be lost: another process makes another
        raise
    except Exception as error:  # noqa: BLE001 - told to the parent
        return _RaisedQuestion(repr(error))
