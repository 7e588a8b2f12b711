"""Publications over HTTP: an answer is fixed with all that it depends on, and its receipt stays what it was."""

import asyncio
import base64
import json
import re
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from domain.facts.streams import incident_stream
from domain.incident.commands import AmendIncident, MergeIncident
from domain.ledger.receipt import format_receipt, parse_receipt
from service.api.app import create_app
from service.api.lists.cursor import Cursor, format_cursor
from service.api.resources.publications import ATTEMPTS
from service.api.services import Services
from service.eventstore.writer import WriteRequest
from service.wiring import services
from tests.patience import PATIENCE
from tests.service.serving import CREATED, filed, opened, problem, service, serving, toll
from tests.service.standard import leaves, root_of

pytest_plugins = ("tests.service.api_fixtures",)
pytestmark = pytest.mark.one_server_will_do


def published(
    client: httpx.Client, incident: str, body: dict[str, Any] | None = None, **headers: str
) -> dict[str, Any]:
    """Publish, and return what was answered."""
    response = client.post(f"/v1/incidents/{incident}/publications", json=body or {}, headers=headers)
    assert response.status_code == CREATED, response.text
    return response.json()


def state(client: httpx.Client, incident: str, **asked: Any) -> dict[str, Any]:
    return client.get(f"/v1/incidents/{incident}", params=asked).json()


def test_a_publication_says_where_it_stands_and_gives_its_receipt(client: httpx.Client, incident: str) -> None:
    filed(client, incident, toll())
    before = state(client, incident)
    response = client.post(f"/v1/incidents/{incident}/publications", json={})
    answer, receipt = response.json(), response.json()["receipt"]
    assert response.status_code == CREATED
    assert response.headers["location"] == f"/v1/receipts/{before['digest']}"
    assert response.headers["cache-control"] == "no-store"
    assert (answer["incident"], answer["version"], answer["warnings"]) == (incident, 3, [])
    about = {name: before["coordinates"][name] for name in ("log", "position", "view", "policy", "reported_until")}
    assert {name: receipt[name] for name in about} == about
    assert (receipt["digest"], receipt["incident"], receipt["v"]) == (before["digest"], incident, 1)
    assert receipt["origin"] == f"knownwhen/{receipt['log']}"
    assert answer["position"] > receipt["position"]


def test_its_inputs_are_the_streams_it_depends_on_with_their_versions(client: httpx.Client, incident: str) -> None:
    filed(client, incident, toll(via=["afp"]))
    receipt = published(client, incident)["receipt"]
    facts = [json.loads(line) for line in client.get(f"/v1/incidents/{incident}/facts").text.splitlines()]
    held = {fact["stream"]: fact["version"] for fact in facts if fact["topic"] != "estimate_published.v1"}
    assert receipt["inputs"] == held
    assert receipt["inputs"][str(incident_stream(incident))] == 2


def test_it_is_the_very_next_fact_of_its_incident(client: httpx.Client, incident: str) -> None:
    first, second = published(client, incident), published(client, incident)
    for answer in (first, second):
        assert answer["receipt"]["inputs"][str(incident_stream(incident))] == answer["version"] - 1
    assert second["receipt"]["position"] == first["position"]


def test_its_root_is_that_of_the_log_up_to_its_position(database_url: str) -> None:
    with service(database_url) as client:
        incident = opened(client)
        for number in range(3):
            filed(client, incident, toll(str(1000 + number), reported_at=f"2025-03-{10 + number}"))
            receipts = [published(client, incident)["receipt"] for _ in range(2)]
            for receipt in receipts:
                row = leaves(database_url)[: receipt["position"]]
                assert base64.b64decode(receipt["root"]) == root_of(row)


def test_a_receipt_is_found_by_its_digest(client: httpx.Client, incident: str) -> None:
    filed(client, incident, toll())
    answer = published(client, incident, {"reason": "For the bulletin of 12 March."})
    digest = answer["receipt"]["digest"]
    response = client.get(f"/v1/receipts/{digest}")
    found = response.json()
    assert (found["receipt"], found["again"]) == (answer["receipt"], [])
    assert {name: found["published"][name] for name in ("position", "recorded_at", "version", "reason")} == {
        **{name: answer[name] for name in ("position", "recorded_at", "version")},
        "reason": "For the bulletin of 12 March.",
    }
    assert response.headers["cache-control"] == "no-cache"
    seen = client.get(f"/v1/receipts/{digest}", headers={"If-None-Match": response.headers["etag"]})
    assert seen.status_code == 304


def test_a_receipt_is_sent_in_canonical_form(client: httpx.Client) -> None:
    incident = client.post("/v1/incidents", json={"slug": f"größe-{uuid4().hex}", "title": "Größe"}).json()["incident"]
    sent = client.post(f"/v1/incidents/{incident}/publications", json={})
    read = client.get(sent.headers["location"])
    for response in (sent, read):
        (receipt,) = re.findall(rb'"receipt":(\{.*?"view":"state/1"\})', response.content)
        assert parse_receipt(receipt).incident == incident
        assert format_receipt(parse_receipt(receipt)) == receipt


def test_what_was_not_published_has_no_receipt(client: httpx.Client, incident: str) -> None:
    digest = state(client, incident)["digest"]
    problem(client.get(f"/v1/receipts/{digest}"), "no-such-receipt")
    for name in ("abc", digest.upper(), f"{digest}0"):
        problem(client.get(f"/v1/receipts/{name}"), "invalid-parameter", "digest")


def test_the_same_published_again_is_told_with_the_first(client: httpx.Client, incident: str) -> None:
    filed(client, incident, toll())
    first, *again = [published(client, incident) for _ in range(3)]
    found = client.get(f"/v1/receipts/{first['receipt']['digest']}").json()
    assert (found["receipt"], found["published"]["position"]) == (first["receipt"], first["position"])
    assert found["again"] == [each["position"] for each in again]


def test_a_later_report_changes_neither_receipt_nor_replay(client: httpx.Client, incident: str) -> None:
    filed(client, incident, toll("1,225", reported_at="2025-03-11"))
    receipt = published(client, incident)["receipt"]
    filed(client, incident, toll("1,383"))
    client.put("/v1/sources/sohr", json={"name": "SOHR", "type": "monitor", "reliability": "B"})
    later = published(client, incident)["receipt"]
    assert later["digest"] != receipt["digest"]
    assert client.get(f"/v1/receipts/{receipt['digest']}").json()["receipt"] == receipt
    asked = {"as_of": f"@{receipt['position']}", "policy": receipt["policy"]}
    assert state(client, incident, **asked)["digest"] == receipt["digest"]


def test_view_policy_and_moment_can_be_named(client: httpx.Client, incident: str) -> None:
    filed(client, incident, toll("830", reported_at="2025-03-09"))
    filed(client, incident, toll())
    until = {"policy": "latest/1", "reported_until": "2025-03-09T23:59:59+03:00"}
    receipt = published(client, incident, {"view": "claims/1", **until})["receipt"]
    assert (receipt["view"], receipt["policy"]) == ("claims/1", "latest/1")
    assert receipt["reported_until"] == "2025-03-09T20:59:59Z"
    found = client.get(f"/v1/incidents/{incident}/claims", params={**until, "as_of": f"@{receipt['position']}"}).json()
    assert found["digest"] == receipt["digest"]


def test_a_closed_incident_can_be_published(client: httpx.Client, incident: str) -> None:
    assert client.post(f"/v1/incidents/{incident}/close", json={}).status_code == CREATED
    assert published(client, incident)["version"] == 3


def test_a_publication_changes_no_document(client: httpx.Client, incident: str) -> None:
    filed(client, incident, toll())
    views = [f"/v1/incidents/{incident}{view}" for view in ("", "/timeline", "/claims")]
    before = [client.get(view).json()["digest"] for view in views]
    published(client, incident, {"reason": "As it stands."})
    assert [client.get(view).json()["digest"] for view in views] == before


@pytest.mark.parametrize(
    ("body", "slug", "field"),
    [
        ({"view": "sate/1"}, "invalid-body", "view"),
        ({"policy": "range/99"}, "invalid-body", "policy"),
        ({"reported_until": "2025-03-09"}, "moment-unreadable", "reported_until"),
        ({"as_of": "@3"}, "invalid-body", "as_of"),
        ({"reason": True}, "invalid-body", "reason"),
    ],
)
def test_what_cannot_be_published_is_refused_with_its_field(
    client: httpx.Client, incident: str, body: dict[str, Any], slug: str, field: str
) -> None:
    problem(client.post(f"/v1/incidents/{incident}/publications", json=body), slug, field)
    assert state(client, incident)["coordinates"]["version"] == 1


def test_of_an_incident_that_is_not_there_nothing_is_published(client: httpx.Client) -> None:
    refused = problem(client.post("/v1/incidents/nowhere/publications", json={}), "no-such-incident")
    assert "“nowhere”" in refused["detail"]


def test_a_retry_gets_the_receipt_of_the_first_although_the_log_has_moved_on(
    client: httpx.Client, incident: str
) -> None:
    filed(client, incident, toll("1,225", reported_at="2025-03-11"))
    key = {"Idempotency-Key": str(uuid4())}
    address = f"/v1/incidents/{incident}/publications"
    first = client.post(address, json={"reason": "Bulletin."}, headers=key)
    filed(client, incident, toll())
    again = client.post(address, json={"reason": "Bulletin."}, headers=key)
    assert (again.status_code, again.content) == (CREATED, first.content)
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotent-replayed"] == "true"
    problem(client.post(address, json={"reason": "Another."}, headers=key), "id-taken", "Idempotency-Key")


def test_neither_retry_nor_receipt_is_lost_when_the_incident_is_merged(database_url: str) -> None:
    async def merge(incident: str, into: str) -> None:
        async with services(database_url) as house:
            await house.writer.write(
                WriteRequest(MergeIncident(into=into), uuid4(), bytes(32), incident_stream(incident))
            )

    with service(database_url) as client:
        incident, target, key = opened(client), opened(client), {"Idempotency-Key": str(uuid4())}
        filed(client, incident, toll())
        first = client.post(f"/v1/incidents/{incident}/publications", json={}, headers=key)
        receipt = client.get(first.headers["location"])
        asyncio.run(merge(incident, target))
        again = client.post(f"/v1/incidents/{incident}/publications", json={}, headers=key)
        assert (again.status_code, again.content) == (CREATED, first.content)
        assert client.get(first.headers["location"]).content == receipt.content
        refused = problem(client.post(f"/v1/incidents/{incident}/publications", json={}), "merged")
        assert target in refused["detail"]
        assert published(client, target)["receipt"]["inputs"][str(incident_stream(incident))] == 4


def test_a_key_that_named_another_request_is_refused(client: httpx.Client, incident: str) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    assert client.post(f"/v1/incidents/{incident}/reports", json=toll(), headers=key).status_code == CREATED
    problem(client.post(f"/v1/incidents/{incident}/publications", json={}, headers=key), "id-taken", "Idempotency-Key")
    key = {"Idempotency-Key": str(uuid4())}
    assert client.post(f"/v1/incidents/{incident}/publications", json={}, headers=key).status_code == CREATED
    problem(client.post(f"/v1/incidents/{incident}/reports", json=toll(), headers=key), "id-taken", "Idempotency-Key")


def test_a_publication_against_another_version_is_refused(client: httpx.Client, incident: str) -> None:
    filed(client, incident, toll())
    address, key = f"/v1/incidents/{incident}/publications", {"Idempotency-Key": str(uuid4())}
    for version in ("v0", "v1", "v3", "v4"):
        refused = client.post(address, json={}, headers={"If-Match": f'"{version}"'})
        assert "version 2" in problem(refused, "version-mismatch")["detail"]
    first = client.post(address, json={}, headers={"If-Match": '"v2"', **key})
    assert (first.status_code, first.json()["version"]) == (CREATED, 3)
    again = client.post(address, json={}, headers={"If-Match": '"v2"', **key})
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")


def test_publications_amid_other_writes_miss_none_of_them(client: httpx.Client, incident: str) -> None:
    stream = str(incident_stream(incident))

    def publish(_: int) -> dict[str, Any]:
        return published(client, incident)

    def report(number: int) -> dict[str, Any]:
        return filed(client, incident, toll(f"{1000 + number}", reported_at=f"2025-03-{10 + number % 10}"))

    with ThreadPoolExecutor(4) as pool:
        reports = pool.map(report, range(40))
        answers = list(pool.map(publish, range(10)))
        assert len(list(reports)) == 40
    for answer in answers:
        receipt = answer["receipt"]
        assert receipt["inputs"][stream] == answer["version"] - 1
        assert state(client, incident, as_of=f"@{receipt['position']}")["digest"] == receipt["digest"]
        beside = state(client, incident, as_of=f"@{answer['position'] - 1}")
        assert beside["coordinates"]["version"] == answer["version"] - 1


class Restless:
    """A service whose incident changes whenever it has been asked and before the answer is recorded, so many times."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.asked = 0
        self.incident = ""

    @asynccontextmanager
    async def opened(self, url: str) -> AsyncGenerator[Services]:
        async with services(url) as house:

            async def root_at(position: int) -> bytes:
                self.asked += 1
                if self.asked <= self.times:
                    amend = AmendIncident(title=f"Title {self.asked}")
                    stream = incident_stream(self.incident)
                    await house.writer.write(WriteRequest(amend, uuid4(), bytes(32), stream))
                return await house.root_at(position)

            yield replace(house, root_at=root_at)


@pytest.fixture
def restless(request: pytest.FixtureRequest, database_url: str) -> Iterator[tuple[Restless, httpx.Client]]:
    changing = Restless(request.param)
    app = create_app(lambda: changing.opened(database_url), uuid4)
    with serving(app) as address, httpx.Client(base_url=address, timeout=PATIENCE) as client:
        changing.incident = opened(client)
        yield changing, client


@pytest.mark.parametrize("restless", [ATTEMPTS - 1], indirect=True)
def test_the_question_is_asked_again_when_the_incident_changed_meanwhile(
    restless: tuple[Restless, httpx.Client],
) -> None:
    changing, client = restless
    answer = published(client, changing.incident)
    assert (answer["version"], changing.asked) == (ATTEMPTS + 1, ATTEMPTS)
    about = state(client, changing.incident, as_of=f"@{answer['receipt']['position']}")
    assert about["data"]["title"] == f"Title {ATTEMPTS - 1}"
    assert about["digest"] == answer["receipt"]["digest"]


@pytest.mark.parametrize("restless", [ATTEMPTS], indirect=True)
def test_an_incident_that_keeps_changing_is_not_published(restless: tuple[Restless, httpx.Client]) -> None:
    changing, client = restless
    address = f"/v1/incidents/{changing.incident}/publications"
    answer = client.post(address, json={})
    problem(answer, "overloaded")
    assert answer.headers["Retry-After"]
    assert changing.asked == ATTEMPTS
    assert published(client, changing.incident)["version"] == ATTEMPTS + 2


@pytest.mark.parametrize("restless", [1], indirect=True)
def test_with_a_version_of_the_caller_s_own_it_is_asked_once(restless: tuple[Restless, httpx.Client]) -> None:
    changing, client = restless
    address = f"/v1/incidents/{changing.incident}/publications"
    problem(client.post(address, json={}, headers={"If-Match": '"v1"'}), "version-mismatch")
    assert changing.asked == 1


# The list, and what is answered again


def listed(client: httpx.Client, **asked: Any) -> dict[str, Any]:
    response = client.get("/v1/publications", params=asked)
    assert response.status_code == 200, response.text
    return response.json()


def test_the_list_tells_each_publication_of_an_incident_the_newest_first(client: httpx.Client, incident: str) -> None:
    filed(client, incident, toll())
    first = published(client, incident, {"reason": "For the bulletin."})
    filed(client, incident, toll("1,400"))
    second = published(client, incident, {"view": "claims/1", "reported_until": "2025-03-12T20:59:59Z"})
    items = listed(client, incident=incident)["items"]
    assert [each["receipt"] for each in items] == [second["receipt"], first["receipt"]]
    assert [each["published"]["position"] for each in items] == [second["position"], first["position"]]
    assert items[1]["published"]["reason"] == "For the bulletin."
    assert items[0]["recorded_by"] is None
    for each in items:
        assert client.get(each["links"]["answer"]).json()["digest"] == each["receipt"]["digest"]
        assert client.get(each["links"]["receipt"]).json()["receipt"]["digest"] == each["receipt"]["digest"]
        assert client.get(each["links"]["replay"]).json()["matches"]


def test_the_list_is_paged_at_the_position_of_its_first_page(client: httpx.Client, incident: str) -> None:
    made = [published(client, incident)["position"] for _ in range(5)]
    page = listed(client, incident=incident, limit=2)
    later = published(client, incident)
    found = [each["published"]["position"] for each in page["items"]]
    while page["next"]:
        before, page = page["position"], listed(client, incident=incident, limit=2, cursor=page["next"])
        assert page["position"] == before
        found += [each["published"]["position"] for each in page["items"]]
    assert found == made[::-1]
    assert listed(client, limit=1)["items"][0]["published"]["position"] == later["position"]
    assert listed(client, incident=incident, as_of=f"@{made[1]}")["items"][0]["published"]["position"] == made[1]


@pytest.mark.parametrize(
    ("asked", "slug", "field"),
    [
        ({"cursor": "nonsense"}, "invalid-parameter", "cursor"),
        ({"cursor": format_cursor(Cursor("-reported", "2025-03-09T00:00:00Z", "", 1))}, "invalid-parameter", "cursor"),
        ({"cursor": format_cursor(Cursor("-position", 1, "", 10**12))}, "invalid-parameter", "cursor"),
        ({"incident": "nowhere"}, "no-such-incident", "incident"),
        ({"as_of": "@999999999"}, "past-the-end", "as_of"),
        ({"as_of": "2999-01-01T00:00:00Z"}, "moment-in-the-future", "as_of"),
    ],
)
def test_a_list_that_cannot_be_made_is_refused_with_its_field(
    client: httpx.Client, incident: str, asked: dict[str, Any], slug: str, field: str
) -> None:
    published(client, incident)
    problem(client.get("/v1/publications", params=asked), slug, field)


def test_a_publication_is_answered_again_as_it_was_published(client: httpx.Client, incident: str) -> None:
    filed(client, incident, toll())
    made = published(client, incident, {"reason": "As it stands."})
    filed(client, incident, toll("1,400"))
    found = client.get(f"/v1/publications/{made['position']}/replay").json()
    assert (found["matches"], found["differences"], found["trouble"]) == (True, [], None)
    assert found["compared"] == ["digest", "inputs", "root", "position", "version"]
    assert found["publication"]["receipt"] == made["receipt"]
    problem(client.get(f"/v1/publications/{made['position'] + 1}/replay"), "no-such-publication")
    problem(client.get("/v1/publications/999999999/replay"), "no-such-publication")
    problem(client.get("/v1/publications/0/replay"), "invalid-parameter", "position")


def test_a_log_that_was_changed_is_found_out(database_url: str) -> None:
    with service(database_url) as client:
        incident = opened(client)
        filed(client, incident, toll())
        place = published(client, incident)["position"]
        filed(client, incident, toll("1,400"))
    with psycopg.connect(database_url) as connection:
        connection.execute("ALTER TABLE facts DISABLE TRIGGER ALL")
        changed = "convert_to(replace(convert_from(state, 'UTF8'), '1383', '1384'), 'UTF8')"
        commitment = "sha256(state_commitment)"
        connection.execute(
            f"UPDATE facts SET state = {changed}, state_commitment = {commitment} WHERE topic LIKE 'toll_revised%'"  # noqa: S608 - constants only
        )
    with service(database_url) as client:
        found = client.get(f"/v1/publications/{place}/replay").json()
    assert not found["matches"]
    assert {each["what"] for each in found["differences"]} == {"digest", "root"}
    assert all(each["published"] != each["replayed"] for each in found["differences"])
