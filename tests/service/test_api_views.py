"""Views: each that there is has an address, comes as JSON and as a table, and answers of any moment on either clock."""

import csv
import io

import httpx
import pytest

from domain import catalogue
from domain.reports.registry import KINDS
from service.api.resources.views import newest_views, view_paths
from tests.service.serving import filed, opened, problem, toll

pytestmark = pytest.mark.one_server_will_do

pytest_plugins = ("tests.service.api_fixtures",)

PATHS = sorted(view_paths().items())
AMBUSH = {
    "kind": "attack_launched",
    "source": "sana",
    "reported_at": "2025-03-06",
    "occurred": "2025-03-06",
    "event": "jableh",
    "method": "ambush",
    "places": [{"name": "Jableh", "country": "SY"}],
    "claims": [{"id": "1", "measure": "killed", "count": {"verbatim": "13"}}],
}


@pytest.fixture(scope="module")
def told(client: httpx.Client) -> tuple[str, list[int]]:
    """Return an incident that has something to tell in every view, and the positions of its reports."""
    slug = opened(client, period="2025-03-06/2025-03-10")
    reports = [AMBUSH, toll("830", reported_at="2025-03-09"), toll("1,383"), toll("1,225", reported_at="2025-03-11")]
    return slug, [filed(client, slug, each)["position"] for each in reports]


@pytest.fixture(scope="module")
def eventful(client: httpx.Client) -> tuple[str, list[int]]:
    """Return an incident with a report of every kind, said last, so that every view has rows and differs by then."""
    slug = opened(client, period="2025-03-06/2025-03-10")
    examples = [{**kind.example, "reported_at": "2025-03-13"} for kind in KINDS.values()]
    reports = [AMBUSH, toll("830", reported_at="2025-03-09"), toll("1,383"), *examples]
    return slug, [filed(client, slug, each)["position"] for each in reports]


def test_each_view_has_an_address_of_its_own() -> None:
    assert {view.id for view in catalogue.VIEWS.values()} >= {"state/1", "timeline/1", "claims/1", "escalation/1"}
    assert {name for name, _ in PATHS} == {view.name for view in catalogue.VIEWS.values()}
    assert len({path for _, path in PATHS}) == len(PATHS)
    assert view_paths()["state"] == ""


@pytest.mark.parametrize(("name", "path"), PATHS)
def test_a_view_comes_as_json_and_as_a_table(
    client: httpx.Client, eventful: tuple[str, list[int]], name: str, path: str
) -> None:
    slug, _ = eventful
    view = newest_views()[name]
    answer = client.get(f"/v1/incidents/{slug}{path}")
    assert answer.json()["coordinates"]["view"] == view.id
    sheet = client.get(f"/v1/incidents/{slug}{path}", headers={"Accept": "text/csv"})
    assert sheet.headers["content-type"].startswith("text/csv")
    assert sheet.headers["knownwhen-digest"] == answer.json()["digest"]
    rows = list(csv.DictReader(io.StringIO(sheet.text)))
    assert list(rows[0]) == list(view.columns)
    assert len(rows) == len(view.rows(answer.json()["data"]))


@pytest.mark.parametrize("path", [path for _, path in PATHS])
def test_a_view_answers_of_any_moment_on_either_clock(
    client: httpx.Client, eventful: tuple[str, list[int]], path: str
) -> None:
    slug, positions = eventful
    own = f"/v1/incidents/{slug}{path}"
    then = client.get(own, params={"as_of": f"@{positions[1]}"})
    assert "immutable" in then.headers["cache-control"]
    assert then.json()["coordinates"]["position"] == positions[1]
    said = client.get(own, params={"reported_until": "2025-03-09T23:59:59+03:00"}).json()
    now = client.get(own).json()
    assert len({each["digest"] for each in (then.json(), now)}) == 2
    assert said["digest"] == then.json()["digest"] or path == "/moments"  # which lists what was recorded since
    assert client.get(own, headers={"If-None-Match": client.get(own).headers["etag"]}).status_code == 304


@pytest.mark.parametrize(("name", "path"), PATHS)
def test_the_document_describes_each_view(client: httpx.Client, name: str, path: str) -> None:
    operation = client.get("/openapi.json").json()["paths"][f"/v1/incidents/{{incident}}{path}"]["get"]
    assert newest_views()[name].id in operation["summary"]
    assert all(f"`{column}`" in operation["description"] for column in newest_views()[name].columns)
    assert {"200", "304", "307", "404", "406", "422"} <= set(operation["responses"])


def test_what_happened_and_what_we_learned_are_two_tables(client: httpx.Client, told: tuple[str, list[int]]) -> None:
    data = client.get(f"/v1/incidents/{told[0]}/escalation").json()["data"]
    assert [(day["day"], day["level"]) for day in data["happened"]] == [("2025-03-06", 3)]
    assert {day["title"] for day in data["learned"]} == {"newly reported"}
    assert {day["day"] for day in data["learned"]} == {"2025-03-06", "2025-03-09", "2025-03-11", "2025-03-12"}


def test_a_source_that_revised_its_figure_is_told_with_how_far(
    client: httpx.Client, told: tuple[str, list[int]]
) -> None:
    records = client.get(f"/v1/incidents/{told[0]}/revisions").json()["data"]["records"]
    (record,) = [each for each in records if each["source"] == "sohr"]
    assert (record["n_revisions"], record["first"]["figure"], record["latest"]["figure"]) == (2, 830, 1383)


def test_a_view_that_there_is_not_is_a_404(client: httpx.Client, told: tuple[str, list[int]]) -> None:
    problem(client.get(f"/v1/incidents/{told[0]}/no-such-view"), "no-such-page")
