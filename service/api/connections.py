"""HTTP connections with limits: of time for heads, bodies and unread answers, and of their number.

Uvicorn waits for a client for as long as the client likes, and refuses everybody once it has too many connections. Here
a connection that waits too long is closed, and where there are too many, the one that has waited longest.
"""

import asyncio
import time
from asyncio.events import TimerHandle
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any, Final, cast

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from service.api.errors.problem import HttpProblem

COUNT_CLOSED: Final = "count_closed"
CONNECTIONS: Final = 1_000
"""Connections of one process, by default."""


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """Limits of connections: their number, and the seconds that each may keep the service waiting.

    A head must be whole within `head`. A body has `body` seconds, and a second more for each `rate` bytes that have
    come; time in which the service does not read does not count. An answer must be read further within `answer`.
    """

    most: int = CONNECTIONS
    head: float = 15
    body: float = 30
    rate: int = 50
    answer: float = 60

    @property
    def shortest(self) -> float:
        """How often a connection is looked at: no more than that late is it closed."""
        return min(self.head, self.body, self.answer)


def limited_http(limits: ConnectionLimits) -> Callable[..., asyncio.Protocol]:
    """Return the protocol for Uvicorn's configuration."""
    return partial(LimitedHttp, limits=limits)


class LimitedHttp(HttpToolsProtocol):
    """A connection of HTTP/1.1 that is closed when its client keeps the service waiting for too long.

    The function in the state of the application's lifespan, `COUNT_CLOSED`, is told why.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        limits: ConnectionLimits,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limits = limits
        self._count: Callable[[str], None] = app_state.get(COUNT_CLOSED, _ignore)
        self._timer: TimerHandle | None = None
        self._awaits: str | None = None  # "head" or "body" of a request
        self._since = 0.0
        self._received = 0
        self._answer_unread_since: float | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - as Uvicorn's
        super().connection_made(transport)
        self._await("head")
        self._timer = self.loop.call_later(self._limits.shortest, self._check)
        if len(self.connections) > self._limits.most:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._awaits is None and (self.cycle is None or self.cycle.response_complete):  # pyright: ignore[reportUnnecessaryComparison] - Uvicorn says it is never None
            self._await("head")
        super().data_received(data)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._awaits is None:
            self._await("head")

    def on_headers_complete(self) -> None:
        self._await("body")
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._received += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._awaits = None
        super().on_message_complete()

    def pause_writing(self) -> None:
        self._answer_unread_since = time.monotonic()
        super().pause_writing()

    def resume_writing(self) -> None:
        self._answer_unread_since = None
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP request, and close the connection."""
        self._refuse("not-http", msg)

    def _await(self, part: str) -> None:
        self._awaits, self._since, self._received = part, time.monotonic(), 0

    def _due(self) -> float:
        """Return the moment at which the connection is closed unless its client has done its part by then."""
        limits, now = self._limits, time.monotonic()
        if self._answer_unread_since is not None:
            return self._answer_unread_since + limits.answer
        if self._awaits == "head":
            return self._since + limits.head
        if self._awaits == "body":
            if self.flow.read_paused:  # it is the client that waits
                self._await("body")
            return self._since + limits.body + self._received / limits.rate
        return now + limits.shortest

    def _check(self) -> None:
        if self.transport.is_closing():
            return
        rest = self._due() - time.monotonic()
        if rest > 0:
            self._timer = self.loop.call_later(min(rest, self._limits.shortest), self._check)
        elif self._answer_unread_since is not None:
            self._count("answer-unread")
            self.transport.abort()  # what is written would wait for ever to be sent
        else:
            self._count(f"{self._awaits}-timeout")
            self._refuse("request-timeout", f"The {self._awaits} of the request did not come in time; send it again.")

    def _make_room(self) -> None:
        """Close the connection that has waited longest for a request; this one where all others are being answered."""
        others = cast("set[LimitedHttp]", self.connections)  # no other protocol is configured
        waiting = [each for each in others if each.is_waiting]
        longest = min(waiting, key=LimitedHttp.waiting, default=self)
        self._count("too-many-connections")
        longest.refuse_as_too_many()

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for its client, and nothing is being answered."""
        return not self.transport.is_closing() and (
            self._awaits is not None or self.cycle is None or self.cycle.response_complete  # pyright: ignore[reportUnnecessaryComparison] - as above
        )

    def waiting(self) -> tuple[bool, float]:
        """Return what sorts it: those amid a request first, the longest waiting of them first."""
        return self._awaits is None, self._since

    def refuse_as_too_many(self) -> None:
        """Close it for the sake of another."""
        self._refuse("too-many-connections", "The service has too many connections; try again in a moment.")

    def _refuse(self, slug: str, sentence: str) -> None:
        """Answer with a problem where no answer has begun, and close the connection."""
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:  # pyright: ignore[reportUnnecessaryComparison] - as above
            response = HttpProblem(slug, sentence).response()
            status = HTTPStatus(response.status_code)
            headers = [*response.raw_headers, (b"connection", b"close")]
            head = [
                f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode(),
                *(b"%s: %s\r\n" % each for each in headers),
            ]
            self.transport.write(b"".join([*head, b"\r\n", response.body]))
        self.transport.close()


def _ignore(_reason: str) -> None:
    """Count nothing."""
