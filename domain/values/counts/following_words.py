"""The words that follow a figure: all must be known, and leave it a plain count of people."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from domain.values.counts import refusals
from domain.values.counts.english_1_numbers import CountError, shown, unreadable
from domain.values.counts.headlines import Headline
from domain.values.counts.lexicons import word_class
from domain.values.counts.lexicons.lexicon import Vocabulary
from domain.values.counts.number_tokens import numbers, whole
from domain.values.counts.tokens import Token

_QUOTED = frozenset("\"'“”\u2018\u2019«»")
_DASHES = frozenset("-\u2010\u2011\u2013\u2014\u2015")
_PAUSES = _DASHES | {",", ":"}
_DAYS, _YEARS = range(1, 32), range(1900, 2101)
_NOUNS = frozenset(
    {
        word_class.COMPLEMENT,
        word_class.QUALIFIER,
        word_class.PERSON,
        word_class.MONTH,
        word_class.THING,
        word_class.EQUIPMENT,
    }
)
_OF_PARTS = frozenset(
    {
        word_class.PERSON,
        word_class.QUALIFIER,
        word_class.FILLER,
        word_class.PART_OF,
        word_class.DETERMINER,
        word_class.OF,
    }
)
_ORDINALS = frozenset({"st", "nd", "rd", "th", "e", "er", "ème", "ere", "ère"})


@dataclass(slots=True)
class FollowingWords:
    """Parser of the words that follow a figure, from `at` to `end`; raises CountError for the first that refuses it.

    Results: `measures_named` by the words, `people`, `things` and `equipment` the nouns counted, `parts` the counts
    among them, `other` fates that no measure counts, `is_increase`, and `has_noun`: those counted, or their fate, are
    named. `_awaits_noun` is a word that a noun must follow (a join, a qualifier); `_paused` is set after a comma or
    dash, `_among` after “mostly”; fates in `_described` only describe the noun.
    """

    verbatim: str
    tokens: Sequence[Token]
    words: Sequence[str]
    vocabulary: Vocabulary
    at: int
    end: int
    has_noun: bool = False
    measures_named: set[str] = field(default_factory=set[str])
    people: list[str] = field(default_factory=list[str])
    things: list[str] = field(default_factory=list[str])
    equipment: list[str] = field(default_factory=list[str])
    parts: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    other: list[str] = field(default_factory=list[str])
    is_increase: bool = False
    joins: bool = True
    _awaits_noun: str = ""
    _paused: bool = False
    _brackets: int = 0
    _joined: bool = False
    _among: bool = False
    _latest_fates: set[str] = field(default_factory=set[str])
    _described: set[str] = field(default_factory=set[str])

    def read(self) -> None:
        """Read to the end."""
        start = self.at
        if self.at < self.end and self.tokens[self.at].glued and self.tokens[self.at].kind == "word":
            raise self._refusal_of(self.words[self.at])
        while self.at < self.end:
            self._next()
        if self._awaits_noun:
            raise refusals.unfinished(self.verbatim, self._awaits_noun)
        if self.end > start and not self.has_noun:
            raise unreadable(self.verbatim, refusals.NO_NOUN)

    def _next(self) -> None:
        token = self.tokens[self.at]
        if token.kind == "figure":
            self._figure()
            return
        found = self.vocabulary.around.longest(self.words, self.at)
        if found and found[1] <= self.end:
            self._read_class(*found)
        elif token.kind == "sign":
            self._sign(token.text)
        elif token.acronym and self.vocabulary.names:
            self._awaits_noun, self.at = token.text, self.at + 1
        else:
            raise refusals.unknown_word(self.verbatim, token.text, self.vocabulary)

    def _read_class(self, kind: str, end: int) -> None:
        word = " ".join(self.words[self.at : end])
        if kind.startswith(word_class.FATE) or kind in {word_class.PERSON, word_class.THING, word_class.EQUIPMENT}:
            self._head(kind, word, end)
        elif kind == word_class.QUALIFIER:
            self._awaits_noun, self.at = self._awaits_noun if self.has_noun and not self._awaits_noun else word, end
        elif kind == word_class.JOIN:
            self._join(word, end)
        elif kind in {word_class.PREPOSITION, word_class.AGENT, word_class.OF}:
            self._complement(word, kind, end)
        elif kind == word_class.COMPLEMENT and self.vocabulary.partitive and self.has_noun and not self._awaits_noun:
            self._complement(word, word_class.OF, self.at)
        elif kind == word_class.INCLUDING or (kind == word_class.PART_OF and self._paused):
            self._list_parts(end)
        elif kind == word_class.COUNTING and self._paused:
            self._figure()
        elif (
            kind == word_class.DETERMINER
            and self.has_noun
            and not self._awaits_noun
            and (dated := self._day_of_month_end(end))
        ):
            self._paused, self.at = False, dated
        elif kind in {word_class.FILLER, word_class.MOSTLY, word_class.CLOSING, word_class.MORE}:
            self.is_increase = self.is_increase or kind == word_class.MORE
            self._among = self._among or kind == word_class.MOSTLY
            self.has_noun = self.has_noun or kind in {word_class.CLOSING, word_class.MORE}
            self._paused, self.at = False, end
        else:
            raise self._refusal_of(word, kind)

    def _head(self, kind: str, word: str, end: int) -> None:
        if self._awaits_noun and self._joined and self.vocabulary.numerals.nouns.longest(self.words, self.at):
            raise unreadable(self.verbatim, refusals.SECOND)  # `و جندي`: and one soldier
        if kind.startswith(word_class.FATE):
            measures = set(filter(None, kind.removeprefix(word_class.FATE).split("+")))
            self._add_fates(measures)
            self.other += [] if measures else [word]
        elif kind == word_class.PERSON:
            self.other.clear()
            self._described, self._latest_fates = self._described | self._latest_fates, set()
        {word_class.THING: self.things, word_class.EQUIPMENT: self.equipment}.get(kind, self.people).append(word)
        self.has_noun, self._awaits_noun, self._paused, self._joined, self.at = True, "", False, False, end

    def _add_fates(self, measures: set[str]) -> None:
        """Add fates; those before the noun only describe it: “12 displaced people killed”."""
        joined = bool(self._awaits_noun) and self._joined
        if measures and not joined:
            self.measures_named -= self._described - measures
        self._latest_fates = set() if joined else measures
        self.measures_named |= measures

    def _join(self, word: str, end: int) -> None:
        self._joined = True
        if not self.joins:
            raise unreadable(self.verbatim, refusals.SECOND)
        if not self.has_noun and not self._awaits_noun:
            raise self._refusal_of(word)
        self._awaits_noun, self._paused, self.at = word, False, end

    def _sign(self, sign: str) -> None:
        if (
            sign in _PAUSES
            and self.has_noun
            and not (self._awaits_noun or self._brackets)
            and self._is_attribution(self.at + 1)
        ):
            self.at = self.end
            return
        glued = self.tokens[self.at].glued
        spaced_dash = sign in _DASHES and not glued
        if sign in _QUOTED or (sign == ")" and self._brackets):
            self._brackets -= sign == ")"
        elif sign in {",", "("} or (spaced_dash and self.has_noun):
            self._brackets += sign == "("
            self._paused = True
        elif sign in {"&", "/"} and self.has_noun:
            self._awaits_noun, self._joined = sign, True
        else:
            raise self._refusal_of(sign)
        self.at += 1

    def _is_attribution(self, at: int) -> bool:
        """Say whether the rest is an attribution: “12 killed, police say”."""
        return Headline(self.tokens, self.words, self.vocabulary).is_attribution(at, self.end)

    def _figure(self) -> None:
        """Refuse a second figure, unless it counts a part: “12 killed, 3 of them children”."""
        if self._paused and (counted := self._number_at(self.at)):
            found = self.vocabulary.around.longest(self.words, counted[1])
            if found and found[0] == word_class.PART_OF:
                self._paused = False
                self._list_parts(self.at)
                return
        side_by_side = self.tokens[self.at - 1].kind == "figure"
        raise unreadable(self.verbatim, refusals.SIDE_BY_SIDE if side_by_side else refusals.SECOND)

    def _complement(self, word: str, kind: str, end: int) -> None:
        """Read the complement of a preposition: “in the town of Al-Bab”, “by a gunman”, “since 6 March 2025”."""
        if self._awaits_noun and self._joined and not self._among:
            raise unreadable(self.verbatim, refusals.SECOND)
        if not self.has_noun and not (kind == word_class.OF and self._is_partitive(end)):
            raise unreadable(self.verbatim, refusals.NO_NOUN)
        at, nouns, article = end, 0, False
        while at < self.end and (step := self._noun_at(at, kind, article=article, first=not nouns)):
            at, counted, articled = step
            nouns, article = nouns + counted, articled
        if not nouns:
            raise self._refusal_at(at) if at < self.end else refusals.unfinished(self.verbatim, word)
        self.has_noun, self._awaits_noun, self._paused, self.at = True, "", False, at

    def _is_partitive(self, end: int) -> bool:
        """Say whether “of” joins the figure and those it counts: `200 من المدنيين`."""
        return self.vocabulary.partitive and self._class(end) == word_class.PERSON

    def _noun_at(self, at: int, kind: str, *, article: bool, first: bool) -> tuple[int, int, bool] | None:
        """Return where a word of a complement ends, whether it is a noun, and whether an article awaits one."""
        token = self.tokens[at]
        if token.kind == "figure":
            dated = self._date_end(at)
            return (dated, 1, False) if dated else None
        found = self.vocabulary.around.longest(self.words, at)
        if found is None:
            if token.kind == "word" and token.name and self.vocabulary.names:
                return at + 1, 1, False
            return (at + 1, 0, False) if not first and self._joins_names(at) else None
        kind_found, end = found
        if kind_found in _NOUNS or (
            kind_found == word_class.COLLECTIVE and (article or kind in {word_class.OF, word_class.AGENT})
        ):
            alone = article and kind_found == word_class.PERSON and kind != word_class.AGENT
            return None if alone else (end, 1, article and kind_found == word_class.QUALIFIER)
        if (
            kind_found == word_class.DETERMINER
            or (kind_found == word_class.ARTICLE and not article)
            or (kind_found == word_class.OF and first and kind == word_class.PREPOSITION)
        ):
            return end, 0, kind_found == word_class.ARTICLE
        return (end, 0, False) if kind_found == word_class.JOIN and not first and self._joins_names(at) else None

    def _joins_names(self, at: int) -> bool:
        """Say whether a comma or “and” joins a second place: “in Homs and Hama”, “in Homs, Syria”."""
        if self.words[at] not in {",", "&"} and self._class(at) != word_class.JOIN:
            return False
        following = self.tokens[at + 1] if at + 1 < self.end else None
        if following is None or not following.name or not self.vocabulary.names:
            return False
        if self.words[at] == "," and self._is_attribution(at + 1):
            return False
        return self.vocabulary.around.longest(self.words, at + 1) is None

    def _date_end(self, at: int) -> int:
        """Return where a date or an ordinal ends that begins with a figure here, 0 for neither."""
        text, next_token = self.words[at], self.tokens[at + 1] if at + 1 < self.end else None
        if next_token and next_token.glued and next_token.text in _ORDINALS:
            return at + 2
        day, year = _is_in(text, _DAYS), _is_in(text, _YEARS)
        if day and (self._is_month(at + 1) or self._is_month(at - 1)):
            comma = at + 1 < self.end and self.words[at + 1] == ","
            following = at + 2 if comma else at + 1
            dated = self._is_month(at - 1) and following < self.end and _is_in(self.words[following], _YEARS)
            return following + 1 if dated else at + 1
        before = self.vocabulary.around.longest(self.words, at - 1) if at else None
        since = before is not None and before[0] == word_class.PREPOSITION
        return at + 1 if year and (since or self._is_month(at - 1)) else 0

    def _day_of_month_end(self, at: int) -> int:
        """Return where a day of a month ends that begins here, as in “le 12 mars”; 0 for none."""
        if not (at + 1 < self.end and _is_in(self.words[at], _DAYS) and self._is_month(at + 1)):
            return 0
        return at + 3 if at + 2 < self.end and _is_in(self.words[at + 2], _YEARS) else at + 2

    def _is_month(self, at: int) -> bool:
        found = self.vocabulary.around.longest(self.words, at) if 0 <= at < self.end else None
        return found is not None and found[0] == word_class.MONTH

    def _list_parts(self, at: int) -> None:
        """Read what is counted among them: “including 3 children and a woman”, “3 of them children”."""
        while at < self.end:
            counted = self._number_at(at)
            start, at = at, counted[1] if counted else at
            at = self._part_end(at)
            if counted:
                self.parts.append((counted[0], " ".join(self.words[start:at])))
            if at < self.end and self.words[at] == "," and not self._brackets and self._is_attribution(at + 1):
                at = self.end
            elif at < self.end and (self.words[at] in {",", "&"} or self._class(at) == word_class.JOIN):
                at += 1
                if at == self.end:
                    raise refusals.unfinished(self.verbatim, self.words[at - 1])
                if self.words[at - 1] == "," and self._class(at) in {word_class.PREPOSITION, word_class.AGENT}:
                    break
            elif at < self.end and self.words[at] == ")" and self._brackets:
                self._brackets -= 1
                at += 1
                break
            elif at > start and self._class(at) in {word_class.PREPOSITION, word_class.AGENT}:
                break  # a complement after a part belongs to all: “including 3 children, in Homs”
            elif at == start or at < self.end:
                raise self._refusal_at(at)
        self.has_noun, self._awaits_noun, self._paused, self.at = True, "", False, at

    def _part_end(self, at: int) -> int:
        """Return where the words of one part end; its fate must be one of all."""
        named = False
        while at < self.end and self.tokens[at].kind == "word":
            found = self.vocabulary.around.longest(self.words, at)
            if not found or not (found[0] in _OF_PARTS or found[0].startswith(word_class.FATE)):
                break
            fate = found[0].removeprefix(word_class.FATE) if found[0].startswith(word_class.FATE) else ""
            if fate and fate not in self.measures_named:
                raise unreadable(self.verbatim, refusals.SECOND)
            named, at = named or found[0] == word_class.PERSON or bool(fate), found[1]
        if not named:
            raise self._refusal_at(at) if at < self.end else refusals.unfinished(self.verbatim, self.words[at - 1])
        return at

    def _number_at(self, at: int) -> tuple[int, int] | None:
        """Return the number that begins here, 1 for an article, and where it ends."""
        if found := numbers(self.tokens, self.words, at, self.vocabulary):
            return whole(found[0], self.verbatim), at if found[0].noun else found[0].end
        return (1, at + 1) if at < self.end and self._class(at) == word_class.ARTICLE else None

    def _class(self, at: int) -> str:
        found = self.vocabulary.around.longest(self.words, at) if at < self.end else None
        return found[0] if found else ""

    def _refusal_at(self, at: int) -> CountError:
        """Name the word at fault by its class."""
        token, kind = self.tokens[at], self._class(at)
        if (token.kind == "figure" or kind == word_class.COUNTING) and (counted := self._number_at(at)):
            found = self.vocabulary.around.longest(self.words, counted[1])
            if found and found[0] in {"!unit", "!age"}:
                return refusals.because(self.verbatim, "period", " ".join(self.words[at : found[1]]))
        if token.kind == "figure":
            return unreadable(self.verbatim, refusals.SECOND)
        if kind or token.kind == "sign":
            return self._refusal_of(token.text, kind)
        return refusals.unknown_word(self.verbatim, token.text, self.vocabulary)

    def _refusal_of(self, word: str, kind: str = "") -> CountError:
        reason = kind.removeprefix(word_class.REFUSED) if kind.startswith(word_class.REFUSED) else ""
        if reason:
            return refusals.because(self.verbatim, "group" if kind == word_class.COLLECTIVE else reason, word)
        if kind in {word_class.ARTICLE, word_class.DETERMINER}:
            return unreadable(self.verbatim, refusals.SECOND)
        why = (
            f"is not a plain count of people, because of “{shown(word)}”; write how many people it is, or give"
            f" lower and"
            " upper beside the words"
        )
        return unreadable(self.verbatim, why)


def _is_in(text: str, numbers_: range) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 5 and int(text) in numbers_  # noqa: PLR2004 - a year
