"""What a policy makes of contradicting sources: each rule of range/1, the headline, and the others beside them."""

from __future__ import annotations

from typing import Any

import pytest

from domain.values.sources import Registration
from tests.domain.book import Book, open_book

GRADES = {"ohchr": "A", "reuters": "A", "ap": "A", "sohr": "B", "snhr": "B", "rudaw": "C", "sana": "C", "liar": "E"}


def graded(**fields: Any) -> Book:
    book = open_book(**fields)
    for slug, grade in GRADES.items():
        book.do(Registration.model_validate({"slug": slug, "name": slug, "type": "other", "reliability": grade}))
    return book


def say(book: Book, source: object, count: str, day: str = "2025-03-08", **claim: Any) -> str:
    """Let a source give a figure for everyone killed in the incident; returns the claim's ref."""
    stated = {"id": "1", "measure": "killed", "count": {"verbatim": count, **claim.pop("numbers", {})}, **claim}
    via = ["relay"] if isinstance(source, dict) else claim.pop("via", [])
    stated.pop("via", None)
    order = stated.pop("order", 0)
    body = {"kind": "toll_revised", "source": source, "via": via, "reported_at": day, "reported_order": order}
    return f"{book.file({**body, 'claims': [stated]})}#1"


def judge(book: Book, **reading: Any) -> dict[str, Any]:
    return book.estimate("killed", {}, "incident", **reading)


def ends(estimate: dict[str, Any]) -> tuple[Any, Any, Any]:
    lower, best, upper = (estimate[name] and estimate[name]["figure"] for name in ("lower", "best", "upper"))
    return lower, best, f"{upper}+" if estimate["upper_open"] else upper


def aside(estimate: dict[str, Any]) -> dict[str, str]:
    return {each["source"].partition("|")[0]: each["code"] for each in estimate["set_aside"]}


def test_one_source_alone_is_the_range() -> None:
    book = graded()
    say(book, "sohr", "340")
    assert ends(judge(book)) == (340, 340, 340)
    assert not judge(book)["contested"]


def test_an_unreliable_source_is_never_used_even_alone() -> None:
    book = graded()
    say(book, "liar", "5,000")
    assert ends(judge(book)) == (None, None, None)
    assert aside(judge(book)) == {"liar": "rated_out"}


def test_a_count_in_words_gives_way_to_a_figure_but_stands_alone() -> None:
    book = graded()
    say(book, "reuters", "hundreds")
    assert ends(judge(book)) == (None, None, None)
    [words] = judge(book)["used"]
    assert (words["verbatim"], words["lower"], words["upper"]) == ("hundreds", None, None), "nobody said a figure"
    say(book, "sohr", "340")
    assert aside(judge(book)) == {"reuters": "worded"}
    assert ends(judge(book)) == (340, 340, 340)


def test_a_source_that_cannot_be_judged_gives_way_to_one_that_can() -> None:
    book = graded()
    unnamed = {"anonymous": "eyewitnesses", "type": "witness"}
    say(book, unnamed, "at least 4,000")
    assert ends(judge(book)) == (4000, None, "4000+")
    say(book, "rudaw", "229")
    assert aside(judge(book)) == {"anonymous:eyewitnesses": "ungraded"}
    assert ends(judge(book)) == (229, 229, 229)


def test_an_incomplete_count_gives_way_to_one_that_is_not() -> None:
    book = graded()
    say(book, "ohchr", "at least 111", partial=True)
    assert ends(judge(book)) == (111, None, "111+")
    say(book, "sohr", "1,383")
    assert aside(judge(book)) == {"ohchr": "partial"}


def test_a_count_that_another_has_left_behind_is_outrun() -> None:
    book = graded()
    say(book, "rudaw", "229", "2025-03-08")
    say(book, "sohr", "830", "2025-03-09")
    assert aside(judge(book)) == {"rudaw": "outrun"}
    assert ends(judge(book)) == (830, 830, 830)


@pytest.mark.parametrize(
    ("source", "count", "day", "why"),
    [
        ("sohr", "830", "2025-03-08", "the same day is less than 24 hours further"),
        ("sohr", "200", "2025-03-09", "it is not higher"),
        ("sohr", "229", "2025-03-09", "it is as high, not higher"),
        ("other", "830", "2025-03-09", "its source is graded worse"),
        ("sohr", "at least 830", "2025-03-09", "a closed count is outrun by a closed one only"),
    ],
)
def test_what_does_not_outrun(source: str, count: str, day: str, why: str) -> None:
    book = graded()
    say(book, "rudaw", "229", "2025-03-08")
    say(book, source, count, day)
    assert aside(judge(book)).get("rudaw") is None, why


def test_an_open_count_is_outrun_by_an_open_one() -> None:
    book = graded()
    say(book, "rudaw", "at least 229", "2025-03-08")
    say(book, "sohr", "at least 830", "2025-03-09")
    assert aside(judge(book)) == {"rudaw": "outrun"}


def test_a_count_to_the_end_of_the_period_is_not_outrun() -> None:
    book = graded()
    say(book, "snhr", "803", "2025-03-10")
    say(book, "sohr", "1,383", "2025-03-12")
    assert aside(judge(book)) == {}
    assert ends(judge(book)) == (803, 1383, 1383) or ends(judge(book))[1] is None


def test_without_a_period_every_count_can_be_outrun() -> None:
    book = graded(period=None)
    say(book, "snhr", "803", "2025-03-10")
    say(book, "sohr", "1,383", "2025-03-12")
    assert aside(judge(book)) == {"snhr": "outrun"}


def test_a_superseded_claim_outruns_too() -> None:
    book = graded()
    say(book, "sohr", "830", "2025-03-09")
    say(book, "sohr", "at least 1,500", "2025-03-14")
    say(book, "rudaw", "229", "2025-03-08")
    assert aside(judge(book)) == {"rudaw": "outrun"}


def test_the_best_figure_is_the_newest_of_the_best_graded() -> None:
    book = graded()
    say(book, "sohr", "340")
    say(book, "rudaw", "350", "2025-03-10")
    assert ends(judge(book)) == (340, 340, 350)


def test_there_is_no_best_figure_where_the_newest_is_a_range() -> None:
    book = graded()
    say(book, "sohr", "300-350")
    assert ends(judge(book)) == (300, None, 350)


def test_there_is_no_best_figure_where_another_of_the_grade_differs() -> None:
    book = graded()
    say(book, "sohr", "1,383", "2025-03-12")
    say(book, "snhr", "803", "2025-03-12")
    assert ends(judge(book)) == (803, None, 1383)
    assert judge(book)["contested"]


@pytest.mark.parametrize(
    ("one", "other", "contested"),
    [
        ("80", "100", False),
        ("79", "100", True),
        ("70-90", "100-110", False),
        ("70-79", "100-110", True),
        ("100", "at least 120", False),
        ("100", "at least 126", True),
        ("at least 50", "100", False),
        ("at least 50", "at least 100", False),
        ("about 100", "130", True),
        ("none", "3", True),
        ("up to 30", "100", False),
    ],
)
def test_a_fifth_of_the_larger_is_not_yet_a_difference(one: str, other: str, contested: bool) -> None:  # noqa: FBT001
    book = graded()
    say(book, "sohr", one)
    say(book, "snhr", other)
    assert judge(book)["contested"] is contested


def test_closed_figures_set_the_lower_end_and_open_ones_only_without_them() -> None:
    book = graded()
    say(book, "ap", "at least 100")
    say(book, "reuters", "more than 150")
    assert ends(judge(book)) == (100, None, "150+")
    say(book, "sohr", "340")
    assert ends(judge(book)) == (340, 340, 340)


def test_at_most_is_only_ever_an_upper_end() -> None:
    book = graded()
    say(book, "sohr", "up to 30")
    assert ends(judge(book)) == (None, None, 30)
    say(book, "snhr", "20")
    assert ends(judge(book)) == (20, 20, 30)


def test_of_equal_figures_the_closed_one_stands_behind_the_end() -> None:
    book = graded()
    say(book, "ap", "at least 340")
    closed = say(book, "sohr", "340")
    assert judge(book)["upper"] == {"figure": 340, "claim": closed}
    assert not judge(book)["upper_open"]


def test_a_denial_that_names_no_event_contests_the_incident() -> None:
    book = graded()
    say(book, "sohr", "340")
    book.file({"kind": "responsibility_stated", "act": "denied", "source": "sana", "reported_at": "2025-03-09"})
    assert judge(book)["contested"]


def test_a_denial_of_one_event_contests_that_event_alone() -> None:
    book = graded()
    say(book, "sohr", "340")
    attack = {
        "kind": "attack_launched",
        "method": "raid",
        "event": "raid",
        "source": "sohr",
        "reported_at": "2025-03-08",
    }
    book.file({**attack, "claims": [{"id": "1", "measure": "killed", "count": {"verbatim": "7"}}]})
    denial = {"kind": "responsibility_stated", "act": "denied", "event": "raid", "source": "sana"}
    book.file({**denial, "reported_at": "2025-03-09"})
    assert not judge(book)["contested"]
    assert book.estimate("killed", {}, "event:raid")["contested"]


def test_the_headline_takes_the_newest_whoever_says_it() -> None:
    book = graded()
    say(book, "ohchr", "111", "2025-03-11")
    say(book, {"anonymous": "eyewitnesses", "type": "witness"}, "at least 4,000", "2025-03-12")
    newest = judge(book, policy="latest/1")
    assert ends(newest) == (4000, None, "4000+")
    assert aside(newest) == {"ohchr": "older"}


def test_the_headline_has_a_figure_where_anyone_gave_one() -> None:
    book = graded()
    say(book, "ohchr", "111", "2025-03-11")
    say(book, "reuters", "hundreds", "2025-03-12")
    newest = judge(book, policy="latest/1")
    assert ends(newest) == (111, 111, 111)
    assert aside(newest) == {"reuters": "worded"}


def test_one_key_says_nothing_of_another() -> None:
    book = graded()
    say(book, "sohr", "340")
    say(book, "sohr", "500", population={"status": ["civilian"]})
    say(book, "sohr", "900", measure="injured")
    say(book, "sohr", "20", manner="execution")
    assert ends(judge(book)) == (340, 340, 340) or "part_exceeds" in judge(book)["used"][0]["flags"]


def test_figures_out_of_order_still_make_a_range_of_what_was_said() -> None:
    book = graded()
    say(book, "sohr", "x", numbers={"lower": 10, "best": 5, "upper": 8})
    assert ends(judge(book)) == (5, 5, 10)
    assert judge(book)["used"][0]["flags"] == ["inconsistent"]


def test_of_the_same_claims_each_policy_gives_its_own_estimate() -> None:
    book = graded()
    say(book, "sohr", "1,383", "2025-03-12")
    say(book, "snhr", "803", "2025-03-11")
    say(book, "rudaw", "about 803", "2025-03-11")
    say(book, "ap", "at least 1,500", "2025-03-11")
    expected = {
        "conservative/1": (803, 803, "None+"),
        "corroboration/1": (803, None, "1500+"),
        "latest/1": (1383, 1383, 1383),
        "range/1": (803, None, "1500+"),
        "triple/1": (803, 803, "1500+"),
    }
    assert {policy: ends(judge(book, policy=policy)) for policy in expected} == expected


def test_a_label_follows_what_is_said_of_who_did_it() -> None:
    book = graded()
    claim = say(book, "sohr", "340")
    assert label(book) == "single"
    say(book, "snhr", "345")
    assert label(book) == "corroborated"
    states = {"kind": "responsibility_stated", "reported_at": "2025-03-09"}
    book.file({**states, "act": "claimed", "source": "liar"})
    assert label(book) == "corroborated", "what a source graded E claims does not count"
    book.file({**states, "act": "denied", "source": "sana"})
    assert label(book) == "disputed"
    book.file({**states, "act": "admitted", "source": "sana"})
    assert label(book) == "admitted"
    assert "label" not in judge(book), "the range has none"
    assert {each["claim"] for each in judge(book, policy="corroboration/1")["used"]} > {claim}


def label(book: Book) -> str:
    return judge(book, policy="corroboration/1")["label"]
