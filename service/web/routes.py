"""The routes of all pages, to be added to the application."""

from collections.abc import Iterator, Sequence
from typing import Final, cast

from starlette.routing import BaseRoute, Route

from domain.slots import discover
from service.web import assets, pages
from service.web.not_found import NOT_FOUND
from service.web.page import Pages

_PAGES: Final[Sequence[Route]] = [
    route for each in cast("Iterator[Pages]", discover(pages, "PAGES")) for route in each.routes
]


def _has_parameters(route: Route) -> bool:
    return "{" in route.path


ROUTES: Final[Sequence[BaseRoute]] = (
    assets.ROUTE,
    *sorted(_PAGES, key=_has_parameters),
    *NOT_FOUND.routes,
)
"""Every page of the slot `pages/`, those at one path before those at many, and the static files."""
