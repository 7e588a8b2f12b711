"""Charts of an incident for other places: as files, and framed by a page of another site."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from starlette.datastructures import QueryParams
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Match, Route
from starlette.types import Scope

from service.api.negotiation import attachment
from service.web.api_document import ApiDocument
from service.web.page import Pages, WebPage, gather
from service.web.parts.chart_files import Caption, escalation_file, toll_file
from service.web.parts.context import PartContext
from service.web.parts.escalation_strip import EscalationStrip, escalation_strip
from service.web.parts.figures import key_name
from service.web.parts.keys import lead_key
from service.web.parts.local_time import zone_of
from service.web.parts.names import Names
from service.web.parts.toll_chart import TollChart, choice_of, file_drawing, toll_chart
from service.web.parts.toll_data import TollDocuments, plain

PAGES: Final = Pages()
_FILE: Final = {"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff"}


class EmbedRoute(Route):
    """A route for addresses with `embed=` in their query; what it does not match, later routes answer."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match a query that names a chart."""
        if "embed" not in QueryParams(scope.get("query_string", b"")):
            return Match.NONE, {}
        return super().matches(scope)


@dataclass(frozen=True)
class ChartDocuments:
    """The answers at the page's reading that charts are made of, as the interface sent them."""

    page: WebPage
    state: ApiDocument
    timeline: ApiDocument
    claims: ApiDocument
    tolls: ApiDocument
    escalation: ApiDocument
    named: ApiDocument

    @cached_property
    def context(self) -> PartContext:
        """What the charts share; their links lead to the incident's own page."""
        page = self.page
        names = Names(page.language, self.state["data"], self.timeline["data"]["entries"], self.named["data"])
        lead = lead_key(self.claims["data"]["claims"], page.param)

        def here(**changes: str | int | None) -> str:
            return page.here(embed=None, **changes)

        return PartContext(page.language, names, lead, here, page.link)

    @property
    def title(self) -> str:
        """The title of the incident."""
        return self.state["data"]["title"] or self.page.part_of_path("slug")

    @property
    def address(self) -> str:
        """The permalink: this incident at this position, of what had been said by then, with the chart's choices."""
        coordinates = self.state["coordinates"]
        choices = {
            name: self.page.param(name)
            for name in ("measure", "population", "scope", "manner", "clock", "scale", "window")
        }
        asked = {
            "as_of": f"@{coordinates['position']}",
            "reported_until": coordinates["reported_until"],
            "policy": coordinates["policy"],
        }
        path = f"/incidents/{self.page.part_of_path('slug')}"
        return str(self.page.request.base_url).rstrip("/") + self.page.link(path, {**asked, **choices})

    def reading_told(self) -> str:
        """Say which reading it is: what was said by when, as recorded by when, under which policy."""
        language, coordinates = self.page.language, self.state["coordinates"]
        zone = zone_of(self.state["data"])
        recorded = language.moment(coordinates["recorded_at"], zone)
        if coordinates["reported_until"] is None:
            told = language.text("All that was said, as recorded by %(recorded)s", recorded=recorded)
        else:
            said = language.moment(coordinates["reported_until"], zone)
            told = language.text("What was said by %(said)s, as recorded by %(recorded)s", said=said, recorded=recorded)
        return plain(told)

    def sources(self, view: ApiDocument) -> list[str]:
        """Return the lines that say where a chart is from, so that it can be asked for again."""
        coordinates = view["coordinates"]
        text = self.page.language.text
        return [
            plain(text("Every figure is one that a source gave. Knownwhen, %(address)s", address=self.address)),
            f"{coordinates['view']} · {coordinates['policy']} · @{coordinates['position']} · SHA-256 {view['digest']}",
        ]


@PAGES.get("/incidents/{slug}/toll.svg")
async def toll_svg(page: WebPage) -> Response:
    """Send the toll chart as a file."""
    found = await read(page)
    context = found.context
    if context.lead is None:
        return PlainTextResponse(page.language.text("Nobody has given a figure yet."), 404)
    choice = choice_of(context.lead, page.param)
    drawing, voices = file_drawing(page.language, context.names, toll_documents(found), choice)
    title = plain(key_name(page.language, context.lead.document, context.names))
    caption = Caption(title, f"{found.title} · {found.reading_told()}", found.sources(found.tolls))
    return _file(toll_file(page.language, caption, drawing, voices), page.part_of_path("slug"), "toll")


@PAGES.get("/incidents/{slug}/escalation.svg")
async def escalation_svg(page: WebPage) -> Response:
    """Send the escalation strip as a file."""
    found = await read(page)
    title = page.language.text("Escalation, day by day")
    caption = Caption(title, f"{found.title} · {found.reading_told()}", found.sources(found.escalation))
    return _file(escalation_file(page.language, caption, strip_of(found)), page.part_of_path("slug"), "escalation")


def _file(document: str, *names: str) -> Response:
    headers = {**_FILE, **attachment("svg", *names), "Cache-Control": "no-cache"}
    return Response(document.encode(), 200, headers, "image/svg+xml")


@PAGES.get("/incidents/{slug}", EmbedRoute)
async def embedded_chart(page: WebPage) -> Response:
    """Show one chart with its caption, for a page of another site to frame."""
    found = await read(page)
    chart = "escalation" if page.param("embed") == "escalation" else "toll"
    view = found.escalation if chart == "escalation" else found.tolls
    shown = {
        "chart": chart,
        "title": found.title,
        "told": found.reading_told(),
        "address": found.address,
        "digest": view["digest"],
        "toll_chart": toll_of(found) if chart == "toll" else None,
        "escalation_strip": strip_of(found) if chart == "escalation" else None,
    }
    return page.render("embed.html", shown, framed=True)


async def read(page: WebPage) -> ChartDocuments:
    """Ask for the documents at the page's reading."""
    own, reading = f"/v1/incidents/{page.part_of_path('slug')}", page.reading.query()
    paths = [own, *(f"{own}/{view}" for view in ("timeline", "claims", "tolls", "escalation", "names"))]
    return ChartDocuments(page, *await gather(*(page.api.get(path, reading) for path in paths)))


def toll_documents(found: ChartDocuments) -> TollDocuments:
    """Return what the toll chart is made of."""
    return TollDocuments(*(each["data"] for each in (found.state, found.timeline, found.tolls, found.claims)))


def toll_of(found: ChartDocuments) -> TollChart:
    """Return the toll chart for a frame."""
    context = found.context
    return toll_chart(context, toll_documents(found), choice_of(context.lead, found.page.param))


def strip_of(found: ChartDocuments) -> EscalationStrip:
    """Return the escalation strip, with links of its days to the incident's own page."""
    documents = [each["data"] for each in (found.state, found.timeline, found.claims, found.escalation)]
    return escalation_strip(found.context, documents)
