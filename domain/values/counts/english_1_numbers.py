"""Tokens and numbers of the lexicon `en/1`; the error and the quoting that all lexicons share."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal, NamedTuple, cast

from text_to_num import text2num  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType] - untyped

from domain.values.counts.lexicons.english_1 import Lexicon

BIGGEST = 10**12

_LONGEST_SHOWN = 80
_DIGIT_SETS = ("0123456789", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹")
_VALUES = str.maketrans({digit: str(value) for digits in _DIGIT_SETS for value, digit in enumerate(digits)})
_DIGIT = f"[{''.join(_DIGIT_SETS)}]"
_SEPARATORS = ".,'\u2019\u00a0\u202f\u2009\u066c"
_PIECE = re.compile(
    rf"(?P<figure>{_DIGIT}+(?:[{_SEPARATORS}]{_DIGIT}+)*)"
    r"|(?P<word>[A-Za-zÀ-ÖØ-öø-ɏḀ-ỹ]+(?:['\u2019][A-Za-zÀ-ÖØ-öø-ɏḀ-ỹ]+)*)"
    r"|(?P<sign>\S)"
)
_SPACED = re.compile(rf"(?<![{_SEPARATORS}\w])[1-9](?:[0-9]{{1,2}})?(?: [0-9]{{3}})+(?![{_SEPARATORS}]?\w)", re.ASCII)
_HYPHEN = re.compile(r"(?<=[^\W\d_])[-\u2010\u2011](?=[^\W\d_])")
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+")
_PLAIN = re.compile(r"0|[1-9][0-9]*")
_DECIMAL = re.compile(r"(0|[1-9][0-9]*)\.([0-9]+)")
_THOUSAND = 1_000
_ARTICLES = ("a", "an")

# text2num also takes “sixty and five million” or “zero zero five”; only what this grammar spells is handed to it.
_ONES = "one|two|three|four|five|six|seven|eight|nine"
_TEENS = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_BELOW_100 = rf"(?:(?:{_TENS})(?: (?:{_ONES}))?|{_TEENS}|{_ONES})"
_BELOW_1000 = rf"(?:{_BELOW_100} hundred(?: (?:and )?{_BELOW_100})?|{_BELOW_100})"
_SPELLED = re.compile(
    rf"(?:{_BELOW_1000} billion(?: and)?(?: |$))?(?:{_BELOW_1000} million(?: and)?(?: |$))?"
    rf"(?:{_BELOW_1000} thousand(?: and)?(?: |$))?(?:{_BELOW_1000})?(?<! and)(?<! )"
)
# The library is compiled and ships no type hints.
_spelled_value = cast("Callable[[str, str], int]", text2num)


class CountError(ValueError):
    """A count that cannot be read with certainty; the message is a sentence that quotes the text at fault."""


def unreadable(text: str, why: str) -> CountError:
    """Return the error whose sentence quotes `text` and says why."""
    return CountError(f"“{shown(text)}” {why}.")


def shown(text: str) -> str:
    """Return at most 80 characters to quote; unprintable characters and lone surrogates become U+FFFD."""
    excerpt = text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"
    return "".join(each if each.isprintable() else " " if each.isspace() else "\ufffd" for each in excerpt)


class EnglishToken(NamedTuple):
    """A figure in digits, a word or a single sign; `glued`: no space before it."""

    text: str
    kind: Literal["figure", "word", "sign"]
    glued: bool


@dataclass(frozen=True, slots=True)
class EnglishNumber:
    """A number that ends before piece `end`.

    `scale` is the one scale word that closes it (“20 thousand”: 1000), 0 if it has several, else 1; `reach` the largest
    number that a scale word multiplies in it (20). `dotted`: three digits after a dot, which may be a decimal.
    """

    value: Fraction
    end: int
    scale: int = 1
    reach: Fraction = Fraction(0)
    dotted: bool = False


def pieces(text: str) -> list[EnglishToken]:
    """Cut lower-case text into figures, words and signs; a hyphen between letters only joins words.

    A plain space joins digits only where no second figure could begin, as none begins with a zero: `1 018`, but
    not `1 500`, which may be two columns of a table. A no-break or narrow space always does.
    """
    joined = _SPACED.sub(lambda found: found[0].replace(" ", "\u202f") if " 0" in found[0] else found[0], text)
    cut = _PIECE.finditer(_HYPHEN.sub(" ", joined))
    found: list[EnglishToken] = []
    before = -1
    for match in cut:
        start, end = match.span()
        kind = cast("Literal['figure', 'word', 'sign']", match.lastgroup)
        found.append(EnglishToken(match[0], kind, start == before))
        before = end
    return found


def numbers(listed: Sequence[EnglishToken], at: int, lexicon: Lexicon) -> list[EnglishNumber]:
    """Return every number that begins at piece `at`, longest first; none if none does.

    Raises CountError for digits that are written wrongly.
    """
    if at >= len(listed):
        return []
    if listed[at].kind == "figure":
        return [_scaled(_in_digits(listed[at].text, at + 1), listed, lexicon)]
    named = _named(listed, at, lexicon)
    return [named] if named else _in_words(listed, at, lexicon)


def whole(number: EnglishNumber, text: str) -> int:
    """Return the value as an integer of 0 to 10^12; raises CountError for `text` otherwise."""
    if number.value.denominator != 1:
        raise unreadable(
            text, "has a decimal, which needs thousand, million or billion behind it and must come to a whole number"
        )
    if number.value > BIGGEST:
        raise unreadable(text, "is above 10^12, more than anyone can count")
    return number.value.numerator


def _in_digits(text: str, end: int) -> EnglishNumber:
    if not text.isascii() and sum(not digits.isdisjoint(text) for digits in map(frozenset, _DIGIT_SETS)) > 1:
        raise unreadable(text, "mixes the digits of two scripts")
    digits = text if text.isascii() else text.translate(_VALUES)
    separators = {separator for separator in digits if not separator.isdecimal()}
    if not separators:
        if not _PLAIN.fullmatch(digits):
            raise unreadable(text, "begins with a zero; write the figure without it")
        return EnglishNumber(Fraction(int(digits)), end)
    grouped = digits.replace(next(iter(separators)), ",") if len(separators) == 1 else digits
    if len(separators) == 1 and _GROUPED.fullmatch(grouped):
        dotted = separators == {"."} and grouped.count(",") == 1
        return EnglishNumber(Fraction(int(grouped.replace(",", ""))), end, dotted=dotted)
    if _DECIMAL.fullmatch(digits):
        return EnglishNumber(Fraction(digits), end)
    raise unreadable(text, "is not grouped in thousands; a separator needs exactly three digits after it")


def _scaled(number: EnglishNumber, listed: Sequence[EnglishToken], lexicon: Lexicon) -> EnglishNumber:
    """Multiply digits by the scale word after them: `1.2 million`, `2 dozen`, `10k`."""
    if number.end >= len(listed):
        return number
    piece = listed[number.end]
    scale = _THOUSAND if piece.glued and piece.text == "k" else 0 if piece.glued else lexicon.scales.get(piece.text, 0)
    if not scale:
        return number
    if number.dotted:
        figure = f"{listed[number.end - 1].text} {piece.text}"
        raise unreadable(figure, "could mean thousands or decimals; write the figure out")
    if number.value.denominator != 1 and scale < _THOUSAND:
        raise unreadable(piece.text, "cannot follow a decimal; only thousand, million and billion can")
    return EnglishNumber(number.value * scale, number.end + 1, scale, number.value)


def _named(listed: Sequence[EnglishToken], at: int, lexicon: Lexicon) -> EnglishNumber | None:
    """Read `a couple`, `half a dozen`, `a half million`: a named number."""
    words = tuple(piece.text for piece in listed[at : at + 3])
    if words[:2] in lexicon.sets:
        return EnglishNumber(Fraction(lexicon.sets[words[:2]]), at + 2, 0)
    for opening in (("half", "a"), ("a", "half"), ("half",)):
        scale = words[len(opening)] if words[: len(opening)] == opening and len(words) > len(opening) else ""
        if scale in lexicon.scales:
            return EnglishNumber(Fraction(lexicon.scales[scale], 2), at + len(opening) + 1, 0)
    return None


def _in_words(listed: Sequence[EnglishToken], at: int, lexicon: Lexicon) -> list[EnglishNumber]:
    words: list[str] = []
    for piece in listed[at:]:
        if piece.text not in lexicon.numerals and piece.text != "and" and (words or piece.text not in _ARTICLES):
            break
        words.append(piece.text)
    if not words or (len(words) == 1 and words[0] in _ARTICLES):
        found = [_by_the_dozen(EnglishNumber(Fraction(1), at + len(words)), listed, lexicon)]
        return [number for number in found if number.scale > 1]
    spelled = (_spelled(words[:length], at + length, lexicon) for length in range(len(words), 0, -1))
    return [_by_the_dozen(number, listed, lexicon) for number in spelled if number]


def _spelled(words: Sequence[str], end: int, lexicon: Lexicon) -> EnglishNumber | None:
    """Read a number in words by the grammar above; nothing where it is spelled otherwise."""
    if list(words) == ["zero"]:
        return EnglishNumber(Fraction(0), end)
    if words[0] in _ARTICLES and len(words) > 1 and words[1] in lexicon.scales:
        words = ["one", *words[1:]]
    elif words[0] in lexicon.scales:
        words = ["one", *words]
    if not _SPELLED.fullmatch(" ".join(words)):
        return None
    scales = [index for index, word in enumerate(words) if word in lexicon.scales]
    reach = max((_spelled_value(" ".join(words[:index]), "en") for index in scales), default=0)
    scale = lexicon.scales[words[-1]] if scales == [len(words) - 1] else 0 if scales else 1
    return EnglishNumber(Fraction(_spelled_value(" ".join(words), "en")), end, scale, Fraction(reach))


def _by_the_dozen(number: EnglishNumber, listed: Sequence[EnglishToken], lexicon: Lexicon) -> EnglishNumber:
    """Multiply by `dozen` or `score`, scale words that are no part of spelled numbers."""
    word = listed[number.end].text if number.end < len(listed) else ""
    if word in lexicon.numerals or word not in lexicon.scales:
        return number
    scale = lexicon.scales[word]
    return replace(number, value=number.value * scale, end=number.end + 1, scale=scale, reach=number.value)
