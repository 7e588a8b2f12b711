"""Every route, asked without a token and with a token of each scope alone, answers as docs/who-may-do-what.md says."""

import re
import uuid
from collections.abc import Callable, Iterator, Mapping

import httpx
import pytest
from fastapi.routing import APIRoute

from docs.permissions import ASKERS, FORBIDDEN, NO_TOKEN, TAKEN, UNAUTHENTICATED, Permission, permissions
from service.access.issuing import IssuedToken
from service.api.app import create_app
from service.api.batches.line_commands import COMMAND_NAMES, needed_by
from tests.service.access import bearer, closed_service, one_of_each_scope
from tests.service.console import ROOT
from tests.service.serving import problem

pytestmark = pytest.mark.one_server_will_do

PAGE = (ROOT / "docs" / "who-may-do-what.md").read_text("utf-8")
REFUSED = {UNAUTHENTICATED: "token-needed", FORBIDDEN: "scope-missing"}


@pytest.fixture(scope="module")
def url(migrated_template: str, create_database: Callable[[str], str]) -> str:
    return create_database(migrated_template)


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[httpx.Client]:
    with closed_service(url) as shared:
        yield shared


@pytest.fixture(scope="module")
def tokens(url: str) -> Mapping[str, IssuedToken]:
    return {str(scope): token for scope, token in one_of_each_scope(url).items()}


def on_page() -> dict[tuple[str, str], list[str]]:
    """Return the rows of the page: what each asker gets, by method and path."""
    rows = re.findall(r"^\| `(\w+) (\S+)` \| (.+) \|$", PAGE, re.MULTILINE)
    return {(method, path): cells.split(" | ") for method, path, cells in rows}


def test_the_page_has_every_route_of_the_application_and_no_other() -> None:
    routes = [route for route in create_app(None, uuid.uuid4).routes if isinstance(route, APIRoute)]  # pyright: ignore[reportArgumentType] - nothing is opened
    asked = {(method, route.path) for route in routes for method in route.methods or ()}
    assert asked == set(on_page())
    assert len(asked) > 40


def sent(client: httpx.Client, permission: Permission, headers: Mapping[str, str]) -> httpx.Response:
    """Ask a route about what is not there, with a body that is none, and with no session that an earlier one began."""
    client.cookies.clear()
    names = {"report_id": str(uuid.uuid4()), "slug": "token-needed"}
    path = re.sub(r"\{(\w+)\}", lambda found: names.get(found[1], "nothing-of-that-name"), permission.path)
    return client.request(permission.method, path, headers=headers)


@pytest.mark.parametrize("permission", permissions(), ids=lambda each: f"{each.method} {each.path}")
def test_each_route_answers_each_asker_as_the_page_says(
    client: httpx.Client, tokens: Mapping[str, IssuedToken], permission: Permission
) -> None:
    for asker, cell in zip(ASKERS, on_page()[permission.method, permission.path], strict=True):
        headers = {} if asker == NO_TOKEN else bearer(tokens[asker])
        response = sent(client, permission, headers)
        if cell == TAKEN:
            assert response.status_code not in {401, 403, 500}, (asker, response.text)
        else:
            problem(response, REFUSED[cell])


def test_a_line_of_a_batch_needs_the_scope_of_the_route_that_does_the_same() -> None:
    others = {"register": "/v1/sources/{slug}", "scope": "/v1/incidents/{incident}/scopes", "open": "/v1/incidents"}
    others |= {"same_origin": "/v1/sources/same-origin", "same_origin_undo": "/v1/sources/same-origin/undo"}
    needed = {each.path: each.needed for each in permissions() if each.method in ("POST", "PUT")}
    for name in COMMAND_NAMES:
        (path,) = {others.get(name, "")} & set(needed) or [each for each in needed if each.endswith(f"/{name}")]
        assert needed[path] == needed_by(name), name
