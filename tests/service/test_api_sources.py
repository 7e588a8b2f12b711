"""Sources: registered by name, graded from a position on, and read at any moment."""

from uuid import uuid4

import httpx
import pytest

from tests.service.serving import CREATED, filed, problem, toll

pytest_plugins = ("tests.service.api_fixtures",)

SOHR = {"name": "SOHR", "type": "monitor", "reliability": "B"}


@pytest.fixture
def slug() -> str:
    return f"source-{uuid4()}"


def test_a_source_is_registered_changed_and_left_as_it_is(client: httpx.Client, slug: str) -> None:
    own = f"/v1/sources/{slug}"
    first = client.put(own, json=SOHR)
    assert (first.status_code, first.headers["location"], first.json()["version"]) == (CREATED, own, 1)
    again = client.put(own, json={**SOHR, "slug": slug})
    assert (again.status_code, again.json()["position"], again.json()["version"]) == (200, None, 1)
    graded = client.put(own, json={**SOHR, "reliability": "C"})
    assert (graded.status_code, graded.json()["version"]) == (200, 2)
    renamed = client.put(own, json={"name": "Observatory", "type": "monitor"})
    assert renamed.json()["version"] == 3
    held = client.get(own).json()
    assert (held["name"], held["reliability"], held["speaks_for"]) == ("Observatory", "F", None)
    assert [step["fact"] for step in held["history"]] == ["registered", "graded", "registered"]
    then = client.get(f"{own}?as_of=@{graded.json()['position']}")
    assert (then.json()["reliability"], then.json()["coordinates"]["version"]) == ("C", 2)
    assert "immutable" in then.headers["cache-control"]


def test_a_source_that_a_report_names_registers_itself(client: httpx.Client, incident: str, slug: str) -> None:
    filed(client, incident, toll(source=slug))
    held = client.get(f"/v1/sources/{slug}").json()
    assert (held["type"], held["reliability"], held["name"]) == ("other", "F", slug)
    assert client.put(f"/v1/sources/{slug}", json=SOHR).status_code == 200
    (row,) = client.get(f"/v1/incidents/{incident}/claims").json()["data"]["claims"]
    assert row["grade"] == "B"


def test_a_source_that_there_is_not_is_a_404(client: httpx.Client, slug: str) -> None:
    problem(client.get(f"/v1/sources/{slug}"), "no-such-source")
    before = client.get("/v1/incidents").json()["position"]
    at = client.put(f"/v1/sources/{slug}", json=SOHR).json()["position"]
    if before:
        found = problem(client.get(f"/v1/sources/{slug}?as_of=@{before}"), "not-yet-known")
        assert (found["known_at"], found["suggestion"]) == (at, f"/v1/sources/{slug}")


def test_a_source_that_cannot_be_taken_names_the_field(client: httpx.Client, slug: str) -> None:
    own = f"/v1/sources/{slug}"
    found = problem(client.put(own, json={**SOHR, "type": "moniter"}), "invalid-body", "type")
    assert found["errors"][0]["nearest"] == "monitor"
    problem(client.put(own, json={**SOHR, "reliability": "G"}), "invalid-body", "reliability")
    problem(client.put(own, json={**SOHR, "slug": "another"}), "invalid-body", "slug")
    problem(client.put(own, json={"nmae": "X", "type": "ngo"}), "invalid-body", "name")
    problem(client.put("/v1/sources/Not A Slug", json=SOHR), "invalid-parameter", "slug")
    problem(client.get("/v1/sources/SOHR"), "invalid-parameter", "slug")
    problem(client.put(own, json=SOHR, headers={"If-Match": '"v1"'}), "invalid-header", "If-Match")
