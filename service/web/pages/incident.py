"""One incident at one reading: what it is known to be, and from whom."""

from datetime import timedelta

from starlette.responses import Response

from service.web.page import Page, Pages, gather
from service.web.parts.incident_map import MapView, incident_map
from service.web.parts.names import Names

PAGES = Pages()


@PAGES.get("/incidents/{slug}")
async def incident(page: Page) -> Response:
    """Show an incident."""
    own = f"/v1/incidents/{page.part_of_path('slug')}"
    query = page.reading.query()
    state, timeline = await gather(page.api.get(own, query), page.api.get(f"{own}/timeline", query))
    names = Names(page.language, state["data"], timeline["data"]["entries"])
    view = MapView(page.param("bbox"), page.param("places"), timedelta())
    places = incident_map(page.language, names, timeline["data"], page.here, page.link, view)
    return page.render("incident.html", {"state": state, "incident_map": places})
