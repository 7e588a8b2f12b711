"""Tokens made, listed, rotated and revoked over HTTP by who has `admin`, and no further than that one's own reach."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.errors import InsufficientPrivilege

from service.access.issuing import IssuedToken
from service.access.principal import SCOPES, AccessScope
from service.postgres.role import service_role_url
from tests.service.access import bearer, closed_service, issued
from tests.service.serving import problem

pytestmark = pytest.mark.one_server_will_do

OWN = "/v1/tokens"


@pytest.fixture(scope="module")
def url(migrated_template: str, create_database: Callable[[str], str]) -> str:
    return create_database(migrated_template)


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[httpx.Client]:
    with closed_service(url) as shared:
        yield shared


@pytest.fixture(scope="module")
def admin(url: str) -> IssuedToken:
    return issued(url, "admin", "read", "report")


@pytest.fixture(scope="module")
def of_desk(url: str) -> IssuedToken:
    """Return an admin of two collections."""
    return issued(url, "admin", "read", collections=frozenset({"desk", "public"}))


def made(client: httpx.Client, by: IssuedToken, **given: Any) -> httpx.Response:
    return client.post(OWN, json={"scopes": ["read"], **given}, headers=bearer(by))


def listed(client: httpx.Client, by: IssuedToken) -> dict[str, dict[str, Any]]:
    return {each["id"]: each for each in client.get(OWN, headers=bearer(by)).json()["items"]}


def test_a_token_is_made_shown_once_and_works(client: httpx.Client, admin: IssuedToken) -> None:
    response = made(client, admin, name="desk-kyiv", scopes=["read", "report"], networks=["127.0.0.0/8"], days=3)
    assert response.status_code == 201
    assert response.headers["cache-control"] == "no-store"
    token = response.json()
    text = token.pop("token")
    assert client.get("/v1/policy", headers=bearer(text)).status_code == 200
    found = listed(client, admin)[token["id"]]
    assert (found["name"], found["collections"], found["created_by"]) == ("desk-kyiv", ["public"], admin.token.id)
    assert (found["stands"], found["networks"]) == (True, ["127.0.0.0/8"])
    assert text.split("_")[2] not in client.get(OWN, headers=bearer(admin)).text


def test_a_name_is_of_one_token_until_that_is_revoked(client: httpx.Client, admin: IssuedToken) -> None:
    first = made(client, admin, name="twice").json()
    assert "“twice”" in problem(made(client, admin, name="twice"), "token-name-taken", "name")["detail"]
    assert client.delete(f"{OWN}/twice", headers=bearer(admin)).json()["revoked_by"] == admin.token.id
    second = made(client, admin, name="twice").json()
    both = listed(client, admin)
    assert [both[each["id"]]["stands"] for each in (first, second)] == [False, True]
    problem(client.get("/v1/policy", headers=bearer(first["token"])), "token-invalid")


def test_revoked_again_it_stays_as_it_was_and_cannot_be_rotated(client: httpx.Client, admin: IssuedToken) -> None:
    token = made(client, admin, name="gone").json()["id"]
    first, second = (client.delete(f"{OWN}/{token}", headers=bearer(admin)).json() for _ in range(2))
    assert first["revoked_at"] == second["revoked_at"]
    problem(client.post(f"{OWN}/{token}/rotation", json={}, headers=bearer(admin)), "token-revoked")
    problem(client.delete(f"{OWN}/nobody", headers=bearer(admin)), "no-such-token")


def test_a_rotation_keeps_all_but_the_secret(client: httpx.Client, admin: IssuedToken) -> None:
    old = made(client, admin, name="turning").json()
    new = client.post(f"{OWN}/turning/rotation", json={"days": 10}, headers=bearer(admin)).json()
    assert {each: new[each] for each in ("id", "name", "scopes")} == {
        each: old[each] for each in ("id", "name", "scopes")
    }
    assert new["expires_at"] < old["expires_at"]
    problem(client.get("/v1/policy", headers=bearer(old["token"])), "token-invalid")
    assert client.get("/v1/policy", headers=bearer(new["token"])).status_code == 200


@given(
    scopes=st.sets(st.sampled_from(SCOPES), min_size=1),
    collections=st.sets(st.sampled_from(["public", "desk", "other", "*"]), min_size=1),
)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None)
def test_nobody_hands_out_what_they_lack(
    client: httpx.Client, admin: IssuedToken, of_desk: IssuedToken, scopes: set[AccessScope], collections: set[str]
) -> None:
    for maker in (admin, of_desk):
        name = f"{maker.token.id}-{sorted(scopes)}-{sorted(collections)}"[:100]
        response = made(client, maker, name=name, scopes=sorted(scopes), collections=sorted(collections))
        held = maker.token.collections
        permitted = scopes <= maker.token.scopes and (held is None or collections <= held)
        if permitted:
            assert response.status_code in {201, 409}
        else:
            problem(response, "cannot-hand-out")


def test_a_stronger_token_is_not_rotated_into_ones_own_hands(
    client: httpx.Client, url: str, admin: IssuedToken
) -> None:
    stronger = issued(url, "admin", "audit", name="stronger")
    response = client.post(f"{OWN}/stronger/rotation", json={}, headers=bearer(admin))
    assert "`audit`" in problem(response, "cannot-hand-out")["detail"]
    assert client.get(OWN, headers=bearer(stronger)).status_code == 200


def test_tokens_of_collections_that_one_does_not_see_are_not_there(
    client: httpx.Client, url: str, of_desk: IssuedToken
) -> None:
    hidden = issued(url, "read", name="hidden", collections=frozenset({"secret"}))
    everywhere = issued(url, "read", name="everywhere")
    seen = issued(url, "read", name="seen", collections=frozenset({"desk"}))
    found = listed(client, of_desk)
    assert seen.token.id in found
    assert not {hidden.token.id, everywhere.token.id} & set(found)
    for name in ("hidden", hidden.token.id, "everywhere"):
        problem(client.delete(f"{OWN}/{name}", headers=bearer(of_desk)), "no-such-token")
        problem(client.post(f"{OWN}/{name}/rotation", json={}, headers=bearer(of_desk)), "no-such-token")


@pytest.mark.parametrize(
    ("given_", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a", "scopes": []}, "scopes"),
        ({"name": "a", "scopes": ["write"]}, "scopes[0]"),
        ({"name": "a", "collections": ["Not A Slug"]}, "collections[0]"),
        ({"name": "a", "collections": []}, "collections"),
        ({"name": "a", "networks": ["192.0.2.1/24"]}, "networks[0]"),
        ({"name": "a", "networks": ["here"]}, "networks[0]"),
        ({"name": "a", "days": 0}, "days"),
        ({"name": "a", "days": 10_000}, "days"),
        ({"name": "a", "secret": "mine"}, "secret"),
    ],
)
def test_what_is_no_token_gets_an_error_for_its_field(
    client: httpx.Client, admin: IssuedToken, given_: dict[str, Any], field: str
) -> None:
    problem(made(client, admin, **given_), "invalid-body", field)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO access.tokens SELECT * FROM access.tokens",
        "UPDATE access.tokens SET scopes = '{admin}'",
        "UPDATE access.tokens SET revoked_at = NULL",
        "UPDATE access.tokens SET secret_hash = sha256('mine')",
        "DELETE FROM access.tokens",
        "TRUNCATE access.tokens CASCADE",
        "UPDATE access.sessions SET expires_at = 'infinity'",
    ],
)
def test_the_role_of_the_service_changes_no_token_by_itself(url: str, statement: str) -> None:
    with psycopg.connect(service_role_url(url)) as connection, pytest.raises(InsufficientPrivilege):
        connection.execute(statement.encode())
