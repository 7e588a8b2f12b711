"""The wall: a request that is meant for another host, or that a page of another site sends, goes no further."""

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from service.api.complaints import Complaint
from service.api.failures import Problem
from service.runtime.hosts import SETTING, Hosts, NoHost

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_READ: Final = {b"host": "Host", b"origin": "Origin", b"sec-fetch-site": "Sec-Fetch-Site"}
_CROSS: Final = "cross-site"

Headers = Iterable[tuple[bytes, bytes]]


class Wall:
    """Refuses a foreign `Host` whatever is asked, and writes that a browser sends for a page of another site.

    A program that is no browser sends neither `Origin` nor `Sec-Fetch-Site`, and is not hindered.
    """

    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            try:
                self._check(scope)
            except Problem as problem:
                await problem.response()(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        found: dict[bytes, str] = {}
        for name, value in scope["headers"]:
            if name in _READ:
                if name in found:
                    raise _unreadable(_READ[name], "It is given twice.")
                found[name] = value.decode("latin-1").strip(" \t")  # which may stand around it (RFC 9110 §5.5)
        host, origin, site = map(found.get, _READ)
        self._expect_ours(host, scope["http_version"])
        if scope["method"] not in _SAFE:
            self._expect_of_ours(origin, site)

    def _expect_ours(self, host: str | None, version: str) -> None:
        if host is None:
            if version == "1.0":  # which has no such header; no browser speaks it any more
                return
            raise _unreadable("Host", "This is needed and missing.")
        try:
            if self._hosts.knows(host):
                return
        except NoHost as problem:
            raise _unreadable("Host", f"“{host[:100]}” cannot be read: {problem}.") from None
        detail = (
            f"This service does not answer for “{host[:100]}”. If it is reached by that name, whoever runs it adds the"
            f" name to {SETTING}; else the request came here by mistake."
        )
        raise Problem("wrong-host", detail)

    def _expect_of_ours(self, origin: str | None, site: str | None) -> None:
        """Let a write through unless a page of another site sends it: its origin tells, or else the browser does."""
        foreign = (site or "").lower() == _CROSS if origin is None or self._hosts.any else not self._is_ours(origin)
        if foreign:
            said = f"“{origin[:100]}”" if origin is not None else "another site"
            detail = (
                f"A page of {said} sent this, and only pages of this service may write. Nothing was recorded."
                f" If that site is yours, whoever runs the service adds its host to {SETTING}."
            )
            raise Problem("cross-site", detail)

    def _is_ours(self, origin: str) -> bool:
        try:
            return self._hosts.knows(urlsplit(origin).netloc)
        except ValueError:  # it is no address: a page without an origin says “null”
            return False


def _unreadable(name: str, reason: str) -> Problem:
    return Problem("invalid-header", f"{name}: {reason}", [Complaint(name, reason)])
