"""Bad input gets a clear answer: a documented problem, the field and the reason, and nothing is recorded."""

import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.patience import PATIENCE
from tests.service.serving import filed, opened, problem, toll

pytestmark = pytest.mark.one_server_will_do

pytest_plugins = ("tests.service.api_fixtures",)

JSON = {"Content-Type": "application/json"}
CLAIM = {"id": "1", "measure": "killed", "count": {"verbatim": "200"}}


def with_claim(**given: object) -> dict[str, Any]:
    return toll(claims=[{**CLAIM, **given}])


@pytest.fixture
def nothing_recorded(client: httpx.Client, incident: str) -> Iterator[str]:
    """Return an incident, and see in the end that its log is as long as it was."""
    before = client.get(f"/v1/incidents/{incident}/facts").text
    yield incident
    assert client.get(f"/v1/incidents/{incident}/facts").text == before


FIELDS = [
    pytest.param(toll(kind="toll_revisd"), "kind", "toll_revised", id="unknown kind"),
    pytest.param({**toll(), "sorce": "sohr"}, "sorce", "source", id="unknown field"),
    pytest.param(with_claim(mesure="killed"), "claims[0].mesure", "measure", id="unknown field of a claim"),
    pytest.param(with_claim(measure="kiled"), "claims[0].measure", "killed", id="unknown measure"),
    pytest.param(
        with_claim(population={"status": ["civillian"]}),
        "claims[0].population.status[0]",
        "civilian",
        id="unknown status",
    ),
    pytest.param(toll(reported_at="2025-03-09T18:00:00"), "reported_at", None, id="naive time"),
    pytest.param(toll(occurred="2025-13-40"), "occurred", None, id="EDTF nonsense"),
    pytest.param(with_claim(count={"verbatim": "a whole lot"}), "claims[0].count", None, id="unreadable count"),
    pytest.param(with_claim(count={"lower": 1.5}), "claims[0].count.lower", None, id="half a person"),
    pytest.param(with_claim(count={"lower": 1e300}), "claims[0].count.lower", None, id="a large exponent"),
    pytest.param(with_claim(count={"lower": 2**60}), "claims[0].count.lower", None, id="beyond 2^53"),
    pytest.param(with_claim(count={"lower": "12"}), "claims[0].count.lower", None, id="a number as text"),
    pytest.param(with_claim(count={"lower": True}), "claims[0].count.lower", None, id="true as a number"),
    pytest.param(with_claim(partial="yes"), "claims[0].partial", None, id="a word as true"),
    pytest.param(toll(text={"summary": "half \ud83d"}), "text.summary", None, id="lone surrogate"),
    pytest.param(toll(text={"summary": "nul \x00"}), "text.summary", None, id="NUL"),
    pytest.param(toll(tags=["a\x00b"]), "tags[0]", None, id="NUL in a list"),
    pytest.param(toll(external_ids={"a\x00": "1"}), "external_ids", None, id="NUL in a name"),
    pytest.param(toll(source=None), "source", None, id="null source"),
    pytest.param({"kind": "toll_revised", "claims": []}, "source", None, id="missing source"),
    pytest.param(toll(source={"anonymous": "A man", "type": "witnes"}), "source.type", "witness", id="source type"),
    pytest.param(toll(source="Not A Slug"), "source", "not-a-slug", id="a source that is no slug"),
    pytest.param(toll(via="reuters"), "via", None, id="not a list"),
    pytest.param(toll(places=["Latakia"]), "places[0]", None, id="not an object"),
    pytest.param(toll(report_id="12"), "report_id", None, id="not a UUID"),
    pytest.param(toll(tags=[str(n) for n in range(200)]), "tags", None, id="too many"),
    pytest.param(toll(event=""), "event", None, id="empty"),
    pytest.param(toll(event="e" * 301), "event", None, id="too long"),
    pytest.param(toll(reported_order=2.5), "reported_order", None, id="half a place"),
    pytest.param(with_claim(id="a claim"), "claims[0].id", None, id="an id with a space"),
    pytest.param(with_claim(supersedes=["1"]), "claims[0].supersedes[0]", None, id="an id without its report"),
    pytest.param([], "", None, id="a list"),
    pytest.param("text", "", None, id="a string"),
]


@pytest.mark.parametrize(("body", "field", "nearest"), FIELDS)
def test_a_field_that_cannot_be_taken_is_named_with_the_reason(
    client: httpx.Client, nothing_recorded: str, body: object, field: str, nearest: str | None
) -> None:
    response = client.post(f"/v1/incidents/{nothing_recorded}/reports", content=json.dumps(body), headers=JSON)
    found = problem(response, "invalid-body", field)
    complaint = next(each for each in found["errors"] if each["field"] == field)
    assert complaint.get("nearest") == nearest
    assert complaint["reason"] in found["detail"] or len(found["errors"]) > 1
    for word in ("Input should", "pydantic", "model", "dictionary", "tuple", "^["):
        assert word not in response.text


def test_attributes_keep_the_digits_of_decimals(client: httpx.Client, incident: str) -> None:
    report = {"kind": "observation_noted", "source": "who", "title": "Beds", "reported_at": "2025-03-08"}
    plain = json.dumps({**report, "reported_order": 1, "attributes": {"rate": 0}}).replace('"rate": 0', '"rate": 1.50')
    address = f"/v1/incidents/{incident}/reports"
    posted = client.post(address, content=plain, headers={"Content-Type": "application/json"}).json()
    for kept in (posted, filed(client, incident, {**report, "attributes": {"rate": {"decimal": "1.50"}}})):
        history = client.get(f"/v1/reports/{kept['report_id']}").json()["history"]
        assert history[0]["report"]["attributes"] == {"rate": {"decimal": "1.50"}}


def test_all_fields_at_fault_are_told_at_once_and_the_list_ends(client: httpx.Client, incident: str) -> None:
    claims = [{"id": str(n), "measure": "kiled", "count": {"verbatim": "?"}} for n in range(60)]
    found = problem(client.post(f"/v1/incidents/{incident}/reports", json=toll(claims=claims)), "invalid-body")
    assert len(found["errors"]) == 50
    assert "119 more" in found["detail"]


WRONG_JSON = [
    pytest.param(b"", "not-json", id="nothing"),
    pytest.param(b'{"kind": ', "not-json", id="broken off"),
    pytest.param(b"{'kind': 1}", "not-json", id="Python's quotes"),
    pytest.param(b'{"a": NaN}', "not-json", id="NaN"),
    pytest.param(b'{"a": -Infinity}', "not-json", id="Infinity"),
    pytest.param(b'{"a": 1} x', "not-json", id="something after it"),
    pytest.param(b'{"a": "\xff"}', "not-json", id="not UTF-8"),
    pytest.param(b'{"a": "\xed\xa0\xbd"}', "not-json", id="a surrogate in UTF-8"),
    pytest.param("{}".encode("utf-16"), "not-json", id="UTF-16"),
    pytest.param(b"\xef\xbb\xbf{}", "not-json", id="a byte order mark"),
    pytest.param(b'{"a": "\x00"}', "not-json", id="a raw NUL"),
    pytest.param(b'{"a":' + b"[" * 40 + b"]" * 40 + b"}", "too-deep", id="deep"),
    pytest.param(b"[" * 60_000, "too-deep", id="very deep"),
    pytest.param(b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "too-deep", id="very deep objects"),
]


@pytest.mark.parametrize(("body", "slug"), WRONG_JSON)
def test_wrong_json_is_told_where_it_goes_wrong(
    client: httpx.Client, nothing_recorded: str, body: bytes, slug: str
) -> None:
    problem(client.post(f"/v1/incidents/{nothing_recorded}/reports", content=body, headers=JSON), slug)


def test_a_name_that_comes_twice_is_refused(client: httpx.Client, nothing_recorded: str) -> None:
    body = b'{"kind":"toll_revised","source":"a","claims":[{"id":"1","id":"2"}],"source":"b"}'
    response = client.post(f"/v1/incidents/{nothing_recorded}/reports", content=body, headers=JSON)
    found = problem(response, "invalid-body", "source")
    assert {each["field"] for each in found["errors"]} == {"source", "claims[0].id"}


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1"]
)
def test_a_wrong_content_type_is_refused(client: httpx.Client, nothing_recorded: str, content_type: str | None) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    response = client.post(
        f"/v1/incidents/{nothing_recorded}/reports", content=json.dumps(toll()).encode(), headers=headers
    )
    problem(response, "unsupported-media-type")
    assert response.headers["accept"] == "application/json"


def test_a_compressed_body_is_refused(client: httpx.Client, nothing_recorded: str) -> None:
    headers = {**JSON, "Content-Encoding": "gzip"}
    response = client.post(f"/v1/incidents/{nothing_recorded}/reports", content=b"\x1f\x8b", headers=headers)
    problem(response, "unsupported-media-type")


def test_a_content_type_with_utf_8_is_taken(client: httpx.Client, incident: str) -> None:
    headers = {"Content-Type": 'Application/JSON; charset="UTF-8"'}
    response = client.post(f"/v1/incidents/{incident}/reports", content=json.dumps(toll()).encode(), headers=headers)
    assert response.status_code == 201


def test_ten_megabytes_are_refused(client: httpx.Client, nothing_recorded: str) -> None:
    body = b'{"text": "' + b"x" * 10_000_000 + b'"}'
    problem(client.post(f"/v1/incidents/{nothing_recorded}/reports", content=body, headers=JSON), "body-too-large")


def test_ten_megabytes_without_a_length_are_refused_as_they_come(client: httpx.Client, nothing_recorded: str) -> None:
    pieces = (b" " * 10_000 for _ in range(1_000))
    response = client.post(f"/v1/incidents/{nothing_recorded}/reports", content=pieces, headers=JSON)
    problem(response, "body-too-large")


def test_an_announced_giant_is_answered_before_it_is_sent(client: httpx.Client, incident: str) -> None:
    where = urlsplit(str(client.base_url))
    head = (
        f"POST /v1/incidents/{incident}/reports HTTP/1.1\r\nHost: {where.netloc}\r\n"
        "Content-Type: application/json\r\nContent-Length: 10000000000\r\n\r\n"
    )
    with socket.create_connection((where.hostname, where.port), timeout=PATIENCE) as wire:
        wire.sendall(head.encode())
        assert wire.recv(100).startswith(b"HTTP/1.1 413 ")


def test_a_body_of_just_the_limit_is_read(client: httpx.Client, incident: str) -> None:
    body = json.dumps(toll()).encode()
    padded = body + b" " * (64 * 1024 - len(body))
    assert client.post(f"/v1/incidents/{incident}/reports", content=padded, headers=JSON).status_code == 201
    problem(client.post(f"/v1/incidents/{incident}/reports", content=padded + b" ", headers=JSON), "body-too-large")


REFUSED = [
    pytest.param(
        toll(claims=[CLAIM, {**CLAIM, "id": "2"}]), "two-figures-one-key", "claims[1]", id="two figures for one key"
    ),
    pytest.param(
        toll(claims=[{**CLAIM, "parts": [{"id": "1.1", "count": {"verbatim": "3"}}]}]),
        "two-figures-one-key",
        "claims[0].parts[0]",
        id="a part with the key of its whole",
    ),
    pytest.param(with_claim(scope="tartuss"), "scope-undeclared", "claims[0].scope", id="undeclared scope"),
    pytest.param(with_claim(scope="event"), "event-needed", "event", id="a figure of no event"),
    pytest.param(toll(reported_at="2125-01-01"), "reported-in-the-future", "reported_at", id="said in the future"),
]


@pytest.mark.parametrize(("body", "slug", "field"), REFUSED)
def test_what_the_incident_refuses_names_the_field(client: httpx.Client, body: object, slug: str, field: str) -> None:
    incident = opened(client, scopes=[{"name": "tartus", "label": "Tartus"}])
    found = problem(client.post(f"/v1/incidents/{incident}/reports", json=body), slug, field)
    if slug == "scope-undeclared":
        assert found["errors"][0]["nearest"] == "tartus"


def test_a_correction_names_the_field_within_its_report(client: httpx.Client, incident: str) -> None:
    report_id = filed(client, incident, toll())["report_id"]
    address = f"/v1/reports/{report_id}/correction"
    wrong = {"cause": "transcription", "report": with_claim(scope="tartuss")}
    problem(client.post(address, json=wrong), "scope-undeclared", "report.claims[0].scope")
    problem(
        client.post(address, json={"cause": "typo", "report": with_claim(measure="kiled")}),
        "invalid-body",
        "report.claims[0].measure",
    )
    unknown = {"cause": "translation", "report": {**toll(), "via_": []}, "resaon": "x"}
    found = problem(client.post(address, json=unknown), "invalid-body", "report.via_")
    assert {each.get("nearest") for each in found["errors"]} == {"via", "reason"}


def test_a_claim_cannot_supersede_itself(client: httpx.Client, incident: str) -> None:
    report_id = "8e10200c-e07c-59a2-88d1-19894c191585"
    body = {**with_claim(supersedes=[f"{report_id}#1"]), "report_id": report_id}
    problem(client.post(f"/v1/incidents/{incident}/reports", json=body), "supersedes-itself", "claims[0]")


MOMENTS = [
    ("as_of=yesterday", "moment-unreadable", "as_of"),
    ("as_of=2025-03-09T12:00:00", "moment-unreadable", "as_of"),
    ("as_of=@0", "moment-unreadable", "as_of"),
    ("as_of=@-1", "moment-unreadable", "as_of"),
    ("as_of=@99999999999999999999", "past-the-end", "as_of"),
    ("as_of=@999999999", "past-the-end", "as_of"),
    ("as_of=2125-01-01T00:00:00Z", "moment-in-the-future", "as_of"),
    ("reported_until=2025-03-09", "moment-unreadable", "reported_until"),
    ("policy=ranje/1", "unknown-policy", "policy"),
    ("reported_untill=2025-03-09T00:00:00Z", "invalid-parameter", "reported_untill"),
    ("as_of=@1&as_of=@2", "invalid-parameter", "as_of"),
    ("as_of=", "invalid-parameter", "as_of"),
    ("%00=1", "invalid-parameter", "\x00"),
    ("as_of=%00%ff", "moment-unreadable", "as_of"),
]


@pytest.mark.parametrize(("query", "slug", "field"), MOMENTS)
@pytest.mark.parametrize("view", ["", "/timeline", "/claims"])
def test_a_question_that_cannot_be_asked_says_which_part_of_it(
    client: httpx.Client, incident: str, view: str, query: str, slug: str, field: str
) -> None:
    problem(client.get(f"/v1/incidents/{incident}{view}?{query}"), slug, field)


def test_an_unknown_parameter_is_answered_with_the_nearest(client: httpx.Client, incident: str) -> None:
    found = problem(client.get(f"/v1/incidents/{incident}?reported-until=2025-03-09T00:00:00Z"), "invalid-parameter")
    assert found["errors"][0]["nearest"] == "reported_until"
    problem(client.post("/v1/incidents?dry_run=1", json={}), "invalid-parameter", "dry_run")


@pytest.mark.parametrize("limit", ["0", "501", "x", "1.5"])
def test_a_page_has_from_1_to_500_incidents(client: httpx.Client, limit: str) -> None:
    problem(client.get(f"/v1/incidents?limit={limit}"), "invalid-parameter", "limit")


def test_a_cursor_is_one_that_was_given(client: httpx.Client) -> None:
    problem(client.get("/v1/incidents?cursor=abc"), "invalid-parameter", "cursor")
    problem(client.get(f"/v1/incidents?cursor={2**64}"), "invalid-parameter", "cursor")


NAMES = ["nothing-here", "%00", "%ff%fe", "a" * 5_000, "..%2f..", "8e10200c-e07c-59a2-88d1-19894c191585", "Größe"]


@pytest.mark.parametrize("name", NAMES)
def test_an_incident_that_there_is_not_is_a_404_for_readers_and_writers(client: httpx.Client, name: str) -> None:
    for view in ("", "/timeline", "/claims", "/facts"):
        if name != "..%2f.." or view:
            problem(
                client.get(f"/v1/incidents/{name}{view}"), "no-such-incident" if "%2f" not in name else "no-such-page"
            )
    if "%2f" not in name:
        found = problem(client.post(f"/v1/incidents/{name}/reports", json=toll()), "no-such-incident")
        assert "GET" not in found["title"]


def test_a_report_that_there_is_not_is_a_404(client: httpx.Client) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    problem(client.get(f"/v1/reports/{nobody}"), "no-such-report")
    problem(client.post(f"/v1/reports/{nobody}/reinstatement", json={}), "no-such-report")
    problem(client.get("/v1/reports/12"), "invalid-parameter", "report_id")


def test_what_is_no_report_is_not_one_though_it_has_an_id(client: httpx.Client, incident: str) -> None:
    opening = json.loads(client.get(f"/v1/incidents/{incident}/facts").text.splitlines()[0])["fact_id"]
    problem(client.get(f"/v1/reports/{opening}"), "no-such-report")
    problem(client.post(f"/v1/reports/{opening}/retraction", json={"by": "recorder"}), "no-such-report")


def test_an_address_or_method_that_there_is_not_is_a_problem_too(client: httpx.Client) -> None:
    problem(client.get("/v1/incident"), "no-such-page")
    problem(client.get("/v1/incidents/"), "no-such-page")
    response = client.request("PATCH", "/v1/incidents")
    problem(response, "method-not-allowed")
    assert response.headers["allow"] == "GET, HEAD, POST"
    problem(client.request("OPTIONS", "/v1/sources/sohr"), "method-not-allowed")


@pytest.mark.parametrize("version", ["12", "v12", '"12"', 'W/"v12"', '"v12", "v13"', '"v-1"', "x" * 500])
def test_if_match_that_is_no_version_is_refused(client: httpx.Client, incident: str, version: str) -> None:
    response = client.post(f"/v1/incidents/{incident}/close", json={}, headers={"If-Match": version})
    problem(response, "invalid-header", "If-Match")


@pytest.mark.parametrize("key", ["", "k" * 201, "a b", "clé".encode()])
def test_a_key_is_1_to_200_visible_characters(client: httpx.Client, incident: str, key: str | bytes) -> None:
    response = client.post(f"/v1/incidents/{incident}/close", json={}, headers={"Idempotency-Key": key})
    problem(response, "invalid-header", "Idempotency-Key")


def test_a_slug_that_reads_as_an_id_is_refused(client: httpx.Client) -> None:
    body = {"slug": "8e10200c-e07c-59a2-88d1-19894c191585", "title": "X"}
    problem(client.post("/v1/incidents", json=body), "invalid-body", "slug")


def test_an_incident_with_fields_at_fault_names_them(client: httpx.Client) -> None:
    body = {"slug": "A B", "title": "", "utc_offset": "+3", "countries": ["UK"], "scopes": [{"name": "x"}]}
    found = problem(client.post("/v1/incidents", json=body), "invalid-body")
    fields = {each["field"] for each in found["errors"]}
    assert fields == {"slug", "title", "utc_offset", "countries[0]", "scopes[0].label"}
