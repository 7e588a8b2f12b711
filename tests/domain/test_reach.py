"""One report that counts one key until several days: the furthest is what its source says; each day has a series."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, cast
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import catalogue
from domain.facts.union import ReportFiled
from domain.incident import refusals
from domain.incident.commands import RetractReport
from domain.incident.state import Incident, warnings_about
from domain.reading import Reading
from domain.revisions.difference import difference
from tests.domain.book import Book, open_book


def say(book: Book, days: Mapping[str, int | None], at: str, **fields: Any) -> UUID:
    """File a table's row: how many were killed by each day; None is silence."""
    claims = [
        {"id": day, "measure": "killed", "counted_until": day, "count": {"best": figure}}
        for day, figure in days.items()
        if figure is not None
    ]
    body = {"kind": "toll_revised", "source": "series", "reported_at": at, "complete": True, "claims": claims}
    return book.file({**body, **fields})


def best(book: Book, **reading: Any) -> int | None:
    end = book.estimate("killed", {}, "incident", **reading)["best"]
    return end and end["figure"]


def records(book: Book) -> dict[str | None, tuple[int, int, int]]:
    """Return how often each series was revised, its first and its latest figure, by the moment it counts until."""
    found = cast("list[dict[str, Any]]", book.read("revisions/1")["records"])
    return {
        each.get("counted_until"): (each["n_revisions"], each["first"]["figure"], each["latest"]["figure"])
        for each in found
    }


def statuses(book: Book) -> dict[str, str]:
    claims = cast("list[dict[str, str]]", book.read("claims/1")["claims"])
    return {claim["claim"].partition("#")[2]: claim["why"] for claim in claims if claim["status"] == "superseded"}


def warned(book: Book, days: Mapping[str, int | None], at: str) -> list[str]:
    """Return the codes of what a recorder should look at again in a row that is filed."""
    before = cast("Incident", book.incident())
    say(book, days, at)
    filed = cast("ReportFiled", book.facts[-1].fact)
    return [each.code for each in warnings_about(before, filed)]


def test_the_estimate_reads_the_last_day_and_a_day_that_was_changed_is_revised() -> None:
    book = open_book()
    say(book, {"2025-03-08": 30, "2025-03-09": 39}, "2025-03-09")
    assert best(book) == 39
    say(book, {"2025-03-08": 30, "2025-03-09": 30, "2025-03-10": 41}, "2025-03-10")
    assert best(book) == 41
    assert best(book, until="2025-03-09T23:59:59+03:00") == 39
    assert records(book) == {
        None: (1, 39, 41),
        "2025-03-08T20:59:59Z": (0, 30, 30),
        "2025-03-09T20:59:59Z": (1, 39, 30),
        "2025-03-10T20:59:59Z": (0, 41, 41),
    }


def test_the_last_day_stands_though_it_is_less_and_though_a_relay_gives_it() -> None:
    book = open_book()
    say(book, {"2025-03-08": 50, "2025-03-09": 41}, "2025-03-09", via=["keeper"])
    assert best(book) == 41
    assert set(statuses(book)) == {"2025-03-08"}
    assert "The same report counts on in" in statuses(book)["2025-03-08"]


def test_where_the_last_day_is_taken_back_the_one_before_it_stands() -> None:
    book = open_book()
    report = say(book, {"2025-03-08": 30, "2025-03-09": 41}, "2025-03-09")
    book.do(RetractReport(report_id=report, claim="2025-03-09", by="recorder"))
    assert best(book) == 30


def test_a_row_that_grows_warns_of_no_decrease_and_one_whose_last_day_falls_does() -> None:
    book = open_book()
    grown = {"2025-03-08": 30, "2025-03-09": 39}
    assert warned(book, grown, "2025-03-09") == []
    assert warned(book, {**grown, "2025-03-10": 39}, "2025-03-10") == []
    assert warned(book, {**grown, "2025-03-10": 20}, "2025-03-11") == ["decrease"]


def test_the_difference_names_each_day_that_was_changed_and_a_step_the_last_day_alone() -> None:
    book = open_book()
    say(book, {"2025-03-08": 30, "2025-03-09": 39}, "2025-03-09")
    say(book, {"2025-03-08": 30, "2025-03-09": 30, "2025-03-10": 41}, "2025-03-10")
    reading = Reading(None, catalogue.policy("range/1"))
    told = difference((book.history(len(book.facts) - 1), reading), (book.history(), reading))
    revised = cast("list[dict[str, Any]]", told["revised_by_source"])
    days = {each.get("counted_until"): (each["before"]["best"], each["after"]["best"]) for each in revised}
    assert days == {None: (39, 41), "2025-03-09T20:59:59Z": (39, 30)}
    (series,) = cast("list[dict[str, Any]]", book.read("tolls/1")["series"])
    assert [[ref.partition("#")[2] for ref in step["moved_by"]] for step in series["reported"]] == [
        ["2025-03-09"],
        ["2025-03-10"],
    ]


def test_two_figures_of_one_day_are_refused_as_before() -> None:
    book = open_book()
    twice = [
        {"id": each, "measure": "killed", "counted_until": "2025-03-08", "count": {"best": 3}} for each in ("a", "b")
    ]
    with pytest.raises(refusals.TwoFiguresOneKey):
        book.file({"kind": "toll_revised", "source": "s", "reported_at": "2025-03-09", "claims": twice})


ROWS = st.lists(st.lists(st.integers(0, 60), min_size=1, max_size=5), min_size=1, max_size=4)


@given(rows=ROWS, via=st.booleans())
def test_whatever_a_row_says_its_last_day_stands_and_each_day_is_revised_by_itself(
    rows: list[list[int]],
    via: bool,  # noqa: FBT001 - drawn
) -> None:
    book = open_book()
    for at, figures in enumerate(rows):
        days: Mapping[str, int | None] = {f"2025-03-{day:02}": figure for day, figure in enumerate(figures, 1)}
        say(book, days, f"2025-03-{20 + at}", **({"via": ["keeper"]} if via else {}))
    assert best(book) == rows[-1][-1]
    found = records(book)
    several = {day for figures in rows if len(figures) > 1 for day in range(1, len(figures) + 1)}
    assert set(found) == {None, *(f"2025-03-{day:02}T20:59:59Z" for day in several)}
    for day in several:
        said = [figures[day - 1] for figures in rows if len(figures) >= day]
        changes = sum(before != after for before, after in pairwise(said))
        assert found[f"2025-03-{day:02}T20:59:59Z"] == (changes, said[0], said[-1])
