"""The incidents: found, filtered, and as of any moment. At `/`, where programs get the index of the interface."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from starlette.responses import Response

from service.web.api_client import ApiAnswer, ApiProblem
from service.web.api_document import ApiDocument
from service.web.page import BrowserRoute, Pages, WebPage
from service.web.parts.activity_strip import HEIGHT, WIDTH, activity_strip
from service.web.parts.incident_rows import IncidentRows
from service.web.parts.list_filters import DEFAULT_SORT, MOMENTS, NAMES, list_filters
from service.web.parts.list_map import level_names, list_map
from service.web.parts.names import Names
from service.web.parts.refusals import refusal

PAGES = Pages()
LISTED: Final = 50
OVERVIEW: Final = 500
"""How many incidents map and strip show, at most."""
SOURCES: Final = 500
_LISTS: Final = "/v1/incidents"
_ASKED_TO_CHANGE: Final = 422
_WAITING: Final = frozenset({"being-built", "not-there-yet"})


@PAGES.get("/", BrowserRoute)
async def incident_list(page: WebPage) -> Response:
    """Show the incidents. A filter that the interface refuses is shown beside its field."""
    asked = {name: values for name in (*NAMES, *MOMENTS) if (values := page.params(name))}
    try:
        return await _found(page, asked)
    except ApiProblem as problem:
        if problem.slug in _WAITING:
            headers = {"Retry-After": problem.answer.headers.get("retry-after", "5"), "Cache-Control": "no-store"}
            return page.render("list_being_built.html", {"problem": problem.answer.document}, 503, headers=headers)
        if problem.answer.status != _ASKED_TO_CHANGE:
            raise
        return await _refused(page, asked, problem)


async def _found(page: WebPage, asked: Mapping[str, Sequence[str]]) -> Response:
    query = {"sort": DEFAULT_SORT, **asked}
    found, clocks = await asyncio.gather(
        page.api.get(_LISTS, {**query, "cursor": page.param("cursor"), "limit": LISTED, "points": "true"}),
        _clocks(page),
    )
    listed = found.document
    overview = listed
    if listed["next"] or page.param("cursor"):
        at = {**query, "as_of": f"@{listed['position']}", "limit": OVERVIEW, "points": "true"}
        overview = (await page.api.get(_LISTS, at)).document
    values = {
        "level_names": level_names(page.language),
        "list": _shown(page, listed, clocks.names),
        "form": list_filters(page.language, asked, clocks.sources, {}),
        "map": list_map(page.language, overview["items"], _filtered(page), _linked(page), page.param("bbox")),
        "strip": activity_strip(page.language, overview["items"], page.here),
        "strip_size": (WIDTH, HEIGHT),
        "overview": Overview(len(overview["items"]), bool(overview["next"])),
        "clocks": clocks,
        "said_by": _said_by(page),
        "as_of": await _moment(page, listed["position"]),
        "api_url": found.url,
    }
    return page.render("incident_list.html", values)


async def _refused(page: WebPage, asked: Mapping[str, Sequence[str]], problem: ApiProblem) -> Response:
    document, clocks = problem.answer.document, await _clocks(page)
    errors = {each["field"]: each["reason"] for each in document.get("errors", ())} or {"": document["detail"]}
    refused = refusal(page.language, problem.slug)
    form = list_filters(page.language, asked, clocks.sources, errors)
    values = {"list": None, "form": form, "clocks": clocks, "refused": refused}
    return page.render("incident_list.html", values, problem.answer.status)


@dataclass(frozen=True)
class Overview:
    """Coverage of map and strip: how many incidents they show, and whether there are more."""

    count: int
    more: bool


@dataclass(frozen=True)
class Clocks:
    """The ends of both clocks, and the sources."""

    position: int
    """The last position of the log."""
    first_day: str
    last_day: str
    """Between which days sources reported, in UTC; empty where there is no report."""
    names: Names
    sources: Sequence[ApiDocument]


@dataclass(frozen=True)
class Listed:
    """A page of the list."""

    rows: Sequence[object]
    position: int
    following: str
    first: str
    """The address of the first page, where this is a later one."""


async def _clocks(page: WebPage) -> Clocks:
    oldest, newest, sources = await asyncio.gather(
        page.api.get("/v1/reports", {"sort": "reported", "limit": 1}),
        page.api.get("/v1/reports", {"sort": "-reported", "limit": 1}),
        page.api.get("/v1/sources", {"limit": SOURCES}),
    )
    items = sources.document["items"]
    named = [{"source": each["origin"], "name": each["name"]} for each in items]
    names = Names(page.language, {"sources": named, "sides": (), "scopes": ()})
    return Clocks(newest.document["position"], _day(oldest), _day(newest), names, items)


def _day(answer: ApiAnswer) -> str:
    for item in answer.document["items"]:
        reported = item["reported_at"]
        return (reported["latest"] or reported["earliest"] or "")[:10]
    return ""


def _shown(page: WebPage, found: ApiDocument, names: Names) -> Listed:
    rows = IncidentRows(page.language, names, _linked(page))
    following = page.here(cursor=found["next"]) if found["next"] else ""
    first = page.here(cursor=None) if page.param("cursor") else ""
    return Listed([rows.row(each) for each in found["items"]], found["position"], following, first)


async def _moment(page: WebPage, position: int) -> str:
    """Return when a position was recorded, in words; empty where who asks may not see what was."""
    changes = await page.api.get("/v1/changes", {"after": max(0, position - 1), "limit": 1})
    found = [each for each in changes.document["items"] if each["position"] == position]
    return page.language.moment(found[0]["recorded_at"]) if found else ""


def _said_by(page: WebPage) -> str:
    until = page.reading.reported_until
    return page.language.moment(until) if until else ""


def _linked(page: WebPage) -> Callable[[str], str]:
    """Return a function that makes links to pages in the same reading."""
    return lambda path: page.link(path, reading=True)


def _filtered(page: WebPage) -> Callable[..., str]:
    """Return a function that makes links to the first page of the list with other filters."""
    return partial(page.here, cursor=None)
