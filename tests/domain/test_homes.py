"""Merging and moving show more, and change nothing that was said: what each source says stays bound to its home."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, cast
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import catalogue
from domain.history.history import History
from domain.incident.commands import (
    MergeIncident,
    MoveReport,
    OpenIncident,
    RescopeClaims,
    UnmergeIncident,
)
from domain.ledger.canonical import canonical
from domain.revisions.duplicates import duplicates
from tests.domain.book import Book, open_book
from tests.domain.test_curation_properties import OTHER, Asked, curated, do, two_incidents
from tests.domain.worlds import IDS, Body, World, moments, reading, reports, worlds

OWN = "syria-coast-2025"
NAMES = ("measure", "population", "scope", "manner")


def claims_of(history: History, moment: str | None) -> dict[str, Body]:
    """Return every claim with its status, but for the words of the scope, which is another incident's elsewhere."""
    rows = catalogue.VIEWS["claims/1"].finish(history, reading(moment))["claims"]
    return {row["claim"]: {**row, "scope": _bare(row["scope"])} for row in cast("list[Body]", rows)}


def estimates_of(history: History, moment: str | None, policy: str) -> dict[tuple[str, bytes], Body]:
    """Return every estimate by the home of its scope and its key, but for that home's name in the scope."""
    found = catalogue.VIEWS["state/1"].finish(history, reading(moment, policy))["estimates"]
    named = ((each, *_homed(history, str(each["scope"]))) for each in cast("list[Body]", found))
    return {
        (home, canonical([*(each[name] for name in NAMES if name != "scope"), scope])): {**each, "scope": scope}
        for each, home, scope in named
    }


def _homed(history: History, scope: str) -> tuple[str, str]:
    home, slash, name = scope.partition("/")
    return (home, name) if slash and home in (OWN, OTHER) else (history.slug, scope)


def _bare(scope: str) -> str:
    home, slash, name = scope.partition("/")
    return name if slash and home in (OWN, OTHER) else scope


def days_of(history: History) -> Iterator[tuple[str, str, object, int]]:
    """Yield each event with its day, its least dead and how many reports tell of it."""
    told = catalogue.VIEWS["escalation/1"].finish(history, reading(None))
    for day in cast("list[Body]", told["happened"]):
        for event in day["events"]:
            label = event["event"].removeprefix(f"{OTHER}/event:").removeprefix(f"{OWN}/event:")
            yield day["day"], label, event["least"], len(event["reports"])


def reaches(book: Book) -> bool:
    """Say whether a claim says that it supersedes one of another home: then merging draws a break, as it was said."""
    filed = {report.ref: report for slug in (None, OTHER) for report in book.history(slug=slug).reports.values()}
    return any(
        (other := filed.get(ref.partition("#")[0])) is not None and other.home != report.home
        for report in filed.values()
        for held in report.current.claims
        for ref in held.supersedes
    )


def rescoped_elsewhere(book: Book) -> bool:
    """Say whether a claim was given a scope of another home: there it is compared with what that home says."""
    filed = (report for slug in (None, OTHER) for report in book.history(slug=slug).reports.values())
    return any(report.rescoped for report in filed)


def wholes() -> st.SearchStrategy[list[Body]]:
    """Give reports of another incident, of which every second is its source's whole statement."""
    either = st.booleans().flatmap(
        lambda whole: reports().map(lambda body: {**body, "complete": True} if whole else body)
    )
    return st.lists(either, min_size=1, max_size=2)


def moved_before(book: Book) -> bool:
    """Say whether a report is shown elsewhere than at home: merging brings it together with the rest of its home."""
    shown = (
        (history.stream, report)
        for slug in (None, OTHER)
        for history in [book.history(slug=slug)]
        for report in history.reports.values()
    )
    return any(report.home != stream for stream, report in shown)


@given(worlds(), wholes(), st.lists(curated(), max_size=3))
def test_merging_loses_no_claim_and_gives_none_another_status(
    world: World, other: list[Body], before: list[Asked]
) -> None:
    book = two_incidents(world, other)
    for each in before:
        do(book, each)
    if reaches(book) or rescoped_elsewhere(book) or moved_before(book):
        return
    asked = moments(book.history())[-2:]
    one, two = book.history(), book.history(slug=OTHER)
    apart = {moment: claims_of(one, moment) | claims_of(two, moment) for moment in asked}
    policies = {
        (moment, policy): estimates_of(one, moment, policy) | estimates_of(two, moment, policy)
        for moment in asked
        for policy in catalogue.POLICIES
    }
    days = sorted([*days_of(one), *days_of(two)], key=str)
    if not do(book, (MergeIncident(into=OWN), OTHER)):
        return
    merged = book.history()
    for moment in asked:
        assert claims_of(merged, moment) == apart[moment]
    for (moment, policy), found in policies.items():
        assert estimates_of(merged, moment, policy) == found
    assert sorted(days_of(merged), key=str) == days


@given(worlds(), wholes(), st.lists(curated(), max_size=3), st.sampled_from(IDS))
def test_moving_a_report_changes_what_is_said_of_no_other_home(
    world: World, other: list[Body], before: list[Asked], report_id: str
) -> None:
    whole = [{**body, "complete": body["report_id"] == report_id} for body in world.reports]
    book = two_incidents(replace(world, reports=tuple(whole)), other)
    for each in before:
        do(book, each)
    report = UUID(report_id)
    if report not in book.history().own.reports or reaches(book) or rescoped_elsewhere(book):
        return
    elsewhere = claims_of(book.history(slug=OTHER), None)
    if not do(book, (MoveReport(report_id=report, to=OTHER), None)):
        return
    shown = claims_of(book.history(slug=OTHER), None)
    assert {ref: row for ref, row in shown.items() if not ref.startswith(report_id)} == elsewhere
    alone = {held.ref for held in book.history(slug=OTHER).all_reports[report].current.claims}
    assert {ref for ref in shown if ref.startswith(report_id)} == alone
    assert not any(row["status"] == "withdrawn" for ref, row in shown.items() if ref.startswith(report_id))


def coded(event: str, dead: int, day: str, said: str) -> Body:
    """Return what ACLED says of one event, whole, as the importer files it."""
    count = {"best": dead}
    return {
        "kind": "attack_launched",
        "method": "armed_clash",
        "source": "acled",
        "reported_at": said,
        "occurred": day,
        "complete": True,
        "event": f"acled-{event}",
        "external_ids": {"acled": event},
        "places": [{"name": f"Town {event[-1]}", "country": "ET"}],
        "claims": [
            {"id": "all", "measure": "killed", "scope": "incident", "count": count},
            {"id": "event", "measure": "killed", "scope": "event", "count": count},
        ],
    }


@pytest.fixture
def two_events() -> Book:
    """Two events of ACLED, of 4 and 7 dead, each an incident of its own."""
    book = open_book("acled-two", title="ACLED event two", period=None, utc_offset="Z")
    book.do(OpenIncident(slug="acled-one", title="ACLED event one"), "acled-one")
    book.file(coded("two", 7, "2023-02-02", "2023-02-05T13:46:40Z"))
    book.file(coded("one", 4, "2023-02-01", "2023-02-04T10:00:00Z"), str(UUID(int=4)), "acled-one")
    return book


def shown(book: Book) -> tuple[dict[str, int], dict[str, int], list[str]]:
    """Return what an incident says of the killed, by scope; its days with their least dead; and its sentences."""
    state = cast("Any", book.read())
    killed = {each["scope"]: each["best"]["figure"] for each in state["estimates"]}
    happened = cast("list[Any]", book.read("escalation/1")["happened"])
    days = {day["day"]: sum(event["least"]["figure"] for event in day["events"]) for day in happened}
    return killed, days, state["sentences"]


BOTH = {"incident": 7, "acled-one/incident": 4, "event:acled-two": 7, "acled-one/event:acled-one": 4}
FOUR = "Killed, everyone, as counted for “ACLED event one”: 4 (acled, 4 February 2023)."


def test_two_events_of_one_source_keep_their_dead_when_they_are_merged(two_events: Book) -> None:
    two_events.do(MergeIncident(into="acled-two"), "acled-one")
    killed, days, sentences = shown(two_events)
    assert (killed, days) == (BOTH, {"2023-02-01": 4, "2023-02-02": 7})
    assert FOUR in sentences
    assert "Killed, everyone: 7 (acled, 5 February 2023)." in sentences
    assert {claim["status"] for claim in cast("list[Body]", two_events.read("claims/1")["claims"])} == {"used"}


def test_a_report_that_was_moved_keeps_its_dead_beside_those_of_where_it_is_shown(two_events: Book) -> None:
    two_events.do(MoveReport(report_id=UUID(int=4), to="acled-two"))
    killed, days, sentences = shown(two_events)
    assert (killed, days) == (BOTH, {"2023-02-01": 4, "2023-02-02": 7})
    assert FOUR in sentences


def test_a_whole_statement_revises_its_own_home_after_a_merge(two_events: Book) -> None:
    two_events.do(MergeIncident(into="acled-two"), "acled-one")
    two_events.file(coded("two", 9, "2023-02-02", "2023-03-05T00:00:00Z"))
    killed, days, _ = shown(two_events)
    assert killed == BOTH | {"incident": 9, "event:acled-two": 9}
    assert days == {"2023-02-01": 4, "2023-02-02": 9}


def test_claims_that_count_the_same_people_are_one_key_once_we_say_so(two_events: Book) -> None:
    two_events.do(MergeIncident(into="acled-two"), "acled-one")
    two_events.do(RescopeClaims(claims=(f"{UUID(int=4)}#all",), scope="incident"))
    assert shown(two_events)[0] == {name: figure for name, figure in BOTH.items() if name != "acled-one/incident"}
    two_events.do(UnmergeIncident(), "acled-one")
    assert shown(two_events)[0] == {"incident": 7, "event:acled-two": 7}


def test_what_a_source_says_whole_of_one_event_says_nothing_of_another() -> None:
    book = open_book(period=None)
    book.file(coded("one", 4, "2023-02-01", "2023-02-04"))
    book.file(coded("two", 7, "2023-02-02", "2023-02-05"))
    _, days, _ = shown(book)
    assert days == {"2023-02-01": 4, "2023-02-02": 7}
    book.file({"kind": "toll_revised", "source": "acled", "reported_at": "2023-02-06", "complete": True})
    assert shown(book)[1] == {}


def test_a_series_goes_on_after_a_merge_and_is_none_of_the_other_home(two_events: Book) -> None:
    two_events.do(MergeIncident(into="acled-two"), "acled-one")
    two_events.file(coded("two", 9, "2023-02-02", "2023-03-05T00:00:00Z"))
    records = cast("list[Body]", two_events.read("revisions/1")["records"])
    ends = {each["scope"]: (each["first"]["figure"], each["latest"]["figure"], each["breaks"]) for each in records}
    assert ends == {
        "incident": (7, 9, 0),
        "event:acled-two": (7, 9, 0),
        "acled-one/incident": (4, 4, 0),
        "acled-one/event:acled-one": (4, 4, 0),
    }


def test_an_event_keeps_its_day_and_its_dead_in_an_incident_of_another_offset() -> None:
    book = open_book(period=None, utc_offset="Z")
    book.do(OpenIncident(slug=OTHER, title="Other town", utc_offset="+03:00"), OTHER)
    body = coded("one", 4, "2023-02-01", "2023-02-04")
    book.file(body, slug=OTHER)
    before = _happened(book, OTHER)
    book.do(MergeIncident(into=OWN), OTHER)
    assert _happened(book, None) == before == {"2023-02-01": 4}
    sentences = cast("list[str]", book.read()["sentences"])
    assert "Killed, everyone, as counted for “Other town”: 4 (acled, 4 February 2023)." in sentences


def _happened(book: Book, slug: str | None) -> Mapping[str, int]:
    days = cast("list[Any]", book.read("escalation/1", slug=slug)["happened"])
    return {day["day"]: sum(event["least"]["figure"] for event in day["events"]) for day in days}


def test_figures_of_one_day_at_home_are_of_one_day_wherever_they_are_shown() -> None:
    book = open_book(utc_offset="+14:00")
    book.do(OpenIncident(slug=OTHER, title="Other town", utc_offset="Z"))
    claims = [{"id": "1", "measure": "killed", "count": {"verbatim": "12"}}]
    told = {"kind": "toll_revised", "source": "sohr", "claims": claims}
    for hour, relay in (("05", "afp"), ("15", "reuters")):
        book.file({**told, "reported_at": f"2025-03-07T{hour}:00:00Z", "via": [relay]}, slug=OTHER)
    before = duplicates(book.history(slug=OTHER), None)
    assert [each["code"] for each in before] == ["same_figure"]
    book.do(MergeIncident(into=OWN), OTHER)
    assert duplicates(book.history(), None) == before
