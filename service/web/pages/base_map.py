"""The base map: land, coasts and borders of a box, as a picture that others are laid over."""

import asyncio
from typing import Final

from starlette.exceptions import HTTPException
from starlette.responses import Response

from service.web.maps.drawing import base_map_of, version
from service.web.page import Pages, WebPage

PAGES = Pages()
_HEADERS: Final = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@PAGES.get("/maps/{version}/base.svg")
async def base_map(page: WebPage) -> Response:
    """Serve the map of a box, whose address names it and the data that it is drawn from."""
    known = page.part_of_path("version") == version()
    drawn = await asyncio.to_thread(base_map_of, page.param("bbox") or "") if known else None
    if drawn is None:
        raise HTTPException(404)
    return Response(drawn, 200, _HEADERS, "image/svg+xml")
