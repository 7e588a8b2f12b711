"""Publications: all of them, one of them answered again and compared, and the form that publishes."""

from typing import Any, Final

from starlette.responses import Response

from domain.catalogue import POLICIES
from service.web.api_client import ApiProblem
from service.web.language.labels import label
from service.web.name_lookup import incident_titles
from service.web.page import Pages, WebPage, gather
from service.web.parts.context import PartContext
from service.web.parts.headline import HeadlinePart, differing, headline
from service.web.parts.keys import lead_key
from service.web.parts.listing import MOST_NAMED, choices, read_as_of
from service.web.parts.local_time import zone_of
from service.web.parts.names import Names
from service.web.parts.proof import CHECKPOINT, ProofLinks, signed_size
from service.web.parts.publications import checks, publication_entry
from service.web.parts.refusals import refusal

PAGES = Pages()
LIMIT: Final = 25
_VIEWS: Final = ("state/1", "claims/1", "timeline/1", "tolls/1", "escalation/1", "revisions/1")


@PAGES.get("/publications")
async def publication_list(page: WebPage) -> Response:
    """Show the publications, the newest first."""
    as_of, incident = read_as_of(page.reading.as_of), page.param("incident")
    known = await incident_titles(page.api, [incident] if incident else [], await _titles(page))
    values: dict[str, object] = {
        "as_of": as_of,
        "incidents": choices(known.items(), [incident] if incident else []),
        "found": None,
    }
    query = {"incident": incident, "as_of": as_of.asked, "limit": LIMIT, "cursor": page.param("cursor")}
    try:
        (found,) = await gather(page.api.get("/v1/publications", query))
    except ApiProblem as problem:
        told = {"refused": refusal(page.language, problem.slug), "detail": str(problem)}
        return page.render("publications.html", {**values, **told}, problem.answer.status)
    titles = await incident_titles(page.api, (each["receipt"]["incident"] for each in found["items"]), known)
    entries = [publication_entry(page.language, each, titles) for each in found["items"]]
    signed = signed_size(await page.api.send("GET", CHECKPOINT, accept="text/plain")) or 0
    return page.render("publications.html", {**values, "found": found, "entries": entries, "signed": signed})


@PAGES.get("/publications/{position:int}")
async def publication(page: WebPage) -> Response:
    """Answer a publication again, and show what was compared."""
    position = page.request.path_params["position"]
    (replayed,) = await gather(page.api.get(f"/v1/publications/{position}/replay"))
    item = replayed["publication"]
    titles = await incident_titles(page.api, [item["receipt"]["incident"]])
    entry = publication_entry(page.language, item, titles)
    signed = signed_size(await page.api.send("GET", CHECKPOINT, accept="text/plain"))
    own = f"/publications/{position}"
    proof = ProofLinks(signed, position, f"/v1{own}/bundle", page.link(f"{own}/bundle.html"))
    values = {
        "proof": proof,
        "bundle": proof.bundle,
        "cites": "",
        "view": item["receipt"]["view"],
        "within_file": False,
        "entry": entry,
        "receipt": item["receipt"],
        "replayed": replayed,
        "checks": checks(page.language, replayed),
        "headline": await _headline(page, entry.incident, dict(entry.reading)),
        "differing": differing,
    }
    return page.render("publication.html", values, headers={"Cache-Control": "no-store"})


@PAGES.get("/incidents/{slug}/publish")
async def publish(page: WebPage) -> Response:
    """Show the form that publishes what is known now; scripts post it."""
    slug = page.part_of_path("slug")
    asked = {"reported_until": page.reading.reported_until}
    state, policy = await gather(page.api.get(f"/v1/incidents/{slug}", asked), page.api.get("/v1/policy"))
    language, data = page.language, state["data"]
    in_force = policy["policy"]
    until = state["coordinates"]["reported_until"]
    values = {
        "slug": data["incident"],
        "title": data["title"],
        "until": until,
        "until_text": language.moment(until, zone_of(data)) if until else "",
        "views": choices(((each, label(language, "view", each)) for each in _VIEWS), ["state/1"]),
        "policies": choices(((each, label(language, "policy", each)) for each in POLICIES), [in_force]),
        "may": page.may("publish"),
    }
    return page.render("publish.html", values)


async def _titles(page: WebPage) -> dict[str, str]:
    """Return the titles of incidents to choose from; none while the list of incidents is being built."""
    try:
        (found,) = await gather(page.api.get("/v1/incidents", {"sort": "-changed", "limit": MOST_NAMED}))
    except ApiProblem:
        return {}
    return {each["slug"]: each["title"] for each in found["items"]}


async def _headline(page: WebPage, slug: str, reading: dict[str, Any]) -> HeadlinePart | None:
    """Return the sentence that answers at what was published; None where it cannot be answered."""
    own, ever = f"/v1/incidents/{slug}", {**reading, "reported_until": None}
    try:
        state, timeline, claims, tolls, named = await gather(
            page.api.get(own, reading),
            page.api.get(f"{own}/timeline", reading),
            page.api.get(f"{own}/claims", ever),
            page.api.get(f"{own}/tolls", ever),
            page.api.get(f"{own}/names", ever),
        )
    except ApiProblem:
        return None
    names = Names(page.language, state["data"], timeline["data"]["entries"], named["data"])
    context = PartContext(page.language, names, lead_key(claims["data"]["claims"], page.param), page.here, page.link)
    return headline(context, state, claims["data"], tolls["data"])
