"""Writes: where they stand, what they warn of, and that a retry is recorded once, however the first answer was lost."""

import asyncio
import contextlib
import json
import subprocess
import sys
from collections import Counter
from uuid import uuid4

import httpx
import psycopg
import pytest

from domain.facts.streams import incident_stream, source_stream
from tests.patience import PATIENCE
from tests.service.serving import CREATED, filed, opened, problem, service, toll

pytestmark = pytest.mark.one_server_will_do

pytest_plugins = ("tests.service.api_fixtures",)

REPORT = "8e10200c-e07c-59a2-88d1-19894c191585"
DIED = 9


def position_of_last(client: httpx.Client) -> int:
    return client.get("/v1/projections").json()["position"]


def test_an_opened_incident_says_where_it_stands(client: httpx.Client) -> None:
    body = {
        "slug": "größe-2025",
        "title": "Größe",
        "utc_offset": "+03:00",
        "period": "2025-03-06/2025-03-10",
        "countries": ["SY"],
        "scopes": [{"name": "tartus", "label": "Tartus"}],
    }
    response = client.post("/v1/incidents", json=body)
    assert response.status_code == CREATED
    assert response.headers["cache-control"] == "no-store"
    answer = response.json()
    assert (answer["incident"], answer["version"], answer["warnings"]) == ("größe-2025", 2, [])
    assert answer["recorded_at"].endswith("Z")
    state = client.get(response.headers["location"]).json()
    assert state["data"]["title"] == "Größe"
    assert state["data"]["scopes"] == [{"name": "tartus", "label": "Tartus"}]
    assert state["coordinates"]["version"] == answer["version"]
    decomposed = "gro\u0308ße-2025"
    assert client.get(f"/v1/incidents/{decomposed}").json()["digest"] == state["digest"]


def test_an_incident_is_opened_once(client: httpx.Client, incident: str) -> None:
    problem(client.post("/v1/incidents", json={"slug": incident, "title": "Again"}), "slug-taken", "slug")


def test_an_incident_is_amended_closed_and_reopened(client: httpx.Client, incident: str) -> None:
    own = f"/v1/incidents/{incident}"
    amended = client.post(f"{own}/amendment", json={"title": "The coast", "period": "2025-03-06/2025-03-12"})
    assert (amended.status_code, amended.json()["version"], amended.headers["location"]) == (CREATED, 2, own)
    problem(client.post(f"{own}/amendment", json={"title": "The coast"}), "nothing-changed")
    problem(client.post(f"{own}/reopen", json={}), "incident-open")
    assert client.post(f"{own}/close", json={"reason": "All is said."}).status_code == CREATED
    state = client.get(own).json()["data"]
    assert (state["title"], state["period"], state["status"]) == ("The coast", "2025-03-06/2025-03-12", "closed")
    problem(client.post(f"{own}/reports", json=toll()), "incident-closed")
    problem(client.post(f"{own}/scopes", json={"name": "x", "label": "X"}), "incident-closed")
    problem(client.post(f"{own}/close", json={}), "incident-closed")
    assert client.post(f"{own}/reopen", json={}).status_code == CREATED
    assert client.get(own).json()["data"]["status"] == "open"
    facts = [json.loads(line) for line in client.get(f"{own}/facts").text.splitlines()]
    assert [fact["text"] for fact in facts if fact["topic"] == "incident_closed.v1"] == [{"reason": "All is said."}]


def test_a_scope_is_declared_once_and_then_counts(client: httpx.Client, incident: str) -> None:
    own = f"/v1/incidents/{incident}"
    scope = {"name": "latakia", "label": "Latakia", "period": "2025-03-07/2025-03-09"}
    assert client.post(f"{own}/scopes", json=scope).json()["version"] == 2
    problem(client.post(f"{own}/scopes", json=scope), "scope-taken", "name")
    problem(client.post(f"{own}/scopes", json={**scope, "name": "event"}), "scope-reserved", "name")
    claim = {"id": "1", "measure": "killed", "scope": "latakia", "count": {"verbatim": "111"}}
    filed(client, incident, toll(claims=[claim]))
    keys = [estimate["scope"] for estimate in client.get(own).json()["data"]["estimates"]]
    assert keys == ["latakia"]


def test_an_incident_is_also_named_by_its_id(client: httpx.Client, incident: str) -> None:
    stream = str(incident_stream(incident))
    report = filed(client, stream, toll())
    assert report["incident"] == incident
    by_id, by_slug = (client.get(f"/v1/incidents/{name}").json() for name in (stream, incident))
    assert by_id == by_slug


def test_a_filed_report_says_where_it_stands_and_what_to_look_at_again(client: httpx.Client, incident: str) -> None:
    first = client.post(f"/v1/incidents/{incident}/reports", json=toll("1,383"))
    answer = first.json()
    assert first.headers["location"] == f"/v1/reports/{answer['report_id']}"
    assert (answer["version"], answer["warnings"]) == (2, [])
    second = filed(client, incident, toll("1,225", reported_at="2025-03-13"))
    (warning,) = second["warnings"]
    assert (warning["code"], warning["claim"]) == ("decrease", "1")
    assert "1,383" in warning["detail"]
    assert second["position"] > answer["position"]


def test_a_write_against_another_version_is_refused(client: httpx.Client, incident: str) -> None:
    own = f"/v1/incidents/{incident}"
    filed(client, incident, toll())
    late = client.post(f"{own}/close", json={}, headers={"If-Match": '"v1"'})
    assert "version 2" in problem(late, "version-mismatch")["detail"]
    problem(client.post(f"{own}/reports", json=toll("9"), headers={"If-Match": '"v3"'}), "version-mismatch")
    assert client.post(f"{own}/close", json={}, headers={"If-Match": '"v2"'}).status_code == CREATED
    assert client.post(f"{own}/reopen", json={}, headers={"If-Match": "*"}).status_code == CREATED


def test_a_retry_gets_the_answer_of_the_first(client: httpx.Client, incident: str) -> None:
    address, body = f"/v1/incidents/{incident}/reports", toll(report_id=str(uuid4()))
    first = client.post(address, json=body)
    filed(client, incident, toll("1,500", reported_at="2025-03-20"))
    again = client.post(address, json=body)
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers


def test_a_retry_through_the_other_name_of_the_incident_is_the_same_request(client: httpx.Client) -> None:
    incident = opened(client)
    stream = str(incident_stream(incident))
    body = toll(report_id=str(uuid4()))
    first = filed(client, incident, body)
    assert filed(client, stream, body) == first


def test_an_id_that_is_taken_is_refused_for_anything_else(client: httpx.Client, incident: str) -> None:
    body = toll(report_id=str(uuid4()))
    filed(client, incident, body)
    address = f"/v1/incidents/{incident}/reports"
    problem(client.post(address, json={**body, "reported_at": "2025-03-13"}), "id-taken", "report_id")
    problem(
        client.post(address, content=json.dumps(body, indent=1), headers={"Content-Type": "application/json"}),
        "id-taken",
    )
    problem(client.post(f"/v1/incidents/{opened(client)}/reports", json=body), "id-taken", "report_id")


def test_a_key_makes_every_kind_of_write_safe_to_retry(client: httpx.Client) -> None:
    slug, before = f"incident-{uuid4()}", position_of_last(client)
    report = str(uuid4())
    writes = [
        ("POST", "/v1/incidents", {"slug": slug, "title": "X", "scopes": [{"name": "a", "label": "A"}]}),
        ("POST", f"/v1/incidents/{slug}/amendment", {"title": "Y"}),
        ("POST", f"/v1/incidents/{slug}/scopes", {"name": "b", "label": "B"}),
        ("POST", f"/v1/incidents/{slug}/reports", toll(report_id=report)),
        ("POST", f"/v1/incidents/{slug}/reports", toll("7", reported_at="2025-03-14")),
        ("POST", f"/v1/reports/{report}/correction", {"cause": "transcription", "report": toll("1,338")}),
        ("POST", f"/v1/reports/{report}/retraction", {"by": "recorder"}),
        ("POST", f"/v1/reports/{report}/reinstatement", {}),
        ("PUT", f"/v1/sources/source-{uuid4()}", {"name": "S", "type": "ngo"}),
        ("POST", f"/v1/incidents/{slug}/close", {}),
        ("POST", f"/v1/incidents/{slug}/reopen", {}),
    ]
    for method, address, body in writes:
        headers = {"Idempotency-Key": f"key-of:{address}:{len(body)}:{uuid4()}"}
        first = client.request(method, address, json=body, headers=headers)
        again = client.request(method, address, json=body, headers=headers)
        assert first.status_code == CREATED, first.text
        assert (again.status_code, again.json()) == (first.status_code, first.json())
        assert (first.headers.get("idempotent-replayed"), again.headers["idempotent-replayed"]) == (None, "true")
    # each write one fact, the opening's scope one more, and the source of the reports registered itself at most once
    assert position_of_last(client) - before in (len(writes) + 1, len(writes) + 2)


def test_a_key_that_is_taken_is_refused_and_named(client: httpx.Client, incident: str) -> None:
    headers = {"Idempotency-Key": str(uuid4())}
    address = f"/v1/incidents/{incident}/reports"
    assert client.post(address, json=toll(), headers=headers).status_code == CREATED
    problem(client.post(address, json=toll("9"), headers=headers), "id-taken", "Idempotency-Key")
    problem(client.post(f"/v1/incidents/{incident}/close", json={}, headers=headers), "id-taken", "Idempotency-Key")


def test_without_an_id_or_key_each_post_is_a_report(client: httpx.Client, incident: str) -> None:
    first, second = (filed(client, incident, toll()) for _ in range(2))
    assert first["report_id"] != second["report_id"]
    assert "possible_duplicate" in {warning["code"] for warning in second["warnings"]}


def test_fifty_posts_of_one_report_to_two_services_are_one_fact(database_url: str) -> None:
    with service(database_url) as one, service(database_url) as other:
        incident = opened(one)
        body = toll(report_id=REPORT)

        async def all_at_once() -> list[httpx.Response]:
            addresses = [f"{each.base_url}/v1/incidents/{incident}/reports" for each in (one, other)]
            async with httpx.AsyncClient(timeout=PATIENCE) as many:
                return await asyncio.gather(*(many.post(addresses[n % 2], json=body) for n in range(50)))

        answers = asyncio.run(all_at_once())
        assert Counter(answer.status_code for answer in answers) == {CREATED: 50}
        assert len({answer.text for answer in answers}) == 1
        assert sum("idempotent-replayed" in answer.headers for answer in answers) == 49
        assert position_of_last(one) == 3  # the incident, the source, the report


def test_many_different_posts_at_once_each_get_a_position_of_their_own(database_url: str) -> None:
    with service(database_url) as one, service(database_url) as other:
        incidents = [opened(one), opened(one)]

        async def all_at_once() -> list[httpx.Response]:
            async with httpx.AsyncClient(timeout=PATIENCE) as many:
                posts = (
                    many.post(
                        f"{(one, other)[n % 2].base_url}/v1/incidents/{incidents[n % 3 % 2]}/reports",
                        json=toll(str(n + 1), reported_order=n),
                    )
                    for n in range(60)
                )
                return await asyncio.gather(*posts)

        answers = asyncio.run(all_at_once())
        assert Counter(answer.status_code for answer in answers) == {CREATED: 60}
        assert sorted(answer.json()["position"] for answer in answers) == list(range(4, 64))


def test_a_crash_between_commit_and_answer_and_a_retry_give_one_fact(database_url: str) -> None:
    with service(database_url) as client:
        incident = opened(client)
    body = toll(report_id=REPORT)
    with subprocess.Popen(
        [sys.executable, "-m", "tests.service.dying", database_url], stdout=subprocess.PIPE, text=True
    ) as dying:
        assert dying.stdout is not None
        address = dying.stdout.readline().strip()
        lost = None
        with contextlib.suppress(httpx.TransportError):
            lost = httpx.post(f"{address}/v1/incidents/{incident}/reports", json=body, timeout=PATIENCE)
        assert lost is None, "the service was to die before it answered"
        assert dying.wait(PATIENCE) == DIED
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT count(*) FROM facts WHERE fact_id = %s", [REPORT]).fetchall()
    assert rows == [(1,)], "the service was to die after the commit"
    with service(database_url) as client:
        again = client.post(f"/v1/incidents/{incident}/reports", json=body)
        assert (again.status_code, again.headers["idempotent-replayed"]) == (CREATED, "true")
        assert position_of_last(client) == again.json()["position"] == 3
        assert client.get(f"/v1/reports/{REPORT}").json()["standing"] == "standing"


def test_the_stream_of_a_source_is_no_incident(client: httpx.Client, incident: str) -> None:
    filed(client, incident, toll(source="sohr"))
    own = f"/v1/incidents/{source_stream('sohr')}"
    for view in ("", "/timeline", "/claims", "/facts"):
        problem(client.get(f"{own}{view}"), "no-such-incident")
    for path, body in (("reports", toll()), ("close", {}), ("amendment", {"title": "x"})):
        problem(client.post(f"{own}/{path}", json=body), "no-such-incident")


def test_what_has_no_version_is_not_written_against_one(client: httpx.Client) -> None:
    asked = {"If-Match": '"v3"'}
    body = {"slug": f"incident-{uuid4().hex}", "title": "x"}
    problem(client.post("/v1/incidents", json=body, headers=asked), "invalid-header", "If-Match")
    source = {"name": "x", "type": "other"}
    problem(client.put("/v1/sources/x", json=source, headers=asked), "invalid-header", "If-Match")


def test_a_correction_under_another_id_is_refused(client: httpx.Client, incident: str) -> None:
    own = f"/v1/reports/{filed(client, incident, toll())['report_id']}"
    body = {"cause": "transcription", "report": {**toll(), "report_id": str(uuid4()), "reported_order": 2}}
    problem(client.post(f"{own}/correction", json=body), "report-id-is-kept", "report.report_id")


def test_a_label_says_something(client: httpx.Client) -> None:
    problem(client.post("/v1/incidents", json={"slug": "blank", "title": "  "}), "invalid-body", "title")
