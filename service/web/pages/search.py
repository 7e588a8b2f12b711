"""The search of reports across incidents, by their words and by filters, with the words that were found marked."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Final, get_args

from markupsafe import Markup
from starlette.responses import Response

from domain.reports.kind import Tier
from domain.reports.registry import KINDS
from service.web.api_client import ApiProblem
from service.web.api_document import ApiDocument
from service.web.language.labels import label
from service.web.language.languages import Language, marked
from service.web.name_lookup import incident_titles, source_names
from service.web.page import Pages, WebPage, gather
from service.web.parts.listing import MOST_NAMED, FilterChoice, choices, found_words, read_as_of, wanted_words
from service.web.parts.local_time import day_said
from service.web.parts.refusals import refusal

PAGES = Pages()

LIMIT: Final = 25
_LISTS: Final = ("incident", "kind", "source", "tag", "tier", "standing")
_DAYS: Final = ("occurred_from", "occurred_to", "reported_from", "reported_to")
_STANDINGS: Final = ("standing", "corrected", "retracted", "disputed")
_SORTS: Final = {
    "-reported": marked("said last first"),
    "reported": marked("said first first"),
    "-occurred": marked("happened last first"),
    "occurred": marked("happened first first"),
}
_TEXTS: Final = ("summary", "quotes", "notes", "occurred_words")
"""The free text of a report that is shown."""


@PAGES.get("/search")
async def search(page: WebPage) -> Response:
    """Show the reports that are found; without a question, the newest."""
    language, as_of, q = page.language, read_as_of(page.reading.as_of), page.params("q")
    asked = {name: page.params(name) for name in _LISTS}
    days = {name: page.param(name) for name in _DAYS}
    sort = page.param("sort") or "-reported"
    sources, incidents = await _named(page)
    offered = await asyncio.gather(
        source_names(page.api, asked["source"], sources), incident_titles(page.api, asked["incident"], incidents)
    )
    values: dict[str, object] = {
        "as_of": as_of,
        "q": " ".join(q),
        "tag": asked["tag"],
        "days": days,
        "filtered": any(asked.values()) or any(days.values()),
        "choices": _choices(language, asked, *offered),
        "sorts": choices(((each, language.text(text)) for each, text in _SORTS.items()), [sort]),
        "marked": partial(found_words, wanted=wanted_words(q)),
        "texts": partial(_texts, wanted=wanted_words(q)),
        "said": partial(day_said, language),
        "feed": page.link("/search/feed.atom", {"q": q, **asked}),
        "found": None,
    }
    query = {"q": q, **asked, **days, "sort": sort, "as_of": as_of.asked, "limit": LIMIT}
    try:
        (found,) = await gather(page.api.get("/v1/reports", {**query, "cursor": page.param("cursor")}))
    except ApiProblem as problem:
        told = {"refused": refusal(language, problem.slug), "detail": str(problem)}
        return page.render("search.html", {**values, **told}, problem.answer.status)
    items = found["items"]
    names, titles = await asyncio.gather(
        source_names(page.api, (origin for each in items for origin in (each["source"], *each["via"])), sources),
        incident_titles(page.api, (each["incident"] for each in items), incidents),
    )
    told = {"found": found, "names": names, "titles": titles, "joined": partial(_joined, language, names)}
    return page.render("search.html", {**values, **told})


async def _named(page: WebPage) -> tuple[dict[str, str], dict[str, str]]:
    """Return the names of sources and the titles of incidents to choose from; none while tables are being built."""
    try:
        sources, incidents = await gather(
            page.api.get("/v1/sources", {"sort": "-reports", "limit": MOST_NAMED}),
            page.api.get("/v1/incidents", {"sort": "-changed", "limit": MOST_NAMED}),
        )
    except ApiProblem:
        return {}, {}
    named = {each["origin"]: each["name"] for each in sources["items"]}
    return named, {each["slug"]: each["title"] for each in incidents["items"]}


def _choices(
    language: Language, asked: Mapping[str, list[str]], sources: Mapping[str, str], incidents: Mapping[str, str]
) -> dict[str, tuple[FilterChoice, ...]]:
    families = {"kind": tuple(KINDS), "tier": get_args(Tier), "standing": _STANDINGS}
    found = {
        name: choices(((each, label(language, name, each)) for each in codes), asked[name])
        for name, codes in families.items()
    }
    by_name = sorted(sources.items(), key=lambda each: each[1].casefold())
    return {
        **found,
        "source": choices(by_name, asked["source"]),
        "incident": choices(sorted(incidents.items(), key=lambda each: each[1].casefold()), asked["incident"]),
    }


def _joined(language: Language, names: Mapping[str, str], origins: Iterable[str]) -> str:
    return language.comma.join(names[each] for each in origins)


def _texts(text: ApiDocument, wanted: frozenset[str]) -> Iterator[Markup]:
    """Yield the free text of a report in pieces, each with the words that were found marked."""
    for name in _TEXTS:
        value = text.get(name) or ()
        for piece in [value] if isinstance(value, str) else value:
            yield found_words(f"“{piece}”" if name == "quotes" else piece, wanted)
