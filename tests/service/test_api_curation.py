"""Curation: merging, moving, rescoping, judging; each is told, each can be undone, and none changes the past."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.service.projected import head
from tests.service.serving import CREATED, filed, opened, problem, toll

pytestmark = pytest.mark.one_server_will_do

pytest_plugins = ("tests.service.api_fixtures",)

UNDONE = ("", "/timeline", "/escalation")
"""The views that undoing a merge or a move restores to the same digest (vocabulary §2)."""


def posted(client: httpx.Client, path: str, body: Mapping[str, Any], **headers: str) -> dict[str, Any]:
    response = client.post(path, json=body, headers=headers)
    assert response.status_code == CREATED, response.text
    return response.json()


def asked(client: httpx.Client, incident: str, path: str = "", **question: str) -> dict[str, Any]:
    response = client.get(f"/v1/incidents/{incident}{path}", params=question)
    assert response.status_code == 200, response.text
    return response.json()


def estimates(client: httpx.Client, incident: str, **question: str) -> dict[str, Any]:
    """Return by scope the estimate of those killed."""
    return {each["scope"]: each for each in asked(client, incident, **question)["data"]["estimates"]}


def digests(client: httpx.Client, incident: str) -> list[str]:
    return [asked(client, incident, path)["digest"] for path in UNDONE]


def shown(client: httpx.Client, incident: str, **question: str) -> set[str]:
    return {entry["report_id"] for entry in asked(client, incident, "/timeline", **question)["data"]["entries"]}


@pytest.fixture
def other(client: httpx.Client) -> str:
    return opened(client, title="Another town")


def test_a_merged_incident_is_shown_by_the_other_with_all_its_reports(
    client: httpx.Client, incident: str, other: str
) -> None:
    ids = {filed(client, slug, toll(figure))["report_id"] for slug, figure in ((incident, "40"), (other, "1,383"))}
    merged = posted(client, f"/v1/incidents/{incident}/merge", {"into": other, "reason": "One episode."})
    assert (merged["incident"], merged["version"]) == (other, 3)
    assert shown(client, other) == ids
    found = estimates(client, other)
    assert {scope: each["best"]["figure"] for scope, each in found.items()} == {
        "incident": 1383,
        f"{incident}/incident": 40,
    }


def test_reading_a_merged_incident_leads_on_with_the_same_question(
    client: httpx.Client, incident: str, other: str
) -> None:
    filed(client, incident, toll())
    position = posted(client, f"/v1/incidents/{incident}/merge", {"into": other})["position"]
    for path in ("", "/timeline", "/claims", "/escalation", "/revisions", "/duplicates"):
        led = client.get(f"/v1/incidents/{incident}{path}")
        assert (led.status_code, led.headers["location"]) == (307, f"/v1/incidents/{other}{path}")
    query = f"as_of=@{position}&reported_until=2025-03-12T23:59:59%2B03:00&policy=latest/1"
    led = client.get(f"/v1/incidents/{incident}?{query}")
    assert led.headers["location"] == f"/v1/incidents/{other}?{query}"
    at_last = client.get(f"/v1/incidents/{incident}?{query}", follow_redirects=True).json()
    assert at_last["data"]["incident"] == other
    assert at_last["coordinates"]["policy"] == "latest/1"
    assert at_last["coordinates"]["reported_until"] == "2025-03-12T20:59:59Z"
    assert client.head(f"/v1/incidents/{incident}").status_code == 307


def test_a_name_of_any_script_is_led_to_in_an_address(client: httpx.Client, incident: str) -> None:
    target = f"größe-{uuid4()}"
    posted(client, "/v1/incidents", {"slug": target, "title": "Größe"})
    posted(client, f"/v1/incidents/{incident}/merge", {"into": target})
    led = client.get(f"/v1/incidents/{incident}/claims")
    assert led.headers["location"] == f"/v1/incidents/{target.replace('ö', '%C3%B6').replace('ß', '%C3%9F')}/claims"
    assert client.get(led.headers["location"]).status_code == 200


def test_before_a_merge_the_answer_is_what_it_was(client: httpx.Client, incident: str, other: str) -> None:
    before = filed(client, incident, toll())["position"]
    was = asked(client, incident, as_of=f"@{before}")
    posted(client, f"/v1/incidents/{incident}/merge", {"into": other})
    assert asked(client, incident, as_of=f"@{before}") == was
    assert asked(client, other, as_of=f"@{before}")["data"]["estimates"] == []


def test_a_merged_incident_takes_nothing_and_says_where_to_write(
    client: httpx.Client, incident: str, other: str
) -> None:
    own = f"/v1/incidents/{incident}"
    posted(client, f"{own}/merge", {"into": other})
    for path, body in (
        ("reports", toll()),
        ("amendment", {"title": "Another title"}),
        ("close", {}),
        ("reopen", {}),
        ("scopes", {"name": "north", "label": "North"}),
        ("merge", {"into": other}),
        ("publications", {}),
    ):
        refused = problem(client.post(f"{own}/{path}", json=body), "merged")
        assert (refused["into"], refused["location"]) == (other, f"/v1/incidents/{other}")


def test_a_report_of_a_merged_incident_is_corrected_where_it_is_at_home(
    client: httpx.Client, incident: str, other: str
) -> None:
    own = f"/v1/reports/{filed(client, incident, toll('1,338'))['report_id']}"
    posted(client, f"/v1/incidents/{incident}/merge", {"into": other})
    posted(client, f"{own}/correction", {"cause": "transcription", "report": toll("1,383")})
    assert estimates(client, other)[f"{incident}/incident"]["best"]["figure"] == 1383
    history = client.get(own).json()
    assert (history["incident"], history["home"], history["standing"]) == (other, incident, "corrected")


def test_no_id_ever_dies(client: httpx.Client, incident: str, other: str) -> None:
    report_id = filed(client, incident, toll())["report_id"]
    posted(client, f"/v1/incidents/{incident}/merge", {"into": other})
    assert client.get(f"/v1/reports/{report_id}").json()["incident"] == other
    assert client.get(f"/v1/incidents/{incident}/facts").status_code == 200
    again = client.post("/v1/incidents", json={"slug": incident, "title": "Again"})
    problem(again, "slug-taken", "slug")


def test_undoing_a_merge_restores_both(client: httpx.Client, incident: str, other: str) -> None:
    for slug, figure in ((incident, "40"), (other, "1,383")):
        filed(client, slug, toll(figure, occurred="2025-03-06/2025-03-12"))
    before = [digests(client, slug) for slug in (incident, other)]
    posted(client, f"/v1/incidents/{incident}/merge", {"into": other})
    while_merged = digests(client, other)
    assert while_merged[0] != before[1][0]
    undone = posted(client, f"/v1/incidents/{incident}/unmerge", {"reason": "They are two."})
    assert (undone["incident"], undone["version"]) == (incident, 4)
    assert [digests(client, slug) for slug in (incident, other)] == before
    assert asked(client, incident)["data"]["status"] == "open"
    problem(client.post(f"/v1/incidents/{incident}/unmerge", json={}), "not-merged")


def test_a_closed_incident_that_was_merged_is_closed_again_when_that_is_undone(
    client: httpx.Client, incident: str, other: str
) -> None:
    posted(client, f"/v1/incidents/{incident}/close", {})
    posted(client, f"/v1/incidents/{incident}/merge", {"into": other})
    posted(client, f"/v1/incidents/{incident}/unmerge", {})
    assert asked(client, incident)["data"]["status"] == "closed"


def test_incidents_merged_in_a_row_lead_to_the_last(client: httpx.Client, incident: str, other: str) -> None:
    report_id = filed(client, incident, toll())["report_id"]
    last = opened(client)
    posted(client, f"/v1/incidents/{incident}/merge", {"into": other})
    posted(client, f"/v1/incidents/{other}/merge", {"into": last})
    led = client.get(f"/v1/incidents/{incident}", follow_redirects=True)
    assert (led.status_code, led.json()["data"]["incident"], len(led.history)) == (200, last, 2)
    assert shown(client, last) == {report_id}
    assert client.get(f"/v1/reports/{report_id}").json()["incident"] == last
    posted(client, f"/v1/incidents/{other}/unmerge", {})
    assert shown(client, last) == set()
    assert client.get(f"/v1/reports/{report_id}").json()["incident"] == other


def test_a_merge_that_cannot_be_is_refused_with_its_field(client: httpx.Client, incident: str, other: str) -> None:
    own = f"/v1/incidents/{incident}"
    problem(client.post(f"{own}/merge", json={"into": incident}), "merged-into-itself", "into")
    problem(client.post(f"{own}/merge", json={"into": "no-such-incident"}), "unknown-incident", "into")
    problem(client.post("/v1/incidents/no-such-incident/merge", json={"into": other}), "no-such-incident")
    posted(client, f"/v1/incidents/{other}/close", {})
    problem(client.post(f"{own}/merge", json={"into": other}), "incident-closed")
    third = opened(client)
    posted(client, f"{own}/merge", {"into": third})
    problem(client.post(f"/v1/incidents/{third}/merge", json={"into": incident}), "merged")
    found = problem(client.post(f"/v1/incidents/{third}/merge", json={}), "invalid-body", "into")
    assert found["errors"][0]["reason"]
    for body in ({"into": True}, {"into": None}, {"into": "Not A Slug"}, {"into": other, "whatever": 1}):
        problem(client.post(f"{own}/merge", json=body), "invalid-body")


def test_a_moved_report_is_shown_by_the_other_incident_and_comes_back(
    client: httpx.Client, incident: str, other: str
) -> None:
    report_id = filed(client, incident, toll(occurred="2025-03-06/2025-03-12"))["report_id"]
    before = [digests(client, slug) for slug in (incident, other)]
    own = f"/v1/reports/{report_id}"
    moved = posted(client, f"{own}/move", {"to": other, "reason": "It was there."})
    assert (moved["incident"], moved["version"], moved["report_id"]) == (other, 2, report_id)
    assert (shown(client, incident), shown(client, other)) == (set(), {report_id})
    assert list(estimates(client, other)) == [f"{incident}/incident"]
    history = client.get(own).json()
    assert (history["incident"], history["home"]) == (other, incident)
    step = history["history"][-1]
    assert (step["fact"], step["home"], step["left"], step["to"], step["reason"]) == (
        "moved", incident, incident, other, "It was there."
    )  # fmt: skip
    posted(client, f"{own}/move", {"to": incident})
    assert [digests(client, slug) for slug in (incident, other)] == before
    assert client.get(own).json()["incident"] == incident


def test_a_report_is_moved_on_from_where_it_stands(client: httpx.Client, incident: str, other: str) -> None:
    report_id = filed(client, incident, toll())["report_id"]
    third = opened(client)
    own = f"/v1/reports/{report_id}"
    for slug in (other, third):
        posted(client, f"{own}/move", {"to": slug})
        assert {each: shown(client, each) for each in (incident, other, third)} == {
            each: {report_id} if each == slug else set[str]() for each in (incident, other, third)
        }
    problem(client.post(f"{own}/move", json={"to": third}), "nothing-changed")


def test_a_move_that_cannot_be_is_refused_with_its_field(client: httpx.Client, incident: str, other: str) -> None:
    own = f"/v1/reports/{filed(client, incident, toll())['report_id']}"
    problem(client.post(f"{own}/move", json={"to": "no-such-incident"}), "unknown-incident", "to")
    problem(client.post(f"{own}/move", json={"to": incident}), "nothing-changed")
    problem(client.post(f"{own}/move", json={}), "invalid-body", "to")
    problem(client.post(f"/v1/reports/{uuid4()}/move", json={"to": other}), "no-such-report")
    posted(client, f"/v1/incidents/{other}/close", {})
    problem(client.post(f"{own}/move", json={"to": other}), "incident-closed")


def test_a_rescoped_claim_changes_the_two_keys_and_no_other(client: httpx.Client, incident: str) -> None:
    posted(client, f"/v1/incidents/{incident}/scopes", {"name": "north", "label": "North"})
    wounded = {"id": "2", "measure": "injured", "count": {"verbatim": "70"}}
    report = toll()
    report["claims"].append(wounded)
    report_id = filed(client, incident, report)["report_id"]
    before = keyed(client, incident)
    body = {"claims": [f"{report_id}#1"], "scope": "north", "reason": "That province alone."}
    written = posted(client, f"/v1/incidents/{incident}/rescoping", body)
    assert written["incident"] == incident
    after = keyed(client, incident)
    assert {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)} == {
        ("killed", "incident"), ("killed", "north")
    }  # fmt: skip
    assert after["killed", "north"] == before["killed", "incident"]
    step = client.get(f"/v1/reports/{report_id}").json()["history"][-1]
    assert (step["fact"], step["claims"], step["scope"]) == ("rescoped", [f"{report_id}#1"], "north")
    posted(client, f"/v1/incidents/{incident}/rescoping", {**body, "scope": None})
    assert keyed(client, incident) == before


def keyed(client: httpx.Client, incident: str) -> dict[tuple[str, str], tuple[int, list[str]]]:
    found = asked(client, incident)["data"]["estimates"]
    return {
        (each["measure"], each["scope"]): (each["best"]["figure"], [used["claim"] for used in each["used"]])
        for each in found
    }


def test_claims_of_several_homes_are_rescoped_where_they_are_shown_and_compared_from_then_on(
    client: httpx.Client, incident: str, other: str
) -> None:
    ids = [filed(client, slug, toll(source=name))["report_id"] for slug, name in ((incident, "sohr"), (other, "afp"))]
    posted(client, f"/v1/incidents/{incident}/merge", {"into": other})
    assert len(estimates(client, other)) == 2
    body = {"claims": [f"{ids[0]}#1"], "scope": "incident"}
    posted(client, f"/v1/incidents/{other}/rescoping", body)
    (estimate,) = estimates(client, other).values()
    assert {used["source"] for used in estimate["used"]} == {"sohr", "afp"}
    found = client.get(f"/v1/reports/{ids[1]}").json()["history"]
    assert [step["fact"] for step in found] == ["filed"], "another report's rescoping is none of its own history"


def test_a_rescoping_that_cannot_be_names_the_claim_or_the_scope(
    client: httpx.Client, incident: str, other: str
) -> None:
    wounded = {"id": "2", "measure": "killed", "population": {"status": ["civilian"]}, "count": {"verbatim": "70"}}
    posted(client, f"/v1/incidents/{incident}/scopes", {"name": "north", "label": "North"})
    report = toll()
    report["claims"].append({**wounded, "scope": "north"})
    report_id = filed(client, incident, report)["report_id"]
    elsewhere = filed(client, other, toll())["report_id"]
    own = f"/v1/incidents/{incident}/rescoping"
    mine = f"{report_id}#1"

    def refused(claims: list[str], scope: str | None, slug: str, field: str | None = None) -> dict[str, Any]:
        return problem(client.post(own, json={"claims": claims, "scope": scope}), slug, field)

    refused([mine, f"{report_id}#9"], "north", "unknown-claim", "claims[1]")
    refused([f"{elsewhere}#1"], "north", "report-elsewhere", "claims[0]")
    refused([f"{uuid4()}#1"], "north", "no-such-report")
    found = refused([mine], "nroth", "scope-undeclared", "scope")
    assert found["errors"][0]["nearest"] == "north"
    refused([mine], "event", "event-needed", "scope")
    refused([mine], "north", "two-figures-one-key", "scope")
    refused([mine], None, "nothing-changed")
    refused([], "north", "invalid-body", "claims")
    refused(["1"], "north", "invalid-body", "claims[0]")
    problem(client.post(own, json={"claims": [mine]}), "invalid-body", "scope")
    assert [step["fact"] for step in client.get(f"/v1/reports/{report_id}").json()["history"]] == ["filed"]


def test_a_claim_that_is_judged_improbable_is_rated_out(client: httpx.Client, incident: str) -> None:
    report_id = filed(client, incident, toll())["report_id"]
    last = filed(client, incident, toll("40", source="afp"))["position"]
    own = f"/v1/reports/{report_id}"
    posted(client, f"{own}/assessment", {"credibility": 5, "claim": "1", "reason": "No place has so many."})
    (estimate,) = estimates(client, incident).values()
    assert estimate["best"]["figure"] == 40
    assert [(each["claim"], each["code"]) for each in estimate["set_aside"]] == [(f"{report_id}#1", "rated_out")]
    assert estimates(client, incident, as_of=f"@{last}")["incident"]["set_aside"] == []
    step = client.get(own).json()["history"][-1]
    assert (step["fact"], step["credibility"], step["claim"], step["reason"]) == (
        "assessed", 5, "1", "No place has so many."
    )  # fmt: skip
    problem(client.post(f"{own}/assessment", json={"credibility": 5, "claim": "1"}), "nothing-changed")
    posted(client, f"{own}/assessment", {"credibility": 6, "claim": "1"})
    assert estimates(client, incident)["incident"]["set_aside"] == []


def test_a_disputed_claim_makes_its_estimate_contested(client: httpx.Client, incident: str) -> None:
    own = f"/v1/reports/{filed(client, incident, toll())['report_id']}"
    assert not estimates(client, incident)["incident"]["contested"]
    posted(client, f"{own}/dispute", {"claim": "1"})
    estimate = estimates(client, incident)["incident"]
    assert (estimate["contested"], estimate["best"]["figure"]) == (True, 1383)
    assert client.get(own).json()["standing"] == "standing", "one claim is not the report"
    problem(client.post(f"{own}/dispute", json={"claim": "1", "disputed": True}), "nothing-changed")
    posted(client, f"{own}/dispute", {"claim": "1", "disputed": False})
    assert not estimates(client, incident)["incident"]["contested"]
    posted(client, f"{own}/dispute", {"reason": "The ministry denies it."})
    assert client.get(own).json()["standing"] == "disputed"


def test_one_claim_is_retracted_and_reinstated_without_its_report(client: httpx.Client, incident: str) -> None:
    report = toll()
    report["claims"].append({"id": "2", "measure": "injured", "count": {"verbatim": "70"}})
    own = f"/v1/reports/{filed(client, incident, report)['report_id']}"
    before = asked(client, incident)["digest"]
    problem(client.post(f"{own}/reinstatement", json={"claim": "2"}), "claim-stands", "claim")
    posted(client, f"{own}/retraction", {"by": "recorder", "claim": "2"})
    assert [each["measure"] for each in asked(client, incident)["data"]["estimates"]] == ["killed"]
    assert client.get(own).json()["standing"] == "standing"
    problem(client.post(f"{own}/retraction", json={"by": "recorder", "claim": "2"}), "claim-retracted", "claim")
    problem(client.post(f"{own}/retraction", json={"by": "recorder", "claim": "9"}), "unknown-claim", "claim")
    problem(client.post(f"{own}/reinstatement", json={}), "report-stands")
    posted(client, f"{own}/reinstatement", {"claim": "2"})
    assert asked(client, incident)["digest"] == before


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("assessment", {}, "credibility"),
        ("assessment", {"credibility": 0}, "credibility"),
        ("assessment", {"credibility": 7}, "credibility"),
        ("assessment", {"credibility": "5"}, "credibility"),
        ("assessment", {"credibility": True}, "credibility"),
        ("assessment", {"credibility": 5, "claim": ""}, "claim"),
        ("assessment", {"credibility": 5, "claim": "a#b"}, "claim"),
        ("dispute", {"disputed": "yes"}, "disputed"),
        ("dispute", {"disputed": None}, "disputed"),
        ("dispute", {"claim": ["1"]}, "claim"),
        ("dispute", {"claims": "1"}, "claims"),
        ("move", {"to": "a/b"}, "to"),
        ("retraction", {"by": "recorder", "claim": {}}, "claim"),
        ("reinstatement", {"claim": True}, "claim"),
    ],
)
def test_rubbish_is_refused_with_its_field(
    client: httpx.Client, incident: str, path: str, body: dict[str, Any], field: str
) -> None:
    own = f"/v1/reports/{filed(client, incident, toll())['report_id']}"
    problem(client.post(f"{own}/{path}", json=body), "invalid-body", field)
    assert len(client.get(own).json()["history"]) == 1


@pytest.mark.parametrize("path", ["assessment", "dispute"])
def test_a_claim_or_report_that_there_is_not_is_refused(client: httpx.Client, incident: str, path: str) -> None:
    own = f"/v1/reports/{filed(client, incident, toll())['report_id']}"
    found = problem(
        client.post(f"{own}/{path}", json={"credibility": 5, "claim": "7"} if path == "assessment" else {"claim": "7"}),
        "unknown-claim",
        "claim",
    )
    assert "“1”" in found["detail"]
    body = {"credibility": 5} if path == "assessment" else {}
    problem(client.post(f"/v1/reports/{uuid4()}/{path}", json=body), "no-such-report")


def test_a_write_against_another_version_is_refused(client: httpx.Client, incident: str, other: str) -> None:
    own = f"/v1/reports/{filed(client, incident, toll())['report_id']}"
    stale, fresh = {"If-Match": '"v1"'}, {"If-Match": '"v2"'}
    for path, body in (
        (f"{own}/assessment", {"credibility": 2}),
        (f"{own}/dispute", {}),
        (f"{own}/move", {"to": other}),
        (f"/v1/incidents/{incident}/merge", {"into": other}),
        (f"/v1/incidents/{incident}/unmerge", {}),
        (f"/v1/incidents/{incident}/rescoping", {"claims": [f"{uuid4()}#1"], "scope": None}),
    ):
        problem(client.post(path, json=body, headers=stale), "version-mismatch")
    assert client.post(f"/v1/incidents/{incident}/merge", json={"into": other}, headers=fresh).status_code == CREATED


def test_a_retried_write_to_several_incidents_is_recorded_once(client: httpx.Client, incident: str, other: str) -> None:
    report_id = filed(client, incident, toll())["report_id"]
    for path, body in (
        (f"/v1/reports/{report_id}/move", {"to": other}),
        (f"/v1/incidents/{other}/rescoping", {"claims": [f"{report_id}#1"], "scope": "incident"}),
        (f"/v1/incidents/{incident}/merge", {"into": other}),
        (f"/v1/incidents/{incident}/unmerge", {}),
    ):
        key = {"Idempotency-Key": str(uuid4())}
        first = client.post(path, json=body, headers=key)
        before = head(client)
        again = client.post(path, json=body, headers=key)
        assert (first.status_code, again.status_code) == (CREATED, CREATED)
        assert again.json() == first.json()
        assert again.headers["idempotent-replayed"] == "true"
        assert head(client) == before
        problem(client.post(path, json={**body, "reason": "Else."}, headers=key), "id-taken", "Idempotency-Key")


def test_the_facts_of_a_merge_stand_in_both_incidents(client: httpx.Client, incident: str, other: str) -> None:
    posted(client, f"/v1/incidents/{incident}/merge", {"into": other})
    for slug in (incident, other):
        lines = [line for line in client.get(f"/v1/incidents/{slug}/facts").text.splitlines() if "merged" in line]
        assert len(lines) == (1 if slug == incident else 2), "the other's inputs are those of both"


def test_every_example_in_the_document_can_be_sent(client: httpx.Client) -> None:
    """Each is sent as it stands; only names of incidents and reports are those of this test."""
    town = {"slug": "syria-coast-2025", "title": "Syrian coast, March 2025"}
    client.post("/v1/incidents", json=town)
    unnamed = {"anonymous": "Syrian security sources", "type": "party_to_conflict"}
    for source, via in (("afp", []), ("france-24", []), ("syrian-interior-ministry", []), (unnamed, ["reuters"])):
        filed(client, town["slug"], toll(source=source, via=via))
    home = opened(client)
    posted(client, f"/v1/incidents/{home}/scopes", {"name": "latakia-7-9-march", "label": "Latakia"})
    report_id = filed(client, home, toll())["report_id"]
    paths = client.get("/openapi.json").json()["paths"]
    for path in (
        "/v1/reports/{report_id}/assessment",
        "/v1/reports/{report_id}/dispute",
        "/v1/incidents/{incident}/rescoping",
        "/v1/reports/{report_id}/move",
        "/v1/incidents/{incident}/merge",
        "/v1/incidents/{incident}/unmerge",
        "/v1/sources/same-origin",
        "/v1/sources/same-origin/undo",
    ):
        examples = paths[path]["post"]["requestBody"]["content"]["application/json"]["examples"]
        for example in examples.values():
            body = example["value"] | ({"claims": [f"{report_id}#1"]} if "claims" in example["value"] else {})
            posted(client, path.format(report_id=report_id, incident=home), body)
    for example in paths["/v1/policy"]["put"]["requestBody"]["content"]["application/json"]["examples"].values():
        assert client.put("/v1/policy", json=example["value"]).is_success


def test_a_claim_given_a_scope_elsewhere_is_read_by_that_incident_when_it_is_back(
    client: httpx.Client, incident: str, other: str
) -> None:
    report = filed(client, incident, toll("40"))["report_id"]
    posted(client, f"/v1/reports/{report}/move", {"to": other})
    posted(client, f"/v1/incidents/{other}/rescoping", {"claims": [f"{report}#1"], "scope": "incident"})
    posted(client, f"/v1/reports/{report}/move", {"to": incident})
    [sentence] = asked(client, incident)["data"]["sentences"]
    assert "as counted for “Another town”: 40" in sentence


def test_a_rescoping_written_against_an_older_version_is_refused(
    client: httpx.Client, incident: str, other: str
) -> None:
    report = filed(client, incident, toll("40"))["report_id"]
    moved = posted(client, f"/v1/reports/{report}/move", {"to": other})
    body = {"claims": [f"{report}#1"], "scope": "incident"}
    address, against = f"/v1/incidents/{other}/rescoping", {"If-Match": f'"v{moved["version"]}"'}
    posted(client, address, body, **against)
    problem(client.post(address, json={**body, "scope": None}, headers=against), "version-mismatch")
