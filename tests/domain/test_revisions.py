"""How sources revise their figures: each number of `revisions/1`, by example."""

from __future__ import annotations

from typing import Any, cast

import pytest

from domain import catalogue
from domain.incident.commands import CorrectReport, ReinstateReport, RetractReport
from tests.domain.book import Book, open_book

Body = dict[str, Any]


def say(book: Book, count: str | Body, at: str, **claim: Any) -> str:
    """Let SOHR give a figure of everyone killed in the incident; returns the report."""
    fields = {name: claim.pop(name) for name in ("via", "complete", "reported_order", "source") if name in claim}
    said = {"verbatim": count} if isinstance(count, str) else count
    stated = {"id": "1", "measure": "killed", "count": said, **claim}
    body = {"kind": "toll_revised", "source": "sohr", "reported_at": at, "claims": [stated], **fields}
    return str(book.file(body))


def series(*counts: str | Body) -> Book:
    """Let one figure be said a day, from 6 March on."""
    book = open_book()
    for number, count in enumerate(counts, 6):
        say(book, count, f"2025-03-{number:02}")
    return book


def records(book: Book, **reading: Any) -> list[Body]:
    return cast("list[Body]", book.read("revisions/1", **reading)["records"])


def record(book: Book, **reading: Any) -> Body:
    [only] = records(book, **reading)
    return only


def test_a_figure_said_once_was_never_revised() -> None:
    book = series("100")
    found = record(book)
    assert found["first"] == found["latest"]
    assert (found["n_revisions"], found["min"], found["max"], found["spread"]) == (0, 100, 100, "0.0000")
    assert (found["direction_changes"], found["days_until_within_20_percent"], found["breaks"]) == (0, 0, 0)


def test_first_and_latest_name_their_claims_and_when_they_were_said() -> None:
    book = open_book()
    first, latest = say(book, "100", "2025-03-06"), say(book, "130", "2025-03-08")
    found = record(book)
    assert found["first"] == {"figure": 100, "claim": f"{first}#1", "reported_at": "2025-03-06"}
    assert found["latest"] == {"figure": 130, "claim": f"{latest}#1", "reported_at": "2025-03-08"}


def test_the_example_of_epiprocess_settles_at_the_fifth_value() -> None:
    """Of (0, 20, 99, 150, 102, 100) the third is near the last, but does not stay so; the fifth does."""
    assert record(series("none", "20", "99", "150", "102", "100"))["days_until_within_20_percent"] == 4


def test_a_fifth_away_is_still_near() -> None:
    assert record(series("80", "100"))["days_until_within_20_percent"] == 0
    assert record(series("79", "100"))["days_until_within_20_percent"] == 1


def test_a_figure_that_replaces_a_later_one_was_near_from_the_first_day() -> None:
    book = open_book()
    early, later = (f"00000000-0000-5000-8000-00000000000{number}" for number in (1, 2))
    for name, count, day, claim in ((early, "100", "08", {"supersedes": [f"{later}#1"]}), (later, "150", "10", {})):
        stated = {"id": "1", "measure": "killed", "count": {"verbatim": count}, **claim}
        body = {"kind": "toll_revised", "source": "sohr", "reported_at": f"2025-03-{day}", "claims": [stated]}
        book.file(body, name)
    found = record(book)
    assert (found["first"]["figure"], found["latest"]["figure"], found["days_until_within_20_percent"]) == (150, 100, 0)


def test_only_none_is_near_none() -> None:
    found = record(series("1", "none"))
    assert (found["days_until_within_20_percent"], found["latest_to_first"]) == (1, "0.0000")


@pytest.mark.parametrize(
    ("counts", "changes"),
    [
        (("100", "90", "80"), 0),
        (("100", "120", "110"), 1),
        (("100", "120", "110", "130", "90"), 3),
        (("100", "120", "120", "130"), 0),
    ],
)
def test_the_direction_changes_where_a_rise_follows_a_fall_or_a_fall_a_rise(
    counts: tuple[str, ...], changes: int
) -> None:
    assert record(series(*counts))["direction_changes"] == changes


def test_the_same_figure_again_is_no_revision() -> None:
    found = record(series("100", "100", "120", "120"))
    assert (found["n_revisions"], found["latest"]["reported_at"]) == (1, "2025-03-08")


@pytest.mark.parametrize(
    ("counts", "spread"),
    [
        (("150", "96", "104"), "0.3600"),
        (("1", "3"), "0.6667"),
        (("7", "80000"), "0.9999"),
        (("20000", "19999"), "0.0000"),  # 0.00005: a half goes to the even digit
        (("20000", "19997"), "0.0002"),  # 0.00015
        (("none", "none"), None),
    ],
)
def test_ratios_have_four_places_and_halves_go_to_the_even_digit(counts: tuple[str, ...], spread: str | None) -> None:
    assert record(series(*counts))["spread"] == spread


def test_nothing_is_a_multiple_of_none() -> None:
    assert record(series("none", "5"))["latest_to_first"] is None


def test_words_are_no_step_and_alone_no_record() -> None:
    assert record(series("dozens", "40", "30"))["n_revisions"] == 1
    assert records(series("dozens", "hundreds")) == []


def test_an_open_claim_counts_by_its_lower_and_a_cap_by_its_upper() -> None:
    found = record(series("at least 40", "between 50 and 60", "at most 70"))
    assert (found["first"]["figure"], found["max"], found["latest"]["figure"]) == (40, 70, 70)


def test_a_range_counts_by_the_best_figure_that_its_source_gives_or_else_by_its_lower() -> None:
    assert record(series({"lower": 40, "upper": 60, "best": 55}))["latest"]["figure"] == 55
    assert record(series("between 40 and 60"))["latest"]["figure"] == 40


def test_a_lower_figure_that_a_relay_gives_is_no_step() -> None:
    book = series("100", "120")
    say(book, "90", "2025-03-09", via=["wion"])
    assert record(book)["n_revisions"] == 1


def test_increments_are_no_steps_of_a_total() -> None:
    book = series("100")
    say(book, "20", "2025-03-07", accumulation="incremental", period="2025-03-07")
    assert record(book)["n_revisions"] == 0


def test_each_key_and_each_origin_is_a_series_of_its_own() -> None:
    book = series("100")
    say(book, "40", "2025-03-07", population={"status": ["civilian"]})
    say(book, "90", "2025-03-07", source="snhr")
    assert [(each["source"], each["population"], each["n_revisions"]) for each in records(book)] == [
        ("sohr", {"status": ["civilian"]}, 0),
        ("snhr", {}, 0),
        ("sohr", {}, 0),
    ]


def test_a_break_is_counted_in_both_series_that_it_parts() -> None:
    book = open_book()
    first = say(book, "311", "2025-03-07", population={"group": ["alawite"]})
    say(book, "340", "2025-03-08", supersedes=[f"{first}#1"])
    assert [each["breaks"] for each in records(book)] == [1, 1]


def test_what_a_later_whole_statement_withdrew_is_a_step_too() -> None:
    book = open_book()
    for day, count in (("06", "100"), ("07", "120"), ("08", "90")):
        say(book, count, f"2025-03-{day}", complete=True)
    found = record(book)
    assert (found["n_revisions"], found["direction_changes"], found["latest"]["figure"]) == (2, 1, 90)


def test_a_whole_statement_lowers_a_figure_even_through_a_relay() -> None:
    book = open_book()
    for day, count in (("06", "100"), ("07", "90")):
        say(book, count, f"2025-03-{day}", complete=True, via=["wion"])
    assert record(book)["latest"]["figure"] == 90


def test_several_whole_statements_of_one_day_are_steps_in_the_order_stated() -> None:
    book = open_book()
    for order, count in ((2, "90"), (1, "120"), (0, "100")):
        say(book, count, "2025-03-06", complete=True, reported_order=order)
    found = record(book)
    assert (found["first"]["figure"], found["latest"]["figure"], found["n_revisions"]) == (100, 90, 2)


def test_only_what_had_been_said_by_the_moment_is_a_step() -> None:
    found = record(series("100", "120", "130"), until="2025-03-07T23:59:59+03:00")
    assert (found["n_revisions"], found["latest"]["figure"]) == (1, 120)


def test_our_own_corrections_and_retractions_are_counted_and_stay_counted() -> None:
    book = open_book()
    report = say(book, "12", "2025-03-06")
    claim = {"id": "1", "measure": "killed", "count": {"verbatim": "120"}}
    content = {"kind": "toll_revised", "source": "sohr", "claims": [claim]}
    correction = {"report_id": report, "cause": "transcription", "report": content}
    book.do(CorrectReport.model_validate(correction))
    found = record(book)
    assert (found["n_revisions"], found["first"]["figure"], found["corrections"], found["retractions"]) == (
        0,
        120,
        1,
        0,
    )
    book.do(RetractReport.model_validate({"report_id": report, "by": "recorder"}))
    assert records(book) == []
    book.do(ReinstateReport.model_validate({"report_id": report}))
    assert (record(book)["corrections"], record(book)["retractions"]) == (1, 1)


def test_the_table_to_take_away_has_a_row_for_each_record() -> None:
    view = catalogue.view("revisions/1")
    [row] = view.rows(series("150", "96", "104").read("revisions/1"))
    assert (row["first_figure"], row["latest_figure"], row["spread"], row["population"]) == (150, 104, "0.3600", "{}")
    assert set(view.columns) <= row.keys()
