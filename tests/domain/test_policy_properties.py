"""What holds for every policy, whatever is asked of it; and for each, its rule written out plainly."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import catalogue
from domain.estimates.estimate import PART_EXCEEDS, Estimate, PolicyClaim, PolicyInput
from domain.estimates.exclusion import CODES, contested, exclude, lower, range_estimate, upper
from domain.reports.claims.claim import ResolvedClaim
from domain.values.counts.count import words_for
from tests.domain import questions as asked
from tests.domain.questions import START, questions, stated
from tests.domain.replacing import replace

POLICIES = sorted(catalogue.POLICIES)
CLOSED, OPEN = ("exact", "about", "between", "none"), ("at_least", "more_than")
EXCLUDING = [name for name in POLICIES if catalogue.policy(name).codes.keys() >= CODES.keys()]
"""Policies that declare all codes of `exclude`."""


def said_by(claim: PolicyClaim) -> list[int]:
    return [end.figure for end in (claim.lower, claim.best, claim.upper) if end]


@pytest.mark.parametrize("policy", POLICIES)
@given(questions(), st.randoms(use_true_random=False))
def test_the_order_in_which_claims_come_changes_nothing(policy: str, question: PolicyInput, chance: Any) -> None:
    claims = [replace(claim, superseded=tuple(reversed(claim.superseded))) for claim in question.claims]
    chance.shuffle(claims)
    answer, other = (
        catalogue.policy(policy).estimate(each) for each in (question, replace(question, claims=tuple(claims)))
    )
    ends = [
        (each.lower, each.upper, each.upper_open, each.best, each.contested, each.label) for each in (answer, other)
    ]
    refs = [[claim.ref for claim in each.used] for each in (answer, other)]
    reasons = [[(item.claim.ref, item.code, item.why) for item in each.set_aside] for each in (answer, other)]
    assert (ends[0], refs[0], reasons[0]) == (ends[1], refs[1], reasons[1])


@pytest.mark.parametrize("policy", POLICIES)
def test_a_policy_declares_its_name_its_meaning_and_its_codes(policy: str) -> None:
    of = catalogue.policy(policy)
    assert policy == of.id
    assert re.fullmatch(r"[a-z_]+/[1-9][0-9]*", of.id)
    assert all(text.endswith(".") for text in (of.meaning, *of.codes.values(), *of.labels.values()))
    assert all(re.fullmatch(r"[a-z_]+", code) for code in (*of.codes, *of.labels))


@pytest.mark.parametrize("policy", POLICIES)
@given(questions())
def test_a_policy_is_deterministic_and_leaves_its_input_as_it_is(policy: str, question: PolicyInput) -> None:
    before = repr(question)
    assert catalogue.policy(policy).estimate(question) == catalogue.policy(policy).estimate(replace(question))
    assert repr(question) == before


@pytest.mark.parametrize("policy", POLICIES)
@given(questions())
def test_every_end_is_a_figure_of_a_claim_that_is_used(policy: str, question: PolicyInput) -> None:
    estimate = catalogue.policy(policy).estimate(question)
    said = {end for claim in estimate.used for end in (claim.lower, claim.best, claim.upper)}
    assert {estimate.lower, estimate.best, estimate.upper} <= said | {None}
    assert set(estimate.used) <= set(question.claims)


@pytest.mark.parametrize("policy", POLICIES)
@given(questions())
def test_every_claim_is_either_used_or_set_aside_for_a_reason(policy: str, question: PolicyInput) -> None:
    estimate = catalogue.policy(policy).estimate(question)
    used, aside = [claim.ref for claim in estimate.used], [item.claim.ref for item in estimate.set_aside]
    assert sorted([*used, *aside]) == sorted(claim.ref for claim in question.claims)
    assert (used, aside) == (sorted(used), sorted(aside))
    assert all(item.why.endswith(".") for item in estimate.set_aside)
    assert {item.code for item in estimate.set_aside} <= catalogue.policy(policy).codes.keys()
    assert estimate.label in {None, *catalogue.policy(policy).labels}


@pytest.mark.parametrize("policy", EXCLUDING)
@given(questions())
def test_what_is_unreliable_or_improbable_is_never_used(policy: str, question: PolicyInput) -> None:
    unfit = {claim.ref for claim in question.claims if claim.grade == "E" or claim.credibility == 5}
    estimate = catalogue.policy(policy).estimate(question)
    assert unfit.isdisjoint(claim.ref for claim in estimate.used)
    assert unfit == {item.claim.ref for item in estimate.set_aside if item.code == "rated_out"}


@pytest.mark.parametrize("policy", EXCLUDING)
@given(questions())
def test_every_policy_that_declares_the_codes_of_exclusion_excludes_as_the_range_does(
    policy: str, question: PolicyInput
) -> None:
    remaining, aside = exclude(question)
    estimate = catalogue.policy(policy).estimate(question)
    assert {claim.ref for claim in estimate.used} <= {claim.ref for claim in remaining}
    assert set(aside) <= set(estimate.set_aside)


@given(questions())
def test_what_outran_a_claim_is_the_newest_that_the_plain_rule_finds(question: PolicyInput) -> None:
    fit = [claim for claim in question.claims if claim.grade != "E" and claim.credibility != 5]
    for item in range_estimate(question).set_aside:
        if item.code == "outrun":
            found = ahead_of(item.claim, fit)
            newest = max(found, key=lambda held: held.recency_key)
            assert item.why == f"It was outrun: {words_for(newest.count)} counts at least a day further ({newest.ref})."
    for claim in range_estimate(question).used:
        settled = question.period_end is not None and claim.resolved.counted_until >= question.period_end
        assert settled or not ahead_of(claim, fit) or everyone_was_outrun(question, fit)


def everyone_was_outrun(question: PolicyInput, fit: list[PolicyClaim]) -> bool:
    return all(ahead_of(claim, fit) for claim in range_estimate(question).used)


def ahead_of(claim: PolicyClaim, fit: list[PolicyClaim]) -> list[ResolvedClaim]:
    """Look at every claim in turn: as good a source or better, a day further or more, and higher."""
    figures = said_by(claim)
    grades = "ABCDF"[: "ABCDF".index(claim.grade) + 1]
    bounds = CLOSED if claim.bound in CLOSED else (*CLOSED, *OPEN)
    return [
        held
        for rival in fit
        if figures and rival is not claim and rival.grade in grades
        for held in (*rival.superseded, *([] if PART_EXCEEDS in rival.flags else [rival.resolved]))
        if held.count.bound in bounds
        and (held.count.lower or 0) > max(figures)
        and held.counted_until - claim.resolved.counted_until >= timedelta(days=1)
    ]


@pytest.mark.parametrize("policy", ["conservative/1", "triple/1"])
@given(questions())
def test_claims_are_contested_as_in_the_range(policy: str, question: PolicyInput) -> None:
    assert catalogue.policy(policy).estimate(question).contested == range_estimate(question).contested


@given(questions())
def test_the_conservative_figure_is_the_lower_end_of_the_range_and_nothing_else_is_used(question: PolicyInput) -> None:
    estimate, whole = catalogue.policy("conservative/1").estimate(question), range_estimate(question)
    assert estimate.lower == estimate.best == whole.lower
    assert len(estimate.used) == min(1, len(whole.used))
    assert estimate.upper_open == (estimate.lower is not None)
    if estimate.upper:
        assert all(claim.bound in ("at_most", "fewer_than") for claim in whole.used)
        assert estimate.upper.figure == min(max(said_by(claim)) for claim in whole.used)


@given(questions())
def test_low_and_high_are_the_least_and_the_greatest_of_all_that_the_range_uses(question: PolicyInput) -> None:
    estimate, used = catalogue.policy("triple/1").estimate(question), range_estimate(question).used
    lows = [min(said_by(claim)) for claim in used if claim.lower]
    highs = [max(said_by(claim)) for claim in used if said_by(claim)]
    assert (estimate.lower and estimate.lower.figure) == min(lows, default=None)
    assert (estimate.upper and estimate.upper.figure) == max(highs, default=None)
    assert estimate.used == used


@given(questions())
def test_no_figure_is_given_by_more_origins_than_the_best_one(question: PolicyInput) -> None:
    estimate = catalogue.policy("triple/1").estimate(question)
    given_by: dict[int, set[str]] = {}
    for claim in estimate.used:
        if claim.best and claim.bound in CLOSED:
            given_by.setdefault(claim.best.figure, set()).add(claim.resolved.origin)
    most = max((len(origins) for origins in given_by.values()), default=0)
    assert (len(given_by[estimate.best.figure]) if estimate.best else 0) == most


@given(questions())
def test_a_label_changes_nothing_of_the_range(question: PolicyInput) -> None:
    estimate = catalogue.policy("corroboration/1").estimate(question)
    assert replace(estimate, label=None) == range_estimate(question)


@pytest.mark.parametrize("policy", POLICIES)
@given(questions(), st.lists(st.sampled_from("ABF"), max_size=2))
def test_a_policy_that_heeds_no_statement_answers_alike_whoever_states_what(
    policy: str, question: PolicyInput, grades: list[str]
) -> None:
    other = replace(question, statements=tuple(stated("accused", grade) for grade in grades))
    of = catalogue.policy(policy)
    assert of.same_answer(question, replace(question))
    if of.same_answer(question, other):
        assert of.estimate(question) == of.estimate(other)
    assert of.same_answer(question, other) == (not of.reads_statements or question.statements == other.statements)


@pytest.mark.parametrize("policy", POLICIES)
@given(questions())
def test_a_denial_a_period_or_a_claim_more_needs_another_answer(policy: str, question: PolicyInput) -> None:
    others = [
        replace(question, denied=not question.denied),
        replace(question, period_end=START if question.period_end is None else None),
        replace(question, claims=(*question.claims, asked.claim("another", "5"))),
    ]
    assert not any(catalogue.policy(policy).same_answer(question, other) for other in others)


@given(questions().filter(lambda question: question.claims), st.data())
def test_a_question_with_one_claim_more_or_fewer_is_the_question_of_those_claims(
    question: PolicyInput, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(question.claims) - 1))
    old = question.claims[place]
    other = replace(old, superseded=(), credibility=5)
    fewer = question.with_claim(place, old, None)
    for asked_anew in (fewer, fewer.with_claim(place, None, old), question.with_claim(place, old, other)):
        plain = replace(asked_anew)
        assert asked_anew == plain
    assert old not in fewer.claims
    assert fewer.with_claim(place, None, old) == question


@given(questions())
def test_of_one_claim_the_range_is_what_the_rule_for_several_gives_where_all_are_that_claim(
    question: PolicyInput,
) -> None:
    for claim in question.claims:
        estimate = range_estimate(replace(question, claims=(claim,)))
        if claim.rated_out:
            assert (estimate.used, [item.code for item in estimate.set_aside]) == ((), ["rated_out"])
            continue
        twice = [claim, claim]
        low, high = lower(twice), upper(twice)
        assert estimate == Estimate(
            lower=low.lowest if low else None,
            upper=high.highest if high else None,
            upper_open=bool(high and high.open),
            best=claim.best if claim.closed else None,
            contested=contested(twice, denied=question.denied),
            used=(claim,),
            set_aside=(),
        )
