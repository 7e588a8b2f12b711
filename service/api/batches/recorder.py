"""The recording of a batch: lines are parsed ahead of the writer, recorded in groups, and answered in order."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any, Final

import orjson
import structlog

from domain.incident.refusals import OthersRefused
from service.access.principal import OPERATOR, Principal
from service.api.batches.line import ParsedLine, of_principal, read_line
from service.api.batches.line_splitter import MAX_LINE_BYTES, LineSplitter, NumberedLine
from service.api.batches.outcomes import (
    FAILED,
    GROUP_SIZE,
    INVALID,
    LineResult,
    OutcomeCounts,
    outcome_of,
    problem_outcome,
    record,
    record_each,
)
from service.api.batches.streaming import StreamBuffer
from service.api.errors.problem import HttpProblem, problem_of
from service.eventstore.writer import CommandWriter, WriteRequest
from service.runtime.worker_thread import beside_the_loop, in_thread

MAX_ATOMIC_LINES: Final = 10_000
"""The most lines of an atomic batch."""
MAX_ATOMIC_BYTES: Final = 16 * 1024 * 1024
QUEUE_SIZE: Final = 8
"""The most parsed chunks of the body in the queue to the writer."""
RETRY_SECONDS: Final = 60.0
"""Seconds that a partly recorded batch waits for the database to come back."""

_PAUSE: Final = 0.5
_INTERNAL: Final = 500
_log = structlog.stdlib.get_logger("service.api")

CheckedLine = tuple[int, ParsedLine | HttpProblem]
"""A line's number, and the line or its problem."""
LineParser = Callable[[Sequence[NumberedLine]], list[CheckedLine]]


class BatchRecorder:
    """Records the lines of one body; writes their outcomes and a summary into a stream buffer."""

    def __init__(
        self, writer: CommandWriter, body: AsyncIterator[bytes], buffer: StreamBuffer, principal: Principal = OPERATOR
    ) -> None:
        self._writer = writer
        self._parse = partial(_parse_lines, principal=principal)
        self._body = body
        self._buffer = buffer
        self._counts = OutcomeCounts()
        self._until: float | None = None

    async def record_each(self) -> None:
        """Record every line by itself, and end the buffer."""
        await self._run(self._record_each)

    async def record_atomically(self) -> None:
        """Record all lines or none, and end the buffer."""
        await self._run(self._record_atomically)

    async def _run(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - raised where the buffer is read
            self._buffer.end(error)
        else:
            self._buffer.write(orjson.dumps(self._counts.document()) + b"\n")
            self._buffer.end()

    async def _record_each(self) -> None:
        async with aclosing(_parse_ahead(self._body, self._parse)) as chunks, aclosing(_groups(chunks)) as groups:
            async for lines in groups:
                await self._write_outcomes(lines, await self._answers(_writes(lines)))

    async def _record_atomically(self) -> None:
        lines: list[CheckedLine] = []
        async with aclosing(_parse_ahead(_limited(self._body), self._parse)) as chunks:
            async for chunk in chunks:
                lines += chunk
                if len(lines) > MAX_ATOMIC_LINES:
                    message = f"With atomic=true a batch has {MAX_ATOMIC_LINES:,} lines at most; nothing was recorded."
                    raise HttpProblem("body-too-large", message)
        writes = _writes(lines)
        if len(writes) == len(lines):
            await self._write_outcomes(lines, await record(self._writer, writes, atomic=True))
        else:
            await self._write_outcomes(lines, [OthersRefused() for _ in writes])

    async def _answers(self, writes: Sequence[WriteRequest]) -> Sequence[LineResult]:
        """Record writes; after the first outcome was written, a failing database is retried up to PATIENCE.

        Raises the database's error while no outcome was written.
        """
        attempts = 0
        while True:
            attempts += 1
            try:
                answers = await record_each(self._writer, writes)
            except Exception as error:
                if self._buffer.empty:
                    raise
                self._until = self._until or time.monotonic() + RETRY_SECONDS
                if time.monotonic() > self._until and attempts > 1:
                    return [problem_of(error)] * len(writes)
                await asyncio.sleep(_PAUSE)
            else:
                self._until = None
                return answers

    async def _write_outcomes(self, lines: Sequence[CheckedLine], answers: Sequence[LineResult]) -> None:
        if written := await in_thread(len(lines), self._outcome_lines, lines, answers):
            self._buffer.write(written)

    def _outcome_lines(self, lines: Sequence[CheckedLine], answers: Sequence[LineResult]) -> bytes:
        remaining = iter(answers)
        outcomes: list[bytes] = []
        for number, found in lines:
            outcome = outcome_of(found, next(remaining)) if isinstance(found, ParsedLine) else _invalid(found)
            self._counts.count(outcome)
            outcomes.append(orjson.dumps({"line": number, **outcome}))
        return b"".join(each + b"\n" for each in outcomes)


def _writes(lines: Sequence[CheckedLine]) -> list[WriteRequest]:
    return [found.write for _, found in lines if isinstance(found, ParsedLine)]


def _invalid(problem: HttpProblem) -> dict[str, Any]:
    return problem_outcome(INVALID if problem.type.status < _INTERNAL else FAILED, problem)


async def _groups(chunks: AsyncIterator[list[CheckedLine]]) -> AsyncGenerator[list[CheckedLine]]:
    """Yield groups of up to GROUP_SIZE lines."""
    async for lines in chunks:
        for start in range(0, len(lines), GROUP_SIZE):
            yield lines[start : start + GROUP_SIZE]


async def _limited(body: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    """Yield the chunks of an atomic batch. Raises HttpProblem over the limit of size."""
    size = 0
    async for chunk in body:
        size += len(chunk)
        if size > MAX_ATOMIC_BYTES:
            message = f"With atomic=true a batch has {MAX_ATOMIC_BYTES:,} bytes at most; nothing was recorded."
            raise HttpProblem("body-too-large", message)
        yield chunk


async def _parse_ahead(body: AsyncIterator[bytes], parse: LineParser) -> AsyncGenerator[list[CheckedLine]]:
    """Yield lines as they are parsed, all available ones together. Raises the errors of reading the body."""
    queue: asyncio.Queue[list[CheckedLine] | Exception | None] = asyncio.Queue(QUEUE_SIZE)
    reading = asyncio.create_task(_read(body, queue, parse))
    try:
        ended = False
        while not ended:
            lines: list[CheckedLine] = []
            item = await queue.get()
            while isinstance(item, list):
                lines += item
                if queue.empty() or len(lines) >= GROUP_SIZE:
                    break
                item = queue.get_nowait()
            if isinstance(item, Exception):
                raise item
            ended = item is None
            if lines:
                yield lines
    finally:
        reading.cancel()
        await asyncio.wait([reading])


async def _read(
    body: AsyncIterator[bytes], queue: "asyncio.Queue[list[CheckedLine] | Exception | None]", parse: LineParser
) -> None:
    splitter = LineSplitter()
    try:
        async for chunk in body:
            if lines := splitter.feed(chunk):
                await queue.put(await beside_the_loop(parse, lines))
        if lines := splitter.end():
            await queue.put(parse(lines))
    except Exception as error:  # noqa: BLE001 - raised where the queue is read
        await queue.put(error)
    else:
        await queue.put(None)


def _parse_lines(lines: Sequence[NumberedLine], principal: Principal) -> list[CheckedLine]:
    return [(line.number, _parse_line(line.raw, principal)) for line in lines]


def _parse_line(raw: bytes | None, principal: Principal) -> ParsedLine | HttpProblem:
    if raw is None:
        return HttpProblem("body-too-large", f"The line has more than {MAX_LINE_BYTES:,} bytes, and was not kept.")
    try:
        line = read_line(raw)
        return line if principal is OPERATOR else of_principal(line, principal)
    except HttpProblem as problem:
        problem.__context__ = None  # its frames would stay alive as long as it waits in the queue
        return problem.with_traceback(None)
    except Exception as error:  # noqa: BLE001 - a fault in one line does not stop the others
        _log.exception("fault")
        return problem_of(error)
