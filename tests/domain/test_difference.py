"""The difference between two readings: whose doing each change is, on either clock."""

from __future__ import annotations

from typing import Any, cast

import pytest

from domain import catalogue
from domain.incident.commands import (
    CorrectReport,
    DeclareScope,
    MoveReport,
    OpenIncident,
    ReinstateReport,
    RescopeClaims,
    RetractReport,
)
from domain.reading import Reading
from domain.revisions.difference import difference
from domain.values.time.clocks import parse_instant
from tests.domain.book import Book, open_book

Body = dict[str, Any]
HEADINGS = (
    "learned",
    "revised_by_source",
    "withdrawn_by_source",
    "corrected_by_us",
    "removed_by_us",
    "reclassified",
    "estimates",
)


def say(book: Book, count: str, at: str = "2025-03-08", **claim: Any) -> str:
    """Let SOHR give a figure of everyone killed in the incident; returns the report."""
    fields = {name: claim.pop(name) for name in ("via", "complete", "source") if name in claim}
    stated = {"id": "1", "measure": "killed", "count": {"verbatim": count}, **claim}
    body = {"kind": "toll_revised", "source": "sohr", "reported_at": at, "claims": [stated], **fields}
    return str(book.file(body))


def correct(book: Book, report: str, cause: str, **claim: Any) -> None:
    stated = {"id": "1", "measure": "killed", "count": {"verbatim": "100"}, **claim}
    content = {"kind": "toll_revised", "source": "sohr", "claims": [stated]}
    book.do(CorrectReport.model_validate({"report_id": report, "cause": cause, "report": content}))


def retract(book: Book, report: str, **fields: Any) -> None:
    book.do(RetractReport.model_validate({"report_id": report, **fields}))


def recorded(book: Book, position: int, policy: str = "range/1") -> dict[str, list[Body]]:
    """Compare what was recorded by a position with what is recorded now."""
    reading = Reading(None, catalogue.policy(policy))
    return _told(difference((book.history(position), reading), (book.history(), reading)))


def reported(book: Book, first: str, last: str) -> dict[str, list[Body]]:
    """Compare what had been said by the end of one day of March with another."""
    moments = [parse_instant(f"2025-03-{day}T23:59:59+03:00") for day in (first, last)]
    before, after = ((book.history(), Reading(moment, catalogue.policy("range/1"))) for moment in moments)
    return _told(difference(before, after))


def _told(document: dict[str, object]) -> dict[str, list[Body]]:
    assert tuple(document) == HEADINGS
    return cast("dict[str, list[Body]]", document)


def filled(found: dict[str, list[Body]]) -> set[str]:
    return {name for name, entries in found.items() if entries}


def test_a_first_report_is_learned_on_either_clock() -> None:
    book = open_book()
    report = say(book, "100")
    for found in (recorded(book, 1), reported(book, "07", "08")):
        assert filled(found) == {"learned", "estimates"}
        [learned] = found["learned"]
        assert (learned["report_id"], learned["source"], learned["kind"]) == (report, "sohr", "toll_revised")
        assert [(claim["claim"], claim["best"]) for claim in learned["claims"]] == [(f"{report}#1", 100)]
        [estimate] = found["estimates"]
        assert (estimate["before"], estimate["after"]["best"]) == (None, {"figure": 100, "claim": f"{report}#1"})


def test_a_later_figure_of_the_same_source_is_its_revision_on_either_clock() -> None:
    book = open_book()
    old = say(book, "830", "2025-03-09")
    position = len(book.facts)
    new = say(book, "1,383", "2025-03-12")
    for found in (recorded(book, position), reported(book, "09", "12")):
        assert filled(found) == {"learned", "revised_by_source", "estimates"}
        [revised] = found["revised_by_source"]
        assert (revised["source"], revised["claim"], revised["break"]) == ("sohr", f"{old}#1", False)
        ends = [(revised[end]["claim"], revised[end]["verbatim"], revised[end]["best"]) for end in ("before", "after")]
        assert ends == [(f"{old}#1", "830", 830), (f"{new}#1", "1,383", 1383)]


def test_an_old_figure_that_comes_to_us_late_is_learned_and_revises_nothing() -> None:
    book = open_book()
    say(book, "830", "2025-03-09")
    position = len(book.facts)
    say(book, "340", "2025-03-08")
    assert filled(recorded(book, position)) == {"learned"}


def test_another_sources_figure_is_nobodys_revision() -> None:
    book = open_book()
    say(book, "830", "2025-03-09")
    say(book, "900", "2025-03-10", source="snhr")
    assert reported(book, "09", "10")["revised_by_source"] == []


def test_a_claim_that_replaces_one_of_another_key_is_a_revision_with_a_break() -> None:
    book = open_book()
    old = say(book, "311", "2025-03-07", population={"group": ["alawite"]})
    say(book, "340", "2025-03-08", supersedes=[f"{old}#1"])
    [revised] = reported(book, "07", "08")["revised_by_source"]
    assert (revised["before"]["population"], revised["after"]["population"]) == ({"group": ["alawite"]}, {})
    assert (revised["after"]["verbatim"], revised["break"]) == ("340", True)


def test_the_own_key_of_a_claim_that_replaces_another_breaks_too() -> None:
    book = open_book()
    say(book, "300", "2025-03-07")
    old = say(book, "311", "2025-03-07", population={"group": ["alawite"]})
    say(book, "340", "2025-03-08", supersedes=[f"{old}#1"])
    revised = reported(book, "07", "08")["revised_by_source"]
    assert {(each["before"]["verbatim"], each["after"]["verbatim"], each["break"]) for each in revised} == {
        ("300", "340", True),
        ("311", "340", True),
    }


def test_what_its_source_takes_back_is_withdrawn_by_it() -> None:
    book = open_book()
    report = say(book, "900", "2025-03-08")
    position = len(book.facts)
    retract(book, report, by="source", reported_at="2025-03-10")
    for found in (recorded(book, position), reported(book, "08", "10")):
        assert filled(found) == {"withdrawn_by_source", "estimates"}
        [withdrawn] = found["withdrawn_by_source"]
        assert (withdrawn["report_id"], withdrawn["what"]) == (report, "taken back")
        assert withdrawn["when"]["latest"] == "2025-03-10T20:59:59Z"
        assert found["estimates"][0]["after"] is None


def test_one_claim_that_its_source_takes_back_is_named() -> None:
    book = open_book()
    report = say(book, "900", "2025-03-08")
    retract(book, report, claim="1", by="source", reported_at="2025-03-10")
    [withdrawn] = reported(book, "08", "10")["withdrawn_by_source"]
    assert (withdrawn["claim"], withdrawn["what"]) == (f"{report}#1", "taken back")


def test_a_whole_statement_withdraws_what_its_source_had_said_and_is_named() -> None:
    book = open_book()
    book.do(DeclareScope(name="baniyas", label="Baniyas"))
    old = say(book, "30", "2025-03-08", scope="baniyas")
    whole = say(book, "120", "2025-03-09", complete=True)
    found = reported(book, "08", "09")
    assert filled(found) == {"learned", "withdrawn_by_source", "estimates"}
    [withdrawn] = found["withdrawn_by_source"]
    assert (withdrawn["report_id"], withdrawn["what"], withdrawn["by"]) == (
        old,
        "withdrawn by a whole statement",
        whole,
    )


def test_of_two_whole_statements_the_last_is_named() -> None:
    book = open_book()
    old = say(book, "100", "2025-03-08")
    _, last = (say(book, count, f"2025-03-{day}", complete=True) for day, count in (("09", "110"), ("10", "120")))
    [withdrawn] = reported(book, "08", "10")["withdrawn_by_source"]
    assert (withdrawn["report_id"], withdrawn["by"]) == (old, last)


def test_a_whole_statement_that_gives_the_figure_anew_revises_it_too() -> None:
    book = open_book()
    say(book, "100", "2025-03-08", complete=True)
    say(book, "120", "2025-03-09", complete=True)
    [revised] = reported(book, "08", "09")["revised_by_source"]
    assert (revised["before"]["best"], revised["after"]["best"]) == (100, 120)


def test_our_correction_shows_its_cause_and_each_field_before_and_after() -> None:
    book = open_book()
    report = say(book, "10")
    position = len(book.facts)
    correct(book, report, "transcription")
    found = recorded(book, position)
    assert filled(found) == {"corrected_by_us", "estimates"}
    [corrected] = found["corrected_by_us"]
    assert (corrected["report_id"], corrected["what"], corrected["cause"]) == (report, "corrected", "transcription")
    [change] = corrected["changed"]
    verbatim = [change[end][0]["count"]["verbatim"] for end in ("before", "after")]
    assert (change["field"], verbatim) == ("claims", ["10", "100"])


def test_of_two_corrections_only_that_made_since_is_told() -> None:
    book = open_book()
    report = say(book, "10")
    correct(book, report, "translation")
    position = len(book.facts)
    correct(book, report, "transcription", count={"verbatim": "101"})
    assert [each["cause"] for each in recorded(book, position)["corrected_by_us"]] == ["transcription"]
    assert [each["cause"] for each in recorded(book, position - 1)["corrected_by_us"]] == [
        "translation",
        "transcription",
    ]


def test_a_correction_that_makes_an_old_figure_the_current_one_is_no_revision_by_the_source() -> None:
    book = open_book()
    say(book, "80", "2025-03-08")
    mistyped = say(book, "10", "2025-03-09", via=["wion"])
    position = len(book.facts)
    content = {"kind": "toll_revised", "source": "sohr", "via": ["wion"]}
    claim = {"id": "1", "measure": "killed", "count": {"verbatim": "100"}}
    body = {"report_id": mistyped, "cause": "transcription", "report": {**content, "claims": [claim]}}
    book.do(CorrectReport.model_validate(body))
    assert filled(recorded(book, position)) == {"corrected_by_us", "estimates"}


def test_on_the_reported_clock_our_corrections_are_no_difference() -> None:
    book = open_book()
    report = say(book, "10", "2025-03-08")
    correct(book, report, "transcription")
    assert filled(reported(book, "08", "09")) == set()


def test_a_reclassified_claim_has_a_heading_of_its_own() -> None:
    book = open_book()
    report = say(book, "100")
    position = len(book.facts)
    correct(book, report, "reclassified", population={"group": ["alawite"]})
    found = recorded(book, position)
    assert filled(found) == {"reclassified", "estimates"}
    assert [(each["what"], each["cause"]) for each in found["reclassified"]] == [("corrected", "reclassified")]
    assert [(each["before"] is None, each["after"] is None) for each in found["estimates"]] == [
        (True, False),
        (False, True),
    ]


def test_a_claim_that_was_given_another_scope_is_reclassified() -> None:
    book = open_book()
    book.do(DeclareScope(name="baniyas", label="Baniyas"))
    report = say(book, "100")
    position = len(book.facts)
    book.do(RescopeClaims.model_validate({"claims": [f"{report}#1"], "scope": "baniyas"}))
    found = recorded(book, position)
    assert filled(found) == {"reclassified", "estimates"}
    [rescoped] = found["reclassified"]
    scopes = [rescoped[end]["scope"] for end in ("before", "after")]
    assert (rescoped["what"], rescoped["claim"], scopes) == ("rescoped", f"{report}#1", ["incident", "baniyas"])


@pytest.mark.parametrize("claim", [None, "1"])
def test_what_we_strike_is_removed_by_us_and_what_we_reinstate_is_corrected(claim: str | None) -> None:
    book = open_book()
    report = say(book, "100")
    ref = {} if claim is None else {"claim": f"{report}#1"}
    before = len(book.facts)
    retract(book, report, claim=claim, by="recorder")
    struck = len(book.facts)
    found = recorded(book, before)
    assert filled(found) == {"removed_by_us", "estimates"}
    assert [(each["what"], each.get("claim")) for each in found["removed_by_us"]] == [("struck", ref.get("claim"))]
    book.do(ReinstateReport.model_validate({"report_id": report, "claim": claim}))
    found = recorded(book, struck)
    assert filled(found) == {"corrected_by_us", "estimates"}
    assert [(each["what"], each.get("claim")) for each in found["corrected_by_us"]] == [
        ("reinstated", ref.get("claim"))
    ]
    assert filled(recorded(book, before)) == set()


def test_a_report_that_was_moved_away_is_no_longer_in_the_incident() -> None:
    book = open_book()
    book.do(OpenIncident.model_validate({"slug": "elsewhere", "title": "Elsewhere"}), "elsewhere")
    report = say(book, "100")
    position = len(book.facts)
    book.do(MoveReport.model_validate({"report_id": report, "to": "elsewhere"}))
    found = recorded(book, position)
    assert filled(found) == {"removed_by_us", "estimates"}
    assert [each["what"] for each in found["removed_by_us"]] == ["no longer in the incident"]


def test_what_came_and_went_between_the_two_readings_is_in_neither() -> None:
    book = open_book()
    say(book, "100")
    position = len(book.facts)
    retract(book, say(book, "900", "2025-03-09"), by="recorder")
    assert filled(recorded(book, position)) == set()


def test_an_estimate_that_says_nothing_at_either_end_is_left_out() -> None:
    book = open_book()
    say(book, "dozens")
    assert filled(reported(book, "07", "08")) == {"learned"}


def test_the_same_figure_by_another_claim_is_a_difference_of_the_estimate() -> None:
    book = open_book()
    say(book, "100", "2025-03-08")
    say(book, "100", "2025-03-09")
    [estimate] = reported(book, "08", "09")["estimates"]
    assert estimate["before"]["best"]["figure"] == estimate["after"]["best"]["figure"]
    assert estimate["before"]["best"]["claim"] != estimate["after"]["best"]["claim"]


def test_entries_stand_in_the_order_of_their_reports_whatever_arrived_first() -> None:
    book = open_book()
    ids = [f"00000000-0000-5000-8000-00000000000{number}" for number in (3, 1, 2)]
    for name in ids:
        claim = {"id": "1", "measure": "killed", "count": {"verbatim": "3"}}
        book.file(
            {"kind": "toll_revised", "source": f"s{name[-1]}", "reported_at": "2025-03-08", "claims": [claim]}, name
        )
    assert [each["report_id"] for each in recorded(book, 1)["learned"]] == sorted(ids)
