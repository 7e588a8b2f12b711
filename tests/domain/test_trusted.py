"""Facts of our own log: they are read back without checks, and are the same in everything as checked ones."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct, structs
from pydantic import BaseModel, ValidationError

from domain.facts.encoding import decode, decode_stored, encode, stored_report
from domain.facts.union import Fact, ReportFiled
from domain.facts.versions import UnknownFact
from domain.ledger.canonical import canonical
from domain.reports.claims.claim import Claim
from domain.reports.kind import Report
from domain.reports.registry import KINDS, REPORTS
from domain.reports.versions import ReportDocument, document
from domain.values.text_types import Strict
from domain.values.time.clocks import ClockError, Span, format_instant, parse_instant
from tests.domain.book import load
from tests.domain.strategies import bodies_of, instants, reports, slugs
from tests.domain.test_facts import EACH, GOLDEN, REPORT_ID, WRITTEN, corrected, filed, moments, notes, time_zones

SAMPLES = sorted({file.parent for file in (Path(__file__).parents[2] / "samples").glob("*/*.ndjson")})
TOLL = encode(filed(REPORTS.validate_python(dict(KINDS["toll_revised"].example))))
ENDS = st.none() | instants()


def trusted(topic: str, state: Any, text: Any = None) -> Fact:
    """Decode what the log would hold of these documents, without checks."""
    return decode_stored(topic, json.dumps(state).encode(), None if text is None else json.dumps(text).encode())


def same(one: Any, other: Any) -> None:
    """Hold two values against each other to the last part: types, order, which fields were set, what is hidden."""
    assert type(one) is type(other)
    if isinstance(one, ReportDocument):
        assert (one.version, one.members) == (other.version, other.members)
    elif isinstance(one, Struct):
        for left, right in zip(structs.astuple(one), structs.astuple(other), strict=True):
            same(left, right)
    elif isinstance(one, BaseModel):
        assert one.model_fields_set == other.model_fields_set
        assert one.__pydantic_extra__ == other.__pydantic_extra__
        assert one.__pydantic_private__ == other.__pydantic_private__
        same(tuple(vars(one)), tuple(vars(other)))
        same(tuple(vars(one).values()), tuple(vars(other).values()))
    elif isinstance(one, dict):
        same(tuple(one), tuple(other))
        same(tuple(one.values()), tuple(other.values()))
        assert one is not other, "a dict belongs to one fact alone"
    elif isinstance(one, tuple):
        assert len(one) == len(other)
        for left, right in zip(one, other, strict=True):
            same(left, right)
    elif isinstance(one, datetime):
        assert one == other
        assert one.tzinfo is other.tzinfo is UTC
    else:
        assert isinstance(one, str | int | UUID | None)
        assert one == other


def same_fact(topic: str, state: bytes, text: bytes | None) -> None:
    """Hold what is read without checks against what is checked, of dicts and of bytes, with text and without."""
    words = None if text is None else json.loads(text)
    checked, built = decode(topic, json.loads(state), words), trusted(topic, json.loads(state), words)
    same(built, checked)
    same(decode_stored(topic, state, text), checked)
    assert encode(built) == encode(checked)
    erased = decode(topic, json.loads(state))
    same(trusted(topic, json.loads(state)), erased)
    same(decode_stored(topic, state), erased)


def kept(fact: Fact) -> None:
    parts = encode(fact)
    same_fact(parts.topic, parts.state, parts.text)


@pytest.mark.parametrize("kind", KINDS)
@EACH
@given(st.data())
def test_a_report_of_every_kind_is_the_same_unchecked(kind: str, data: st.DataObject) -> None:
    kept(filed(data.draw(reports(kind))))


@pytest.mark.parametrize("kind", KINDS)
@EACH
@given(st.data())
def test_a_report_that_was_checked_elsewhere_is_the_same(kind: str, data: st.DataObject) -> None:
    report = data.draw(reports(kind))
    same(stored_report(kind, json.dumps(document(report)).encode()), report)


@given(reports(), st.sampled_from(["transcription", "translation", "attribution", "reclassified"]), notes())
def test_a_correction_is_the_same_unchecked(report: Report, cause: str, note: dict[str, str] | None) -> None:
    kept(corrected(report, cause, note))


def bodies(shape: type[Strict]) -> st.SearchStrategy[dict[str, Any]]:
    """Bodies of facts of one shape, reports and their corrections aside."""
    claims = st.sampled_from(["1", "1.2", "deaths-a"])
    own = {
        "report_id": st.uuids(),
        "reported": st.none() | moments(),
        "claim": st.none() | claims,
        "claims": st.lists(st.builds(lambda report, claim: f"{report}#{claim}", st.uuids(), claims), max_size=2),
        "origins": st.tuples(slugs(), slugs()),
        "time_zone": st.none() | time_zones(),
    }
    return bodies_of(shape, **{name: own[name] for name in shape.model_fields if name in own})


@pytest.mark.parametrize("shape", WRITTEN)
@EACH
@given(st.data())
def test_a_fact_of_every_other_topic_is_the_same_unchecked(shape: type[Any], data: st.DataObject) -> None:
    kept(shape.model_validate(data.draw(bodies(shape))))


@pytest.mark.parametrize("row", GOLDEN, ids=[str(row["topic"]) for row in GOLDEN])
def test_what_was_stored_once_is_the_same_unchecked(row: Mapping[str, str | None]) -> None:
    topic, state, text = row["topic"], row["state"], row["text"]
    assert topic is not None
    assert state is not None
    same_fact(topic, state.encode(), None if text is None else text.encode())


@pytest.mark.parametrize("kind", KINDS)
def test_the_golden_example_of_every_kind_is_the_same_unchecked(kind: str) -> None:
    kept(filed(REPORTS.validate_python(dict(KINDS[kind].example))))


@pytest.mark.parametrize("folder", SAMPLES, ids=[folder.name for folder in SAMPLES])
def test_every_fact_of_the_samples_is_the_same_unchecked(folder: Path) -> None:
    facts = [each.fact for each in load(folder).facts]
    assert facts
    for fact in facts:
        kept(fact)


@given(reports())
def test_two_readings_of_a_fact_share_nothing_that_can_change(report: Report) -> None:
    parts = encode(filed(report))
    one, other = (decode_stored(parts.topic, parts.state) for _ in range(2))
    assert one == other
    shared = {id(found) for found in _changeable(one)} & {id(found) for found in _changeable(other)}
    assert not shared


def _changeable(value: Any) -> Iterator[object]:
    if isinstance(value, dict | list | set):
        yield value
    if isinstance(value, Struct):
        value = structs.astuple(value)
    held = vars(value) if isinstance(value, BaseModel) else value
    if isinstance(held, dict | tuple | list):
        for item in held.values() if isinstance(held, dict) else held:
            yield from _changeable(item)


def test_an_unchecked_fact_cannot_be_changed_and_hashes_as_a_checked_one() -> None:
    state = {"name": "coast", "scope": {"label": "The coast"}}
    fact = trusted("scope_declared.v1", state)
    with pytest.raises(ValidationError, match="frozen"):
        fact.name = "elsewhere"  # type: ignore[union-attr, misc] - that is what is tried
    assert hash(fact) == hash(decode("scope_declared.v1", state))


def test_the_state_that_a_fact_was_read_from_stays_as_it_was() -> None:
    state, text = json.loads(TOLL.state), {"summary": "words"}
    decode(TOLL.topic, state, text)
    assert canonical(state) == TOLL.state
    assert text == {"summary": "words"}


# what is left out, and what is not


def test_what_was_checked_at_the_door_is_not_checked_again() -> None:
    state = json.loads(TOLL.state)
    state["report"]["claims"][0] |= {"scope": "No Slug", "measure": "x y", "id": "#"}
    with pytest.raises(UnknownFact):
        decode(TOLL.topic, state)
    for fact in (trusted(TOLL.topic, state), decode_stored(TOLL.topic, canonical(state))):
        assert isinstance(fact, ReportFiled)
        claim = fact.report.claims[0]
        assert isinstance(claim, Claim)
        assert (claim.scope, claim.measure, claim.id) == ("No Slug", "x y", "#")


@pytest.mark.parametrize(
    ("topic", "state", "text"),
    [
        ("scope_declared.v1", {"name": "No Slug", "scope": {"label": "", "perpetrator": "No Slug"}}, None),
        ("source_registered.v1", {"origin": "sohr", "name": "", "type": "x y", "reliability": "B"}, None),
        ("report_disputed.v1", {"report_id": str(REPORT_ID), "claim": "#"}, {"reason": "x" * 10_001}),
        ("incident_amended.v1", {"period": "2025-13-01", "countries": ["??"]}, {"reason": "words"}),
        ("claims_rescoped.v1", {"claims": ["#"], "within": "No Slug", "scope": None}, None),
    ],
)
def test_no_fact_is_checked_again(topic: str, state: dict[str, Any], text: dict[str, Any] | None) -> None:
    with pytest.raises(UnknownFact):
        decode(topic, state, text)
    parts = encode(trusted(topic, state, text))
    assert (parts.topic, parts.state, parts.text) == (topic, canonical(state), text and canonical(text))


def test_a_corrected_report_is_not_checked_again() -> None:
    report = json.loads(TOLL.state)["report"] | {"tags": [""]}
    report["claims"][0] |= {"scope": "No Slug"}
    state = {"report_id": str(REPORT_ID), "cause": "transcription", "report": report, "occurred": None}
    for words in (None, {"reason": "words"}, {"summary": "", "reason": "words"}):
        with pytest.raises(UnknownFact):
            decode("report_corrected.v1", state, words)
        parts = encode(trusted("report_corrected.v1", state, words))
        assert (parts.state, parts.text) == (canonical(state), words and canonical(words))


def test_a_count_without_what_was_worked_out_of_its_words_is_left_to_the_checked_way() -> None:
    state = json.loads(TOLL.state)
    for name in ("lower", "upper", "best", "bound", "lexicon"):
        short = json.loads(TOLL.state)
        del short["report"]["claims"][0]["count"][name]
        same(trusted(TOLL.topic, short), decode(TOLL.topic, short))
        same(decode_stored(TOLL.topic, canonical(short)), decode(TOLL.topic, short))
    state["report"]["claims"][0]["count"] = {"verbatim": "1,383"}
    fact = trusted(TOLL.topic, state)
    assert isinstance(fact, ReportFiled)
    assert fact.report.claims[0].count.best == 1383


# spans


@given(ENDS, ENDS)
def test_the_ends_of_a_span_are_the_moments_that_their_texts_name(earliest: str | None, latest: str | None) -> None:
    ends = [earliest and parse_instant(earliest), latest and parse_instant(latest)]
    for written in ([earliest, latest], [end and format_instant(end) for end in ends]):
        fact = decode("report_retracted.v1", {"report_id": str(REPORT_ID), "by": "source", "reported": written})
        same(fact.reported, Span(*ends))  # type: ignore[union-attr, arg-type] - a retraction has it


@pytest.mark.parametrize(
    "text",
    [
        "2025-03-09",
        "2025-W10-7T10:00:00Z",
        "20250309T100000Z",
        "2025-03-09T10:00Z",
        "2025-03-09 10:00:00Z",
        "2025-03-09T10:00:00",
        "2025-02-30T10:00:00Z",
        "2025-03-09T10:00:60Z",
        "2025-03-09T25:00:00Z",
        "2025-03-09T10:00:00.1234567Z",
        "٢025-03-09T10:00:00Z",
        "2025-03-09T10:00:00Z\n",
        "",
    ],
)
def test_what_is_no_instant_is_no_end_of_a_span(text: str) -> None:
    with pytest.raises(ClockError):
        parse_instant(text)
    state = {"report_id": str(REPORT_ID), "by": "source", "reported": [None, text]}
    for read in (decode, trusted):
        with pytest.raises(UnknownFact, match="not of its shape"):
            read("report_retracted.v1", state)


# what is not of its shape


@pytest.mark.parametrize("topic", ["toll_revised.v2", "toll_revised", "report_filed", "", "domain.facts.union:X"])
def test_a_fact_of_an_unknown_topic_is_not_read(topic: str) -> None:
    with pytest.raises(UnknownFact, match="does not know"):
        trusted(topic, {})
    with pytest.raises(UnknownFact, match="does not know"):
        decode_stored(topic, b"{}")


@pytest.mark.parametrize(
    ("topic", "state", "text"),
    [
        ("toll_revised.v1", {}, None),
        ("toll_revised.v1", {}, {"summary": "words"}),
        ("toll_revised.v1", {"report": "a report"}, {"summary": "words"}),
        ("incident_closed.v1", {"by": "someone"}, None),
        ("incident_closed.v1", {}, {"summary": "words"}),
        ("report_retracted.v1", {"report_id": str(REPORT_ID), "by": "nobody"}, None),
        ("report_retracted.v1", {"report_id": str(REPORT_ID), "by": "source", "reported": ["2025-03-09"]}, None),
        ("report_retracted.v1", {"report_id": str(REPORT_ID), "by": "source", "reported": [1, 2]}, None),
        ("report_retracted.v1", {"report_id": str(REPORT_ID), "by": "source", "reported": [[], None]}, None),
        ("report_retracted.v1", {"report_id": "an id", "by": "source"}, None),
        ("report_retracted.v1", {"report_id": 7, "by": "source"}, None),
        ("scope_declared.v1", {"name": "coast"}, None),
        ("scope_declared.v1", {"name": ["coast"], "scope": {"label": "The coast"}}, None),
        ("source_graded.v1", {"origin": "sohr", "reliability": "G"}, None),
        ("source_graded.v1", ["sohr", "B"], None),
        ("source_graded.v1", None, None),
        ("source_graded.v1", None, {"reason": "words"}),
    ],
)
def test_a_fact_of_the_wrong_shape_is_not_read(topic: str, state: Any, text: dict[str, Any] | None) -> None:
    with pytest.raises(UnknownFact, match="not of its shape"):
        trusted(topic, state, text)
    if text is None:
        with pytest.raises(UnknownFact, match="not of its shape"):
            decode_stored(topic, canonical(state))


def test_bytes_that_are_no_json_are_an_error_of_value() -> None:
    for state in (b"", b"{", b'{"a":1}}', b"\xff"):
        with pytest.raises(ValueError, match="line 1"):
            decode_stored("incident_closed.v1", state)


@given(reports(), st.data())
def test_what_one_way_finds_missing_or_too_much_the_other_finds_too(report: Report, data: st.DataObject) -> None:
    parts = encode(filed(report))
    state = json.loads(parts.state)
    broken = data.draw(st.sampled_from([part for part in _parts(state) if isinstance(part, dict)]))
    name = data.draw(st.sampled_from([*broken, "an unknown field"]))
    how = data.draw(st.sampled_from(["left out", "wrapped", "an object"]))
    if name == "an unknown field":
        broken[name] = "words"
    elif how == "left out":
        del broken[name]
    else:
        broken[name] = [broken[name]] if how == "wrapped" else {"something": "else"}
    state = json.loads(canonical(state))  # a dict keeps the order of its names
    try:
        checked = decode(parts.topic, state)
    except UnknownFact as refusal:
        if _is_of_shape(refusal):
            with pytest.raises(UnknownFact):
                trusted(parts.topic, state)
            with pytest.raises(UnknownFact):
                decode_stored(parts.topic, canonical(state))
    else:
        same(trusted(parts.topic, state), checked)
        same(decode_stored(parts.topic, canonical(state)), checked)


def _parts(value: Any) -> Iterator[Any]:
    yield value
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _parts(item)


_NOT_OF_SHAPE = {"missing", "extra_forbidden", "string_type", "tuple_type", "dict_type", "bool_type", "int_type"}


def _is_of_shape(refusal: UnknownFact) -> bool:
    """Say whether a refusal is for what the state is made of, and not for what a check finds in it."""
    cause = refusal.__cause__
    return isinstance(cause, ValidationError) and bool({each["type"] for each in cause.errors()} & _NOT_OF_SHAPE)
