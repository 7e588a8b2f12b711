"""Client of the HTTP interface within the process, with the credential of the page's request."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, cast
from urllib.parse import quote, unquote, urlencode

import msgspec
import orjson
from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.types import Message, Scope

from service.api.media_types import JSON
from service.api.responses import HEAD_ONLY
from service.runtime.worker_thread import in_thread

Query = Mapping[str, str | int | Iterable[str] | None]
"""Query parameters by name; one that is None or empty is left out, a list is given once for each of its members."""

_OF_THE_PAGE: Final = frozenset({"endpoint", "path_params", "route", "router", HEAD_ONLY})
"""Keys of an ASGI scope that are those of the page's own request."""
_ERROR: Final = 400
_LONGEST_PAGE: Final = 500
_BYTES_A_FACT: Final = 5_000
"""As many bytes of JSON take about as long to parse as a fact to fold."""
_PIECE: Final = 50_000
"""How many bytes are parsed at once."""
_REDIRECTS: Final = range(300, 400)


@dataclass(frozen=True)
class ApiAnswer:
    """An answer of the interface. `url` is the path and query that was asked, as a client would."""

    url: str
    status: int
    headers: Headers
    body: bytes

    @cached_property
    def document(self) -> Any:  # noqa: ANN401 - documents are read member by member
        """The JSON document."""
        return orjson.loads(self.body)

    async def read(self) -> Any:  # noqa: ANN401 - as above
        """Return the JSON document; a large one is parsed piece by piece in a thread, beside the event loop."""
        return await in_thread(len(self.body) // _BYTES_A_FACT, parsed_in_pieces, self.body)


class ApiProblem(Exception):
    """The interface refused: `answer` is its `application/problem+json`."""

    def __init__(self, answer: ApiAnswer) -> None:
        super().__init__(answer.document.get("detail", ""))
        self.answer = answer
        self.slug: str = str(answer.document.get("type", "")).rpartition("/")[2]


class MovedTo(Exception):
    """The incident asked about is merged into another, whose slug is `into`."""

    def __init__(self, into: str) -> None:
        super().__init__(into)
        self.into = into


class Api:
    """The interface, asked with the credential of the request for a page."""

    def __init__(self, scope: Scope) -> None:
        app = cast("FastAPI", scope["app"])
        self._inner = ExceptionMiddleware(app.router, app.exception_handlers)
        self._scope = scope

    async def get(self, path: str, query: Query | None = None, accept: str = JSON) -> ApiAnswer:
        """Ask; the answer has status 200. Raises ApiProblem for a refusal, MovedTo for a merged incident."""
        answer = await self.send("GET", path, query, accept=accept)
        if answer.status in _REDIRECTS:
            path = answer.headers["location"].partition("?")[0]
            raise MovedTo(unquote(path.split("/v1/incidents/")[1].partition("/")[0]))
        if answer.status >= _ERROR:
            raise ApiProblem(answer)
        return answer

    async def all_items(self, path: str, query: Query) -> list[Any]:
        """Return the items of all pages of a list. Raises ApiProblem, as `get`."""
        found, cursor = list[Any](), None
        while True:
            page = await (await self.get(path, {**query, "cursor": cursor, "limit": _LONGEST_PAGE})).read()
            found, cursor = [*found, *page["items"]], page["next"]
            if cursor is None:
                return found

    async def send(self, method: str, path: str, query: Query | None = None, *, accept: str = JSON) -> ApiAnswer:
        """Send a request without a body, and return its answer whatever its status."""
        search = query_string(query or {})
        kept = [pair for pair in self._scope["headers"] if pair[0] in (b"host", b"authorization", b"cookie")]
        scope = {
            **{key: value for key, value in self._scope.items() if key not in _OF_THE_PAGE},
            "method": method,
            "path": path,
            "raw_path": quote(path).encode(),
            "query_string": search.encode(),
            "headers": [*kept, (b"accept", accept.encode())],
        }
        status, headers, pieces = 0, Headers(), list[bytes]()

        async def collect(message: Message) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status, headers = message["status"], Headers(raw=message["headers"])
            else:
                pieces.append(message.get("body", b""))

        await self._inner(scope, _no_body, collect)
        return ApiAnswer(f"{path}?{search}" if search else path, status, headers, b"".join(pieces))


def parsed_in_pieces(content: bytes | memoryview) -> Any:  # noqa: ANN401 - any JSON
    """Parse JSON as orjson does, but member by member: one call for all of it would hold the GIL for too long."""
    if len(content) < _PIECE:
        return orjson.loads(content)
    if content[:1] == b"{":
        members = msgspec.json.decode(content, type=dict[str, msgspec.Raw])
        return {name: parsed_in_pieces(memoryview(each)) for name, each in members.items()}
    if content[:1] == b"[":
        return [parsed_in_pieces(memoryview(each)) for each in msgspec.json.decode(content, type=list[msgspec.Raw])]
    return orjson.loads(content)


def query_string(query: Query) -> str:
    """Return a query string without what is None or empty; colons, at signs and commas stay readable."""
    pairs = [
        (name, each)
        for name, value in query.items()
        for each in ([value] if isinstance(value, str | int) else value or ())
        if each != ""
    ]
    return urlencode(pairs, safe=":@,/")


async def _no_body() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}
