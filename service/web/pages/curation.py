"""Curation of a report or an incident: its forms, for readers with the scope."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.responses import Response

from service.web.api_client import ApiProblem
from service.web.page import Pages, WebPage, gather
from service.web.parts.curation import ACTIONS, Action, Context, incident_forms, report_form
from service.web.parts.names import Names

PAGES = Pages()
_FORBIDDEN = 403
_UNAVAILABLE = 503


def _action_page(action: Action) -> Callable[[WebPage], Awaitable[Response]]:
    async def act(page: WebPage) -> Response:
        """Show the form of an action about a report."""
        report_id = page.part_of_path("report_id")
        (history,) = await gather(page.api.get(f"/v1/reports/{report_id}"))
        (state,) = await gather(page.api.get(f"/v1/incidents/{history['incident']}"))
        names = Names(page.language, state["data"])
        incidents = await _incidents(page) if action.name == "move" else []
        context = Context(page.language, names, history, state["data"]["scopes"], incidents)
        back = page.link(f"/incidents/{history['incident']}", {"report": report_id})
        values = {
            "title": page.language.text(action.title),
            "needed": None if page.may(action.scope) else action.scope,
            "forms": [report_form(action, context)],
            "report": page.link(f"/reports/{report_id}"),
            "incident": state["data"]["title"],
            "back": f"{back}#report-{report_id}",
            "offered": action.offered(history),
        }
        return page.render("curation.html", values, 200 if page.may(action.scope) else _FORBIDDEN)

    return act


for _each in ACTIONS.values():
    PAGES.get(f"/reports/{{report_id}}/{_each.name}")(_action_page(_each))


@PAGES.get("/incidents/{slug}/curate")
async def curate(page: WebPage) -> Response:
    """Show the forms about an incident."""
    (state,) = await gather(page.api.get(f"/v1/incidents/{page.part_of_path('slug')}"))
    incidents = await _incidents(page) if page.may("curate") else []
    slug = state["data"]["incident"]
    collection = state["coordinates"].get("collection") or "public"
    names = Names(page.language, state["data"])
    forms = incident_forms(page.language, names, state, incidents, collection, page.may)
    values = {
        "title": page.language.text("Curate the incident"),
        "needed": None if forms else "curate",
        "forms": forms,
        "report": None,
        "incident": state["data"]["title"],
        "back": page.link(f"/incidents/{slug}"),
        "offered": True,
    }
    return page.render("curation.html", values, 200 if forms else _FORBIDDEN)


async def _incidents(page: WebPage) -> list[Any]:
    """Return the incidents that the reader may see, merged ones too, by their titles.

    While the read models are being built there are none to choose from.
    """
    query = {"sort": "title", "status": ["open", "closed", "merged"]}
    try:
        return await page.api.all_items("/v1/incidents", query)
    except ApiProblem as problem:
        if problem.answer.status != _UNAVAILABLE:
            raise
        return []
