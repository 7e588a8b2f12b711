"""Moments of a question: parsed, and resolved to a position of the log, or refused with a sentence."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.values.time.clocks import ClockError, format_instant, parse_instant
from service.eventstore.reader import LogHead

LONGEST_POSITION = 18
"""The most digits of a position: those that any bigint can have."""


class Unanswerable(Exception):
    """The question has no answer; the sentence says why and what to ask instead."""

    def __init__(self, sentence: str, field: str | None = None) -> None:
        """Keep the sentence, and the parameter of the question that it is about, if any."""
        self.field = field
        super().__init__(sentence)


class MomentUnreadable(Unanswerable):
    """A moment cannot be parsed; `field` names the parameter."""


class MomentInTheFuture(Unanswerable):
    """A moment on the recorded clock is later than the database's clock and than the last fact."""


class PastTheEnd(Unanswerable):
    """A position is greater than the last one of the log."""


class MomentReader(Protocol):
    """The reads of the log that resolving a moment takes."""

    async def head(self) -> LogHead: ...
    async def position_at(self, moment: datetime) -> int: ...


@dataclass(frozen=True, slots=True)
class ResolvedMoment:
    """The last position recorded by a moment; `closed` if answers as of it can never change."""

    position: int
    closed: bool


async def resolve_moment(log: MomentReader, as_of: str | None, name: str = "as_of") -> ResolvedMoment:
    """Resolve `as_of`: `@position`, an RFC 3339 moment, or None for now, on the recorded clock.

    `name` is the parameter's name in refusals. Raises MomentUnreadable, MomentInTheFuture, PastTheEnd.
    """
    head = await log.head()
    if as_of is None:
        return ResolvedMoment(head.position, closed=False)
    if as_of.startswith("@"):
        return _parse_position(as_of, head, name)
    at = parse_moment(name, as_of)
    if at > max(head.now, head.recorded_at or head.now):
        message = f"{name}={as_of} lies in the future (it is {format_instant(head.now)} now); nobody knows that yet."
        raise MomentInTheFuture(message, name)
    position = await log.position_at(at)
    return ResolvedMoment(position, closed=position < head.position)


def parse_moment(name: str, text: str) -> datetime:
    """Parse an RFC 3339 moment of a query; a space is read as the "+" that URL decoding made it of."""
    try:
        return parse_instant(text.replace(" ", "+"))
    except ClockError as error:
        hint = "" if name == "reported_until" else " or a position such as @12"
        message = f"{name}={text[:100]} is not a moment: {error} Write 2025-03-09T23:59:59Z{hint}."
        raise MomentUnreadable(message, name) from error


def _parse_position(as_of: str, head: LogHead, name: str) -> ResolvedMoment:
    digits = as_of[1:]
    if not (digits.isascii() and digits.isdigit() and digits.strip("0")):
        message = f"{name}={as_of[:100]} is not a position; the first is @1."
        raise MomentUnreadable(message, name)
    if len(digits.lstrip("0")) > LONGEST_POSITION or int(digits) > head.position:
        message = f"{name}={as_of[:100]} lies past the end of the log, whose last position is @{head.position}."
        raise PastTheEnd(message, name)
    return ResolvedMoment(int(digits), closed=True)
