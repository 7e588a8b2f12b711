"""What lists are asked with: cursors are read as they were written, and what cannot be read is refused in words."""

from base64 import urlsafe_b64encode

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.api.errors.problem import HttpProblem
from service.api.lists.criteria import any_point_within, parse_boxes, parse_time_range
from service.api.lists.cursor import Cursor, format_cursor, parse_cursor

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=300)
NUMBERS = st.integers(-(10**17), 10**17)
CURSORS = st.builds(Cursor, TEXTS, st.none() | TEXTS | NUMBERS, TEXTS, st.integers(1, 10**17))


@given(CURSORS)
def test_a_cursor_is_read_as_it_was_written(cursor: Cursor) -> None:
    written = format_cursor(cursor)
    assert parse_cursor(written) == cursor
    assert written.isascii()
    assert not set(written) & set("+/=&? ")


def written(document: object) -> str:
    """Write any JSON as a cursor is written."""
    return urlsafe_b64encode(orjson.dumps(document)).decode().rstrip("=")


PIECES = st.none() | st.booleans() | st.floats() | NUMBERS | TEXTS
SENT = st.text(max_size=100) | st.builds(written, PIECES | st.lists(PIECES, max_size=5))


@given(SENT)
def test_what_is_no_cursor_is_refused_in_words(sent: str) -> None:
    refused: HttpProblem | None = None
    try:
        cursor = parse_cursor(sent)
    except HttpProblem as problem:
        refused = problem
    if refused is None:
        assert parse_cursor(format_cursor(cursor)) == cursor
    else:
        assert (refused.type.slug, refused.field_errors[0].field) == ("invalid-parameter", "cursor")


@given(st.text(max_size=50), st.text(max_size=50))
def test_what_is_no_time_and_no_box_is_refused_in_words(one: str, other: str) -> None:
    with pytest.raises(HttpProblem, match="occurred_"):
        parse_time_range("occurred", f"!{one}", other)
    with pytest.raises(HttpProblem, match="bbox"):
        parse_boxes(f"{one},{other},!")


LON, LAT = st.integers(-179, 179), st.integers(-90, 90)


@given(LON, LON, LAT, LAT, LON, LAT)
def test_a_box_holds_what_lies_between_its_sides_from_west_to_east(
    west: int, east: int, one: int, other: int, lon: int, lat: int
) -> None:
    south, north = sorted((one, other))
    boxes = parse_boxes(f"{west},{south},{east},{north}")
    expected = (lon - west) % 360 <= (east - west) % 360 and south <= lat <= north
    assert any(box.contains(lat, lon) for box in boxes) == any_point_within(boxes, [(lat, lon)]) == expected
