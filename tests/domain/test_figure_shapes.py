"""Wordings of one shape: a figure put into a known reading gives what reading the whole wording gives."""

import json
import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.values.counts.english_1_numbers import BIGGEST, CountError
from domain.values.counts.english_1_reader import CountReading, read_english_1
from domain.values.counts.figure_shapes import MOST_SHAPES, FigureShapes
from domain.values.counts.lexicons.english_1 import EN_1
from domain.values.counts.lexicons.registry import VOCABULARIES
from domain.values.counts.phrase_reader import read_phrase
from tests.domain.test_counting import KNOWN, REFUSALS
from tests.domain.test_counts import READ, REFUSED

Reader = Callable[[str], CountReading]
READERS: dict[str, Reader] = {
    EN_1.name: partial(read_english_1, lexicon=EN_1),
    **{name: partial(read_phrase, vocabulary=vocabulary) for name, vocabulary in VOCABULARIES.items()},
}
WORDS = {**{name: sorted(words) for name, words in KNOWN.items()}, EN_1.name: sorted(KNOWN["en/2"])}
VECTORS = [
    case["phrase"]
    for path in sorted((Path(__file__).parent / "vectors").glob("counts-*.json"))
    for case in json.loads(path.read_text("utf-8"))
]
PHRASES = sorted({*VECTORS, *(case[0] for case in (*READ, *REFUSED, *REFUSALS))})
NUMBERS_IN_WORDS = ["eight", "twelve", "a hundred", "88", "huit", "ثمانية", "ألف و", "1,234", "٨٨", "8888"]
SIGNS = ["(", ")", ",", "-", "\u2013", ".", "[", "]", "%", "'", "+", "/", ":", "\u200e", "\u00a0", "M", "st", "k"]
FIGURES = st.one_of(st.integers(1, 99), st.integers(1_900, 2_100), st.integers(0, 10**7), st.integers(0, 10 * BIGGEST))
WRITTEN = st.builds(format, FIGURES, st.sampled_from(["", ","]))


def outcome(read: Reader, verbatim: str) -> CountReading | str:
    try:
        return read(verbatim)
    except CountError as refusal:
        return str(refusal)


def expect_the_same(lexicon: str, wordings: Sequence[str]) -> None:
    read = READERS[lexicon]
    shapes = FigureShapes(read)
    for verbatim in wordings:
        assert outcome(shapes.read, verbatim) == outcome(read, verbatim), verbatim


@st.composite
def wordings(draw: st.DrawFn, lexicon: str) -> list[str]:
    """Draw a text with one place for a figure, and the text with several figures in that place."""
    pieces = st.sampled_from(WORDS[lexicon]) | st.sampled_from(NUMBERS_IN_WORDS) | st.sampled_from(SIGNS)
    beside = st.lists(pieces, max_size=4).map(" ".join)
    before, after = draw(beside), draw(beside)
    spaces = st.sampled_from([" ", "", ", "])
    figures = draw(st.lists(WRITTEN, min_size=3, max_size=6))
    left, right = draw(spaces), draw(spaces)
    return [f"{before}{left}{figure}{right}{after}" for figure in figures]


@pytest.mark.parametrize("lexicon", sorted(READERS))
@given(data=st.data())
def test_any_wording_reads_the_same_by_its_shape_and_whole(lexicon: str, data: st.DataObject) -> None:
    expect_the_same(lexicon, data.draw(wordings(lexicon)))


@given(lexicon=st.sampled_from(sorted(READERS)), text=st.text(max_size=30), figures=st.lists(WRITTEN, min_size=3))
@example(lexicon="en/2", text="eight killed on # March", figures=["8", "9", "10"])
@example(lexicon="en/2", text="# killed, including twelve children", figures=["88", "99", "11", "12"])
@example(lexicon="en/2", text="# to eighty-eight", figures=["88", "88", "12"])
@example(lexicon="en/2", text="eighty-eight killed[#]", figures=["88", "88", "12"])
@example(lexicon="en/2", text="at least #", figures=["999", "1,000", "1000000000000", "1,000,000,000,001", "9" * 5_000])
@example(lexicon="fr/1", text="# morts", figures=["1,234", "1,235", "1,236", "12,345,678"])
@example(lexicon="en/2", text="# killed", figures=["12", "013", "14", "0", "1,23", "15"])
def test_a_figure_in_any_text_reads_the_same_by_its_shape_and_whole(
    lexicon: str, text: str, figures: list[str]
) -> None:
    expect_the_same(lexicon, [text.replace("#", figure) if "#" in text else f"{text} {figure}" for figure in figures])


@pytest.mark.parametrize("lexicon", sorted(READERS))
def test_every_phrase_of_the_tests_reads_the_same_with_other_digits(lexicon: str) -> None:
    for phrase in PHRASES:
        changed = [re.sub(r"\d", partial(_other_digit, shift), phrase) for shift in (1, 3, 7, 9)]
        expect_the_same(lexicon, [phrase, *changed, *(re.sub(r"\d+", str(figure), phrase) for figure in (7, 31, 1999))])


def _other_digit(shift: int, found: re.Match[str]) -> str:
    return str((int(found[0]) + shift) % 10)


def test_a_shape_is_read_twice_whatever_its_figure() -> None:
    whole: list[str] = []

    def read(verbatim: str) -> CountReading:
        whole.append(verbatim)
        return READERS["en/2"](verbatim)

    shapes = FigureShapes(read)
    found = [shapes.read(f"at least {figure:,} killed") for figure in range(1_000, 2_000)]
    assert [reading.lower for reading in found] == list(range(1_000, 2_000))
    assert len(whole) == 2


def test_shapes_are_forgotten_before_they_are_too_many() -> None:
    whole: list[str] = []

    def read(verbatim: str) -> CountReading:
        whole.append(verbatim)
        return CountReading(12, 12, 12, "exact")

    shapes = FigureShapes(read)
    for place in range(MOST_SHAPES + 1):
        shapes.read(f"12 {'a' * (place % 200)}{'b' * (place // 200)}")
    assert len(whole) == MOST_SHAPES + 1
    for verbatim in ("12 ", "12 "):
        shapes.read(verbatim)
    assert len(whole) == MOST_SHAPES + 3
