"""One report: all it says, where the log has it, what became of it, and what may be done about it."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from service.web.name_lookup import incident_titles
from service.web.page import Pages, WebPage, gather
from service.web.parts.fates import latest_content
from service.web.parts.incident_context import IncidentContext
from service.web.parts.names import Names
from service.web.parts.report import report_page

PAGES = Pages()


@PAGES.get("/reports/{report_id}")
async def report(page: WebPage) -> Response:
    """Show a report."""
    as_of = {"as_of": page.reading.as_of}
    (history,) = await gather(page.api.get(f"/v1/reports/{page.part_of_path('report_id')}", as_of))
    own = f"/v1/incidents/{history['incident']}"
    state, named = await gather(page.api.get(own, as_of), page.api.get(f"{own}/names", as_of))
    others = (each["to"] for each in history["history"] if each["fact"] == "moved")
    titles = await incident_titles(page.api, [*others, history["home"]])
    names = Names(page.language, state["data"], _as_entries(history), named["data"], titles)
    context = IncidentContext(page.language, names, state, page.link)
    recorded_by = await _recorder(page, history["history"][0]["position"])
    made = report_page(context, history, recorded_by, page.may)
    return page.render("report.html", {"report": made})


def _as_entries(history: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the entry of `timeline/1` that names the event of a report, where it names one."""
    report = latest_content(history)
    occurred = {"said": report["occurred"]} if report.get("occurred") else None
    return [{"event": report["event"], "report": report, "occurred": occurred}] if report.get("event") else []


async def _recorder(page: WebPage, position: int) -> str:
    """Return the name of the token that recorded a fact, for those who may know; empty where none was needed."""
    if not (page.may("audit") and page.may("admin")):
        return ""
    changes, tokens = await gather(
        page.api.get("/v1/changes", {"after": position - 1, "limit": 1}), page.api.get("/v1/tokens")
    )
    recorded_by = [each["recorded_by"] for each in changes["items"] if each["position"] == position]
    return next((each["name"] for each in tokens["items"] if [each["id"]] == recorded_by), "")
