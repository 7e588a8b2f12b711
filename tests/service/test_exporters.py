"""What analysts take away: tables, maps and the shapes of others' data, of any incident at any reading."""

import asyncio
import csv
import io
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid5

import pytest
from pyarrow import parquet

from domain.facts.streams import NAMESPACE, incident_stream
from domain.incident.commands import FileReport, OpenIncident
from domain.incident.dispatch import AnyCommand
from service import wiring
from service.console import samples
from service.eventstore.writer import WriteRequest
from service.formats import registry
from service.formats.export.incidents import ExportRequest, open_export
from service.runtime import package_files
from tests.domain.given import file_command

pytestmark = pytest.mark.one_server_will_do

SAMPLE = "syria-coast-2025"
UNTIL = "2025-03-09T20:59:59Z"
TOWN, MISDATED = "a-town", "misdated"
ROAD, RIVER = "b-road", "c-river"
"""Incidents of which only single events are told: of the road one, of the river two."""
FIELD = "d-field"
"""An incident whose own toll is lower than that of its only event."""


def report(number: int, **content: Any) -> FileReport:
    body = {"source": "monitor", "reported_at": "2024-05-02", "occurred": "2024-05-01", **content}
    return file_command({"report_id": str(uuid5(NAMESPACE, f"test:{number}")), "report": body})


def place(name: str, lat: str, lon: str, **more: str) -> dict[str, str]:
    return {"name": name, "country": "FR", "admin1": "Nord", "lat": lat, "lon": lon, **more}


def killed(number: str, **more: Any) -> dict[str, Any]:
    return {"id": number, "measure": "killed", "count": {"verbatim": number}, **more}


def about(number: str) -> dict[str, Any]:
    return {"id": number, "measure": "killed", "count": {"verbatim": f"about {number}"}}


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
    OpenIncident.model_validate({"slug": ROAD, "title": "A road", "countries": ["FR"]}),
    report(11, kind="attack_launched", method="ambush", event="ambush", claims=[about("7")]),
    OpenIncident.model_validate({"slug": RIVER, "title": "A river", "countries": ["FR"]}),
    report(21, kind="attack_launched", method="ambush", event="ambush", claims=[about("7")]),
    report(22, kind="attack_launched", method="raid", event="raid", claims=[about("4")]),
    OpenIncident.model_validate({"slug": FIELD, "title": "A field", "countries": ["FR"]}),
    report(31, kind="attack_launched", method="ambush", event="ambush", claims=[about("7")]),
    report(32, kind="toll_revised", source="press", claims=[killed("5")]),
)


@pytest.fixture(scope="module")
def log(migrated_template: str, create_database: Callable[[str], str]) -> str:
    """Return the address of a log with the sample, an invented attack, and an incident without reports."""
    url = create_database(migrated_template)

    async def write() -> None:
        async with wiring.services(url) as house:
            await samples.load(house.writer, samples.read(package_files.samples() / SAMPLE))
            slug = ""
            for nth, command in enumerate(WRITTEN):
                slug = command.slug if isinstance(command, OpenIncident) else slug or TOWN
                fact_id = command.report_id if isinstance(command, FileReport) else UUID(int=nth + 1)
                stream = incident_stream(slug) if isinstance(command, FileReport) else None
                await house.writer.write(WriteRequest(command, fact_id, bytes(32), stream))

    asyncio.run(write())
    return url


def exported(url: str, name: str, **asked: Any) -> bytes:
    out = io.BytesIO()
    with open_export(url, ExportRequest(**asked)) as export:
        registry.EXPORTERS[name].write(export, out)
    return out.getvalue()


def table(url: str, name: str, **asked: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(exported(url, name, **asked).decode(), newline="")))


def test_the_table_of_estimates_has_hashtags_and_a_row_for_each_key(log: str) -> None:
    tags, *rows = table(log, "csv")
    assert (tags["incident"], tags["best"], tags["first_day"]) == ("#event+id", "#affected+num+best", "#date+start")
    assert all(tag.startswith("#") for tag in tags.values())
    (town,) = (row for row in rows if row["incident"] == TOWN)
    assert (town["title"], town["first_day"], town["last_day"]) == ("=A town", "2024-05-01", "2024-05-01")
    assert town["days_sure"] == "true"
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
        ROAD,
        RIVER,
        FIELD,
        MISDATED,
    }


def test_a_map_shows_places_of_violence_and_never_the_venue_of_a_speech(log: str) -> None:
    text = exported(log, "geojson").decode()
    features = {each["id"]: each for each in json.loads(text)["features"]}
    assert features[TOWN]["geometry"] == {"type": "MultiPoint", "coordinates": [[3.05, 50.1], [-3.0, 50.2]]}
    assert "[3.05,50.10]" in text  # digits are those that were said
    properties = features[TOWN]["properties"]
    assert [each["name"] for each in properties["places"]] == ["Mill", "Ford"]
    assert (properties["killed"]["best"], properties["estimates"][0]["best"]["figure"]) == (6, 6)
    (in_event,) = properties["in_events"]
    assert (in_event["count"], in_event["greatest"]["best"]["figure"]) == (1, 4)
    assert features["quiet"]["geometry"] is None
    assert "Mazzah" not in json.dumps(features[SAMPLE]["properties"]["places"])


def test_any_incident_has_the_columns_of_ucdp(log: str) -> None:
    rows = {row["id"]: row for row in table(log, "ucdp")}
    town = rows[TOWN]
    assert (town["low"], town["best"], town["high"]) == ("6", "6", "6")
    assert (town["type_of_violence"], town["side_a"], town["side_b"]) == ("3", "Gunmen", "Villagers; Drivers")
    assert (town["country_id"], town["date_prec"]) == ("220", "1")
    assert (town["date_start"], town["year"]) == ("2024-05-01 00:00:00.000", "2024")
    assert rows["quiet"]["best"] == ""
    coast = rows[SAMPLE]
    assert int(coast["low"]) <= int(coast["best"])
    assert (coast["type_of_violence"], coast["country_id"]) == ("1", "652")


def test_the_dead_of_single_events_are_exported_as_theirs_and_never_added(log: str) -> None:
    rows = {row["incident"]: row for row in table(log, "csv")}
    for slug, events in ((ROAD, "1"), (RIVER, "2")):
        row = rows[slug]
        assert (row["scope"], row["in_event"], row["events"], row["lower"]) == ("event", "ambush", events, "7")
        assert (row["killed_at_least"], row["killed_scope"], row["killed_in"]) == ("7", "event", "ambush")
        assert (row["killed_said"], row["killed_events"], row["sources"]) == ("about 7", events, "monitor")
    features = {each["id"]: each["properties"] for each in json.loads(exported(log, "geojson"))["features"]}
    killed = features[RIVER]["killed"]
    assert (killed["lower"], killed["scope"], killed["event"], killed["said"]) == (7, "event", "ambush", "about 7")
    assert features[RIVER]["killed_in_events"]["count"] == 2
    assert features[RIVER]["killed_at_least"]["figure"] == 7


def test_where_an_event_has_more_dead_than_the_incident_both_are_exported(log: str) -> None:
    own, event = (row for row in table(log, "csv") if row["incident"] == FIELD)
    assert (own["scope"], own["lower"], own["killed_at_least"], own["killed_in"]) == ("incident", "5", "7", "ambush")
    assert (event["scope"], event["lower"], event["in_event"]) == ("event", "7", "ambush")
    features = {each["id"]: each["properties"] for each in json.loads(exported(log, "geojson"))["features"]}
    assert (features[FIELD]["killed"]["lower"], features[FIELD]["killed_at_least"]["figure"]) == (5, 7)
    (row,) = (row for row in table(log, "ucdp") if row["id"] == FIELD)
    assert (row["low"], row["best"], row["high"]) == ("5", "5", "5")


def test_an_incident_whose_events_alone_were_counted_has_a_row_of_ucdp_for_each(log: str) -> None:
    rows = {row["id"]: (row["low"], row["best"], row["high"]) for row in table(log, "ucdp")}
    assert rows[ROAD] == rows[f"{RIVER}:ambush"] == ("7", "7", "7")
    assert RIVER not in rows


def test_of_several_places_a_row_has_only_what_they_share(log: str) -> None:
    town = {row["id"]: row for row in table(log, "ucdp")}[TOWN]
    assert (town["country"], town["adm_1"]) == ("France", "")  # of one attack there, no province was said
    assert [town[column] for column in ("where_coordinates", "where_prec", "latitude", "geom_wkt")] == [""] * 4
    attack = {row["event_id_cnty"]: row for row in table(log, "acled")}[f"{TOWN}:attack"]
    assert (attack["country"], attack["admin1"]) == ("France", "Nord")
    assert [attack[column] for column in ("location", "geo_precision", "latitude")] == [""] * 3


def test_a_least_figure_is_no_high_and_an_open_end_is_no_day(log: str) -> None:
    coast = {row["id"]: row for row in table(log, "ucdp")}[SAMPLE]
    assert (coast["low"], coast["high"]) == ("1334", "")
    assert (coast["date_end"], coast["date_prec"]) == ("", "")
    events = {row["event_id_cnty"].removeprefix(f"{SAMPLE}:"): row for row in table(log, "acled")}
    told = {name: (events[name]["event_date"], events[name]["time_precision"]) for name in events}
    assert (told["home-raids"], told["attacks-since-6-march"]) == (("", ""), ("2025-03-06", ""))


def test_what_an_export_leaves_out_is_counted_with_the_reason(log: str) -> None:
    with open_export(log, ExportRequest()) as export:
        registry.EXPORTERS["acled"].write(export, io.BytesIO())
    told = {f"{times} {gap.thing}: {gap.why}" for gap, times in export.gaps.items()}
    assert any(each.startswith("1 incident: without an event of a kind that ACLED has") for each in told)
    assert any(each.startswith("5 event: without a day, a week or a month") for each in told)
    assert any(each.startswith("3 incident: with figures of those killed in the whole of it") for each in told)


def test_the_cell_of_prio_grid_is_the_one_that_ucdp_gives() -> None:
    from service.formats.exporters.ucdp import _priogrid_cell  # noqa: PLC0415 - the arithmetic alone, against a published example

    assert _priogrid_cell(34.564444, 69.217222) == 179779
    assert (_priogrid_cell(-90, -180), _priogrid_cell(90, 180)) == (1, 259200)


def test_any_event_has_the_columns_of_acled(log: str) -> None:
    rows = {row["event_id_cnty"]: row for row in table(log, "acled")}
    attack = rows[f"{TOWN}:attack"]
    assert (attack["event_type"], attack["sub_event_type"]) == ("Violence against civilians", "Attack")
    assert (attack["event_date"], attack["time_precision"], attack["fatalities"]) == ("2024-05-01", "1", "4")
    assert (attack["actor1"], attack["actor2"], attack["assoc_actor_2"]) == ("Gunmen", "Villagers", "Drivers")
    assert attack["iso"] == "250"
    assert rows[f"{TOWN}:told-in-words"]["fatalities"] == ""
    assert not [each for each in rows if each.startswith("quiet")]
    assert rows[f"{SAMPLE}:jableh-attack"]["fatalities"] == "13"
    assert all("Mazzah" not in row["location"] for row in rows.values())


def test_parquet_has_typed_columns_and_writes_some_rows_at_a_time(log: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.formats.exporters.parquet.TOGETHER", 20)
    file = parquet.ParquetFile(io.BytesIO(exported(log, "parquet", reported_until=UNTIL)))
    rows = file.read().to_pylist()
    assert file.metadata.num_row_groups == -(-len(rows) // 20) > 1
    (town,) = [row for row in rows if row["incident"] == TOWN and row["scope"] == "incident"]
    assert (town["lower"], town["upper_open"], town["countries"]) == (6, False, ["FR"])
    assert town["lower_claim"].endswith("#6")
    assert town["occurred_from"].isoformat() == "2024-04-30T22:00:00+00:00"
    assert town["reported_until"].isoformat() == "2025-03-09T20:59:59+00:00"
    assert {row["policy"] for row in rows} == {"range/1"}
