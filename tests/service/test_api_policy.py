"""Policies and grades: both are facts that count from their position on, in every incident, and never before."""

from uuid import uuid4

import httpx
import pytest

from domain.facts.streams import POLICY_STREAM
from tests.service.serving import CREATED, filed, opened, problem, service, toll

pytestmark = pytest.mark.one_server_will_do

pytest_plugins = ("tests.service.api_fixtures",)


def estimate(client: httpx.Client, incident: str, **question: str) -> dict[str, object]:
    answer = client.get(f"/v1/incidents/{incident}", params=question).json()
    (found,) = answer["data"]["estimates"]
    return {**found, "policy": answer["coordinates"]["policy"]}


def adopted(client: httpx.Client, policy: str, **more: str) -> httpx.Response:
    """Adopt a policy, another one first if it is in force already."""
    if client.get("/v1/policy").json()["policy"] == policy:
        other = "triple/1" if policy == "latest/1" else "latest/1"
        assert client.put("/v1/policy", json={"policy": other}).is_success
    return client.put("/v1/policy", json={"policy": policy, **more})


def test_without_an_adoption_the_default_is_in_force(create_database, migrated_template: str) -> None:  # noqa: ANN001 - a fixture
    with service(create_database(migrated_template)) as fresh:
        found = fresh.get("/v1/policy").json()
        assert (found["policy"], found["since"], found["history"]) == ("range/1", None, [])
        assert (found["coordinates"]["position"], found["coordinates"]["recorded_at"]) == (0, None)
        first = fresh.put("/v1/policy", json={"policy": "range/1"})
        assert (first.status_code, first.headers["location"], first.json()["version"]) == (CREATED, "/v1/policy", 1)
        assert fresh.put("/v1/policy", json={"policy": "latest/1"}).status_code == 200
        assert fresh.get("/v1/policy?as_of=@1").json()["policy"] == "range/1"


def test_an_adopted_policy_counts_from_its_position_on_and_an_old_position_keeps_its_own(
    client: httpx.Client, incident: str
) -> None:
    adopted(client, "range/1")
    for figure, day in (("1,383", "2025-03-12"), ("at least 1,700", "2025-08-14")):
        last = filed(client, incident, toll(figure, reported_at=day, source=f"source-{figure[-3:]}"))["position"]
    before = estimate(client, incident, as_of=f"@{last}")
    response = adopted(client, "conservative/1", reason="The least figures.")
    assert response.status_code == 200
    position = response.json()["position"]
    assert estimate(client, incident, as_of=f"@{last}") == before
    assert before["policy"] == "range/1"
    assert estimate(client, incident, as_of=f"@{position - 1}")["policy"] == "range/1"
    assert estimate(client, incident, as_of=f"@{position}")["policy"] == "conservative/1"
    assert estimate(client, incident)["policy"] == "conservative/1"
    assert estimate(client, incident, policy="latest/1")["policy"] == "latest/1"


def test_the_policy_in_force_is_told_with_since_when_and_what_came_before(client: httpx.Client) -> None:
    first = adopted(client, "triple/1").json()
    second = adopted(client, "corroboration/1", reason="Labels are asked for.").json()
    found = client.get("/v1/policy").json()
    assert (found["policy"], found["since"]["position"]) == ("corroboration/1", second["position"])
    assert found["history"][-1] == {
        "policy": "corroboration/1",
        "position": second["position"],
        "recorded_at": second["recorded_at"],
        "version": second["version"],
        "reason": "Labels are asked for.",
    }
    then = client.get(f"/v1/policy?as_of=@{second['position'] - 1}")
    assert (then.json()["policy"], then.json()["since"]["position"]) == ("triple/1", first["position"])
    assert "immutable" in then.headers["cache-control"]
    assert client.get("/v1/policy").headers["cache-control"] == "no-cache"
    problem(client.get("/v1/policy?as_of=@999999"), "past-the-end", "as_of")


def test_an_unknown_policy_is_refused_with_the_nearest(client: httpx.Client, incident: str) -> None:
    for name in ("rnage/1", "range/2", "range", "Range/1"):
        found = problem(client.put("/v1/policy", json={"policy": name}), "unknown-policy", "policy")
        assert found["errors"][0]["nearest"] == "range/1"
    problem(client.put("/v1/policy", json={"policy": "; DROP TABLE facts"}), "unknown-policy", "policy")
    assert problem(client.get(f"/v1/incidents/{incident}?policy=rnage/1"), "unknown-policy")["errors"]


def test_an_adoption_that_cannot_be_is_refused(client: httpx.Client) -> None:
    adopted(client, "range/1")
    problem(client.put("/v1/policy", json={"policy": "range/1"}), "nothing-changed")
    problem(client.put("/v1/policy", json={}), "invalid-body", "policy")
    problem(client.put("/v1/policy", json={"policy": None}), "invalid-body", "policy")
    problem(client.put("/v1/policy", json={"policy": ["range/1"]}), "invalid-body", "policy")
    problem(client.put("/v1/policy", json={"polcy": "range/1"}), "invalid-body", "polcy")
    stale = {"If-Match": '"v1"'}
    problem(client.put("/v1/policy", json={"policy": "latest/1"}, headers=stale), "invalid-header", "If-Match")
    problem(client.post("/v1/policy", json={"policy": "latest/1"}), "method-not-allowed")


def test_a_retried_adoption_is_recorded_once(client: httpx.Client) -> None:
    adopted(client, "range/1")
    key = {"Idempotency-Key": str(uuid4())}
    first = client.put("/v1/policy", json={"policy": "latest/1"}, headers=key)
    again = client.put("/v1/policy", json={"policy": "latest/1"}, headers=key)
    assert (again.json(), again.headers["idempotent-replayed"]) == (first.json(), "true")
    problem(client.put("/v1/policy", json={"policy": "triple/1"}, headers=key), "id-taken", "Idempotency-Key")


def test_the_adoption_is_among_the_facts_that_an_answer_depends_on(client: httpx.Client, incident: str) -> None:
    adopted(client, "latest/1")
    lines = client.get(f"/v1/incidents/{incident}/facts").text.splitlines()
    assert any(str(POLICY_STREAM) in line for line in lines)


@pytest.fixture
def slug() -> str:
    return f"source-{uuid4()}"


def test_a_regrade_counts_from_its_position_on_in_every_incident_that_cites_the_source(
    client: httpx.Client, slug: str
) -> None:
    monitor = {"name": "A monitor", "type": "monitor"}
    client.put(f"/v1/sources/{slug}", json={**monitor, "reliability": "B"})
    incidents = [opened(client) for _ in range(3)]
    for incident in incidents[:2]:
        filed(client, incident, toll(source=slug))
    filed(client, incidents[2], toll(source="another-source"))
    before = [client.get(f"/v1/incidents/{each}?policy=range/1").json() for each in incidents]
    position = client.put(f"/v1/sources/{slug}", json={**monitor, "reliability": "E"}).json()["position"]
    after = [client.get(f"/v1/incidents/{each}?policy=range/1").json() for each in incidents]
    assert [was["digest"] == now["digest"] for was, now in zip(before, after, strict=True)] == [False, False, True]
    for each, now in zip(incidents[:2], after, strict=False):
        assert now["coordinates"]["position"] == position
        rows = client.get(f"/v1/incidents/{each}/claims").json()["data"]["claims"]
        assert [row["grade"] for row in rows] == ["E"]
    then = [client.get(f"/v1/incidents/{each}?policy=range/1&as_of=@{position - 1}").json() for each in incidents]
    assert [each["digest"] for each in then] == [each["digest"] for each in before]
