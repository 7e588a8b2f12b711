"""The two engines of a statement: what the fast one accepts, the explaining one accepts with the same document."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.reports.kind import Kind, Report
from domain.reports.registry import KINDS
from domain.reports.versions import document
from domain.values.acceptance import LONGEST_KNOWN, MOST_KNOWN, KnownValues
from domain.values.explanation import explained_document
from tests.domain.strategies import Body, report_bodies

ODD: list[Any] = [
    None, 0, -1, 12, True, "", " ", "x" * 400, "\u00e9-x", "e\u0301-x", "Bad Slug", [], {}, ["a", "a"], {"a": 1}, 2**53,
    "2025-13-01", "2025-03-09", "more than 1,000", "12 more", {"verbatim": "12"}, {"lower": 3, "upper": 2}, "\x00",
    "8E10200C-E07C-59A2-88D1-19894C191585", {"decimal": "1.50"}, {"anonymous": "A", "type": "witness"}, "a\nb", "1\n",
]  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of all values within a body."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for step, item in items for found in ((*path, step), *places(item, (*path, step)))]


@st.composite
def odd_bodies(draw: st.DrawFn) -> Body:
    """Bodies of reports in which up to two values are others, or are missing."""
    body = deepcopy(draw(report_bodies()))
    for _ in range(draw(st.integers(0, 2))):
        *steps, last = draw(st.sampled_from(places(body) or [("kind",)]))
        within: Any = body
        for step in steps:
            within = within[step]
        if draw(st.booleans()) or isinstance(within, list):
            within[last] = draw(st.sampled_from(ODD))
        else:
            del within[last]
    return body


def explained(model: type[Report], body: Body) -> Body | None:
    try:
        return explained_document(model, body)
    except ValidationError:
        return None


@given(odd_bodies())
def test_what_the_fast_engine_accepts_the_explaining_one_accepts_as_the_same(body: Body) -> None:
    name = body.get("kind")
    model = KINDS[name if isinstance(name, str) and name in KINDS else "toll_revised"].model
    before = deepcopy(body)
    report, other = model.accepted(body), explained(model, body)
    assert body == before, "a body is never changed in place"
    if report is not None:
        assert document(report) == other
        assert report == model.from_document(document(report))


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_the_golden_example_of_every_kind_needs_no_explanation(kind: Kind) -> None:
    assert kind.model.accepted(dict(kind.example)) is not None


@given(st.lists(st.sampled_from(["a-b", "A B", "", "aleppo"]), max_size=12))
def test_what_is_remembered_is_what_the_rule_accepts(asked: list[str]) -> None:
    known = KnownValues(str.islower)
    assert [known[word] for word in asked] == [word.islower() for word in asked]
    assert set(known) == {word for word in asked if word.islower()}


def test_few_and_short_values_are_remembered() -> None:
    known = KnownValues(lambda _: True)
    for number in range(MOST_KNOWN + 1):
        assert known[f"{number}"]
    assert known["x" * (LONGEST_KNOWN + 1)]
    assert set(known) == {f"{MOST_KNOWN}"}
