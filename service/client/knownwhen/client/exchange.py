"""Requests and retries without input and output: a plan yields requests and pauses, and is sent responses.

Both clients run the same plans, one blocking, one awaiting, so neither has logic of its own.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

import httpx

from knownwhen.client.problems import Unreachable, problem_of

T = TypeVar("T")

JSON: Final = "application/json"
_OK: Final = 400
_RETRIED: Final = frozenset({429, 500, 502, 503, 504})
"""Statuses after which the same request may succeed; writes have a key, by which the service recognises a retry."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request, relative to the service's address."""

    method: str
    path: str
    params: Mapping[str, str | int | list[str]] = field(default_factory=dict[str, str | int | list[str]])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """A wait of some seconds before the next request."""

    seconds: float


Reply = httpx.Response | httpx.TransportError | None
Plan = Generator[Call | Pause, Reply, T]
"""Yields requests and pauses; is sent the response, or the error, of each request; returns its result."""


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a request is sent again, and after how many seconds, doubled each time.

    A service's own `Retry-After` goes before, unless it is longer than `longest`: then its problem is raised.
    """

    times: int = 4
    first: float = 0.5
    longest: float = 30.0

    def seconds(self, attempt: int) -> float:
        """Return the pause after an attempt, counted from 0."""
        return min(self.first * 2**attempt, self.longest)


def exchange(call: Call, retries: Retries) -> Plan[httpx.Response]:
    """Send a request, again where that may help. Raises Problem, Unreachable."""
    attempt = 0
    while True:
        reply = yield call
        if isinstance(reply, httpx.Response) and reply.status_code < _OK:
            return reply
        pause = _pause(reply, retries, attempt) if attempt < retries.times else None
        if pause is None:
            raise problem_of(reply) if isinstance(reply, httpx.Response) else _unreachable(reply)
        yield Pause(pause)
        attempt += 1


def _pause(reply: Reply, retries: Retries, attempt: int) -> float | None:
    """Return the seconds until a request is sent again; None where it would be in vain."""
    if isinstance(reply, httpx.Response):
        if reply.status_code not in _RETRIED:
            return None
        asked = _seconds_asked(reply.headers.get("retry-after"))
        if asked is not None:
            return asked if asked <= retries.longest else None
    elif isinstance(reply, httpx.UnsupportedProtocol):
        return None
    return retries.seconds(attempt)


def _seconds_asked(text: str | None) -> float | None:
    """Return the seconds of a Retry-After; a date is left to our own pause, since clocks differ."""
    if text is None or not text.strip().isdigit():
        return None
    return float(text)


def _unreachable(reply: httpx.TransportError | None) -> Unreachable:
    return Unreachable(f"The service does not answer ({reply}). Is its address right, and does it run?")
