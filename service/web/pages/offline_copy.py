"""The copy of an incident's page at one reading as one HTML file, which opens from a disk without a network."""

import hashlib
from typing import Any, Final

from starlette.responses import Response

from service.api.media_types import HTML
from service.api.negotiation import attachment
from service.web.inlining import inlined
from service.web.page import Pages, WebPage
from service.web.template_environment import templates

PAGES = Pages()
_FIRST: Final = "js/offline.js"
_MAIN: Final = '<main id="main" tabindex="-1">\n'
_STYLES: Final = "</head>"


@PAGES.get("/incidents/{slug}/copy.html")
async def offline_copy(page: WebPage) -> Response:
    """Send the copy, at the position and policy that the answer has now where the reading leaves them open."""
    slug = page.part_of_path("slug")
    state = await page.api.get(f"/v1/incidents/{slug}", page.reading.query())
    coordinates = state.document["coordinates"]
    query = _query(page, coordinates)
    shown = await page.api.send("GET", f"/incidents/{slug}", query, accept=HTML)
    address = str(page.request.base_url).rstrip("/")
    values = {"page": page, "coordinates": coordinates, "address": address + page.link(f"/incidents/{slug}", query)}
    made = templates(page.language)
    text = shown.body.decode().replace(_STYLES, made.get_template("offline_head.html").render(values) + _STYLES, 1)
    text = await inlined(page.api, text, shown_at(address, slug), _FIRST)
    note = made.get_template("offline_note.html").render({**values, "size": -(-len(text.encode()) // 1000)})
    body = text.replace(_MAIN, _MAIN + note, 1).encode()
    return Response(body, 200, _headers(page, body, slug, coordinates["position"]), f"{HTML}; charset=utf-8")


def shown_at(address: str, slug: str) -> str:
    """Return the address that links of the copy are relative to."""
    return f"{address}/incidents/{slug}"


def _query(page: WebPage, coordinates: dict[str, Any]) -> dict[str, Any]:
    """Return the query of the page that is copied: all of it on one page, at one position and by one policy."""
    asked = {name: page.params(name) for name in page.request.query_params}
    fixed = {"as_of": f"@{coordinates['position']}", "policy": coordinates["policy"], "print": "1"}
    return {**asked, **fixed, "lang": page.language.code, "digits": page.language.digits}


def _headers(page: WebPage, body: bytes, *names: object) -> dict[str, str]:
    return {
        "Cache-Control": "no-cache",
        **attachment("html", *names),
        "Content-Language": page.language.code,
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        "Vary": "Accept-Language",
    }
