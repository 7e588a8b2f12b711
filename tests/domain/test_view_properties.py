"""What always holds of the views on escalation and revisions, and of the difference between two readings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime, time
from itertools import pairwise
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from domain.escalation.levels import NOTHING, chronology, levels_of
from domain.escalation.occurrences import local_day
from domain.estimates.claim_index import snapshot_claims
from domain.history.history import History
from domain.incident.commands import AssessReport, RetractReport
from domain.incident.refusals import Refusal
from domain.reports.claims.claim import INCIDENT_SCOPE, latest
from domain.revisions.difference import difference
from domain.revisions.newly_reported import newly_reported
from domain.values.sources import Registration
from domain.values.time.clocks import parse_instant
from tests.domain.book import Book
from tests.domain.replacing import replace
from tests.domain.worlds import IDS, TIMES, World, figures_of, moments, reading, worlds

Body = dict[str, Any]


@st.composite
def books(draw: st.DrawFn) -> Book:
    """Worlds in which sources take things back, and we strike some, and judge others."""
    world: World = draw(worlds())
    book = world.book()
    for report in draw(st.lists(st.sampled_from(IDS), max_size=3, unique=True)):
        how = draw(st.sampled_from(["source", "source", "source", "recorder", "improbable"]))
        claim = draw(st.sampled_from([None, None, "1"]))
        with suppress(Refusal):
            if how == "improbable":
                book.do(AssessReport.model_validate({"report_id": report, "claim": claim, "credibility": 5}))
            else:
                at = {"reported_at": draw(st.sampled_from(TIMES))} if how == "source" else {}
                book.do(RetractReport.model_validate({"report_id": report, "claim": claim, "by": how, **at}))
    return book


def ends_of_days(history: History) -> Iterator[datetime]:
    """Yield the end of each local day on which anything was said or taken back."""
    taken_back = (
        span for report in history.reports.values() for _, span in report.retractions.values() if span is not None
    )
    said = (report.reported for report in history.reports.values())
    for day in sorted({local_day(latest(span), history.offset) for span in (*said, *taken_back)}):
        yield datetime.combine(day, time.max, history.offset)


def stood_by(history: History, moment: datetime) -> Mapping[tuple[str, str], str]:
    """Weigh everything as said by a moment: the current claim of each origin under each key."""
    return {
        (keyed.key.canonical, ledger.origin): ledger.current.ref
        for keyed in snapshot_claims(history, moment).by_key
        for ledger in keyed.chains
        if ledger.current
    }


@given(books())
def test_what_became_known_on_a_day_is_what_weighing_both_its_ends_tells(book: Book) -> None:
    history = book.history()
    changes = newly_reported(history, None).changes
    before: Mapping[tuple[str, str], str] = {}
    for end in ends_of_days(history):
        after = stood_by(history, end)
        differ = {
            place: (before.get(place), after.get(place))
            for place in before.keys() | after.keys()
            if before.get(place) != after.get(place)
        }
        told = {
            (change.key.canonical, change.origin): (
                change.before and change.before.ref,
                change.after and change.after.ref,
            )
            for change in changes
            if change.day == end.date()
        }
        assert told == differ
        before = after


@given(books())
def test_an_increment_becomes_known_on_its_day_unless_it_was_replaced_by_then(book: Book) -> None:
    history = book.history()
    told = newly_reported(history, None).increments
    for end in ends_of_days(history):
        shown = {each.resolved.ref for keyed in snapshot_claims(history, end).by_key for each in keyed.increments}
        said = {ref for ref in shown if local_day(latest(_report(history, ref).reported), history.offset) == end.date()}
        assert {held.ref for day, held in told if day == end.date()} == said


def _report(history: History, ref: str) -> Any:
    return next(report for report in history.reports.values() if report.ref == ref.partition("#")[0])


@given(books(), st.sampled_from(TIMES[:5]))
def test_what_became_known_by_a_moment_does_not_depend_on_what_was_said_later(book: Book, day: str) -> None:
    history = book.history()
    moment = parse_instant(f"{day}T12:00:00Z")
    early = [
        change for change in newly_reported(history, None).changes if change.day < local_day(moment, history.offset)
    ]
    assert [
        change for change in newly_reported(history, moment).changes if change.day < local_day(moment, history.offset)
    ] == early


@given(books())
def test_no_day_has_its_level_from_a_toll_of_the_incident(book: Book) -> None:
    history = book.history()
    weighed = snapshot_claims(history, None)
    without = replace(weighed, by_key=tuple(each for each in weighed.by_key if each.key.scope != INCIDENT_SCOPE))
    assert [(day.day, day.level) for day in chronology(history, weighed).days] == [
        (day.day, day.level) for day in chronology(history, without).days
    ]


@given(books())
def test_levels_without_the_days_are_those_of_the_days(book: Book) -> None:
    history = book.history()
    for moment in (None, *ends_of_days(history)):
        snapshot = snapshot_claims(history, moment)
        days = {day.day: day.level for day in chronology(history, snapshot).days if day.level > NOTHING}
        assert levels_of(history, snapshot) == days


@given(books())
def test_every_figure_of_what_happened_was_said_by_the_claim_beside_it(book: Book) -> None:
    said = figures_of(book)
    for moment in moments(book.history()):
        document = cast("Body", book.read("escalation/1", until=moment))
        ends = [event["least"] for day in document["happened"] for event in day["events"]]
        ends += [day["day_claim"] for day in document["happened"]]
        assert all(end["figure"] in said[end["claim"]] for end in ends if end)
        for claim in (each for phase in document["phases"] for each in phase["undated"]):
            assert {claim["lower"], claim["upper"], claim["best"]} - {None} <= said[claim["claim"]]
        changes = [each for day in document["learned"] for each in day["figures"]]
        told = [end for change in changes for end in (change["before"], change["after"]) if end]
        assert all(end["figure"] in said[end["claim"]] for end in told if end["figure"] is not None)


@given(books())
def test_unreliable_sources_and_improbable_reports_raise_no_level(book: Book) -> None:
    history = book.history()
    weighed = snapshot_claims(history, None)
    reliable = tuple(
        replace(
            each, policy_input=replace(each.policy_input, claims=tuple(filter(_is_reliable, each.policy_input.claims)))
        )
        for each in weighed.by_key
    )
    assert chronology(history, weighed) == chronology(history, replace(weighed, by_key=reliable))


def _is_reliable(claim: Any) -> bool:
    return claim.grade != "E" and claim.credibility != 5


@given(books())
def test_phases_follow_one_another_without_a_gap_and_differ_in_level(book: Book) -> None:
    document = cast("Body", book.read("escalation/1"))
    phases = document["phases"]
    for before, after in pairwise(phases):
        assert datetime.fromisoformat(after["from"]) - datetime.fromisoformat(before["to"]) == ONE_DAY
        assert before["level"] != after["level"]
    levels = {day["day"]: day["level"] for day in document["happened"]}
    for phase in phases:
        assert all(level == phase["level"] for day, level in levels.items() if phase["from"] <= day <= phase["to"])
    assert bool(phases) == bool(levels or any(phase["undated"] for phase in phases))


ONE_DAY = datetime(2025, 3, 7) - datetime(2025, 3, 6)  # noqa: DTZ001 - days of a calendar, of no zone


@given(books())
def test_the_ends_of_a_series_lie_between_its_least_and_its_greatest(book: Book) -> None:
    said = figures_of(book)
    for record in cast("list[Body]", book.read("revisions/1")["records"]):
        assert record["min"] <= min(record["first"]["figure"], record["latest"]["figure"])
        assert record["max"] >= max(record["first"]["figure"], record["latest"]["figure"])
        assert all(record[end]["figure"] in said[record[end]["claim"]] for end in ("first", "latest"))
        assert record["direction_changes"] <= max(record["n_revisions"] - 1, 0)
        assert record["days_until_within_20_percent"] >= 0
        for ratio in (record["spread"], record["latest_to_first"]):
            assert ratio is None or re.fullmatch(r"[0-9]+\.[0-9]{4}", ratio)
        assert (record["spread"] is None) == (record["max"] == 0)


@given(books())
def test_a_reading_does_not_differ_from_itself(book: Book) -> None:
    history = book.history()
    for moment in moments(history):
        same = (history, reading(moment))
        assert not any(difference(same, same).values())


@given(books(), st.data())
def test_a_difference_accounts_for_every_report_that_counts_now_and_did_not(book: Book, data: st.DataObject) -> None:
    positions = st.integers(1, len(book.facts))
    first, last = sorted((data.draw(positions), data.draw(positions)))
    before, after = book.history(first), book.history(last)
    found = cast("dict[str, list[Body]]", difference((before, reading(None)), (after, reading(None))))
    known = {report.ref for report in before.reports.values()}
    new = {report.ref for report in after.reports.values()} - known
    assert {entry["report_id"] for entry in found["learned"]} <= new
    gone = {report.ref for report in before.standing_reports(None)} - {
        report.ref for report in after.standing_reports(None)
    }
    told = {each["report_id"] for name in ("withdrawn_by_source", "removed_by_us") for each in found[name]}
    assert gone & {report.ref for report in before.standing_reports(None)} <= told | _silent(before)


def _silent(history: History) -> set[str]:
    """Return the reports that stand, and that a whole statement of their source had withdrawn already."""
    counting = set(snapshot_claims(history, None).counting)
    return {report.ref for report in history.standing_reports(None)} - counting


@given(worlds())
def test_a_regrade_to_unreliable_lowers_levels_or_leaves_them(world: World) -> None:
    book = world.book()
    before = _levels(book)
    for slug in ("sohr", "snhr", "reuters", "rudaw"):
        fields = {"slug": slug, "name": slug, "type": "monitor", "reliability": "E"}
        book.do(Registration.model_validate(fields))
    after = _levels(book)
    assert all(after.get(day, 0) <= level for day, level in before.items())
    assert after.keys() <= before.keys()


def _levels(book: Book) -> dict[str, int]:
    return {day["day"]: day["level"] for day in cast("list[Body]", book.read("escalation/1")["happened"])}
