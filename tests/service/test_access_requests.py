"""What comes with a request beside a token: headers twice, large or of another kind; what is public; what goes on."""

import http.client
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import httpx
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.access.issuing import IssuedToken
from service.access.principal import OPERATOR
from service.access.request_limits import network_of
from service.wiring import TokensNeeded
from tests.patience import PATIENCE
from tests.service.access import bearer, closed_service, issued, on_tokens
from tests.service.serving import filed, opened, problem, toll

pytestmark = pytest.mark.one_server_will_do


@pytest.fixture
def url(migrated_template: str, create_database: Callable[[str], str]) -> str:
    return create_database(migrated_template)


def raw(client: httpx.Client, *lines: str) -> tuple[int, str]:
    """Send header lines as they are, and return the status and the type of the problem."""
    where = urlsplit(str(client.base_url))
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=PATIENCE) as connection:
        head = ("GET /v1/policy HTTP/1.1", "Host: localhost", *lines, "Connection: close", "", "")
        connection.sendall("\r\n".join(head).encode())
        response = http.client.HTTPResponse(connection)
        response.begin()
        return response.status, orjson.loads(response.read()).get("type", "")


def test_a_token_is_named_once_and_as_it_should_be(url: str) -> None:
    token = issued(url, "read")
    right = f"Authorization: Bearer {token.text}"
    with closed_service(url) as client:
        for lines in ((right,), (f"authorization:bearer   {token.text} ",), (right, "X-Other: 1")):
            assert raw(client, *lines)[0] == 200
        assert raw(client, right, right) == (400, "/problems/invalid-header")
        assert raw(client, right, "Authorization: Basic eDp5") == (400, "/problems/invalid-header")
        wrong = (
            *("Authorization:", "Authorization: Bearer", "Authorization: Basic eDp5", f"Authorization: {token.text}"),
            *(f"Authorization: Bearer {token.text} {token.text}", f"Authorization: Token {token.text}"),
            *(f"Authorization: Bearer {token.text}é", f"Authorization: Bearer {token.text.upper()}"),
            f"Authorization: Bearer {'x' * 30_000}",
        )
        for line in wrong:
            assert raw(client, line) == (401, "/problems/token-invalid"), line[:60]


def test_a_token_in_the_address_is_none(url: str) -> None:
    token = issued(url, "read")
    with closed_service(url) as client:
        for name in ("access_token", "token"):
            problem(client.get("/v1/policy", params={name: token.text}), "token-needed")


def test_a_token_in_a_path_is_in_no_log_and_no_problem(url: str, capfd: pytest.CaptureFixture[str]) -> None:
    admin, pasted = issued(url, "admin"), issued(url, "read")
    with closed_service(url) as client:
        told = problem(client.delete(f"/v1/tokens/{pasted.text}", headers=bearer(admin)), "no-such-token")
        assert client.get(f"/v1/reports/{pasted.text}", headers=bearer(admin)).status_code >= 400
    assert pasted.text[20:40] not in str(told)
    assert pasted.token.id in str(told)
    logged = "".join(capfd.readouterr())
    assert pasted.text[20:40] not in logged


SENT = st.one_of(
    st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=80),
    st.from_regex(r"kw_[a-z2-7]{12}_[0-9A-Za-z]{49}", fullmatch=True),
    st.sampled_from(["kw_", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "kw2_aaaaaaaaaaaa_bb", "a.b.c", "x" * 9_000]),
)


def test_what_is_no_token_is_refused_in_words_that_do_not_repeat_it(url: str) -> None:
    with closed_service(url) as client:

        @given(text=SENT)
        @settings(max_examples=60, deadline=None, database=None)
        def refused(text: str) -> None:
            response = client.get("/v1/policy", headers=bearer(text))
            if response.status_code == 429:
                assert 1 <= int(response.headers["retry-after"]) <= 60
            told = problem(response, "too-many-requests" if response.status_code == 429 else "token-invalid")
            assert len(text) < 10 or text not in told["detail"]

        refused()
        response = client.get("/v1/policy", headers=bearer("x"))
        assert problem(response, "too-many-requests")
        assert client.get("/healthz").status_code == 200


def test_a_token_over_its_limit_is_told_when_to_come_again(url: str) -> None:
    token, other = issued(url, "read"), issued(url, "read")
    with closed_service(url, tokens=TokensNeeded(rate=5)) as client:
        for _ in range(5):
            assert client.get("/v1/policy", headers=bearer(token)).status_code == 200
        response = client.get("/v1/policy", headers=bearer(token))
        assert "5 requests a minute" in problem(response, "too-many-requests")["detail"]
        assert 1 <= int(response.headers["retry-after"]) <= 60
        assert client.get("/v1/policy", headers=bearer(other)).status_code == 200


def test_where_reading_is_public_nobody_needs_a_token_to_read_and_all_do_to_write(url: str) -> None:
    with closed_service(url, tokens=TokensNeeded(public_read=True)) as client:
        assert "public may be read" in client.get("/").json()["access"]
        assert client.get("/v1/policy").status_code == 200
        problem(client.post("/v1/incidents", json={}), "token-needed")
        problem(client.get("/v1/changes", params={"recorded_by": "aaaaaaaaaaaa"}), "token-needed")
        problem(client.get("/v1/policy", headers=bearer("x")), "token-invalid")


def revoke(client: httpx.Client, admin: IssuedToken, token: IssuedToken) -> None:
    """Revoke a token beside a request of the same client: this process takes it no more at once."""
    with httpx.Client(base_url=client.base_url, timeout=PATIENCE, headers=bearer(admin)) as other:
        assert other.delete(f"/v1/tokens/{token.token.id}").status_code == 200


@pytest.mark.parametrize("path", ["/v1/incidents", "/v1/reports:batch", "/v1/incidents/{}/reports"])
def test_a_body_that_is_still_sent_when_its_token_is_revoked_is_not_recorded(url: str, path: str) -> None:
    writer, reader, admin = issued(url, "report"), issued(url, "read"), issued(url, "admin")
    slug, report_id = "", str(uuid.uuid4())

    def content() -> Iterator[bytes]:
        body = {**toll(), "report_id": report_id} | ({"incident": slug} if "batch" in path else {})
        raw = orjson.dumps({"slug": report_id, "title": "Late", "utc_offset": "+03:00"} if "{" not in path else body)
        raw = orjson.dumps(body) if "batch" in path else raw
        yield raw[:20]
        revoke(client, admin, writer)
        yield raw[20:]

    with closed_service(url) as client:
        client.headers.update(bearer(writer))
        slug = opened(client)
        kind = "application/x-ndjson" if "batch" in path else "application/json"
        response = client.post(path.format(slug), content=content(), headers={"content-type": kind})
        problem(response, "token-invalid")
        client.headers.update(bearer(reader))
        for place in (f"/v1/reports/{report_id}", f"/v1/incidents/{report_id}"):
            assert client.get(place).status_code == 404


def test_a_batch_that_goes_on_after_its_token_is_revoked_is_broken_off(url: str) -> None:
    writer, reader, admin = issued(url, "report"), issued(url, "read"), issued(url, "admin")
    early, late = (str(uuid.uuid4()) for _ in range(2))
    with closed_service(url) as client:
        client.headers.update(bearer(writer))
        slug = opened(client)

        def lines() -> Iterator[bytes]:
            yield orjson.dumps({"incident": slug, **toll(), "report_id": early}) + b"\n"
            headers, until = bearer(reader), time.monotonic() + PATIENCE
            while client.get(f"/v1/reports/{early}", headers=headers).status_code == 404 and time.monotonic() < until:
                time.sleep(0.05)
            revoke(client, admin, writer)
            yield orjson.dumps({"incident": slug, **toll("1,400"), "report_id": late}) + b"\n"

        with httpx.Client(base_url=client.base_url, timeout=PATIENCE, headers=bearer(writer)) as sending:
            with pytest.raises(httpx.HTTPError):
                sending.post("/v1/reports:batch", content=lines(), headers={"content-type": "application/x-ndjson"})
        found = [client.get(f"/v1/reports/{each}", headers=bearer(reader)).status_code for each in (early, late)]
    assert found == [200, 404]


def test_an_event_stream_ends_with_the_token_that_it_was_asked_by(url: str) -> None:
    reader, writer = issued(url, "read"), issued(url, "report")
    with closed_service(url) as client, httpx.Client(base_url=client.base_url, timeout=PATIENCE) as following:
        client.headers.update(bearer(writer))
        slug = opened(client)
        ended = threading.Event()
        seen: list[str] = []
        begun = threading.Event()

        def follow() -> None:
            headers = {**bearer(reader), "Accept": "text/event-stream"}
            try:
                with following.stream("GET", "/v1/changes", headers=headers) as stream:
                    for line in stream.iter_lines():
                        begun.set()
                        seen.append(line)
            except httpx.HTTPError:
                pass
            ended.set()

        thread = threading.Thread(target=follow)
        thread.start()
        assert begun.wait(PATIENCE)
        on_tokens(url, lambda tokens: tokens.revoke(reader.token.id, OPERATOR))
        for place in range(600):
            filed(client, slug, toll(str(place + 1)))
            if ended.wait(0.1):
                break
        assert ended.is_set()
        thread.join()
        assert sum("data:" in line for line in seen) < 600


def test_networks_are_those_of_a_household_or_an_office() -> None:
    assert network_of("192.0.2.7") == network_of("::ffff:192.0.2.200") == "192.0.2.0/24"
    assert network_of("2001:db8:1:2:3::4") == "2001:db8:1:2::/64"
    assert (network_of("fe80::1%eth0"), network_of(""), network_of("unix")) == ("fe80::/64", "", "unix")
