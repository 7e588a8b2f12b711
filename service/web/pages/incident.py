"""One incident at one reading: what it is known to be, and from whom."""

from starlette.responses import Response

from service.web.page import Page, Pages, gather
from service.web.parts.downloads import downloads

PAGES = Pages()


@PAGES.get("/incidents/{slug}")
async def incident(page: Page) -> Response:
    """Show an incident."""
    own = f"/v1/incidents/{page.part_of_path('slug')}"
    query = page.reading.query()
    (state,) = await gather(page.api.get(own, query))
    shown = downloads(page.language, own, state["coordinates"])
    return page.render("incident.html", {"state": state, "downloads": shown})
