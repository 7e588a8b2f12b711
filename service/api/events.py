"""Server-sent events: facts written as they are recorded, to whoever stays to hear them."""

from collections.abc import AsyncIterator, Iterable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from service.api.complaints import Complaint
from service.api.failures import Problem
from service.api.sending import BODILESS
from service.eventstore.subscription import ChangeFilter, ChangeLine, Subscription

EVENTS: Final = "text/event-stream"
MOST_BYTES = 64 << 10
"""How much is written at a time, unless one event is larger."""
HEARTBEAT_SECONDS = 15.0
"""How long a stream is silent at most; whoever hears nothing for longer has lost it."""
RETRY_MILLISECONDS = 2000
"""How long a client is asked to wait before it connects again."""

_DIGITS = 18
_HEADERS = {
    "Cache-Control": "no-cache",
    "Vary": "Accept",
    "X-Accel-Buffering": "no",  # a proxy that gathers an answer before it hands it on would hold the events back
}


def send_events(request: Request, following: Subscription, after: int, only: ChangeFilter) -> Response:
    """Send the facts above a position as they are recorded, until the client leaves or the service ends."""
    pieces = _nothing() if BODILESS in request.scope else _written(following, after, only)
    return StreamingResponse(pieces, 200, _HEADERS, EVENTS)


def last_position(last_event_id: str | None) -> int | None:
    """Read `Last-Event-ID`, with which a client comes back; an empty one says nothing. Raises Problem."""
    given = (last_event_id or "").strip()
    if not given:
        return None
    if not (given.isascii() and given.isdigit()) or len(given) > _DIGITS:
        reason = f"“{given[:100]}” is not the id of an event here; those are positions, such as 12."
        raise Problem("invalid-header", f"Last-Event-ID: {reason}", [Complaint("Last-Event-ID", reason)])
    return int(given)


async def _written(following: Subscription, after: int, only: ChangeFilter) -> AsyncIterator[bytes]:
    """Write events (WHATWG HTML §9.2.6).

    The `id` that comes first is of no event: it tells a client that is cut off before its first one where it was.
    """
    yield b": each event is a fact of the log\nretry: %d\nid: %d\n\n" % (RETRY_MILLISECONDS, after)
    async for found in following.follow(after, only, HEARTBEAT_SECONDS):
        if not found:
            yield b": nothing new\n"
        for piece in _together(_event(change) for change in found):
            yield piece


async def _nothing() -> AsyncIterator[bytes]:
    for piece in ():
        yield piece


def _event(change: ChangeLine) -> bytes:
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (change.position, change.topic.encode(), change.line)


def _together(events: Iterable[bytes]) -> Iterable[bytes]:
    """Join events as long as they are small together: of what is written, a slow client holds one such in memory."""
    held, size = list[bytes](), 0
    for event in events:
        if held and size + len(event) > MOST_BYTES:
            yield b"".join(held)
            held, size = [], 0
        held.append(event)
        size += len(event)
    if held:
        yield b"".join(held)
