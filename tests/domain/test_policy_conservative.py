"""`conservative/1`: how many at the very least, by one claim alone."""

from __future__ import annotations

import pytest

from domain.estimates.exclusion import range_estimate
from domain.policies.conservative_1 import estimate
from tests.domain.questions import aside, ask, behind, claim, ends, exceeded, why


def test_where_nothing_may_be_used_there_is_no_figure() -> None:
    least = estimate(ask(claim("liar", "5", grade="E")))
    assert (ends(least), least.upper_open, least.used, aside(least)) == (
        (None, None, None),
        False,
        (),
        {"liar": "rated_out"},
    )


def test_the_least_figure_stands_for_lower_and_best_and_nothing_is_said_of_a_top() -> None:
    least = estimate(ask(claim("b", "340"), claim("a", "300-900"), claim("c", "350")))
    assert (ends(least), behind(least)) == ((300, 300, "None+"), ("a-8#1", "a-8#1", None))
    assert [used.ref for used in least.used] == ["a-8#1"]
    assert [(item.claim.ref, item.code, item.why) for item in least.set_aside] == [
        ("b-8#1", "higher", "A lower count stands (a-8#1)."),
        ("c-8#1", "higher", "A lower count stands (a-8#1)."),
    ]


def test_a_closed_figure_comes_before_an_open_one_however_low() -> None:
    least = estimate(
        ask(claim("a", "at least 50"), claim("b", "100"), claim("c", "at least 100"), claim("d", "more than 101"))
    )
    assert ends(least) == (100, 100, "None+")
    assert aside(least) == {"a": "open", "c": "open", "d": "higher"}
    assert why(least, "a") == "It gives no greatest figure, and another claim gives both ends (b-8#1)."


def test_where_no_figure_is_closed_the_least_open_one_stands() -> None:
    least = estimate(ask(claim("a", "at least 50"), claim("b", "more than 40")))
    assert (ends(least), aside(least)) == ((40, 40, "None+"), {"a": "higher"})


def test_a_cap_gives_way_to_any_figure() -> None:
    least = estimate(ask(claim("a", "up to 30"), claim("b", "at least 40"), claim("c", "fewer than 400")))
    assert (ends(least), aside(least)) == ((40, 40, "None+"), {"a": "capped", "c": "capped"})
    assert why(least, "a") == "It gives no least figure, and another claim does (b-8#1)."


def test_of_caps_alone_the_least_is_the_upper_end_and_there_is_no_lower_one() -> None:
    least = estimate(ask(claim("a", "up to 40"), claim("b", "fewer than 30")))
    assert (ends(least), behind(least)[2], aside(least)) == ((None, None, 30), "b-8#1", {"a": "higher"})
    assert not least.upper_open


def test_a_cap_below_its_own_best_figure_reads_as_the_range_reads_it() -> None:
    odd = {"verbatim": "x", "bound": "at_most", "upper": 20, "best": 30}
    assert ends(estimate(ask(claim("a", odd)))) == ends(range_estimate(ask(claim("a", odd)))) == (None, None, 30)


def test_of_equal_figures_the_better_graded_stands_then_the_newer_then_the_greater_id() -> None:
    better, worse = claim("better", "9", 9, grade="A"), claim("worse", "9", 9.5)
    older, newer = claim("older", "9", 8), claim("newer", "9", 8.5)
    lesser, greater = claim("b", "9"), claim("c", "9")
    for stronger, weaker in ((better, worse), (newer, older), (greater, lesser)):
        for claims in ((stronger, weaker), (weaker, stronger)):
            least = estimate(ask(*claims))
            assert least.used == (stronger,)
            assert [(item.code, item.why) for item in least.set_aside] == [
                ("equal", f"As low a count stands, and is preferred ({stronger.ref}).")
            ]


@pytest.mark.parametrize(
    ("fewer", "more"),
    [
        ("tens", "dozens"),
        ("dozens", "hundreds"),
        ("dozens of young men", "hundreds of people"),
        ("a few", "tens"),
        ("scores", "hundreds"),
        ("hundreds", "several hundred"),
        ("hundreds", "thousands"),
        ("thousands", "many"),
        ("tens", "many"),
    ],
)
def test_where_only_words_are_left_those_for_the_fewest_stand_and_no_figure_is_printed(fewer: str, more: str) -> None:
    for claims in ((claim("a", fewer), claim("b", more)), (claim("c", more), claim("a", fewer))):
        least = estimate(ask(*claims))
        assert (ends(least), least.upper_open) == ((None, None, None), False)
        assert [used.resolved.count.verbatim for used in least.used] == [fewer]
        [item] = least.set_aside
        assert (item.code, item.why) == (
            ("unranked", "Its words stand for no number; another claim is used (a-8#1).")
            if more == "many"
            else ("higher", "A lower count stands (a-8#1).")
        )


@pytest.mark.parametrize(("acled", "number"), [("tens", 10), ("dozens", 12), ("hundreds", 100)])
def test_words_rank_by_the_numbers_that_acled_gives_them(acled: str, number: int) -> None:
    for lower, least in ((number - 1, "other"), (number + 1, "acled")):
        given = claim("other", {"verbatim": "quelques-uns", "bound": "worded", "lower": lower})
        assert estimate(ask(claim("acled", acled), given)).used[0].resolved.origin == least


def test_of_words_for_as_many_the_better_graded_stand_then_the_newer_then_the_greater_id() -> None:
    better, worse = claim("better", "dozens", 9, grade="A"), claim("worse", "dozens", 9.5)
    older, newer = claim("older", "many", 8), claim("newer", "many", 8.5)
    lesser, greater = claim("b", "dozens"), claim("c", "dozens of men")
    for stronger, weaker in ((better, worse), (newer, older), (greater, lesser)):
        for claims in ((stronger, weaker), (weaker, stronger)):
            assert estimate(ask(*claims)).used == (stronger,)
    assert aside(estimate(ask(lesser, greater))) == {"b": "equal"}
    assert aside(estimate(ask(older, newer))) == {"older": "unranked"}


def test_words_for_none_at_all_rank_below_every_other() -> None:
    nought = claim("nought", {"verbatim": "presque personne", "bound": "worded", "lower": 0})
    one = claim("one", {"verbatim": "à peine un", "bound": "worded", "lower": 1}, 9)
    assert estimate(ask(nought, claim("many", "many", 9), one)).used == (nought,)


def test_a_figure_of_none_is_a_figure() -> None:
    least = estimate(ask(claim("a", "none"), claim("b", "3")))
    assert (ends(least), least.contested) == ((0, 0, "None+"), True)


def test_a_whole_that_reads_by_its_part_counts_by_the_part() -> None:
    least = estimate(ask(exceeded(claim("a", "30"), 40, "part#1"), claim("b", "at least 35")))
    assert (ends(least), aside(least)) == ((35, 35, "None+"), {"a": "higher"})
    least = estimate(ask(exceeded(claim("a", "30"), 40, "part#1"), claim("b", "at least 45")))
    assert (ends(least), behind(least)[0]) == ((40, 40, "None+"), "part#1")


def test_the_one_claim_is_contested_by_what_the_range_would_use_beside_it() -> None:
    assert estimate(ask(claim("a", "100"), claim("b", "300"))).contested
    assert estimate(ask(claim("a", "100"), claim("b", "100", disputed=True))).contested
    assert estimate(ask(claim("a", "100"), denied=True)).contested
    assert not estimate(ask(claim("a", "100"), claim("b", "101"))).contested


def test_what_the_range_sets_aside_stays_aside_beside_what_is_higher() -> None:
    least = estimate(ask(claim("c", "5", grade="F"), claim("b", "200"), claim("a", "100"), claim("d", "dozens")))
    assert aside(least) == {"b": "higher", "c": "ungraded", "d": "worded"}
    assert [item.claim.resolved.origin for item in least.set_aside] == ["b", "c", "d"]
