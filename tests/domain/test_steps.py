"""Steps of `tolls/1`: what moves an estimate on either clock, where a series breaks, and what a step says of it."""

from __future__ import annotations

from itertools import permutations
from typing import Any, cast
from uuid import UUID

import pytest

from domain.catalogue import view
from domain.incident.commands import AmendIncident, AssessReport, CorrectReport, ReinstateReport, RetractReport
from domain.values.sources import Registration
from tests.domain.book import Book, open_book

CIVILIANS = {"status": ["civilian"]}
Row = dict[str, Any]


def toll(figure: str, source: str = "sohr", day: str = "2025-03-07", **claim: Any) -> Row:
    body = {"id": "1", "measure": "killed", "population": CIVILIANS, "count": {"verbatim": figure}, **claim}
    return {"kind": "toll_revised", "source": source, "reported_at": day, "claims": [body]}


def denial(source: str = "ministry", day: str = "2025-03-08") -> Row:
    return {"kind": "responsibility_stated", "act": "denied", "source": source, "reported_at": day, "by": "ministry"}


def whole(source: str = "ministry", day: str = "2025-03-09") -> Row:
    return {"kind": "toll_revised", "source": source, "reported_at": day, "complete": True, "claims": []}


def series(book: Book, population: Row = CIVILIANS, **reading: Any) -> Row:
    found = cast("list[Row]", book.read("tolls/1", **reading)["series"])
    [one] = [each for each in found if each["population"] == population]
    return one


def told(steps: list[Row]) -> list[tuple[int | None, bool]]:
    return [(step["best"] and step["best"]["figure"], step["contested"]) for step in steps]


@pytest.fixture
def book() -> Book:
    book = open_book()
    for slug in ("sohr", "snhr", "ministry"):
        book.do(Registration.model_validate({"slug": slug, "name": slug, "type": "monitor", "reliability": "B"}))
    return book


def test_each_step_names_its_claim_and_where_it_stands_on_its_clock(book: Book) -> None:
    first = book.file(toll("10"))
    second = book.file(toll("20", day="2025-03-08"))
    steps = series(book)
    assert [(step["at"], step["moved_by"]) for step in steps["reported"]] == [
        ("2025-03-07T20:59:59Z", [f"{first}#1"]),
        ("2025-03-08T20:59:59Z", [f"{second}#1"]),
    ]
    assert [step["position"] for step in steps["recorded"]] == [len(book.facts) - 1, len(book.facts)]
    assert told(steps["recorded"]) == [(10, False), (20, False)]


def test_a_source_that_repeats_itself_makes_no_step(book: Book) -> None:
    book.file(toll("10"))
    book.file(toll("10", day="2025-03-08"))
    assert told(series(book)["reported"]) == [(10, False)]


@pytest.mark.parametrize("taken_back", [{"by": "recorder"}, {"by": "source", "reported_at": "2025-03-11"}])
def test_a_denial_that_counts_again_contests_again(book: Book, taken_back: Row) -> None:
    book.file(toll("10"))
    book.file(denial())
    silence = book.file(whole())
    assert told(series(book)["recorded"]) == [(10, False), (10, True), (10, False)]
    book.do(RetractReport.model_validate({"report_id": silence, **taken_back}))
    assert told(series(book)["recorded"])[-1] == (10, True)
    assert told(series(book)["reported"])[-1] == (10, True)
    assert book.estimate("killed", CIVILIANS, "incident")["contested"]


def test_a_break_is_drawn_whichever_claim_arrived_first() -> None:
    old = {**toll("311"), "report_id": str(UUID(int=1))}
    new = {**toll("340", population={}, supersedes=[f"{UUID(int=1)}#1"]), "report_id": str(UUID(int=2))}
    drawn: list[tuple[list[bool], ...]] = []
    for order in permutations((old, new)):
        book = open_book()
        for body in order:
            book.file(body)
        found = cast("list[Row]", book.read("tolls/1")["series"])
        drawn.append(tuple([step["break"] for step in each["reported"]] for each in found if each["reported"]))
        assert any(step["break"] for each in found for step in each["recorded"])
    assert drawn[0] == drawn[1]


def test_correcting_what_broke_a_series_breaks_it_no_second_time(book: Book) -> None:
    book.file({**toll("311"), "report_id": str(UUID(int=1))})
    report = book.file(toll("340", population={}, supersedes=[f"{UUID(int=1)}#1"]))
    content = {
        name: value
        for name, value in toll("350", population={}, supersedes=[f"{UUID(int=1)}#1"]).items()
        if name != "reported_at"
    }
    book.do(CorrectReport.model_validate({"report_id": report, "cause": "transcription", "report": content}))
    assert [step["break"] for step in series(book, {})["recorded"]] == [True, False]


def test_what_another_source_says_it_supersedes_is_no_break(book: Book) -> None:
    book.file({**toll("311"), "report_id": str(UUID(int=1))})
    book.file(toll("340", "snhr", population={}, supersedes=[f"{UUID(int=1)}#1"]))
    found = cast("list[Row]", book.read("tolls/1")["series"])
    assert not any(step["break"] for each in found for step in each["reported"])


@pytest.mark.parametrize("policy", ["range/1", "corroboration/1"])
def test_where_nothing_stands_any_more_the_last_step_says_nothing(book: Book, policy: str) -> None:
    report = book.file(toll("10"))
    book.file(denial())
    book.do(RetractReport(report_id=report, by="recorder"))
    last = series(book, policy=policy)["recorded"][-1]
    assert (last["lower"], last["best"], last["contested"], last.get("label")) == (None, None, False, None)
    assert last["moved_by"] == [f"{report}#1"]


def test_a_regrade_moves_an_estimate_by_what_the_source_stands_by(book: Book) -> None:
    book.file(toll("10"))
    other = book.file(toll("30", "snhr"))
    book.do(Registration.model_validate({"slug": "snhr", "name": "snhr", "type": "monitor", "reliability": "E"}))
    last = series(book)["recorded"][-1]
    assert (last["best"]["figure"], last["moved_by"]) == (10, [f"{other}#1"])


def test_a_longer_period_moves_an_estimate_by_no_claim(book: Book) -> None:
    book.do(AmendIncident(period="2025-03-06/2025-03-07"))
    book.file(toll("10", counted_until="2025-03-07"))
    book.file(toll("30", "snhr", day="2025-03-09"))
    book.do(AmendIncident(period="2025-03-06/2025-03-09"))
    last = series(book)["recorded"][-1]
    assert (last["lower"]["figure"], last["moved_by"]) == (30, [])


def test_what_is_retracted_and_reinstated_keeps_its_steps_on_the_recorded_clock_alone(book: Book) -> None:
    report = book.file(toll("10"))
    before = series(book)["reported"]
    book.do(RetractReport(report_id=report, by="recorder"))
    book.do(ReinstateReport(report_id=report))
    assert series(book)["reported"] == before
    assert told(series(book)["recorded"]) == [(10, False), (None, False), (10, False)]


def test_what_is_judged_improbable_leaves_the_series(book: Book) -> None:
    book.file(toll("10"))
    report = book.file(toll("30", "snhr"))
    book.do(AssessReport(report_id=report, credibility=5))
    assert series(book)["recorded"][-1]["best"]["figure"] == 10


def test_the_table_has_a_row_for_each_step_of_each_clock(book: Book) -> None:
    book.file(toll("10"))
    tolls = view("tolls/1")
    rows = tolls.rows(book.read("tolls/1", policy="corroboration/1"))
    assert [(row["clock"], row["best"], row["label"]) for row in rows] == [
        ("reported", 10, "single"),
        ("recorded", 10, "single"),
    ]
    assert all(set(row) <= set(tolls.columns) for row in rows)
