"""Moments as they are asked for: read, settled on the recorded clock, or refused with a sentence."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.values.time.clocks import ClockError, format_instant, parse_instant
from service.eventstore.reader import LogHead

LONGEST_POSITION = 18
"""Digits of a position; a bigint holds them all."""


class Unanswerable(Exception):
    """The question has no answer; the sentence says why and what to ask instead."""

    def __init__(self, sentence: str, field: str | None = None) -> None:
        """Keep the sentence; `field` is the part of the question that it is about, if it is about one."""
        self.field = field
        super().__init__(sentence)


class MomentUnreadable(Unanswerable):
    """`as_of`, `reported_until`, or whatever `field` calls it, is not a moment."""


class MomentInTheFuture(Unanswerable):
    """A moment on the recorded clock lies ahead of both the database's clock and the log."""


class PastTheEnd(Unanswerable):
    """A position lies beyond the last one of the log."""


class ReadsMoments(Protocol):
    """What settling a moment needs of the log."""

    async def head(self) -> LogHead: ...
    async def position_at(self, moment: datetime) -> int: ...


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment on the recorded clock, settled: the last position at it; `closed` if its answer can never change."""

    position: int
    closed: bool


async def settle(log: ReadsMoments, as_of: str | None, name: str = "as_of") -> Moment:
    """Settle `as_of`: `@position`, an RFC 3339 moment, or None for now, on the recorded clock.

    `name` is what the question calls it. Raises MomentUnreadable, MomentInTheFuture, PastTheEnd.
    """
    head = await log.head()
    if as_of is None:
        return Moment(head.position, closed=False)
    if as_of.startswith("@"):
        return _settle_position(as_of, head, name)
    asked = read_moment(name, as_of)
    if asked > max(head.now, head.recorded_at or head.now):
        message = f"{name}={as_of} lies in the future (it is {format_instant(head.now)} now); nobody knows that yet."
        raise MomentInTheFuture(message, name)
    position = await log.position_at(asked)
    return Moment(position, closed=position < head.position)


def read_moment(name: str, text: str) -> datetime:
    """Read an RFC 3339 moment of a query; a "+" that the query turned into a space is understood."""
    try:
        return parse_instant(text.replace(" ", "+"))
    except ClockError as error:
        hint = "" if name == "reported_until" else " or a position such as @12"
        message = f"{name}={text[:100]} is not a moment: {error} Write 2025-03-09T23:59:59Z{hint}."
        raise MomentUnreadable(message, name) from error


def _settle_position(as_of: str, head: LogHead, name: str) -> Moment:
    digits = as_of[1:]
    if not (digits.isascii() and digits.isdigit() and digits.strip("0")):
        message = f"{name}={as_of[:100]} is not a position; the first is @1."
        raise MomentUnreadable(message, name)
    if len(digits.lstrip("0")) > LONGEST_POSITION or int(digits) > head.position:
        message = f"{name}={as_of[:100]} lies past the end of the log, whose last position is @{head.position}."
        raise PastTheEnd(message, name)
    return Moment(int(digits), closed=True)
