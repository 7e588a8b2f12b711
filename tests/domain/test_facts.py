"""Facts and the bytes they are kept as: taken apart and put together again, today and as they were first stored."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.facts import union
from domain.facts.encoding import EncodedFact, decode, encode
from domain.facts.union import Fact, ReportCorrected, ReportFiled
from domain.facts.versions import (
    TOPICS,
    UnknownFact,
    is_a,
    is_report,
    may_be_older,
    topic_of,
    topics_of,
    unknown_topic,
    upcast_state,
)
from domain.ledger.canonical import canonical
from domain.reports.claims.claim import Scope
from domain.reports.kind import Report
from domain.reports.registry import KINDS
from domain.reports.versions import document
from domain.values.time.clocks import Span, parse_occurred, parse_reported
from tests.domain.clock_changes import zone
from tests.domain.strategies import bodies_of, occurred, reported, reports, slugs, texts

GOLDEN: list[dict[str, str | None]] = [
    row
    for file in sorted((Path(__file__).parent / "golden").rglob("*.json"))
    for row in json.loads(file.read_text("utf-8"))
]
"""One fact or more of every topic, as first stored. A row is never changed: what was stored stays readable.

`facts.json` has the rows of the first release; those of a later kind are in a file of its own, `kinds/<name>.json`.
"""

REPORT_ID = UUID("00000000-0000-5000-8000-000000000001")
WRITTEN = [shape for shape in union.Fact.__args__ if shape not in (ReportFiled, ReportCorrected)]
EACH = settings(max_examples=settings().max_examples // 5)
"""For what is asked of every kind: all together it is tried as often as anything else, and more."""


def notes() -> st.SearchStrategy[dict[str, str] | None]:
    return st.none() | st.fixed_dictionaries({"reason": texts()})


def moments() -> st.SearchStrategy[Span]:
    return occurred().map(lambda text: parse_occurred(text, UTC))


def time_zones() -> st.SearchStrategy[dict[str, object]]:
    """Return zones with the offsets of some years, as facts hold them."""
    windows = st.tuples(st.integers(1980, 2030), st.integers(0, 3)).map(lambda each: (each[0], sum(each)))
    names = st.sampled_from(["Europe/Kyiv", "Asia/Beirut", "America/Chicago", "Asia/Damascus"])
    return st.builds(lambda name, window: zone(name, window).model_dump(mode="json"), names, windows)


def plain_facts() -> st.SearchStrategy[Fact]:
    """Facts of every topic but reports and their corrections."""
    spans = st.none() | moments()
    claims = st.sampled_from(["1", "1.2", "deaths-a"])
    own = {
        "utc_offset": st.sampled_from(["Z", "+03:00", "-09:30"]),
        "time_zone": st.none() | time_zones(),
        "period": st.none() | occurred(),
        "countries": st.lists(st.sampled_from(["SY", "LB"]), max_size=2),
        "text": notes(),
        "report_id": st.uuids(),
        "reported_at": st.none() | reported(),
        "reported": spans,
        "origin": slugs() | st.just("anonymous:a security source|reuters"),
        "scope": bodies_of(Scope),
        "slug": slugs(),
        "collection": slugs(),
        "claim": st.none() | claims,
        "claims": st.lists(st.builds(lambda report, claim: f"{report}#{claim}", st.uuids(), claims), max_size=2),
        "bounds": st.none() | bodies_of(Scope),
        "origins": st.tuples(slugs(), slugs()),
    }
    named = {union.ClaimsRescoped: {"scope": st.none() | slugs()}}
    shapes = [
        bodies_of(
            shape, **{name: how for name, how in (own | named.get(shape, {})).items() if name in shape.model_fields}
        ).map(shape.model_validate)
        for shape in WRITTEN
    ]
    return st.one_of(shapes)


def filed(report: Report) -> ReportFiled:
    said = parse_reported(report.reported_at or "2025-03-09", UTC)
    when = None if report.occurred is None else parse_occurred(report.occurred, UTC)
    return ReportFiled(report_id=REPORT_ID, report=report, reported=said, occurred=when)


def corrected(report: Report, cause: str, note: dict[str, str] | None) -> ReportCorrected:
    when = None if report.occurred is None else parse_occurred(report.occurred, UTC)
    fields = {"report_id": REPORT_ID, "cause": cause, "report": report, "occurred": when}
    return ReportCorrected.model_validate(fields | ({"text": note} if note else {}))


def read(topic: str, state: bytes, text: bytes | None) -> Fact:
    return decode(topic, json.loads(state), None if text is None else json.loads(text))


def without_empty_text(fact: Fact) -> Fact:
    """Leave out an empty `text`, which says nothing and is not kept."""
    if not isinstance(fact, ReportFiled | ReportCorrected) or document(fact.report).get("text", True):
        return fact
    members = {name: value for name, value in document(fact.report).items() if name != "text"}
    report = KINDS[fact.report.kind].model.from_document(members)
    return replace(fact, report=report) if isinstance(fact, ReportFiled) else fact.model_copy(update={"report": report})


def comes_back(fact: Fact) -> None:
    parts = encode(fact)
    again = read(parts.topic, parts.state, parts.text)
    assert type(again) is type(fact)
    assert again == without_empty_text(fact)
    assert encode(again) == parts, "and is kept as the same bytes"


@pytest.mark.parametrize("kind", KINDS)
@EACH
@given(st.data())
def test_a_report_of_every_kind_comes_back_from_its_bytes(kind: str, data: st.DataObject) -> None:
    comes_back(filed(data.draw(reports(kind))))


@given(reports(), st.sampled_from(["transcription", "translation", "attribution", "reclassified"]), notes())
def test_a_correction_comes_back_from_its_bytes(report: Report, cause: str, note: dict[str, str] | None) -> None:
    comes_back(corrected(report, cause, note))


@given(plain_facts())
def test_every_other_fact_comes_back_from_its_bytes(fact: Fact) -> None:
    comes_back(fact)


@given(reports())
def test_the_bytes_of_a_fact_are_canonical_and_hold_its_free_text_apart(report: Report) -> None:
    words = "words that are only in the text"
    said = document(report)
    text = {"text": said["text"] | {"summary": words}} if report.text else {}
    fact = filed(KINDS[report.kind].model.from_document(said | text))
    parts = encode(fact)
    assert canonical(json.loads(parts.state)) == parts.state
    assert words.encode() not in parts.state
    if report.text is not None and parts.text is not None:
        assert canonical(json.loads(parts.text)) == parts.text


@given(reports(), notes())
def test_a_fact_whose_text_was_erased_is_the_same_but_for_its_text(report: Report, note: dict[str, str] | None) -> None:
    for fact in (filed(report), corrected(report, "translation", note)):
        parts = encode(fact)
        erased = read(parts.topic, parts.state, None)
        assert encode(erased) == EncodedFact(parts.topic, parts.state, None)


@given(reports(), texts(least=1))
def test_the_recorders_reason_and_the_reports_text_share_a_part_and_are_told_apart(report: Report, reason: str) -> None:
    fact = corrected(report, "translation", {"reason": reason})
    parts = encode(fact)
    again = read(parts.topic, parts.state, parts.text)
    assert isinstance(again, ReportCorrected)
    assert again.text is not None
    assert again.text.reason == reason
    assert again.report.text == (report.text if document(report).get("text") else None)


def test_the_topic_of_a_report_is_its_kind_and_of_any_other_fact_its_own_name() -> None:
    names = {topic.partition(".")[0] for topic in TOPICS}
    assert names == {*KINDS, *(fact.fact_name for fact in WRITTEN), "report_corrected"}
    assert {kind.topic for kind in KINDS.values()} | {fact.topic for fact in WRITTEN} < TOPICS
    assert topic_of(union.IncidentClosed()) == "incident_closed.v1"


def test_a_topic_is_a_name_and_a_version_and_never_a_place_in_a_program() -> None:
    assert all(re.fullmatch(r"[a-z_]+\.v[1-9][0-9]*", topic) for topic in TOPICS)


def test_a_correction_to_a_newer_version_is_not_known() -> None:
    state = {"report": {"kind": "toll_revised"}, "report_version": 9}
    assert union.ReportCorrected.topic in TOPICS
    assert unknown_topic("report_corrected.v1", state) == "toll_revised.v9"
    assert unknown_topic("report_corrected.v1", {**state, "report_version": 1}) is None
    assert unknown_topic("toll_revised.v9", {}) == "toll_revised.v9"
    with pytest.raises(UnknownFact):
        decode("report_corrected.v1", {**state, "report_id": str(REPORT_ID)})


def test_topics_are_found_by_their_fact() -> None:
    assert topics_of(union.IncidentMerged, union.ReportMoved) == ["report_moved.v1", "incident_merged.v1"]
    assert (
        {f"{kind}.v1" for kind in KINDS} <= set(topics_of(ReportFiled)) == {each for each in TOPICS if is_report(each)}
    )
    assert is_a("incident_opened.v1", union.IncidentOpened)
    assert not is_a("incident_opened.v1", union.IncidentClosed)
    assert not is_a("toll_revised.v1", union.IncidentOpened, ReportCorrected)


@pytest.mark.parametrize(
    "topic", ["toll_revised.v9", "toll_revised.v0", "toll_revised", "report_filed", "", "domain.facts.union:X"]
)
def test_a_fact_of_an_unknown_topic_is_not_read(topic: str) -> None:
    with pytest.raises(UnknownFact, match="does not know"):
        decode(topic, {})


@pytest.mark.parametrize(
    ("topic", "state", "text"),
    [
        ("toll_revised.v1", {}, None),
        ("toll_revised.v1", {}, {"summary": "words"}),
        ("toll_revised.v1", {"report": "a report"}, {"summary": "words"}),
        ("incident_closed.v1", {"by": "someone"}, None),
        ("incident_closed.v1", {}, {"summary": "words"}),
        ("incident_opened.v1", {"slug": "Syria", "title": "Syria"}, None),
        ("report_retracted.v1", {"report_id": str(REPORT_ID), "by": "nobody"}, None),
        ("report_retracted.v1", {"report_id": str(REPORT_ID), "by": "source", "reported": ["2025-03-09"]}, None),
        ("report_retracted.v1", {"report_id": str(REPORT_ID), "by": "source", "reported": [1, 2]}, None),
        ("report_retracted.v1", {"report_id": str(REPORT_ID), "by": "source", "reported": [None, "then"]}, None),
        ("scope_declared.v1", {"name": "coast"}, None),
        ("source_graded.v1", {"origin": "sohr", "reliability": "G"}, None),
        ("source_graded.v1", ["sohr", "B"], None),
        ("source_graded.v1", None, None),
    ],
)
def test_a_fact_of_the_wrong_shape_is_not_read(topic: str, state: Any, text: dict[str, Any] | None) -> None:
    with pytest.raises(UnknownFact, match="not of its shape"):
        decode(topic, state, text)


def test_a_span_is_kept_in_utc_with_its_open_ends() -> None:
    fact = union.ReportRetracted(
        report_id=REPORT_ID, by="source", reported=Span(None, datetime(2025, 3, 9, 20, 59, 59, tzinfo=UTC))
    )
    assert json.loads(encode(fact).state)["reported"] == [None, "2025-03-09T20:59:59Z"]


@pytest.mark.parametrize("row", GOLDEN, ids=[str(row["topic"]) for row in GOLDEN])
def test_what_was_stored_once_is_read_for_ever(row: dict[str, str | None]) -> None:
    """A row of the present version is written again as it is; an older one becomes a row that is golden too."""
    topic, state, text = row["topic"], row["state"], row["text"]
    assert topic is not None
    assert state is not None
    fact = read(topic, state.encode(), None if text is None else text.encode())
    now = encode(fact)
    written = {"topic": now.topic, "state": now.state.decode(), "text": now.text and now.text.decode()}
    assert written == row or (may_be_older(topic) and written in GOLDEN), "add what it becomes to golden/facts.json"
    assert text == written["text"]


@pytest.mark.parametrize("row", GOLDEN, ids=[str(row["topic"]) for row in GOLDEN])
def test_an_upcaster_changes_nothing_that_it_is_given(row: dict[str, str | None]) -> None:
    topic, state = str(row["topic"]), json.loads(str(row["state"]))
    first = canonical(upcast_state(topic, state))
    assert canonical(state).decode() == row["state"]
    assert canonical(upcast_state(topic, state)) == first


@pytest.mark.parametrize("row", GOLDEN, ids=[str(row["topic"]) for row in GOLDEN])
def test_an_upcaster_of_a_kind_changes_no_field_that_every_report_has(row: dict[str, str | None]) -> None:
    """Claims, estimates and states are made from them: another value would answer old questions otherwise."""
    state = json.loads(str(row["state"]))
    if "report" in state:
        raised = upcast_state(str(row["topic"]), state)["report"]
        assert {name: raised.get(name) for name in Report.__struct_fields__} == {
            name: state["report"].get(name) for name in Report.__struct_fields__
        }


def test_there_is_a_stored_row_of_every_topic() -> None:
    assert {row["topic"] for row in GOLDEN} == TOPICS, "add golden/kinds/<name>.json; never change a row"


@pytest.mark.parametrize(("name", "member"), [("incident_opened", "slug"), ("estimate_published", "digest")])
def test_a_member_that_sql_reads_is_in_every_version(name: str, member: str) -> None:
    rows = [row for row in GOLDEN if str(row["topic"]).startswith(f"{name}.v")]
    assert rows
    for row in rows:
        topic, state = str(row["topic"]), json.loads(str(row["state"]))
        assert upcast_state(topic, state)[member] == state[member]
