"""The form of a report, for each kind; and the same form for the correction of one that is filed."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response

from service.web.language.labels import LABELS, label
from service.web.page import Pages, WebPage, gather
from service.web.parts.form_fields import kinds, report_fields

PAGES = Pages()

_NOT_ASKED: Final = ("report_id", "sealed")


@PAGES.get("/incidents/{slug}/report")
async def report_form(page: WebPage) -> Response:
    """Show the form of a kind, or without one the kinds there are."""
    slug = page.part_of_path("slug")
    state, openapi = await gather(page.api.get(f"/v1/incidents/{slug}"), page.api.get("/openapi.json"))
    values = {**await _form(page, openapi, page.param("kind"), state["data"]), "correcting": None}
    return page.render("report_form.html", values)


@PAGES.get("/reports/{report_id}/correct")
async def correction_form(page: WebPage) -> Response:
    """Show the form with the latest content of a report."""
    report_id = page.part_of_path("report_id")
    history, openapi = await gather(page.api.get(f"/v1/reports/{report_id}"), page.api.get("/openapi.json"))
    content = latest_content(history["history"])
    (state,) = await gather(page.api.get(f"/v1/incidents/{history['incident']}"))
    values = await _form(page, openapi, content["kind"], state["data"])
    return page.render(
        "report_form.html",
        {**values, "correcting": {"report_id": report_id, "standing": history["standing"]}, "content": content},
    )


def latest_content(history: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what a report says now, as it would be posted; words that were erased are left out."""
    latest = next(each["report"] for each in reversed(history) if "report" in each)
    content = {name: value for name, value in latest.items() if name not in _NOT_ASKED}
    if "erased" in content.get("text", {}):
        del content["text"]
    return content


async def _form(
    page: WebPage, openapi: Mapping[str, Any], kind: str | None, incident: Mapping[str, Any]
) -> dict[str, Any]:
    offered = kinds(page.language, openapi)
    chosen = next((each for each in offered if each.name == kind), None)
    sources = await page.api.all_items("/v1/sources", {"sort": "name"}) if chosen else []
    return {
        "incident": incident,
        "kinds": offered,
        "kind": chosen,
        "groups": report_fields(page.language, openapi, chosen.name) if chosen else [],
        "sources": [{"slug": each["slug"], "name": each["name"]} for each in sources],
        "actors": actors_of(incident),
        "content": None,
        "causes": openapi["components"]["schemas"]["Correction"]["properties"]["cause"]["enum"],
        "warnings": warning_labels(page),
    }


def warning_labels(page: WebPage) -> dict[str, str]:
    """Return what a warning says in the language of the page, by its code; its own sentence is English."""
    codes = LABELS.get("warning", {}) if page.language.code != "en" else {}
    return {code: label(page.language, "warning", code) for code in codes}


def actors_of(incident: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the actors that an incident has, by slug and name."""
    return [{"slug": each["slug"], "name": each["name"]} for side in incident["sides"] for each in side["actors"]]
