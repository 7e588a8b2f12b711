"""Bundles as one HTML file: the page at one reading with its evidence, which checks itself from a disk, offline."""

from starlette.responses import Response

from domain.verification.bundle import page_element, parse_bundle
from service.web.copying import CopiedAnswer, copied_answer, file_response, one_file
from service.web.page import Pages, WebPage
from service.web.template_environment import templates

PAGES = Pages()


@PAGES.get("/incidents/{slug}/bundle.html")
async def bundle_of_reading(page: WebPage) -> Response:
    """Send the page of a reading with the bundle of its answer."""
    answer = await copied_answer(page, page.part_of_path("slug"), page.reading.query())
    bundle = await page.api.get(f"/v1/incidents/{answer.slug}/bundle", answer.reading(), accept="application/gzip")
    return await _file(page, answer, bundle.body, answer.slug, answer.coordinates["position"], "bundle")


@PAGES.get("/publications/{position:int}/bundle.html")
async def bundle_of_publication(page: WebPage) -> Response:
    """Send the page of what was published with the bundle of the publication."""
    position = page.request.path_params["position"]
    bundle = await page.api.get(f"/v1/publications/{position}/bundle", accept="application/gzip")
    receipt = parse_bundle(bundle.body).receipt
    reading = {
        "as_of": f"@{receipt.position}",
        "reported_until": receipt.reported_until,
        "policy": receipt.policy,
    }
    answer = await copied_answer(page, receipt.incident, reading)
    return await _file(page, answer, bundle.body, receipt.incident, "published", position, "bundle")


async def _file(page: WebPage, answer: CopiedAnswer, bundle: bytes, *names: object) -> Response:
    values = {"page": page, "bundle": None, "cites": answer.digest, "view": "state/1", "within_file": True}
    part = templates(page.language).get_template("parts/bundle_check.html").render(values)
    body = await one_file(page, answer, part=part, data=page_element(bundle))
    return file_response(page, body, *names)
