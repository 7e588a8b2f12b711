"""Filing of plain reports without the framework's routing: before the declared route, which handles everything else."""

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final, cast

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.reports.kind import Report
from service.access.principal import AccessScope as NeededScope
from service.api.errors.exception_types import SLUG_BY_EXCEPTION
from service.api.errors.handlers import respond_to_exception
from service.api.errors.problem import HttpProblem
from service.api.media_types import JSON
from service.api.metrics import set_route_path
from service.api.principals import principal_of
from service.api.requests.body import MAX_BODY_BYTES, JsonBody, validate_report
from service.api.requests.write import IDEMPOTENCY_KEY, IncomingWrite, WriteHeaders
from service.api.services import services_for
from service.runtime.json_members import names_are_unique

ReportHandler = Callable[[IncomingWrite, str, Report], Awaitable[Response]]
"""Records a valid report under an incident, and responds."""

FILING_PATH: Final = "/v1/incidents/{incident}/reports"
_PATH: Final = re.compile("/v1/incidents/([a-z0-9-]{1,100})/reports")
_UNUSUAL: Final = frozenset({b"content-encoding", b"if-match"})
_HANDLED: Final = (HttpProblem, *SLUG_BY_EXCEPTION)
_JSON: Final = JSON.encode()
_LONGEST_LENGTH: Final = len(str(MAX_BODY_BYTES))


class DirectFiling:
    """ASGI middleware that files a valid report posted with no parameters and no precondition by who has a scope.

    Whatever else there is, also an invalid body, is passed on unchanged, before anything was recorded.
    """

    def __init__(self, app: ASGIApp, file_report: ReportHandler, needed: NeededScope) -> None:
        self._app = app
        self._needed: NeededScope = needed
        self._file_report = file_report

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        incident = _incident(scope)
        headers = _plain_headers(scope["headers"]) if incident else None
        if incident is None or headers is None:
            await self._app(scope, receive, send)
            return
        if not principal_of(scope).may(self._needed):
            await self._app(scope, receive, send)  # to be refused by the route
            return
        messages = await _read(receive)
        found = _valid_report(messages)
        if found is None:
            await self._app(scope, _replayed(messages, receive), send)
            return
        body, report = found
        set_route_path(scope, FILING_PATH)
        request = Request(scope)
        write = IncomingWrite(request, services_for(scope), headers)
        write.body = body
        try:
            response = await self._file_report(write, incident, report)
        except _HANDLED as error:
            response = await respond_to_exception(request, error)
        await response(scope, receive, send)


def _incident(scope: Scope) -> str | None:
    """Return the name of the incident under which the request files a report; None for every other request."""
    if scope["type"] != "http" or scope["method"] != "POST" or scope["query_string"] or scope["root_path"]:
        return None
    found = _PATH.fullmatch(scope["path"])
    return found[1] if found else None


def _plain_headers(headers: Iterable[tuple[bytes, bytes]]) -> WriteHeaders | None:
    """Return the headers of the write, if the body is JSON of a length within the limit and nothing is unusual."""
    typed, key = False, None
    for name, value in headers:
        if name in _UNUSUAL or (name == b"content-length" and not _is_within_limit(value)):
            return None
        if name == b"content-type":
            if typed or value != _JSON:
                return None
            typed = True
        elif name == b"idempotency-key":
            if key is not None or not IDEMPOTENCY_KEY.fullmatch(value.decode("latin-1")):
                return None
            key = value.decode("latin-1")
    return WriteHeaders(key) if typed else None


def _is_within_limit(length: bytes) -> bool:
    return length.isdigit() and len(length) <= _LONGEST_LENGTH and int(length) <= MAX_BODY_BYTES


async def _read(receive: Receive) -> list[Message]:
    """Read the messages of a body, no further than to the limit of its size."""
    messages: list[Message] = []
    size = 0
    while True:
        message = await receive()
        messages.append(message)
        size += len(message.get("body", b""))
        if not message.get("more_body") or size > MAX_BODY_BYTES:
            return messages


def _replayed(messages: Sequence[Message], receive: Receive) -> Receive:
    """Return a `receive` that returns the messages that were read already, and then further ones."""
    read = iter(messages)

    async def receive_again() -> Message:
        message = next(read, None)
        return await receive() if message is None else message

    return receive_again


def _valid_report(messages: Sequence[Message]) -> tuple[JsonBody, Report] | None:
    """Return the body and its report; None where the strict parser has to decide, or the report is invalid.

    Of what orjson accepts and `parse_json` refuses, duplicate names are checked here; NUL and surrogates need an
    escape; and no field accepts fractions, large numbers or deep nesting.
    """
    raw = b"".join([message.get("body", b"") for message in messages])
    if messages[-1]["type"] != "http.request" or len(raw) > MAX_BODY_BYTES:
        return None
    try:
        document: object = orjson.loads(raw)
        if isinstance(document, dict) and names_are_unique(raw, cast("object", document)):
            body = JsonBody(raw, cast("dict[str, Any]", document))
            return body, validate_report(body.document, coerce_numbers=False)
    except (orjson.JSONDecodeError, HttpProblem):
        pass
    return None
