"""Numbers among tokens: in digits of any script, with a scale word after them, or in words."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from domain.values.counts.english_1_numbers import BIGGEST, unreadable
from domain.values.counts.lexicons.lexicon import NumberValue, Numerals, Vocabulary
from domain.values.counts.tokens import Token

_THOUSAND = 1_000
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+")
_PLAIN = re.compile(r"0|[1-9][0-9]*")
_DECIMAL = re.compile(r"(0|[1-9][0-9]*)?\.([0-9]+)")


@dataclass(frozen=True, slots=True)
class Number:
    """A number that ends before token `end`.

    `scale` is the one scale word that closes it (“20 thousand”: 1000), 0 if it has several, else 1; `reach` the largest
    number that a scale word multiplies in it (20). `unclear`: three digits after a mark that may be a decimal point.
    `grouped`: digits in groups of three; `rounded`: a round number, read as approximate. `noun`: the noun
    itself, in the singular or dual.
    """

    value: NumberValue
    end: int
    scale: int = 1
    reach: NumberValue = 0
    unclear: bool = False
    grouped: bool = False
    rounded: bool = False
    noun: bool = False


def numbers(listed: Sequence[Token], words: Sequence[str], at: int, vocabulary: Vocabulary) -> list[Number]:
    """Return every number that begins at a token, longest first; raises CountError for digits written wrongly."""
    if at >= len(listed):
        return []
    if listed[at].kind == "figure":
        digits = _scaled(in_digits(listed[at].text, at + 1, vocabulary), listed, words, vocabulary)
        return [*_with_digits(digits, listed, words, vocabulary), digits]
    numerals = vocabulary.numerals
    if words[at] not in numerals.words:
        return []
    found = list(_in_words(words, at, numerals))
    longer = [each for number in found for each in _with_digits(number, listed, words, vocabulary)]
    return sorted([*found, *longer], key=lambda number: -number.end)


def whole(number: Number, verbatim: str) -> int:
    """Return the value as an integer of 0 to 10^12; raises CountError otherwise."""
    value = number.value
    if isinstance(value, Fraction):
        if value.denominator != 1:
            raise unreadable(
                verbatim, "has a decimal, which needs a word such as million behind it and must come to a whole number"
            )
        value = value.numerator
    if value > BIGGEST:
        raise unreadable(verbatim, "is above 10^12, more than anyone can count")
    return value


def in_digits(text: str, end: int, vocabulary: Vocabulary) -> Number:
    """Read one figure; its marks are those of the lexicon, its digits those of one script."""
    digits = text if text.isascii() else _ascii(text)
    if digits.isdecimal():
        if not _PLAIN.fullmatch(digits):
            raise unreadable(text, "begins with a zero; write the figure without it")
        return Number(int(digits), end)
    marks = {mark for mark in digits if not mark.isdecimal()}
    mark = marks.pop() if len(marks) == 1 else ""
    as_grouped = digits.replace(mark, ",") if mark else ""
    if mark in vocabulary.grouping and mark and _GROUPED.fullmatch(as_grouped):
        unclear = mark in {".", ","} and as_grouped.count(",") == 1 and (mark == "." or mark in vocabulary.decimal)
        return Number(int(as_grouped.replace(",", "")), end, unclear=unclear, grouped=True)
    if mark in vocabulary.decimal and mark and _DECIMAL.fullmatch(digits.replace(mark, ".")):
        return Number(Fraction(digits.replace(mark, ".")), end)
    raise unreadable(text, "is not grouped in thousands; a separator needs exactly three digits after it")


def _ascii(text: str) -> str:
    """Return the digits of one script as those of ASCII; raises CountError for two scripts in one figure."""
    zeros = {ord(each) - unicodedata.decimal(each) for each in text if each.isdecimal()}
    if len(zeros) > 1:
        raise unreadable(text, "mixes the digits of two scripts")
    return "".join(str(unicodedata.decimal(each)) if each.isdecimal() else each for each in text)


def _scaled(number: Number, listed: Sequence[Token], words: Sequence[str], vocabulary: Vocabulary) -> Number:
    """Multiply digits by the scale after them: `1.2 million`, `2 dozen`, `10k`, `12 lakh`."""
    at, numerals = number.end, vocabulary.numerals
    if at >= len(listed) or listed[at].kind != "word":
        return number
    if half := numerals.halves.longest(words, at):
        scale, end = numerals.scales.longest(words, half[1]) or (0, at)
        times = number.value + Fraction(1, 2)
        return Number(times * scale, end, scale, times) if scale >= _THOUSAND else number
    if listed[at].glued:
        scale, end = numerals.glued.get(words[at], 0), at + 1
    else:
        scale, end = numerals.scales.longest(words, at) or (0, at)
    if not scale:
        return number
    if number.unclear:
        figure = f"{listed[at - 1].text} {words[at]}"
        raise unreadable(figure, "could mean thousands or decimals; write the figure out")
    if isinstance(number.value, Fraction) and scale < _THOUSAND:
        raise unreadable(words[at], "cannot follow a decimal; only words from thousand on can")
    value: NumberValue = number.value * scale
    if half := numerals.halves.longest(words, end):
        end, value = half[1], value + Fraction(scale, 2)
    return Number(value, end, scale, number.value)


def _with_digits(
    number: Number, listed: Sequence[Token], words: Sequence[str], vocabulary: Vocabulary
) -> Iterator[Number]:
    """Add digits written onto the word that joins numbers, below the scale before it: `41 ألفا و788`."""
    at, joins = number.end, vocabulary.numerals.joins
    if number.scale < _THOUSAND or not vocabulary.numerals.mixed or at + 1 >= len(listed) or words[at] not in joins:
        return
    if listed[at + 1].kind == "figure" and listed[at + 1].glued:
        rest = _scaled(in_digits(words[at + 1], at + 2, vocabulary), listed, words, vocabulary)
        if 0 < rest.value < number.scale and isinstance(rest.value, int) and not rest.unclear:
            yield Number(number.value + rest.value, rest.end, 0)


def _in_words(words: Sequence[str], at: int, numerals: Numerals) -> Iterator[Number]:
    if found := numerals.named.longest(words, at):
        yield Number(found[0], found[1], 0)
    if found := numerals.rounded.longest(words, at):
        yield Number(found[0], found[1], 0, rounded=True)
    if found := numerals.nouns.longest(words, at):
        yield Number(found[0], found[1], 0, noun=True)
    yield from _sums(words, at, BIGGEST * _THOUSAND, numerals)


def _sums(words: Sequence[str], at: int, limit: int, numerals: Numerals) -> Iterator[Number]:
    """Yield numbers below `limit`: a group of 1 to 9,999 with its scale, and the addends below that."""
    for group in _groups(words, at, numerals):
        if group.value < limit:
            yield group
        if half := numerals.halves.longest(words, group.end):
            scale, end = numerals.scales.longest(words, half[1]) or (1, 0)
            if 1 < scale < limit and scale % 2 == 0:
                times = group.value + Fraction(1, 2)
                yield Number(int(times * scale), end, scale, times)
        if found := numerals.scales.longest(words, group.end):
            yield from _from_scale(words, group, found, limit, numerals)
    if found := numerals.alone.longest(words, at):
        (times, scale), end = found
        yield from _from_scale(words, Number(times, end), (scale, end), limit, numerals)


def _from_scale(
    words: Sequence[str], group: Number, scaled: tuple[int, int], limit: int, numerals: Numerals
) -> Iterator[Number]:
    scale, end = scaled
    if scale >= limit or (group.value >= _THOUSAND and scale <= _THOUSAND):
        return
    here = Number(group.value * scale, end, scale if group.scale == 1 else 0, group.value)
    yield here
    if scale < _THOUSAND:
        return
    if half := numerals.halves.longest(words, end):
        yield replace(here, value=here.value + scale // 2, end=half[1], reach=here.reach + Fraction(1, 2))
    joined = end + 1 if end < len(words) and words[end] in numerals.joins else end
    for rest in _sums(words, joined, scale, numerals):
        yield replace(rest, value=here.value + rest.value, scale=0, reach=max(group.value, rest.reach))


def _groups(words: Sequence[str], at: int, numerals: Numerals) -> Iterator[Number]:
    """Yield readings of 1 to 9,999 without a scale word: hundreds, hundreds and a number below 100, or that alone."""
    if found := numerals.hundreds.longest(words, at):
        hundreds, end = found
        reach = hundreds // 100 if numerals.carried else 0
        yield Number(hundreds, end, 100 if numerals.carried else 0, reach)
        joined = end + 1 if end < len(words) and words[end] in numerals.joins else end
        if below := numerals.below_100.longest(words, joined):
            yield Number(hundreds + below[0], below[1], 0, reach)
    if found := numerals.below_100.longest(words, at):
        yield Number(found[0], found[1])
