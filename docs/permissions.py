"""Who may do what: for each route, what a request without a token gets, and one with a token of each scope alone."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from fastapi.routing import APIRoute

from service.access.principal import SCOPES
from service.api.app import RESOURCES
from service.api.authorization import ANY_TOKEN, SECURITY, Needed, needed_by

TAKEN: Final = "✓"
"""The request is taken up: what it gets then depends on what it asks."""
UNAUTHENTICATED, FORBIDDEN = "401", "403"
NO_TOKEN: Final = "no token"  # noqa: S105 - no secret
ASKERS: Final = (NO_TOKEN, *SCOPES)


class Permission(NamedTuple):
    """A route, what it needs, and what each asker gets, in the order of ASKERS."""

    method: str
    path: str
    needed: Needed
    described: bool

    @property
    def cells(self) -> list[str]:
        """What each asker gets: taken, 401 or 403."""
        return [_cell(asker, self.needed) for asker in ASKERS]


def permissions() -> list[Permission]:
    """Return the permissions of all routes: those of the OpenAPI document first, by path."""
    found = [each for resource in RESOURCES for route in resource.routes for each in _of_route(route)]
    return sorted(found, key=lambda each: (not each.described, each.path, each.method))


def _of_route(route: Any) -> Iterator[Permission]:  # noqa: ANN401 - a route of the framework
    assert isinstance(route, APIRoute)  # noqa: S101 - resources have no others
    declared = route.openapi_extra or {}
    for method in sorted(route.methods or ()):
        yield Permission(method, route.path, needed_by(declared[SECURITY]), route.include_in_schema)


def _cell(asker: str, needed: Needed) -> str:
    if needed is None or asker == needed:
        return TAKEN
    if asker == NO_TOKEN:
        return UNAUTHENTICATED
    return TAKEN if needed == ANY_TOKEN else FORBIDDEN
