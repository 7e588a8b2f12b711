"""Server-sent events (WHATWG HTML §9.2): facts as they are recorded."""

from collections.abc import AsyncIterator, Callable, Iterable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from service.api.errors.problem import HttpProblem
from service.api.errors.validation import FieldError
from service.api.responses import HEAD_ONLY
from service.eventstore.change_subscription import ChangeFilter, ChangeLine, Subscription

EVENTS: Final = "text/event-stream"
MAX_CHUNK_BYTES = 64 << 10
"""The most bytes of a chunk, unless one event is larger."""
HEARTBEAT_SECONDS = 15.0
"""The interval of heartbeats; a client that receives nothing for longer has lost the connection."""
RETRY_MILLISECONDS = 2000
"""The `retry` field: how long a client waits before it reconnects."""

_DIGITS = 18
_HEADERS = {
    "Cache-Control": "no-cache",
    "Vary": "Accept",
    "X-Accel-Buffering": "no",  # proxies must not buffer the stream
}


LineOf = Callable[[ChangeLine], bytes]
"""Returns the line of a fact as this client may see it."""


def event_stream(
    request: Request, following: Subscription, after: int, only: ChangeFilter, line_of: LineOf
) -> Response:
    """Stream the facts above a position until the client disconnects or the service stops."""
    pieces = _nothing() if HEAD_ONLY in request.scope else _events(following, after, only, line_of)
    return StreamingResponse(pieces, 200, _HEADERS, EVENTS)


def parse_last_event_id(last_event_id: str | None) -> int | None:
    """Parse `Last-Event-ID`, which a reconnecting client sends; None if it is empty. Raises HttpProblem."""
    given = (last_event_id or "").strip()
    if not given:
        return None
    if not (given.isascii() and given.isdigit()) or len(given) > _DIGITS:
        reason = f"“{given[:100]}” is not the id of an event here; those are positions, such as 12."
        raise HttpProblem("invalid-header", f"Last-Event-ID: {reason}", [FieldError("Last-Event-ID", reason)])
    return int(given)


async def _events(following: Subscription, after: int, only: ChangeFilter, line_of: LineOf) -> AsyncIterator[bytes]:
    """Yield events (WHATWG HTML §9.2.6), after an `id` for clients that lose the connection before the first one."""
    yield b": each event is a fact of the log\nretry: %d\nid: %d\n\n" % (RETRY_MILLISECONDS, after)
    async for found in following.follow(after, only, HEARTBEAT_SECONDS):
        if not found:
            yield b": nothing new\n"
        for piece in _chunks(_event(change, line_of(change)) for change in found):
            yield piece


async def _nothing() -> AsyncIterator[bytes]:
    for piece in ():
        yield piece


def _event(change: ChangeLine, line: bytes) -> bytes:
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (change.position, change.topic.encode(), line)


def _chunks(events: Iterable[bytes]) -> Iterable[bytes]:
    """Join events into chunks; a slow client keeps one chunk in memory."""
    chunk, size = list[bytes](), 0
    for event in events:
        if chunk and size + len(event) > MAX_CHUNK_BYTES:
            yield b"".join(chunk)
            chunk, size = [], 0
        chunk.append(event)
        size += len(event)
    if chunk:
        yield b"".join(chunk)
