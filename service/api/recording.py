"""A batch at work: lines are read and checked ahead of the writer, recorded in groups, and answered in their order."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Sequence
from contextlib import aclosing
from typing import Any, Final

import orjson
import structlog

from domain.incident.refusals import OthersRefused
from service.api.failures import Problem, problem_of
from service.api.lines import Taken, read_line
from service.api.outcomes import FAILED, GROUP, INVALID, Answer, Tally, outcome_of, record, record_each, told
from service.api.splitting import MOST_BYTES, Numbered, Splitter
from service.api.spool import Spool
from service.eventstore.writer import Writer, WriteRequest
from service.runtime.worker_thread import aside

MOST_TOGETHER: Final = 10_000
"""How many lines can be recorded together, or not at all."""
MOST_BYTES_TOGETHER: Final = 16 * 1024 * 1024
AHEAD: Final = 8
"""How many pieces of the body may wait for the writer."""
PATIENCE: Final = 60.0
"""How many seconds a batch that is half recorded waits for a database that went away."""

_PAUSE: Final = 0.5
_INTERNAL: Final = 500
_log = structlog.stdlib.get_logger("service.api")

Body = AsyncIterator[bytes]
Checked = tuple[int, Taken | Problem]
"""A line with its number: what it asks for, or what is wrong with it."""
Work = Callable[[], Coroutine[Any, Any, None]]


class Recording:
    """Records the lines of one body, and writes what becomes of each into a spool, and in the end a summary."""

    def __init__(self, writer: Writer, body: Body, spool: Spool) -> None:
        self._writer = writer
        self._body = body
        self._spool = spool
        self._tally = Tally()
        self._until: float | None = None

    async def each(self) -> None:
        """Record every line by itself, whatever becomes of the others; the spool is told how it ends."""
        await self._to_the_end(self._each)

    async def together(self) -> None:
        """Record all lines, or none of them; the spool is told how it ends."""
        await self._to_the_end(self._together)

    async def _to_the_end(self, work: Work) -> None:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - whoever sends the spool is told
            self._spool.end(error)
        else:
            self._spool.write(orjson.dumps(self._tally.document()) + b"\n")
            self._spool.end()

    async def _each(self) -> None:
        async with aclosing(_ahead(self._body)) as pieces, aclosing(_groups(pieces)) as groups:
            async for lines in groups:
                await self._tell(lines, await self._answers(_writes(lines)))

    async def _together(self) -> None:
        lines: list[Checked] = []
        async with aclosing(_ahead(_limited(self._body))) as pieces:
            async for piece in pieces:
                lines += piece
                if len(lines) > MOST_TOGETHER:
                    message = f"With atomic=true a batch has {MOST_TOGETHER:,} lines at most; nothing was recorded."
                    raise Problem("body-too-large", message)
        writes = _writes(lines)
        if len(writes) == len(lines):
            await self._tell(lines, await record(self._writer, writes, atomic=True))
        else:
            await self._tell(lines, [OthersRefused() for _ in writes])

    async def _answers(self, writes: Sequence[WriteRequest]) -> Sequence[Answer]:
        """Have writes decided; once some have been told, a database that goes away is waited for, and does not end it.

        Raises what the database raises as long as nothing was told.
        """
        tries = 0
        while True:
            tries += 1
            try:
                answers = await record_each(self._writer, writes)
            except Exception as error:
                if self._spool.empty:
                    raise
                self._until = self._until or time.monotonic() + PATIENCE
                if time.monotonic() > self._until and tries > 1:
                    return [problem_of(error)] * len(writes)
                await asyncio.sleep(_PAUSE)
            else:
                self._until = None
                return answers

    async def _tell(self, lines: Sequence[Checked], answers: Sequence[Answer]) -> None:
        if told_of := await aside(len(lines), self._told, lines, answers):
            self._spool.write(told_of)

    def _told(self, lines: Sequence[Checked], answers: Sequence[Answer]) -> bytes:
        following = iter(answers)
        told_of: list[bytes] = []
        for number, found in lines:
            outcome = outcome_of(found, next(following)) if isinstance(found, Taken) else _unread(found)
            self._tally.count(outcome)
            told_of.append(orjson.dumps({"line": number, **outcome}))
        return b"".join(each + b"\n" for each in told_of)


def _writes(lines: Sequence[Checked]) -> list[WriteRequest]:
    return [found.write for _, found in lines if isinstance(found, Taken)]


def _unread(problem: Problem) -> dict[str, Any]:
    return told(INVALID if problem.type.status < _INTERNAL else FAILED, problem)


async def _groups(pieces: AsyncIterator[list[Checked]]) -> AsyncGenerator[list[Checked]]:
    """Yield lines by GROUP at most."""
    async for lines in pieces:
        for start in range(0, len(lines), GROUP):
            yield lines[start : start + GROUP]


async def _limited(body: Body) -> AsyncGenerator[bytes]:
    """Yield a body that is kept as a whole; raises Problem where it is too large for that."""
    size = 0
    async for piece in body:
        size += len(piece)
        if size > MOST_BYTES_TOGETHER:
            message = f"With atomic=true a batch has {MOST_BYTES_TOGETHER:,} bytes at most; nothing was recorded."
            raise Problem("body-too-large", message)
        yield piece


async def _ahead(body: Body) -> AsyncGenerator[list[Checked]]:
    """Yield lines as they are read and checked, all that are there by then; raises what reading the body raises."""
    waiting: asyncio.Queue[list[Checked] | Exception | None] = asyncio.Queue(AHEAD)
    reading = asyncio.create_task(_read(body, waiting))
    try:
        ended = False
        while not ended:
            lines: list[Checked] = []
            item = await waiting.get()
            while isinstance(item, list):
                lines += item
                if waiting.empty() or len(lines) >= GROUP:
                    break
                item = waiting.get_nowait()
            if isinstance(item, Exception):
                raise item
            ended = item is None
            if lines:
                yield lines
    finally:
        reading.cancel()
        await asyncio.wait([reading])


async def _read(body: Body, waiting: "asyncio.Queue[list[Checked] | Exception | None]") -> None:
    splitter = Splitter()
    try:
        async for piece in body:
            if lines := splitter.feed(piece):
                await waiting.put(await asyncio.to_thread(_checked, lines))
        if lines := splitter.end():
            await waiting.put(_checked(lines))
    except Exception as error:  # noqa: BLE001 - whoever takes the lines is told
        await waiting.put(error)
    else:
        await waiting.put(None)


def _checked(lines: Sequence[Numbered]) -> list[Checked]:
    return [(line.number, _check(line.raw)) for line in lines]


def _check(raw: bytes | None) -> Taken | Problem:
    if raw is None:
        return Problem("body-too-large", f"The line has more than {MOST_BYTES:,} bytes, and was not kept.")
    try:
        return read_line(raw)
    except Problem as problem:
        problem.__context__ = None  # nor where it was raised: what waits in the queue would keep all of it alive
        return problem.with_traceback(None)
    except Exception as error:  # noqa: BLE001 - one line, whatever is wrong with it, never stops the rest
        _log.exception("fault")
        return problem_of(error)
