"""For whom the service answers: its own names and addresses; and whose pages may write."""

import http.client
import socket
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx
import orjson
import pytest

from service.runtime.hosts import Hosts
from service.wiring import make_app
from tests.service.serving import opened, problem, serving, toll

pytestmark = pytest.mark.one_server_will_do

pytest_plugins = ("tests.service.api_fixtures",)

OURS = (
    *("127.0.0.1", "127.0.0.1:8000", "127.9.8.7", "localhost", "LOCALHOST:1", "localhost.", "[::1]", "[::1]:8000"),
    *("[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "localhost:"),
)
FOREIGN = (
    *("evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost.evil.example", "evil-localhost"),
    *("10.0.0.5", "[2001:db8::1]", "0.0.1.0", "[::]", "2130706433", "0x7f.1", "xn--lcalhost-54a"),
)
UNREADABLE = (
    *("", "a b", "127.0.0.1/x", "localhost@evil.example", "127.0.0.1, evil.example", "[::1", "::1"),
    *("ｌocalhost", "a..b"),
)


@contextmanager
def named(database_url: str, hosts: Hosts) -> Generator[httpx.Client]:
    with serving(make_app(database_url, hosts)) as address, httpx.Client(base_url=address, timeout=30) as client:
        yield client


def asked(client: httpx.Client, host: str, path: str = "/healthz") -> httpx.Response:
    return client.get(path, headers=[(b"Host", host.encode())])


@pytest.mark.parametrize("host", OURS)
def test_names_and_addresses_of_loopback_are_served_at_any_port(client: httpx.Client, host: str) -> None:
    assert asked(client, host).status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/v1/incidents", "/", "/openapi.json", "/nothing/here", "/v1/changes"])
@pytest.mark.parametrize("host", FOREIGN)
def test_a_foreign_host_is_refused_whatever_is_asked_and_told_which_setting_to_set(
    client: httpx.Client, host: str, path: str
) -> None:
    told = problem(asked(client, host, path), "wrong-host")
    assert f"“{host}”" in told["detail"]
    assert "KNOWNWHEN_HOSTS" in told["detail"]


@pytest.mark.parametrize("host", UNREADABLE)
def test_a_host_that_cannot_be_read_is_refused(client: httpx.Client, host: str) -> None:
    problem(asked(client, host), "invalid-header", "Host")


def test_without_a_host_only_what_never_had_one_is_served(client: httpx.Client) -> None:
    assert raw(client, "GET /healthz HTTP/1.0")[0] == 200
    status, body = raw(client, "GET /healthz HTTP/1.1")
    assert (status, body["type"], body["errors"][0]["field"]) == (400, "/problems/invalid-header", "Host")
    assert raw(client, "GET /healthz HTTP/1.1", "Host: localhost", "Host: evil.example")[0] == 400


def test_blanks_around_a_host_are_none_of_it(client: httpx.Client) -> None:
    assert raw(client, "GET /healthz HTTP/1.1", "Host:  \tlocalhost:8000 \t")[0] == 200


@pytest.mark.parametrize("name", ["Origin", "Sec-Fetch-Site"])
@pytest.mark.parametrize("said", [("http://evil.example", "http://localhost"), ("cross-site", "same-origin")])
def test_who_sends_a_request_is_said_once(client: httpx.Client, name: str, said: tuple[str, str]) -> None:
    for one, other in (said, said[::-1]):
        lines = ("Host: localhost", f"{name}: {one}", f"{name}: {other}", "Content-Length: 0")
        status, body = raw(client, "POST /v1/incidents HTTP/1.1", *lines)
        assert (status, body["errors"][0]["field"]) == (400, name)


def raw(client: httpx.Client, *lines: str) -> tuple[int, dict[str, list[dict[str, str]]]]:
    where = urlsplit(str(client.base_url))
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=10) as connection:
        connection.sendall("\r\n".join((*lines, "Connection: close", "", "")).encode())
        response = http.client.HTTPResponse(connection)
        response.begin()
        return response.status, orjson.loads(response.read())


def test_what_is_refused_was_not_recorded(client: httpx.Client) -> None:
    body = {"slug": "rebound", "title": "R"}
    problem(client.post("/v1/incidents", json=body, headers={"Host": "evil.example"}), "wrong-host")
    problem(client.get("/v1/incidents/rebound"), "no-such-incident")


WRITTEN_BY: tuple[tuple[Mapping[str, str], bool], ...] = (
    ({}, True),
    ({"Origin": "http://127.0.0.1:8000"}, True),
    ({"Origin": "http://localhost:3000", "Sec-Fetch-Site": "cross-site"}, True),
    ({"Sec-Fetch-Site": "same-origin"}, True),
    ({"Sec-Fetch-Site": "none"}, True),
    ({"Sec-Fetch-Site": "cross-site"}, False),
    ({"Sec-Fetch-Site": "CROSS-SITE"}, False),
    ({"Origin": "https://evil.example"}, False),
    ({"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"}, False),
    ({"Origin": "http://localhost@evil.example"}, False),
    ({"Origin": "null"}, False),
    ({"Origin": ""}, False),
)


@pytest.mark.parametrize(("headers", "fine"), WRITTEN_BY)
def test_a_page_of_another_site_may_not_write(
    client: httpx.Client, incident: str, headers: Mapping[str, str], *, fine: bool
) -> None:
    for path, body in ((f"/v1/incidents/{incident}/reports", toll()), (f"/v1/incidents/{incident}/close", {})):
        response = client.post(path, json=body, headers=headers)
        if fine:
            assert response.status_code == 201
        else:
            assert "Nothing was recorded" in problem(response, "cross-site")["detail"]
    assert client.get(f"/v1/incidents/{incident}", headers=headers).status_code == 200


def test_names_that_are_set_are_served_and_their_pages_may_write(database_url: str) -> None:
    with named(database_url, Hosts("127.0.0.1", ["Log.Example.org", "überblick.example"])) as client:
        for host in ("log.example.org", "LOG.example.org:443", "xn--berblick-55a.example", "127.0.0.1"):
            assert asked(client, host).status_code == 200
        problem(asked(client, "example.org"), "wrong-host")
        slug = opened(client)
        headers = {"Host": "log.example.org", "Origin": "https://log.example.org"}
        assert client.post(f"/v1/incidents/{slug}/reports", json=toll(), headers=headers).status_code == 201


def test_behind_a_proxy_that_checks_hosts_every_name_is_served_and_no_page_of_another_site_writes(
    database_url: str,
) -> None:
    with named(database_url, Hosts("127.0.0.1", ["*"])) as client:
        assert asked(client, "anything.example").status_code == 200
        problem(asked(client, "a b"), "invalid-header", "Host")
        slug = opened(client)
        sent = {"Host": "10.0.0.5", "Origin": "https://app.example", "Sec-Fetch-Site": "same-origin"}
        assert client.post(f"/v1/incidents/{slug}/reports", json=toll(), headers=sent).status_code == 201
        sent["Sec-Fetch-Site"] = "cross-site"
        problem(client.post(f"/v1/incidents/{slug}/reports", json=toll("7"), headers=sent), "cross-site")


@pytest.mark.parametrize("listening", ["0.0.0.0", "::"])  # noqa: S104 - nothing listens there in this test
def test_who_listens_on_all_addresses_answers_for_each_but_for_no_name(database_url: str, listening: str) -> None:
    with named(database_url, Hosts(listening)) as client:
        for host in ("10.0.0.5:8000", "[2001:db8::1]", "127.0.0.1", "localhost"):
            assert asked(client, host).status_code == 200
        problem(asked(client, "evil.example"), "wrong-host")


def test_who_listens_on_one_address_answers_for_it() -> None:
    knows: Callable[[str], bool] = Hosts("192.0.2.7").includes
    assert [knows(each) for each in ("192.0.2.7:80", "192.0.2.8", "box.example")] == [True, False, False]
    assert Hosts("box.example").includes("BOX.example:80")
