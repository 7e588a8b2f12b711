"""Atom feeds: of an incident (what moved its estimates), of a source, and of a search (reports that changed)."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import chain, groupby, pairwise
from typing import Any, Final, cast

from markupsafe import Markup
from starlette.responses import Response

from service.web.api_document import ApiDocument
from service.web.language.labels import label
from service.web.name_lookup import incident_titles, source_names
from service.web.page import Pages, WebPage, gather
from service.web.parts.difference import DifferencePart, EstimateChange, Wording, difference
from service.web.parts.feed import ATOM, Feed, FeedEntry
from service.web.parts.local_time import day_said, zone_of
from service.web.parts.names import Names

PAGES = Pages()

ENTRIES: Final = 10
"""How many transactions the feed of an incident tells of; each costs a comparison of two readings."""
REPORTS: Final = 50
"""How many reports the feed of a source or a search has."""
_FILTERS: Final = ("q", "incident", "kind", "source", "tag", "tier", "standing")
_ITEMS: Final = 5
"""How many items of a heading an entry tells; the page that it leads to has all."""


@PAGES.get("/incidents/{slug}/feed.atom")
async def incident_feed(page: WebPage) -> Response:
    """Send what changed in an incident with each of the last transactions that its answers depend on."""
    slug = page.part_of_path("slug")
    own = f"/v1/incidents/{slug}"
    state, moments, named = await gather(*(page.api.get(f"{own}{each}") for each in ("", "/moments", "/names")))
    positions = _transactions(moments["data"]["recorded"])[-ENTRIES - 1 :]
    entries = list[FeedEntry]()
    for before, after in reversed(list(pairwise(positions))):
        entry = await _change(page, slug, named, before, after)
        entries += [entry] if entry else []
    return _sent(page, state["coordinates"]["log"], state["data"]["title"], page.link(f"/incidents/{slug}"), entries)


def _transactions(recorded: Sequence[ApiDocument]) -> list[ApiDocument]:
    """Return the last fact of each transaction: its facts share a stamp."""
    return [list(facts)[-1] for _, facts in groupby(recorded, lambda each: each["recorded_at"])]


async def _change(
    page: WebPage, slug: str, named: ApiDocument, before: ApiDocument, after: ApiDocument
) -> FeedEntry | None:
    """Return the entry of what changed between two positions; None where nothing did, or nothing was known before."""
    own, ends = f"/v1/incidents/{slug}", [f"@{each['position']}" for each in (before, after)]
    found = await page.api.send("GET", f"{own}/diff", {"from": ends[0], "to": ends[1]})
    if found.status != Response().status_code:
        return None
    readings = [{"as_of": each} for each in ends]
    timeline, *rest = await gather(
        page.api.get(f"{own}/timeline", readings[1]),
        *(page.api.get(own, each) for each in readings),
        *(page.api.get(f"{own}/claims", each) for each in readings),
    )
    states, claims = rest[:2], [each["data"]["claims"] for each in rest[2:]]
    merged = {name: [*states[1]["data"][name], *states[0]["data"][name]] for name in ("sources", "sides", "scopes")}
    names = Names(page.language, merged, timeline["data"]["entries"], named["data"])
    words = Wording(page.language, names, zone_of(states[1]["data"]), str)
    told = difference(words, (await found.read())["data"], claims, lambda _: slice(_ITEMS))
    if told.nothing:
        return None
    compared = page.link(f"/incidents/{slug}/compare", {"from": ends[0], "to": ends[1]})
    lines = [_plain(each) for each in _lines(page, told)]
    title = next(iter(_estimates(page, told.estimates)), lines[0] if lines else states[1]["data"]["title"])
    return FeedEntry(f"{slug}@{after['position']}", after["recorded_at"], _plain(title), _site(page, compared), lines)


def _lines(page: WebPage, told: DifferencePart) -> Iterable[str]:
    yield from _estimates(page, told.estimates)
    for heading in told.headings:
        for item in heading.items:
            said = page.language.comma.join(each for each in (item.source, item.said, item.title) if each)
            yield page.language.text("%(heading)s: %(said)s", heading=heading.title, said=said)
            yield from item.lines


def _estimates(page: WebPage, changes: Iterable[EstimateChange]) -> Iterable[str]:
    """Yield a line for each estimate that moved: its key, its figure before, and its figure after."""
    none = page.language.text("no figure")
    for each in changes:
        before, after = (page.language.comma.join(map(_plain, lines)) or none for lines in (each.before, each.after))
        yield page.language.text("%(key)s: was %(before)s; is now %(after)s", key=each.key, before=before, after=after)


@PAGES.get("/sources/{slug}/feed.atom")
async def source_feed(page: WebPage) -> Response:
    """Send the reports of a source, those that changed last first."""
    slug = page.part_of_path("slug")
    (found,) = await gather(page.api.get(f"/v1/sources/{slug}"))
    return await _reports(page, {"source": slug}, found["name"], page.link(f"/sources/{slug}"))


@PAGES.get("/search/feed.atom")
async def search_feed(page: WebPage) -> Response:
    """Send the reports that a search finds, those that changed last first."""
    asked = {name: page.params(name) for name in _FILTERS}
    title = page.language.text("Search: %(words)s", words=" ".join(chain.from_iterable(asked.values())))
    return await _reports(page, asked, _plain(title), page.link("/search", asked))


async def _reports(page: WebPage, asked: Mapping[str, Any], title: str, address: str) -> Response:
    query = {**asked, "sort": "-changed", "limit": REPORTS}
    found, policy = await gather(page.api.get("/v1/reports", query), page.api.get("/v1/policy"))
    items = found["items"]
    titles = await incident_titles(page.api, (each["incident"] for each in items))
    names = await source_names(page.api, (each["source"] for each in items))
    told = partial(_report, page, titles, names)
    return _sent(page, policy["coordinates"]["log"], title, address, [told(each) for each in items])


def _report(page: WebPage, titles: Mapping[str, str], names: Mapping[str, str], item: ApiDocument) -> FeedEntry:
    language, words = page.language, cast("ApiDocument", item["text"] or {})
    said = item["reported_at"]["said"] or item["reported_at"]["latest"]
    parts = (label(language, "kind", item["kind"]), names[item["source"]], day_said(language, said))
    standing = [label(language, "standing", item["standing"])] if item["standing"] != "standing" else []
    changed, lines = item["changed"], [*standing, titles[item["incident"]]]
    lines += [words["summary"]] if "summary" in words else []
    lines += [f"“{each}”" for each in words.get("quotes", ())]
    link = page.link(f"/reports/{item['report_id']}")
    name = f"{item['report_id']}@{changed['position']}"
    return FeedEntry(name, changed["recorded_at"], language.comma.join(parts), _site(page, link), lines)


def _plain(text: str) -> str:
    """Return a line that may hold markup as plain text."""
    return text.striptags() if isinstance(text, Markup) else text


def _site(page: WebPage, path: str) -> str:
    return str(page.request.base_url).rstrip("/") + path


def _sent(page: WebPage, log: str, title: str, address: str, entries: Sequence[FeedEntry]) -> Response:
    """Send a feed; 304 where the client has the same."""
    feed = Feed(log, str(page.request.url), _site(page, address), page.language.code, title, entries)
    body = feed.document()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept-Language"}
    if tag in page.request.headers.get("if-none-match", ""):
        return Response(None, 304, headers)
    return Response(body, 200, headers, f"{ATOM}; charset=utf-8")
