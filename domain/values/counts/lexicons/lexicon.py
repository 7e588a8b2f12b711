"""The structure of lexicons since `en/2`: tables from phrases to bounds, numbers or word classes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Generic, TypeVar

Phrase = tuple[str, ...]
NumberValue = int | Fraction
FigureRange = tuple[int | None, int | None]


_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class PhraseTable(Generic[_T]):
    """A lookup table by phrase, with longest match."""

    entries: Mapping[Phrase, _T]
    _lengths: dict[str, list[int]] = field(init=False, repr=False, default_factory=dict[str, list[int]])

    def __post_init__(self) -> None:
        for first, length in sorted({(phrase[0], len(phrase)) for phrase in self.entries}, reverse=True):
            self._lengths.setdefault(first, []).append(length)

    def longest(self, words: Sequence[str], at: int) -> tuple[_T, int] | None:
        """Return the entry of the longest phrase that begins at word `at`, and the index behind it; None for none."""
        for length in self._lengths.get(words[at], ()) if at < len(words) else ():
            phrase = tuple(words[at : at + length])
            if phrase in self.entries:
                return self.entries[phrase], at + len(phrase)
        return None


NO_PHRASES: PhraseTable[Any] = PhraseTable({})


@dataclass(frozen=True, slots=True)
class Numerals:
    """Number words: 1 to 99, the hundreds, scales that multiply, and numbers under a name of their own.

    `alone` are scale words that count one (or two) of themselves: (times, scale); `bare` ones only behind a bound.
    `carried`: the word for hundred is left out in “two to three hundred”. `halves` are said behind a number and
    before a scale, or behind a scale. `rounded` are about their value. `nouns` count themselves: a singular, a dual.
    `mixed`: digits may be joined to a scale, “41 thousand and 788”.
    """

    below_100: PhraseTable[int] = NO_PHRASES
    hundreds: PhraseTable[int] = NO_PHRASES
    carried: bool = False
    joins: frozenset[str] = frozenset()
    mixed: bool = False
    scales: PhraseTable[int] = NO_PHRASES
    glued: Mapping[str, int] = field(default_factory=dict[str, int])
    alone: PhraseTable[tuple[int, int]] = NO_PHRASES
    bare: PhraseTable[int] = NO_PHRASES
    halves: PhraseTable[str] = NO_PHRASES
    named: PhraseTable[NumberValue] = NO_PHRASES
    rounded: PhraseTable[int] = NO_PHRASES
    nouns: PhraseTable[int] = NO_PHRASES
    words: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """One frozen lexicon. `grouping` and `decimal` are the marks inside figures; `spaced`: thousands by plain spaces.

    Before a figure: `leads` change nothing (or lead to a class: a fate, `more`), `subjects` and `verbs` make a sentence
    such as “the death toll rises to” (“ranging” asks for a range), `bounds` name a bound. Behind it: `suffixes` name
    a bound and `around` gives each word its class. `several` are counts in words, (lower, upper) for sorting. `pairs`
    open and join a range, `ranges` join one. `nothing` are words for zero (true: if a noun follows), with `beside`
    them; `singular` what an article counts one of; `unknown` say that nobody knows; `hint` is added where a word is
    not known. Around a headline: `felling` verbs say what an attack did, `places` open it, `sayers` and `saying` end
    it, `opens` are words of which it holds one; leads and `felling` lead to “left” or “lives” where the words behind
    must say “dead” or “lives”. `names`: a capital tells a name; `partitive`: “of” may stand between a figure and its
    noun.
    """

    name: str
    grouping: str
    decimal: str
    numerals: Numerals
    bounds: PhraseTable[str]
    suffixes: PhraseTable[str]
    hint: str
    lead_ins: PhraseTable[str] = NO_PHRASES
    subjects: PhraseTable[str] = NO_PHRASES
    verbs: PhraseTable[str] = NO_PHRASES
    worded: PhraseTable[FigureRange] = NO_PHRASES
    around: PhraseTable[str] = NO_PHRASES
    zero_words: PhraseTable[bool] = NO_PHRASES
    zero_context: frozenset[str] = frozenset()
    singular_people: frozenset[str] = frozenset()
    range_pairs: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    range_joins: frozenset[str] = frozenset()
    unknown_words: frozenset[str] = frozenset()
    spaced: bool = False
    names: bool = False
    partitive: bool = False
    split: Callable[[str], str] | None = None
    attack_verbs: PhraseTable[str] = NO_PHRASES
    places: PhraseTable[str] = NO_PHRASES
    attribution_verbs: PhraseTable[str] = NO_PHRASES
    attribution_nouns: frozenset[str] = frozenset()
    headline_marks: frozenset[str] = frozenset()


def phrases(listed: str) -> list[Phrase]:
    """Cut `at least | no fewer than` into tuples of words."""
    return [tuple(phrase.split()) for phrase in listed.split("|") if phrase.strip()]


def classified(listed: Mapping[str, str]) -> dict[Phrase, str]:
    """Turn phrases by class, or by bound, into classes by phrase.

    Each text has single words, separated by spaces, and then phrases, each behind a bar.
    """
    found: dict[Phrase, str] = {}
    for word_class, text in listed.items():
        single, *several = text.split("|")
        words = [*((word,) for word in single.split()), *(tuple(phrase.split()) for phrase in several)]
        found |= dict.fromkeys(words, word_class)
    return found


def with_enclosed(suffixes: Mapping[Phrase, str]) -> dict[Phrase, str]:
    """Add what stands in brackets or behind a comma: `( est . )`, `, at least`."""
    in_brackets = {("(", *phrase, ")"): bound for phrase, bound in suffixes.items()}
    open_bracket = {("(", *phrase): bound for phrase, bound in suffixes.items()}
    return {**suffixes, **in_brackets, **open_bracket, **{(",", *phrase): bound for phrase, bound in suffixes.items()}}


def ends(listed: Mapping[str, FigureRange]) -> dict[Phrase, FigureRange]:
    """Turn phrases in words into what they sort by."""
    return {phrase: pair for several, pair in listed.items() for phrase in phrases(several)}


def all_words(tables: Iterable[Mapping[Phrase, object]]) -> frozenset[str]:
    """Return every word of some phrases."""
    return frozenset(word for table in tables for phrase in table for word in phrase)
