"""Exports by link: the bytes of the command at the same reading, of what the asker may see."""

import io
import json
from collections.abc import Iterator

import httpx
import pytest
from pyarrow import parquet

from service.formats.by_link import linked_formats
from service.formats.export.incidents import ExportRequest, open_export
from service.formats.registry import EXPORTERS
from tests.service.access import bearer, closed_service, issued
from tests.service.serving import filed, opened, problem, service, toll

pytestmark = pytest.mark.one_server_will_do

SAMPLE = "syria-coast-2025"
READING = {"as_of": "@120", "reported_until": "2025-03-09T20:59:59Z", "policy": "latest/1"}


@pytest.fixture(scope="module")
def client(sample_url: str) -> Iterator[httpx.Client]:
    with service(sample_url) as shared:
        yield shared


@pytest.mark.parametrize("name", list(linked_formats()))
def test_a_link_has_the_bytes_of_the_command(client: httpx.Client, sample_url: str, name: str) -> None:
    response = client.get(f"/v1/exports/{name}", params={"incident": SAMPLE, **READING})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].partition(";")[0] == EXPORTERS[name].media_type
    assert f"{SAMPLE}-{name}-120{EXPORTERS[name].suffix}" in response.headers["content-disposition"]
    with open_export(sample_url, ExportRequest(**READING, only=[SAMPLE])) as export:
        out = io.BytesIO()
        EXPORTERS[name].write(export, out)
    assert response.content == out.getvalue()
    coordinates = json.loads(response.headers["knownwhen-coordinates"])
    assert {coordinates[each] for each in ("position", "reported_until", "policy")} == {
        120,
        *list(READING.values())[1:],
    }
    gaps = json.loads(response.headers["knownwhen-gaps"])
    assert sum(each["count"] for each in gaps) == sum(export.gaps.values())
    again = client.get(response.url, headers={"If-None-Match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_head_has_the_headers_alone(client: httpx.Client) -> None:
    response = client.head("/v1/exports/csv")
    assert (response.status_code, response.content) == (200, b"")
    assert "knownwhen-csv-" in response.headers["content-disposition"]


def test_what_is_not_exported_by_link_is_named(client: httpx.Client) -> None:
    assert "did you mean “csv”?" in problem(client.get("/v1/exports/cvs"), "no-such-export")["detail"]
    problem(client.get("/v1/exports/ndjson"), "no-such-export")
    problem(client.get("/v1/exports/csv", params={"incident": "nothing-here"}), "no-such-incident")
    problem(client.get("/v1/exports/csv", params={"policy": "mean/1"}), "unknown-policy")
    problem(client.get("/v1/exports/csv", headers={"Accept": "text/html"}), "not-acceptable")


def test_incidents_of_other_collections_are_in_no_export(sample_url: str, client: httpx.Client) -> None:
    with service(sample_url) as editing:
        hidden = opened(editing, collection="newsroom")
        filed(editing, hidden, toll("31337"))
    assert hidden in client.get("/v1/exports/csv").text
    narrow = bearer(issued(sample_url, "read", collections=frozenset({"public"})))
    with closed_service(sample_url) as closed:
        for name in linked_formats():
            answered = closed.get(f"/v1/exports/{name}", headers=narrow)
            assert answered.status_code == 200
            assert hidden.encode() not in answered.content
            problem(closed.get(f"/v1/exports/{name}?incident={hidden}", headers=narrow), "no-such-incident")
            problem(closed.get(f"/v1/exports/{name}"), "token-needed")


def test_a_view_as_parquet_has_the_rows_of_its_csv_and_its_coordinates(client: httpx.Client) -> None:
    for view in ("", "/claims", "/timeline", "/tolls", "/revisions", "/escalation"):
        link = f"/v1/incidents/{SAMPLE}{view}?as_of=@100&format="
        answered = client.get(link + "parquet")
        assert answered.status_code == 200, answered.text
        table = parquet.read_table(io.BytesIO(answered.content))
        lines = client.get(link + "csv").text.splitlines()
        assert table.column_names == lines[0].split(",")
        assert table.num_rows > 0
        coordinates = json.loads(table.schema.metadata[b"knownwhen"])
        assert (coordinates["position"], coordinates["digest"]) == (100, answered.headers["knownwhen-digest"])
