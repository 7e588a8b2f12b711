"""Time zones: days begin and end by the offsets in force, which the fact holds; old incidents stay as they are."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain import catalogue
from domain.facts.encoding import decode, decode_stored, encode
from domain.facts.union import IncidentAmended, IncidentOpened, ReportFiled
from domain.history.history import History
from domain.incident import refusals
from domain.incident.commands import AmendIncident, DeclareScope, MergeIncident, OpenIncident, RetractReport
from domain.incident.state import warnings_about
from domain.ledger.canonical import digest
from domain.reading import Reading
from domain.summary.incident_projection import IncidentProjection, summarize
from domain.summary.state_index import StateIndex, standing_reports
from domain.summary.summary import IncidentSummary
from domain.values.time.clocks import format_instant, parse_instant, parse_occurred
from domain.values.time.zones import RecordedTimeZone, format_offset, window_of
from tests.domain.book import Book, open_book
from tests.domain.clock_changes import zone

Body = dict[str, Any]

KYIV = zone("Europe/Kyiv", (2015, 2046))
VIEWS = tuple(catalogue.VIEWS)


def in_zone(name: str = "Europe/Kyiv", **fields: Any) -> Book:
    """Open an incident that keeps time by a zone."""
    book = Book("kyiv")
    settings = {"title": "Kyiv", "time_zone": name, "period": "2024-03-30/2024-04-02", **fields}
    book.do(OpenIncident.model_validate({"slug": "kyiv", **settings}))
    return book


def amended(book: Book, **fields: Any) -> None:
    book.do(AmendIncident.model_validate(fields))


def attack(occurred: str, reported_at: str = "2024-04-05", **fields: Any) -> Body:
    claims = [{"id": "1", "measure": "killed", "count": {"verbatim": "2"}}]
    clocks = {"occurred": occurred, "reported_at": reported_at}
    return {"kind": "attack_launched", "method": "shelling", "source": "mon", "claims": claims, **clocks, **fields}


def days(book: Book) -> list[str]:
    return [day["day"] for day in cast("list[Body]", book.read("escalation/1")["happened"])]


def documents(book: Book) -> list[str]:
    return [book.digest(view) for view in VIEWS]


def shown(book: Book) -> IncidentSummary:
    return summarize(book.history(), Reading(None, catalogue.policy("range/1")))


def test_half_past_midnight_on_1_april_in_kyiv_is_1_april_there() -> None:
    fixed = open_book(utc_offset="+02:00")
    for book in (fixed, summer := in_zone()):
        book.file(attack("2024-04-01T00:30:00+03:00", event="e"))
    assert (days(fixed), days(summer)) == (["2024-03-31"], ["2024-04-01"])


def test_six_past_midnight_in_washington_is_the_day_before_in_texas() -> None:
    book = in_zone("America/Chicago")
    book.file(attack("2024-03-08T00:06:00-05:00", event="winter"))
    book.file(attack("2024-07-08T00:06:00-04:00", "2024-07-09", event="summer"))
    assert days(book) == ["2024-03-07", "2024-07-07"]


@pytest.mark.parametrize(
    ("name", "day", "earliest", "latest"),
    [
        ("Europe/Kyiv", "2024-03-30", "2024-03-29T22:00:00Z", "2024-03-30T21:59:59Z"),
        ("Europe/Kyiv", "2024-03-31", "2024-03-30T22:00:00Z", "2024-03-31T20:59:59Z"),  # 23 hours
        ("Europe/Kyiv", "2024-10-27", "2024-10-26T21:00:00Z", "2024-10-27T21:59:59Z"),  # 25 hours
        ("Asia/Beirut", "2024-03-31", "2024-03-30T22:00:00Z", "2024-03-31T20:59:59Z"),  # begins at 01:00
        ("Asia/Beirut", "2024-10-26", "2024-10-25T21:00:00Z", "2024-10-26T21:59:59Z"),  # its last hour comes twice
        ("Asia/Damascus", "2024-03-31", "2024-03-30T21:00:00Z", "2024-03-31T20:59:59Z"),
    ],
)
def test_a_day_begins_and_ends_by_the_offset_in_force_at_that_moment(
    name: str, day: str, earliest: str, latest: str
) -> None:
    span = parse_occurred(day, zone(name, (2015, 2046)).offset)
    assert (span.earliest, span.latest) == (parse_instant(earliest), parse_instant(latest))


def test_what_an_hour_that_comes_twice_belongs_to_is_told_by_its_offset() -> None:
    book = in_zone("Asia/Beirut")
    for label, occurred in (("first", "2024-10-26T23:30:00+03:00"), ("second", "2024-10-26T23:30:00+02:00")):
        book.file(attack(occurred, "2024-10-28", event=label))
    assert days(book) == ["2024-10-26"]
    offset = book.history().offset
    moments = [parse_instant("2024-10-26T20:30:00Z"), parse_instant("2024-10-26T21:30:00Z")]
    local = [moment.astimezone(offset) for moment in moments]
    assert [(each.hour, each.minute, each.fold) for each in local] == [(23, 30, 0), (23, 30, 1)]
    assert [each.astimezone(UTC) for each in local] == moments


def test_what_became_known_on_a_day_ends_with_it_though_its_last_hour_comes_twice() -> None:
    book = in_zone("Asia/Beirut")
    book.file(attack("2024-10-20", "2024-10-26T21:30:00Z"))
    [learned] = cast("list[Body]", book.read("escalation/1")["learned"])
    assert (learned["day"], len(learned["figures"])) == ("2024-10-26", 1)


def test_a_sentence_names_the_day_where_it_happened() -> None:
    book = in_zone()
    claims = [{"id": "1", "measure": "killed", "count": {"verbatim": "2"}}]
    body = {"kind": "toll_revised", "source": "mon", "reported_at": "2024-03-31T21:30:00Z", "claims": claims}
    book.file(body)
    assert book.read()["sentences"] == ["Killed, everyone: 2 (mon, 1 April)."]


def test_the_fact_holds_the_offsets_of_the_years_around_and_says_where_they_are_from() -> None:
    [fact] = [each.fact for each in in_zone(period="1991-06").facts if isinstance(each.fact, IncidentOpened)]
    assert fact.time_zone is not None
    assert (fact.time_zone.name, fact.time_zone.tzdata) == ("Europe/Kyiv", "test")
    assert (fact.time_zone.offsets[0], fact.time_zone.until) == (
        ("1980-12-31T00:00:00Z", "+02:00"),
        "2046-01-02T00:00:00Z",
    )
    state = encode(fact).state
    assert b"utc_offset" not in state
    assert decode_stored(fact.topic, state) == decode(fact.topic, json.loads(state)) == fact


def test_an_incident_with_an_offset_is_kept_as_it_always_was() -> None:
    fact = open_book(period=None).facts[0].fact
    assert encode(fact).state == (
        b'{"countries":[],"period":null,"slug":"syria-coast-2025","title":"Violence","utc_offset":"+03:00"}'
    )
    assert "time_zone" not in open_book().read()


def test_a_document_names_the_zone_and_no_offset() -> None:
    document = in_zone().read()
    assert (document["time_zone"], document["utc_offset"]) == ("Europe/Kyiv", None)


def test_a_zone_and_an_offset_are_two_clocks() -> None:
    body = {"slug": "a-b", "title": "A", "time_zone": "Europe/Kyiv", "utc_offset": "+02:00"}
    with pytest.raises(ValidationError, match="not both"):
        OpenIncident.model_validate(body)


def test_a_zone_that_is_not_known_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(refusals.TimeZoneUnknown, match=r"“Kyiv” \(did you mean “Europe/Kyiv”\?\)") as refused:
        in_zone("Kyiv")
    assert refused.value.about["nearest"] == "Europe/Kyiv"
    with pytest.raises(refusals.TimeZoneUnknown, match="give a “utc_offset” such as"):
        in_zone("Atlantis")


def test_a_time_outside_of_the_years_that_are_written_down_is_told() -> None:
    book = in_zone()
    incident = book.incident()
    assert incident is not None
    for occurred, codes in (("2024-04-01", []), ("1999-07-01", ["outside_time_zone"]), ("2014-01-01", [])):
        book.file(attack(occurred, event=occurred))
        fact = book.facts[-1].fact
        assert isinstance(fact, ReportFiled)
        found = warnings_about(incident, fact)
        assert [each.code for each in found] == codes
    assert "2014 to 2045" in _detail(book)


def _detail(book: Book) -> str:
    incident = book.incident()
    assert incident is not None
    book.file(attack("1950"))
    fact = book.facts[-1].fact
    assert isinstance(fact, ReportFiled)
    return next(each.detail for each in warnings_about(incident, fact) if each.code == "outside_time_zone")


def test_outside_of_the_window_the_nearest_offset_applies() -> None:
    offset = KYIV.offset
    assert parse_instant("1960-07-01T00:00:00Z").astimezone(offset).utcoffset() == timedelta(hours=2)
    assert parse_instant("2100-07-01T00:00:00Z").astimezone(offset).utcoffset() == timedelta(hours=2)


def test_a_day_that_the_clocks_skipped_is_refused() -> None:
    book = in_zone("Pacific/Apia", period=None)
    with pytest.raises(refusals.TimeUnreadable, match="skipped"):
        book.file(attack("2011-12-30", "2012-01-02"))
    book.file(attack("2011-12", "2012-01-02", event="month"))
    with pytest.raises(refusals.TimeUnreadable, match="skipped"):
        amended(book, period="2011-12-30")
    with pytest.raises(refusals.TimeUnreadable, match="skipped"):
        in_zone("Pacific/Apia", period="2011-12-30")


def test_no_zone_is_taken_in_which_a_day_that_was_said_does_not_exist() -> None:
    book = open_book(period=None)
    book.file(attack("2011-12-30", "2012-01-02"))
    with pytest.raises(refusals.TimeUnreadable, match="skipped"):
        amended(book, time_zone="Pacific/Apia")


def test_a_zone_that_is_written_down_already_changes_nothing() -> None:
    with pytest.raises(refusals.NothingChanged):
        amended(in_zone(), time_zone="Europe/Kyiv")


def test_an_amended_zone_counts_from_its_position_on_for_reports_that_are_there_too() -> None:
    book = open_book("kyiv", utc_offset="+02:00", period="2024-03-30/2024-04-02")
    book.file(attack("2024-04-01T00:30:00+03:00", event="instant"))
    book.file(attack("2024-04-01", event="day"))
    before = [book.digest(view) for view in VIEWS]
    position = len(book.facts)
    assert days(book) == ["2024-03-31", "2024-04-01"]
    amended(book, time_zone="Europe/Kyiv")
    assert days(book) == ["2024-04-01"]
    entries = {entry["event"]: entry for entry in cast("list[Body]", book.read("timeline/1")["entries"])}
    assert entries["day"]["occurred"]["earliest"] == "2024-03-31T21:00:00Z"
    assert entries["day"]["reported"]["latest"] == "2024-04-05T20:59:59Z"
    assert [book.digest(view, position=position) for view in VIEWS] == before
    assert isinstance(book.facts[-1].fact, IncidentAmended)


WHEN = ("2024-03-31", "2024-04-01", "2024-04-01T00:30:00+03:00", "2024-03", "2024-10-27", "2024-03-30/2024-04-01")
SAID = ("2024-04-01", "2024-04-02", "2024-10-28", "2024-04-01T21:30:00Z")
STEPS = st.one_of(
    st.tuples(st.just("report"), st.sampled_from(WHEN), st.sampled_from(SAID), st.sampled_from("ab")),
    st.tuples(st.just("zone"), st.sampled_from(("Europe/Kyiv", "Asia/Beirut", "Asia/Damascus"))),
    st.tuples(st.just("retract"), st.sampled_from(("2024-10-30", "2024-11-01T22:30:00Z"))),
    st.tuples(st.just("scope")),
)


def _do(book: Book, step: tuple[str, ...], number: int) -> None:
    match step:
        case ("report", occurred, reported, event):
            scope = {"scope": "one-day"} if number % 2 and book.history().own.scopes else {}
            claim = {"id": "1", "measure": "killed", "count": {"verbatim": str(3 + number)}, **scope}
            book.file(attack(occurred, reported, event=event, claims=[claim]))
        case ("zone", name):
            if book.history().own.time_zone != zone(name, (2014, 2045)):
                amended(book, time_zone=name)
        case ("retract", at) if free := [each for each in book.history().all_reports.values() if not each.retractions]:
            about = {"report_id": str(free[0].report_id), "by": "source", "reported_at": at}
            book.do(RetractReport.model_validate(about))
        case ("scope",) if not book.history().own.scopes:
            scope = {"name": "one-day", "label": "One day", "period": "2024-04-01"}
            book.do(DeclareScope.model_validate(scope))
        case _:
            pass


@given(st.lists(STEPS, max_size=8))
def test_an_amended_zone_reads_as_if_it_had_been_that_from_the_beginning(steps: list[tuple[str, ...]]) -> None:
    last = next((step[1] for step in reversed(steps) if step[0] == "zone"), "Europe/Kyiv")
    late, early = in_zone("Europe/Kyiv"), in_zone(last)
    for number, step in enumerate(steps):
        _do(late, step, number)
        if step[0] != "zone":
            _do(early, step, number)
    assert last == "Europe/Kyiv" or documents_alike(late) == documents_alike(early)


def documents_alike(book: Book) -> list[str]:
    """Return what views tell that know nothing of positions: reports of both books have ids of their own."""
    timeline = cast("list[Body]", book.read("timeline/1")["entries"])
    told = [{name: entry[name] for name in ("occurred", "reported", "standing", "event")} for entry in timeline]
    happened = [
        (day["day"], day["level"], [(event["event"], event["tier"]) for event in day["events"]])
        for day in cast("list[Body]", book.read("escalation/1")["happened"])
    ]
    seen = shown(book)
    ends = [end and format_instant(end) for end in (seen.occurred_from, seen.occurred_to)]
    return [digest({"told": sorted(map(repr, told))}), repr(happened), repr((seen.level, seen.killed.floor, ends))]


@given(st.lists(STEPS, max_size=8))
def test_what_is_kept_true_fact_by_fact_is_what_a_whole_fold_tells_whatever_zone_it_gets(
    steps: list[tuple[str, ...]],
) -> None:
    book = in_zone("Europe/Kyiv")
    for number, step in enumerate(steps):
        _do(book, step, number)
    _grows_alike(book)


def test_an_amended_zone_leaves_what_was_merged_in_on_the_days_of_its_own_home() -> None:
    book = open_book("kyiv", utc_offset="+02:00", period=None)
    book.do(OpenIncident(slug="suburb", title="Suburb", utc_offset="+02:00"), "suburb")
    for event, occurred in (("one", "T00:10:00"), ("two", "T00:20:00"), ("three", "T12:00:00")):
        book.file(attack(f"2024-04-01{occurred}+03:00", event=event, claims=[]), slug="suburb")
    book.do(MergeIncident(into="kyiv"), "suburb")
    before = days(book)
    amended(book, time_zone="Europe/Kyiv")
    assert days(book) == before == ["2024-03-31", "2024-04-01"]
    _grows_alike(book)


def _grows_alike(book: Book) -> None:
    """See that what is kept true fact by fact tells what a whole fold does, at every position."""
    present, state = IncidentProjection(History(book.stream)), StateIndex(History(book.stream))
    for recorded in book.facts:
        present.apply(recorded)
        present.update()
        whole = book.history(recorded.position)
        state = state.moved(whole, standing_reports(whole, None), None)
        if present.history.slug:
            assert present.summary == summarize(whole, Reading(None, present.policy))
            assert state.document(Reading(None, present.policy)) == book.read(position=recorded.position)


@given(st.datetimes(datetime(2015, 1, 1), datetime(2046, 12, 31)), st.sampled_from(("Europe/Kyiv", "Asia/Beirut")))  # noqa: DTZ001 - readings of a wall clock
def test_a_moment_put_into_a_zone_is_the_same_moment(wall: datetime, name: str) -> None:
    offset = zone(name, (2015, 2046)).offset
    moment = wall.replace(tzinfo=UTC)
    assert moment.astimezone(offset).astimezone(UTC) == moment


def test_a_zone_can_be_sent_to_another_process() -> None:
    again = pickle.loads(pickle.dumps(KYIV.offset))  # noqa: S301 - our own bytes
    assert isinstance(again, RecordedTimeZone)
    assert (again, hash(again), repr(again)) == (KYIV.offset, hash(KYIV.offset), "WrittenZone('Europe/Kyiv')")
    assert again != zone("Asia/Beirut", (2015, 2046)).offset


@pytest.mark.parametrize(
    ("ahead", "text"),
    [
        (timedelta(hours=5, minutes=45), "+05:45"),
        (timedelta(hours=-3, minutes=-30), "-03:30"),
        (timedelta(hours=2, minutes=2, seconds=4), "+02:02:04"),
        (timedelta(0), "+00:00"),
    ],
)
def test_an_offset_has_seconds_only_where_clocks_were_set_by_the_sun(ahead: timedelta, text: str) -> None:
    assert format_offset(ahead) == text


def test_a_window_stays_within_the_calendar() -> None:
    offset = UTC
    assert window_of([parse_occurred("0003", offset), parse_occurred("9990", offset)]) == (1, 9999)
    assert window_of([parse_occurred("1991/..", offset), parse_occurred("2024-05", offset)]) == (1981, 2044)
