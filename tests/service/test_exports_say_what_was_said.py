"""No export says a figure, place, point, precision, day or side that no standing report said."""

import csv
import io
import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from itertools import chain
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from domain.estimates.claim_index import snapshot_claims
from domain.estimates.estimate import CAPPED, CLOSED
from domain.history.history import History
from domain.incident.commands import MergeIncident, MoveReport, OpenIncident
from domain.reading import Reading
from domain.reports.claims.claim import EVENT_SCOPE, event_of_scope, latest
from domain.summary.incident_projection import VIOLENCE
from domain.values.places import Place
from domain.values.time.clocks import Span, format_instant, parse_occurred
from service.formats import registry
from service.formats.export.incident_at_reading import UNSURE, tier
from service.formats.exporter import Export, FoldedIncident
from service.runtime import package_files
from tests.domain.book import Book, load
from tests.domain.worlds import SLUGS, World, reading, reports

Row = dict[str, str]

PLACES = (
    {"name": "Jableh", "country": "SY"},
    {"name": "Jableh", "country": "SY", "admin1": "Latakia", "lat": "35.36", "lon": "35.93", "precision": "exact"},
    {"name": "Jableh", "country": "SY", "admin1": "Latakia"},
    {"name": "Baniyas", "country": "SY", "admin1": "Tartus", "lat": "35.18", "lon": "35.94", "precision": "locality"},
    {"name": "Al-Haffa", "country": "SY", "admin1": "Latakia", "admin2": "Al-Haffa", "precision": "vicinity"},
    {"name": "Tripoli", "country": "LB", "lat": "34.43", "lon": "35.84", "precision": "vicinity"},
)
UCDP_PRECISIONS = {"1": {"exact", "locality"}, "2": {"vicinity"}}
OCCURRED = (
    "2025-03-06", "2025-03-06~", "2025-03-07?", "../2025-03-08", "2025-03-07/..", "2025-03", "2025-03-05/2025-03-12",
    "2025-02-20/2025-03-09", "2025-03-05/2025-12-24", "2025", "2025-09-01", "2025-03-07T01:00:00Z",
)  # fmt: skip
ACTORS = (
    {"name": "Army", "slug": "army", "type": "state_forces"},
    {"name": "Gunmen", "slug": "gunmen", "type": "armed_group"},
    {"name": "Militia", "slug": "militia", "type": "armed_group", "side": "army"},
    {"name": "Villagers", "slug": "villagers", "type": "civilian"},
)
ATTACKS = st.fixed_dictionaries(
    {
        "kind": st.just("attack_launched"),
        "method": st.sampled_from(["armed_clash", "raid", "other"]),
        "actors": st.lists(st.sampled_from(ACTORS), max_size=3, unique_by=lambda each: each["slug"]),
        "places": st.lists(st.sampled_from(PLACES), max_size=2),
    },
    optional={"occurred": st.sampled_from(OCCURRED), "event": st.sampled_from(["al-haffa", "jableh"])},
)


def _attack(body: dict[str, Any], attack: dict[str, Any]) -> dict[str, Any]:
    own = {name: value for name, value in body.items() if name not in {"act", "event"}}
    return own | attack | {"parties": [each["slug"] for each in attack["actors"]]}


def worlds() -> st.SearchStrategy[World]:
    settings_ = st.fixed_dictionaries(
        {"utc_offset": st.sampled_from(["+03:00", "-09:30"])},
        optional={
            "period": st.sampled_from(["2025-03-06/2025-03-10", "2025-03-06/..", None]),
            "countries": st.sampled_from([["SY"], ["LB", "SY"]]),
        },
    )
    one = st.one_of(reports(), st.builds(_attack, reports(), ATTACKS), st.builds(_attack, reports(), ATTACKS))
    return st.builds(
        lambda settings, bodies: World(settings, dict.fromkeys(SLUGS[:3], "B"), tuple(bodies)),
        settings_,
        st.lists(one, min_size=1, max_size=5),
    )


def exported(history: History, asked: Reading, name: str) -> bytes:
    export = Export(1, asked, lambda: iter([FoldedIncident(history.slug, history)]), lambda: iter(()))
    out = io.BytesIO()
    registry.EXPORTERS[name].write(export, out)
    return out.getvalue()


def rows(table: bytes) -> list[Row]:
    return list(csv.DictReader(io.StringIO(table.decode(), newline="")))


def span_ends(span: Span) -> tuple[datetime | None, datetime | None]:
    return span.earliest, span.latest


class Said:
    """What the reports of an incident that stand at a reading say, each kind of thing by itself."""

    def __init__(self, history: History, asked: Reading) -> None:
        self.history = history
        self.reports = list(history.standing_reports(asked.reported_until))
        self.figures: dict[tuple[str, str], set[int]] = {}
        self.tops: dict[tuple[str, str], set[int]] = {}
        for each in chain.from_iterable(report.claims_at(asked.reported_until) for report in self.reports):
            found = {end for end in (each.count.lower, each.count.best, each.count.upper) if end is not None}
            about = (each.key.measure, each.key.scope)
            self.figures.setdefault(about, set()).update(found if each.count.bound != "worded" else ())
            self.tops.setdefault(about, set()).update(found if each.count.bound in CLOSED | CAPPED else ())
        self.ever: dict[tuple[str, str], set[int]] = {}
        for version in (version for report in history.reports.values() for version in report.versions):
            for each in version.claims:
                ends = {end for end in (each.count.lower, each.count.best, each.count.upper) if end is not None}
                self.ever.setdefault((each.key.measure, each.key.scope), set()).update(ends)
        self.places_ever = [
            place.set_members()
            for report in history.reports.values()
            for version in report.versions
            for place in version.report.places
        ]
        self.speaking = list(snapshot_claims(history, asked.reported_until).counting.values())
        self.places = [place for each in self.reports for place in each.current.report.places]
        self.names = {actor.name for each in self.reports for actor in each.current.report.actors}
        self.moments = set(self._moments())
        self.days = {moment.astimezone(history.offset).date().isoformat() for moment in self.moments}
        texts = [each.current.report.occurred or "" for each in self.reports]
        self.sure = any(not UNSURE & set(text) for text in (*filter(None, texts), history.own.period or "~"))

    @property
    def both(self) -> tuple[dict[tuple[str, str], set[int]], dict[tuple[str, str], set[int]]]:
        return self.figures, self.tops

    def scopes_of_all(self) -> set[str]:
        """Return the scope of the whole, or of its only event where nothing is said of the whole."""
        events = {f"event:{each.current.event}" for each in self.speaking if each.current.event}
        return events if len(events) == 1 and ("killed", "incident") not in self.figures else {"incident"}

    def _moments(self) -> Iterator[datetime]:
        """Yield the ends of all that is said to have happened by when it was told, and of the period."""
        for each in self.reports:
            text, told = each.current.report.occurred, latest(each.reported)
            span = parse_occurred(text, self.history.offset) if text else Span(None, None)
            if span.earliest is None or span.earliest <= told:
                yield from filter(None, span_ends(span))
        if self.history.own.period:
            yield from filter(None, span_ends(parse_occurred(self.history.own.period, self.history.offset)))

    def has_place(self, **fields: str) -> bool:
        """Say whether all of this is said of one place; what is empty is not looked at."""
        said = {name: value for name, value in fields.items() if value}
        return not said or any(said.items() <= place.set_members().items() for place in self.places)

    def everywhere(self, **fields: str) -> bool:
        """Say whether no event of violence is said to be only elsewhere."""
        said = {name: value for name, value in fields.items() if value}
        events = defaultdict[str, list[Place]](list)
        for each in self.speaking:
            if tier(each) == VIOLENCE:
                events[each.current.event or each.ref] += each.current.report.places
        return not said or all(
            any(said.items() <= place.set_members().items() for place in places) for places in events.values()
        )


def unsaid_in_ucdp(said: Said, row: Row) -> Iterator[str]:
    whole = row["id"] == said.history.slug
    scopes = said.scopes_of_all() if whole else {"event:" + row["id"].partition(":")[2]}
    figures, tops = (set().union(*(each.get(("killed", scope), ()) for scope in scopes)) for each in said.both)
    for column in ("low", "best", "high", "deaths_a", "deaths_b", "deaths_civilians", "deaths_unknown"):
        if row[column] and int(row[column]) not in (figures if column == "low" else tops):
            yield column
    spot = {"name": row["where_coordinates"], "admin1": row["adm_1"], "admin2": row["adm_2"]}
    point = {"lat": row["latitude"], "lon": row["longitude"]}
    if not said.has_place(**spot, **point) or (whole and not said.everywhere(**spot, **point)):
        yield "place"
    if row["where_prec"] and not any(UCDP_PRECISIONS[row["where_prec"]] & {each.precision} for each in said.places):
        yield "where_prec"
    if row["where_prec"] and not (row["where_coordinates"] or row["latitude"]):
        yield "where_prec of no place"
    for column in ("date_start", "date_end"):
        if row[column] and row[column][:10] not in said.days:
            yield column
    if row["date_prec"] and not (said.sure and row["date_start"] and row["date_end"]):
        yield "date_prec"
    if not set(filter(None, "; ".join((row["side_a"], row["side_b"])).split("; "))) <= said.names:
        yield "sides"


def unsaid_in_acled(said: Said, row: Row) -> Iterator[str]:
    label = row["event_id_cnty"].partition(":")[2]
    if row["fatalities"] and int(row["fatalities"]) not in said.figures.get(("killed", f"event:{label}"), set()):
        yield "fatalities"
    areas = {"admin1": row["admin1"], "admin2": row["admin2"], "name": row["location"]}
    if not said.has_place(**areas, lat=row["latitude"], lon=row["longitude"]):
        yield "place"
    if row["geo_precision"] and not (row["location"] or row["latitude"]):
        yield "geo_precision of no place"
    if row["event_date"] and row["event_date"] not in said.days:
        yield "event_date"
    if row["time_precision"] and not (said.sure and row["event_date"]):
        yield "time_precision"
    names = [row["actor1"], row["actor2"], *row["assoc_actor_1"].split("; "), *row["assoc_actor_2"].split("; ")]
    if not set(filter(None, names)) <= said.names:
        yield "actors"
    if row["timestamp"] and int(row["timestamp"]) not in {
        int(latest(each.reported).timestamp()) for each in said.reports
    }:
        yield "timestamp"


def unsaid_in_csv(said: Said, row: Row) -> Iterator[str]:
    about = (row["measure"], row["scope"])
    if row["scope"] == EVENT_SCOPE:
        about = (row["measure"], next(scope for _, scope in said.figures if event_of_scope(scope) == row["in_event"]))
    deaths = set().union(*(figures for (measure, _), figures in said.figures.items() if measure == "killed"))
    if row["killed_at_least"] and int(row["killed_at_least"]) not in deaths:
        yield "killed_at_least"
    for column in ("lower", "best", "upper"):
        known = said.tops if column == "upper" and row["upper_open"] == "false" else said.figures
        if row[column] and int(row[column]) not in known[about]:
            yield column
    if not said.everywhere(lat=row["latitude"], lon=row["longitude"]):
        yield "point"
    if row["days_sure"] == "true" and not said.sure:
        yield "days_sure"
    if not {row["first_day"], row["last_day"]} <= {*said.days, ""}:
        yield "days"


def unsaid_in_parquet(said: Said, row: dict[str, Any]) -> Iterator[str]:
    about = (row["measure"], row["scope"])
    for column in ("lower", "best", "upper"):
        known = said.tops if column == "upper" and row["upper_open"] is False else said.figures
        if row[column] is not None and row[column] not in known[about]:
            yield column
    if not {row["occurred_from"], row["occurred_to"]} <= {None, *said.moments}:
        yield "occurred"


def unsaid_in_geojson(said: Said, feature: dict[str, Any]) -> Iterator[str]:
    told = feature["properties"]
    known = [place.set_members() for place in said.places]
    if not all(place in known for place in told["places"]):
        yield "places"
    geometry: dict[str, Any] = feature["geometry"] or {"type": "MultiPoint", "coordinates": []}
    points = [geometry["coordinates"]] if geometry["type"] == "Point" else geometry["coordinates"]
    known_points = [[float(each.lon), float(each.lat)] for each in said.places if each.lon and each.lat]
    if not all(point in known_points for point in points):
        yield "point"
    if not {told["occurred_from"], told["occurred_to"]} <= {None, *map(format_instant, said.moments)}:
        yield "occurred"
    for each in told["estimates"]:
        ends = {each[end]["figure"] for end in ("lower", "best", "upper") if each[end]}
        if not ends <= said.figures.get((each["measure"], each["scope"]), set()):
            yield "figures"


TABLES_OF_FIGURES = {"estimates": ("lower", "best", "upper"), "claims": ("lower", "best", "upper")}


def unsaid_in_sqlite(said: Said, database: bytes) -> Iterator[tuple[str, Any]]:
    """Yield each cell of a table of figures, or of places, that nobody said."""
    with closing(sqlite3.connect(":memory:")) as opened:
        opened.deserialize(database)
        opened.row_factory = sqlite3.Row
        for table, columns in TABLES_OF_FIGURES.items():
            for row in map(dict, opened.execute(f"SELECT * FROM {table}")):  # noqa: S608 - names of this test
                known = said.figures if table == "estimates" else said.ever
                about = (row["measure"], row["scope"])
                yield from ((column, row) for column in columns if row[column] not in {None, *known.get(about, ())})
        for place in map(dict, opened.execute("SELECT * FROM places")):
            own = {name: text for name, text in place.items() if text is not None and name != "report_id"}
            if own not in said.places_ever:
                yield "place", place
        assert not opened.execute("PRAGMA foreign_key_check").fetchall()


def unsaid_in_timelinejs(said: Said, slide: dict[str, Any]) -> Iterator[str]:
    """Yield what a slide says that its report does not: a date more exact than it was said, or a figure."""
    (report,) = [each for each in said.reports if each.ref == slide["unique_id"]]
    if slide["display_date"] != report.current.report.occurred:
        yield "display_date"
    for name, date in ((name, slide[name]) for name in ("start_date", "end_date") if name in slide):
        digits = "-".join(f"{date[part]:02}" for part in ("year", "month", "day") if part in date)
        if digits not in slide["display_date"] and "T" not in slide["display_date"]:
            yield name
    counts = [claim.count for claim in report.current.report.claims]
    known = {each.verbatim for each in counts} | {end for each in counts for end in (each.lower, each.best, each.upper)}
    for words in re.findall(r"“([^”]*)”", slide["text"]["text"]):
        if words not in known and not {int(each.replace(",", "")) for each in re.findall(r"\d[\d,]*", words)} <= known:
            yield "figures"


def unsaid(book: Book, asked: Reading) -> list[tuple[str, str, Any]]:
    """Return what the exports of an incident say and no report of it does: the format, what it is, and the row."""
    history = book.history()
    said = Said(history, asked)
    found: list[tuple[str, str, Any]] = []
    for name, check in (("ucdp", unsaid_in_ucdp), ("acled", unsaid_in_acled), ("csv", unsaid_in_csv)):
        table = rows(exported(history, asked, name))[1 if name == "csv" else 0 :]
        found += [(name, what, row) for row in table for what in check(said, row)]
    (feature,) = json.loads(exported(history, asked, "geojson"))["features"]
    typed = parquet.read_table(io.BytesIO(exported(history, asked, "parquet"))).to_pylist()
    found += [("parquet", what, row) for row in typed for what in unsaid_in_parquet(said, row)]
    found += [("sqlite", what, row) for what, row in unsaid_in_sqlite(said, exported(history, asked, "sqlite"))]
    slides = json.loads(exported(history, asked, "timelinejs"))["events"]
    found += [("timelinejs", what, slide) for slide in slides for what in unsaid_in_timelinejs(said, slide)]
    return found + [("geojson", what, feature) for what in unsaid_in_geojson(said, feature)]


@given(worlds(), st.sampled_from([None, "2025-03-09T20:59:59Z"]))
def test_no_export_says_what_no_standing_report_says(world: World, moment: str | None) -> None:
    assert not unsaid(world.book(), reading(moment))


@pytest.mark.parametrize("name", ["syria-coast-2025", "river-port-2024"])
@pytest.mark.parametrize("moment", [None, "2025-03-09T20:59:59Z", "2024-05-16T00:00:00Z"])
def test_the_samples_are_exported_without_a_word_of_our_own(name: str, moment: str | None) -> None:
    assert not unsaid(load(package_files.samples() / name), reading(moment))


CLOCKS = st.sampled_from(["+14:00", "+03:00", "Z", "-09:30", "-12:00"])
SAID_DAYS = st.sampled_from(["2025-03-05", "2025-03-06", "2025-03-07"])


@given(st.lists(st.tuples(CLOCKS, SAID_DAYS), min_size=2, max_size=3))
def test_events_of_merged_incidents_come_out_on_the_days_that_were_said_whatever_the_clock_of_where_they_are_shown(
    told: list[tuple[str, str]],
) -> None:
    book = Book("town-0")
    for number, (offset, day) in enumerate(told):
        slug = f"town-{number}"
        book.do(OpenIncident(slug=slug, title=slug, utc_offset=offset))
        attack = {"kind": "attack_launched", "method": "raid", "event": slug, "source": "sohr", "occurred": day}
        claims = [{"id": "1", "measure": "killed", "scope": "event", "count": {"verbatim": "4"}}]
        book.file({**attack, "reported_at": "2025-03-12", "claims": claims}, slug=slug)
        if number:
            book.do(MergeIncident(into="town-0"), slug)
    days = sorted(day for _, day in told)
    said = {name: rows(exported(book.history(), reading(None), name)) for name in ("acled", "ucdp", "csv")}
    assert sorted(row["event_date"] for row in said["acled"]) == days
    spans = sorted((row["date_start"][:10], row["date_end"][:10]) for row in said["ucdp"])
    assert spans == [(day, day) for day in days]
    assert {row["date_prec"] for row in said["ucdp"]} == {row["time_precision"] for row in said["acled"]} == {"1"}
    assert {(row["first_day"], row["last_day"]) for row in said["csv"][1:]} == {(days[0], days[-1])}


@given(st.lists(st.tuples(SAID_DAYS, st.sampled_from([4, 7, 9]), st.booleans()), min_size=2, max_size=4))
def test_in_the_table_of_ucdp_each_figure_of_a_merged_incident_stands_beside_its_own_days(
    told: list[tuple[str, int, bool]],
) -> None:
    book = Book("town-0")
    for number, (day, dead, moved) in enumerate(told):
        slug = f"town-{number}"
        book.do(OpenIncident(slug=slug, title=slug))
        attack = {"kind": "attack_launched", "method": "raid", "event": slug, "source": "sohr", "occurred": day}
        claims = [{"id": "1", "measure": "killed", "scope": "incident", "count": {"verbatim": str(dead)}}]
        report = book.file({**attack, "reported_at": "2025-03-12", "complete": True, "claims": claims}, slug=slug)
        if number:
            book.do(
                *((MoveReport(report_id=report, to="town-0"), None) if moved else (MergeIncident(into="town-0"), slug))
            )
    found = rows(exported(book.history(), reading(None), "ucdp"))
    said = [(f"town-{number}", "town-0", day, day, str(dead)) for number, (day, dead, _) in enumerate(told)]
    columns = ("id", "relid", "date_start", "date_end", "best")
    assert [tuple(row[name][:10] for name in columns) for row in found] == said
