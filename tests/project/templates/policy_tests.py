"""`new_name/1`: its rule, beyond what holds for every policy (test_policy_properties.py)."""

from domain import catalogue
from tests.domain.questions import ask, claim, ends

estimate = catalogue.policy("new_name/1").estimate


def test_the_ends_are_the_least_and_the_greatest_figure_and_none_is_best() -> None:
    assert ends(estimate(ask(claim("a", "340", grade="A"), claim("b", "229", grade="B")))) == (229, None, 340)


def test_where_nobody_said_anything_there_is_no_figure() -> None:
    assert ends(estimate(ask())) == (None, None, None)
