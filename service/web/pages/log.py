"""The signed log for everybody: its name, its keys, the last checkpoint, and how to verify and to watch it."""

from starlette.responses import Response

from service.web.api_client import ApiProblem
from service.web.page import Pages, WebPage, gather
from service.web.parts.proof import CHECKPOINT

PAGES = Pages()
_UNSIGNED = "not-signed"


@PAGES.get("/log")
async def signed_log(page: WebPage) -> Response:
    """Show the log; one that is not signed is said to be so."""
    site = str(page.request.base_url).rstrip("/")
    values: dict[str, object] = {"site": site, "log": None, "note": ""}
    try:
        (found,) = await gather(page.api.get("/v1/log"))
        note = await page.api.get(CHECKPOINT, accept="text/plain")
    except ApiProblem as problem:
        if problem.slug != _UNSIGNED:
            raise
    else:
        values.update(log=found, note=note.body.decode())
    return page.render("log.html", values)
