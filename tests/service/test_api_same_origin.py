"""Two sources that are one origin: one voice from then on, two again when that is undone, and never before."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from domain.facts.streams import source_stream
from tests.service.serving import CREATED, filed, problem, toll

pytestmark = pytest.mark.one_server_will_do

pytest_plugins = ("tests.service.api_fixtures",)

OWN = "/v1/sources/same-origin"


@pytest.fixture
def names(client: httpx.Client) -> list[str]:
    """Return two registered sources of this test's own, in order."""
    found = sorted(f"source-{uuid4()}" for _ in range(2))
    for slug in found:
        assert client.put(f"/v1/sources/{slug}", json={"name": slug, "type": "agency"}).status_code == CREATED
    return found


def stated(client: httpx.Client, names: list[str], path: str = OWN, **more: str) -> dict[str, Any]:
    response = client.post(path, json={"origins": names, **more})
    assert response.status_code == CREATED, response.text
    return response.json()


def asked(client: httpx.Client, incident: str, **question: str) -> dict[str, Any]:
    return client.get(f"/v1/incidents/{incident}", params={"policy": "range/1", **question}).json()


def test_two_origins_become_one_line_of_an_estimate_and_two_again(
    client: httpx.Client, incident: str, names: list[str]
) -> None:
    first, second = names
    filed(client, incident, toll("1,225", source=first))
    last = filed(client, incident, toll("1,383", source=second))["position"]
    before = asked(client, incident)
    assert len(before["data"]["estimates"][0]["used"]) == 2
    written = stated(client, [second, first], reason="It prints the agency's figures.")
    now = asked(client, incident)
    (line,) = now["data"]["estimates"][0]["used"]
    assert (line["best"], now["data"]["estimates"][0]["superseded"]) == (1383, 1)
    assert now["coordinates"]["position"] == written["position"]
    assert asked(client, incident, as_of=f"@{last}")["digest"] == before["digest"]
    stated(client, names, f"{OWN}/undo")
    assert asked(client, incident)["digest"] == before["digest"]


def test_it_counts_where_only_one_of_them_is_cited_too(client: httpx.Client, incident: str, names: list[str]) -> None:
    filed(client, incident, toll(source=names[1]))
    stated(client, names)
    (line,) = asked(client, incident)["data"]["estimates"][0]["used"]
    assert line["source"] == names[0], "an origin goes by the first of its names"


def test_both_sources_tell_it(client: httpx.Client, names: list[str]) -> None:
    written = stated(client, names, reason="One newsroom.")
    first, second = (client.get(f"/v1/sources/{slug}").json() for slug in names)
    assert (first["same"], second["same"]) == ([names[1]], [names[0]])
    step = second["history"][-1]
    assert (step["fact"], step["origins"], step["reason"]) == ("same_origin_stated", names, "One newsroom.")
    assert written["position"] == step["position"], "where all of it is recorded"
    stated(client, names, f"{OWN}/undo")
    then = client.get(f"/v1/sources/{names[0]}?as_of=@{written['position']}").json()
    now = client.get(f"/v1/sources/{names[0]}").json()
    assert (then["same"], now["same"], now["history"][-1]["fact"]) == ([names[1]], [], "same_origin_undone")


def test_an_unnamed_source_is_named_as_documents_name_it(client: httpx.Client, incident: str, names: list[str]) -> None:
    unnamed = {"anonymous": f"officials of {uuid4()}", "type": "official"}
    filed(client, incident, toll(source=unnamed, via=["reuters"]))
    filed(client, incident, toll(source=names[0]))
    origin = f"anonymous:{unnamed['anonymous']}|reuters"
    response = client.post(OWN, json={"origins": [origin, names[0]]})
    assert (response.status_code, response.headers["location"]) == (CREATED, f"/v1/sources/{names[0]}")
    (line,) = asked(client, incident)["data"]["estimates"][0]["used"]
    assert line["source"] == names[0]


def test_two_unnamed_sources_have_no_address(client: httpx.Client, incident: str) -> None:
    words = [f"officials of {uuid4()}" for _ in range(2)]
    for each in words:
        filed(client, incident, toll(source={"anonymous": each, "type": "official"}, via=["reuters"]))
    response = client.post(OWN, json={"origins": [f"anonymous:{each}|reuters" for each in words]})
    assert (response.status_code, "location" in response.headers) == (CREATED, False)


def test_what_cannot_be_stated_is_refused_with_its_field(client: httpx.Client, names: list[str]) -> None:
    unknown = f"source-{uuid4()}"
    problem(client.post(OWN, json={"origins": [unknown, names[0]]}), "unknown-origin", "origins[0]")
    problem(client.post(OWN, json={"origins": [names[0], unknown]}), "unknown-origin", "origins[1]")
    problem(client.post(f"{OWN}/undo", json={"origins": names}), "nothing-changed")
    stated(client, names)
    problem(client.post(OWN, json={"origins": names[::-1]}), "nothing-changed")
    for origins in ([names[0]], [*names, unknown], [names[0]] * 2, "sohr", [True, False], [names[0], ""], None):
        problem(client.post(OWN, json={"origins": origins}), "invalid-body")
    stale = {"If-Match": '"v1"'}
    problem(client.post(OWN, json={"origins": names}, headers=stale), "invalid-header", "If-Match")


def test_a_retried_statement_is_recorded_once_in_both_streams(client: httpx.Client, names: list[str]) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    first = client.post(OWN, json={"origins": names}, headers=key)
    again = client.post(OWN, json={"origins": names}, headers=key)
    assert (again.json(), again.headers["idempotent-replayed"]) == (first.json(), "true")
    assert [len(client.get(f"/v1/sources/{slug}").json()["history"]) for slug in names] == [2, 2]
    problem(client.post(f"{OWN}/undo", json={"origins": names}, headers=key), "id-taken", "Idempotency-Key")


def test_a_source_may_be_called_as_the_address_is(client: httpx.Client) -> None:
    assert client.put("/v1/sources/same-origin", json={"name": "Same Origin", "type": "ngo"}).is_success
    assert client.get("/v1/sources/same-origin").json()["name"] == "Same Origin"
    allow = client.delete("/v1/sources/same-origin").headers["allow"]
    assert set(allow.split(", ")) == {"GET", "HEAD", "POST", "PUT"}


def test_the_statement_is_among_the_facts_that_an_answer_depends_on(
    client: httpx.Client, incident: str, names: list[str]
) -> None:
    filed(client, incident, toll(source=names[0]))
    stated(client, names)
    facts = client.get(f"/v1/incidents/{incident}/facts").text
    assert str(source_stream(names[1])) in facts, "how the other is graded counts as well"
