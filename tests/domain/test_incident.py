"""What can be asked of an incident: given what is recorded, when a command comes, then facts or a refusal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from domain.facts.union import IncidentAmended, IncidentOpened, ReportCorrected, ReportFiled, ScopeDeclared
from domain.incident import refusals
from domain.incident.commands import (
    AmendIncident,
    CloseIncident,
    CorrectReport,
    DeclareScope,
    OpenIncident,
    ReinstateReport,
    ReopenIncident,
    RetractReport,
)
from domain.incident.decide import decide
from domain.incident.state import warnings_about
from tests.domain.book import Book, open_book
from tests.domain.given import file_command

REPORT = UUID("00000000-0000-5000-8000-000000000001")
OTHER = UUID("00000000-0000-5000-8000-000000000002")


def toll(count: str = "13", **fields: Any) -> dict[str, Any]:
    claim = {"id": "1", "measure": "killed", "count": {"verbatim": count}, **fields.pop("claim", {})}
    return {"kind": "toll_revised", "source": "sohr", "reported_at": "2025-03-09", "claims": [claim], **fields}


def filed(**fields: Any) -> Book:
    book = open_book()
    book.file(toll(**fields), str(REPORT))
    return book


def correct(**fields: Any) -> CorrectReport:
    return CorrectReport.model_validate({"report_id": REPORT, "cause": "transcription", "report": toll(**fields)})


def test_an_incident_is_opened_once() -> None:
    book = open_book()
    with pytest.raises(refusals.IncidentSlugTaken, match="syria-coast-2025"):
        book.do(OpenIncident(slug="syria-coast-2025", title="Again"))


def test_scopes_given_at_the_opening_are_declared_in_order() -> None:
    book = Book("aleppo")
    facts = book.do(
        OpenIncident.model_validate(
            {
                "slug": "aleppo",
                "title": "Aleppo",
                "scopes": [{"name": "east", "label": "East"}, {"name": "west", "label": "West"}],
            }
        )
    )
    assert [type(fact) for fact in facts] == [IncidentOpened, ScopeDeclared, ScopeDeclared]


def test_nothing_is_asked_of_an_incident_that_was_never_opened() -> None:
    with pytest.raises(refusals.IncidentUnknown):
        decide(None, CloseIncident(), datetime(2025, 4, 1, tzinfo=UTC))


def test_a_slug_that_reads_as_an_id_is_refused() -> None:
    with pytest.raises(ValueError, match="reads as an id"):
        OpenIncident(slug="00000000-0000-5000-8000-000000000001", title="x")


def test_an_amendment_holds_only_what_it_changes() -> None:
    [fact] = open_book().do(AmendIncident(title="Violence", period="2025-03-06/2025-03-17"))
    assert isinstance(fact, IncidentAmended)
    assert fact.model_fields_set >= {"period"}
    assert "title" not in fact.model_fields_set


def test_an_amendment_that_changes_nothing_is_refused() -> None:
    with pytest.raises(refusals.NothingChanged):
        open_book().do(AmendIncident(title="Violence"))


def test_a_period_can_be_taken_away() -> None:
    book = open_book()
    book.do(AmendIncident(period=None))
    assert book.read()["period"] is None


def test_a_closed_incident_takes_no_report_but_a_correction() -> None:
    book = filed()
    book.do(CloseIncident(reason="the inquiry has ended"))
    with pytest.raises(refusals.IncidentIsClosed):
        book.file(toll("14"), str(OTHER))
    with pytest.raises(refusals.IncidentIsClosed):
        book.do(CloseIncident())
    book.do(correct(count="14"))
    book.do(ReopenIncident())
    book.file(toll("15"), str(OTHER))
    with pytest.raises(refusals.IncidentIsOpen):
        book.do(ReopenIncident())


def test_a_scope_is_declared_once_and_never_under_a_built_in_name() -> None:
    book = open_book()
    book.do(DeclareScope(name="jableh", label="Jableh"))
    with pytest.raises(refusals.ScopeTaken):
        book.do(DeclareScope(name="jableh", label="Jableh town"))
    for name in ("incident", "event"):
        with pytest.raises(refusals.ScopeNameReserved):
            book.do(DeclareScope(name=name, label="x"))


def test_a_claim_names_a_declared_scope() -> None:
    book = open_book()
    book.do(DeclareScope(name="jableh", label="Jableh"))
    with pytest.raises(refusals.ScopeUndeclared, match="did you mean “jableh”"):
        book.file(toll(claim={"scope": "jabla"}))


def test_a_toll_counts_the_incident_and_every_other_kind_its_event() -> None:
    book = open_book()
    book.file(toll())
    book.file({**toll(), "kind": "attack_launched", "method": "ambush", "event": "al-haffa"})
    scopes = [fact.report.claims[0].scope for each in book.facts if isinstance(fact := each.fact, ReportFiled)]
    assert scopes == ["incident", "event"]


def test_a_toll_of_an_event_names_the_event() -> None:
    book = open_book()
    with pytest.raises(refusals.EventNeeded):
        book.file(toll(claim={"scope": "event"}))
    book.file(toll(claim={"scope": "event"}, event="al-haffa"))


def test_one_report_gives_one_figure_for_one_key() -> None:
    twice = toll()
    twice["claims"] = [*twice["claims"], {"id": "2", "measure": "killed", "count": {"verbatim": "14"}}]
    with pytest.raises(refusals.TwoFiguresOneKey, match="Claims “1” and “2”"):
        open_book().file(twice)


def test_a_total_and_an_increment_of_one_key_are_two_things() -> None:
    both = toll("1,383")
    both["claims"].append({"id": "2", "measure": "killed", "count": {"verbatim": "158"}, "accumulation": "incremental"})
    open_book().file(both)


def test_a_part_differs_from_its_whole() -> None:
    with pytest.raises(refusals.TwoFiguresOneKey):
        open_book().file(toll("10", claim={"parts": [{"id": "1.1", "count": {"verbatim": "5"}}]}))


def test_the_order_of_a_list_makes_no_new_key() -> None:
    ways = [{"status": ["civilian", "state_forces"]}, {"status": ["state_forces", "civilian", "civilian"]}]
    body = toll()
    body["claims"] = [
        {"id": str(n), "measure": "killed", "population": way, "count": {"verbatim": "3"}} for n, way in enumerate(ways)
    ]
    with pytest.raises(refusals.TwoFiguresOneKey):
        open_book().file(body)


def test_what_was_not_dated_was_reported_when_it_was_recorded() -> None:
    book = open_book()
    body = toll()
    del body["reported_at"]
    book.file(body)
    fact = book.facts[-1].fact
    assert isinstance(fact, ReportFiled)
    assert fact.reported.earliest == fact.reported.latest == book.facts[-1].recorded_at


def test_nobody_reports_tomorrow() -> None:
    with pytest.raises(refusals.ReportedInTheFuture):
        open_book().file(toll(reported_at="2031-01-01"))


def test_what_happened_ends_with_its_report() -> None:
    book = filed(occurred="2025-03-06/..")
    fact = book.facts[-1].fact
    assert isinstance(fact, ReportFiled)
    assert fact.occurred is not None
    assert fact.occurred.latest == fact.reported.latest


def test_a_day_ends_in_the_offset_of_the_incident() -> None:
    fact = filed().facts[-1].fact
    assert isinstance(fact, ReportFiled)
    assert fact.reported.latest == datetime(2025, 3, 9, 20, 59, 59, tzinfo=UTC)


def test_a_report_id_is_used_once() -> None:
    with pytest.raises(refusals.ReportIdTaken):
        filed().file(toll("14"), str(REPORT))


def test_a_correction_keeps_when_it_was_said() -> None:
    book = filed()
    [fact] = book.do(correct(count="14"))
    assert isinstance(fact, ReportCorrected)
    assert fact.report.reported_at == "2025-03-09"
    with pytest.raises(refusals.ReportedAtIsKept):
        book.do(correct(count="15", reported_at="2025-03-10"))


def test_a_correction_keeps_the_id() -> None:
    with pytest.raises(refusals.ReportIdIsKept):
        filed().do(correct(count="14", report_id=str(OTHER)))


def test_a_correction_corrects_something() -> None:
    with pytest.raises(refusals.NothingChanged):
        filed().do(correct())


def test_a_report_that_is_not_there_is_neither_corrected_nor_retracted_nor_reinstated() -> None:
    book = open_book()
    for command in (
        correct(),
        RetractReport(report_id=REPORT, by="recorder"),
        ReinstateReport(report_id=REPORT),
    ):
        with pytest.raises(refusals.ReportUnknown):
            book.do(command)


def test_a_retracted_report_cannot_be_retracted_twice_nor_corrected() -> None:
    book = filed()
    book.do(RetractReport(report_id=REPORT, by="recorder"))
    with pytest.raises(refusals.ReportIsRetracted):
        book.do(RetractReport(report_id=REPORT, by="recorder"))
    with pytest.raises(refusals.ReportIsRetracted):
        book.do(correct(count="14"))
    book.do(ReinstateReport(report_id=REPORT))
    with pytest.raises(refusals.ReportStands):
        book.do(ReinstateReport(report_id=REPORT))


def test_a_source_takes_back_at_a_time_and_a_recorder_at_none() -> None:
    book = filed()
    with pytest.raises(refusals.RetractionNeedsTime):
        book.do(RetractReport(report_id=REPORT, by="source"))
    with pytest.raises(refusals.RetractionHasNoTime):
        book.do(RetractReport(report_id=REPORT, by="recorder", reported_at="2025-03-10"))
    with pytest.raises(refusals.RetractedBeforeSaid):
        book.do(RetractReport(report_id=REPORT, by="source", reported_at="2025-03-01"))
    with pytest.raises(refusals.ReportedInTheFuture):
        book.do(RetractReport(report_id=REPORT, by="source", reported_at="2031-01-01"))


def test_what_a_source_took_back_stood_until_then() -> None:
    book = filed()
    book.do(RetractReport(report_id=REPORT, by="source", reported_at="2025-03-11"))
    assert book.estimate("killed", {}, "incident", until="2025-03-10T12:00:00Z")["best"]["figure"] == 13
    assert book.read(until="2025-03-12T12:00:00Z")["estimates"] == []
    assert book.read()["estimates"] == []


def test_what_was_never_said_is_gone_at_every_reported_moment_but_not_at_earlier_positions() -> None:
    book = filed()
    before = len(book.facts)
    book.do(RetractReport(report_id=REPORT, by="recorder"))
    assert book.read(until="2025-03-10T12:00:00Z")["estimates"] == []
    assert book.estimate("killed", {}, "incident", position=before)["best"]["figure"] == 13


def test_a_claim_does_not_supersede_itself() -> None:
    with pytest.raises(refusals.SupersedesItself):
        open_book().file(toll(claim={"supersedes": [f"{REPORT}#1"]}), str(REPORT))


def warned(book: Book, **fields: Any) -> set[str]:
    incident = book.incident()
    assert incident is not None
    [fact] = decide(incident, file_command({"report_id": OTHER, "report": toll(**fields)}), book.now)
    assert isinstance(fact, ReportFiled)
    return {warning.code for warning in warnings_about(incident, fact)}


def test_the_same_content_again_is_a_possible_duplicate() -> None:
    assert warned(filed()) == {"possible_duplicate", "order_assumed"}


def test_a_source_that_says_less_than_before_is_noticed() -> None:
    assert warned(filed(count="20"), reported_at="2025-03-10") == {"decrease"}


def test_two_figures_of_one_day_need_an_order() -> None:
    assert warned(filed(), count="15") == {"order_assumed"}
    assert warned(filed(), count="15", reported_order=1) == set()
    assert warned(filed(), count="15", claim={"supersedes": [f"{REPORT}#1"]}) == set()


def test_a_scope_that_is_new_to_the_source_is_noticed() -> None:
    book = filed()
    book.do(DeclareScope(name="jableh", label="Jableh"))
    assert warned(book, count="3", claim={"scope": "jableh"}) == {"new_scope"}


def test_parts_that_do_not_add_up_are_noticed_and_kept() -> None:
    parts = [{"id": "1.1", "population": {"status": ["civilian"]}, "count": {"verbatim": "9"}}]
    assert warned(open_book(), claim={"parts": parts, "exhaustive": True}) == {"parts_do_not_add"}


def test_a_best_figure_outside_its_range_is_noticed_and_kept() -> None:
    count = {"verbatim": "3-5, best 9", "lower": 3, "upper": 5, "best": 9}
    assert "inconsistent" in warned(open_book(), claim={"count": count})


def test_a_differently_named_event_of_the_same_kind_day_and_place_is_noticed() -> None:
    book = open_book()
    attack = {"kind": "attack_launched", "method": "ambush", "occurred": "2025-03-08", "places": [{"name": "Al-Haffa"}]}
    book.file({**toll(), **attack, "event": "al-haffa-ambush"})
    assert "possible_same_event" in warned(book, **attack, event="haffa-road", count="2")
    assert "possible_same_event" not in warned(book, **attack, event="al-haffa-ambush", count="2")
