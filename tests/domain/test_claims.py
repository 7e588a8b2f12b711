"""Claims on their own: parts that add up or do not, keys that are compared, scopes and whose they are."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace as replace_claim

from domain.reports.claims.claim import (
    BEGINNING,
    END,
    Claim,
    ClaimKey,
    earliest,
    event_of_scope,
    latest,
    qualified_scope,
    split_scope,
)
from domain.reports.claims.tie_breaking import ReportContent
from domain.reports.registry import KINDS, REPORTS
from domain.values.populations import Population
from domain.values.time.clocks import Span
from tests.domain.questions import claim, held

MOMENT = datetime(2025, 3, 8, tzinfo=UTC)


def adds(whole: str, *parts: str, exhaustive: bool = True) -> bool:
    found: list[dict[str, Any]] = [
        {"id": f"1.{number}", "population": {"age": "child"}, "count": {"verbatim": part}}
        for number, part in enumerate(parts)
    ]
    body = {"id": "1", "measure": "killed", "count": {"verbatim": whole}, "parts": found, "exhaustive": exhaustive}
    return Claim.validate(body).parts_add()


@pytest.mark.parametrize(
    ("whole", "parts", "add"),
    [
        ("10", ("4", "6"), True),
        ("10", ("4", "5"), False),
        ("10", ("4", "7"), False),
        ("10", ("4", "at least 6"), True),
        ("10", ("4", "at least 7"), False),
        ("10", ("4", "at least 1"), True),
        ("10", ("4", "up to 6"), True),
        ("10", ("4", "up to 5"), False),
        ("10", ("4", "up to 60"), True),
        ("at least 10", ("4", "6"), True),
        ("at least 10", ("4", "5"), False),
        ("at least 10", ("40", "60"), True),
        ("up to 10", ("4", "6"), True),
        ("up to 10", ("4", "7"), False),
        ("up to 10", ("0", "0"), True),
        ("10-20", ("4-6", "6-7"), True),
        ("10-20", ("2-3", "4-6"), False),
        ("10-20", ("8", "13-20"), False),
        ("3", ("at least 2", "at least 2"), False),
        ("2", ("up to 2", "up to 2"), True),
        ("1", ("up to 1", "up to 1"), True),
        ("none", ("1",), False),
        ("1", ("none",), False),
    ],
)
def test_parts_that_are_all_there_is_add_up_to_the_whole_as_far_as_their_ends_let_them(
    whole: str, parts: tuple[str, ...], *, add: bool
) -> None:
    assert adds(whole, *parts) is add


def test_parts_that_may_leave_something_out_always_add_up() -> None:
    assert adds("10", "4", "5", exhaustive=False)
    assert adds("10")


def test_words_for_the_whole_or_for_a_part_add_up_to_anything() -> None:
    assert adds("hundreds", "4", "5")
    assert adds("10", "dozens", "5")


def test_equal_keys_are_found_and_others_are_not() -> None:
    limits = {"status": ["civilian", "state_forces"]}, {"status": ["state_forces", "civilian"]}
    one, same = (ClaimKey("killed", Population.validate(each).canonical(), "incident") for each in limits)
    other = replace_claim(one, manner="execution")
    assert {one: "found"}.get(same) == "found"
    assert hash(one) == hash(same) != hash(other)
    assert one != other
    assert one != one.canonical, "a key is no text"


def test_a_key_stands_in_documents_by_its_limits_alone_and_sorts_by_their_text() -> None:
    civilians = Population.validate({"status": ["civilian"], "of": "police"})
    limits = {"status": ["civilian"], "of": "police"}
    key = ClaimKey("killed", civilians, "incident", "execution")
    assert key.document == {"measure": "killed", "population": limits, "scope": "incident", "manner": "execution"}
    assert json.loads(key.canonical) == key.document
    assert ClaimKey("killed", Population(), "incident").document["population"] == {}
    keys = [ClaimKey("killed", Population(), "incident", manner) for manner in (None, "execution")]
    assert [each.canonical for each in keys] == [
        f'{{"manner":{manner},"measure":"killed","population":{{}},"scope":"incident"}}'
        for manner in ("null", '"execution"')
    ]


@pytest.mark.parametrize(
    ("scope", "home", "event"),
    [
        ("incident", (None, "incident"), None),
        ("coast", (None, "coast"), None),
        ("event:raid", (None, "event:raid"), "raid"),
        ("event:raid/2", (None, "event:raid/2"), "raid/2"),
        ("event:event:raid", (None, "event:event:raid"), "event:raid"),
        ("other-town/incident", ("other-town", "incident"), None),
        ("other-town/coast", ("other-town", "coast"), None),
        ("other-town/event:raid", ("other-town", "event:raid"), "other-town/event:raid"),
        ("other-town/event:raid/2", ("other-town", "event:raid/2"), "other-town/event:raid/2"),
    ],
)
def test_a_scope_says_whose_it_is_and_which_event_it_is_about(
    scope: str, home: tuple[str | None, str], event: str | None
) -> None:
    assert split_scope(scope) == home
    assert event_of_scope(scope) == event
    assert home[0] is None or qualified_scope(*home) == scope


def test_an_open_end_of_a_span_lies_beyond_every_moment() -> None:
    assert (earliest(Span(None, MOMENT)), latest(Span(MOMENT, None))) == (BEGINNING, END)
    assert (earliest(Span(MOMENT, None)), latest(Span(None, MOMENT))) == (MOMENT, MOMENT)


def test_a_claim_is_ordered_by_the_greatest_figure_that_it_says() -> None:
    assert held("a", "300-350").figure == 350
    assert held("a", "at least 340").figure == 340
    assert held("a", {"verbatim": "x", "lower": 10, "upper": 8, "best": 9}).figure == 10
    assert held("a", "many").figure == -1


def test_what_words_stand_for_is_never_printed() -> None:
    assert (held("a", "dozens").worded, held("a", "dozens").printable_figures) == (True, (None, None, None))
    assert (held("a", "at least 5").worded, held("a", "at least 5").printable_figures) == (False, (5, None, None))
    assert claim("a", "dozens").highest is None


def test_of_two_claims_that_is_newer_which_was_said_later_by_its_end_its_start_its_figure_and_its_source() -> None:
    plain = replace_claim(held("a", "5"), ref="b", reported=Span(MOMENT, MOMENT))
    day, hour = MOMENT.replace(day=9), MOMENT.replace(hour=1)
    newer = [
        replace_claim(plain, ref="a", origin="zzz", order=-1),
        replace_claim(plain, ref="a", count=held("a", "6").count, order=-1),
        replace_claim(plain, ref="a", reported=Span(hour, day), order=-1),
        replace_claim(plain, ref="a", reported=Span(None, day.replace(hour=2)), order=-1),
        replace_claim(plain, ref="a", reported=Span(None, None), order=-1),
    ]
    assert sorted([*newer[::-1], plain], key=lambda each: each.recency_key) == [plain, *newer]


def test_a_claim_is_compared_by_all_but_the_content_of_its_report() -> None:
    plain = held("a", "5")
    same = replace_claim(plain, record=ReportContent(REPORTS.validate_python(dict(KINDS["toll_revised"].example))))
    assert (same, hash(same)) == (plain, hash(plain))
    for changed in ({"origin": "b"}, {"order": 1}, {"flags": ("inconsistent",)}, {"incremental": True}):
        assert replace_claim(plain, **changed) != plain
