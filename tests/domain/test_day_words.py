"""Days in words are suggested as dates, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.values.time.clocks import parse_occurred, parse_offset
from domain.values.time.day_words import day_in_words


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("8 March", "2025-03-08"),
        ("March 8", "2025-03-08"),
        ("8th March 2024", "2024-03-08"),
        ("March 8, 2024", "2024-03-08"),
        ("le 8 mars", None),
        ("1er avril 2024", "2024-04-01"),
        ("8 آذار", "2025-03-08"),
        ("٨ مارس ٢٠٢٤", "2024-03-08"),
        ("5 كانون الثاني 2024", "2024-01-05"),
        ("March", "2025-03"),
        ("30 February", None),
        ("8 or 9 March", None),
        ("2025-03-08", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_day_in_words_is_the_date_that_it_names(words: str, day: str | None) -> None:
    assert day_in_words(words, 2025) == day


@given(st.text(max_size=80), st.integers(1, 9999))
def test_whatever_is_suggested_can_be_read(words: str, year: int) -> None:
    found = day_in_words(words, year)
    assert found is None or parse_occurred(found, parse_offset("Z"))
