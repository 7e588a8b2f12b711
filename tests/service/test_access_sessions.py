"""Sessions of browsers: the cookie and its flags, whence one may write by it, and its end."""

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

import httpx
import psycopg
import pytest

from service.access.issuing import IssuedToken
from service.access.principal import OPERATOR
from service.access.request_limits import MOST_FAILURES
from service.api.authentication import COOKIE
from service.runtime.hosts import Hosts
from tests.patience import PATIENCE
from tests.service.access import bearer, closed_service, issued, on_tokens
from tests.service.serving import problem

pytestmark = pytest.mark.one_server_will_do

ORIGIN = "https://app.example.org"


@pytest.fixture(scope="module")
def url(migrated_template: str, create_database: Callable[[str], str]) -> str:
    return create_database(migrated_template)


@pytest.fixture(scope="module")
def shared(url: str) -> Iterator[httpx.Client]:
    with closed_service(url, Hosts("127.0.0.1", ["log.example.org"], [ORIGIN])) as client:
        yield client


@pytest.fixture
def client(shared: httpx.Client) -> httpx.Client:
    shared.cookies.clear()
    return shared


@pytest.fixture(scope="module")
def token(url: str) -> IssuedToken:
    return issued(url, "read", "curate")


def cookie(client: httpx.Client, token: IssuedToken, **headers: str) -> str:
    """Begin a session and return what the answer sets."""
    response = client.post("/v1/session", headers={**bearer(token), **headers})
    assert response.status_code == 200, response.text
    client.cookies.clear()
    return response.headers["set-cookie"]


def value_of(set_cookie: str) -> str:
    return set_cookie.partition(";")[0]


def test_a_cookie_stands_for_the_token_and_scripts_and_other_sites_do_not_get_it(
    client: httpx.Client, token: IssuedToken
) -> None:
    here, there = cookie(client, token), cookie(client, token, Host="log.example.org")
    for each in (here, there):
        assert {"HttpOnly", "SameSite=strict", "Path=/", "Max-Age=43200"} <= set(each.split("; "))
    assert ("Secure" in here, "Secure" in there) == (False, True)
    assert token.text not in here
    headers = {"Cookie": f"other=1; {value_of(here)}; more=2"}
    assert client.get("/v1/policy", headers=headers).status_code == 200


def test_the_table_holds_no_cookie(client: httpx.Client, url: str, token: IssuedToken) -> None:
    secret = value_of(cookie(client, token)).removeprefix(f"{COOKIE}=")
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT s::text FROM access.sessions AS s").fetchall()
    assert rows
    assert secret not in str(rows)


WRITES: tuple[tuple[Mapping[str, str], bool], ...] = (
    ({}, False),
    ({"Sec-Fetch-Site": "same-origin"}, True),
    ({"Sec-Fetch-Site": "SAME-ORIGIN", "Origin": "http://127.0.0.1:1"}, True),
    ({"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1"}, False),
    ({"Sec-Fetch-Site": "none"}, False),
    ({"Sec-Fetch-Site": "cross-site"}, False),
    ({"Origin": "{own}"}, True),
    ({"Origin": "http://localhost:3000"}, False),
    ({"Origin": "null"}, False),
    ({"Origin": "https://evil.example"}, False),
    ({"Origin": ORIGIN}, True),
    ({"Origin": ORIGIN, "Sec-Fetch-Site": "same-site"}, True),
    ({"Origin": "https://log.example.org", "Host": "log.example.org"}, True),
    ({"Origin": "https://log.example.org:443", "Host": "log.example.org"}, True),
    ({"Origin": "https://log.example.org:8443", "Host": "log.example.org"}, False),
)


@pytest.mark.parametrize(("headers", "fine"), WRITES)
def test_by_a_cookie_only_a_page_of_the_service_writes(
    client: httpx.Client, token: IssuedToken, headers: Mapping[str, str], *, fine: bool
) -> None:
    own = str(client.base_url).rstrip("/")
    sent = {name: value.format(own=own) for name, value in headers.items()}
    sent["Cookie"] = value_of(cookie(client, token))
    response = client.put("/v1/policy", json={}, headers=sent)
    problem(response, "invalid-body" if fine else "cross-site")
    assert client.get("/v1/policy", headers={"Cookie": sent["Cookie"]}).status_code == 200


def test_a_token_beside_a_cookie_is_what_counts(client: httpx.Client, url: str, token: IssuedToken) -> None:
    reporter = issued(url, "report")
    headers = {"Cookie": value_of(cookie(client, token)), **bearer(reporter)}
    problem(client.get("/v1/policy", headers=headers), "scope-missing")


def test_an_ended_session_is_as_none_and_its_cookie_is_taken_back(client: httpx.Client, token: IssuedToken) -> None:
    headers = {"Cookie": value_of(cookie(client, token)), "Sec-Fetch-Site": "same-origin"}
    assert client.get("/v1/policy", headers=headers).status_code == 200
    response = client.delete("/v1/session", headers=headers)
    assert response.status_code == 204
    assert "Max-Age=0" in response.headers["set-cookie"]
    problem(client.get("/v1/policy", headers=headers), "token-needed")
    assert client.get("/healthz", headers=headers).status_code == 200
    assert client.delete("/v1/session", headers=headers).status_code == 204


def test_a_browser_that_keeps_an_ended_session_shuts_nobody_out(client: httpx.Client, token: IssuedToken) -> None:
    headers = {"Cookie": value_of(cookie(client, token)), "Sec-Fetch-Site": "same-origin"}
    client.delete("/v1/session", headers=headers)
    for _ in range(MOST_FAILURES + 1):
        problem(client.get("/v1/policy", headers=headers), "token-needed")
    assert client.get("/v1/policy", headers=bearer(token)).status_code == 200


def test_a_session_does_not_begin_another(client: httpx.Client, token: IssuedToken) -> None:
    headers = {"Cookie": value_of(cookie(client, token)), "Sec-Fetch-Site": "same-origin"}
    problem(client.post("/v1/session", headers=headers), "session-needs-token")


def test_two_cookies_that_differ_are_none(client: httpx.Client, token: IssuedToken) -> None:
    one, two = (value_of(cookie(client, token)) for _ in range(2))
    problem(client.get("/v1/policy", headers={"Cookie": f"{one}; {two}"}), "token-needed")
    assert client.get("/v1/policy", headers={"Cookie": f"{one}; {one}"}).status_code == 200


def test_pages_of_an_origin_that_is_set_ask_by_token_and_those_of_others_get_no_leave(
    client: httpx.Client, token: IssuedToken
) -> None:
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    leave = client.options("/v1/incidents", headers={"Origin": ORIGIN, **asks})
    assert (leave.status_code, leave.headers["access-control-allow-origin"]) == (200, ORIGIN)
    assert "access-control-allow-credentials" not in leave.headers
    other = client.options("/v1/incidents", headers={"Origin": "https://evil.example", **asks})
    assert "access-control-allow-origin" not in other.headers
    for origin, expected in ((ORIGIN, ORIGIN), ("https://evil.example", None)):
        for headers in ({}, bearer(token)):
            response = client.get("/v1/policy", headers={"Origin": origin, **headers})
            assert response.headers.get("access-control-allow-origin") == expected
    written = client.put(
        "/v1/policy", json={}, headers={"Origin": ORIGIN, "Sec-Fetch-Site": "cross-site", **bearer(token)}
    )
    problem(written, "invalid-body")


@pytest.mark.parametrize("overlap", [timedelta(), timedelta(hours=1)])
def test_who_had_the_old_secret_keeps_no_session(client: httpx.Client, url: str, overlap: timedelta) -> None:
    stolen = issued(url, "read")
    session = {"Cookie": value_of(cookie(client, stolen))}
    assert client.get("/v1/policy", headers=session).status_code == 200
    new = on_tokens(url, lambda tokens: tokens.rotate(stolen.token.id, 90, overlap, OPERATOR))
    until = time.monotonic() + PATIENCE
    while client.get("/v1/policy", headers=session).status_code == 200 and time.monotonic() < until:
        time.sleep(0.1)
    assert client.get("/v1/policy", headers=session).status_code == 401
    assert client.get("/v1/policy", headers={"Cookie": value_of(cookie(client, new))}).status_code == 200
