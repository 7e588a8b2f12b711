"""Answers: their envelope and coordinates, what caches may do with them, their forms, and what is not known yet."""

import csv
import gzip
import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from domain.ledger.canonical import canonical, commitment
from tests.service.serving import filed, opened, problem, toll

pytest_plugins = ("tests.service.projected_fixtures",)
pytestmark = pytest.mark.one_server_will_do

VIEWS = {"": "state/1", "/timeline": "timeline/1", "/claims": "claims/1"}


@pytest.fixture(scope="module")
def client(projected_client: httpx.Client) -> httpx.Client:
    return projected_client


@pytest.fixture
def incident(client: httpx.Client) -> str:
    """Return the slug of an incident of this test's own, three hours ahead of UTC."""
    return opened(client)


@pytest.fixture
def told(client: httpx.Client) -> tuple[str, list[int]]:
    """Return an incident with three figures of SOHR, and the positions of the reports."""
    slug = opened(client)
    figures = (("340", "2025-03-08"), ("830", "2025-03-09"), ("1,383", "2025-03-12"))
    reports = [toll(figure, reported_at=day, text={"summary": f"It is {figure}."}) for figure, day in figures]
    return slug, [filed(client, slug, report)["position"] for report in reports]


def best(answer: httpx.Response) -> int:
    return answer.json()["data"]["estimates"][0]["best"]["figure"]


@pytest.mark.parametrize(("path", "view"), VIEWS.items())
def test_an_answer_carries_its_coordinates_and_the_digest_of_its_bytes(
    client: httpx.Client, told: tuple[str, list[int]], path: str, view: str
) -> None:
    slug, positions = told
    response = client.get(f"/v1/incidents/{slug}{path}", params={"reported_until": "2025-03-09T23:59:59+03:00"})
    answer = response.json()
    assert list(answer) == ["data", "text", "coordinates", "digest"]
    coordinates = answer["coordinates"]
    assert set(coordinates) == {
        "log", "position", "recorded_at", "version", "closed", "reported_until", "policy", "view"
    }  # fmt: skip
    assert coordinates["position"] == positions[-1]
    assert (coordinates["version"], coordinates["closed"]) == (4, False)
    assert coordinates["reported_until"] == "2025-03-09T20:59:59Z"
    assert (coordinates["policy"], coordinates["view"]) == ("range/1", view)
    assert answer["digest"] == hashlib.sha256(canonical(answer["data"])).hexdigest()
    begin = len('{"data":')
    _, end = json.JSONDecoder().raw_decode(response.text, begin)
    assert answer["digest"] == hashlib.sha256(response.text[begin:end].encode()).hexdigest()
    assert response.headers["knownwhen-digest"] == answer["digest"]
    assert json.loads(response.headers["knownwhen-coordinates"]) == coordinates


def test_the_reported_clock_says_what_was_said_by_then(client: httpx.Client, told: tuple[str, list[int]]) -> None:
    slug, _ = told
    by = {"2025-03-08T23:59:59+03:00": 340, "2025-03-09T20:59:59Z": 830, "2025-03-12T20:59:58Z": 830}
    for moment, figure in by.items():
        assert best(client.get(f"/v1/incidents/{slug}", params={"reported_until": moment})) == figure
    assert best(client.get(f"/v1/incidents/{slug}")) == 1383
    early = client.get(f"/v1/incidents/{slug}", params={"reported_until": "2025-01-01T00:00:00Z"})
    assert (early.status_code, early.json()["data"]["estimates"]) == (200, [])


def test_the_recorded_clock_says_what_was_held_by_then(client: httpx.Client, told: tuple[str, list[int]]) -> None:
    slug, positions = told
    held = client.get(f"/v1/incidents/{slug}?as_of=@{positions[1]}")
    assert best(held) == 830
    by_moment = client.get(f"/v1/incidents/{slug}", params={"as_of": held.json()["coordinates"]["recorded_at"]})
    assert by_moment.json() == held.json()
    latest = client.get(f"/v1/incidents/{slug}?policy=latest/1")
    assert (best(latest), latest.json()["coordinates"]["policy"]) == (1383, "latest/1")


def test_a_plus_that_an_address_turned_into_a_space_is_understood(
    client: httpx.Client, told: tuple[str, list[int]]
) -> None:
    address = f"/v1/incidents/{told[0]}?reported_until=2025-03-09T23:59:59"
    assert client.get(f"{address}+03:00").json() == client.get(f"{address}%2B03:00").json()


def test_the_past_is_closed_and_cached_for_ever(client: httpx.Client, told: tuple[str, list[int]]) -> None:
    slug, positions = told
    address = f"/v1/incidents/{slug}?as_of=@{positions[0]}"
    first = client.get(address)
    assert first.json()["coordinates"]["closed"] is True
    assert first.headers["cache-control"] == "public, max-age=31536000, immutable"
    filed(client, slug, toll("1,500", reported_at="2025-04-01"))
    again = client.get(address)
    assert (again.content, again.headers["etag"]) == (first.content, first.headers["etag"])


def test_a_moment_closes_when_something_later_is_recorded(client: httpx.Client, told: tuple[str, list[int]]) -> None:
    slug, _ = told
    moment = client.get(f"/v1/incidents/{slug}").json()["coordinates"]["recorded_at"]
    address = f"/v1/incidents/{slug}?as_of={moment}"
    before = client.get(address)
    assert (before.json()["coordinates"]["closed"], before.headers["cache-control"]) == (False, "no-cache")
    opened(client)
    after = client.get(address)
    assert (after.json()["coordinates"]["closed"], "immutable" in after.headers["cache-control"]) == (True, True)
    assert after.json()["digest"] == before.json()["digest"]
    assert after.headers["etag"] != before.headers["etag"]


@pytest.mark.parametrize("path", [*VIEWS, "/facts"])
def test_what_a_client_has_already_is_not_sent_again(
    client: httpx.Client, told: tuple[str, list[int]], path: str
) -> None:
    slug, _ = told
    address = f"/v1/incidents/{slug}{path}"
    tag = client.get(address).headers["etag"]
    for given in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
        response = client.get(address, headers={"If-None-Match": given})
        assert (response.status_code, response.content, response.headers["etag"]) == (304, b"", tag)
        assert response.headers["cache-control"] == "no-cache"
        assert "Accept" in response.headers["vary"]
    assert client.get(address, headers={"If-None-Match": '"other"'}).status_code == 200
    filed(client, slug, toll("1,700", reported_at="2025-07-10"))
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 200


def test_each_form_and_each_question_has_a_tag_of_its_own(client: httpx.Client, told: tuple[str, list[int]]) -> None:
    slug, positions = told
    own = f"/v1/incidents/{slug}"
    tags = [
        client.get(f"{own}{query}").headers["etag"]
        for query in ("", "/timeline", f"?as_of=@{positions[-1]}", "?policy=latest/1")
    ]
    tags.append(client.get(own, headers={"Accept": "text/csv"}).headers["etag"])
    assert len(set(tags)) == len(tags)


def test_the_list_and_the_way_in_have_tags_too(client: httpx.Client, incident: str) -> None:
    for address in ("/v1/incidents?as_of=@1", "/", "/openapi.json", f"/v1/incidents/{incident}/claims"):
        tag = client.get(address).headers["etag"]
        assert client.get(address, headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("path", [*VIEWS, "/facts"])
def test_head_says_what_get_would(client: httpx.Client, told: tuple[str, list[int]], path: str) -> None:
    address = f"/v1/incidents/{told[0]}{path}"
    head, get = client.head(address), client.get(address)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("etag", "content-type", "cache-control", "knownwhen-coordinates"):
        assert head.headers[name] == get.headers[name]
    assert client.head("/v1/incidents/nothing-here").status_code == 404


def test_a_compressed_answer_is_the_same_answer(client: httpx.Client, told: tuple[str, list[int]]) -> None:
    address = f"/v1/incidents/{told[0]}"
    plain = client.get(address, headers={"Accept-Encoding": "identity"})
    packed = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert (packed.headers["content-encoding"], "content-encoding" in plain.headers) == ("gzip", False)
    assert packed.content == plain.content
    assert packed.headers["etag"] == plain.headers["etag"]
    assert packed.headers["etag"].startswith("W/"), "one tag for two encodings has to be a weak one"
    assert plain.headers["vary"] == packed.headers["vary"] == "Accept, Accept-Encoding"
    with client.stream("GET", address, headers={"Accept-Encoding": "gzip"}) as raw:
        assert gzip.decompress(b"".join(raw.iter_raw())) == plain.content
    again = client.get(address, headers={"Accept-Encoding": "gzip", "If-None-Match": plain.headers["etag"]})
    assert again.status_code == 304


def test_a_table_is_csv_with_every_cell_verbatim(client: httpx.Client, incident: str) -> None:
    said = '=HYPERLINK("x"), "quoted"\r\nand a second line'
    claim = {"id": "1", "measure": "killed", "count": {"verbatim": said, "lower": 3}}
    filed(client, incident, toll(claims=[claim]))
    response = client.get(f"/v1/incidents/{incident}/claims", headers={"Accept": "text/csv"})
    assert response.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert response.headers["vary"].startswith("Accept")
    (row,) = csv.DictReader(io.StringIO(response.content.decode(), newline=""))
    assert (row["verbatim"], row["lower"], row["upper"], row["partial"]) == (said, "3", "", "false")
    assert response.content.endswith(b"\r\n")
    assert row["population"] == "{}"
    envelope = client.get(f"/v1/incidents/{incident}/claims").json()
    assert response.headers["knownwhen-digest"] == envelope["digest"]
    assert json.loads(response.headers["knownwhen-coordinates"]) == envelope["coordinates"]


@pytest.mark.parametrize("path", VIEWS)
def test_each_view_is_a_table_as_well(client: httpx.Client, told: tuple[str, list[int]], path: str) -> None:
    response = client.get(f"/v1/incidents/{told[0]}{path}", headers={"Accept": "text/csv"})
    rows = list(csv.reader(io.StringIO(response.text, newline="")))
    assert len(rows) == {"": 2, "/timeline": 4, "/claims": 4}[path]
    assert {len(row) for row in rows} == {len(rows[0])}


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", "application/json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "application/json"),
        ("text/csv", "text/csv"),
        ("text/*", "text/csv"),
        ("text/csv;q=0.5, application/json;q=0.4", "text/csv"),
        ("application/json, text/csv;q=0.9", "application/json"),
        ("application/json;q=0, */*", "text/csv"),
        ("TEXT/CSV ; charset=utf-8", "text/csv"),
        ("application/json;q=x, text/csv;q=0.1", "text/csv"),
    ],
)
def test_the_form_that_is_wanted_most_is_sent(
    client: httpx.Client, incident: str, accept: str, media_type: str
) -> None:
    response = client.get(f"/v1/incidents/{incident}", headers={"Accept": accept})
    assert response.headers["content-type"].partition(";")[0] == media_type


@pytest.mark.parametrize("accept", ["application/xml", "text/html", "application/json;q=0", "image/*"])
def test_a_form_that_there_is_not_is_refused(client: httpx.Client, incident: str, accept: str) -> None:
    for path in (*VIEWS, "/facts"):
        found = problem(client.get(f"/v1/incidents/{incident}{path}", headers={"Accept": accept}), "not-acceptable")
        assert found["offered"]


def test_before_the_first_fact_it_is_not_known_yet(client: httpx.Client, told: tuple[str, list[int]]) -> None:
    slug, positions = told
    first = positions[0] - 1
    for path in VIEWS:
        address = f"/v1/incidents/{slug}{path}"
        found = problem(
            client.get(address, params={"as_of": "2025-03-09T23:59:59+03:00", "policy": "latest/1"}), "not-yet-known"
        )
        assert found["known_at"] <= first
        since = client.get(f"{address}?as_of=@{found['known_at']}").json()["coordinates"]["recorded_at"]
        assert found["known_since"] == since
        asked = urlsplit(found["suggestion"])
        assert asked.path == address
        assert parse_qs(asked.query) == {"reported_until": ["2025-03-09T23:59:59+03:00"], "policy": ["latest/1"]}
        assert client.get(found["suggestion"]).status_code == 200
    assert best(client.get(f"/v1/incidents/{slug}?reported_until=2025-03-09T23:59:59%2B03:00")) == 830


def test_a_suggestion_is_made_only_where_it_has_an_answer(client: httpx.Client, told: tuple[str, list[int]]) -> None:
    slug, _ = told
    early = client.get(f"/v1/incidents/{slug}?as_of=2020-01-01T00:00:00Z")
    assert "suggestion" not in problem(early, "not-yet-known")
    by_position = problem(client.get(f"/v1/incidents/{slug}?as_of=@1&policy=latest/1"), "not-yet-known")
    assert by_position["suggestion"] == f"/v1/incidents/{slug}?policy=latest%2F1"
    both = client.get(f"/v1/incidents/{slug}?as_of=@1&reported_until=2025-03-09T00:00:00Z")
    assert problem(both, "not-yet-known")["suggestion"].endswith("?reported_until=2025-03-09T00%3A00%3A00Z")


def test_a_moment_of_the_last_minute_is_not_the_future(client: httpx.Client, told: tuple[str, list[int]]) -> None:
    now = datetime.now(UTC)
    address = f"/v1/incidents/{told[0]}"
    assert client.get(address, params={"as_of": (now - timedelta(seconds=1)).isoformat()}).status_code in (200, 404)
    problem(client.get(address, params={"as_of": (now + timedelta(hours=1)).isoformat()}), "moment-in-the-future")


def test_raw_facts_give_their_own_commitments(client: httpx.Client, told: tuple[str, list[int]]) -> None:
    slug, positions = told
    response = client.get(f"/v1/incidents/{slug}/facts")
    assert response.headers["content-type"] == "application/x-ndjson"
    facts = [json.loads(line) for line in response.text.splitlines()]
    assert [fact["position"] for fact in facts] == sorted(fact["position"] for fact in facts)
    assert {"incident_opened.v1", "source_registered.v1", "toll_revised.v1"} == {fact["topic"] for fact in facts}
    for fact in facts:
        for part in ("state", "text"):
            if fact[part] is None:
                assert part not in fact["commitments"]
                continue
            made = commitment(part, bytes.fromhex(fact["salts"][part]), canonical(fact[part]))
            assert made.hex() == fact["commitments"][part]
    assert facts[-1]["text"] == {"summary": "It is 1,383."}
    held = client.get(f"/v1/incidents/{slug}/facts?as_of=@{positions[0]}")
    assert held.text == "".join(f"{line}\n" for line in response.text.splitlines()[: len(held.text.splitlines())])
    assert json.loads(held.text.splitlines()[-1])["position"] == positions[0]
    assert held.headers["cache-control"] == "no-cache", "its text may be erased"
    timeline = client.get(f"/v1/incidents/{slug}/timeline").json()
    assert timeline["text"][facts[-1]["commitments"]["text"]] == facts[-1]["text"]
    problem(client.get(f"/v1/incidents/{slug}/facts?as_of=2020-01-01T00:00:00Z"), "not-yet-known")


def test_the_way_in_shows_three_questions_that_work(client: httpx.Client, told: tuple[str, list[int]]) -> None:
    answer = client.get("/").json()
    assert len(answer["try"]) == 3
    for line in answer["try"]:
        assert client.get(line.removeprefix("curl '").removesuffix("'")).status_code == 200
    for path in answer["links"].values():
        assert client.get(path).status_code == 200
    page = client.get("/", headers={"Accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert told[0]


@pytest.mark.parametrize("path", ["/docs", "/problems"])
def test_a_page_takes_nothing_from_another_host(client: httpx.Client, path: str) -> None:
    page = client.get(path, headers={"Accept": "text/html"})
    assert "default-src 'none'" in page.headers["content-security-policy"]
    own = str(client.base_url)
    assert "//" not in page.text.replace(own, "").replace("https://example.org", "")
    assert "<script" not in page.text


def test_the_docs_list_every_operation(client: httpx.Client) -> None:
    page = client.get("/docs").text
    for path, operations in client.get("/openapi.json").json()["paths"].items():
        for method in operations:
            assert f"<code>{method.upper()} {path}</code>" in page
