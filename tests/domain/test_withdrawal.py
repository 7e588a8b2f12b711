"""Whole statements, each by an example: what one withdraws, and how the reports of a source are parted by them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from domain.estimates.whole_statements import split_at_whole_statements, withdraws
from domain.history.report_history import ReportHistory
from domain.incident.commands import MergeIncident, OpenIncident
from tests.domain.book import Book, open_book

OTHER = "other-town"
Body = dict[str, Any]


def said(*told: tuple[str, Body]) -> dict[str, ReportHistory]:
    """Return what one source said under two incidents, day by day, by name; one of them is merged into the other."""
    book = open_book(period=None)
    book.do(OpenIncident(slug=OTHER, title="Other town"))
    ids = {name: file(book, number, name, body) for number, (name, body) in enumerate(told, 1)}
    book.do(MergeIncident(into=book.slug), OTHER)
    return {name: book.history().reports[report] for name, report in ids.items()}


def file(book: Book, number: int, name: str, body: Body) -> UUID:
    claims = [{"id": "1", "measure": "killed", "count": {"verbatim": "4"}}]
    toll = {"kind": "toll_revised", "source": "bbc", "reported_at": f"2025-03-{number:02}", "claims": claims}
    return book.file({**toll, **body}, slug=OTHER if name.startswith("other") else None)


@pytest.mark.parametrize(
    ("whole", "earlier", "withdrawn"),
    [
        ("all", "one", True),
        ("all", "none", True),
        ("event", "one", True),
        ("event", "two", False),
        ("event", "none", False),
        ("all", "other", False),
        ("event", "other", False),
    ],
)
def test_a_whole_statement_withdraws_what_is_of_its_home_and_of_its_event_if_it_names_one(
    whole: str, earlier: str, *, withdrawn: bool
) -> None:
    found = said(
        ("none", {}),
        ("one", {"event": "jableh"}),
        ("two", {"event": "baniyas"}),
        ("other", {"event": "jableh"}),
        ("all", {"complete": True}),
        ("event", {"complete": True, "event": "jableh"}),
    )
    assert withdraws(found[whole], found[earlier]) is withdrawn


@pytest.mark.parametrize("homes", [("own", "other"), ("other", "own")])
def test_reports_are_parted_at_whole_statements_in_each_home_and_in_no_other(homes: tuple[str, str]) -> None:
    plain, parted = homes
    found = said(
        (f"{plain} 1", {}),
        (f"{parted} 1", {}),
        (f"{parted} 2", {"complete": True}),
        (f"{plain} 2", {}),
        (f"{parted} 3", {}),
    )
    names = {report.ref: name for name, report in found.items()}
    parts = [[names[report.ref] for report in part] for part in split_at_whole_statements(list(found.values()))]
    own = [part for part in parts if part and part[0].startswith(plain)]
    assert own == [[f"{plain} 1", f"{plain} 2"]]
    assert [part for part in parts if part not in own] == [[f"{parted} 1"], [f"{parted} 2", f"{parted} 3"]]
