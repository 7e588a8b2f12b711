"""The sources: found, graded, with their track records; and one of them, with its reports and incidents."""

from functools import partial
from typing import Final, get_args

from starlette.responses import Response

from domain.values.sources import RELIABILITY, SourceType
from service.web.api_client import ApiProblem
from service.web.api_document import ApiDocument
from service.web.language.labels import label
from service.web.language.languages import Language, marked
from service.web.name_lookup import incident_titles, source_names
from service.web.page import Pages, WebPage, gather
from service.web.parts.listing import choices, found_words, read_as_of, wanted_words
from service.web.parts.local_time import day_said
from service.web.parts.names import slug_words
from service.web.parts.refusals import refusal

PAGES = Pages()

LIMIT: Final = 50
FEW: Final = 20
"""How many reports and incidents are told on the page of a source."""
_TYPES: Final[tuple[str, ...]] = get_args(SourceType)[1].words
_SORTS: Final = {
    "-reports": marked("most reports first"),
    "name": marked("by name"),
    "reliability": marked("best grade first"),
    "-incidents": marked("most incidents first"),
    "-corrected": marked("most corrected by us first"),
    "-retracted": marked("most retracted first"),
    "-disputed": marked("most disputed first"),
    "-last_reported": marked("last heard of first"),
}


@PAGES.get("/sources")
async def source_list(page: WebPage) -> Response:
    """Show the sources that are asked for."""
    as_of, q = read_as_of(page.reading.as_of), page.params("q")
    types, grades, sort = page.params("type"), page.params("reliability"), page.param("sort") or "-reports"
    language = page.language
    values = {
        "as_of": as_of,
        "q": " ".join(q),
        "types": choices(((each, label(language, "source_type", each)) for each in _TYPES), types),
        "grades": choices(((each, _grade(language, each)) for each in RELIABILITY), grades),
        "sorts": choices(((each, language.text(text)) for each, text in _SORTS.items()), [sort]),
        "speaks_for": slug_words,
        "marked": partial(found_words, wanted=wanted_words(q)),
        "found": None,
    }
    query = {"q": q, "type": types, "reliability": grades, "sort": sort, "as_of": as_of.asked, "limit": LIMIT}
    try:
        found = (await page.api.get("/v1/sources", {**query, "cursor": page.param("cursor")})).document
    except ApiProblem as problem:
        told = {"refused": refusal(language, problem.slug), "detail": str(problem)}
        return page.render("sources.html", {**values, **told}, problem.answer.status)
    return page.render("sources.html", {**values, "found": found})


@PAGES.get("/sources/{slug}")
async def source(page: WebPage) -> Response:
    """Show a source."""
    slug, as_of = page.part_of_path("slug"), page.reading.as_of
    (found,) = await gather(page.api.get(f"/v1/sources/{slug}", {"as_of": as_of}))
    values: dict[str, object] = {"source": found, "speaks_for": slug_words, "slug": slug, "source_lists": None}
    values["feed"] = page.link(f"/sources/{slug}/feed.atom")
    values["said"] = partial(day_said, page.language)
    values["names"] = await source_names(page.api, [*found["same"], *_others(found["history"], slug)])
    try:
        reports, incidents = await gather(
            page.api.get("/v1/reports", {"source": slug, "as_of": as_of, "limit": FEW}),
            page.api.get("/v1/incidents", {"source": slug, "as_of": as_of, "limit": FEW}),
        )
    except ApiProblem as problem:
        values["refused"], values["detail"] = refusal(page.language, problem.slug), str(problem)
    else:
        values["source_lists"] = {"reports": reports, "incidents": incidents}
        values["titles"] = await incident_titles(
            page.api,
            (each["incident"] for each in reports["items"]),
            {each["slug"]: each["title"] for each in incidents["items"]},
        )
    return page.render("source.html", values)


def _grade(language: Language, grade: str) -> str:
    return language.text("%(grade)s: %(words)s", grade=grade, words=label(language, "grade", grade))


def _others(history: list[ApiDocument], slug: str) -> list[str]:
    """Return the other origins that facts of a source's history are about."""
    return [each for fact in history for each in fact.get("origins", ()) if each != slug]
