"""Answers are of their schemas, ids of operations are stable, and the codebook explains what answers hold."""

import csv
import io
from typing import Any

import httpx
import jsonschema_rs
import pytest

from domain.catalogue import VIEWS
from service.api.codebook import CODEBOOK_COLUMNS
from service.runtime.hosts import Hosts
from service.wiring import make_app
from tests.patience import PATIENCE
from tests.service.projected import read
from tests.service.serving import filed, opened, serving, toll

pytestmark = pytest.mark.one_server_will_do

pytest_plugins = ("tests.service.projected_fixtures",)

OF_INCIDENT = ("", "/timeline", "/claims", "/tolls", "/escalation", "/revisions", "/moments", "/names", "/duplicates")
LISTS = ("/v1/incidents", "/v1/reports", "/v1/sources", "/v1/tolls", "/v1/codebook", "/v1/publications")


@pytest.fixture(scope="module")
def client(projected_client: httpx.Client) -> httpx.Client:
    return projected_client


@pytest.fixture(scope="module")
def document(client: httpx.Client) -> dict[str, Any]:
    return client.get("/openapi.json").json()


@pytest.fixture(scope="module")
def slug(client: httpx.Client) -> str:
    """Return an incident with figures, words, numbers without words, a place, a retraction and a correction."""
    found = opened(client, period="2025-03-06/2025-03-10", countries=["SY"])
    place = {"name": "Jableh", "country": "SY", "lat": "35.36", "lon": "35.93", "precision": "locality"}
    attack = {"kind": "attack_launched", "method": "armed_clash", "source": "sana", "reported_at": "2025-03-08"}
    dozens = {"id": "1", "measure": "killed", "count": {"verbatim": "dozens"}}
    filed(client, found, {**attack, "occurred": "2025-03-07", "places": [place], "claims": [dozens]})
    filed(client, found, toll("340", reported_at="2025-03-08"))
    report = filed(client, found, toll("830", reported_at="2025-03-09"))["report_id"]
    unsaid = {"id": "1", "measure": "killed", "count": {"lower": 5, "upper": 9}}
    filed(client, found, toll(claims=[unsaid], source="rudaw"))
    corrected = {"cause": "transcription", "report": toll("803", reported_at="2025-03-09")}
    assert client.post(f"/v1/reports/{report}/correction", json=corrected).status_code == 201
    wrong = filed(client, found, toll("9", source="snhr"))["report_id"]
    taken = {"by": "recorder", "reason": "Never said."}
    assert client.post(f"/v1/reports/{wrong}/retraction", json=taken).status_code == 201
    read(client, "/v1/incidents")
    return found


def faults(document: dict[str, Any], path: str, answer: object) -> list[str]:
    """Return where an answer is not of the schema that the document has for the path."""
    content = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
    schema = {**content["schema"], "components": document["components"]}
    found = jsonschema_rs.validator_for(schema).iter_errors(answer)
    return [f"{each.instance_path}: {each.message}" for each in found]


@pytest.mark.parametrize("path", OF_INCIDENT)
def test_answers_about_an_incident_are_of_their_schemas(
    client: httpx.Client, document: dict[str, Any], slug: str, path: str
) -> None:
    answer = client.get(f"/v1/incidents/{slug}{path}")
    assert answer.status_code == 200
    assert faults(document, f"/v1/incidents/{{incident}}{path}", answer.json()) == []
    assert faults(document, f"/v1/incidents/{{incident}}{path}", {**answer.json(), "unknown": 1})


def test_differences_are_of_their_schema(client: httpx.Client, document: dict[str, Any], slug: str) -> None:
    last = client.get(f"/v1/incidents/{slug}").json()["coordinates"]["position"]
    for position in range(last - 7, last):
        answer = client.get(f"/v1/incidents/{slug}/diff", params={"from": f"@{position}", "to": f"@{last}"})
        if answer.status_code == 200:
            assert faults(document, "/v1/incidents/{incident}/diff", answer.json()) == []
    spans = {"from": "reported:2025-03-08T23:00:00Z", "to": "reported:2025-03-20T00:00:00Z"}
    answer = client.get(f"/v1/incidents/{slug}/diff", params=spans).json()
    assert answer["data"]["revised_by_source"]
    assert faults(document, "/v1/incidents/{incident}/diff", answer) == []


@pytest.mark.usefixtures("slug")
@pytest.mark.parametrize("path", LISTS)
def test_lists_are_of_their_schemas(client: httpx.Client, document: dict[str, Any], path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert faults(document, path, answer.json()) == []


def test_ids_of_operations_are_plain_names_and_each_is_there_once(document: dict[str, Any]) -> None:
    found = [each["operationId"] for path in document["paths"].values() for each in path.values()]
    assert len(set(found)) == len(found)
    assert all(each.isidentifier() and "v1" not in each for each in found)


def test_views_have_schemas_of_their_own(document: dict[str, Any]) -> None:
    paths = [path for path in OF_INCIDENT if path != "/duplicates"]
    content = [document["paths"][f"/v1/incidents/{{incident}}{path}"]["get"]["responses"]["200"] for path in paths]
    assert len({each["content"]["application/json"]["schema"]["$ref"] for each in content}) == len(paths)


def test_a_codebook_explains_every_field_column_and_code(client: httpx.Client, document: dict[str, Any]) -> None:
    items = client.get("/v1/codebook").json()["items"]
    assert all(each["meaning"] for each in items)
    fields = {(each["of"], each["name"]) for each in items if each["part"] == "field"}
    schemas = document["components"]["schemas"]
    assert fields == {(of, name) for of, schema in schemas.items() for name in schema.get("properties", {})}
    columns = {(each["of"], each["name"]) for each in items if each["part"] == "column"}
    assert columns == {(view.id, column) for view in VIEWS.values() for column in view.columns}
    table = list(csv.DictReader(io.StringIO(client.get("/v1/codebook.csv").text, newline="")))
    assert table == items
    assert list(table[0]) == list(CODEBOOK_COLUMNS)
    assert client.get("/v1/codebook.xlsx").content[:2] == b"PK"


def test_map_has_no_number_for_a_count_in_words(client: httpx.Client, slug: str) -> None:
    features = client.get(f"/v1/incidents/{slug}/timeline.geojson").json()["features"]
    figures = [figure for each in features for figure in each["properties"]["figures"]]
    worded = [each for each in figures if each["bound"] == "worded"]
    assert [(each["said"], each["lower"], each["best"], each["upper"]) for each in worded] == [("dozens", *[None] * 3)]
    assert (None, 5, 9) in [(each["said"], each["lower"], each["upper"]) for each in figures]
    lines = csv.DictReader(io.StringIO(client.get(f"/v1/incidents/{slug}/timeline.csv").text, newline=""))
    (claims,) = [each["claims"] for each in lines if "dozens" in each["claims"]]
    assert '"lower"' not in claims


@pytest.mark.parametrize("asked", [{}, {"reported_until": "2025-03-20T00:00:00Z"}])
def test_incidents_are_on_a_map_at_any_reading(client: httpx.Client, slug: str, asked: dict[str, str]) -> None:
    answer = client.get("/v1/incidents.geojson", params={"country": "SY", **asked})
    assert answer.headers["content-type"] == "application/geo+json"
    (feature,) = (each for each in answer.json()["features"] if each["id"] == slug)
    assert feature["geometry"] == {"type": "Point", "coordinates": [35.93, 35.36]}
    (item,) = (each for each in client.get("/v1/incidents", params=asked).json()["items"] if each["slug"] == slug)
    assert feature["properties"] == item


def test_pages_of_sites_that_are_configured_may_read_and_no_others(database_url: str) -> None:
    site, other = "https://app.example.org", "https://other.example.org"
    app = make_app(database_url, Hosts(origins=frozenset({site})))
    with serving(app) as address, httpx.Client(base_url=address, timeout=PATIENCE) as asking:
        asked = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
        allowed = asking.options("/v1/codebook", headers={"Origin": site, **asked})
        assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, site)
        assert asking.options("/v1/codebook", headers={"Origin": other, **asked}).status_code == 400
        answers = [asking.get("/v1/codebook", headers={"Origin": origin}) for origin in (site, other)]
        assert [each.headers.get("access-control-allow-origin") for each in answers] == [site, None]
        assert not any("access-control-allow-credentials" in each.headers for each in (allowed, *answers))
        assert "Knownwhen-Digest" in answers[0].headers["access-control-expose-headers"]
