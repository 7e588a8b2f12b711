"""Tokens over HTTP: who is let in, who is refused with which words, and what is recorded by whom."""

import time
import uuid
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from typing import LiteralString

import httpx
import orjson
import psycopg
import pytest
from psycopg import sql

from service.access.issuing import IssuedToken
from service.access.principal import OPERATOR
from tests.patience import PATIENCE
from tests.service.access import bearer, closed_service, issued, on_tokens
from tests.service.serving import opened, problem, toll

pytestmark = pytest.mark.one_server_will_do


@pytest.fixture(scope="module")
def url(migrated_template: str, create_database: Callable[[str], str]) -> str:
    return create_database(migrated_template)


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[httpx.Client]:
    with closed_service(url) as shared:
        yield shared


@pytest.fixture(scope="module")
def admin(url: str) -> IssuedToken:
    return issued(url, "admin", "read", "report", "curate")


@pytest.fixture(scope="module")
def reporter(url: str) -> IssuedToken:
    return issued(url, "read", "report")


@pytest.fixture(scope="module")
def auditor(url: str) -> IssuedToken:
    return issued(url, "read", "audit")


def asked(client: httpx.Client, token: IssuedToken | str, path: str = "/v1/policy") -> httpx.Response:
    return client.get(path, headers=bearer(token))


def refused(response: httpx.Response, slug: str = "token-invalid") -> str:
    """See that a token was refused with the challenge of RFC 6750, and return the sentence."""
    told = problem(response, slug)
    assert response.headers["www-authenticate"].startswith('Bearer realm="knownwhen"')
    return told["detail"]


def changed(url: str, statement: LiteralString, token: IssuedToken) -> None:
    """Change a token in the database past the service."""
    with psycopg.connect(url, autocommit=True) as connection:
        text = sql.SQL("UPDATE access.tokens SET {} WHERE id = {}")
        connection.execute(text.format(sql.SQL(statement), token.token.id))


def test_without_a_token_nothing_is_told_but_where_to_begin(client: httpx.Client) -> None:
    response = client.get("/v1/incidents")
    assert "scope `read`" in refused(response, "token-needed")
    assert response.headers["www-authenticate"] == 'Bearer realm="knownwhen"'
    for path in ("/healthz", "/readyz", "/openapi.json", "/docs", "/problems/token-needed"):
        assert client.get(path).status_code == 200, path
    about = client.get("/").json()
    assert about["access"].startswith("by token")
    assert about["try"] == [f"curl -H \"Authorization: Bearer $TOKEN\" '{client.base_url}/v1/incidents'"]


def test_a_scope_that_is_missing_is_named(client: httpx.Client, auditor: IssuedToken) -> None:
    response = client.post("/v1/incidents", json={}, headers=bearer(auditor))
    told = refused(response, "scope-missing")
    assert "scope `report`" in told
    assert response.json()["scope"] == "report"
    assert response.headers["www-authenticate"].endswith('error="insufficient_scope", scope="report"')


@pytest.mark.parametrize("path", ["/healthz", "/", "/v1/incidents", "/nothing/here"])
def test_a_token_that_is_none_is_refused_whatever_is_asked(client: httpx.Client, path: str) -> None:
    response = asked(client, "x", path)
    refused(response)
    assert response.headers["www-authenticate"].endswith('error="invalid_token"')


def test_what_is_written_bears_the_token_and_is_shown_to_who_audits(
    client: httpx.Client, reporter: IssuedToken, auditor: IssuedToken
) -> None:
    client.headers.update(bearer(reporter))
    try:
        slug = opened(client)
        filed = client.post(f"/v1/incidents/{slug}/reports", json=toll()).json()
        line = orjson.dumps({"incident": slug, **toll("7")})
        sent = client.post("/v1/reports:batch", content=line, headers={"Content-Type": "application/x-ndjson"})
        assert sent.status_code == 200
        seen = client.get("/v1/changes", params={"incident": slug}).json()["items"]
        lines = client.get(f"/v1/incidents/{slug}/facts").text.splitlines()
        assert [each["recorded_by"] for each in seen] == [None] * 3
        assert {orjson.loads(each)["recorded_by"] for each in lines} == {None}
        refused(client.get("/v1/changes", params={"recorded_by": reporter.token.id}), "scope-missing")
    finally:
        del client.headers["Authorization"]
    for kind in ("application/json", "application/x-ndjson"):
        headers = {**bearer(auditor), "Accept": kind}
        found = client.get("/v1/changes", params={"recorded_by": reporter.token.id}, headers=headers)
        items = found.json()["items"] if kind == "application/json" else map(orjson.loads, found.text.splitlines())
        by = {each["fact_id"]: each["recorded_by"] for each in items}
        assert by[filed["report_id"]] == reporter.token.id
        assert set(by.values()) == {reporter.token.id}
    found = client.get(f"/v1/incidents/{slug}/facts", headers=bearer(auditor)).text.splitlines()
    assert {orjson.loads(each)["recorded_by"] for each in found} == {reporter.token.id}


def test_the_same_key_of_two_tokens_is_two_requests(
    client: httpx.Client, reporter: IssuedToken, admin: IssuedToken
) -> None:
    slug = opened_by(client, reporter)
    written = [
        client.post(
            f"/v1/incidents/{slug}/reports", json=toll(), headers={**bearer(token), "Idempotency-Key": "the-same"}
        )
        for token in (reporter, admin, reporter)
    ]
    ids = [each.json()["report_id"] for each in written]
    assert ids[0] == ids[2] != ids[1]
    assert [each.headers.get("idempotent-replayed") for each in written] == [None, None, "true"]


def opened_by(client: httpx.Client, token: IssuedToken) -> str:
    body = {"slug": f"incident-{uuid.uuid4()}", "title": "An incident"}
    response = client.post("/v1/incidents", json=body, headers=bearer(token))
    assert response.status_code == 201, response.text
    return body["slug"]


def test_a_line_that_curates_needs_that_scope_and_the_other_lines_are_taken(
    client: httpx.Client, reporter: IssuedToken, admin: IssuedToken
) -> None:
    slug = opened_by(client, reporter)
    lines = [{"close": {"incident": slug}}, {"incident": slug, **toll("8")}]
    body = b"\n".join(map(orjson.dumps, lines))
    headers = {"Content-Type": "application/x-ndjson"}
    for token, outcomes in ((reporter, ["invalid", "recorded"]), (admin, ["recorded", "replayed"])):
        response = client.post("/v1/reports:batch", content=body, headers={**headers, **bearer(token)})
        *told, _ = map(orjson.loads, response.text.splitlines())
        assert [each["outcome"] for each in told] == outcomes
        if token is reporter:
            assert told[0]["problem"]["type"] == "/problems/scope-missing"


def test_answers_are_for_their_client_alone(client: httpx.Client, reporter: IssuedToken) -> None:
    slug = opened_by(client, reporter)
    response = asked(client, reporter, f"/v1/incidents/{slug}?as_of=@1")
    response = asked(client, reporter, f"/v1/incidents/{slug}/facts")
    assert "Authorization, Cookie" in response.headers.get_list("vary")
    position = client.get("/v1/changes?limit=1", headers=bearer(reporter)).json()["position"]
    response = asked(client, reporter, f"/v1/incidents/{slug}?as_of=@{position}")
    assert response.headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("revoked_at = now()", "The token was revoked."),
        ("expires_at = now() - interval '1 second'", "The token has expired."),
        ("created_at = now() + interval '1 hour'", "not valid yet"),
        ("secret_hash = sha256('another')", "The token is none of this service."),
    ],
)
def test_a_token_that_stands_no_more_is_refused_with_the_reason(
    client: httpx.Client, url: str, statement: LiteralString, told: str
) -> None:
    token = issued(url, "read")
    changed(url, statement, token)
    assert told in refused(asked(client, token))


def test_a_token_is_for_its_networks(client: httpx.Client, url: str) -> None:
    here = issued(url, "read", networks=(ip_network("127.0.0.0/8"), ip_network("2001:db8::/32")))
    elsewhere = issued(url, "read", networks=(ip_network("192.0.2.0/24"),))
    assert asked(client, here).status_code == 200
    assert "network" in refused(asked(client, elsewhere))


def test_a_revoked_token_ends_at_once_here_and_soon_in_another_process(
    client: httpx.Client, url: str, admin: IssuedToken
) -> None:
    here, there = issued(url, "read"), issued(url, "read")
    assert {asked(client, each).status_code for each in (here, there)} == {200}
    assert client.delete(f"/v1/tokens/{here.token.id}", headers=bearer(admin)).json()["stands"] is False
    refused(asked(client, here))
    on_tokens(url, lambda tokens: tokens.revoke(there.token.id, OPERATOR))

    until = time.monotonic() + PATIENCE
    while asked(client, there).status_code == 200:
        assert time.monotonic() < until
        time.sleep(0.1)
    assert "revoked" in refused(asked(client, there))
