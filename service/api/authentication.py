"""ASGI middleware that sets who asks, by the token of `Authorization` or the cookie of a session."""

from collections.abc import Iterable
from typing import Final, cast
from urllib.parse import urlsplit

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.access import token_text
from service.access.authenticator import Authenticator, Credential
from service.access.principal import Principal
from service.access.refusals import TokenInvalid, TooManyRequests
from service.api.authorization import CHALLENGE
from service.api.errors.exception_types import SLUG_BY_EXCEPTION
from service.api.errors.problem import HttpProblem, problem_of
from service.api.errors.validation import FieldError
from service.api.principals import allow_everything, set_principal
from service.api.services import Services

COOKIE: Final = "knownwhen_session"
"""The name of a session's cookie."""

_COOKIE: Final = COOKIE.encode()
_CREDENTIAL: Final = "credential"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_SAME_ORIGIN: Final = "same-origin"
_DEFAULT_PORTS: Final = (":80", ":443")
_HANDLED: Final = (HttpProblem, TokenInvalid, TooManyRequests, *SLUG_BY_EXCEPTION)
_ENDED: Final = "The token ended while the body was sent. What was recorded before stays."
_VARY: Final = (b"vary", b"Authorization, Cookie")


def credential_of(scope: Scope) -> Credential | None:
    """Return what the request named itself by; None where nothing was needed or given."""
    return cast("Credential | None", scope.get(_CREDENTIAL))


class CredentialEnded(ClientDisconnect):
    """The credential of a request ended before its body was read, or its answer sent, to the end."""


class _Exchange:
    """A request and its answer, each broken off when the credential ends. Reads say what their answer depends on."""

    def __init__(
        self,
        authenticator: Authenticator,
        credential: Credential | None,
        receive: Receive,
        send: Send,
        *,
        is_read: bool,
    ) -> None:
        self.answer_begun = False
        self._authenticator = authenticator
        self._credential = credential
        self._receive = receive
        self._send = send
        self._is_read = is_read

    async def receive(self) -> Message:
        """Receive a message. Raises CredentialEnded."""
        message = await self._receive()
        if not self._is_read and message["type"] == "http.request":
            await self._expect_standing()
        return message

    async def send(self, message: Message) -> None:
        """Send a message. Raises CredentialEnded."""
        if message["type"] == "http.response.start":
            self.answer_begun = True
            if self._is_read:
                message["headers"] = [*message["headers"], _VARY]
        elif message.get("more_body"):
            await self._expect_standing()
        await self._send(message)

    async def _expect_standing(self) -> None:
        credential = self._credential
        if credential is None or self._authenticator.stands(credential):
            return
        if not await self._authenticator.still_stands(credential):
            raise CredentialEnded


class Authentication:
    """Sets the principal of each request, and refuses credentials that are not valid, whatever is asked.

    Writes by a session's cookie must come from a page of the service or of `origins` (CSRF). A cookie that is not valid
    any more counts as none, as a browser cannot leave it out. When a credential ends, so does a long answer to it, and
    the reading of a body.
    """

    def __init__(self, app: ASGIApp, origins: frozenset[str]) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        authenticator = _authenticator(scope)
        if authenticator is None:
            allow_everything(scope)
            await self._app(scope, receive, send)
            return
        try:
            credential = self._credential(scope)
            principal = authenticator.anonymous
            if credential is not None:
                client = scope["client"][0] if scope.get("client") else ""
                principal = authenticator.recent(credential, client) or await _verified(
                    authenticator, credential, client
                )
        except _HANDLED as error:
            await _problem_of(error).response()(scope, receive, send)
            return
        if principal.anonymous:
            credential = None
        set_principal(scope, principal)
        scope[_CREDENTIAL] = credential
        exchange = _Exchange(authenticator, credential, receive, send, is_read=scope["method"] in _SAFE)
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except CredentialEnded:
            if exchange.answer_begun:
                raise
            await _problem_of(TokenInvalid(_ENDED)).response()(scope, receive, send)

    def _credential(self, scope: Scope) -> Credential | None:
        """Return the credential of a request: a token goes before a cookie. Raises HttpProblem and TokenInvalid."""
        authorization: bytes | None = None
        cookies: list[bytes] = []
        for name, value in scope["headers"]:
            if name == b"authorization":
                if authorization is not None:
                    raise _invalid_header("Authorization", "It is given twice.")
                authorization = value
            elif name == b"cookie":
                cookies.append(value)
        if authorization is not None:
            return Credential("bearer", authorization)
        secret = _session_in(cookies) if cookies else None
        if secret is None:
            return None
        if scope["method"] not in _SAFE and not self._is_own_page(scope["headers"]):
            raise _cross_site()
        return Credential("session", secret)

    def _is_own_page(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Say whether a browser sent this for a page of this very service, or of an origin that may write."""
        found = {name: value.decode("latin-1").strip(" \t") for name, value in headers}
        origin, site = found.get(b"origin"), found.get(b"sec-fetch-site")
        if origin is not None and origin in self._origins:
            return True
        if site is not None:
            return site.lower() == _SAME_ORIGIN
        return origin is not None and _host_of(origin) == _without_port(found.get(b"host", ""))


def _authenticator(scope: Scope) -> Authenticator | None:
    if scope["type"] != "http":
        return None
    return cast("Services", scope["app"].state.services).authenticator


async def _verified(authenticator: Authenticator, credential: Credential, client: str) -> Principal:
    try:
        return await authenticator.verify(credential, client)
    except TokenInvalid:
        if credential.kind == "session":
            return authenticator.anonymous
        raise


def _session_in(cookies: Iterable[bytes]) -> bytes | None:
    """Return the value of the session's cookie; None where there is none, or not just one."""
    pairs = [pair.strip().partition(b"=") for each in cookies for pair in each.split(b";")]
    values = {value for name, _, value in pairs if name == _COOKIE and 0 < len(value) <= token_text.LONGEST}
    return values.pop() if len(values) == 1 else None


def _host_of(origin: str) -> str:
    try:
        return _without_port(urlsplit(origin).netloc)
    except ValueError:
        return ""


def _without_port(host: str) -> str:
    """Return a host in lower case, without the default port of its scheme."""
    host = host.lower()
    return next((host.removesuffix(port) for port in _DEFAULT_PORTS if host.endswith(port)), host)


def _problem_of(error: Exception) -> HttpProblem:
    if isinstance(error, TokenInvalid):
        challenge = f'{CHALLENGE}, error="invalid_token"'
        return HttpProblem("token-invalid", str(error), headers={"WWW-Authenticate": challenge})
    if isinstance(error, TooManyRequests):
        return HttpProblem("too-many-requests", str(error), headers={"Retry-After": str(error.retry_after)})
    return problem_of(error)


def _cross_site() -> HttpProblem:
    detail = (
        "This came with the cookie of a session, but not from a page of this service, and only those may write by it."
        " Nothing was recorded. Programs send `Authorization: Bearer` and a token."
    )
    return HttpProblem("cross-site", detail)


def _invalid_header(name: str, reason: str) -> HttpProblem:
    return HttpProblem("invalid-header", f"{name}: {reason}", [FieldError(name, reason)])
