"""Ranges of two figures: their joins, and scale words omitted from the lower end."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Literal

from domain.values.counts import refusals
from domain.values.counts.english_1_numbers import unreadable
from domain.values.counts.number_tokens import Number, whole
from domain.values.counts.tokens import Token

_DASHES = ("-", "\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2015")
_THOUSAND = 1_000


def join_of(tokens: Sequence[Token], at: int, joins: Collection[str]) -> Literal["word", "dash", "spaced dash"] | None:
    """Return the join of two figures: a word of the language, or a dash with spaces on both its sides or on neither."""
    pair = tokens[at : at + 2]
    if len(pair) > 1 and pair[0].text in _DASHES and pair[0].glued == pair[1].glued:
        return "dash" if pair[0].glued else "spaced dash"
    return "word" if pair and pair[0].text in joins else None


def ordered(verbatim: str, low: Number, high: Number, *, dashed: bool) -> tuple[int, int]:
    """Return both ends of a range, the lower one completed; raises CountError where that is not certain.

    “two to three hundred” is 200 to 300, and “80 to one hundred” 80 to 100; “10-80,000” is 10,000 to 80,000, as a
    dash before thousands joins what both multiply. “5 to 30,000” may be either.
    """
    least = _carried(verbatim, low, high)
    lower, upper = whole(least, verbatim), whole(high, verbatim)
    if lower > upper:
        raise unreadable(verbatim, refusals.BACKWARDS)
    if is_elliptic(lower, upper):
        if not (dashed and high.grouped and upper % _THOUSAND == 0 and low.scale == 1):
            raise unreadable(verbatim, refusals.ELLIPTIC.format(low=lower, thousands=lower * _THOUSAND, high=upper))
        lower *= _THOUSAND
    return lower, upper


def is_elliptic(lower: int, upper: int) -> bool:
    """Say whether a lower end may leave out its thousands: 10 to 80,000."""
    return 0 < lower < _THOUSAND and lower * _THOUSAND <= upper


def _carried(verbatim: str, low: Number, high: Number) -> Number:
    if not high.reach or not (low.unclear or low.value < high.reach):
        return low
    if low.unclear or low.scale != 1 or high.scale <= 1:
        raise unreadable(verbatim, refusals.TWO_RANGES)
    return replace(low, value=low.value * high.scale)
