"""What single kinds of report ask for and tell, beyond what all of them keep."""

import pytest

from domain.reports.claims.claim import METHODS
from domain.reports.kind import Responsibility
from domain.reports.registry import KINDS, REPORTS
from domain.reports.versions import document
from tests.domain.given import body_of, errors, is_part_of
from tests.domain.strategies import Body


def test_a_revised_toll_has_figures_unless_they_are_all_withdrawn() -> None:
    bare = {"kind": "toll_revised", "source": "sohr"}
    assert errors(bare)[0][1].startswith("A revised toll needs at least one claim")
    assert errors(bare | {"claims": []})[0][0] == ()
    assert REPORTS.validate_python(bare | {"complete": True}).claims == ()


def test_figures_of_a_toll_are_of_the_incident_and_others_of_their_event() -> None:
    scopes = {name: kind.model.default_scope for name, kind in KINDS.items()}
    assert (scopes["toll_revised"], scopes["attack_launched"]) == ("incident", "event")
    assert set(scopes.values()) == {"incident", "event"}


def test_a_speech_is_threatening_easing_or_neither_by_its_stance() -> None:
    kind = KINDS["speech_delivered"]
    tiers = {
        stance: kind.tier(REPORTS.validate_python(body_of("speech_delivered", stance=stance)))
        for stance in ("conciliatory", "neutral", "threatening", "x-rambling", None)
    }
    assert list(tiers.values()) == ["easing", "none", "tension", "none", "none"]


def test_the_venue_of_a_speech_is_no_place_of_violence() -> None:
    report = REPORTS.validate_python(body_of("speech_delivered"))
    assert report.places == ()


def test_a_method_of_ones_own_is_violence_without_a_sub_event_type() -> None:
    kind = KINDS["attack_launched"]
    report = REPORTS.validate_python(body_of("attack_launched", method="x-grenade"))
    assert kind.tier(report) == "violence"
    assert (kind.codes(report).acled_sub_event, kind.codes(report).cameo) == (None, "180")
    assert set(METHODS) | {None} == set(kind.cases)


STATE = {"name": "Army", "slug": "army", "type": "state_forces"}
REBELS = {"name": "Rebels", "slug": "rebels", "type": "armed_group"}
MILITIA = {"name": "Militia", "slug": "militia", "type": "armed_group", "side": "army"}
PEOPLE = {"name": "Villagers", "slug": "villagers", "type": "civilian"}


@pytest.mark.parametrize(
    ("actors", "parties", "targets", "expected"),
    [
        ([STATE, REBELS], ["army", "rebels"], [], "state-based"),
        ([STATE, REBELS, PEOPLE], ["army", "rebels"], ["villagers"], "state-based"),
        ([MILITIA, REBELS], ["militia", "rebels"], [], "non-state"),
        ([REBELS, PEOPLE], ["rebels"], ["villagers"], "one-sided"),
        ([STATE | {"side": "army"}, MILITIA, PEOPLE], ["army", "militia"], ["villagers"], "one-sided"),
        ([STATE, REBELS], ["army"], [], None),
        ([PEOPLE], [], ["villagers"], None),
        ([], ["army", "rebels"], [], None),
    ],
)
def test_ucdps_type_of_violence_is_a_matter_of_parties(
    actors: list[Body], parties: list[str], targets: list[str], expected: str | None
) -> None:
    body = {"kind": "attack_launched", "source": "sohr", "method": "armed_clash"}
    report = REPORTS.validate_python(body | {"actors": actors, "parties": parties, "targets": targets})
    assert KINDS["attack_launched"].codes(report).ucdp == expected


def test_an_accusation_names_the_accused_and_a_denial_need_not() -> None:
    body = {"kind": "responsibility_stated", "source": "sohr", "act": "accused"}
    assert errors(body)[0][1] == "An accusation needs “whom”: the slug of the actor accused."
    assert REPORTS.validate_python(body | {"act": "denied"})


def test_who_states_responsibility_is_the_source_unless_another_is_named() -> None:
    body = {"kind": "responsibility_stated", "source": "sohr", "act": "denied"}
    assert REPORTS.validate_python(body).responsibility() == Responsibility("denied", "sohr", None)
    assert REPORTS.validate_python(body | {"by": "army"}).responsibility() == Responsibility("denied", "army", None)
    assert REPORTS.validate_python(body_of("speech_delivered")).responsibility() is None


@pytest.mark.parametrize("field", ["effective", "due"])
def test_what_is_to_come_may_lie_ahead_of_the_report(field: str) -> None:
    name = {"effective": "ceasefire_declared", "due": "inquiry_opened"}[field]
    assert document(REPORTS.validate_python(body_of(name, **{field: "2031-01-01"})))[field] == "2031-01-01"


@pytest.mark.parametrize("duration", ["P2D", "PT12H", "P1Y2M3W4DT5H6M7S", "PT0.5S", "PT1,5H", "P0D"])
def test_a_duration_is_written_as_iso_8601_has_it(duration: str) -> None:
    assert document(REPORTS.validate_python(body_of("attack_launched", duration=duration)))["duration"] == duration


@pytest.mark.parametrize(
    "duration", ["", "P", "PT", "P1DT", "2 days", "P2", "PT2D", "P1.5DT2H", "PT1.5H2M", "P-1D", "p1d", "P٢D", "P1D "]
)
def test_what_is_no_duration_is_refused(duration: str) -> None:
    assert "is not a duration of ISO 8601, such as “P2D”" in errors(body_of("attack_launched", duration=duration))[0][1]


@pytest.mark.parametrize(
    "value", ["", "text", 0, -7, 2**53 - 1, True, False, None, {"decimal": "1.50"}, {"decimal": "-1e400"}]
)
def test_an_attribute_keeps_its_value_and_its_type(value: object) -> None:
    held = document(REPORTS.validate_python(body_of("observation_noted", attributes={"a": value})))
    assert is_part_of({"a": value}, held["attributes"])


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (1.5, "1.5 is a binary fraction; write {“decimal”: “1.5”} to keep its digits."),
        (float("nan"), "is a binary fraction"),
        (2**53, "beyond 2^53 - 1"),
        ([1], "An attribute is a string, an integer, true, false, null"),
        ({"decimal": "1,5"}, "“1,5” is not a decimal number"),
        ({"decimal": "1.\u0665"}, "is not a decimal number"),
        ({"decimal": 1.5}, "valid string"),
        ({"value": "1"}, "Field required"),
        ("a\x00", "NUL"),
    ],
)
def test_an_attribute_that_would_not_come_back_is_refused(value: object, hint: str) -> None:
    assert hint in errors(body_of("observation_noted", attributes={"a": value}))[0][1]
