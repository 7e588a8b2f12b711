"""One incident at one reading: what it is known to be, and from whom."""

from starlette.responses import Response

from service.web.page import Page, Pages, gather
from service.web.parts.incident_context import IncidentContext
from service.web.parts.local_time import LocalTime
from service.web.parts.names import Names
from service.web.parts.timeline import select, timeline, timeline_query, to_explain

PAGES = Pages()


@PAGES.get("/incidents/{slug}")
async def incident(page: Page) -> Response:
    """Show an incident."""
    own = f"/v1/incidents/{page.part_of_path('slug')}"
    query = page.reading.query()
    state, told = await gather(page.api.get(own, query), page.api.get(f"{own}/timeline", query))
    entries = told["data"]["entries"]
    params = page.request.query_params.multi_items()
    selected = select(entries, LocalTime(state["data"]), timeline_query(params))
    as_of = {"as_of": page.reading.as_of}
    histories = await gather(*(page.api.get(f"/v1/reports/{each}", as_of) for each in to_explain(selected)))
    names = Names(page.language, state["data"], entries)
    context = IncidentContext(page.language, names, state, page.link)
    made = timeline(context, told, selected, histories, params, page.here)
    return page.render("incident.html", {"state": state, "timeline": made})
