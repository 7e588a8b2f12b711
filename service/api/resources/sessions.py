"""Sessions of browsers: a cookie instead of a token, as pages cannot send headers with event streams and downloads."""

from datetime import datetime
from typing import Final, Literal

import orjson
from fastapi import Request
from starlette.responses import Response

from domain.values.time.clocks import format_instant
from service.access.authenticator import session_hash
from service.access.principal import AccessScope
from service.access.sessions import LASTS
from service.api.authentication import COOKIE, credential_of
from service.api.authorization import ANY_TOKEN
from service.api.errors.problem import HttpProblem
from service.api.media_types import JSON
from service.api.models import ResponseModel
from service.api.principals import RequestPrincipal
from service.api.resource import Resource
from service.api.services import InjectedServices
from service.runtime.hosts import Hosts, NoHost

RESOURCE = Resource("access")

_OWN: Final = "/v1/session"
_LOOPBACK: Final = Hosts()
_UNCACHED: Final = {"Cache-Control": "no-store"}


class SessionResponse(ResponseModel):
    """A session that began, and what it permits."""

    name: str
    """Of the token that it stands for."""
    scopes: list[AccessScope]
    expires_at: str


class WhoAsks(ResponseModel):
    """Who asks, and what they may do."""

    name: str
    """Of the token; `operator` where none is needed, `anyone` or `nobody` without one."""
    scopes: list[AccessScope]
    collections: list[str] | None
    """Those that may be read and written in; null for all, also those that do not exist yet."""
    needs_token: bool
    """Whether the service needs tokens and this request came without one."""
    by: Literal["session", "bearer"] | None
    """How the request named its token: by the cookie of a session, or in `Authorization`."""


@RESOURCE.get(_OWN, summary="Show who asks", **RESOURCE.reads(WhoAsks, scope=None))
async def show_session(request: Request, principal: RequestPrincipal) -> Response:
    """Tell whose token this request came with, and what it permits; the same for everyone where none is needed."""
    credential = credential_of(request.scope)
    document = {
        "name": principal.name,
        "scopes": sorted(principal.scopes),
        "collections": None if principal.collections is None else sorted(principal.collections),
        "needs_token": principal.anonymous,
        "by": credential.kind if credential else None,
    }
    return Response(orjson.dumps(document), 200, _UNCACHED, JSON)


@RESOURCE.post(
    _OWN,
    summary="Begin a session",
    **RESOURCE.acts(SessionResponse, "It has begun.", "session-needs-token", scope=ANY_TOKEN),
)
async def begin_session(request: Request, services: InjectedServices, principal: RequestPrincipal) -> Response:
    """Send a token as `Authorization: Bearer`; the answer sets a cookie that stands for it.

    It lasts for 12 hours, or as long as the token. Scripts cannot read it, and browsers send it for pages of this
    service only. A write by it must come from such a page.
    """
    credential = credential_of(request.scope)
    if services.authenticator is None or credential is None or credential.kind != "bearer":
        detail = "A session begins with a token, in `Authorization: Bearer`; where none is needed, nor is a session."
        raise HttpProblem("session-needs-token", detail)
    secret = services.tokens.new_session_secret()
    ends = await services.authenticator.begin_session(credential, session_hash(secret))
    document = {"name": principal.name, "scopes": sorted(principal.scopes), "expires_at": format_instant(ends)}
    response = Response(orjson.dumps(document), 200, _UNCACHED, JSON)
    _set_cookie(response, request, secret, ends)
    return response


@RESOURCE.delete(_OWN, summary="End a session", **RESOURCE.acts(None, "It has ended.", scope=None))
async def end_session(request: Request, services: InjectedServices) -> Response:
    """Make the cookie worthless at once, and have the browser forget it. Without a session, nothing changes."""
    credential = credential_of(request.scope)
    if services.authenticator is not None and credential is not None and credential.kind == "session":
        await services.authenticator.end_session(credential)
    response = Response(None, 204, _UNCACHED)
    _set_cookie(response, request, "", None)
    return response


def _set_cookie(response: Response, request: Request, secret: str, ends: datetime | None) -> None:
    lasts = int(LASTS.total_seconds()) if ends else 0
    response.set_cookie(
        COOKIE, secret, lasts, ends, path="/", secure=not _is_loopback(request), httponly=True, samesite="strict"
    )


def _is_loopback(request: Request) -> bool:
    """Say whether the page is of this very machine, where no TLS is needed."""
    try:
        return _LOOPBACK.includes(request.headers.get("host", ""))
    except NoHost:
        return False
