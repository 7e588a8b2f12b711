"""Two readings of an incident side by side, and what changed from one to the other."""

from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from starlette.responses import Response

from service.web.api_client import ApiProblem
from service.web.api_document import ApiDocument
from service.web.language.languages import Language
from service.web.page import Pages, WebPage, gather
from service.web.parts.difference import HEADINGS, DifferencePart, Wording, difference
from service.web.parts.local_time import zone_of
from service.web.parts.moments import REPORTED, MomentOptions, moment_options, recorded_text
from service.web.parts.names import Names
from service.web.parts.refusals import refusal

PAGES = Pages()

FIRST: Final = 25
"""How many items of a heading are shown where all headings are."""
PAGE: Final = 200
"""How many items of one heading are shown where it is the only one."""
_REFUSED: Final = frozenset(
    {"invalid-parameter", "moment-in-the-future", "moment-unreadable", "not-yet-known", "past-the-end"}
)


@dataclass(frozen=True, slots=True)
class ComparedReading:
    """One end of a comparison: its moment, and the digest of the state at it."""

    said: str
    """Its moment in words, of the reported clock; empty for one of the recorded clock."""
    recorded: str
    """Its moment in words, of the recorded clock."""
    reports: int
    sources: int
    digest: str
    closed: bool
    href: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """Selection of the comparison: the two readings, and the heading and page shown."""

    earlier: str
    later: str
    only: str | None
    page: int

    def shown(self, heading: str) -> slice:
        """Return which items of a heading are shown."""
        if self.only is None:
            return slice(FIRST)
        return slice(PAGE * (self.page - 1), PAGE * self.page) if heading == self.only else slice(0)


@PAGES.get("/incidents/{slug}/compare")
async def compare(page: WebPage) -> Response:
    """Compare two readings; without them, the last two at which something was said."""
    slug = page.part_of_path("slug")
    own = f"/v1/incidents/{slug}"
    now, moments = await gather(page.api.get(own), page.api.get(f"{own}/moments"))
    zone = zone_of(now["data"])
    options = moment_options(page.language, moments["data"], zone)
    asked = _asked(page, options)
    values = {"slug": slug, "title": now["data"]["title"], "options": options, "asked": asked, "refused": None}
    try:
        shown = await _compared(page, own, asked, zone)
    except ApiProblem as problem:
        if problem.slug not in _REFUSED:
            raise
        refused = {"refused": _refused(page.language, problem), "turned": _turned(page, problem, asked)}
        return page.render("compare.html", {**values, **refused, "ends": None}, problem.answer.status)
    return page.render("compare.html", {**values, **shown, "PAGE": PAGE})


def _asked(page: WebPage, options: MomentOptions) -> _Asked:
    """Return the readings of the query: those named, else that of the page and the one before it."""
    reading = page.reading
    of_page = f"{REPORTED}{reading.reported_until}" if reading.reported_until else reading.as_of
    later = page.param("to") or of_page or options.last or "@1"
    earlier = page.param("from") or options.before(later)
    only, number = page.param("only"), page.param("page") or ""
    return _Asked(
        earlier,
        later,
        only if only in HEADINGS else None,
        max(1, int(number)) if number.isascii() and number.isdigit() and len(number) < len("1000000") else 1,
    )


async def _compared(page: WebPage, own: str, asked: _Asked, zone: tzinfo) -> dict[str, object]:
    queries = [_query(each, page.reading.policy) for each in (asked.earlier, asked.later)]
    found, timeline, named, *rest = await gather(
        page.api.get(f"{own}/diff", {"from": asked.earlier, "to": asked.later, "policy": page.reading.policy}),
        page.api.get(f"{own}/timeline", queries[1]),
        page.api.get(f"{own}/names"),
        *(page.api.get(own, each) for each in queries),
        *(page.api.get(f"{own}/claims", each) for each in queries),
    )
    states, claims = rest[:2], [each["data"]["claims"] for each in rest[2:]]
    merged = {name: [*states[1]["data"][name], *states[0]["data"][name]] for name in ("sources", "sides", "scopes")}
    names = Names(page.language, merged, timeline["data"]["entries"], named["data"])
    words = Wording(page.language, names, zone, lambda report: page.link(f"/reports/{report}"))
    told = difference(words, found["data"], claims, asked.shown)
    links = [page.link(own.removeprefix("/v1"), each) for each in queries]
    readings = [
        _reading(page.language, spec, state, link, zone)
        for spec, state, link in zip((asked.earlier, asked.later), states, links, strict=True)
    ]
    return {"ends": readings, "difference": told, "digest": found["digest"], "pages": _pages(told, asked)}


def _query(spec: str, policy: str | None) -> dict[str, str | None]:
    """Return the query of the state at one end."""
    if spec.startswith(REPORTED):
        return {"reported_until": spec.removeprefix(REPORTED), "policy": policy}
    return {"as_of": spec, "policy": policy}


def _reading(language: Language, spec: str, state: ApiDocument, href: str, zone: tzinfo) -> ComparedReading:
    coordinates, data = state["coordinates"], state["data"]
    said = language.moment(coordinates["reported_until"], zone) if spec.startswith(REPORTED) else ""
    return ComparedReading(
        said,
        recorded_text(language, coordinates, zone),
        sum(data["kinds"].values()),
        len(data["sources"]),
        state["digest"],
        coordinates["closed"],
        href,
    )


def _pages(told: DifferencePart, asked: _Asked) -> int:
    """Return how many pages the chosen heading has."""
    count = next((each.count for each in told.headings if each.code == asked.only), 0)
    return max(1, -(-count // PAGE))


def _refused(language: Language, problem: ApiProblem) -> str:
    if problem.slug == "invalid-parameter":
        return language.text("The first reading lies after the second.")
    return refusal(language, problem.slug)


def _turned(page: WebPage, problem: ApiProblem, asked: _Asked) -> str | None:
    """Return the address of the same two readings, the other first; None where that does not help."""
    if problem.slug != "invalid-parameter":
        return None
    return page.here(**{"from": asked.later, "to": asked.earlier})
