"""Sources: registered by name, graded from a position on, and read at any moment."""

from uuid import uuid4

import httpx
import pytest

from service.api import read_models
from tests.service.projected import head, projecting, read
from tests.service.serving import CREATED, filed, opened, problem, service, toll

pytestmark = pytest.mark.one_server_will_do

pytest_plugins = ("tests.service.projected_fixtures",)

SOHR = {"name": "SOHR", "type": "monitor", "reliability": "B"}


@pytest.fixture(scope="module")
def client(projected_client: httpx.Client) -> httpx.Client:
    return projected_client


@pytest.fixture
def incident(client: httpx.Client) -> str:
    """Return the slug of an incident of this test's own."""
    return opened(client)


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
    before = head(client)
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


def test_a_source_has_a_track_record(client: httpx.Client, incident: str, slug: str) -> None:
    reports = [filed(client, incident, toll("40", source=slug, reported_at=f"2025-03-{day}")) for day in (10, 11, 12)]
    filed(client, opened(client), toll("7", source=slug, reported_at="2025-03-14"))
    filed(client, incident, toll("7", source=f"not-{slug}", via=[slug]))
    first = read(client, f"/v1/sources/{slug}")["track_record"]
    assert first.pop("position") == head(client)
    unharmed = {"corrected": 0, "retracted": 0, "disputed": 0}
    span = {"first_reported": "2025-03-09T21:00:00Z", "last_reported": "2025-03-14T20:59:59Z"}
    assert first == {"reports": 4, "incidents": 2, **unharmed, **span}
    before = head(client)
    content = {**toll("41", source=slug), "reported_at": None}
    content.pop("reported_at")
    for report, (path, body) in zip(
        reports,
        {
            "correction": {"cause": "transcription", "report": content},
            "retraction": {"by": "recorder"},
            "dispute": {"reason": "The ministry denies it."},
        }.items(),
        strict=True,
    ):
        assert client.post(f"/v1/reports/{report['report_id']}/{path}", json=body).status_code == CREATED
    now = read(client, f"/v1/sources/{slug}")["track_record"]
    assert [now[name] for name in ("reports", "corrected", "retracted", "disputed")] == [4, 1, 1, 1]
    then = client.get(f"/v1/sources/{slug}?as_of=@{before}")
    assert then.json()["track_record"] == {**first, "position": before}
    assert "immutable" in then.headers["cache-control"]


def test_without_read_models_a_source_is_read_all_the_same(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    waits = read_models.WAIT_SECONDS
    monkeypatch.setattr(read_models, "WAIT_SECONDS", 0.2)
    with service(database_url) as alone:
        position = alone.put("/v1/sources/sohr", json=SOHR).json()["position"]
        own = alone.get("/v1/sources/sohr")
        assert (own.json()["name"], own.json()["track_record"]) == ("SOHR", None)
        then = alone.get(f"/v1/sources/sohr?as_of=@{position}")
        assert (then.json()["track_record"], then.headers["cache-control"]) == (None, "no-cache")
        problem(alone.get(f"/v1/sources/sohr?min_position={position}"), "being-built")
        monkeypatch.setattr(read_models, "WAIT_SECONDS", waits)
        with projecting(database_url):
            assert read(alone, "/v1/sources/sohr")["track_record"]["reports"] == 0
