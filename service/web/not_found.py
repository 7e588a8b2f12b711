"""The page of an address where there is none, for browsers; programs get the problem of the interface."""

import re
from typing import Final

from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope

from service.web.page import BrowserRoute, Pages, WebPage
from service.web.parts.refusals import refusal

NOT_FOUND: Final = Pages()
_OF_THE_INTERFACE: Final = re.compile(r"/(v1|docs|problems|openapi\.json|healthz|readyz|metrics|assets)(/|$)")


class _Elsewhere(BrowserRoute):
    """A route of every path that is not the interface's."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] == "http" and _OF_THE_INTERFACE.match(scope["path"]):
            return Match.NONE, {}
        return super().matches(scope)


@NOT_FOUND.get("/{path:path}", _Elsewhere)
async def not_found(page: WebPage) -> Response:
    """Say that there is no such page."""
    refused = refusal(page.language, "no-such-page")
    return page.render("problem.html", {"problem": {"detail": ""}, "refused": refused}, 404)
