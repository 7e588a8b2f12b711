"""Load for `knownwhen bench`: made-up reports, and posts over many kept connections."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast
from uuid import NAMESPACE_OID, uuid5

import orjson

CONNECTIONS: Final = 64
_HEAD_ENDS: Final = b"\r\n\r\n"
_LENGTH: Final = b"content-length:"


def post(target: str, body: bytes, media_type: str = "application/json", token: str | None = None) -> bytes:
    """Return a whole request, byte by byte as it is sent; with a `token` if one is needed."""
    named = f"Authorization: Bearer {token}\r\n" if token else ""
    head = (
        f"POST {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n{named}"
        f"Content-Type: {media_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@dataclass(frozen=True, slots=True)
class PostResult:
    """The outcome of many posts: total seconds, the milliseconds of each, and a count of each status."""

    seconds: float
    milliseconds: Sequence[float]
    statuses: Counter[int]

    @property
    def rate(self) -> float:
        """The number of answers a second."""
        return len(self.milliseconds) / self.seconds

    def percentile(self, part: float) -> float:
        """Return the milliseconds that `part` per cent of all took at most (nearest rank)."""
        ordered = sorted(self.milliseconds)
        return ordered[max(0, int(-(-len(ordered) * part // 100)) - 1)]


@dataclass(slots=True)
class _PostQueue:
    """Requests still to be sent, and the times and statuses of answers."""

    requests: Iterator[bytes]
    milliseconds: list[float] = field(default_factory=list[float])
    statuses: Counter[int] = field(default_factory=Counter[int])


class _Connection(asyncio.Protocol):
    """Sends the next request as soon as the last one is answered, until there are no more."""

    def __init__(self, work: _PostQueue) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._work = work
        self._sent = 0.0
        self._answer = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, separator, body = self._answer.partition(_HEAD_ENDS)
        if not separator or len(body) < _length(head):
            return
        self._work.milliseconds.append(1000 * (time.perf_counter() - self._sent))
        self._work.statuses[int(head[9:12])] += 1
        self._answer = b""
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionResetError("the service hung up before it answered"))

    def _send(self) -> None:
        request = next(self._work.requests, None)
        if request is None:
            self.done.set_result(None)
            self._transport.close()
            return
        self._sent = time.perf_counter()
        self._transport.write(request)


async def post_all(port: int, requests: Sequence[bytes], connections: int = CONNECTIONS) -> PostResult:
    """Send whole requests over so many connections, one after the other on each, and wait for all answers.

    Raises OSError where the service hangs up.
    """
    work = _PostQueue(iter(requests))
    loop = asyncio.get_running_loop()
    begin = time.perf_counter()
    opened = [await loop.create_connection(lambda: _Connection(work), "127.0.0.1", port) for _ in range(connections)]
    await asyncio.gather(*(protocol.done for _, protocol in opened))
    return PostResult(time.perf_counter() - begin, work.milliseconds, work.statuses)


def _length(head: bytes) -> int:
    lower = head.lower()
    place = lower.find(_LENGTH)
    if place < 0:
        return 0
    return int(lower[place + len(_LENGTH) :].split(b"\r\n", 1)[0])


_SOURCES: Final = ("sohr", "snhr", "health-ministry", "red-crescent", "local-council", "un-mission", "army-office")
_RELAYS: Final = ("reuters", "afp", "ap")
_PLACES: Final = ("Latakia", "Baniyas", "Jableh", "Tartus", "Al-Haffa")
_SAID: Final = (
    "The monitor said that more bodies had been found in the villages of the coast, and that the number of those"
    " who were killed would rise. It named hospitals and families as its sources."
)


def slugs(number: int) -> list[str]:
    """Return the slugs of so many incidents."""
    return [f"measured-{place:06}" for place in range(number)]


def opening(slug: str) -> dict[str, Any]:
    """Return what opens an incident."""
    return {"slug": slug, "title": f"Measured, {slug}", "utc_offset": "+03:00"}


def reports(number: int, name: str) -> Iterator[dict[str, Any]]:
    """Yield reports that revise tolls, each with an id of its own."""
    for place in range(number):
        mixed = 2_654_435_761 * (place + 1) % 2**32  # Knuth's multiplicative hash: no pattern in what is read
        yield {
            "report_id": str(uuid5(NAMESPACE_OID, f"{name}:{place}")),
            "kind": "toll_revised",
            "source": _SOURCES[mixed % len(_SOURCES)],
            "via": [_RELAYS[mixed % len(_RELAYS)]],
            "reported_at": f"2025-03-{1 + mixed % 28:02}",
            "reported_order": place,
            "places": [{"name": _PLACES[mixed % len(_PLACES)], "country": "SY"}],
            "claims": [
                {"id": "1", "measure": "killed", "count": {"verbatim": f"at least {1 + mixed % 1999:,}"}},
                {"id": "2", "measure": "injured", "count": {"verbatim": f"{1 + mixed % 4999:,}"}},
            ],
            "evidence": [{"url": f"https://news.example/2025/03/coast/{place:08}"}],
            "text": {"summary": _SAID},
        }


def bodies(number: int, name: str) -> list[bytes]:
    """Return reports as they are sent."""
    return [orjson.dumps(each) for each in reports(number, name)]
