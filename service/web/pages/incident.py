"""One incident at one reading: what it is known to be, and from whom."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from starlette.responses import Response

from service.web.api_client import ApiProblem
from service.web.page import Page, Pages, gather
from service.web.parts.cite import cite
from service.web.parts.context import PartContext
from service.web.parts.headline import Headline, differing, headline
from service.web.parts.keys import lead_key
from service.web.parts.names import Names
from service.web.parts.reading_sliders import reading_sliders
from service.web.parts.sources import SourceDocuments, sources
from service.web.parts.why import why

PAGES = Pages()
Envelope = Mapping[str, Any]
"""An answer of the interface: `data`, `text`, `coordinates` and `digest`."""


@dataclass(frozen=True)
class Incident:
    """The answers about an incident that its parts are made of, each as the interface sent it.

    All are of the page's reading, but `tolls`, `claims_ever` and `named` (names of sources): of the same position and
    policy, and of all that was said, so that a series can be followed past the reading. `moments` are those of now.
    """

    page: Page
    own: str
    """The path of the incident in the interface."""
    state: Envelope
    timeline: Envelope
    claims: Envelope
    escalation: Envelope
    tolls: Envelope
    claims_ever: Envelope
    moments: Envelope
    named: Envelope
    revisions: Envelope

    @cached_property
    def context(self) -> PartContext:
        """What all parts share."""
        page, state = self.page, self.state["data"]
        names = Names(page.language, state, self.timeline["data"]["entries"], self.named["data"])
        lead = lead_key(self.claims_ever["data"]["claims"], page.param)
        return PartContext(page.language, names, lead, page.here, page.link)

    @cached_property
    def headline(self) -> Headline:
        """The sentence that answers."""
        return headline(self.context, self.state, self.claims_ever["data"], self.tolls["data"])


PARTS: Final[Mapping[str, Callable[[Incident], object]]] = {
    "headline": lambda its: its.headline,
    "why": lambda its: why(its.context, its.state["data"], its.claims["data"], its.page.param("why_page")),
    "sources": lambda its: sources(
        its.context,
        SourceDocuments(its.state["data"], its.timeline["data"], its.claims["data"], its.revisions["data"]),
    ),
    "cite": lambda its: cite(its.context, its.own, its.state, its.headline),
}
"""The parts of the page in their order: templates/parts/NAME.html shows what the function returns, under NAME."""


_SHARED: Final = {"all_parts": tuple(PARTS), "differing": differing}
"""What the template of the page needs at every reading."""


@PAGES.get("/incidents/{slug}")
async def incident(page: Page) -> Response:
    """Show an incident."""
    slug = page.part_of_path("slug")
    own = f"/v1/incidents/{slug}"
    try:
        its = await _read(page, own)
    except ApiProblem as problem:
        if problem.slug != "not-yet-known":
            raise
        return await _not_yet(page, own, problem)
    sliders = reading_sliders(
        page.language, its.state["data"], its.moments["data"], its.state["coordinates"], page.reading
    )
    made = {name: make(its) for name, make in PARTS.items()}
    return page.render(
        "incident.html", {"state": its.state["data"], "sliders": sliders, "parts": tuple(PARTS), **_SHARED, **made}
    )


async def _read(page: Page, own: str) -> Incident:
    reading = page.reading.query()
    ever = {**reading, "reported_until": None}
    asked = [(own, reading), (f"{own}/timeline", reading), (f"{own}/claims", reading), (f"{own}/escalation", reading)]
    asked += [(f"{own}/tolls", ever), (f"{own}/names", ever), (f"{own}/moments", {}), (f"{own}/revisions", reading)]
    asked += [(f"{own}/claims", ever)] if page.reading.reported_until else []
    state, timeline, claims, escalation, tolls, named, moments, revisions, *rest = await gather(
        *(page.api.get(path, query) for path, query in asked)
    )
    said = (rest or [claims])[0]
    return Incident(page, own, state, timeline, claims, escalation, tolls, said, moments, named, revisions)


async def _not_yet(page: Page, own: str, problem: ApiProblem) -> Response:
    """Say that nothing was recorded at this reading, with the sliders to leave it by."""
    now, moments = await gather(page.api.get(own), page.api.get(f"{own}/moments"))
    sliders = reading_sliders(page.language, now["data"], moments["data"], None, page.reading)
    values = {"state": now["data"], "problem": problem.answer.document, "sliders": sliders, "parts": (), **_SHARED}
    return page.render("incident.html", values, problem.answer.status)
