"""The reader of the lexicon `en/1`: wording to figures and bound; an uncertain wording is refused, never guessed."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from domain.values.counts.english_1_numbers import (
    EnglishNumber,
    EnglishToken,
    numbers,
    pieces,
    shown,
    unreadable,
    whole,
)
from domain.values.counts.lexicons.english_1 import Lexicon

LONGEST = 300

_QUOTES = "\"'“”\u2018\u2019«» \t\n\u200e\u200f\u061c\ufeff"
_DASHES = ("-", "\u2010", "\u2011", "\u2013", "\u2014", "\u2015")
_MINUS = ("-", "\u2212", "minus")
_BESIDE = frozenset(",()'\u2019/&;:.\"“”\u2018*") | frozenset(_DASHES)
_JOINS = frozenset({"and", "or", "plus", "with", ",", "&"})
_ALSO = frozenset({"a", "an", "his", "her"})
_ORDINALS = frozenset({"st", "nd", "rd", "th"})
_LONGEST_PHRASE = 5
_TWO = "holds a second figure; make it a claim of its own, or give lower and upper"
_NO_FIGURE = "gives no figure; leave the claim out, or give lower and upper"
_HOW = "cannot be read as a count; write a figure such as “at least 200” or “80 to 100”, or give lower and upper"


class CountReading(msgspec.Struct, frozen=True, gc=False):
    """The figures and the bound of a wording; strictness (“more than”) is in `bound` alone."""

    lower: int | None
    upper: int | None
    best: int | None
    bound: str


def bounded(value: int, bound: str) -> CountReading:
    """Return the reading of one figure with a bound."""
    if bound in {"at_least", "more_than"}:
        return CountReading(value, None, None, bound)
    if bound in {"at_most", "fewer_than"}:
        return CountReading(None, value, None, bound)
    return CountReading(value, value, value, bound)


def read_english_1(verbatim: str, lexicon: Lexicon) -> CountReading:
    """Read a count of at most 300 characters by a lexicon; raises CountError."""
    if len(verbatim) > LONGEST:
        raise unreadable(verbatim, f"is longer than {LONGEST} characters; give the count alone")
    text = unicodedata.normalize("NFC", verbatim).lower().lstrip(_QUOTES).rstrip(_QUOTES + ".,;:!)")
    listed = pieces(text)
    if not listed:
        raise unreadable(verbatim, "is empty; give the count as it was said, or leave the claim out")
    if listed[0].text in _MINUS and len(listed) > 1:
        raise unreadable(verbatim, "is negative, which a count cannot be")
    phrase = _EnglishPhraseReader(verbatim, listed, [piece.text for piece in listed], lexicon)
    return phrase.read_zero() or phrase.read_count()


@dataclass(frozen=True, slots=True)
class _EnglishPhraseReader:
    """The tokens of one count, and their `words`; `at` and `end` are indexes of tokens."""

    verbatim: str
    pieces: Sequence[EnglishToken]
    words: Sequence[str]
    lexicon: Lexicon

    def read_count(self) -> CountReading:
        at, before = self._before()
        if not at and self._text(0) in self.lexicon.scales:
            raise unreadable(self.verbatim, "may be one of that or several; say “a hundred” or “hundreds”")
        if worded := self.lexicon.worded.longest(self.words, at):
            (lower, upper), end = worded
            bound = self._agreed(before, self._after(end))
            opens, caps = bound in {"at_least", "more_than"}, bound in {"at_most", "fewer_than"}
            return CountReading(None if caps else lower, None if opens else upper, None, "worded")
        found = numbers(self.pieces, at, self.lexicon)
        if ranged := self._range(at, found):
            low, high = self._ordered(*ranged)
            if not {before, self._after(ranged[1].end)} <= {None, "about"}:
                raise unreadable(self.verbatim, "puts a bound before or after a range; say one or the other")
            return CountReading(low, high, None, "between")
        if found:
            value = whole(found[0], self.verbatim)
            return bounded(value, self._agreed(before, self._after(found[0].end)))
        if before is None and self._one_person(at):
            return bounded(1, "exact")
        unknown = not self.lexicon.no_figure.isdisjoint(self.words)
        raise unreadable(self.verbatim, _NO_FIGURE if unknown else _HOW)

    def read_zero(self) -> CountReading | None:
        """Read `none`, `nobody`, `no casualties`; None where the phrase begins with something else."""
        none = self.lexicon.none.longest(self.words, 0)
        if not none and (self.words[0] != "no" or self.lexicon.prefixes.longest(self.words, 0)):
            return None
        words = set(self.words[none[1] if none else 1 :])
        if not words <= self.lexicon.victims | self.lexicon.beside or not (none or words & self.lexicon.victims):
            raise unreadable(
                self.verbatim, "does not say for certain that there were none; write 0, or leave the claim out"
            )
        return CountReading(0, 0, 0, "none")

    def _before(self) -> tuple[int, str | None]:
        _, at = self.lexicon.silent.longest(self.words, 0) or ("", 0)
        bound, at = self.lexicon.prefixes.longest(self.words, at) or (None, at)
        _, at = self.lexicon.silent.longest(self.words, at) or ("", at)
        return at, bound

    def _after(self, end: int) -> str | None:
        """Return the bound that follows the figure, directly or after its noun; refuse a noun that counts more."""
        if found := self.lexicon.suffixes.longest(self.words, end):
            self._check_noun(self.pieces[found[1] :])
            return found[0]
        for start in range(max(end + 1, len(self.pieces) - _LONGEST_PHRASE), len(self.pieces)):
            found = self.lexicon.suffixes.longest(self.words, start)
            if found and found[1] == len(self.pieces):
                self._check_noun(self.pieces[end:start])
                return found[0]
        self._check_noun(self.pieces[end:])
        return None

    def _check_noun(self, noun: Sequence[EnglishToken]) -> None:
        if noun and self._is_no_count(noun[0]):
            raise unreadable(
                self.verbatim, f"is not a plain count, because of “{shown(noun[0].text)}” behind the figure"
            )
        if noun and noun[0].kind == "figure":
            raise unreadable(
                self.verbatim, "has two figures side by side; write 1,500 for one figure, 80 to 100 for a range"
            )
        for place, piece in enumerate(noun):
            previous = noun[place - 1].text if place else ""
            if (piece.kind == "figure" and not self._dates(noun, place)) or piece.text in self.lexicon.counting:
                raise unreadable(self.verbatim, _TWO)
            if piece.text in _ALSO and previous in _JOINS:
                raise unreadable(self.verbatim, _TWO)
            if self._is_doubtful(piece, previous, last=place == len(noun) - 1):
                raise unreadable(
                    self.verbatim, f"cannot be read with certainty, because of “{shown(piece.text)}” behind the figure"
                )

    def _dates(self, noun: Sequence[EnglishToken], place: int) -> bool:
        """Say whether a figure among the nouns is of a date or an ordinal: `since 6 March`, `the 25th Division`."""
        neighbours = {piece.text for piece in (*noun[max(place - 1, 0) : place], *noun[place + 1 : place + 2])}
        ordinal = place + 1 < len(noun) and noun[place + 1].glued and noun[place + 1].text in _ORDINALS
        return ordinal or not neighbours.isdisjoint(self.lexicon.months)

    def _is_doubtful(self, piece: EnglishToken, previous: str, *, last: bool) -> bool:
        """Say whether a word or sign among the nouns makes the figure before it doubtful."""
        if piece.kind == "sign":
            return piece.text not in _BESIDE
        if piece.text in self.lexicon.edges:
            return last or previous in {"and", "or", "at", "the"}
        return piece.text in self.lexicon.hedges or (piece.text == "more" and previous != "")

    def _is_no_count(self, piece: EnglishToken) -> bool:
        """Say whether the token after a figure makes it no count: `5 %`, `13 days`, `7 March`, `1e3`."""
        if piece.kind == "sign":
            return piece.text not in {",", "("}
        return piece.text in self.lexicon.starts or (piece.kind == "word" and piece.glued)

    def _range(self, at: int, found: Sequence[EnglishNumber]) -> tuple[EnglishNumber, EnglishNumber] | None:
        """Read `80 to 100`, `between 80 and 100`; None where no second figure follows.

        `found` are the numbers that begin at `at`.
        """
        opening = self._text(at)
        joins = {"between": {"and", "to"}, "from": {"to"}}.get(opening)
        pairs: list[tuple[EnglishNumber, EnglishNumber]] = []
        for low in numbers(self.pieces, at + 1, self.lexicon) if joins else found[:1]:
            if self._text(low.end) in (joins or {"to", "or"}) or self._dash(low.end):
                pairs += [(low, high) for high in numbers(self.pieces, low.end + 1, self.lexicon)[:1]]
        if joins and not pairs:
            raise unreadable(self.verbatim, f"says “{opening}” without two figures behind it")
        return max(pairs, key=lambda pair: pair[1].end, default=None)

    def _dash(self, at: int) -> bool:
        """Say whether a dash joins two figures: spaces on both its sides or on neither."""
        pair = self.pieces[at : at + 2]
        return len(pair) > 1 and pair[0].text in _DASHES and pair[0].glued == pair[1].glued

    def _ordered(self, low: EnglishNumber, high: EnglishNumber) -> tuple[int, int]:
        """Apply a scale word to both ends: “two to three hundred” is 200 to 300, “80 to one hundred” 80 to 100."""
        least = low.value
        if high.reach and (low.dotted or least < high.reach):
            if low.dotted or low.scale != 1 or high.scale <= 1:
                raise unreadable(self.verbatim, "could mean two ranges; write both figures out")
            least *= high.scale
        lower, upper = whole(replace(low, value=least), self.verbatim), whole(high, self.verbatim)
        if lower > upper:
            raise unreadable(self.verbatim, "runs backwards; put the smaller figure first")
        return lower, upper

    def _one_person(self, at: int) -> bool:
        """Say whether the indefinite article counts one known kind of person: “a soldier”, “an army officer killed”."""
        words = self.words[at + 1 :]
        person = next((place for place, word in enumerate(words) if word in self.lexicon.persons), None)
        if self._text(at) not in {"a", "an"} or person is None or _JOINS & set(words):
            return False
        if any(piece.kind == "figure" for piece in self.pieces):
            return False
        while person + 1 < len(words) and words[person + 1] in self.lexicon.persons:
            person += 1
        self._check_noun(self.pieces[at + 1 :])
        goes_on = set(words[person + 1 : person + 2]) <= self.lexicon.prepositions | self.lexicon.participles
        return goes_on and self.lexicon.prepositions.isdisjoint(words[:person])

    def _agreed(self, before: str | None, after: str | None) -> str:
        if before and after and before != after:
            raise unreadable(self.verbatim, "has one bound before its figure and another behind it")
        return before or after or "exact"

    def _text(self, at: int) -> str:
        return self.words[at] if at < len(self.words) else ""
