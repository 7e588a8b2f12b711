"""The form that opens an incident."""

from typing import Final

from starlette.responses import Response

from service.web.page import Pages, WebPage

PAGES = Pages()

_PUBLIC: Final = "public"


@PAGES.get("/incidents/new")
async def incident_form(page: WebPage) -> Response:
    """Show the form; the collections offered are those of the token."""
    collections = page.session["collections"]
    return page.render("incident_form.html", {"collections": collections, "public": _PUBLIC})
