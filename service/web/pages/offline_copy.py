"""The copy of an incident's page at one reading as one HTML file, which opens from a disk without a network."""

from starlette.responses import Response

from service.web.copying import copied_answer, file_response, one_file
from service.web.page import Pages, WebPage

PAGES = Pages()


@PAGES.get("/incidents/{slug}/copy.html")
async def offline_copy(page: WebPage) -> Response:
    """Send the copy, at the position and policy that the answer has now where the reading leaves them open."""
    answer = await copied_answer(page, page.part_of_path("slug"), page.reading.query())
    body = await one_file(page, answer)
    return file_response(page, body, answer.slug, answer.coordinates["position"])
