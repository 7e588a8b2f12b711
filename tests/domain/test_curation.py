"""Curation: incidents merged, reports moved, claims rescoped, sources joined, judgements made, policies adopted."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

import pytest

from domain.facts.streams import incident_stream, source_stream
from domain.facts.union import ReportFiled
from domain.history.history import history_of
from domain.incident import refusals
from domain.incident.commands import (
    AdoptPolicy,
    AmendIncident,
    AssessReport,
    CloseIncident,
    CorrectReport,
    DeclareScope,
    DisputeReport,
    MergeIncident,
    MoveReport,
    OpenIncident,
    ReinstateReport,
    RescopeClaims,
    RetractReport,
    StateSameOrigin,
    UndoSameOrigin,
    UnmergeIncident,
)
from domain.values.sources import Registration
from tests.domain.book import Book, open_book

CIVILIANS = {"status": ["civilian"]}
OTHER = "baniyas"


def toll(figure: str, source: Any = "sohr", day: str = "2025-03-09", **fields: Any) -> dict[str, Any]:
    claim = {"id": "1", "measure": "killed", "population": CIVILIANS, "count": {"verbatim": figure}}
    return {"kind": "toll_revised", "source": source, "reported_at": day, "claims": [claim], **fields}


@pytest.fixture
def book() -> Book:
    """Open an incident with one toll, and another with one."""
    book = open_book()
    for slug, grade in (("sohr", "B"), ("snhr", "B"), ("reuters", "A")):
        book.do(Registration.model_validate({"slug": slug, "name": slug, "type": "monitor", "reliability": grade}))
    book.do(OpenIncident(slug=OTHER, title="Baniyas", utc_offset="+03:00"))
    book.file(toll("830"), report_id=str(UUID(int=1)))
    book.file(toll("92", "snhr"), report_id=str(UUID(int=2)), slug=OTHER)
    return book


ONE, TWO = UUID(int=1), UUID(int=2)


def best(book: Book, scope: str = "incident", slug: str | None = None, **reading: Any) -> int | None:
    end = book.estimate("killed", CIVILIANS, scope, slug=slug, **reading)["best"]
    return end and end["figure"]


def scopes(book: Book, slug: str | None = None) -> list[str]:
    return sorted(each["scope"] for each in cast("list[dict[str, str]]", book.read(slug=slug)["estimates"]))


def test_a_merged_incident_keeps_its_own_figure_under_its_own_scope(book: Book) -> None:
    book.do(MergeIncident(into=book.slug), OTHER)
    assert scopes(book) == ["baniyas/incident", "incident"]
    assert best(book) == 830
    assert best(book, "baniyas/incident") == 92


def test_a_sentence_about_a_merged_incident_says_for_which_it_counts(book: Book) -> None:
    book.do(MergeIncident(into=book.slug), OTHER)
    sentences = cast("list[str]", book.read()["sentences"])
    assert "Killed, civilians, as counted for “Baniyas”: 92 (snhr, 9 March)." in sentences


def test_unmerging_leaves_nothing_of_it(book: Book) -> None:
    book.do(MergeIncident(into=book.slug), OTHER)
    book.do(UnmergeIncident(), OTHER)
    assert scopes(book) == ["incident"]
    assert scopes(book, OTHER) == ["incident"]


def test_what_is_written_to_a_merged_incident_is_refused_with_where_to_write(book: Book) -> None:
    book.do(MergeIncident(into=book.slug), OTHER)
    for command in (AmendIncident(title="Else"), CloseIncident(), MergeIncident(into=book.slug)):
        with pytest.raises(refusals.IncidentIsMerged, match="merged into “syria-coast-2025”"):
            book.do(command, OTHER)
    with pytest.raises(refusals.IncidentIsMerged):
        book.file(toll("100", "snhr"), slug=OTHER)


def whole(book: Book, figure: str, day: str, slug: str, **fields: Any) -> None:
    book.file(toll(figure, "snhr", day, complete=True, **fields), slug=slug)


def test_a_whole_statement_about_a_merged_incident_is_taken_and_shown_where_that_is(book: Book) -> None:
    whole(book, "92", "2025-03-09", OTHER)
    book.do(MergeIncident(into=book.slug), OTHER)
    whole(book, "95", "2025-03-10", OTHER)
    assert best(book, "baniyas/incident") == 95
    book.do(UnmergeIncident(), OTHER)
    assert (best(book, slug=OTHER), scopes(book)) == (95, ["incident"])


def test_a_whole_statement_follows_the_one_before_it_to_where_that_was_moved(book: Book) -> None:
    book.do(OpenIncident(slug="third", title="Third"))
    whole(book, "7", "2025-03-09", "third")
    moved = book.facts[-1].fact
    assert isinstance(moved, ReportFiled)
    book.do(MoveReport(report_id=moved.report_id, to=book.slug))
    whole(book, "8", "2025-03-10", "third")
    assert best(book, "third/incident") == 8
    assert scopes(book, "third") == []
    book.do(MergeIncident(into=OTHER), book.slug)
    whole(book, "9", "2025-03-11", "third")
    assert best(book, "third/incident", OTHER) == 9
    assert scopes(book, "third") == []
    filed = next(each.fact for each in reversed(book.facts) if isinstance(each.fact, ReportFiled))
    book.do(MoveReport(report_id=filed.report_id, to="third"))
    whole(book, "10", "2025-03-12", "third")
    assert best(book, slug="third") == 10


def test_what_shows_a_whole_statement_has_to_be_open(book: Book) -> None:
    book.do(MergeIncident(into=book.slug), OTHER)
    book.do(CloseIncident())
    with pytest.raises(refusals.IncidentIsClosed, match="“syria-coast-2025” is closed"):
        whole(book, "95", "2025-03-10", OTHER)
    with pytest.raises(refusals.IncidentIsClosed):
        whole(book, "95", "2025-03-10", book.slug)


def test_a_report_of_a_merged_incident_is_still_corrected_and_retracted_by_its_id(book: Book) -> None:
    book.do(MergeIncident(into=book.slug), OTHER)
    content = {name: value for name, value in toll("93", "snhr").items() if name != "reported_at"}
    book.do(CorrectReport.model_validate({"report_id": TWO, "cause": "transcription", "report": content}))
    assert best(book, "baniyas/incident") == 93
    book.do(RetractReport(report_id=TWO, by="recorder"))
    assert scopes(book) == ["incident"]


def test_no_incident_is_merged_into_itself_an_unknown_one_or_one_that_is_merged_or_closed(book: Book) -> None:
    with pytest.raises(refusals.MergedIntoItself):
        book.do(MergeIncident(into=book.slug))
    with pytest.raises(refusals.TargetUnknown):
        book.do(MergeIncident(into="nowhere"))
    book.do(OpenIncident(slug="third", title="Third"))
    book.do(MergeIncident(into="third"), OTHER)
    with pytest.raises(refusals.IncidentIsMerged):
        book.do(MergeIncident(into=OTHER))
    book.do(CloseIncident(), "third")
    with pytest.raises(refusals.IncidentIsClosed):
        book.do(MergeIncident(into="third"))


def test_what_was_never_merged_cannot_be_unmerged(book: Book) -> None:
    with pytest.raises(refusals.IncidentNotMerged):
        book.do(UnmergeIncident())


def test_an_incident_shows_what_was_merged_into_one_that_was_merged_into_it(book: Book) -> None:
    book.do(OpenIncident(slug="third", title="Third"))
    book.do(MergeIncident(into="third"), OTHER)
    book.do(MergeIncident(into=book.slug), "third")
    assert best(book, "baniyas/incident") == 92
    book.do(UnmergeIncident(), OTHER)
    assert scopes(book) == ["incident"]
    assert scopes(book, "third") == []


def test_a_moved_report_keeps_its_scope_and_comes_home_unchanged(book: Book) -> None:
    before = book.digest()
    book.do(MoveReport(report_id=ONE, to=OTHER))
    assert scopes(book) == []
    assert best(book, "syria-coast-2025/incident", OTHER) == 830
    book.do(MoveReport(report_id=ONE, to=book.slug))
    assert book.digest() == before


def test_a_report_moves_on_and_leaves_no_copy_behind(book: Book) -> None:
    book.do(OpenIncident(slug="third", title="Third"))
    book.do(MoveReport(report_id=ONE, to=OTHER))
    book.do(MoveReport(report_id=ONE, to="third"))
    assert scopes(book, OTHER) == ["incident"]
    assert scopes(book, "third") == ["syria-coast-2025/incident"]


def test_a_report_does_not_move_to_where_it_is_or_to_nowhere(book: Book) -> None:
    with pytest.raises(refusals.NothingChanged):
        book.do(MoveReport(report_id=ONE, to=book.slug))
    with pytest.raises(refusals.DestinationUnknown):
        book.do(MoveReport(report_id=ONE, to="nowhere"))
    with pytest.raises(refusals.ReportUnknown):
        book.do(MoveReport(report_id=UUID(int=9), to=OTHER))


def test_a_claim_that_was_merged_in_can_be_given_the_scope_of_the_incident(book: Book) -> None:
    book.do(MergeIncident(into=book.slug), OTHER)
    book.do(RescopeClaims(claims=(f"{TWO}#1",), scope="incident"))
    assert scopes(book) == ["incident"]
    estimate = book.estimate("killed", CIVILIANS, "incident")
    assert {each["source"] for each in (*estimate["used"], *estimate["set_aside"])} == {"sohr", "snhr"}
    book.do(RescopeClaims(claims=(f"{TWO}#1",), scope=None))
    assert scopes(book) == ["baniyas/incident", "incident"]


def test_a_claim_given_a_scope_keeps_it_when_its_report_moves_on(book: Book) -> None:
    book.do(MergeIncident(into=book.slug), OTHER)
    book.do(RescopeClaims(claims=(f"{TWO}#1",), scope="incident"))
    book.do(UnmergeIncident(), OTHER)
    assert scopes(book, OTHER) == ["syria-coast-2025/incident"]


def test_a_claim_given_a_scope_elsewhere_is_read_by_that_incident_wherever_it_is_shown(book: Book) -> None:
    book.do(AmendIncident(period="2025-03-06/2025-03-07"))
    book.do(AmendIncident(period="2025-03-06/2025-03-20"), OTHER)
    book.file(toll("7", "reuters", day="2025-03-08"), report_id=str(UUID(int=5)))
    for report in (ONE, UUID(int=5)):
        book.do(MoveReport(report_id=report, to=OTHER))
        book.do(RescopeClaims(claims=(f"{report}#1",), scope="incident"), OTHER)
        book.do(MoveReport(report_id=report, to=book.slug))
    estimate = book.estimate("killed", CIVILIANS, "baniyas/incident")
    assert [(each["verbatim"], each["code"]) for each in estimate["set_aside"]] == []
    assert "Killed, civilians, as counted for “Baniyas”: " in " ".join(cast("list[str]", book.read()["sentences"]))
    book.do(AmendIncident(period="2025-03-06/2025-03-07"), OTHER)
    assert book.estimate("killed", CIVILIANS, "baniyas/incident") == estimate


def test_a_rescoping_is_written_against_the_incident_that_it_is_asked_of(book: Book) -> None:
    book.do(MoveReport(report_id=ONE, to=OTHER))
    other = book.incident(incident_stream(OTHER))
    assert other is not None
    version = other.version
    book.do(RescopeClaims(claims=(f"{ONE}#1",), scope="incident"), OTHER)
    after = book.incident(incident_stream(OTHER))
    assert after is not None
    assert after.version == version + 1


def blame(act: str, source: str, **fields: Any) -> dict[str, Any]:
    return {
        "kind": "responsibility_stated",
        "act": act,
        "by": "gunmen",
        "whom": "gunmen",
        "source": source,
        "reported_at": "2025-03-08",
        **fields,
    }


def test_events_of_one_name_in_two_incidents_have_each_their_own_accusers(book: Book) -> None:
    book.file(blame("accused", "sohr", event="bridge"))
    book.file(blame("accused", "snhr", event="bridge"), slug=OTHER)
    book.file(blame("accused", "snhr"), slug=OTHER)
    book.do(MergeIncident(into=book.slug), OTHER)
    told = {(each["event"], *each["sources"]) for each in cast("list[dict[str, Any]]", book.read()["blame"])}
    assert told == {("bridge", "sohr"), ("baniyas/event:bridge", "snhr"), ("baniyas/incident", "snhr")}


def test_a_denial_that_is_rated_out_contests_nothing(book: Book) -> None:
    report = book.file(blame("denied", "reuters"))
    assert book.estimate("killed", CIVILIANS, "incident")["contested"]
    book.do(AssessReport(report_id=report, credibility=5))
    assert not book.estimate("killed", CIVILIANS, "incident")["contested"]
    book.do(AssessReport(report_id=report, credibility=2))
    book.do(Registration.model_validate({"slug": "reuters", "name": "reuters", "type": "monitor", "reliability": "E"}))
    for policy in ("range/1", "corroboration/1"):
        assert not book.estimate("killed", CIVILIANS, "incident", policy=policy)["contested"]


def test_what_was_judged_improbable_outruns_nothing_even_once_it_is_superseded(book: Book) -> None:
    improbable = book.file(toll("5,000", "reuters", day="2025-03-11"))
    book.file(toll("840", "reuters", day="2025-03-12"))
    book.do(AmendIncident(period=None))
    assert [each["code"] for each in book.estimate("killed", CIVILIANS, "incident")["set_aside"]] == ["outrun"]
    book.file(toll("820", "reuters", day="2025-03-13"))
    book.do(AssessReport(report_id=improbable, credibility=5))
    estimate = book.estimate("killed", CIVILIANS, "incident")
    assert "5,000" not in " ".join(each["why"] for each in estimate["set_aside"])


def test_an_incomplete_count_is_called_verified_only_of_a_source_that_is_known_to_be_reliable(book: Book) -> None:
    book.file(toll("900", "snhr", day="2025-03-10"))
    partial = toll("12", "reuters")
    partial["claims"][0]["partial"] = True
    book.file(partial)
    assert "Verified so far: 12 (reuters)." in " ".join(cast("list[str]", book.read()["sentences"]))
    book.do(Registration.model_validate({"slug": "reuters", "name": "reuters", "type": "monitor", "reliability": "C"}))
    assert "Counted so far: 12 (reuters)." in " ".join(cast("list[str]", book.read()["sentences"]))


def test_a_declared_scope_given_to_a_claim_of_another_incident_brings_its_bounds(book: Book) -> None:
    scope = {"name": "first-day", "label": "the first day", "period": "2025-03-06"}
    book.do(DeclareScope.model_validate(scope))
    book.do(MergeIncident(into=book.slug), OTHER)
    book.do(RescopeClaims(claims=(f"{TWO}#1",), scope="first-day"))
    assert "Killed, civilians, the first day: 92 (snhr, 9 March)." in cast("list[str]", book.read()["sentences"])
    [row] = [each for each in cast("list[dict[str, Any]]", book.read("claims/1")["claims"]) if each["source"] == "snhr"]
    assert row["counted_until"] == "2025-03-06T20:59:59Z"
    assert row["flags"] == ["rescoped"]


def test_a_correction_leaves_the_scope_that_a_claim_was_given(book: Book) -> None:
    book.do(DeclareScope.model_validate({"name": "coast", "label": "the coast"}))
    book.do(RescopeClaims(claims=(f"{ONE}#1",), scope="coast"))
    content = {name: value for name, value in toll("831").items() if name != "reported_at"}
    book.do(CorrectReport.model_validate({"report_id": ONE, "cause": "transcription", "report": content}))
    assert best(book, "coast") == 831


def test_a_claim_gets_no_scope_that_is_undeclared_no_event_that_is_unnamed_and_no_key_that_is_taken(book: Book) -> None:
    two = toll("5")
    two["claims"].append({**two["claims"][0], "id": "2", "scope": "coast"})
    book.do(DeclareScope.model_validate({"name": "coast", "label": "the coast"}))
    book.file(two, report_id=str(UUID(int=3)))
    with pytest.raises(refusals.ScopeUndeclared):
        book.do(RescopeClaims(claims=(f"{ONE}#1",), scope="cost"))
    with pytest.raises(refusals.EventNeeded):
        book.do(RescopeClaims(claims=(f"{ONE}#1",), scope="event"))
    with pytest.raises(refusals.TwoFiguresOneKey):
        book.do(RescopeClaims(claims=(f"{UUID(int=3)}#2",), scope="incident"))
    with pytest.raises(refusals.ClaimUnknown):
        book.do(RescopeClaims(claims=(f"{ONE}#7",), scope="coast"))
    with pytest.raises(refusals.ReportElsewhere):
        book.do(RescopeClaims(claims=(f"{TWO}#1",), scope="coast"))
    with pytest.raises(refusals.NothingChanged):
        book.do(RescopeClaims(claims=(f"{ONE}#1",), scope=None))


def test_a_regrade_counts_from_its_position_on_and_never_before(book: Book) -> None:
    book.file(toll("1,000", "reuters"))
    before = len(book.facts)
    book.do(Registration.model_validate({"slug": "reuters", "name": "reuters", "type": "monitor", "reliability": "E"}))
    assert best(book, position=before) == 1000
    assert best(book) == 830


def test_an_improbable_report_is_rated_out_and_one_claim_of_it_too(book: Book) -> None:
    book.file(toll("900", "snhr"), report_id=str(UUID(int=4)))
    for claim in (None, "1"):
        book.do(AssessReport(report_id=UUID(int=4), claim=claim, credibility=5))
        [aside] = book.estimate("killed", CIVILIANS, "incident")["set_aside"]
        assert (aside["source"], aside["code"]) == ("snhr", "rated_out")
        book.do(AssessReport(report_id=UUID(int=4), claim=claim, credibility=2))


def test_what_is_judged_of_a_claim_goes_before_what_is_judged_of_its_report(book: Book) -> None:
    book.do(AssessReport(report_id=ONE, credibility=5))
    book.do(AssessReport(report_id=ONE, claim="1", credibility=2))
    assert book.estimate("killed", CIVILIANS, "incident")["set_aside"] == []


def test_what_stands_disputed_is_contested_until_the_dispute_is_settled(book: Book) -> None:
    for claim in (None, "1"):
        book.do(DisputeReport(report_id=ONE, claim=claim))
        estimate = book.estimate("killed", CIVILIANS, "incident")
        assert estimate["contested"]
        assert estimate["used"][0]["flags"] == ["disputed"]
        book.do(DisputeReport(report_id=ONE, claim=claim, disputed=False))
        assert not book.estimate("killed", CIVILIANS, "incident")["contested"]


def test_a_judgement_that_stands_already_or_of_no_claim_that_there_is_is_refused(book: Book) -> None:
    with pytest.raises(refusals.NothingChanged):
        book.do(AssessReport(report_id=ONE, credibility=6))
    with pytest.raises(refusals.NothingChanged):
        book.do(DisputeReport(report_id=ONE, disputed=False))
    for command in (
        AssessReport(report_id=ONE, claim="9", credibility=1),
        DisputeReport(report_id=ONE, claim="9"),
        RetractReport(report_id=ONE, claim="9", by="recorder"),
        ReinstateReport(report_id=ONE, claim="9"),
    ):
        with pytest.raises(refusals.ClaimUnknown, match="it has “1”"):
            book.do(command)


def parts() -> dict[str, Any]:
    body = toll("830")
    child = {"id": "1.1", "population": {"age": "child"}, "count": {"verbatim": "40"}}
    body["claims"][0]["parts"] = [child]
    body["claims"].append({"id": "2", "measure": "injured", "count": {"verbatim": "60"}})
    return body


def said(book: Book, **reading: Any) -> dict[str, str]:
    claims = cast("list[dict[str, str]]", book.read("claims/1", **reading)["claims"])
    return {each["verbatim"]: each["status"] for each in claims if each["source"] == "reuters"}


def test_one_claim_is_retracted_with_its_parts_and_the_rest_of_its_report_stands(book: Book) -> None:
    report = book.file({**parts(), "source": "reuters"})
    book.do(RetractReport(report_id=report, claim="1", by="recorder"))
    assert said(book) == {"830": "retracted", "40": "retracted", "60": "used"}
    with pytest.raises(refusals.ClaimIsRetracted):
        book.do(RetractReport(report_id=report, claim="1", by="recorder"))
    book.do(ReinstateReport(report_id=report, claim="1"))
    assert said(book) == {"830": "used", "40": "used", "60": "used"}
    with pytest.raises(refusals.ClaimStands):
        book.do(ReinstateReport(report_id=report, claim="1"))


def test_one_part_is_retracted_and_its_whole_stands(book: Book) -> None:
    report = book.file({**parts(), "source": "reuters"})
    book.do(RetractReport(report_id=report, claim="1.1", by="recorder"))
    assert said(book) == {"830": "used", "40": "retracted", "60": "used"}


def test_a_claim_that_its_source_took_back_stood_until_then(book: Book) -> None:
    report = book.file({**parts(), "source": "reuters"})
    book.do(RetractReport(report_id=report, claim="1", by="source", reported_at="2025-03-12"))
    assert said(book, until="2025-03-11T23:59:59+03:00")["830"] == "used"
    assert said(book, until="2025-03-12T23:59:59+03:00")["830"] == "retracted"


def entry(book: Book, **reading: Any) -> dict[str, Any]:
    [found] = cast("list[dict[str, Any]]", book.read("timeline/1", **reading)["entries"])
    return found


def test_the_timeline_tells_what_stands_disputed_and_which_claims_were_taken_back(book: Book) -> None:
    book.do(DisputeReport(report_id=ONE))
    assert entry(book)["standing"] == "disputed"
    book.do(DisputeReport(report_id=ONE, disputed=False))
    book.do(DisputeReport(report_id=ONE, claim="1"))
    book.do(RetractReport(report_id=ONE, claim="1", by="source", reported_at="2025-03-12"))
    assert (entry(book)["standing"], entry(book)["claims_disputed"]) == ("standing", ["1"])
    assert entry(book)["claims_retracted"] == ["1"]
    assert entry(book, until="2025-03-11T00:00:00Z")["claims_retracted"] == []
    book.do(RetractReport(report_id=ONE, by="recorder"))
    assert entry(book)["standing"] == "retracted"


UNNAMED = {"anonymous": "a war monitor", "type": "monitor"}
ITS_ORIGIN = "anonymous:a war monitor|reuters"


def test_two_sources_stated_to_be_one_are_one_origin_with_the_grade_of_the_named_one(book: Book) -> None:
    book.file(toll("900", UNNAMED, day="2025-03-10", via=["reuters"]))
    assert len(book.estimate("killed", CIVILIANS, "incident")["used"]) == 1, "an unnamed source is graded F"
    assert book.estimate("killed", CIVILIANS, "incident")["superseded"] == 0
    book.do(StateSameOrigin(origins=(ITS_ORIGIN, "sohr")))
    estimate = book.estimate("killed", CIVILIANS, "incident")
    assert [(each["source"], each["grade"]) for each in estimate["used"]] == [("sohr", "B")]
    assert estimate["superseded"] == 1
    assert estimate["best"]["figure"] == 900
    book.do(UndoSameOrigin(origins=(ITS_ORIGIN, "sohr")))
    assert best(book) == 830


def test_origins_are_joined_through_one_that_nobody_cites(book: Book) -> None:
    book.do(Registration.model_validate({"slug": "between", "name": "Between", "type": "other"}))
    book.file(toll("900", "snhr", day="2025-03-10"))
    book.do(StateSameOrigin(origins=("between", "sohr")))
    book.do(StateSameOrigin(origins=("between", "snhr")))
    [used] = book.estimate("killed", CIVILIANS, "incident")["used"]
    assert (used["source"], used["verbatim"]) == ("between", "900")


def test_between_the_two_facts_that_part_two_sources_they_are_parted_in_whatever_order_they_are_read(
    book: Book,
) -> None:
    book.do(StateSameOrigin(origins=("snhr", "sohr")))
    book.do(UndoSameOrigin(origins=("snhr", "sohr")))
    between = [each for each in book.facts if each.position < len(book.facts)]
    for streams in (("snhr", "sohr"), ("sohr", "snhr")):
        order = [source_stream(slug) for slug in streams]
        history = history_of(sorted(between, key=lambda each: each.stream in order and order.index(each.stream) + 1))
        assert history.sources.canonical == {}


def test_only_known_sources_are_joined_and_only_once(book: Book) -> None:
    with pytest.raises(refusals.SourceUnknown, match="nobody"):
        book.do(StateSameOrigin(origins=("nobody", "sohr")))
    book.do(StateSameOrigin(origins=("snhr", "sohr")))
    with pytest.raises(refusals.NothingChanged):
        book.do(StateSameOrigin(origins=("snhr", "sohr")))
    book.do(UndoSameOrigin(origins=("snhr", "sohr")))
    with pytest.raises(refusals.NothingChanged):
        book.do(UndoSameOrigin(origins=("snhr", "sohr")))


def test_the_policy_of_the_time_answers_for_the_time_and_a_reader_may_name_another(book: Book) -> None:
    book.file(toll("13", "rudaw", day="2025-03-10"))
    before = len(book.facts)
    book.do(AdoptPolicy(policy="latest/1"))
    assert best(book) == 13
    assert best(book, position=before) == 830
    assert best(book, policy="range/1") == 830
    with pytest.raises(refusals.NothingChanged):
        book.do(AdoptPolicy(policy="latest/1"))
