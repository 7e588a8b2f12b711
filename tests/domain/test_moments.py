"""`moments/1`: between two neighbouring moments of either clock no answer changes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from hypothesis import given

from domain import catalogue
from domain.reading import Reading
from domain.values.time.clocks import format_instant, parse_instant
from tests.domain.book import Book, open_book
from tests.domain.worlds import World, reading, worlds

ANSWERS = ("state/1", "timeline/1", "claims/1", "escalation/1")
INSTANT = timedelta(microseconds=1)


def moments_of(book: Book, until: str | None = None) -> dict[str, Any]:
    return cast("dict[str, Any]", catalogue.view("moments/1").finish(book.history(), reading(until)))


@given(worlds())
def test_no_answer_changes_between_moments_of_the_reported_clock(world: World) -> None:
    book = world.book()
    history, reported = book.history(), moments_of(book)["reported"]
    policy = catalogue.policy(catalogue.DEFAULT_POLICY)
    assert reported == sorted(set(reported))
    for one, other in zip(reported, [*reported[1:], None], strict=True):
        ends = parse_instant(one), parse_instant(other) - INSTANT if other else None
        for view in ANSWERS:
            first, last = (catalogue.view(view).finish(history, Reading(end, policy)) for end in ends)
            assert first == last


@given(worlds())
def test_every_fact_that_changes_an_answer_is_among_the_recorded(world: World) -> None:
    book = world.book()
    listed = {each["position"] for each in moments_of(book)["recorded"]}
    first = min(each.position for each in book.facts if each.stream == book.stream)
    before = None
    for each in sorted(book.facts, key=lambda fact: fact.position):
        if each.position < first:
            continue
        found = [book.digest(view, position=each.position) for view in ANSWERS]
        assert found == before or each.position in listed
        before = found


def test_moments_reported_are_those_until_the_one_asked_for() -> None:
    book = open_book()
    for day in ("2025-03-07", "2025-03-08", "2025-03-10"):
        body = {"kind": "toll_revised", "source": "sohr", "reported_at": day}
        book.file(body | {"claims": [{"id": "1", "measure": "killed", "count": {"verbatim": "4"}}]})
    found = moments_of(book, "2025-03-09T00:00:00+03:00")["reported"]
    assert found == [format_instant(parse_instant(f"2025-03-0{day}T23:59:59+03:00")) for day in (7, 8)]
