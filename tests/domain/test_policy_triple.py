"""`triple/1`: low, best and high, as the claims have them."""

from __future__ import annotations

from domain.policies.triple_1 import estimate
from tests.domain.questions import aside, ask, behind, claim, ends


def test_where_nothing_may_be_used_no_column_has_a_figure() -> None:
    triple = estimate(ask(claim("liar", "5", grade="E")))
    assert (ends(triple), triple.upper_open, triple.used) == ((None, None, None), False, ())
    assert aside(triple) == {"liar": "rated_out"}


def test_low_is_the_least_figure_open_or_closed_and_high_the_greatest() -> None:
    triple = estimate(ask(claim("a", "at least 50"), claim("b", "100"), claim("c", "90-300"), claim("d", "up to 40")))
    assert (ends(triple), behind(triple)) == ((50, 100, 300), ("a-8#1", "b-8#1", "c-8#1"))
    assert [used.resolved.origin for used in triple.used] == ["a", "b", "c", "d"]


def test_high_is_open_where_the_greatest_figure_is() -> None:
    assert ends(estimate(ask(claim("a", "100"), claim("b", "more than 300")))) == (100, 100, "300+")
    assert ends(estimate(ask(claim("a", "100"), claim("b", "up to 300")))) == (100, 100, 300)


def test_best_is_the_figure_that_most_origins_give_however_graded_or_old() -> None:
    triple = estimate(ask(claim("a", "100", 7, "C"), claim("b", "about 100", 7, "C"), claim("c", "90", 7.5, grade="A")))
    assert ends(triple) == (90, 100, 100)


def test_one_origin_that_gives_a_figure_twice_is_one() -> None:
    twice = claim("a", "100", ref="a-1#1"), claim("a", "100", ref="a-2#1")
    assert ends(estimate(ask(*twice, claim("b", "90", grade="A"))))[1] == 90


def test_of_figures_that_as_many_give_that_of_the_better_grade_is_best_then_the_newest_then_the_largest() -> None:
    better, worse = claim("better", "80", 8, "A"), claim("worse", "90", 8.5)
    older, newer = claim("older", "80", 8), claim("newer", "79", 8.5)
    greater, lesser = claim("b", "80"), claim("c", "79")
    for stronger, weaker in ((better, worse), (newer, older), (greater, lesser)):
        for claims in ((stronger, weaker), (weaker, stronger)):
            assert behind(estimate(ask(*claims)))[1] == stronger.ref


def test_the_best_figure_names_the_best_graded_of_those_who_give_it() -> None:
    triple = estimate(ask(claim("a", "100", 7), claim("b", "100", 7, "A"), claim("c", "100", 7.5)))
    assert behind(triple)[1] == "b-7#1"


def test_what_has_no_figure_of_both_ends_is_no_best_one() -> None:
    triple = estimate(ask(claim("a", "at least 100"), claim("b", "70-90"), claim("c", "up to 300")))
    assert ends(triple) == (70, None, 300)
    inconsistent = {"verbatim": "x", "lower": 10, "upper": 20, "best": 12}
    assert ends(estimate(ask(claim("a", inconsistent))))[1] == 12
    capped = {"verbatim": "x", "upper": 20, "best": 12, "bound": "at_most"}
    assert ends(estimate(ask(claim("a", capped)))) == (None, None, 20)


def test_a_triple_is_contested_where_the_range_is() -> None:
    assert estimate(ask(claim("a", "100"), claim("b", "300"))).contested
    assert estimate(ask(claim("a", "100"), denied=True)).contested
    assert not estimate(ask(claim("a", "100"), claim("b", "101"))).contested


def test_what_is_set_aside_is_listed_by_its_id() -> None:
    triple = estimate(ask(claim("c", "5", grade="F"), claim("b", "dozens"), claim("a", "100")))
    assert [(item.claim.resolved.origin, item.code) for item in triple.set_aside] == [
        ("b", "worded"),
        ("c", "ungraded"),
    ]
