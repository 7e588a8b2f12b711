"""The slot of report kinds: what every file in it keeps, found and tested by being there."""

import json
import pkgutil
import typing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from domain.ledger.canonical import canonical
from domain.reports import kinds
from domain.reports.kind import Kind, Report, Tier, event_label
from domain.reports.registry import KINDS, REPORTS
from domain.reports.versions import document
from domain.values.declaration import declared_fields
from domain.values.text_types import slugify
from tests.domain.given import errors, is_part_of, without_derived
from tests.domain.strategies import Body, report_bodies

POSTS = Path(__file__).parents[3] / "shared" / "vectors" / "posts.json"
ALL = [pytest.param(kind, id=name) for name, kind in KINDS.items()]
DESIGNED = {
    "attack_launched",
    "reinforcement_arrived",
    "speech_delivered",
    "toll_revised",
    "responsibility_stated",
    "arrest_made",
    "displacement_reported",
    "access_restricted",
    "property_destroyed",
    "protest_held",
    "ceasefire_declared",
    "aid_delivered",
    "inquiry_opened",
    "observation_noted",
}
NO_CODES = {"toll_revised", "displacement_reported", "observation_noted"}
"""Kinds of the design for which CAMEO has no code."""


def posts() -> list[Any]:
    if not POSTS.exists():
        return [pytest.param({}, marks=pytest.mark.skip("the shared vectors are not beside this checkout"))]
    found = json.loads(POSTS.read_text(encoding="utf-8"))["posts"]
    return [pytest.param(post["post"], id=slugify(post["title"])) for post in found]


def test_every_kind_of_the_design_is_in_the_slot() -> None:
    assert set(KINDS) >= DESIGNED
    assert list(KINDS) == sorted(KINDS)


def test_a_file_in_the_slot_is_a_kind_of_that_name() -> None:
    assert {module.name for module in pkgutil.iter_modules(kinds.__path__)} == set(KINDS)


@pytest.mark.parametrize("body", posts())
def test_every_post_of_the_design_is_accepted_and_comes_back(body: Body) -> None:
    assert is_part_of(body, document(REPORTS.validate_python(body)))


@pytest.mark.parametrize("kind", ALL)
def test_a_golden_example_is_accepted_and_comes_back_byte_for_byte(kind: Kind) -> None:
    sent = canonical(kind.example)
    held = document(REPORTS.validate_json(sent))
    assert held["kind"] == kind.name
    assert canonical(without_derived(held)) == sent
    assert canonical(document(REPORTS.validate_json(canonical(held)))) == canonical(held)


@pytest.mark.parametrize("kind", ALL)
def test_a_golden_example_shows_every_field_of_its_kind(kind: Kind) -> None:
    own = {each.json_name for each in declared_fields(kind.model) if each.name not in Report.__struct_fields__}
    assert own <= set(kind.example)


@pytest.mark.parametrize("kind", ALL)
def test_a_kind_says_what_it_is(kind: Kind) -> None:
    assert kind.title[0].isupper()
    assert kind.meaning.endswith(".")
    assert kind.topic == f"{kind.name}.v1"
    assert None in kind.cases
    assert {case.tier for case in kind.cases.values()} <= set(typing.get_args(Tier))
    assert (kind.case_field is None) == (len(kind.cases) == 1)


@pytest.mark.parametrize("kind", ALL)
def test_a_word_of_the_crosswalk_is_a_word_of_its_field(kind: Kind) -> None:
    for word, case in kind.cases.items():
        if word is not None and kind.case_field is not None:
            report = REPORTS.validate_python({**kind.example, kind.case_field: word})
            assert kind.tier(report) == case.tier
            assert replace(kind.codes(report), ucdp=None) == case.codes


@pytest.mark.parametrize("kind", ALL)
def test_a_kind_has_codes_in_each_of_its_cases_or_in_none(kind: Kind) -> None:
    assert len({bool(case.codes.cameo) for case in kind.cases.values()}) == 1


def test_a_kind_has_codes_where_the_design_names_them() -> None:
    without = {name for name in DESIGNED if KINDS[name].cases[None].codes.cameo is None}
    assert without == NO_CODES


@pytest.mark.parametrize("kind", ALL)
def test_an_unknown_field_is_refused_and_not_dropped(kind: Kind) -> None:
    assert errors({**kind.example, "fatalities": 3}) == [(("fatalities",), "Extra inputs are not permitted")]


@pytest.mark.parametrize("kind", ALL)
def test_a_report_cannot_be_changed(kind: Kind) -> None:
    report = REPORTS.validate_python(dict(kind.example))
    assert REPORTS.validate_python(report) is report
    with pytest.raises(AttributeError, match="immutable"):
        report.source = "another"


@given(report_bodies())
def test_every_report_comes_back_as_it_was_sent(body: Body) -> None:
    report = REPORTS.validate_python(body)
    held = document(report)
    assert is_part_of(body, held)
    assert REPORTS.validate_json(canonical(held)) == report
    assert canonical(document(REPORTS.validate_json(canonical(held)))) == canonical(held)


@given(report_bodies())
def test_reports_of_equal_content_are_equal(body: Body) -> None:
    other = dict(reversed(body.items()))
    assert REPORTS.validate_python(body) == REPORTS.validate_python(other)
    assert REPORTS.validate_python(body) != REPORTS.validate_python(other | {"source": "one-that-nobody-else-is"})


@given(report_bodies())
def test_every_report_has_a_tier_and_an_event(body: Body) -> None:
    report = REPORTS.validate_python(body)
    assert KINDS[report.kind].tier(report) in typing.get_args(Tier)
    assert event_label(report, None)


def test_a_schema_of_any_report_tells_kinds_apart() -> None:
    schema = REPORTS.json_schema()
    assert set(schema["discriminator"]["mapping"]) == set(KINDS)
    assert len(schema["oneOf"]) == len(KINDS)
