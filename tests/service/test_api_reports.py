"""Reports: whatever a kind can say is taken, given back as it was sent, and found again in every view."""

import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.reports.registry import KINDS
from tests.service.serving import CREATED, filed, opened, problem, toll

pytestmark = pytest.mark.one_server_will_do

pytest_plugins = ("tests.service.api_fixtures",)

SAID = {kind.name: dict(kind.example) for kind in KINDS.values()}


def claims_of(report: Mapping[str, Any]) -> list[str]:
    return [figure["id"] for claim in report.get("claims", ()) for figure in (claim, *claim.get("parts", ()))]


def as_sent(given: Any, kept: Any) -> bool:
    """Say whether all that was given is kept; what was derived may stand beside it."""
    if isinstance(given, dict):
        return isinstance(kept, dict) and all(as_sent(value, kept[name]) for name, value in given.items())
    if isinstance(given, list):
        return isinstance(kept, list) and len(given) == len(kept) and all(map(as_sent, given, kept))
    return bool(given == kept)


@pytest.mark.parametrize("kind", SAID)
def test_a_report_of_each_kind_is_found_again_everywhere(client: httpx.Client, incident: str, kind: str) -> None:
    given = SAID[kind]
    answer = filed(client, incident, given)
    report_id = answer["report_id"]
    (step,) = client.get(f"/v1/reports/{report_id}").json()["history"]
    assert as_sent(given, step["report"])
    assert (step["fact"], step["position"]) == ("filed", answer["position"])

    own = f"/v1/incidents/{incident}"
    assert client.get(own).json()["data"]["kinds"] == {kind: 1}
    timeline = client.get(f"{own}/timeline").json()
    (entry,) = timeline["data"]["entries"]
    assert entry["report_id"] == report_id
    assert as_sent({name: value for name, value in given.items() if name != "text"}, entry["report"])
    if "text" in given:
        assert timeline["text"][entry["text"]] == given["text"]
    claims = client.get(f"{own}/claims").json()["data"]["claims"]
    assert {claim["claim"] for claim in claims} == {f"{report_id}#{claim}" for claim in claims_of(given)}


def test_the_history_tells_all_that_became_of_a_report(client: httpx.Client, incident: str) -> None:
    first = toll("1,338", text={"summary": "As typed.", "quotes": ["“1,383”"]}, occurred="2025-03-06/2025-03-12")
    report_id = filed(client, incident, first)["report_id"]
    own = f"/v1/reports/{report_id}"
    after: list[dict[str, Any]] = []
    for name, body in (
        (
            "correction",
            {"cause": "transcription", "report": toll("1,383", text={"summary": "As said."}), "reason": "A digit."},
        ),
        ("retraction", {"by": "source", "reported_at": "2025-03-13", "reason": "Withdrawn."}),
        ("reinstatement", {"reason": "It was not."}),
    ):
        response = client.post(f"{own}/{name}", json=body)
        assert (response.status_code, response.headers["location"]) == (CREATED, own)
        after.append(response.json())
    history = client.get(own).json()
    assert (history["report_id"], history["incident"], history["standing"]) == (report_id, incident, "corrected")
    filed_step, corrected, retracted, reinstated = history["history"]
    assert filed_step["report"]["text"] == first["text"]
    assert filed_step["reported"] == {"earliest": "2025-03-11T21:00:00Z", "latest": "2025-03-12T20:59:59Z"}
    assert filed_step["occurred"] == {"earliest": "2025-03-05T21:00:00Z", "latest": "2025-03-12T20:59:59Z"}
    assert (corrected["cause"], corrected["reason"]) == ("transcription", "A digit.")
    assert corrected["report"]["text"] == {"summary": "As said."}
    assert corrected["report"]["claims"][0]["count"]["verbatim"] == "1,383"
    assert (retracted["by"], retracted["reported"]["latest"], retracted["reason"]) == (
        "source", "2025-03-13T20:59:59Z", "Withdrawn."
    )  # fmt: skip
    assert reinstated["reason"] == "It was not."
    steps = history["history"][1:]
    assert [(step["position"], step["recorded_at"], step["version"]) for step in steps] == [
        (each["position"], each["recorded_at"], each["version"]) for each in after
    ]
    assert history["coordinates"]["position"] == after[-1]["position"]


def test_the_history_is_read_at_any_moment(client: httpx.Client, incident: str) -> None:
    filed(client, incident, toll())
    answer = filed(client, incident, toll("1,500", reported_at="2025-03-13"))
    own = f"/v1/reports/{answer['report_id']}"
    retracted = client.post(f"{own}/retraction", json={"by": "recorder"}).json()
    then = client.get(f"{own}?as_of=@{answer['position']}")
    assert (then.json()["standing"], len(then.json()["history"])) == ("standing", 1)
    assert "immutable" in then.headers["cache-control"]
    now = client.get(own)
    assert (now.json()["standing"], now.json()["coordinates"]["closed"]) == ("retracted", False)
    assert now.headers["cache-control"] == "no-cache"
    assert client.get(own, headers={"If-None-Match": now.headers["etag"]}).status_code == 304
    assert client.get(f"{own}?as_of=@{retracted['position']}").json()["standing"] == "retracted"
    early = problem(client.get(f"{own}?as_of=@{answer['position'] - 1}"), "not-yet-known")
    assert (early["known_at"], early["suggestion"]) == (answer["position"], own)


def test_a_retraction_changes_now_and_never_then(client: httpx.Client, incident: str) -> None:
    answer = filed(client, incident, toll())
    then = client.get(f"/v1/incidents/{incident}?as_of=@{answer['position']}").json()
    client.post(f"/v1/reports/{answer['report_id']}/retraction", json={"by": "recorder"})
    assert client.get(f"/v1/incidents/{incident}").json()["data"]["estimates"] == []
    assert client.get(f"/v1/incidents/{incident}?as_of=@{answer['position']}").json() == then


def test_what_became_of_a_report_decides_what_can_become_of_it(client: httpx.Client, incident: str) -> None:
    own = f"/v1/reports/{filed(client, incident, toll())['report_id']}"
    problem(client.post(f"{own}/reinstatement", json={}), "report-stands")
    problem(client.post(f"{own}/correction", json={"cause": "translation", "report": toll()}), "nothing-changed")
    moved = {"cause": "translation", "report": toll("9", reported_at="2025-03-01")}
    problem(client.post(f"{own}/correction", json=moved), "reported-at-is-kept", "report.reported_at")
    problem(client.post(f"{own}/retraction", json={"by": "source"}), "retraction-needs-time", "reported_at")
    timed = {"by": "recorder", "reported_at": "2025-03-13"}
    problem(client.post(f"{own}/retraction", json=timed), "retraction-has-no-time", "reported_at")
    early = {"by": "source", "reported_at": "2025-03-01"}
    problem(client.post(f"{own}/retraction", json=early), "retracted-before-said", "reported_at")
    assert client.post(f"{own}/retraction", json={"by": "recorder"}).status_code == CREATED
    problem(client.post(f"{own}/retraction", json={"by": "recorder"}), "report-retracted")
    problem(client.post(f"{own}/correction", json={"cause": "translation", "report": toll("9")}), "report-retracted")


def test_a_report_without_a_time_was_said_when_it_was_recorded(client: httpx.Client, incident: str) -> None:
    report = toll()
    del report["reported_at"]
    answer = filed(client, incident, report)
    (step,) = client.get(f"/v1/reports/{answer['report_id']}").json()["history"]
    assert step["report"]["reported_at"] == answer["recorded_at"]


def test_text_of_any_script_comes_back_as_it_was_sent(client: httpx.Client, incident: str) -> None:
    text = {"summary": "المرصد: 1,383 مدنيًا \U0001f54a e\u0301 ﷽ \u202e", "quotes": ["„so“", "'; DROP TABLE facts; --"]}
    answer = filed(client, incident, toll(text=text))
    (step,) = client.get(f"/v1/reports/{answer['report_id']}").json()["history"]
    assert step["report"]["text"] == text


@pytest.fixture(scope="module")
def posts() -> list[dict[str, Any]]:
    """Return the bodies that every version must accept."""
    file = Path(__file__).parents[1] / "vectors" / "posts.json"
    listed = json.loads(file.read_text("utf-8"))
    return [each["post"] for each in listed["posts"]]


def test_the_bodies_that_every_version_must_accept_come_back(client: httpx.Client, posts: list[dict[str, Any]]) -> None:
    incident = opened(client, period="2025-03-06/2025-03-10", countries=["SY"])
    ids = [filed(client, incident, post)["report_id"] for post in posts]
    entries = client.get(f"/v1/incidents/{incident}/timeline").json()["data"]["entries"]
    assert sorted(entry["report_id"] for entry in entries) == sorted(ids)
    claims = {claim["claim"] for claim in client.get(f"/v1/incidents/{incident}/claims").json()["data"]["claims"]}
    for report_id, post in zip(ids, posts, strict=True):
        assert as_sent(post, client.get(f"/v1/reports/{report_id}").json()["history"][0]["report"])
        assert claims >= {f"{report_id}#{claim}" for claim in claims_of(post)}


OWN, TWICE = "own_relay", "relay_repeated"
CHAINS = [
    (["{source}"], {OWN}),
    (["{source}", "{source}"], {OWN, TWICE}),
    (["{relay}", "{relay}"], {TWICE}),
    (["{relay}", "{source}", "{relay}"], {OWN, TWICE}),
    (["{relay}"], set()),
]


@pytest.mark.parametrize("known", [False, True], ids=["new sources", "known sources"])
@pytest.mark.parametrize(("chain", "codes"), CHAINS)
def test_a_chain_of_relays_that_repeats_itself_is_kept_as_stated_and_told(
    client: httpx.Client, incident: str, chain: list[str], codes: set[str], *, known: bool
) -> None:
    names = {"source": f"source-{uuid.uuid4()}", "relay": f"relay-{uuid.uuid4()}"}
    if known:
        filed(client, incident, toll("1", source=names["source"], via=[names["relay"]], reported_at="2025-03-01"))
    via = [each.format(**names) for each in chain]
    answer = filed(client, incident, toll("500", source=names["source"], via=via, reported_at="2025-03-10"))
    assert {each["code"] for each in answer["warnings"]} & {OWN, TWICE} == codes
    assert client.get(f"/v1/reports/{answer['report_id']}").json()["history"][0]["report"]["via"] == via
    for name in {names["source"], *via}:
        assert client.get(f"/v1/sources/{name}").status_code == 200


def test_a_source_that_relays_itself_lowers_its_own_figure_as_if_said_directly(
    client: httpx.Client, incident: str
) -> None:
    source = f"source-{uuid.uuid4()}"
    for figure, day in (("500", "2025-03-10"), ("480", "2025-03-11")):
        filed(client, incident, toll(figure, source=source, via=[source], reported_at=day, claims=[in_all(figure)]))
    state = client.get(f"/v1/incidents/{incident}").json()["data"]
    assert [each["best"]["figure"] for each in state["estimates"]] == [480]
    assert not any("via" in each for each in state["sentences"])
    claims = client.get(f"/v1/incidents/{incident}/claims").json()["data"]["claims"]
    assert [each["via"] for each in claims] == [[], []]


def in_all(figure: str) -> dict[str, object]:
    return {"id": "1", "measure": "killed", "scope": "incident", "count": {"verbatim": figure}}
