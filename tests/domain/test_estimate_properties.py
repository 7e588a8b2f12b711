"""What holds for every estimate and every sentence: no figure that nobody said, no key that meddles with another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as replace_claim

from domain import catalogue
from domain.estimates.claim_index import snapshot_claims
from domain.estimates.estimate import PART_EXCEEDS, CitedFigure, PolicyClaim, PolicyInput
from domain.incident.refusals import Refusal
from domain.policies import range_1
from domain.reports.claims.claim import ClaimKey, ResolvedClaim
from domain.values.counts.count import Count
from domain.values.populations import Population
from domain.values.time.clocks import Span
from tests.domain.book import Book, open_book
from tests.domain.given import counted
from tests.domain.replacing import replace
from tests.domain.worlds import (
    POPULATIONS,
    Body,
    World,
    counts,
    digests,
    estimates,
    figures_of,
    moments,
    worlds,
)

POLICIES = sorted(catalogue.POLICIES)
CLOSED, OPEN = ("exact", "about", "between", "none"), ("at_least", "more_than")

# What a sentence holds besides figures: names of claims, grades, days and relays without digits.
_REF = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}#[0-9.]+")
_DAY = re.compile(
    r"\b\d{1,2} (January|February|March|April|May|June|July|August|September|October|November|December)( \d{4})?"
)
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_NUMBER = re.compile(r"\d[\d,]*")


def numbers(sentence: str) -> set[int]:
    """Return the numbers that a sentence prints, dates and names of claims aside."""
    for known in (_REF, _DAY, _ISO_DAY):
        sentence = known.sub("", sentence)
    return {int(number.replace(",", "")) for number in _NUMBER.findall(sentence)}


def every_estimate(book: Book) -> Iterator[Body]:
    for moment in moments(book.history()):
        for policy in POLICIES:
            yield from estimates(book, moment, policy)


@given(worlds())
def test_every_figure_of_an_estimate_is_one_of_the_claim_that_it_names(world: World) -> None:
    book = world.book()
    said = figures_of(book)
    for estimate in every_estimate(book):
        ends = [estimate[name] for name in ("lower", "upper", "best") if estimate[name]]
        assert all(end["figure"] in said[end["claim"]] for end in ends)


@given(worlds())
def test_every_figure_of_a_claim_is_its_own_or_that_of_the_part_that_exceeds_it(world: World) -> None:
    book = world.book()
    said = figures_of(book)
    anything = set[int]().union(*said.values())
    for estimate in every_estimate(book):
        for claim in [*estimate["used"], *estimate["set_aside"], *estimate["increments"]]:
            figures = {claim[name] for name in ("lower", "upper", "best")} - {None}
            assert figures <= (anything if PART_EXCEEDS in claim["flags"] else said[claim["claim"]])


@pytest.mark.parametrize("policy", POLICIES)
@given(worlds())
def test_every_number_in_a_sentence_was_said_by_somebody(policy: str, world: World) -> None:
    book = world.book()
    anything = set[int]().union(*figures_of(book).values())
    for moment in moments(book.history()):
        state = book.read("state/1", until=moment, policy=policy)
        for sentence in cast("list[str]", state["sentences"]):
            assert numbers(sentence) <= anything, sentence


@pytest.mark.parametrize("policy", POLICIES)
@given(worlds())
def test_every_number_in_a_reason_was_said_by_somebody(policy: str, world: World) -> None:
    book = world.book()
    anything = set[int]().union(*figures_of(book).values())
    for claim in cast("list[Body]", book.read("claims/1", policy=policy)["claims"]):
        assert numbers(claim["why"]) <= anything, claim["why"]


@given(worlds())
def test_a_count_in_words_is_never_printed_as_a_figure(world: World) -> None:
    book = world.book()
    for estimate in every_estimate(book):
        ends = {estimate[name]["claim"] for name in ("lower", "upper", "best") if estimate[name]}
        worded = {claim["claim"] for claim in [*estimate["used"], *estimate["set_aside"]] if claim["bound"] == "worded"}
        assert ends.isdisjoint(worded)


@pytest.mark.parametrize("policy", POLICIES)
@given(worlds())
def test_every_current_claim_is_used_or_set_aside_with_a_reason(policy: str, world: World) -> None:
    for keyed in snapshot_claims(world.book().history(), None).by_key:
        estimate = catalogue.policy(policy).estimate(keyed.policy_input)
        used, aside = [claim.ref for claim in estimate.used], [item.claim.ref for item in estimate.set_aside]
        assert sorted(used + aside) == sorted(claim.ref for claim in keyed.policy_input.claims)
        assert all(item.code and item.why for item in estimate.set_aside)


@pytest.mark.parametrize("policy", POLICIES)
@given(worlds())
def test_the_lower_end_is_not_above_the_upper_one_where_the_claims_are_consistent(policy: str, world: World) -> None:
    for estimate in estimates(world.book(), policy=policy):
        if any("inconsistent" in claim["flags"] for claim in estimate["used"]):
            continue
        names = ("lower", "upper") if estimate["upper_open"] else ("lower", "best", "upper")
        ends = [estimate[name]["figure"] for name in names if estimate[name]]
        assert ends == sorted(ends)


@given(worlds())
def test_a_whole_reads_at_least_what_its_source_later_counts_of_a_part(world: World) -> None:
    keyed = snapshot_claims(world.book().history(), None).by_key
    current = [claim.resolved for each in keyed for claim in each.policy_input.claims]
    for claim in (claim for each in keyed for claim in each.policy_input.claims):
        whole = claim.resolved
        greater = [
            part.count.lower
            for part in current
            if (part.origin, part.key.measure, part.key.scope, part.key.manner)
            == (whole.origin, whole.key.measure, whole.key.scope, whole.key.manner)
            and part.key != whole.key
            and part.key.population.is_part_of(whole.key.population)
            and part.count.bound in (*CLOSED, *OPEN)
            and not whole.worded
            and _later(part, whole)
            and (part.count.lower or 0) > max(figure for figure in whole.printable_figures if figure is not None)
        ]
        assert (PART_EXCEEDS in claim.flags) == bool(greater)
        if greater:
            assert (claim.bound, claim.upper, claim.best) == ("at_least", None, None)
            assert claim.lower is not None
            assert claim.lower.figure == max(figure for figure in greater if figure is not None)


def _later(part: ResolvedClaim, whole: ResolvedClaim) -> bool:
    """Compare two claims by the clock and the stated order; no id makes one later."""
    places = [
        (each.reported.latest, each.reported.earliest or datetime.min.replace(tzinfo=UTC), each.order)
        for each in (part, whole)
    ]
    return places[0] > places[1]


@given(worlds(), st.sampled_from(POPULATIONS), st.sampled_from(["killed", "injured"]), counts())
def test_a_claim_changes_no_other_key_but_a_whole_that_it_exceeds(
    world: World, population: Body, measure: str, count: Body
) -> None:
    claim = {"id": "1", "measure": measure, "population": population, "count": count}
    more = {"kind": "toll_revised", "source": "sohr", "reported_at": "2025-03-10", "claims": [claim]}
    if any(body.get("complete") for body in world.reports):
        return
    before = {_key_of(each): each for each in estimates(world.book())}
    after = {_key_of(each): each for each in estimates(world.book([*world.reports, more]))}
    part = Population.validate(population)
    for key, estimate in after.items():
        if key == (measure, _canonical(part), "incident", None) or before.get(key) == estimate:
            continue
        whole = Population.validate(estimate["population"])
        assert (estimate["measure"], estimate["scope"], estimate["manner"]) == (measure, "incident", None)
        assert part.is_part_of(whole)
        claims = [*estimate["used"], *estimate["set_aside"], *before[key]["used"], *before[key]["set_aside"]]
        assert any(PART_EXCEEDS in claim["flags"] for claim in claims)
    assert before.keys() <= after.keys()


def _key_of(estimate: Body) -> tuple[str, str, str, str | None]:
    population = _canonical(Population.validate(estimate["population"]))
    return estimate["measure"], population, estimate["scope"], estimate["manner"]


def _canonical(population: Population) -> str:
    return str(ClaimKey("", population.canonical(), "").document["population"])


# Policies on their own: any claims at all, of any sources.

FIGURES = st.integers(0, 40) | st.sampled_from([0, 10**12, 1383])
KEY = ClaimKey("killed", Population(), "incident")
START = datetime(2025, 3, 6, tzinfo=UTC)
FAR = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


def all_counts() -> st.SearchStrategy[Count]:
    plain = FIGURES.map(lambda figure: counted(lower=figure, upper=figure))
    return plain | plain | counts().map(Count.validate)


def held_claims() -> st.SearchStrategy[ResolvedClaim]:
    moments = st.integers(0, 8).map(lambda half: START + timedelta(hours=12 * half)) | st.sampled_from(FAR)
    return st.builds(
        ResolvedClaim,
        ref=st.just("?"),
        key=st.just(KEY),
        origin=st.just("?"),
        source=st.just("sohr"),
        via=st.just(()),
        reported=st.builds(Span, st.none() | moments, moments),
        reported_at=st.just("2025-03-06"),
        order=st.integers(0, 1),
        count=all_counts(),
        counted_until=moments,
        partial=st.sampled_from([False, False, False, True]),
    )


def questions() -> st.SearchStrategy[PolicyInput]:
    """Questions about one key with up to six origins, each with a history."""
    standing = st.builds(
        _standing,
        held_claims(),
        st.sampled_from("ABBBBCDEF"),
        st.sampled_from([6, 6, 6, 6, 2, 5]),
        st.sampled_from([False, False, False, True]),
        st.lists(held_claims(), max_size=2),
    )
    lists = st.lists(standing, max_size=8).map(
        lambda found: tuple(_named(claim, number) for number, claim in enumerate(found))
    )
    ends = st.none() | st.just(START + timedelta(days=2))
    return st.builds(PolicyInput, st.just(KEY), lists, st.sampled_from([False, False, False, True]), ends)


def _standing(
    held: ResolvedClaim,
    grade: str,
    credibility: int,
    disputed: bool,  # noqa: FBT001
    behind: list[ResolvedClaim],
) -> PolicyClaim:
    count = held.count
    lower, upper, best = (None if figure is None else CitedFigure(figure, "?") for figure in held.printable_figures)
    return PolicyClaim(
        held, grade, count.bound or "exact", lower, upper, best, (), credibility, disputed, superseded=tuple(behind)
    )


def _named(claim: PolicyClaim, number: int) -> PolicyClaim:
    ref = f"report-{(number * 5) % 11}#1"
    ends = {
        name: end and replace(end, claim=ref)
        for name, end in (("lower", claim.lower), ("upper", claim.upper), ("best", claim.best))
    }
    held = replace_claim(claim.resolved, ref=ref, origin=f"origin-{number}")
    behind = tuple(replace_claim(each, ref=f"behind-{number}-{place}#1") for place, each in enumerate(claim.superseded))
    return replace(claim, resolved=held, superseded=behind, **ends)


@pytest.mark.parametrize("policy", POLICIES)
@given(questions(), st.randoms(use_true_random=False))
def test_a_policy_answers_every_question_and_in_whatever_order_its_claims_come(
    policy: str, question: PolicyInput, chance: Any
) -> None:
    shuffled = list(question.claims)
    chance.shuffle(shuffled)
    answer = catalogue.policy(policy).estimate(question)
    assert catalogue.policy(policy).estimate(replace(question, claims=tuple(shuffled))) == answer


def said_by(claim: PolicyClaim) -> list[int]:
    return [end.figure for end in (claim.lower, claim.best, claim.upper) if end]


def differ_by_the_rule(one: PolicyClaim, other: PolicyClaim) -> bool:
    """Compare by vocabulary §5: two closed figures, or an open above a closed one, over 20 % of the larger apart."""
    for high, low in ((one, other), (other, one)):
        if low.bound in CLOSED and high.bound in (*CLOSED, *OPEN):
            nearest = min(said_by(high)), max(said_by(low))
            if 5 * (nearest[0] - nearest[1]) > nearest[0]:
                return True
    return False


@given(questions())
def test_two_claims_differ_by_the_rule(question: PolicyInput) -> None:
    for one, other in combinations(question.claims, 2):
        assert range_1.differ(one, other) == range_1.differ(other, one) == differ_by_the_rule(one, other)


@given(questions())
def test_contested_is_what_any_two_claims_are_that_differ(question: PolicyInput) -> None:
    estimate = range_1.estimate(question)
    apart = any(range_1.differ(one, other) for one, other in combinations(estimate.used, 2))
    disputed = any(claim.disputed for claim in estimate.used)
    assert estimate.contested == (question.denied or apart or disputed)


@given(questions())
def test_no_claim_differs_from_itself(question: PolicyInput) -> None:
    assert not any(range_1.differ(claim, claim) for claim in question.claims)


@given(questions())
def test_what_is_rated_out_is_never_used_and_all_else_is_used_rather_than_nothing(question: PolicyInput) -> None:
    estimate = range_1.estimate(question)
    fit = [claim for claim in question.claims if claim.grade != "E" and claim.credibility != 5]
    assert all(claim in fit for claim in estimate.used)
    assert bool(estimate.used) == bool(fit)


@given(questions())
def test_the_ends_of_the_range_are_those_of_the_rule(question: PolicyInput) -> None:
    estimate = range_1.estimate(question)
    closed = [claim for claim in estimate.used if claim.bound in CLOSED]
    opened = [claim for claim in estimate.used if claim.bound in OPEN]
    capped = [claim for claim in estimate.used if claim.bound in ("at_most", "fewer_than")]
    lows = [figure for claim in (closed or opened) for figure in claim.resolved.printable_figures if figure is not None]
    highs = [
        figure
        for claim in (*closed, *opened, *capped)
        for figure in claim.resolved.printable_figures
        if figure is not None
    ]
    assert (estimate.lower and estimate.lower.figure) == min(lows, default=None)
    assert (estimate.upper and estimate.upper.figure) == max(highs, default=None)


@given(questions())
def test_the_best_figure_is_the_newest_of_the_best_grade_or_none(question: PolicyInput) -> None:
    estimate = range_1.estimate(question)
    closed = [claim for claim in estimate.used if claim.bound in CLOSED]
    for grade in "ABCDF":
        peers = sorted((each for each in closed if each.grade == grade), key=lambda each: each.resolved.recency_key)
        if peers:
            agreed = not any(range_1.differ(one, other) for one in peers[-1:] for other in peers)
            assert estimate.best == (peers[-1].best if agreed else None)
            return
    assert estimate.best is None


@given(questions())
def test_claims_are_set_aside_step_by_step_unless_none_would_be_left(question: PolicyInput) -> None:
    expected = {claim.ref: "rated_out" for claim in question.claims if claim.grade == "E" or claim.credibility == 5}
    remaining = [claim for claim in question.claims if claim.ref not in expected]
    judged = any(claim.grade in "ABC" for claim in remaining)
    steps = {
        "worded": lambda claim: claim.bound == "worded",
        "ungraded": lambda claim: judged and claim.grade in "DF",
        "partial": lambda claim: claim.resolved.partial,
        "outrun": lambda claim: _outrun(claim, question),
    }
    for code, names in steps.items():
        found = [claim.ref for claim in remaining if names(claim)]
        if len(found) < len(remaining):
            expected |= dict.fromkeys(found, code)
            remaining = [claim for claim in remaining if claim.ref not in expected]
    assert {item.claim.ref: item.code for item in range_1.estimate(question).set_aside} == expected


def _outrun(claim: PolicyClaim, question: PolicyInput) -> bool:
    """Step 5 of range/1, written out."""
    figures = [figure for figure in (claim.resolved.count.lower, claim.resolved.count.upper) if figure is not None]
    if not figures or (question.period_end is not None and claim.resolved.counted_until >= question.period_end):
        return False
    grades = "ABCDF"[: "ABCDF".index(claim.grade) + 1]
    rivals = [each for each in question.claims if each is not claim and each.grade in grades and each.credibility != 5]
    for held in (held for rival in rivals for held in (rival.resolved, *rival.superseded)):
        bounds = CLOSED if claim.closed else (*CLOSED, *OPEN)
        further = held.counted_until - claim.resolved.counted_until >= timedelta(days=1)
        if held.count.bound in bounds and further and (held.count.lower or 0) > max(figures):
            return True
    return False


# Whatever was accepted can be asked about.

WORLDS_END = ("0001-01-02T00:00:00Z", "0001-01-02", "../0001-01-03", "9999-12-30", "9999-12-30T23:59:59Z", "998X")


@given(
    st.lists(
        st.fixed_dictionaries(
            {"source": st.sampled_from(["sohr", "snhr"]), "count": counts()},
            optional={
                "reported_at": st.sampled_from(WORLDS_END),
                "counted_until": st.sampled_from(WORLDS_END),
                "period": st.sampled_from(WORLDS_END),
                "occurred": st.sampled_from(WORLDS_END),
                "accumulation": st.just("incremental"),
            },
        ),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from(["-23:59", "+23:59", "Z"]),
    st.sampled_from([None, "0001-01-03/..", "../9999-12-30", "9999-12-30"]),
)
def test_views_answer_at_the_ends_of_the_calendar(said: list[Body], offset: str, period: str | None) -> None:
    book = open_book(utc_offset=offset, period=period)
    for body in said:
        claim = {name: body[name] for name in ("count", "counted_until", "period", "accumulation") if name in body}
        report = {name: body[name] for name in ("source", "reported_at", "occurred") if name in body}
        claims = [{"id": "1", "measure": "killed", **claim}]
        with suppress(Refusal):
            book.file({"kind": "attack_launched", "method": "raid", **report, "claims": claims})
    assert digests(book.history(), moments(book.history()))
