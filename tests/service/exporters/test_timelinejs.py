"""`timelinejs`: slides whose dates are as exact as they were said, and whose text is no HTML of a source."""

import json
from typing import Any

import pytest

from domain.incident.commands import OpenIncident
from tests.domain.book import Book
from tests.service.exporters import export_of, exported

SLUG = "north-2025"


def slides(*reports: dict[str, Any]) -> list[dict[str, Any]]:
    book = Book(SLUG)
    book.do(OpenIncident(slug=SLUG, title="<b>North</b>", utc_offset="+03:00"), SLUG)
    for each in reports:
        book.file(
            {"kind": "observation_noted", "title": "Seen", "source": "monitor", "reported_at": "2025-04-01", **each}
        )
    return json.loads(exported("timelinejs", export_of(book)))["events"]


@pytest.mark.parametrize(
    ("occurred", "start", "end"),
    [
        ("2025-03-07", {"year": 2025, "month": 3, "day": 7}, None),
        ("2025-03-07~", {"year": 2025, "month": 3, "day": 7}, None),
        ("2025-03", {"year": 2025, "month": 3}, None),
        ("2024", {"year": 2024}, None),
        ("2025-03-06/2025-03-08", {"year": 2025, "month": 3, "day": 6}, {"year": 2025, "month": 3, "day": 8}),
        ("2025-03-06/..", {"year": 2025, "month": 3, "day": 6}, None),
        ("2025-03-06T22:30:00Z", {"year": 2025, "month": 3, "day": 7, "hour": 1, "minute": 30}, None),
    ],
)
def test_a_date_is_as_exact_as_it_was_said(occurred: str, start: dict[str, int], end: dict[str, int] | None) -> None:
    (slide,) = slides({"occurred": occurred})
    assert (slide["start_date"], slide.get("end_date"), slide["display_date"]) == (start, end, occurred)


def test_what_nobody_dated_is_no_slide_and_is_counted() -> None:
    assert slides({}, {"occurred": "../2025-03-08"}, {"occurred": "2099-01-01"}) == []


def test_what_a_source_wrote_is_text_and_no_html() -> None:
    (slide,) = slides({"occurred": "2025-03-07", "text": {"summary": "<script>alert(1)</script>"}})
    assert "<script>" not in slide["text"]["text"]
    assert "&lt;script&gt;" in slide["text"]["text"]
