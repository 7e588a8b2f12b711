"""The index, and HTML pages of operations and problem types. They load nothing from other hosts."""

from datetime import datetime
from functools import lru_cache
from html import escape
from typing import Any, cast
from urllib.parse import quote

import orjson
from fastapi import Request
from starlette.responses import Response

from domain.facts.union import IncidentOpened
from domain.history.history import History
from domain.reports.claims.claim import latest
from domain.values.time.clocks import format_instant
from service.answers.answer import inputs_at
from service.api.errors import pages
from service.api.errors.pages import html_prose
from service.api.errors.problem import HttpProblem
from service.api.errors.types import PROBLEMS_PATH
from service.api.media_types import HTML, JSON
from service.api.principals import principal_of
from service.api.resource import Resource
from service.api.responses import document_response
from service.api.services import InjectedServices
from service.runtime.worker_thread import in_thread

RESOURCE = Resource("pages")

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "code,pre{font:14px/1.5 ui-monospace,monospace}pre{background:#f4f4f2;padding:.75rem;overflow-x:auto}"
    "table{border-collapse:collapse}td,th{text-align:left;padding:.25rem 1rem .25rem 0;vertical-align:top}"
    "section{border-top:1px solid #ddd;margin-top:1.5rem}h2 code{font-size:1.1rem}"
)
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
    "Cache-Control": "no-cache",
}
_LINKS = {
    "incidents": "/v1/incidents",
    "openapi": "/openapi.json",
    "docs": "/docs",
    "problems": PROBLEMS_PATH,
    "ready": "/readyz",
}

_OPEN = "open: whoever reaches this service may do everything, and no token is needed"
_CLOSED = "by token: send `Authorization: Bearer` and a token"
_PUBLIC = f"{_CLOSED}; the collection public may be read without one"
_TRY = "curl -H \"Authorization: Bearer $TOKEN\" '{base}v1/incidents'"


@RESOURCE.get("/", include_in_schema=False, **RESOURCE.needs(None))
async def index(request: Request, services: InjectedServices) -> Response:
    """Say what this is, where things are, and three lines to try."""
    principal = principal_of(request.scope)
    lines = await _lines(request, services) if principal.may("read") else [_TRY.format(base=request.base_url)]
    document = {"service": "knownwhen", "access": _access(services), "links": _LINKS, "try": lines}
    return document_response(request, document)


def _access(services: InjectedServices) -> str:
    if services.authenticator is None:
        return _OPEN
    return _PUBLIC if services.authenticator.anonymous.may("read") else _CLOSED


@RESOURCE.get("/openapi.json", include_in_schema=False, **RESOURCE.needs(None))
async def openapi(request: Request) -> Response:
    """Return the OpenAPI document."""
    return document_response(request, request.app.openapi())


@RESOURCE.get("/docs", include_in_schema=False, **RESOURCE.needs(None))
async def docs(request: Request) -> Response:
    """List what there is to call, from the OpenAPI document."""
    return _html("Knownwhen: what there is to call", _operations(request))


@RESOURCE.get(PROBLEMS_PATH, include_in_schema=False, **RESOURCE.needs(None))
async def problems() -> Response:
    """List the problem types."""
    return _html("Problems", pages.index_page())


@RESOURCE.get(f"{PROBLEMS_PATH}/{{slug}}", include_in_schema=False, **RESOURCE.needs(None))
async def problem(slug: str) -> Response:
    """Describe a problem type, at the URI of its `type`."""
    body = pages.type_page(slug)
    if body is None:
        raise HttpProblem("no-such-page", f"There is no problem type “{slug[:100]}”; see “{PROBLEMS_PATH}”.")
    return _html(slug, f'{body}<p><a href="{PROBLEMS_PATH}">All problems</a></p>')


def _html(title: str, body: str) -> Response:
    page = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style><body>{body}</body></html>"
    )
    return Response(page, 200, _HEADERS, f"{HTML}; charset=utf-8")


async def _lines(request: Request, services: InjectedServices) -> list[str]:
    """Return example commands for the first incident of the log: now, as reported, as recorded."""
    base = str(request.base_url)
    head = (await services.reader.head()).position
    opened = await services.reader.opened(0, 1, head)
    if not opened:
        return [f"curl '{base}v1/incidents'"]
    slug = cast("IncidentOpened", opened[0].fact()).slug
    inputs = await inputs_at(services.reader, slug, head, None)
    own = f"{base}v1/incidents/{quote(slug)}"
    middle = inputs.rows[-1].position - len(inputs.rows) // 2
    said = await in_thread(len(inputs.rows), _median_reported, inputs.history)
    return [
        f"curl '{own}'",
        f"curl '{own}?reported_until={said}'" if said else f"curl '{own}/timeline'",
        f"curl '{own}?as_of=@{max(middle, opened[0].position)}'",
    ]


def _median_reported(history: History) -> str | None:
    moments: list[datetime] = sorted(latest(report.reported) for report in history.reports.values())
    return format_instant(moments[len(moments) // 2]) if moments else None


def _operations(request: Request) -> str:
    document: dict[str, Any] = request.app.openapi()
    return _rendered(orjson.dumps(document["paths"]), document["info"]["description"])


@lru_cache(maxsize=1)
def _rendered(paths: bytes, about: str) -> str:
    sections = [
        _operation(method.upper(), path, operation)
        for path, operations in orjson.loads(paths).items()
        for method, operation in operations.items()
    ]
    intro = "".join(f"<p>{html_prose(paragraph)}</p>" for paragraph in about.strip().split("\n\n"))
    return f'<h1>What there is to call</h1>{intro}<p><a href="/openapi.json">OpenAPI 3.1</a></p>{"".join(sections)}'


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    parameters = "".join(
        f"<tr><td><code>{escape(each['name'])}</code><td>{each['in']}<td>{html_prose(each['description'])}</tr>"
        for each in operation.get("parameters", ())
    )
    content = operation.get("requestBody", {}).get("content", {}).get(JSON, {})
    examples = "".join(
        f"<details><summary>{escape(name)}</summary><pre>{escape(_indented(example['value']))}</pre></details>"
        for name, example in content.get("examples", {}).items()
    )
    responses = "".join(
        f"<tr><td>{status}<td>{_linked(each['description'])}</tr>" for status, each in operation["responses"].items()
    )
    return (
        f"<section><h2><code>{method} {escape(path)}</code></h2><p><b>{escape(operation['summary'])}.</b>"
        f" {html_prose(operation['description'])}</p><table>{parameters}</table>{examples}"
        f"<table>{responses}</table></section>"
    )


def _indented(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def _linked(description: str) -> str:
    """Turn the links of a description, `[title](uri)`, into those of a page."""
    pieces = html_prose(description).split("](/problems/")
    linked = [pieces[0]]
    for piece in pieces[1:]:
        slug, _, rest = piece.partition(")")
        before, _, title = linked.pop().rpartition("[")
        linked += [f'{before}<a href="{PROBLEMS_PATH}/{slug}">{title}</a>{rest}']
    return "".join(linked)
