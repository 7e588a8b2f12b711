"""`corroboration/1`: how well a range is borne out."""

from __future__ import annotations

import pytest

from domain.estimates.estimate import PolicyClaim
from domain.estimates.exclusion import range_estimate
from domain.policies.corroboration_1 import estimate
from tests.domain.questions import ask, claim, stated


def label(*claims: PolicyClaim, states: tuple[tuple[str, str], ...] = (), denied: bool = False) -> str | None:
    return estimate(ask(*claims, statements=tuple(stated(*each) for each in states), denied=denied)).label


ONE, SAME, LIAR = claim("sohr", "100"), claim("snhr", "101"), claim("liar", "100", grade="E")


def test_the_figures_are_those_of_the_range() -> None:
    question = ask(ONE, claim("snhr", "at least 300"), LIAR, denied=True)
    labelled, plain = estimate(question), range_estimate(question)
    assert (labelled.lower, labelled.upper, labelled.upper_open) == (plain.lower, plain.upper, plain.upper_open)
    assert (labelled.best, labelled.contested) == (plain.best, plain.contested)
    assert (labelled.used, labelled.set_aside) == (plain.used, plain.set_aside)


@pytest.mark.parametrize("act", ["claimed", "admitted"])
def test_what_is_claimed_or_admitted_is_admitted_even_where_others_deny_or_dispute_it(act: str) -> None:
    assert label(ONE, states=((act, "C"),)) == "admitted"
    assert label(claim("sohr", "100", disputed=True), states=(("denied", "A"), (act, "F")), denied=True) == "admitted"
    assert label(states=((act, "B"),)) == "admitted"


def test_an_accusation_admits_and_disputes_nothing() -> None:
    assert label(ONE, states=(("accused", "A"),)) == "single"


def test_what_is_denied_or_disputed_or_contested_is_disputed() -> None:
    assert label(ONE, SAME, states=(("denied", "B"),)) == "disputed"
    assert label(ONE, claim("snhr", "101", disputed=True)) == "disputed"
    assert label(ONE, claim("snhr", "200")) == "disputed"
    assert label(claim("vague", "dozens", disputed=True)) == "disputed"


def test_a_claim_that_is_not_used_disputes_nothing() -> None:
    assert label(ONE, SAME, claim("liar", "900", grade="E", disputed=True)) == "corroborated"


def test_two_origins_corroborate_each_other_and_one_alone_is_single() -> None:
    assert label(ONE, SAME) == "corroborated"
    assert label(ONE, claim("snhr", "at least 90"), claim("ap", "up to 300")) == "corroborated"
    assert label(ONE) == "single"
    assert label(ONE, LIAR) == "single"


def test_one_origin_twice_corroborates_nothing() -> None:
    assert label(ONE, claim("sohr", "100", ref="sohr-again#1")) == "single"


def test_where_every_claim_is_set_aside_the_label_says_so() -> None:
    assert label(LIAR) == label() == "set_aside"


def test_words_alone_have_no_figure_to_bear_out() -> None:
    assert label(claim("a", "dozens"), claim("b", "hundreds")) is None
