"""Rows of one source that were merged or moved: over HTTP, in every file that comes out, and after another import."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest

from service.formats.importer import ImportSource
from service.formats.tables import read_mapping
from service.wiring import make_runner
from tests.service.coded_events import ACLED, UCDP, Here, Row, write
from tests.service.serving import CREATED, service
from tests.service.tables_imported import exported, imported

pytestmark = pytest.mark.one_server_will_do

CLASHES = [
    ACLED | {"event_id_cnty": "ETH1", "event_date": "2023-02-01", "fatalities": "4", "timestamp": "1675500000"},
    ACLED | {"event_id_cnty": "ETH2", "event_date": "2023-02-02", "fatalities": "7", "timestamp": "1675600000"},
]
DEAD = {"best": "4", "high": "4", "low": "4", "deaths_a": "0", "deaths_b": "4", "deaths_civilians": "0"}
SEVEN = {"best": "7", "high": "7", "low": "7", "deaths_b": "7", "date_start": "2021-08-27 00:00:00.000"}
EVENTS = [
    UCDP | DEAD | {"id": "1", "deaths_unknown": "0"},
    UCDP | DEAD | SEVEN | {"id": "2", "deaths_unknown": "0", "date_end": "2021-08-27 00:00:00.000"},
]
PEOPLE = """
table = "people"
title = "Person {id}"
format = "csv"
key = ["id"]
source = "counter"
claims = [{ column = "killed", measure = "killed" }]
types = { killed = "integer" }
"""


@pytest.fixture
def here(database_url: str, capfd: pytest.CaptureFixture[str]) -> Here:
    return Here(database_url, capfd)


@pytest.fixture
def client(database_url: str) -> Iterator[httpx.Client]:
    with service(database_url) as found:
        yield found


def post(client: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    response = client.post(f"/v1/{path}", json=body)
    assert response.status_code == CREATED, response.text
    return response.json()


def data(client: httpx.Client, path: str, **asked: str) -> dict[str, Any]:
    response = client.get(f"/v1/incidents/{path}", params=asked)
    assert response.status_code == 200, response.text
    return response.json()["data"]


def everyone(client: httpx.Client, incident: str) -> dict[str, int]:
    """Return the best figure of everyone killed, by scope."""
    found = data(client, incident)["estimates"]
    of_all = (each for each in found if each["measure"] == "killed" and not each["population"])
    return {each["scope"]: each["best"]["figure"] for each in of_all}


def days(client: httpx.Client, incident: str) -> dict[str, int]:
    found = data(client, f"{incident}/escalation")["happened"]
    return {day["day"]: sum(event["least"]["figure"] for event in day["events"]) for day in found}


def the_report(client: httpx.Client, incident: str) -> str:
    (entry,) = data(client, f"{incident}/timeline")["entries"]
    return entry["report_id"]


def killed_in_all(here: Here, client: httpx.Client) -> dict[str | None, tuple[int, int]]:
    """Return both sums of everyone killed, by country and by source."""
    make_runner(here.url, Event()).catch_up()
    found = [
        group | total
        for by in ("country", "source")
        for group in client.get("/v1/tolls", params={"group_by": by, "measure": "killed"}).json()["items"]
        for total in group["totals"]
        if not total["population"]
    ]
    return {each["group"]: (each["lower"], each["upper"]) for each in found}


@pytest.mark.parametrize("by", ["merging", "moving"])
@pytest.mark.parametrize(("name", "rows"), [("acled", CLASHES), ("ucdp", EVENTS)])
def test_two_events_of_one_data_set_keep_their_dead_their_days_and_their_rows(
    here: Here, client: httpx.Client, tmp_path: Path, name: str, rows: list[Row], by: str
) -> None:
    given = {"reported_at": "2022-02-20"} if name == "ucdp" else {}
    assert here.imported(name, write(tmp_path / "events.csv", rows), **given)["ok"]
    one, two = (f"{name}-{row['event_id_cnty' if name == 'acled' else 'id'].lower()}" for row in rows)
    before, total = days(client, one) | days(client, two), killed_in_all(here, client)
    assert sorted(before.values()) == [4, 7]
    if by == "merging":
        post(client, f"incidents/{one}/merge", {"into": two})
    else:
        post(client, f"reports/{the_report(client, one)}/move", {"to": two})
    assert everyone(client, two) == {
        "incident": 7,
        f"{one}/incident": 4,
        f"event:{two}": 7,
        f"{one}/event:{one}": 4,
    }
    assert days(client, two) == before
    assert killed_in_all(here, client) == total
    words = data(client, two)["sentences"]
    title = f"{name.upper()} event {one.removeprefix(f'{name}-').upper()}"
    assert [each for each in words if each.startswith(f"Killed, everyone, as counted for “{title}”: 4 (")], words
    assert {claim["status"] for claim in data(client, f"{two}/claims")["claims"]} == {"used"}
    (key,) = {"event_id_cnty", "id"} & rows[0].keys()
    ids = {row[key] for row in rows}
    assert sorted((row for row in here.rows(name) if row[key] in ids), key=str) == sorted(rows, key=str)


def test_rows_of_a_table_come_out_again_after_a_merge_and_the_same_file_says_nothing_new(
    database_url: str, client: httpx.Client, tmp_path: Path
) -> None:
    path = tmp_path / "people.toml"
    path.write_text(PEOPLE)
    table, file = read_mapping(path), tmp_path / "people.csv"
    file.write_text("id,killed\n1,2\n2,3\n3,4\n", newline="\n")
    source = ImportSource((file,), map=path, reported_at="2024-05-01")
    assert imported(database_url, "csv", source).recorded == 6
    post(client, "incidents/people-1/merge", {"into": "people-2"})
    assert exported(database_url, table) == file.read_bytes()
    assert everyone(client, "people-2") == {"incident": 3, "people-1/incident": 2}
    again = imported(database_url, "csv", source)
    assert (again.recorded, again.refused, again.bad) == (0, [], [])
    post(client, f"reports/{the_report(client, 'people-3')}/move", {"to": "people-2"})
    assert exported(database_url, table) == file.read_bytes()
    assert everyone(client, "people-2") == {"incident": 3, "people-1/incident": 2, "people-3/incident": 4}
