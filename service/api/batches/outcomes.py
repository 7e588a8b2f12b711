"""Recording of groups of lines, and the outcome of each line as a JSON object."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Final, TypeVar

import structlog

from domain.incident.refusals import Refusal
from domain.values.time.clocks import format_instant
from service.api.batches.line import ParsedLine, problem_of_line
from service.api.errors.problem import HttpProblem, problem_of
from service.api.requests.write import warning_documents
from service.eventstore import LogBusyError
from service.eventstore.writer import Acknowledgement, CommandWriter, Overloaded, WriteRequest

GROUP_SIZE: Final = 1_000
"""The most lines in one call of the writer."""
_PAUSE: Final = 0.05
"""Seconds between retries while the writer is overloaded or the log is locked."""

RECORDED, REPLAYED, REFUSED, INVALID, FAILED = OUTCOMES = ("recorded", "replayed", "refused", "invalid", "failed")
"""The outcomes of a line; a `failed` one was not decided, and should be sent again."""

LineResult = Acknowledgement | Refusal | HttpProblem
T = TypeVar("T")
_log = structlog.stdlib.get_logger("service.api")


async def record(
    writer: CommandWriter, writes: Sequence[WriteRequest], *, atomic: bool = False
) -> list[Acknowledgement | Refusal]:
    """Decide and record writes in order; retries while the writer is overloaded.

    Raises the database's error; a repetition is then safe, as writes are idempotent.
    """
    return await _retrying(partial(writer.write_all, writes, atomic=atomic))


async def record_each(writer: CommandWriter, writes: Sequence[WriteRequest]) -> list[LineResult]:
    """Record each write by itself; an unforeseen fault is logged and fails that line only.

    Raises the database's error where it cannot be reached.
    """
    answers = await _retrying(partial(writer.write_each, writes))
    return [_answer(write, answer) for write, answer in zip(writes, answers, strict=True)]


async def _retrying(call: Callable[[], Awaitable[T]]) -> T:
    while True:
        try:
            return await call()
        except (Overloaded, LogBusyError):
            await asyncio.sleep(_PAUSE)


def _answer(write: WriteRequest, answer: Acknowledgement | Exception) -> LineResult:
    if isinstance(answer, Acknowledgement | Refusal):
        return answer
    _log.error("fault", fact_id=str(write.fact_id), exc_info=answer)
    return problem_of(answer)


def outcome_of(line: ParsedLine, answer: LineResult) -> dict[str, Any]:
    """Return the outcome of a line that was decided."""
    if isinstance(answer, Refusal):
        return problem_outcome(REFUSED, problem_of_line(answer, line.document))
    if isinstance(answer, HttpProblem):
        return problem_outcome(FAILED, answer)
    known = answer.replayed or answer.position is None  # None: a registration that changed nothing
    report = {} if line.write.incident is None else {"report_id": str(answer.fact_id)}
    return {
        "outcome": REPLAYED if known else RECORDED,
        **report,
        **({"incident": answer.incident} if answer.incident else {}),
        "position": answer.position,
        "recorded_at": format_instant(answer.recorded_at) if answer.recorded_at else None,
        "version": answer.version,
        "warnings": warning_documents(answer),
    }


def problem_outcome(outcome: str, problem: HttpProblem) -> dict[str, Any]:
    """Return the outcome of a line that was not recorded, with its problem (RFC 9457)."""
    return {"outcome": outcome, "problem": problem.document()}


class OutcomeCounts:
    """The number of lines by outcome, and the last position recorded."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.position: int | None = None

    def count(self, outcome: dict[str, Any]) -> None:
        """Count the outcome of one line."""
        self.outcomes[outcome["outcome"]] += 1
        if position := outcome.get("position"):
            self.position = max(position, self.position or 0)

    def document(self) -> dict[str, Any]:
        """Return the summary line."""
        named = {each: self.outcomes[each] for each in OUTCOMES}
        return {"lines": sum(self.outcomes.values()), **named, "position": self.position}
