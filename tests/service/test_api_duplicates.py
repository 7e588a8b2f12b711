"""Duplicates: suggested with a code and a sentence, never merged by themselves."""

from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID

import httpx
import pytest

from domain.facts.streams import incident_stream
from domain.facts.union import IncidentOpened, Recorded, ReportFiled
from domain.history.history import History, history_of
from domain.incident.validation import occurred_span, with_defaults
from domain.reports.registry import REPORTS
from domain.revisions.duplicates import duplicates
from domain.values.time.clocks import parse_reported
from tests.service.serving import CREATED, filed, problem, toll

pytestmark = pytest.mark.one_server_will_do

pytest_plugins = ("tests.service.api_fixtures",)

ROW = {
    "kind": "attack_launched",
    "source": "ucdp",
    "reported_at": "2025-06-01",
    "occurred": "2025-03-07",
    "method": "armed_clash",
    "parties": ["government-of-syria", "insurgents"],
    "places": [{"name": "Jableh", "country": "SY", "lat": "35.36", "lon": "35.92"}],
}
ROWS = 1000


def row(number: int) -> dict[str, Any]:
    """Return a row as of UCDP's table: date, place and parties are shared, its id and its figures are its own."""
    killed = {"id": "1", "measure": "killed", "count": {"verbatim": str(number)}}
    return {**ROW, "event": f"ucdp-{number}", "external_ids": {"ucdp": str(500_000 + number)}, "claims": [killed]}


def suggestions(client: httpx.Client, incident: str, **question: str) -> list[dict[str, Any]]:
    response = client.get(f"/v1/incidents/{incident}/duplicates", params=question)
    assert response.status_code == 200, response.text
    return response.json()["items"]


def history(*reports: dict[str, Any]) -> History:
    """Fold reports as the log would hold them."""
    stream, moment = incident_stream("x"), datetime(2025, 6, 2, tzinfo=UTC)
    facts: list[Any] = [IncidentOpened(slug="x", title="X")]
    for number, given in enumerate(reports, start=1):
        report = with_defaults(REPORTS.validate_python(given), UUID(int=number), given["reported_at"])
        reported = parse_reported(report.reported_at or "", UTC)
        spans = {"reported": reported, "occurred": occurred_span(report, reported, UTC)}
        facts.append(ReportFiled(report_id=UUID(int=number), report=report, **spans))
    places = count(1)
    return history_of(
        Recorded(position, UUID(int=position + 10**6), stream, position, moment, fact, None)
        for position, fact in zip(places, facts, strict=False)
    )


def test_the_same_content_under_two_ids_is_suggested_once(client: httpx.Client, incident: str) -> None:
    first, second = (filed(client, incident, toll()) for _ in range(2))
    assert [each["code"] for each in second["warnings"] if each["code"] == "possible_duplicate"]
    (item,) = suggestions(client, incident)
    assert item["code"] == "possible_duplicate"
    assert item["reports"] == sorted([first["report_id"], second["report_id"]])
    assert item["why"] == "2 reports have the same content."


def test_one_figure_by_two_relays_is_suggested_with_both(client: httpx.Client, incident: str) -> None:
    ids = [filed(client, incident, toll(via=[relay]))["report_id"] for relay in ("afp", "rudaw")]
    (item,) = suggestions(client, incident)
    assert (item["code"], item["reports"], item["events"]) == ("same_figure", sorted(ids), [])
    assert item["why"] == "“sohr” says 1,383 of one day in 2 reports (by afp, by rudaw)."


@pytest.mark.parametrize(
    "other",
    [
        toll("1,384", via=["rudaw"]),
        toll("at least 1,383", via=["rudaw"]),
        toll(via=["rudaw"], reported_at="2025-03-13"),
        toll(via=["rudaw"], source="snhr"),
    ],
)
def test_another_figure_day_or_source_is_another_statement(
    client: httpx.Client, incident: str, other: dict[str, Any]
) -> None:
    filed(client, incident, toll(via=["afp"]))
    filed(client, incident, other)
    assert suggestions(client, incident) == []


def test_events_of_one_kind_day_and_place_are_suggested_to_be_one(client: httpx.Client, incident: str) -> None:
    reports = [{**ROW, "event": label, "source": label} for label in ("jableh", "jableh-morning")]
    answers = [filed(client, incident, each) for each in reports]
    assert [each["code"] for each in answers[1]["warnings"]] == ["possible_same_event"]
    (item,) = suggestions(client, incident)
    assert (item["code"], item["events"]) == ("possible_same_event", ["jableh", "jableh-morning"])
    assert "attack_launched" in item["why"]
    assert "2025-03-07" in item["why"]


def test_what_is_suggested_follows_either_clock(client: httpx.Client, incident: str) -> None:
    filed(client, incident, toll(via=["afp"]))
    before = filed(client, incident, toll("1", reported_at="2025-03-07"))["position"]
    second = filed(client, incident, toll(via=["rudaw"]))
    assert suggestions(client, incident, as_of=f"@{before}") == []
    assert suggestions(client, incident, reported_until="2025-03-11T00:00:00Z") == []
    assert len(suggestions(client, incident)) == 1
    then = client.get(f"/v1/incidents/{incident}/duplicates?as_of=@{second['position']}")
    assert "immutable" in then.headers["cache-control"]
    assert then.json()["coordinates"]["reported_until"] is None
    retraction = {"by": "recorder", "reason": "It is the same."}
    assert client.post(f"/v1/reports/{second['report_id']}/retraction", json=retraction).status_code == CREATED
    assert suggestions(client, incident) == []
    problem(client.get(f"/v1/incidents/{incident}/duplicates?as_of=@1"), "not-yet-known")


def test_a_suggestion_changes_no_answer(client: httpx.Client, incident: str) -> None:
    for number in (1, 2, 3):
        filed(client, incident, row(number))
    before = client.get(f"/v1/incidents/{incident}").json()
    assert len(suggestions(client, incident)) == 1
    assert client.get(f"/v1/incidents/{incident}").json() == before
    assert before["data"]["kinds"] == {"attack_launched": 3}


def test_a_thousand_rows_that_share_date_place_and_parties_all_count() -> None:
    found = history(*(row(number) for number in range(ROWS)))
    (item,) = duplicates(found, None)
    assert (item["code"], len(item["reports"]), len(item["events"])) == ("possible_same_event", ROWS, ROWS)
    assert item["why"].startswith("1000 events are of the same kind (attack_launched), day (2025-03-07)")
    assert len(list(found.standing_reports(None))) == ROWS


def test_reports_that_share_several_figures_are_suggested_once() -> None:
    wounded = {"id": "2", "measure": "injured", "count": {"verbatim": "70"}}
    reports = [toll(via=[relay]) for relay in ("afp", "rudaw")]
    for report in reports:
        report["claims"].append(wounded)
    (item,) = duplicates(history(*reports), None)
    assert item["why"] == "“sohr” says 1,383, 70 of one day in 2 reports (by afp, by rudaw)."


def test_suggestions_do_not_depend_on_the_order_of_arrival() -> None:
    reports = [toll(via=[relay]) for relay in ("afp", "rudaw", "sana")]
    forth, back = (duplicates(history(*each), None) for each in (reports, reports[::-1]))
    assert forth == back
