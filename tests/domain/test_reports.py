"""Reports of any kind: what is refused and where it says so, and which event a report is about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.reports.kind import event_label
from domain.reports.registry import REPORTS
from domain.reports.versions import document
from tests.domain.given import body_of, errors
from tests.domain.strategies import Body, days


@given(
    st.dictionaries(
        st.sampled_from(["kind", "source", "claims", "places"]),
        st.none() | st.integers() | st.text() | st.lists(st.none()),
    )
)
def test_nonsense_is_refused_and_never_breaks(body: Body) -> None:
    with pytest.raises(ValidationError):
        REPORTS.validate_python(body)


def test_an_unknown_kind_names_the_nearest() -> None:
    assert errors({"kind": "atack_launched", "source": "sohr"}) == [
        (("kind",), "“atack_launched” is not a known kind of report; did you mean “attack_launched”?")
    ]
    assert "known: access_restricted, aid_delivered" in errors({"kind": "zzz"})[0][1]
    assert errors({"source": "sohr"}) == [(("kind",), "Field required")]
    assert errors([])[0][0] == ()


@pytest.mark.parametrize(
    ("body", "field", "hint"),
    [
        (body_of("attack_launched", method="ambsh"), ("method",), "did you mean “ambush”?"),
        (body_of("speech_delivered", stance="threatning"), ("stance",), "did you mean “threatening”?"),
        (body_of("responsibility_stated", act="denies"), ("act",), "did you mean “denied”?"),
        (body_of("access_restricted", restriction="curfews"), ("restriction",), "did you mean “curfew”?"),
        (body_of("arrest_made", actors=[{"nam": "x"}]), ("actors", 0, "name"), "Field required"),
    ],
)
def test_a_mistake_is_told_at_its_field(body: Body, field: tuple[int | str, ...], hint: str) -> None:
    found = dict(errors(body))
    assert hint in found[field]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("reported_order", 1.0),
        ("reported_order", "1"),
        ("reported_order", 2**53),
        ("complete", 1),
        ("complete", "yes"),
        ("language", 1.5),
        ("tags", [1.5]),
        ("tags", ["a"] * 101),
        ("via", ["reuters"] * 21),
        ("places", [{"name": "x", "lat": 1.5, "lon": "1"}]),
        ("external_ids", {"acled": 1}),
        ("external_ids", {"": "1"}),
        ("report_id", 1.5),
        ("report_id", "7"),
        ("text", {"summary": "a\x00b"}),
        ("text", {"summary": "\ud800"}),
        ("evidence", [{}]),
        ("evidence", [{"url": "javascript:alert(1)"}]),
        ("evidence", [{"url": "https://example.org/a b"}]),
        ("evidence", [{"url": "https://example.org/\ud800"}]),
        ("evidence", [{"url": "https://example.org/\x00"}]),
        ("evidence", [{"sha256": "abc"}]),
        ("evidence", [{"sha256": "0" * 64, "media_type": "html"}]),
        ("language", "arabic!"),
        ("language", "\ud800"),
        ("kind", "\ud800"),
        ("source", "\ud800"),
        ("via", ["\ud800"]),
        ("places", [{"name": "x", "country": "\ud800"}]),
        ("places", [{"name": "x", "lat": "\ud800", "lon": "1"}]),
    ],
)
def test_what_cannot_be_kept_exactly_is_refused(field: str, value: object) -> None:
    assert errors(body_of("arrest_made", **{field: value}))[0][0][0] == field


def test_from_and_to_are_named_so_in_json_only() -> None:
    body = body_of("displacement_reported")
    assert document(REPORTS.validate_python(body))["from"] == "Jableh"
    assert errors(body | {"from_": "Jableh"}) == [(("from_",), "Extra inputs are not permitted")]


def test_an_event_goes_by_its_label_if_it_has_one() -> None:
    assert event_label(REPORTS.validate_python(body_of("attack_launched")), "2025-03-08") == "highway-ambushes"


def test_an_event_without_a_label_goes_by_kind_method_day_and_first_place() -> None:
    body = body_of("attack_launched", event=None, places=[{"name": "Jableh, Latakia"}, {"name": "Tartus"}])
    assert (
        event_label(REPORTS.validate_python(body), "2025-03-08") == "attack_launched/ambush/2025-03-08/jableh-latakia"
    )
    bare = REPORTS.validate_python({"kind": "aid_delivered", "source": "sana"})
    assert event_label(bare, None) == "aid_delivered///"


@given(days(), st.sampled_from(["Jableh", "JABLEH", "jableh "]))
def test_the_case_of_a_place_does_not_part_one_event(day: object, name: str) -> None:
    report = REPORTS.validate_python(body_of("attack_launched", event=None, places=[{"name": name}]))
    assert event_label(report, str(day)) == f"attack_launched/ambush/{day}/jableh"
