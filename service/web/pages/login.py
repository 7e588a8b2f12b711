"""Sign in with a token, see what it permits, and sign out."""

import re
from typing import Final

from starlette.responses import Response

from service.web.page import Pages, WebPage

PAGES = Pages()

_OWN_PATH: Final = re.compile(r"/(?![/\\])[^\x00-\x20\\\x7f]*")
"""A path of this service: one slash and no other at its beginning, no backslash or control, which browsers drop."""


@PAGES.get("/login")
async def login(page: WebPage) -> Response:
    """Show the form that takes a token, or who is signed in."""
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return page.render("login.html", {"next": own_path(page.param("next"), page.link("/"))}, headers=headers)


def own_path(asked: str | None, otherwise: str) -> str:
    """Return the path to go on to, if it is one of this service."""
    return asked if asked and _OWN_PATH.fullmatch(asked) else otherwise
