"""Where the read models stand: all of them named, how far each is, what is being built, and what stopped one."""

from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest

from service.projections.catalogue import MODELS
from tests.service.acting import acting_service, within
from tests.service.projected import projecting, read
from tests.service.serving import opened

pytestmark = pytest.mark.one_server_will_do

PROJECTIONS = "/v1/projections"


@pytest.fixture
def unprojected(database_url: str) -> Iterator[tuple[str, httpx.Client]]:
    """Return a database that no projector follows, and a client of its service."""
    with acting_service(database_url) as client:
        yield database_url, client


def projections(client: httpx.Client) -> dict[str, dict[str, Any]]:
    return {item["name"]: item for item in _items(client, {})}


def _items(client: httpx.Client, headers: dict[str, str]) -> list[dict[str, Any]]:
    return client.get(PROJECTIONS, headers=headers).json()["items"]


def test_all_read_models_are_told_before_any_is_built(unprojected: tuple[str, httpx.Client]) -> None:
    _, client = unprojected
    opened(client)
    assert client.get(PROJECTIONS).json()["position"] == 1
    found = projections(client)
    assert found.keys() == MODELS.keys()
    for name, item in found.items():
        assert (item["status"], item["version"]) == ("being-built", MODELS[name].version)
        assert item["generation"] is item["position"] is item["behind"] is item["stopped"] is item["building"] is None


def test_each_tells_where_it_stands_and_how_far_behind(unprojected: tuple[str, httpx.Client]) -> None:
    url, client = unprojected
    opened(client)
    with projecting(url):
        read(client, "/v1/incidents")
        read(client, "/v1/reports")
    opened(client)
    opened(client)
    for item in projections(client).values():
        assert (item["status"], item["position"], item["behind"]) == ("live", 1, 2)


def test_a_model_that_stopped_and_one_that_is_being_built_are_told(unprojected: tuple[str, httpx.Client]) -> None:
    url, client = unprojected
    opened(client)
    with projecting(url):
        read(client, "/v1/incidents")
    opened(client)
    with psycopg.connect(url, autocommit=True) as connection:
        stopped = '{"position": 2, "fact_id": "x", "topic": "y", "error": "It cannot be read.", "since": "z"}'
        connection.execute("UPDATE projections.generations SET stopped = %s WHERE name = 'reports'", [stopped])
        connection.execute(
            "INSERT INTO projections.generations (name, generation, version, schema, position, status, target)"
            " VALUES ('reports', 2, 9, 'projection_reports_2', 1, 'building', 5)"
        )
    item = projections(client)["reports"]
    assert (item["status"], item["stopped"]["position"]) == ("stopped", 2)
    assert item["stopped"]["error"] == "It cannot be read."
    (hidden,) = (each for each in _items(client, within("public")) if each["name"] == "reports")
    assert hidden["stopped"].keys() == {"position", "error"}
    assert hidden["stopped"]["error"] != "It cannot be read.", "which may be of an incident that is not visible"
    building = {"generation": 2, "version": 9, "position": 1, "behind": 4, "stopped": None}
    assert item["building"] == building
    assert projections(client)["incidents"]["status"] == "live"


def test_a_model_of_another_release_does_not_answer(unprojected: tuple[str, httpx.Client]) -> None:
    url, client = unprojected
    with projecting(url):
        opened(client)
        read(client, "/v1/incidents")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE projections.generations SET version = 99 WHERE name = 'incidents'")
    assert projections(client)["incidents"]["status"] == "being-built"
    assert client.get("/v1/incidents").status_code == 503
    assert client.get("/v1/sources").status_code == 200
