"""Erasure and legal holds: what is decided, and that neither changes an answer nor what reports are compared with."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

import pytest
from hypothesis import given

from domain import catalogue
from domain.facts.encoding import decode_stored, encode
from domain.facts.streams import incident_stream, source_stream
from domain.facts.union import (
    IncidentFact,
    LegalHoldPlaced,
    Note,
    PartsErased,
    Recorded,
    ReportFiled,
    SourceHoldPlaced,
    SourcePartsErased,
)
from domain.incident import refusals
from domain.incident.commands import (
    MergeIncident,
    MoveReport,
    OpenIncident,
    RetractReport,
    UnmergeIncident,
)
from domain.incident.erasure_commands import (
    EraseReport,
    EraseSource,
    LiftHold,
    LiftSourceHold,
    PlaceHold,
    PlaceSourceHold,
)
from domain.incident.report_warnings import content_digest
from domain.incident.state import evolve, fold, warnings_about
from domain.reports.registry import REPORTS
from tests.domain.book import Book, open_book
from tests.domain.strategies import reports
from tests.domain.worlds import World, worlds

OTHER, ONE = "baniyas", UUID(int=1)
REASON = "The source asked for it."


def toll(figure: str, source: str = "sohr", **fields: Any) -> dict[str, Any]:
    claim = {"id": "1", "measure": "killed", "count": {"verbatim": figure}}
    text = {"summary": "Words.", "quotes": ["More words."]}
    return {
        "kind": "toll_revised",
        "source": source,
        "reported_at": "2025-03-09",
        "claims": [claim],
        "text": text,
    } | fields


def erasure(*parts: Any) -> EraseReport:
    return EraseReport(report_id=ONE, parts=frozenset(parts), reason=REASON)


@pytest.fixture
def book() -> Book:
    book = open_book()
    book.do(OpenIncident(slug=OTHER, title="Baniyas", utc_offset="+03:00"))
    book.file(toll("830"), report_id=str(ONE))
    book.do(RetractReport(report_id=ONE, by="recorder", reason="Twice."))
    return book


def test_an_erasure_says_which_parts_of_which_facts_go(book: Book) -> None:
    filed, retracted = (each.position for each in book.facts[-2:])
    assert book.do(erasure("text")) == [
        PartsErased(report_id=ONE, positions={"text": (filed, retracted)}, text=Note(reason=REASON))
    ]


def test_nothing_is_erased_twice_and_the_reason_of_an_erasure_stays(book: Book) -> None:
    book.do(erasure("text", "sealed"))
    for parts in (["text"], ["sealed"], ["text", "sealed"]):
        with pytest.raises(refusals.NothingToErase):
            book.do(erasure(*parts))


@pytest.mark.parametrize("slug", ["syria-coast-2025", OTHER, "further"])
def test_a_hold_where_a_report_is_filed_or_shown_forbids_erasure(book: Book, slug: str) -> None:
    book.do(OpenIncident(slug="further", title="Further", utc_offset="+03:00"))
    book.do(MoveReport(report_id=ONE, to=OTHER))
    book.do(MergeIncident(into="further"), slug=OTHER)
    book.do(PlaceHold(reason="Asked."), slug=slug)
    with pytest.raises(refusals.HeldForLaw, match=slug):
        book.do(erasure("text"))
    book.do(LiftHold(reason="Over."), slug=slug)
    assert book.do(erasure("text"))


@pytest.mark.parametrize("way", ["filed", "moved out", "moved on", "unmerged", "unmerged after it was moved there"])
@pytest.mark.parametrize("command", [erasure("text"), EraseSource(origin="sohr", reason=REASON)], ids=["report", "key"])
def test_a_hold_is_not_gone_round_by_moving_or_unmerging(book: Book, way: str, command: Any) -> None:
    book.do(OpenIncident(slug="further", title="Further", utc_offset="+03:00"))
    held = book.slug if way == "filed" else OTHER
    if way.startswith("moved"):
        book.do(MoveReport(report_id=ONE, to=OTHER))
    elif way == "unmerged":
        book.do(MergeIncident(into=OTHER))
    elif way.startswith("unmerged after"):
        book.do(MoveReport(report_id=ONE, to="further"))
        book.do(MergeIncident(into=OTHER), slug="further")
    book.do(PlaceHold(reason="Asked."), slug=held)
    if way in ("filed", "moved on"):
        book.do(MoveReport(report_id=ONE, to="further"))
    elif way == "moved out":
        book.do(MoveReport(report_id=ONE, to=book.slug))
    else:
        book.do(UnmergeIncident(reason="It is another."), slug=book.slug if way == "unmerged" else "further")
    with pytest.raises(refusals.HeldForLaw, match=held):
        book.do(command)
    book.do(LiftHold(reason="Over."), slug=held)
    assert book.do(command)


def test_a_hold_on_a_source_forbids_to_erase_its_reports_and_its_key(book: Book) -> None:
    book.do(PlaceSourceHold(origin="sohr", reason="Asked."))
    for command in (erasure("text"), EraseSource(origin="sohr", reason=REASON)):
        with pytest.raises(refusals.HeldForLaw, match="sohr"):
            book.do(command)
    book.do(LiftSourceHold(origin="sohr", reason="Over."))
    assert book.do(EraseSource(origin="sohr", reason=REASON)) == [
        SourcePartsErased(origin="sohr", count=0, text=Note(reason=REASON))
    ]


def test_a_hold_on_an_incident_forbids_to_destroy_the_key_of_its_sources(book: Book) -> None:
    book.do(PlaceHold(reason="Asked."))
    with pytest.raises(refusals.HeldForLaw):
        book.do(EraseSource(origin="sohr", reason=REASON))


@pytest.mark.parametrize(
    ("place", "lift"),
    [
        (PlaceHold(reason="A."), LiftHold(reason="B.")),
        (PlaceSourceHold(origin="sohr", reason="A."), LiftSourceHold(origin="sohr", reason="B.")),
    ],
)
def test_a_hold_is_placed_once_and_lifted_once(book: Book, place: Any, lift: Any) -> None:
    with pytest.raises(refusals.NothingChanged):
        book.do(lift)
    book.do(place)
    with pytest.raises(refusals.NothingChanged):
        book.do(place)
    book.do(lift)
    with pytest.raises(refusals.NothingChanged):
        book.do(lift)


def test_what_is_not_there_is_neither_held_nor_erased(book: Book) -> None:
    for command in (EraseSource(origin="nobody", reason=REASON), PlaceSourceHold(origin="nobody", reason="A.")):
        with pytest.raises(refusals.SourceMissing):
            book.do(command)
    with pytest.raises(refusals.ReportUnknown):
        book.do(EraseReport(report_id=UUID(int=9), parts=frozenset(["text"]), reason=REASON))
    with pytest.raises(refusals.IncidentUnknown):
        book.do(PlaceHold(reason="A."), slug="nowhere")


def without_words(recorded: Recorded) -> Recorded:
    """Return a fact as the log has it after its text was erased."""
    parts = encode(recorded.fact)
    erased = decode_stored(parts.topic, parts.state, None)
    return Recorded(*[erased if name == "fact" else getattr(recorded, name) for name in Recorded.__slots__])


@given(worlds())
def test_erasures_and_holds_change_no_document(world: World) -> None:
    book = world.book()
    before = {view: book.digest(view) for view in catalogue.VIEWS}
    filed = [each for each in book.facts if isinstance(each.fact, ReportFiled)]
    book.facts[:] = [without_words(each) for each in book.facts]
    for each in filed:
        fact = PartsErased(report_id=cast("ReportFiled", each.fact).report_id, positions={"text": (each.position,)})
        book.record(each.stream, fact)
    book.record(incident_stream(book.slug), LegalHoldPlaced())
    for origin in {cast("ReportFiled", each.fact).report.source for each in filed} - {None}:
        if isinstance(origin, str):
            book.record(source_stream(origin), SourceHoldPlaced(origin=origin))
            book.record(source_stream(origin), SourcePartsErased(origin=origin, count=1))
    assert {view: book.digest(view) for view in catalogue.VIEWS} == before


@given(reports())
def test_a_report_without_its_text_is_the_one_that_the_log_has_after_erasure(report: Any) -> None:
    fact = ReportFiled(report_id=ONE, report=report, reported=_span(), occurred=None)
    parts = encode(fact)
    erased = cast("ReportFiled", decode_stored(parts.topic, parts.state, None)).report
    bare = report.without_text()
    assert bare == erased
    assert content_digest(bare) == content_digest(erased)
    assert bare.without_text() == bare


def test_a_state_that_saw_the_text_warns_as_one_that_never_did(book: Book) -> None:
    """What a process kept folded, and what another folds from the log after the erasure, decide the same."""
    for number in range(2, 5):
        book.file(toll("830"), report_id=str(UUID(int=number)))
    seen = fold(cast("list[IncidentFact]", [each.fact for each in book.facts if each.stream == book.stream]))
    assert seen is not None
    fact = cast("PartsErased", book.do(erasure("text"))[0])
    seen = evolve(seen, fact)
    gone = fact.positions["text"]
    log = [without_words(each) if each.position in gone else each for each in book.facts]
    never = fold(cast("list[IncidentFact]", [each.fact for each in log if each.stream == book.stream]))
    assert never is not None
    assert seen.reports == never.reports
    assert seen.reports[ONE].report.text is None
    for text in ({"summary": "Words.", "quotes": ["More words."]}, None):
        body = {name: value for name, value in toll("830", text=text).items() if value is not None}
        again = ReportFiled(
            report_id=UUID(int=9), report=REPORTS.validate_python(body), reported=_span(), occurred=None
        )
        assert warnings_about(seen, again) == warnings_about(never, again)


def _span() -> Any:
    book = open_book()
    book.file(toll("1"))
    return cast("ReportFiled", book.facts[-1].fact).reported
