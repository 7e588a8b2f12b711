"""Ties, each by an example: what ends them is what was said, and where nothing does, the tie is shown."""

from __future__ import annotations

from itertools import permutations
from typing import Any, cast
from uuid import UUID

import pytest

from domain.incident.commands import AssessReport, DisputeReport, StateSameOrigin
from domain.reports.claims.tie_breaking import content_text
from domain.reports.registry import REPORTS
from domain.reports.versions import ReportDocument, recorded_content
from domain.values.sources import Registration
from tests.domain.book import Book, open_book

Body = dict[str, Any]
ORDERS = list(permutations(range(1, 4)))
"""Ids of three reports in every order."""


def say(book: Book, number: int, source: str | Body, count: str, at: str = "2019-04-21", **more: Any) -> str:
    """Let a source give a figure for everyone killed, under an id of this number; returns the claim's ref."""
    claim = {"id": "1", "measure": "killed", "count": {"verbatim": count}, **more.pop("claim", {})}
    body = {"kind": "toll_revised", "source": source, "reported_at": at, "claims": [claim], **more}
    return f"{book.file(body, str(UUID(int=number << 96)))}#1"


def graded(**grades: str) -> Book:
    book = open_book(period=None)
    for slug, grade in grades.items():
        book.do(Registration.model_validate({"slug": slug, "name": slug, "type": "agency", "reliability": grade}))
    return book


def killed(book: Book, **asked: Any) -> Body:
    return book.estimate("killed", {}, "incident", **asked)


def ends(estimate: Body) -> tuple[int | None, int | None, int | None, bool]:
    figures = (estimate[name] and estimate[name]["figure"] for name in ("lower", "best", "upper"))
    low, best, high = figures
    return low, best, high, estimate["contested"]


@pytest.mark.parametrize("order", ORDERS)
def test_three_headlines_of_one_day_are_shown_as_a_tie_and_none_is_chosen(order: tuple[int, ...]) -> None:
    book = graded()
    refs = {
        count: say(book, number, source, count)
        for number, (source, count) in zip(order, (("bbc", "207"), ("cnn", "138"), ("afp", "129")), strict=True)
    }
    found = killed(book, policy="latest/1")
    assert ends(found) == (129, None, 207, True)
    assert (found["lower"]["claim"], found["upper"]["claim"]) == (refs["129"], refs["207"])
    assert {each["claim"] for each in found["used"]} == set(refs.values())
    assert not found["set_aside"]


@pytest.mark.parametrize("order", ORDERS[:2])
def test_headlines_of_one_day_that_say_the_same_are_no_tie(order: tuple[int, ...]) -> None:
    book = graded()
    for number, source in zip(order, ("bbc", "cnn", "afp"), strict=True):
        say(book, number, source, "207")
    say(book, 9, "reuters", "300", "2019-04-20")
    found = killed(book, policy="latest/1")
    assert ends(found) == (207, 207, 207, False)
    assert [each["code"] for each in found["set_aside"]] == ["older"]


def test_an_open_headline_beside_a_closed_one_of_the_same_moment_leaves_the_top_open() -> None:
    book = graded()
    say(book, 1, "bbc", "207")
    say(book, 2, "cnn", "at least 290")
    found = killed(book, policy="latest/1")
    assert (*ends(found), found["upper_open"]) == (207, None, 290, True, True)


@pytest.mark.parametrize("order", ORDERS)
def test_of_sources_as_good_and_as_new_the_larger_figure_is_the_best(order: tuple[int, ...]) -> None:
    book = graded(bbc="A", cnn="A", afp="A")
    for number, (source, count) in zip(order, (("bbc", "200"), ("cnn", "207"), ("afp", "190")), strict=True):
        say(book, number, source, count)
    assert ends(killed(book)) == (190, 207, 207, False)


def test_the_order_that_one_source_gives_its_statements_says_nothing_of_another() -> None:
    for orders in ((0, 5), (5, 0)):
        book = graded(bbc="A", cnn="A")
        say(book, 1, "bbc", "200", reported_order=orders[0])
        say(book, 2, "cnn", "207", reported_order=orders[1])
        assert ends(killed(book))[1] == 207


@pytest.mark.parametrize("order", ORDERS)
def test_one_source_that_says_a_figure_as_closed_and_as_open_on_one_day_stands_by_the_closed_one(
    order: tuple[int, ...],
) -> None:
    book = graded()
    for number, count in zip(order, ("at least 207", "207", "more than 207"), strict=True):
        say(book, number, "bbc", count)
    assert ends(killed(book)) == (207, 207, 207, False)


@pytest.mark.parametrize("order", ORDERS[:2])
def test_of_two_whole_statements_of_one_moment_that_with_the_larger_figure_is_the_last(order: tuple[int, ...]) -> None:
    book = graded()
    say(book, order[0], "bbc", "207", complete=True)
    say(book, order[1], "bbc", "290", complete=True)
    assert [each["best"]["figure"] for each in cast("Any", book.read())["estimates"]] == [290]


@pytest.mark.parametrize("order", ORDERS[:2])
def test_a_whole_statement_without_a_figure_withdraws_none_of_the_same_moment(order: tuple[int, ...]) -> None:
    book = graded()
    say(book, order[0], "bbc", "207", complete=True)
    gone = {"kind": "toll_revised", "source": "bbc", "reported_at": "2019-04-21", "complete": True}
    book.file(gone, str(UUID(int=order[1] << 96)))
    assert ends(killed(book))[1] == 207


@pytest.mark.parametrize("complete", [False, True])
@pytest.mark.parametrize(("replaced", "copy"), [(1, 2), (2, 1)])
def test_a_copy_of_what_a_source_replaced_does_not_stand_in_its_place(
    replaced: int, copy: int, *, complete: bool
) -> None:
    book = graded()
    ref = say(book, replaced, "bbc", "207", complete=complete)
    say(book, copy, "bbc", "207", complete=complete)
    civilians = {"population": {"status": ["civilian"]}, "supersedes": [ref]}
    say(book, 3, "bbc", "205", "2019-04-22", claim=civilians)
    found = {
        (str(each["population"]), each["best"]["figure"])
        for each in cast("Any", book.read())["estimates"]
        if each["best"]
    }
    assert found == {("{'status': ['civilian']}", 205)}


@pytest.mark.parametrize(("judged", "copy"), [(1, 2), (2, 1)])
def test_what_is_judged_of_one_of_two_copies_counts_whatever_their_ids(judged: int, copy: int) -> None:
    book = graded()
    say(book, judged, "bbc", "207")
    say(book, copy, "bbc", "207")
    book.do(DisputeReport(report_id=UUID(int=judged << 96)))
    assert killed(book)["contested"]
    book.do(AssessReport(report_id=UUID(int=judged << 96), credibility=5))
    assert ends(killed(book)) == (None, None, None, False)


def test_the_event_of_a_day_names_the_better_source_of_two_that_give_one_figure() -> None:
    for numbers in ((1, 2), (2, 1)):
        book = graded(bbc="B", cnn="A")
        attack = {"kind": "attack_launched", "method": "suicide_bombing", "event": "colombo", "occurred": "2019-04-21"}
        refs = [
            say(book, number, source, "50", claim={"scope": "event"}, **attack)
            for number, source in zip(numbers, ("bbc", "cnn"), strict=True)
        ]
        ((day,),) = [cast("Any", book.read("escalation/1"))["happened"]]
        assert day["events"][0]["least"] == {"figure": 50, "claim": refs[1]}


def test_a_sentence_names_who_said_it_after_two_sources_were_stated_to_be_one() -> None:
    book = graded(aaa="A", zzz="A")
    say(book, 1, "aaa", "100", "2019-04-20")
    say(book, 2, "zzz", "207", "2019-04-21")
    say(book, 3, {"anonymous": "a hospital official", "type": "official"}, "290", "2019-04-22", via=["zzz"])
    for origins in (("aaa", "zzz"), ("aaa", "anonymous:a hospital official|zzz")):
        book.do(StateSameOrigin(origins=origins))
    assert cast("Any", book.read())["sentences"] == [
        "Killed, everyone: 290 (a hospital official, 22 April 2019, via zzz)."
    ]
    assert cast("Any", book.read(until="2019-04-21T23:59:59Z"))["sentences"] == [
        "Killed, everyone: 207 (zzz, 21 April 2019)."
    ]


def test_partial_counts_are_told_by_source_and_not_by_id() -> None:
    for order in ((1, 2), (2, 1)):
        book = graded(un="A", ngo="B", bbc="A")
        say(book, 9, "bbc", "300")
        say(book, order[0], "un", "111", claim={"partial": True})
        say(book, order[1], "ngo", "50", claim={"partial": True})
        (sentence,) = cast("Any", book.read())["sentences"]
        assert sentence.endswith("Verified so far: 50 (ngo). Verified so far: 111 (un).")


def test_breaking_a_tie_changes_nothing_of_what_was_recorded() -> None:
    other = f"{UUID(int=1)}#1"
    claim = {"id": "1", "measure": "killed", "count": {"verbatim": "3"}, "supersedes": [other]}
    report = REPORTS.validate_python({"kind": "toll_revised", "source": "sana", "claims": [claim]})
    content = recorded_content(report)
    report.keep_document(ReportDocument(1, content))
    assert '"supersedes":["1"]' in content_text(report)
    assert recorded_content(report)["claims"][0]["supersedes"] == [other], "as timeline/1 shows it"
