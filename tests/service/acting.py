"""A service whose requests say themselves which collections their principal has: for tests of what it may see."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from service.access.principal import SCOPES, Principal
from service.api.principals import set_principal
from service.wiring import make_app
from tests.patience import PATIENCE
from tests.service.serving import serving

HEADER = "x-test-collections"


class Acting:
    """Sets the principal of a request to one of all scopes in the collections of a header; without it the operator."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        for name, value in scope.get("headers", ()):
            if name == HEADER.encode():
                set_principal(scope, Principal("test", "a test", frozenset(SCOPES), frozenset(value.decode().split())))
        await self._app(scope, receive, send)


def within(*collections: str) -> dict[str, str]:
    """Return the headers of a principal with these collections."""
    return {HEADER: " ".join(collections)}


@contextmanager
def acting_service(url: str) -> Iterator[httpx.Client]:
    """Serve the database at `url`, and yield a client that is the operator."""
    with serving(Acting(make_app(url))) as address, httpx.Client(base_url=address, timeout=PATIENCE) as client:
        yield client
