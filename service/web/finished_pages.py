"""Finished pages, kept compressed: asked for again before anything else was recorded, they are sent as they are.

Whatever the interface answers depends on the request, on who asks, and on the log up to its last position. So a page is
looked up by these, and an erasure, which is a fact, or a changed collection is never overlooked.
"""

import gzip
from collections.abc import Hashable, Mapping
from typing import Final, NamedTuple
from weakref import WeakKeyDictionary

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from service.runtime.weighted_lru import WeightedLRU
from service.runtime.worker_thread import in_thread

MOST_BYTES: Final = 16_000_000
"""How many bytes the finished pages of a service may have together, compressed."""
_LEVEL: Final = 5
_BYTES_A_FACT: Final = 5_000
"""As many bytes take about as long to compress as a fact to fold."""
_OK: Final = 200
_NOT_MODIFIED: Final = 304
_OF_THE_BODY: Final = frozenset({"content-length", "content-encoding"})


class FinishedPage(NamedTuple):
    """A page that was sent: its body compressed, and its headers but for those of the body."""

    compressed: bytes
    headers: Mapping[str, str]

    def response(self, request: Request) -> Response:
        """Return it as this client takes it; 304 where the client has the same."""
        headers = dict(self.headers)
        if headers["etag"] in request.headers.get("if-none-match", ""):
            return Response(None, _NOT_MODIFIED, headers)
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(gzip.decompress(self.compressed), _OK, headers)
        headers |= {"content-encoding": "gzip", "vary": f"{headers['vary']}, Accept-Encoding"}
        return Response(self.compressed, _OK, headers)


class FinishedPages:
    """The pages that were made at one position of the log; they go as soon as another is asked about."""

    def __init__(self) -> None:
        self._position = 0
        self._pages = WeightedLRU[Hashable, FinishedPage](MOST_BYTES)

    def get(self, position: int, key: Hashable) -> FinishedPage | None:
        """Return the page that was made at a position."""
        self._move_to(position)
        return self._pages.get(key) if position == self._position else None

    async def put(self, position: int, key: Hashable, response: Response) -> FinishedPage:
        """Keep a page that was made at a position, or after it."""
        body = bytes(response.body)
        compressed = await in_thread(len(body) // _BYTES_A_FACT, gzip.compress, body, _LEVEL)
        headers = {name: value for name, value in response.headers.items() if name not in _OF_THE_BODY}
        page = FinishedPage(compressed, headers)
        self._move_to(position)
        if position == self._position:
            self._pages.put(key, page, len(compressed))
        return page

    def _move_to(self, position: int) -> None:
        """Let go of what was made at an earlier position: text in it may have been erased since."""
        if position > self._position:
            self._position, self._pages = position, WeightedLRU[Hashable, FinishedPage](MOST_BYTES)


_of_applications: WeakKeyDictionary[FastAPI, FinishedPages] = WeakKeyDictionary()


def finished_pages(app: FastAPI) -> FinishedPages:
    """Return the finished pages of an application."""
    return _of_applications.setdefault(app, FinishedPages())
