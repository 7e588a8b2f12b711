"""One incident at one reading: what it is known to be, and from whom."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from starlette.responses import Response

from service.runtime.worker_thread import empty_lists, in_thread
from service.web.api_client import ApiProblem, Query
from service.web.api_document import ApiDocument
from service.web.page import Pages, WebPage, gather
from service.web.parts.cite import cite
from service.web.parts.context import PartContext
from service.web.parts.downloads import downloads
from service.web.parts.escalation_strip import escalation_strip
from service.web.parts.headline import HeadlinePart, differing, headline
from service.web.parts.incident_context import IncidentContext
from service.web.parts.incident_map import IncidentMap, MapView, incident_map
from service.web.parts.keys import lead_key
from service.web.parts.local_time import LocalTime, zone_of
from service.web.parts.names import Names
from service.web.parts.proof import CHECKPOINT, signed_size
from service.web.parts.reading_sliders import reading_sliders
from service.web.parts.sources import SourceDocuments, sources
from service.web.parts.timeline import Selected, Timeline, select, timeline, timeline_query, to_explain
from service.web.parts.toll_chart import choice_of, toll_chart
from service.web.parts.toll_data import TollDocuments
from service.web.parts.why import why

PAGES = Pages()


@dataclass(frozen=True)
class IncidentAnswers:
    """The answers about an incident that its parts are made of, each as the interface sent it.

    All are of the page's reading, but `tolls`, `claims_ever` and `named` (names of sources): of the same position and
    policy, and of all that was said, so that a series can be followed past the reading. `moments` are those of now.
    """

    page: WebPage
    own: str
    """The path of the incident in the interface."""
    state: ApiDocument
    timeline: ApiDocument
    claims: ApiDocument
    escalation: ApiDocument
    tolls: ApiDocument
    claims_ever: ApiDocument
    moments: ApiDocument
    named: ApiDocument
    revisions: ApiDocument
    selected: Selected
    """The entries of the page of the timeline that is asked for."""
    histories: Sequence[ApiDocument]
    """Histories of reports of that page, where no document says what became of them."""
    signed: int | None
    """The size of the last checkpoint; None where the log is not signed."""

    @cached_property
    def context(self) -> PartContext:
        """What all parts share."""
        page, state = self.page, self.state["data"]
        names = Names(page.language, state, self.timeline["data"]["entries"], self.named["data"])
        lead = lead_key(self.claims_ever["data"]["claims"], page.param)
        return PartContext(page.language, names, lead, page.here, page.link)

    @property
    def size(self) -> int:
        """About how many facts it has."""
        return len(self.timeline["data"]["entries"])

    @cached_property
    def headline(self) -> HeadlinePart:
        """The sentence that answers."""
        return headline(
            self.context, self.state, self.claims_ever["data"], self.tolls["data"], self.page.param("counts_page")
        )


def _timeline(its: IncidentAnswers) -> Timeline:
    context, page = its.context, its.page
    reports = IncidentContext(context.language, context.names, its.state, page.link)
    params = page.request.query_params.multi_items()
    return timeline(reports, its.timeline, its.selected, its.histories, params, page.here)


def _map(its: IncidentAnswers) -> IncidentMap:
    page = its.page
    view = MapView(page.param("bbox"), page.param("places"), zone_of(its.state["data"]))
    return incident_map(page.language, its.context.names, its.timeline["data"], page.here, page.link, view)


PARTS: Final[Mapping[str, Callable[[IncidentAnswers], object]]] = {
    "headline": lambda its: its.headline,
    "toll_chart": lambda its: toll_chart(
        its.context,
        TollDocuments(*(each["data"] for each in (its.state, its.timeline, its.tolls, its.claims, its.claims_ever))),
        choice_of(its.context.lead, its.page.param, its.state["coordinates"]["reported_until"]),
    ),
    "escalation_strip": lambda its: escalation_strip(
        its.context, [each["data"] for each in (its.state, its.timeline, its.claims, its.escalation)]
    ),
    "why": lambda its: why(its.context, its.state["data"], its.claims["data"], its.page.param("why_page")),
    "timeline": _timeline,
    "incident_map": _map,
    "sources": lambda its: sources(
        its.context,
        SourceDocuments(its.state["data"], its.timeline["data"], its.claims["data"], its.revisions["data"]),
    ),
    "cite": lambda its: cite(its.context, its.own, its.state, its.headline, its.signed),
    "downloads": lambda its: downloads(its.page.language, its.own, its.state["coordinates"]),
}
"""The parts of the page in their order: templates/parts/NAME.html shows what the function returns, under NAME."""


_SHARED: Final = {"all_parts": tuple(PARTS), "differing": differing}
"""What the template of the page needs at every reading."""


@PAGES.get("/incidents/{slug}", kept=True)
async def incident(page: WebPage) -> Response:
    """Show an incident."""
    slug = page.part_of_path("slug")
    own = f"/v1/incidents/{slug}"
    try:
        its = await _read(page, own)
    except ApiProblem as problem:
        if problem.slug != "not-yet-known":
            raise
        return await _not_yet(page, own, problem)
    return await in_thread(its.size, _rendered, its)


def _rendered(its: IncidentAnswers) -> Response:
    """Make all parts and the page of them. The answers are emptied then, as freeing all at once would hold the GIL."""
    page = its.page
    sliders = reading_sliders(
        page.language, its.state["data"], its.moments["data"], its.state["coordinates"], page.reading
    )
    made = {name: make(its) for name, make in PARTS.items()}
    shown = {"feed": page.link(f"{page.path}/feed.atom"), "parts": tuple(PARTS), **_SHARED}
    values = {"state": its.state["data"], "sliders": sliders, **shown, **made}
    response = page.render("incident.html", values)
    for each in (its.timeline, its.claims, its.escalation, its.tolls, its.claims_ever):
        empty_lists(each)
    return response


async def _read(page: WebPage, own: str) -> IncidentAnswers:
    reading = page.reading.query()
    ever = {**reading, "reported_until": None}
    asked: dict[str, tuple[str, Query]] = {
        "state": (own, reading),
        "timeline": (f"{own}/timeline", reading),
        "claims": (f"{own}/claims", reading),
        "escalation": (f"{own}/escalation", reading),
        "revisions": (f"{own}/revisions", reading),
        "tolls": (f"{own}/tolls", ever),
        "claims_ever": (f"{own}/claims", ever),
        "named": (f"{own}/names", ever),
        "moments": (f"{own}/moments", {}),
    }
    if page.reading.reported_until is None:
        del asked["claims_ever"]
    found = dict(zip(asked, await gather(*(page.api.get(*each) for each in asked.values())), strict=True))
    entries = len(found["timeline"]["data"]["entries"])
    selected = await in_thread(entries, _selected, page, found["state"], found["timeline"])
    as_of = {"as_of": page.reading.as_of}
    histories = await gather(*(page.api.get(f"/v1/reports/{each}", as_of) for each in to_explain(selected)))
    found.setdefault("claims_ever", found["claims"])
    signed = signed_size(await page.api.send("GET", CHECKPOINT, accept="text/plain"))
    return IncidentAnswers(page, own, **found, selected=selected, histories=histories, signed=signed)


def _selected(page: WebPage, state: ApiDocument, told: ApiDocument) -> Selected:
    """Return the entries of `timeline/1` that the query of a page asks for."""
    query = timeline_query(page.request.query_params.multi_items())
    return select(told["data"]["entries"], LocalTime(state["data"]), query)


async def _not_yet(page: WebPage, own: str, problem: ApiProblem) -> Response:
    """Say that nothing was recorded at this reading, with the sliders to leave it by."""
    now, moments = await gather(page.api.get(own), page.api.get(f"{own}/moments"))
    sliders = reading_sliders(page.language, now["data"], moments["data"], None, page.reading)
    values = {"state": now["data"], "problem": problem.answer.document, "sliders": sliders, "parts": (), **_SHARED}
    return page.render("incident.html", values, problem.answer.status)
