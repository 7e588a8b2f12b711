"""`latest/1`: the newest figure, whoever says it."""

from __future__ import annotations

from domain.policies.latest_1 import estimate
from tests.domain.questions import aside, ask, behind, claim, ends, why


def test_where_nobody_said_anything_there_is_no_headline() -> None:
    nothing = estimate(ask())
    assert (ends(nothing), nothing.upper_open, nothing.contested) == ((None, None, None), False, False)
    assert (nothing.used, nothing.set_aside) == ((), ())
    assert estimate(ask(denied=True)).contested


def test_the_newest_figure_stands_whatever_its_grade_and_the_others_are_older() -> None:
    newest = claim("liar", "300-350", 9, grade="E", partial=True)
    headline = estimate(ask(claim("b", "340", grade="A"), newest, claim("a", "9", 7)))
    assert ends(headline) == (300, None, 350)
    assert behind(headline) == (newest.ref, None, newest.ref)
    assert headline.used == (newest,)
    assert [(item.claim.ref, item.code, item.why) for item in headline.set_aside] == [
        ("a-7#1", "older", "A newer claim stands (liar-9#1)."),
        ("b-8#1", "older", "A newer claim stands (liar-9#1)."),
    ]


def test_a_newer_count_in_words_is_set_aside_for_what_it_is() -> None:
    headline = estimate(ask(claim("b", "340"), claim("a", "hundreds", 9), claim("c", "at least 5", 7)))
    assert ends(headline) == (340, 340, 340)
    assert aside(headline) == {"a": "worded", "c": "older"}
    assert why(headline, "a") == "It is a count in words, and others give figures."


def test_of_words_alone_the_newest_stand_and_the_others_are_older() -> None:
    headline = estimate(ask(claim("a", "hundreds", 9), claim("b", "dozens", 8)))
    assert ends(headline) == (None, None, None)
    assert (headline.used[0].ref, aside(headline)) == ("a-9#1", {"b": "older"})


def test_a_headline_with_no_top_is_open() -> None:
    assert ends(estimate(ask(claim("a", "more than 300")))) == (300, None, "300+")
    assert ends(estimate(ask(claim("a", "up to 300")))) == (None, None, 300)


def test_a_headline_is_contested_by_a_denial_and_by_a_dispute_of_its_own_claim_alone() -> None:
    older, newest = claim("a", "5", disputed=True), claim("b", "900", 9)
    assert not estimate(ask(older, newest)).contested
    assert estimate(ask(older, newest, denied=True)).contested
    assert estimate(ask(older, claim("b", "900", 9, disputed=True))).contested
