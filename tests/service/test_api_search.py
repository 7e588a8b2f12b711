"""Reports across incidents: found by their words, by who said them and when; and shown as the log has them."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.service.projected import head, read
from tests.service.serving import CREATED, filed, opened, problem, toll

pytestmark = pytest.mark.one_server_will_do

pytest_plugins = ("tests.service.projected_fixtures",)

REPORTS = "/v1/reports"


@pytest.fixture(scope="module")
def client(projected_client: httpx.Client) -> httpx.Client:
    return projected_client


@pytest.fixture
def mark() -> str:
    return f"mark-{uuid4().hex}"


def attack(mark: str, **given: Any) -> dict[str, Any]:
    told = {"kind": "attack_launched", "method": "ambush", "source": "sohr", "reported_at": "2025-03-08"}
    return {**told, "tags": [mark], **given}


def posted(client: httpx.Client, address: str, **body: Any) -> None:
    assert client.post(address, json=body).status_code == CREATED


def found(client: httpx.Client, **asked: Any) -> list[str]:
    """Return the ids of the reports found, page upon page."""
    page = read(client, REPORTS, **asked)
    ids = [item["report_id"] for item in page["items"]]
    while page["next"]:
        page = read(client, REPORTS, **asked, cursor=page["next"])
        ids += [item["report_id"] for item in page["items"]]
    return ids


@pytest.fixture(scope="module")
def three() -> str:
    return f"three-{uuid4().hex}"


@pytest.fixture(scope="module")
def told(client: httpx.Client, three: str) -> dict[str, str]:
    """Return the ids of three reports of two incidents, by name."""
    coast, river = opened(client, utc_offset="+03:00"), opened(client, utc_offset="Z")
    reports = {
        "raid": (
            coast,
            attack(
                three,
                occurred="2025-03-07",
                event="night-raid",
                places=[{"name": "Al-Haffa", "country": "SY"}],
                actors=[{"name": "Gunmen"}],
                text={"summary": "They came at night.", "quotes": ["We heard Schüsse."], "notes": "Seen twice."},
            ),
        ),
        "toll": (coast, toll("40", tags=[three], source="press", via=["wire"], reported_at="2025-03-10")),
        "flood": (
            river,
            {
                "kind": "observation_noted",
                "title": "A flood",
                "source": "press",
                "occurred": "2025-03-01",
                "reported_at": "2025-03-02",
                "tags": [three, "flood"],
                "text": {"summary": "The river at night."},
            },
        ),
    }
    ids = {name: filed(client, slug, report)["report_id"] for name, (slug, report) in reports.items()}
    return {**ids, "coast": coast, "river": river}


FOUND = [
    ({"q": "night"}, "raid flood"),
    ({"q": "NIGHT came"}, "raid"),
    ({"q": "schüsse"}, "raid"),
    ({"q": "haffa"}, "raid"),
    ({"q": "gunmen twice"}, "raid"),
    ({"q": "raid"}, "raid"),
    ({"q": "press"}, "toll flood"),
    ({"q": ["haffa", "river"]}, "raid flood"),
    ({"q": "nigh"}, ""),
    ({"kind": "toll_revised"}, "toll"),
    ({"kind": ["toll_revised", "attack_launched"]}, "toll raid"),
    ({"source": "press"}, "toll flood"),
    ({"source": "wire"}, ""),
    ({"tag": "flood"}, "flood"),
    ({"tier": "violence"}, "raid"),
    ({"tier": "violence", "source": "press"}, ""),
    ({"standing": "standing"}, "toll raid flood"),
    ({"standing": "retracted"}, ""),
    ({"occurred_from": "2025-03-07"}, "raid"),
    ({"occurred_to": "2025-03-06"}, "flood"),
    ({"reported_from": "2025-03-08"}, "toll raid"),
    ({"reported_to": "2025-03-08"}, "raid flood"),
    ({"reported_to": "2025-03-07T22:00:00Z"}, "raid flood"),
    ({"reported_from": "2025-03-02T23:59:59Z", "reported_to": "2025-03-07T20:59:59Z"}, "flood"),
]


@pytest.mark.parametrize(("asked", "names"), FOUND)
def test_a_report_is_found_if_it_meets_every_filter(
    client: httpx.Client, told: dict[str, str], three: str, asked: dict[str, Any], names: str
) -> None:
    expected = [told[name] for name in names.split()]
    whole = found(client, **({"tag": three} | asked))
    assert [report for report in whole if report in told.values()] == expected


@pytest.mark.parametrize("sort", ["reported", "-reported", "occurred", "-occurred"])
def test_reports_are_sorted_by_either_clock_page_by_page(
    client: httpx.Client, told: dict[str, str], three: str, sort: str
) -> None:
    orders = {
        "reported": "flood raid toll",
        "-reported": "toll raid flood",
        "occurred": "flood raid toll",
        "-occurred": "raid flood toll",
    }
    assert found(client, tag=three, sort=sort, limit=1) == [told[name] for name in orders[sort].split()]


def test_an_item_tells_the_report_with_its_text(client: httpx.Client, told: dict[str, str], three: str) -> None:
    (item,) = read(client, REPORTS, tag=three, q="haffa")["items"]
    changed = item.pop("changed")
    (fact,) = client.get(f"/v1/changes?after={changed['position'] - 1}&limit=1").json()["items"]
    assert fact["recorded_at"] == changed["recorded_at"]
    assert item == {
        "report_id": told["raid"],
        "incident": told["coast"],
        "kind": "attack_launched",
        "tier": "violence",
        "standing": "standing",
        "event": "night-raid",
        "source": "sohr",
        "via": [],
        "occurred": {"said": "2025-03-07", "earliest": "2025-03-06T21:00:00Z", "latest": "2025-03-07T20:59:59Z"},
        "reported_at": {"said": "2025-03-08", "earliest": "2025-03-07T21:00:00Z", "latest": "2025-03-08T20:59:59Z"},
        "places": ["Al-Haffa"],
        "tags": [three],
        "text": {"summary": "They came at night.", "quotes": ["We heard Schüsse."], "notes": "Seen twice."},
        "links": {"report": f"/v1/reports/{told['raid']}", "incident": f"/v1/incidents/{told['coast']}"},
    }
    assert all(client.get(each).status_code == 200 for each in item["links"].values())


def test_a_report_reads_as_it_was_last_corrected_and_then_as_it_did(client: httpx.Client, mark: str) -> None:
    incident = opened(client)
    filing = filed(client, incident, attack(mark, text={"summary": "A raid at dawn."}))
    own = f"{REPORTS}/{filing['report_id']}"
    content = attack(mark, text={"summary": "A raid at dusk."})
    content.pop("reported_at")
    posted(client, f"{own}/correction", cause="transcription", reason="dawn was misread", report=content)
    corrected = head(client)
    posted(client, f"{own}/retraction", by="recorder", reason="never said")
    assert found(client, tag=mark, q="dawn") == found(client, tag=mark, q="misread") == []
    (now,) = read(client, REPORTS, tag=mark, q="dusk")["items"]
    assert (now["standing"], now["text"]) == ("retracted", {"summary": "A raid at dusk."})
    for position, standing, summary in ((filing["position"], "standing", "dawn"), (corrected, "corrected", "dusk")):
        (then,) = read(client, REPORTS, tag=mark, as_of=f"@{position}")["items"]
        assert (then["standing"], then["text"]) == (standing, {"summary": f"A raid at {summary}."})


def test_what_is_said_can_be_erased_so_no_cache_may_keep_it(client: httpx.Client, mark: str) -> None:
    position = filed(client, opened(client), attack(mark))["position"]
    response = client.get(REPORTS, params={"tag": mark, "as_of": f"@{position}"})
    assert response.json()["items"][0]["text"] is None
    assert response.headers["cache-control"] == "no-cache"
    again = {"If-None-Match": response.headers["etag"]}
    assert client.get(REPORTS, params={"tag": mark, "as_of": f"@{position}"}, headers=again).status_code == 304


def test_what_was_merged_or_moved_in_is_told_with_the_incident_that_shows_it(client: httpx.Client, mark: str) -> None:
    town, coast, region = (opened(client) for _ in range(3))
    report = filed(client, town, attack(mark))["report_id"]
    apart = head(client)
    posted(client, f"/v1/incidents/{town}/merge", into=coast)
    posted(client, f"/v1/incidents/{coast}/merge", into=region)
    for incident in (town, coast, region):
        (item,) = read(client, REPORTS, tag=mark, incident=incident)["items"]
        assert (item["report_id"], item["incident"]) == (report, region)
    then = {"tag": mark, "as_of": f"@{apart}"}
    assert read(client, REPORTS, **then, incident=region)["items"] == []
    assert read(client, REPORTS, **then)["items"][0]["incident"] == town
    other = opened(client)
    posted(client, f"{REPORTS}/{report}/move", to=other)
    assert read(client, REPORTS, tag=mark, incident=region)["items"] == []
    (moved,) = read(client, REPORTS, tag=mark, incident=[other, region])["items"]
    assert moved["incident"] == other


WRONG = {
    "tier=violance": "tier",
    "standing=withdrawn": "standing",
    "sort=killed": "sort",
    "q=!": "q",
    "reported_from=2025-03-09&reported_to=2025-03-08": "reported_to",
    "cursor=WyItcmVwb3J0ZWQiLCIyMDI1IiwieCIsMV0": "cursor",
    "country=SY": "country",
}


@pytest.mark.parametrize(("query", "field"), WRONG.items())
def test_what_cannot_be_asked_is_told_by_its_name(client: httpx.Client, query: str, field: str) -> None:
    opened(client)
    problem(client.get(f"{REPORTS}?{query}"), "invalid-parameter", field)


def test_an_incident_that_there_is_not_is_a_404(client: httpx.Client) -> None:
    problem(client.get(REPORTS, params={"incident": "nowhere"}), "no-such-incident", "incident")
