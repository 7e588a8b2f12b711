"""What the policies share: each step of the sifting, each tie between equal figures, and when two claims differ."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from msgspec.structs import replace as replace_claim

from domain.estimates import exclusion
from domain.estimates.estimate import PolicyClaim, PolicyInput
from domain.estimates.exclusion import differ, range_estimate
from domain.reports.claims.claim import BEGINNING, END
from tests.domain.questions import aside, ask, behind, claim, ends, exceeded, held, questions, why
from tests.domain.replacing import replace


def test_where_nobody_said_anything_there_is_no_figure() -> None:
    estimate = range_estimate(ask())
    assert ends(estimate) == (None, None, None)
    assert (estimate.upper_open, estimate.contested, estimate.used, estimate.set_aside) == (False, False, (), ())


def test_each_reason_for_setting_a_claim_aside_is_a_plain_sentence() -> None:
    estimate = range_estimate(
        ask(
            claim("liar", "5", grade="E"),
            claim("rumour", "6", credibility=5),
            claim("vague", "dozens", grade="A"),
            claim("unknown", "7", grade="F"),
            claim("doubtful", "7", grade="D"),
            claim("incomplete", "8", grade="A", partial=True),
            claim("slow", "9"),
            claim("fast", "10", 9),
        )
    )
    assert {item.claim.resolved.origin: (item.code, item.why) for item in estimate.set_aside} == {
        "liar": ("rated_out", "The source is graded E, unreliable."),
        "rumour": ("rated_out", "The report is judged 5, improbable."),
        "vague": ("worded", "It is a count in words, and others give figures."),
        "unknown": ("ungraded", "Its source is graded F, and sources graded A to C stand."),
        "doubtful": ("ungraded", "Its source is graded D, and sources graded A to C stand."),
        "incomplete": ("partial", "Its source says that the count is incomplete."),
        "slow": ("outrun", "It was outrun: 10 counts at least a day further (fast-9#1)."),
    }
    assert [used.resolved.origin for used in estimate.used] == ["fast"]


@pytest.mark.parametrize("credibility", [1, 2, 3, 4, 6])
def test_only_an_improbable_report_is_rated_out(credibility: int) -> None:
    assert aside(range_estimate(ask(claim("sohr", "5", credibility=credibility)))) == {}


def test_what_is_rated_out_stays_out_where_nothing_else_is_left() -> None:
    estimate = range_estimate(ask(claim("liar", "5", grade="E"), claim("rumour", "6", credibility=5)))
    assert (estimate.used, aside(estimate)) == ((), {"liar": "rated_out", "rumour": "rated_out"})


def test_what_is_rated_out_makes_no_ungraded_source_give_way_and_outruns_nothing() -> None:
    estimate = range_estimate(
        ask(claim("unknown", "5", grade="F"), claim("rumour", "60", 12, grade="A", credibility=5))
    )
    assert aside(estimate) == {"rumour": "rated_out"}


def test_a_step_that_would_leave_nothing_is_passed_over_and_the_next_one_still_taken() -> None:
    estimate = range_estimate(ask(claim("one", "dozens", grade="F"), claim("other", "hundreds", grade="A")))
    assert aside(estimate) == {"one": "ungraded"}


def test_a_claim_is_set_aside_for_the_first_reason_alone() -> None:
    estimate = range_estimate(ask(claim("one", "dozens", grade="F", partial=True), claim("other", "9", 12)))
    assert aside(estimate) == {"one": "worded"}


def test_what_an_earlier_step_set_aside_still_outruns() -> None:
    estimate = range_estimate(ask(claim("slow", "5"), claim("partial", "9", 12, partial=True)))
    assert aside(estimate) == {"partial": "partial"}, "the step would leave none"
    estimate = range_estimate(ask(claim("slow", "5"), claim("level", "4", 12), claim("partial", "9", 12, partial=True)))
    assert aside(estimate) == {"slow": "outrun", "partial": "partial"}


def test_a_source_graded_c_is_judged_and_one_graded_d_is_not() -> None:
    assert aside(range_estimate(ask(claim("c", "5", grade="C"), claim("d", "5", grade="D")))) == {"d": "ungraded"}
    assert aside(range_estimate(ask(claim("d", "5", grade="D"), claim("f", "5", grade="F")))) == {}


@pytest.mark.parametrize(
    ("slow", "fast", "outrun"),
    [
        (claim("slow", "5"), claim("fast", "6", 9), True),
        (claim("slow", "none"), claim("fast", "1", 9), True),
        (claim("slow", "5"), claim("fast", "6", 9 - 1 / 86_400), False),
        (claim("slow", "5"), claim("fast", "5", 9), False),
        (claim("slow", "5-7"), claim("fast", "7", 9), False),
        (claim("slow", "5-7"), claim("fast", "8", 9), True),
        (claim("slow", "5"), claim("fast", "6-9", 9), True),
        (claim("slow", "7"), claim("fast", "6-9", 9), False),
        (claim("slow", "5"), claim("fast", "at least 6", 9), False),
        (claim("slow", "at least 5"), claim("fast", "6", 9), True),
        (claim("slow", "at least 5"), claim("fast", "more than 6", 9), True),
        (claim("slow", "up to 5"), claim("fast", "more than 6", 9), True),
        (claim("slow", "5"), claim("fast", "up to 9", 9), False),
        (claim("slow", "5"), claim("fast", "hundreds", 9), False),
        (claim("slow", "5", grade="C"), claim("fast", "6", 9), True),
        (claim("slow", "5", grade="A"), claim("fast", "6", 9), False),
        (claim("slow", "5", grade="D"), claim("fast", "6", 9, grade="F"), False),
        (claim("slow", "5", grade="F"), claim("fast", "6", 9, grade="D"), True),
        (claim("slow", "5", until=7), claim("fast", "6", until=8), True),
        (claim("slow", "5", until=8), claim("fast", "6", 12, until=8), False),
    ],
)
def test_outrun_is_what_as_good_a_source_counts_a_day_further_and_higher(
    slow: PolicyClaim, fast: PolicyClaim, *, outrun: bool
) -> None:
    assert (aside(range_estimate(ask(slow, fast))) == {"slow": "outrun"}) is outrun


def test_a_count_that_reaches_the_end_of_the_period_is_not_outrun_and_one_before_it_is() -> None:
    slow, fast = claim("slow", "5"), claim("fast", "9", 12)
    assert aside(range_estimate(ask(slow, fast, period_end=slow.resolved.counted_until))) == {}
    assert aside(range_estimate(ask(slow, fast, period_end=slow.resolved.counted_until + timedelta(seconds=1)))) == {
        "slow": "outrun"
    }


def test_no_source_outruns_itself_by_what_it_said_before() -> None:
    own = claim("sohr", "5", 9, until=6, superseded=(held("sohr", "50", 8),))
    assert aside(range_estimate(ask(own, claim("snhr", "5", 9)))) == {}


def test_a_source_asked_on_behalf_of_the_greatest_is_outrun_by_the_second() -> None:
    own = claim("sohr", "5", 9, until=6, superseded=(held("sohr", "50", 8),))
    others = claim("snhr", "20", 8), claim("ap", "30", 8)
    assert why(range_estimate(ask(own, *others)), "sohr") == "It was outrun: 30 counts at least a day further (ap-8#1)."
    none = claim("sohr", "none", 9, until=6, superseded=(held("sohr", "50", 8.5),))
    assert aside(range_estimate(ask(none, claim("snhr", "1", 8)))) == {"sohr": "outrun"}


def test_of_three_sources_the_one_that_counts_most_is_not_forgotten() -> None:
    others = claim("a", "30", 10), claim("b", "20", 11), claim("c", "10", 12), claim("d", "5", 12)
    assert why(range_estimate(ask(claim("slow", "25"), *others)), "slow").endswith("(a-10#1).")


def test_of_many_that_outrun_a_claim_the_newest_is_named() -> None:
    fast = claim("fast", "70", 12, superseded=tuple(held("fast", str(20 + day), day) for day in range(2, 12)))
    other = claim(
        "other", "65", 10.5, superseded=tuple(held("other", str(30 + day), day + 0.5) for day in range(2, 10))
    )
    estimate = range_estimate(ask(claim("slow", "25", 3), fast, other))
    assert why(estimate, "slow") == "It was outrun: 70 counts at least a day further (fast-12#1)."
    late = replace_claim(fast.resolved, count=held("fast", "22").count)
    estimate = range_estimate(ask(claim("slow", "25", 3), replace(fast, resolved=late), other))
    assert why(estimate, "slow") == "It was outrun: 31 counts at least a day further (fast-11#1)."


def test_a_newer_claim_that_reaches_less_far_is_not_the_one_that_outran() -> None:
    fast = claim("fast", "70", 12, until=8.5, superseded=(held("fast", "60", 10),))
    assert "60 counts" in why(range_estimate(ask(claim("slow", "25"), fast)), "slow")


def test_a_whole_that_reads_by_its_part_outruns_by_what_was_said_before_alone() -> None:
    whole = exceeded(claim("fast", "30", 12), 40, "part#1")
    assert aside(range_estimate(ask(claim("slow", "25"), whole))) == {}
    before = replace(whole, superseded=(held("fast", "29", 11),))
    assert aside(range_estimate(ask(claim("slow", "25"), before))) == {"slow": "outrun"}


def test_counts_at_the_ends_of_the_calendar_are_weighed_too() -> None:
    first, last = (
        replace(claim(name, count), resolved=replace_claim(held(name, count), counted_until=moment))
        for name, count, moment in (("first", "5", BEGINNING), ("last", "6", END))
    )
    assert aside(range_estimate(ask(first, last))) == {"first": "outrun"}


def test_of_equal_figures_the_closed_one_then_the_better_graded_then_the_newer_then_the_greater_id_stands() -> None:
    opened, worse = claim("open", "at least 9", 9, grade="A"), claim("worse", "9", 9, grade="C")
    older, newer = claim("older", "9", 8), claim("newer", "9", 9)
    lesser, greater = claim("b", "9", 9), claim("c", "9", 9)
    for stronger, weaker in ((worse, opened), (older, worse), (newer, older), (greater, lesser)):
        for claims in ((stronger, weaker), (weaker, stronger)):
            assert behind(range_estimate(ask(*claims)))[0] == stronger.ref
            assert behind(range_estimate(ask(*claims)))[2] == stronger.ref
            assert not range_estimate(ask(*claims)).upper_open


def test_the_upper_end_is_open_where_the_greatest_figure_is() -> None:
    assert ends(range_estimate(ask(claim("a", "10"), claim("b", "at least 11")))) == (10, 10, "11+")
    assert ends(range_estimate(ask(claim("a", "10"), claim("b", "at least 9")))) == (10, 10, 10)
    assert ends(range_estimate(ask(claim("a", "at least 9"), claim("b", "up to 30")))) == (9, None, 30)


def test_the_best_figure_is_of_the_best_grade_the_newest_and_not_a_range() -> None:
    assert ends(range_estimate(ask(claim("a", "100", grade="A"), claim("b", "90", 9))))[1] == 100
    assert ends(range_estimate(ask(claim("a", "100"), claim("b", "90", 8.5))))[1] == 90
    assert ends(range_estimate(ask(claim("a", "100"), claim("b", "90-95", 8.5))))[1] is None
    assert ends(range_estimate(ask(claim("a", "79"), claim("b", "100", 8.5))))[1] is None
    assert ends(range_estimate(ask(claim("a", "at least 95", grade="A"), claim("b", "100"))))[1] == 100


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ("80", "100", False),
        ("79", "100", True),
        ("799", "1,000", True),
        ("800", "1,000", False),
        ("0", "0", False),
        ("none", "1", True),
        ("70-90", "112-200", False),
        ("70-90", "113-200", True),
        ("100", "at least 125", False),
        ("100", "at least 126", True),
        ("at least 5", "100", False),
        ("at least 5", "at least 100", False),
        ("up to 5", "100", False),
        ("5", "up to 100", False),
        ("dozens", "1,000", False),
        ("dozens", "hundreds", False),
    ],
)
def test_two_claims_differ_if_more_than_a_fifth_of_the_larger_lies_between(
    one: str, other: str, *, apart: bool
) -> None:
    claims = claim("one", one), claim("other", other)
    assert differ(*claims) is differ(*reversed(claims)) is apart
    assert range_estimate(ask(*claims)).contested is (apart and "dozens" not in (one, other))


def test_a_denial_or_a_dispute_contests_what_all_agree_on() -> None:
    agreed = claim("sohr", "9"), claim("snhr", "9")
    assert not range_estimate(ask(*agreed)).contested
    assert range_estimate(ask(*agreed, denied=True)).contested
    assert range_estimate(ask(*agreed, claim("ap", "9", disputed=True))).contested
    assert not range_estimate(ask(*agreed, claim("liar", "9", grade="E", disputed=True))).contested, "it is not used"


def test_used_claims_and_those_set_aside_are_listed_by_their_ids() -> None:
    claims = [claim(name, "9", grade=grade) for name, grade in (("d", "B"), ("a", "E"), ("c", "E"), ("b", "A"))]
    estimate = range_estimate(ask(*claims))
    assert [used.ref for used in estimate.used] == ["b-8#1", "d-8#1"]
    assert [item.claim.ref for item in estimate.set_aside] == ["a-8#1", "c-8#1"]


@given(questions())
def test_many_rivals_are_searched_to_the_same_end_as_few_are_looked_through(question: PolicyInput) -> None:
    looked_through = range_estimate(question)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(exclusion, "LINEAR_SEARCH_LIMIT", 0)
        assert range_estimate(question) == looked_through


def test_what_outran_several_claims_is_told_of_each_in_the_same_words() -> None:
    slow, late = claim("slow", "5", day=5), claim("late", "7", day=6)
    estimate = range_estimate(ask(slow, late, claim("fast", "10", day=9)))
    assert aside(estimate) == {"slow": "outrun", "late": "outrun"}
    assert (
        why(estimate, "slow")
        == why(estimate, "late")
        == ("It was outrun: 10 counts at least a day further (fast-9#1).")
    )
