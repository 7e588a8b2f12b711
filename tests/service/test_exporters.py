"""What analysts take away: tables, maps and the shapes of others' data, of any incident at any reading."""

import asyncio
import csv
import io
import json
import sys
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid5

import pytest
from pyarrow import parquet

from domain.incident.commands import FileReport, OpenIncident
from domain.incident.deciding import AnyCommand
from domain.incident.facts import NAMESPACE, incident_stream
from service import formats, resources, sample, wiring
from service.eventstore.writer import Write
from service.exporter import Unwritable
from service.exporting import Asked, exporting

pytestmark = pytest.mark.one_server_will_do

SAMPLE = "syria-coast-2025"
UNTIL = "2025-03-09T20:59:59Z"
TOWN, MISDATED = "a-town", "misdated"


def report(number: int, **content: Any) -> FileReport:
    body = {"source": "monitor", "reported_at": "2024-05-02", "occurred": "2024-05-01", **content}
    return FileReport.model_validate({"report_id": str(uuid5(NAMESPACE, f"test:{number}")), "report": body})


def place(name: str, lat: str, lon: str, **more: str) -> dict[str, str]:
    return {"name": name, "country": "FR", "admin1": "Nord", "lat": lat, "lon": lon, **more}


def killed(number: str, **more: Any) -> dict[str, Any]:
    return {"id": number, "measure": "killed", "count": {"verbatim": number}, **more}


def dated(number: int, occurred: str, **more: Any) -> FileReport:
    """File an attack that was told of on 2 April, whatever its date."""
    clocks = {"occurred": occurred, "reported_at": "2024-04-02" if number != 6 else "2024-05-02"}
    return report(number, kind="attack_launched", method="air_strike", **clocks, **more)


ACTORS = [
    {"name": "Gunmen", "slug": "gunmen", "type": "armed_group"},
    {"name": "Villagers", "slug": "villagers", "type": "civilian"},
    {"name": "Drivers", "slug": "drivers", "type": "civilian"},
]
WRITTEN: tuple[AnyCommand, ...] = (
    OpenIncident.model_validate({"slug": TOWN, "title": "=A town", "utc_offset": "+02:00", "countries": ["FR"]}),
    report(
        1,
        kind="attack_launched",
        method="execution",
        event="attack",
        parties=["gunmen"],
        targets=["villagers", "drivers"],
        actors=ACTORS,
        places=[place("Mill", "50.10", "3.05", precision="vicinity"), place("Ford", "50.2", "-3.0")],
        claims=[killed("4"), killed("6", scope="incident")],
    ),
    report(2, kind="speech_delivered", event="attack", speaker="mayor", places=[place("Hall", "51.0", "4.0")]),
    report(3, kind="attack_launched", method="ambush", event="told-in-words", claims=[killed("dozens")]),
    OpenIncident.model_validate({"slug": MISDATED, "title": "Dates that cannot be", "utc_offset": "+02:00"}),
    dated(4, "2099-12-01", event="after"),
    dated(5, "2024-04", event="month"),
    dated(6, "2024-05-01/2031-05-02", event="past"),
    OpenIncident.model_validate({"slug": "quiet", "title": "Nothing is known yet"}),
)


@pytest.fixture(scope="module")
def log(migrated_template: str, create_database: Callable[[str], str]) -> str:
    """Return the address of a log with the sample, an invented attack, and an incident without reports."""
    url = create_database(migrated_template)

    async def write() -> None:
        async with wiring.services(url) as house:
            await sample.load(house.writer, sample.read(resources.samples() / SAMPLE))
            slug = ""
            for nth, command in enumerate(WRITTEN):
                slug = command.slug if isinstance(command, OpenIncident) else slug
                fact_id = command.report_id if isinstance(command, FileReport) else UUID(int=nth + 1)
                stream = incident_stream(slug) if isinstance(command, FileReport) else None
                await house.writer.write(Write(command, fact_id, bytes(32), stream))

    asyncio.run(write())
    return url


def exported(url: str, name: str, **asked: Any) -> bytes:
    out = io.BytesIO()
    with exporting(url, Asked(**asked)) as export:
        formats.EXPORTERS[name].write(export, out)
    return out.getvalue()


def table(url: str, name: str, **asked: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(exported(url, name, **asked).decode(), newline="")))


def test_the_table_of_estimates_has_hashtags_and_a_row_for_each_key(log: str) -> None:
    tags, *rows = table(log, "csv")
    assert (tags["incident"], tags["best"], tags["first_day"]) == ("#event+id", "#affected+num+best", "#date+start")
    assert all(tag.startswith("#") for tag in tags.values())
    (town,) = [row for row in rows if row["incident"] == TOWN]
    assert (town["title"], town["first_day"], town["last_day"]) == ("=A town", "2024-05-01", "2024-05-01")
    assert (town["measure"], town["population"], town["scope"]) == ("killed", "everyone", "incident")
    assert (town["lower"], town["best"], town["upper"], town["upper_open"]) == ("6", "6", "6", "false")
    (quiet,) = [row for row in rows if row["incident"] == "quiet"]
    assert (quiet["status"], quiet["measure"], quiet["lower"]) == ("open", "", "")


def test_files_give_the_dates_that_were_said_and_none_that_was_worked_out(log: str) -> None:
    days = {row["event_id_cnty"]: row for row in table(log, "acled") if row["event_id_cnty"].startswith(MISDATED)}
    told = {name.partition(":")[2]: (row["event_date"], row["time_precision"]) for name, row in days.items()}
    assert told == {"after": ("", ""), "month": ("2024-04-01", "3"), "past": ("2024-05-01", "")}
    (ucdp,) = [row for row in table(log, "ucdp") if row["id"] == MISDATED]
    assert (ucdp["date_start"], ucdp["date_end"], ucdp["date_prec"]) == ("2024-04-01 00:00:00.000", "", "")
    (hxl,) = [row for row in table(log, "csv") if row["incident"] == MISDATED]
    assert (hxl["first_day"], hxl["last_day"]) == ("2024-04-01", "")
    features = {each["id"]: each["properties"] for each in json.loads(exported(log, "geojson"))["features"]}
    assert features[MISDATED]["occurred_from"] == "2024-03-31T22:00:00Z"
    assert features[MISDATED]["occurred_to"] is None


def test_a_table_is_of_its_reading(log: str) -> None:
    def civilians(**asked: Any) -> tuple[str, str]:
        (row,) = [
            each
            for each in table(log, "csv", **asked)
            if (each["incident"], each["population"], each["scope"], each["manner"])
            == (SAMPLE, "civilians", "incident", "")
        ]
        return row["lower"], row["upper_open"]

    assert civilians() == ("1700", "true")
    assert civilians(reported_until=UNTIL) == ("830", "false")
    assert civilians(reported_until=UNTIL, policy="latest/1")[0] != ""
    assert {each["incident"] for each in table(log, "csv", reported_until="2024-06-01T00:00:00Z")[1:]} == {
        TOWN,
        MISDATED,
    }


def test_a_map_shows_places_of_violence_and_never_the_venue_of_a_speech(log: str) -> None:
    text = exported(log, "geojson").decode()
    features = {each["id"]: each for each in json.loads(text)["features"]}
    assert features[TOWN]["geometry"] == {"type": "MultiPoint", "coordinates": [[3.05, 50.1], [-3.0, 50.2]]}
    assert "[3.05,50.10]" in text  # digits are those that were said
    properties = features[TOWN]["properties"]
    assert [each["name"] for each in properties["places"]] == ["Mill", "Ford"]
    assert (properties["killed"], properties["estimates"][0]["best"]["figure"]) == (6, 6)
    assert features["quiet"]["geometry"] is None
    assert "Mazzah" not in json.dumps(features[SAMPLE]["properties"]["places"])


def test_any_incident_has_the_columns_of_ucdp(log: str) -> None:
    rows = {row["id"]: row for row in table(log, "ucdp")}
    town = rows[TOWN]
    assert (town["low"], town["best"], town["high"]) == ("6", "6", "6")
    assert (town["type_of_violence"], town["side_a"], town["side_b"]) == ("3", "Gunmen", "Villagers")
    assert (town["latitude"], town["where_prec"], town["country_id"], town["date_prec"]) == ("50.10", "2", "220", "1")
    assert (town["date_start"], town["year"]) == ("2024-05-01 00:00:00.000", "2024")
    assert rows["quiet"]["best"] == ""
    coast = rows[SAMPLE]
    assert int(coast["low"]) <= int(coast["best"]) <= int(coast["high"])
    assert (coast["type_of_violence"], coast["country_id"]) == ("1", "652")


def test_the_cell_of_prio_grid_is_the_one_that_ucdp_gives() -> None:
    from service.exporters.ucdp import _cell_of  # noqa: PLC0415 - the arithmetic alone, against a published example

    assert _cell_of(34.564444, 69.217222) == 179779
    assert (_cell_of(-90, -180), _cell_of(90, 180)) == (1, 259200)


def test_any_event_has_the_columns_of_acled(log: str) -> None:
    rows = {row["event_id_cnty"]: row for row in table(log, "acled")}
    attack = rows[f"{TOWN}:attack"]
    assert (attack["event_type"], attack["sub_event_type"]) == ("Violence against civilians", "Attack")
    assert (attack["event_date"], attack["time_precision"], attack["fatalities"]) == ("2024-05-01", "1", "4")
    assert (attack["actor1"], attack["actor2"], attack["assoc_actor_2"]) == ("Gunmen", "Villagers", "Drivers")
    assert (attack["iso"], attack["location"], attack["geo_precision"]) == ("250", "Mill", "2")
    assert rows[f"{TOWN}:told-in-words"]["fatalities"] == ""
    assert not [each for each in rows if each.startswith("quiet")]
    assert rows[f"{SAMPLE}:jableh-attack"]["fatalities"] == "13"
    assert all("Mazzah" not in row["location"] for row in rows.values())


def test_parquet_has_typed_columns_and_writes_some_rows_at_a_time(log: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.exporters.parquet.TOGETHER", 20)
    file = parquet.ParquetFile(io.BytesIO(exported(log, "parquet", reported_until=UNTIL)))
    rows = file.read().to_pylist()
    assert file.metadata.num_row_groups == -(-len(rows) // 20) > 1
    (town,) = [row for row in rows if row["incident"] == TOWN and row["scope"] == "incident"]
    assert (town["lower"], town["upper_open"], town["countries"]) == (6, False, ["FR"])
    assert town["lower_claim"].endswith("#6")
    assert town["occurred_from"].isoformat() == "2024-04-30T22:00:00+00:00"
    assert town["reported_until"].isoformat() == "2025-03-09T20:59:59+00:00"
    assert {row["policy"] for row in rows} == {"range/1"}


def test_without_pyarrow_it_is_said_how_to_get_it(log: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(Unwritable, match=r"pip install 'knownwhen\[parquet\]'"):
        exported(log, "parquet")
