"""Differences: what one reading held against another shows, by whose doing it is, on either clock."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from domain.ledger.canonical import canonical
from tests.service.serving import CREATED, filed, opened, problem, toll

pytestmark = pytest.mark.one_server_will_do

pytest_plugins = ("tests.service.api_fixtures",)

HEADINGS = {
    "learned",
    "revised_by_source",
    "withdrawn_by_source",
    "corrected_by_us",
    "removed_by_us",
    "reclassified",
    "estimates",
}
DAY = {day: f"reported:2025-03-{day:02}T23:59:59+03:00" for day in (8, 9, 12)}


def diff(client: httpx.Client, incident: str, earlier: str, later: str, **more: str) -> httpx.Response:
    return client.get(f"/v1/incidents/{incident}/diff", params={"from": earlier, "to": later, **more})


def data(client: httpx.Client, incident: str, earlier: str, later: str, **more: str) -> dict[str, Any]:
    response = diff(client, incident, earlier, later, **more)
    assert response.status_code == 200, response.text
    return response.json()["data"]


@pytest.fixture
def told(client: httpx.Client) -> tuple[str, list[dict[str, Any]]]:
    """Return an incident with three figures of SOHR, and what was answered to each report."""
    slug = opened(client)
    figures = (("340", "2025-03-08"), ("830", "2025-03-09"), ("1,383", "2025-03-12"))
    return slug, [filed(client, slug, toll(figure, reported_at=day)) for figure, day in figures]


def test_what_a_source_revised_is_told_on_the_reported_clock(
    client: httpx.Client, told: tuple[str, list[dict[str, Any]]]
) -> None:
    slug, answers = told
    found = data(client, slug, DAY[8], DAY[9])
    assert set(found) == HEADINGS
    assert [each["report_id"] for each in found["learned"]] == [answers[1]["report_id"]]
    (revised,) = found["revised_by_source"]
    assert (revised["source"], revised["before"]["best"], revised["after"]["best"]) == ("sohr", 340, 830)
    (estimate,) = found["estimates"]
    assert (estimate["before"]["best"]["figure"], estimate["after"]["best"]["figure"]) == (340, 830)
    for heading in ("withdrawn_by_source", "corrected_by_us", "removed_by_us", "reclassified"):
        assert found[heading] == []


def test_what_we_did_is_told_on_the_recorded_clock(
    client: httpx.Client, told: tuple[str, list[dict[str, Any]]]
) -> None:
    slug, answers = told
    own = [f"/v1/reports/{each['report_id']}" for each in answers]
    correction = {"cause": "transcription", "report": toll("832")}
    del correction["report"]["reported_at"]
    assert client.post(f"{own[1]}/correction", json=correction).status_code == CREATED
    assert client.post(f"{own[0]}/retraction", json={"by": "recorder"}).status_code == CREATED
    taken_back = {"by": "source", "reported_at": "2025-03-14"}
    last = client.post(f"{own[2]}/retraction", json=taken_back).json()
    found = data(client, slug, f"@{answers[2]['position']}", f"@{last['position']}")
    assert found["learned"] == []
    assert [each["report_id"] for each in found["corrected_by_us"]] == [answers[1]["report_id"]]
    assert [each["report_id"] for each in found["removed_by_us"]] == [answers[0]["report_id"]]
    assert [each["report_id"] for each in found["withdrawn_by_source"]] == [answers[2]["report_id"]]


def test_two_clocks_can_be_held_against_one_another(
    client: httpx.Client, told: tuple[str, list[dict[str, Any]]]
) -> None:
    slug, answers = told
    response = diff(client, slug, DAY[9], f"@{answers[2]['position']}").json()
    assert [each["report_id"] for each in response["data"]["learned"]] == [answers[2]["report_id"]]
    earlier, later = (response["coordinates"][end] for end in ("from", "to"))
    assert (earlier["reported_until"], later["reported_until"]) == ("2025-03-09T20:59:59Z", None)
    assert (earlier["closed"], later["closed"], later["position"]) == (False, True, answers[2]["position"])


def test_an_answer_carries_both_coordinates_and_the_digest_of_its_bytes(
    client: httpx.Client, told: tuple[str, list[dict[str, Any]]]
) -> None:
    slug, answers = told
    first, _, last = (each["position"] for each in answers)
    response = diff(client, slug, f"@{first}", f"@{last}")
    answer = response.json()
    assert list(answer) == ["data", "coordinates", "digest"]
    assert set(answer["coordinates"]["from"]) == {
        "log", "position", "recorded_at", "version", "closed", "reported_until", "policy"
    }  # fmt: skip
    assert [answer["coordinates"][end]["position"] for end in ("from", "to")] == [first, last]
    assert answer["digest"] == hashlib.sha256(canonical(answer["data"])).hexdigest()
    assert response.headers["knownwhen-digest"] == answer["digest"]
    assert json.loads(response.headers["knownwhen-coordinates"]) == answer["coordinates"]
    again = client.get(response.request.url, headers={"If-None-Match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_it_is_closed_only_if_both_ends_are(client: httpx.Client, told: tuple[str, list[dict[str, Any]]]) -> None:
    slug, answers = told
    first, _, last = (each["position"] for each in answers)
    assert "immutable" in diff(client, slug, f"@{first}", f"@{last}").headers["cache-control"]
    for ends in ((DAY[8], f"@{last}"), (f"@{first}", DAY[12]), (DAY[8], DAY[9])):
        assert diff(client, slug, *ends).headers["cache-control"] == "no-cache"


def test_a_closed_difference_stays_the_same_bytes(client: httpx.Client, told: tuple[str, list[dict[str, Any]]]) -> None:
    slug, answers = told
    ends = (f"@{answers[0]['position']}", f"@{answers[1]['position']}")
    before = diff(client, slug, *ends).content
    client.post(f"/v1/reports/{answers[1]['report_id']}/retraction", json={"by": "recorder"})
    assert diff(client, slug, *ends).content == before


def test_nothing_differs_from_itself(client: httpx.Client, told: tuple[str, list[dict[str, Any]]]) -> None:
    slug, answers = told
    position = f"@{answers[-1]['position']}"
    assert not any(data(client, slug, position, position).values())
    assert not any(data(client, slug, DAY[9], DAY[9]).values())


def test_moments_of_the_recorded_clock_are_settled_as_elsewhere(
    client: httpx.Client, told: tuple[str, list[dict[str, Any]]]
) -> None:
    slug, answers = told
    first, last = answers[0], answers[-1]
    by_moment = diff(client, slug, first["recorded_at"], last["recorded_at"]).json()
    by_position = diff(client, slug, f"@{first['position']}", f"@{last['position']}").json()
    assert (by_moment["data"], by_moment["digest"]) == (by_position["data"], by_position["digest"])


def test_a_policy_weighs_both_ends(client: httpx.Client, told: tuple[str, list[dict[str, Any]]]) -> None:
    slug, _ = told
    answer = diff(client, slug, DAY[8], DAY[9], policy="latest/1").json()
    assert [answer["coordinates"][end]["policy"] for end in ("from", "to")] == ["latest/1", "latest/1"]
    found = problem(diff(client, slug, DAY[8], DAY[9], policy="latset/1"), "unknown-policy", "policy")
    assert found["errors"][0]["nearest"] == "latest/1"


def test_a_rescoped_claim_is_reclassified_and_a_moved_report_removed(
    client: httpx.Client, told: tuple[str, list[dict[str, Any]]]
) -> None:
    slug, answers = told
    before = f"@{answers[-1]['position']}"
    client.post(f"/v1/incidents/{slug}/scopes", json={"name": "north", "label": "North"})
    claim = f"{answers[2]['report_id']}#1"
    client.post(f"/v1/incidents/{slug}/rescoping", json={"claims": [claim], "scope": "north"})
    moved = client.post(f"/v1/reports/{answers[0]['report_id']}/move", json={"to": opened(client)}).json()
    found = data(client, slug, before, f"@{moved['position']}")
    assert [each["claim"] for each in found["reclassified"]] == [claim]
    assert [each["report_id"] for each in found["removed_by_us"]] == [answers[0]["report_id"]]


@pytest.mark.parametrize(
    ("ends", "slug", "field"),
    [
        ({}, "invalid-parameter", "from"),
        ({"from": "@1"}, "invalid-parameter", "to"),
        ({"to": "@1"}, "invalid-parameter", "from"),
        ({"from": "", "to": "@1"}, "invalid-parameter", "from"),
        ({"from": "yesterday", "to": "@1"}, "moment-unreadable", "from"),
        ({"from": "@1", "to": "@x"}, "moment-unreadable", "to"),
        ({"from": "@0", "to": "@1"}, "moment-unreadable", "from"),
        ({"from": "@1", "to": "reported:"}, "moment-unreadable", "to"),
        ({"from": "reported:@1", "to": "@1"}, "moment-unreadable", "from"),
        ({"from": "@1", "to": "@999999999"}, "past-the-end", "to"),
        ({"from": "@1", "to": "2999-01-01T00:00:00Z"}, "moment-in-the-future", "to"),
        ({"from": DAY[9], "to": DAY[8]}, "invalid-parameter", "from"),
        ({"from": "@2", "to": "@1"}, "invalid-parameter", "from"),
        ({"form": "@1", "to": "@1"}, "invalid-parameter", "form"),
    ],
)
def test_ends_that_cannot_be_are_refused_with_their_field(
    client: httpx.Client, told: tuple[str, Any], ends: dict[str, str], slug: str, field: str
) -> None:
    found = problem(client.get(f"/v1/incidents/{told[0]}/diff", params=ends), slug, field)
    assert "as_of" not in found["detail"]


def test_moments_in_the_wrong_order_are_refused_though_nothing_lies_between_them(
    client: httpx.Client, told: tuple[str, list[dict[str, Any]]]
) -> None:
    recorded = datetime.fromisoformat(told[1][-1]["recorded_at"]).astimezone(UTC)
    later, earlier = (recorded + timedelta(microseconds=each) for each in (2, 1))
    ends = [each.isoformat().replace("+00:00", "Z") for each in (later, earlier)]
    problem(diff(client, told[0], *ends), "invalid-parameter", "from")
    assert diff(client, told[0], *reversed(ends)).status_code == 200


def test_before_the_first_fact_the_end_that_has_an_answer_is_suggested(
    client: httpx.Client, told: tuple[str, list[dict[str, Any]]]
) -> None:
    slug, answers = told
    last = answers[-1]["position"]
    found = problem(diff(client, slug, "@1", f"@{last}"), "not-yet-known")
    assert found["known_at"] == answers[0]["position"] - 1
    assert client.get(found["suggestion"]).status_code == 200
    problem(diff(client, "no-such-incident", "@1", "@2"), "no-such-incident")


def test_after_a_merge_the_difference_is_that_of_the_other_incident(
    client: httpx.Client, told: tuple[str, list[dict[str, Any]]]
) -> None:
    slug, answers = told
    other = opened(client)
    since = filed(client, other, toll("1", reported_at="2025-03-07"))["position"]
    merged = client.post(f"/v1/incidents/{slug}/merge", json={"into": other}).json()["position"]
    query = f"from=@{since}&to=@{merged}"
    led = client.get(f"/v1/incidents/{slug}/diff?{query}")
    assert (led.status_code, led.headers["location"]) == (307, f"/v1/incidents/{other}/diff?{query}")
    found = client.get(led.headers["location"]).json()["data"]
    assert {each["report_id"] for each in found["learned"]} == {each["report_id"] for each in answers}
    assert diff(client, slug, f"@{answers[0]['position']}", f"@{answers[1]['position']}").status_code == 200
