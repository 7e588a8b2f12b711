"""The incidents: found, filtered, and as of any moment. At `/`, where programs get the index of the interface."""

from starlette.responses import Response

from service.web.page import BrowserRoute, Page, Pages, gather

PAGES = Pages()


@PAGES.get("/", BrowserRoute)
async def incident_list(page: Page) -> Response:
    """Show the incidents."""
    (found,) = await gather(page.api.get("/v1/incidents", {"as_of": page.reading.as_of, "limit": 50}))
    return page.render("incident_list.html", {"incidents": found["items"]})
