"""Lines recorded group by group, and what became of each of them, as a document."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Final, TypeVar

import structlog

from domain.incident.refusals import Refusal
from domain.values.time.clocks import format_instant
from service.api.failures import Problem, problem_of
from service.api.lines import Taken, refused
from service.eventstore import LogBusyError
from service.eventstore.writer import Acknowledgement, Overloaded, Writer, WriteRequest

GROUP: Final = 1_000
"""How many lines are handed to the writer at once."""
_PAUSE: Final = 0.05
"""How many seconds to wait before a writer that is full, or a log that another holds, is asked again."""

RECORDED, REPLAYED, REFUSED, INVALID, FAILED = OUTCOMES = ("recorded", "replayed", "refused", "invalid", "failed")
"""What becomes of a line; `failed` if the service could not tell, so that it should be sent again."""

Answer = Acknowledgement | Refusal | Problem
T = TypeVar("T")
_log = structlog.stdlib.get_logger("service.api")


async def record(
    writer: Writer, writes: Sequence[WriteRequest], *, atomic: bool = False
) -> list[Acknowledgement | Refusal]:
    """Have writes decided and recorded, in their order; waits while the writer has no room for them.

    Raises the database's error where it fails. What of them was recorded before is found again by a repetition.
    """
    return await _with_patience(partial(writer.write_all, writes, atomic=atomic))


async def record_each(writer: Writer, writes: Sequence[WriteRequest]) -> list[Answer]:
    """Record as `record` does; what fails unforeseen is logged, and is the answer to that line alone.

    Raises the database's error where it cannot be reached.
    """
    answers = await _with_patience(partial(writer.write_each, writes))
    return [_answer(write, answer) for write, answer in zip(writes, answers, strict=True)]


async def _with_patience(asked: Callable[[], Awaitable[T]]) -> T:
    while True:
        try:
            return await asked()
        except (Overloaded, LogBusyError):
            await asyncio.sleep(_PAUSE)


def _answer(write: WriteRequest, answer: Acknowledgement | Exception) -> Answer:
    if isinstance(answer, Acknowledgement | Refusal):
        return answer
    _log.error("fault", fact_id=str(write.fact_id), exc_info=answer)
    return problem_of(answer)


def outcome_of(taken: Taken, answer: Answer) -> dict[str, Any]:
    """Say what became of a line that was decided."""
    if isinstance(answer, Refusal):
        return told(REFUSED, refused(answer, taken.document))
    if isinstance(answer, Problem):
        return told(FAILED, answer)
    known = answer.replayed or answer.position is None  # the latter is a registration that says what is held
    report = {} if taken.write.incident is None else {"report_id": str(answer.fact_id)}
    return {
        "outcome": REPLAYED if known else RECORDED,
        **report,
        **({"incident": answer.incident} if answer.incident else {}),
        "position": answer.position,
        "recorded_at": format_instant(answer.recorded_at) if answer.recorded_at else None,
        "version": answer.version,
        "warnings": [
            {name: value for name in ("code", "detail", "claim") if (value := getattr(each, name)) is not None}
            for each in answer.warnings
        ],
    }


def told(outcome: str, problem: Problem) -> dict[str, Any]:
    """Say why a line was not recorded; the problem is told as the single request tells it (RFC 9457)."""
    kind = problem.type
    errors = {"errors": [each.document for each in problem.complaints]} if problem.complaints else {}
    document = {"type": kind.uri, "title": kind.title, "status": kind.status, "detail": problem.detail, **errors}
    return {"outcome": outcome, "problem": {**document, **problem.more}}


class Tally:
    """How many lines came to which outcome, and the last position that one of them was recorded at."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.position: int | None = None

    def count(self, outcome: dict[str, Any]) -> None:
        """Take in what became of one line."""
        self.outcomes[outcome["outcome"]] += 1
        if position := outcome.get("position"):
            self.position = max(position, self.position or 0)

    def document(self) -> dict[str, Any]:
        """Return the summary of all lines."""
        named = {each: self.outcomes[each] for each in OUTCOMES}
        return {"lines": sum(self.outcomes.values()), **named, "position": self.position}
