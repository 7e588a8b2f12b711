"""ASGI middleware: request log, answers to unforeseen faults, checks of `Host` and `Origin`, caching, compression."""

import time
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import structlog
from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipResponder, IdentityResponder
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.access.principal import OPERATOR
from service.access.token_text import without_secrets
from service.api.errors.problem import HttpProblem, problem_of
from service.api.errors.validation import FieldError
from service.api.media_types import take_ending
from service.api.metrics import Metrics, route_path
from service.api.principals import principal_of
from service.api.responses import HEAD_ONLY
from service.runtime.hosts import ORIGINS_SETTING, SETTING, Hosts, NoHost

_log = structlog.stdlib.get_logger("service.api")
_ALWAYS: Final = ((b"x-content-type-options", b"nosniff"),)
_ALWAYS_BY_TLS: Final = (*_ALWAYS, (b"strict-transport-security", b"max-age=31536000"))
"""Where a proxy speaks TLS with the client, as one that is trusted says: the browser comes by TLS only, for a year."""
_CLIENT_CLOSED = 499
"""The status in the log of a request whose client disconnected before the response."""


class RequestMiddleware:
    """Logs each request; an unhandled exception is logged with an id and answered with the problem `internal-error`.

    A HEAD request is served as GET, marked as `HEAD_ONLY`; the server omits the body.
    """

    def __init__(self, app: ASGIApp, new_id: Callable[[], UUID], metrics: Metrics) -> None:
        self._app = app
        self._new_id = new_id
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0
        path = scope["raw_path"].decode("ascii", "backslashreplace")
        logged = {"method": scope["method"], "path": without_secrets(path)}

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *(_ALWAYS if scope["scheme"] == "http" else _ALWAYS_BY_TLS)]
            await send(message)

        inner = {**scope, "method": "GET", HEAD_ONLY: True} if scope["method"] == "HEAD" else scope
        try:
            await self._app(inner, receive, send_on)
        except ClientDisconnect:
            status = status or _CLIENT_CLOSED
        except Exception as error:
            instance = f"urn:uuid:{self._new_id()}"
            _log.exception("fault", instance=instance, **logged)
            if status:  # the response has begun: break the connection, or a partial answer would look complete
                raise
            await problem_of(error).response(instance)(scope, receive, send_on)
        finally:
            took = time.perf_counter() - began
            _log.info("request", **logged, status=status, ms=round(took * 1000, 1))
            self._metrics.request(_method(scope), route_path(inner), status, took)


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in _METHODS else "other"


_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_HEADERS: Final = {b"host": "Host", b"origin": "Origin", b"sec-fetch-site": "Sec-Fetch-Site"}
_CROSS_SITE: Final = "cross-site"


class HostCheck:
    """Refuses requests with a foreign `Host` (DNS rebinding), and cross-site writes by a browser (CSRF).

    Programs that are no browsers send neither `Origin` nor `Sec-Fetch-Site`.
    """

    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            try:
                self._check(scope)
            except HttpProblem as problem:
                await problem.response()(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        found: dict[bytes, str] = {}
        for name, value in scope["headers"]:
            if name in _HEADERS:
                if name in found:
                    raise _invalid_header(_HEADERS[name], "It is given twice.")
                found[name] = value.decode("latin-1").strip(" \t")  # optional whitespace (RFC 9110 §5.5)
        host, origin, site = map(found.get, _HEADERS)
        self._check_host(host, scope["http_version"])
        if scope["method"] not in _SAFE:
            self._check_site(origin, site)

    def _check_host(self, host: str | None, version: str) -> None:
        if host is None:
            if version == "1.0":  # HTTP/1.0 has no Host header; no browser speaks it any more
                return
            raise _invalid_header("Host", "This is needed and missing.")
        try:
            if self._hosts.includes(host):
                return
        except NoHost as problem:
            raise _invalid_header("Host", f"“{host[:100]}” cannot be read: {problem}.") from None
        detail = (
            f"This service does not answer for “{host[:100]}”. If it is reached by that name, whoever runs it adds the"
            f" name to {SETTING}; else the request came here by mistake."
        )
        raise HttpProblem("wrong-host", detail)

    def _check_site(self, origin: str | None, site: str | None) -> None:
        """Refuse a cross-site write, by `Origin`, or by `Sec-Fetch-Site` where there is no `Origin`."""
        if origin is not None and origin in self._hosts.origins:
            return
        foreign = (
            (site or "").lower() == _CROSS_SITE if origin is None or self._hosts.any else not self._is_same_site(origin)
        )
        if foreign:
            said = f"“{origin[:100]}”" if origin is not None else "another site"
            detail = (
                f"A page of {said} sent this, and only pages of this service may write. Nothing was recorded."
                f" If that site is yours, whoever runs the service adds it to {ORIGINS_SETTING}."
            )
            raise HttpProblem("cross-site", detail)

    def _is_same_site(self, origin: str) -> bool:
        try:
            return self._hosts.includes(urlsplit(origin).netloc)
        except ValueError:  # not a URL: an opaque origin is “null”
            return False


def _invalid_header(name: str, reason: str) -> HttpProblem:
    return HttpProblem("invalid-header", f"{name}: {reason}", [FieldError(name, reason)])


def cross_origin_sharing(origins: frozenset[str]) -> dict[str, Any]:
    """Return the options of Starlette's CORSMiddleware: pages of `origins` may ask by a token, never by a cookie."""
    return {
        "allow_origins": sorted(origins),
        "allow_methods": ["GET", "HEAD", "POST", "PUT", "DELETE"],
        "allow_headers": [
            "Authorization",
            "Content-Type",
            "Idempotency-Key",
            "If-Match",
            "If-None-Match",
            "Last-Event-ID",
        ],
        "expose_headers": _EXPOSED,
    }


_EXPOSED: Final = [
    *("ETag", "Link", "Location", "Retry-After", "WWW-Authenticate"),
    *("Idempotent-Replayed", "Knownwhen-Coordinates", "Knownwhen-Digest"),
]
_CACHE_CONTROL: Final = b"cache-control"
_NO_STORE: Final = b"no-store"
_PRIVATE: Final = b"private, no-cache"


class PrivateAnswers:
    """Makes answers to a token private, and asked for again each time: what it may see can change, also of the past."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or principal_of(scope) is OPERATOR:
            await self._app(scope, receive, send)
            return

        async def send_private(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    (name, _PRIVATE if name == _CACHE_CONTROL and value != _NO_STORE else value)
                    for name, value in message["headers"]
                ]
            await send(message)

        await self._app(scope, receive, send_private)


class PathEndings:
    """Takes an ending such as `.csv` off the path of a read, and keeps it for the negotiation of its answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            take_ending(scope)
        await self._app(scope, receive, send)


_LEAST_COMPRESSED: Final = 500
"""The fewest bytes of a body that is compressed."""
_LEVEL: Final = 5


class Compression:
    """Compresses responses as Starlette's GZipMiddleware does; small ones, which that leaves alone, it never sees."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        send_on: Send | None = None

        async def send_message(message: Message) -> None:
            nonlocal send_on
            if send_on is None:
                send_on = send if _is_small(message) else _compressing(self._app, scope, send)
            await send_on(message)

        await self._app(scope, receive, send_message)


def _is_small(start: Message) -> bool:
    """Say whether the response has no more bytes than its `Content-Length`, and these are too few."""
    return any(name == b"content-length" and int(value) < _LEAST_COMPRESSED for name, value in start["headers"])


def _compressing(app: ASGIApp, scope: Scope, send: Send) -> Send:
    responder = (
        GZipResponder(app, _LEAST_COMPRESSED, _LEVEL)
        if "gzip" in Headers(scope=scope).get("Accept-Encoding", "")
        else IdentityResponder(app, _LEAST_COMPRESSED)
    )
    responder.send = send
    return responder.send_with_compression
