"""Days that somebody said: what is dated after its own report counts on none, in no view and in no list."""

from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from domain import catalogue
from domain.escalation.occurrences import local_day
from domain.facts.union import Recorded, ReportFiled
from domain.incident.commands import CorrectReport, DeclareScope
from domain.incident.state import warnings_about
from domain.reading import Reading
from domain.summary.incident_projection import summarize
from domain.values.time.clocks import Span, format_instant, parse_instant, parse_occurred, parse_reported
from tests.domain.book import Book, open_book

Body = dict[str, Any]

WHEN = (
    "2019-12-01", "2025-03-04", "2025-03-05", "2025-03-06", "2025-03-07", "2025-03", "2025", "2099-12-01", "2099",
    "2025-03-05T23:30:00Z", "2025-03-06T21:30:00+03:00", "2025-03-06T23:59:59.5+03:00", "2025-03-07T02:00:00+05:00",
    "2025-03-05/2025-03-07", "2025-03-07/2025-03-09", "2025-03-06/..", "../2025-03-08", "../2099", "2099-01/2099-03",
    "2025-03-06T08:00:00Z/2025-03-08T08:00:00Z",
)  # fmt: skip
SAID = ("2015-05-16", "2025-03-05", "2025-03-06", "2025-03-06T20:00:00+03:00", "2025-03-10", "../2025-03-06")


def attack(occurred: str, reported_at: str, **fields: Any) -> Body:
    claims = [{"id": "1", "measure": "killed", "count": {"verbatim": "3"}}]
    clocks = {"occurred": occurred, "reported_at": reported_at}
    return {"kind": "attack_launched", "method": "air_strike", "source": "sohr", "claims": claims, **clocks, **fields}


def concerns(body: Body) -> list[str]:
    book = open_book(period=None)
    incident = book.incident()
    assert incident is not None
    book.file(body)
    fact = book.facts[-1].fact
    assert isinstance(fact, ReportFiled)
    return [each.code for each in warnings_about(incident, fact)]


def levels(book: Book) -> dict[str, int]:
    happened = cast("list[Body]", book.read("escalation/1")["happened"])
    return {day["day"]: day["level"] for day in happened}


def shown(book: Book) -> tuple[object, object]:
    found = summarize(book.history(), Reading(None, catalogue.policy("range/1")))
    return found.occurred_from, found.occurred_to


@pytest.mark.parametrize("occurred", ["2019-12-01", "2099-12-01", "2015-05-17", "2099-01/2099-03", "2015-06/.."])
def test_what_is_dated_after_its_report_counts_on_no_day_and_keeps_what_was_said(occurred: str) -> None:
    book = open_book(period=None)
    book.file(attack(occurred, "2015-05-16", event="e"))
    [entry] = cast("list[Body]", book.read("timeline/1")["entries"])
    assert (levels(book), shown(book)) == ({}, (None, None))
    assert book.read("escalation/1")["phases"] == []
    assert entry["occurred"] == {"said": occurred, "earliest": None, "latest": None}
    assert concerns(attack(occurred, "2015-05-16")) == ["occurred_after_reported"]


@pytest.mark.parametrize(
    ("occurred", "reported_at"),
    [
        ("2025-03-06", "2025-03-06"),
        ("2025-03-06T23:59:59.5+03:00", "2025-03-06"),
        ("2025-03-06T17:00:00Z", "2025-03-06T20:00:00+03:00"),
        ("2025-03", "2025-03-06"),
        ("2025-03-05/..", "2025-03-06"),
    ],
)
def test_what_had_happened_by_the_end_of_its_report_is_no_contradiction(occurred: str, reported_at: str) -> None:
    assert concerns(attack(occurred, reported_at)) == []


def test_an_interval_that_goes_on_past_its_report_counts_up_to_it_and_is_told() -> None:
    book = open_book(period=None)
    book.file(attack("2025-03-05/2025-03-09", "2025-03-06", event="e"))
    [entry] = cast("list[Body]", book.read("timeline/1")["entries"])
    assert entry["occurred"]["said"] == "2025-03-05/2025-03-09"
    assert entry["occurred"]["latest"] == "2025-03-06T20:59:59Z"
    assert concerns(attack("2025-03-05/2025-03-09", "2025-03-06")) == ["occurred_ends_after_reported"]


def test_a_report_of_the_same_event_that_makes_sense_gives_it_its_day() -> None:
    book = open_book(period=None)
    book.file(attack("2099-03-06", "2025-03-08", event="e"))
    book.file(attack("2025-03-06", "2025-03-08", event="e", source="sana"))
    assert levels(book) == {"2025-03-06": 2}


def test_a_correction_of_the_year_gives_an_event_its_day_and_a_wrong_one_takes_it() -> None:
    book = open_book(period=None)
    report_id = book.file(attack("2052-03-06", "2025-03-08", event="e"))
    for occurred, days in (("2025-03-06", {"2025-03-06": 2}), ("2052-03-06", {})):
        report = attack(occurred, "2025-03-08", event="e")
        book.do(CorrectReport.model_validate({"report_id": report_id, "cause": "transcription", "report": report}))
        assert levels(book) == days


def test_two_events_dated_after_their_report_are_two_events_and_on_no_day() -> None:
    book = open_book(period=None)
    for occurred in ("2099-03-06", "2099-03-07"):
        book.file(attack(occurred, "2025-03-08"))
    entries = cast("list[Body]", book.read("timeline/1")["entries"])
    assert [entry["event"] for entry in entries] == [
        "attack_launched/air_strike/2099-03-06/",
        "attack_launched/air_strike/2099-03-07/",
    ]


def test_a_fact_that_kept_the_day_of_its_report_instead_counts_on_no_day_either() -> None:
    book = open_book(period=None)
    incident = book.incident()
    assert incident is not None
    book.file(attack("2099-12-01", "2025-03-06", event="e"))
    kept = book.facts.pop()
    fact = cast("ReportFiled", kept.fact)
    end = fact.reported.latest
    old = structs.replace(fact, occurred=Span(end, end))
    book.facts.append(Recorded(**{name: getattr(kept, name) for name in kept.__slots__} | {"fact": old}))
    assert (levels(book), shown(book)) == ({}, (None, None))
    assert [each.code for each in warnings_about(incident, old)] == ["occurred_after_reported"]


def test_an_increment_dated_after_its_report_keeps_the_period_that_was_said() -> None:
    book = open_book(period=None)
    claim = {"id": "1", "measure": "killed", "count": {"verbatim": "3"}, "accumulation": "incremental"}
    book.file(attack("2099-12-01", "2025-03-06", event="e", claims=[claim]))
    [held] = next(iter(book.history().reports.values())).current.claims
    assert held.period == parse_occurred("2099-12-01", book.history().offset)


@given(st.lists(st.tuples(st.sampled_from(WHEN), st.sampled_from(SAID), st.sampled_from("abc")), max_size=5))
def test_every_day_of_every_view_lies_within_what_some_report_said(told: list[tuple[str, str, str]]) -> None:
    book = open_book(period=None)
    for occurred, reported_at, event in told:
        book.file(attack(occurred, reported_at, event=event))
    offset = book.history().offset
    said = {event: [parse_occurred(when, offset) for when, _, of in told if of == event] for event in "abc"}
    for day in cast("list[Body]", book.read("escalation/1")["happened"]):
        for event in day["events"]:
            assert any(_holds(span, day["day"], book) for span in said[event["event"]])
    for entry in cast("list[Body]", book.read("timeline/1")["entries"]):
        text, reported = entry["occurred"]["said"], parse_reported(entry["reported"]["said"], offset)
        ends = [entry["occurred"]["earliest"], entry["occurred"]["latest"]]
        assert all(end is None or _within(parse_occurred(text, offset), end) for end in ends)
        assert all(end is None or end <= format_instant(_latest(reported)) for end in ends)
    everything = [span for spans in said.values() for span in spans]
    for moment in shown(book):
        assert moment is None or any(_within(span, format_instant(moment)) for span in everything)


def _latest(span: Span) -> Any:
    assert span.latest is not None
    return span.latest


def _within(span: Span, moment: str) -> bool:
    first, shown, last = (
        end and end.replace(microsecond=0) for end in (span.earliest, parse_instant(moment), span.latest)
    )
    assert shown is not None
    return (first is None or first <= shown) and (last is None or shown <= last)


def _holds(span: Span, day: str, book: Book) -> bool:
    first, last = (end and local_day(end, book.history().offset).isoformat() for end in (span.earliest, span.latest))
    return (first is None or first <= day) and (last is None or day <= last)


@pytest.mark.parametrize(("period", "undated"), [("2099-01-01", 0), ("2099-01-01/2099-01-03", 0), ("2025-03-06", None)])
def test_a_claim_on_a_period_that_had_not_begun_counts_on_no_day_and_is_told(period: str, undated: int | None) -> None:
    book = open_book(period=None)
    book.do(DeclareScope.model_validate({"name": "then", "label": "Then", "period": period}))
    incident = book.incident()
    assert incident is not None
    claim = {"id": "1", "measure": "killed", "scope": "then", "count": {"verbatim": "9"}}
    book.file({"kind": "toll_revised", "source": "sohr", "reported_at": "2025-03-07", "claims": [claim]})
    fact = cast("ReportFiled", book.facts[-1].fact)
    codes = [each.code for each in warnings_about(incident, fact)]
    document = book.read("escalation/1")
    if undated is None:
        assert (levels(book), codes) == ({"2025-03-06": 3}, [])
    else:
        assert (document["happened"], document["phases"], codes) == ([], [], ["scope_after_reported"])
