"""A page that is being made: whose request it is, in which language and reading, and how it is rendered."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Final
from urllib.parse import quote

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match, Route
from starlette.types import Scope

from service.api.errors.problem import HttpProblem
from service.api.media_types import HTML, JSON
from service.api.negotiation import negotiate
from service.web.api_client import Api, ApiAnswer, ApiProblem, MovedTo, Query, query_string
from service.web.finished_pages import finished_pages
from service.web.language.languages import ALL_DIGITS, CODES, Digits, Language, language
from service.web.parts.refusals import refusal
from service.web.reading import PageReading, reading_of
from service.web.template_environment import templates

_POLICY: Final = (
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self';"
    " frame-ancestors {ancestors}"
)
_OK: Final = 200
_NOT_MODIFIED: Final = 304
_UNAUTHORIZED: Final = 401


@dataclass(frozen=True)
class WebPage:
    """A page for one request."""

    request: Request
    api: Api
    language: Language
    reading: PageReading
    session: Mapping[str, Any]
    """The document of `GET /v1/session`: who asks, and what they may do."""

    @property
    def path(self) -> str:
        """The path of the page."""
        return self.request.url.path

    def param(self, name: str) -> str | None:
        """Return a parameter of the query; None where it is not given, or empty."""
        return self.request.query_params.get(name, "").strip() or None

    def params(self, name: str) -> list[str]:
        """Return all values of a parameter that are not empty."""
        return [each.strip() for each in self.request.query_params.getlist(name) if each.strip()]

    def part_of_path(self, name: str) -> str:
        """Return a parameter of the path."""
        return self.request.path_params[name]

    def may(self, scope: str) -> bool:
        """Say whether who asks has a scope."""
        return scope in self.session["scopes"]

    @cached_property
    def kept(self) -> dict[str, str]:
        """The parameters that every link keeps: language and digits, where the query names them."""
        return {name: value for name in ("lang", "digits") if (value := self.param(name))}

    def link(self, path: str, query: Query | None = None, *, reading: PageReading | bool = False) -> str:
        """Return the address of a page in the same language; in this reading (True) or another, if wished."""
        asked = self.reading.query() if reading is True else reading.query() if reading else {}
        search = query_string({**asked, **(query or {}), **self.kept})
        return f"{quote(path, safe='/:')}?{search}" if search else quote(path, safe="/:")

    def here(self, **changes: str | int | None) -> str:
        """Return the address of this page with some parameters of its query changed, or (None) left out."""
        query: dict[str, Any] = {
            name: self.request.query_params.getlist(name) for name in self.request.query_params if name not in changes
        }
        search = query_string({**query, **changes})
        return f"{quote(self.path, safe='/:')}?{search}" if search else quote(self.path, safe="/:")

    def render(
        self,
        template: str,
        values: Mapping[str, object] | None = None,
        status: int = 200,
        *,
        framed: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Render a template; pages of other sites may frame it if `framed`. 304 where the client has the same."""
        body = templates(self.language).get_template(template).render(page=self, **(values or {})).encode()
        tag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
        sent = {
            "Content-Security-Policy": _POLICY.format(ancestors="*" if framed else "'self'"),
            "Content-Language": self.language.code,
            "Referrer-Policy": "same-origin",
            "Cache-Control": "no-cache" if status < _UNAUTHORIZED else "no-store",
            "Vary": "Accept, Accept-Language",
            "ETag": tag,
            **(headers or {}),
        }
        if tag in self.request.headers.get("if-none-match", ""):
            return Response(None, _NOT_MODIFIED, sent)
        return Response(body, status, sent, f"{HTML}; charset=utf-8")


Handler = Callable[[WebPage], Awaitable[Response]]


class Pages:
    """The pages of one file in `pages/`, which declares it as `PAGES`."""

    def __init__(self) -> None:
        self.routes: list[Route] = []

    def get(self, path: str, route: type[Route] = Route, *, kept: bool = False) -> Callable[[Handler], Handler]:
        """Declare the page at a path. If `kept`, it depends on who asks and on the log alone, and is kept."""

        def declare(handler: Handler) -> Handler:
            async def endpoint(request: Request) -> Response:
                return await respond(request, partial(_unless_finished, handler) if kept else handler)

            self.routes.append(route(path, endpoint, methods=["GET"], name=handler.__name__))
            return handler

        return declare


class BrowserRoute(Route):
    """A route for those who prefer HTML; what it does not match, later routes answer."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match a request that prefers HTML to JSON."""
        found, child = super().matches(scope)
        if found is Match.FULL and not self._prefers_html(Request(scope)):
            return Match.NONE, {}
        return found, child

    def _prefers_html(self, request: Request) -> bool:
        try:
            return negotiate(request, JSON, HTML) == HTML
        except HttpProblem:
            return False


async def respond(request: Request, handler: Handler) -> Response:
    """Make a page; a refusal of the interface becomes a page that says so, with its status."""
    api = Api(request.scope)
    session = await api.get("/v1/session")
    page = WebPage(request, api, _language(request), reading_of(request.query_params), session.document)
    try:
        return await handler(page)
    except MovedTo as moved:
        return _moved(request, moved.into)
    except ApiProblem as problem:
        return page_of_problem(page, problem)


def _moved(request: Request, into: str) -> Response:
    """Redirect to the same page of the incident that this one is merged into."""
    own = f"/incidents/{request.path_params.get('slug', '')}"
    rest = request.scope["path"].removeprefix(own) if request.scope["path"].startswith(own) else ""
    path = f"/incidents/{quote(into)}{quote(rest)}"
    return RedirectResponse(f"{path}?{request.url.query}" if request.url.query else path, 307)


async def _unless_finished(handler: Handler, page: WebPage) -> Response:
    """Send the page that was made of the same log for the same reader; make it where there is none."""
    as_of = page.reading.as_of
    if as_of and not as_of.startswith("@"):  # until when a moment to come is open is no matter of the log
        return await handler(page)
    (changes,) = await gather(page.api.get("/v1/changes", {"limit": 1}))
    position, pages = changes["position"], finished_pages(page.request.app)
    key = (str(page.request.url), page.language, orjson.dumps(page.session))
    found = pages.get(position, key)
    if found is None:
        response = await handler(page)
        if response.status_code != _OK:
            return response
        found = await pages.put(position, key, response)
    return found.response(page.request)


def page_of_problem(page: WebPage, problem: ApiProblem) -> Response:
    """Render a refusal of the API as a page; where a token is needed, with a sign-in form."""
    answer = problem.answer
    retry = {"Retry-After": answer.headers["retry-after"]} if "retry-after" in answer.headers else {}
    values = {"problem": answer.document, "refused": refusal(page.language, problem.slug)}
    return page.render("problem.html", values, answer.status, headers=retry)


def _language(request: Request) -> Language:
    """Return the language that the query names, else the best of those that the browser prefers, else the first."""
    named = request.query_params.get("lang", "")
    code = named if named in CODES else _preferred(request.headers.get("accept-language", ""))
    digits = request.query_params.get("digits")
    usual: Digits = "arab" if code == "ar" else "latn"
    return language(code, next((each for each in ALL_DIGITS if each == digits), usual))


def _preferred(header: str) -> str:
    """Return the language of `CODES` that `Accept-Language` weighs most, the first of equals (RFC 9110 §12.5.4)."""
    best, weight = CODES[0], 0.0
    for each in header.split(","):
        tag, _, quality = each.strip().partition(";q=")
        code = tag.partition("-")[0].lower()
        try:
            found = float(quality or 1)
        except ValueError:
            continue
        if code in CODES and found > weight:
            best, weight = code, found
    return best


async def gather(*asked: Awaitable[ApiAnswer]) -> list[Any]:
    """Ask several things at once, and return their documents. Raises the refusal of the first that was refused."""
    answers = await asyncio.gather(*asked, return_exceptions=True)
    read = [each.read() for each in answers if isinstance(each, ApiAnswer)]
    if len(read) == len(answers):
        return await asyncio.gather(*read)
    for each in read:
        each.close()
    raise next(each for each in answers if isinstance(each, BaseException))
