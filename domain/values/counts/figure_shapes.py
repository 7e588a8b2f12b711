"""Readings of wordings that differ in one figure alone: the words are read twice, then only the figure is.

A reader regards the value of a figure only in a date, in a range, beside a part, and above 10^12. So where two wordings
of one shape are each read as their own figure, that figure is the count, and any other in its place is read alike.
"""

import re
from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from domain.values.counts.english_1_numbers import BIGGEST
from domain.values.counts.english_1_reader import LONGEST, CountReading
from domain.values.counts.phrase_reader import DetailedReading

MOST_SHAPES: Final = 16_384
"""The most shapes kept for one lexicon; then all are forgotten."""

_ONE_FIGURE = re.compile(r"(\D*)([1-9][0-9]{0,2}(?:,[0-9]{3})+|[1-9][0-9]*)(\D*)")
_OF_ONE_FIGURE = frozenset({"exact", "at_least", "more_than", "at_most", "fewer_than", "about"})

Shape = tuple[str, int, bool, str]
"""The text before the figure, its length, whether it has commas, and the text after."""


class FigureShapes:
    """Reads wordings by the reader of one lexicon, each shape of them at most twice."""

    def __init__(self, read: Callable[[str], CountReading]) -> None:
        """`read` reads any wording, or raises CountError."""
        self._read = read
        self._readings: dict[Shape, tuple[int, CountReading, bool]] = {}
        """By shape, a figure and its reading, and whether another figure was read alike."""

    def read(self, verbatim: str) -> CountReading:
        """Return what the reader of the lexicon returns, and raise what it raises."""
        found = _ONE_FIGURE.fullmatch(verbatim) if len(verbatim) <= LONGEST else None
        if found is None:
            return self._read(verbatim)
        before, digits, after = found.groups()
        figure = int(digits.replace(",", ""))
        if figure > BIGGEST:
            return self._read(verbatim)
        shape = before, len(digits), "," in digits, after
        known = self._readings.get(shape)
        if known is None:
            return self._first(shape, figure, verbatim)
        first, reading, proven = known
        if not proven:
            return self._second(shape, figure, verbatim, known)
        return reading if figure == first else _with_figure(reading, figure)

    def _first(self, shape: Shape, figure: int, verbatim: str) -> CountReading:
        reading = self._read(verbatim)
        if _is_of_figure(reading, figure):
            if len(self._readings) >= MOST_SHAPES:
                self._readings.clear()
            self._readings[shape] = figure, reading, False
        return reading

    def _second(self, shape: Shape, figure: int, verbatim: str, known: tuple[int, CountReading, bool]) -> CountReading:
        first, first_reading, _ = known
        reading = self._read(verbatim)
        if figure != first and reading == _with_figure(first_reading, figure):
            self._readings[shape] = figure, reading, True
        return reading


def _is_of_figure(reading: CountReading, figure: int) -> bool:
    """Say whether every end is the figure, and no part of those counted is compared with it."""
    if reading.bound not in _OF_ONE_FIGURE or (isinstance(reading, DetailedReading) and reading.parts):
        return False
    return {reading.lower, reading.upper, reading.best} <= {figure, None}


def _with_figure(reading: CountReading, figure: int) -> CountReading:
    lower, upper, best = (None if end is None else figure for end in (reading.lower, reading.upper, reading.best))
    return replace(reading, lower=lower, upper=upper, best=best)
