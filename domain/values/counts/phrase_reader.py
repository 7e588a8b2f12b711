"""The reader of lexicons since `en/2`: lead-in, bound, figure or range, and the words that follow."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from domain.values.counts import refusals
from domain.values.counts.english_1_numbers import unreadable
from domain.values.counts.english_1_reader import LONGEST, CountReading, bounded
from domain.values.counts.following_words import FollowingWords
from domain.values.counts.headlines import COLON, Headline
from domain.values.counts.lexicons import word_class
from domain.values.counts.lexicons.lexicon import Vocabulary
from domain.values.counts.number_tokens import Number, numbers, whole
from domain.values.counts.ranges import join_of, ordered
from domain.values.counts.tokens import QUOTES, Token, tokens
from domain.values.counts.trailing_bounds import move_bound_forward

_MINUS = ("-", "\u2212", "minus")
_LONGEST_PHRASE = 5
_LEAST_BEHIND = 3
"""Fewer following words can't hold a noun, a bound of two words and a continuation."""
_OPEN, _CAPPED = ("at_least", "more_than"), ("at_most", "fewer_than")
_OF_ONE = "about.one"
"""“c.”, “~” and the like bound one figure, never the end of a range."""


class DetailedReading(CountReading, frozen=True, gc=False):
    """A reading with details of its wording: measures named, things counted instead of people, parts, and an increase.

    `quoted`: only the count is in quotation marks, and the words that follow it are not the source's.
    """

    measures_named: tuple[str, ...] = ()
    things: tuple[str, ...] = ()
    equipment: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    is_increase: bool = False
    quoted: bool = False


def read_phrase(verbatim: str, vocabulary: Vocabulary) -> DetailedReading:
    """Read a count of at most 300 characters; raises CountError, a sentence that says what to write instead."""
    if len(verbatim) > LONGEST:
        raise unreadable(verbatim, f"is longer than {LONGEST} characters; give the count alone")
    listed = tokens(verbatim, spaced=vocabulary.spaced, split=vocabulary.split)
    if not listed:
        raise unreadable(verbatim, "is empty; give the count as it was said, or leave the claim out")
    if listed[0].text in _MINUS and len(listed) > 1:
        raise unreadable(verbatim, "is negative, which a count cannot be")
    phrase = _PhraseReader(verbatim, listed, [token.text for token in listed], vocabulary)
    return phrase.read_zero() or phrase.read_count()


@dataclass(slots=True)
class _Prefix:
    """The words before the figure, which begins at token `at`.

    `has_noun`: they name those counted, or a measure; `range_announced`: a verb such as “ranges from”;
    `required`: a class of lead-in after which a noun or a measure must follow; `is_increase`: “another”, “a further”.
    """

    at: int = 0
    bound: str | None = None
    measures_named: tuple[str, ...] = ()
    is_increase: bool = False
    has_noun: bool = False
    range_announced: bool = False
    required: str = ""


@dataclass(frozen=True, slots=True)
class _PhraseReader:
    """The tokens of one count and their `words`."""

    verbatim: str
    tokens: Sequence[Token]
    words: Sequence[str]
    vocabulary: Vocabulary

    def read_count(self) -> DetailedReading:
        """Read a phrase that counts somebody."""
        prefix = self._sentence()
        if not prefix.at and not self.vocabulary.headline_marks.isdisjoint(self.words):
            prefix = self._headline()
        self._bounds(prefix)
        worded_count = self.vocabulary.worded.longest(self.words, prefix.at)
        if worded_count and not prefix.range_announced:
            return self._worded(prefix, *worded_count)
        found = self._numbers(prefix)
        if ranged := self._range(prefix, found):
            return self._between(prefix, *ranged)
        if prefix.range_announced:
            raise unreadable(self.verbatim, refusals.BOUND_AND_RANGE)
        if found:
            return self._one_figure(prefix, found[0])
        if one_person := self._one_person(prefix):
            return one_person
        raise self._no_figure_refusal(prefix)

    def read_zero(self) -> DetailedReading | None:
        """Read `none`, `nobody`, `no casualties`; None where the phrase begins with something else."""
        words, vocabulary = self.words, self.vocabulary
        found = vocabulary.zero_words.longest(words, 0)
        if not found or vocabulary.bounds.longest(words, 0):
            return None
        needs_noun, at = found
        named = False
        while at < len(words):
            here = vocabulary.around.longest(words, at) or ("", at + 1)
            victim = here[0] == word_class.PERSON or here[0].startswith(word_class.FATE)
            if self.tokens[at].kind != "word" or not (victim or words[at] in vocabulary.zero_context):
                raise unreadable(self.verbatim, refusals.NOT_NONE)
            named, at = named or victim, here[1] if victim else at + 1
        if needs_noun and not named:
            raise unreadable(self.verbatim, refusals.NOT_NONE)
        return DetailedReading(0, 0, 0, "none")

    def _sentence(self, at: int = 0) -> _Prefix:
        """Read `the death toll in Gaza rises to`: known words with a subject among them, up to a verb."""
        words, vocabulary, prefix = self.words, self.vocabulary, _Prefix()
        measures, subject = set[str](), False
        while at < len(words):
            verb = vocabulary.verbs.longest(words, at) if subject else None
            if verb and not self._longer_bound(verb[1], at):
                prefix.at, prefix.bound = verb[1], verb[0] or None
                prefix.range_announced = prefix.bound == "ranging"
                prefix.bound = None if prefix.range_announced else prefix.bound
                prefix.measures_named, prefix.has_noun = tuple(sorted(measures)), True
                return prefix
            found = vocabulary.subjects.longest(words, at)
            if found:
                subject = subject or bool(found[0])
                measures |= {found[0].removeprefix(word_class.FATE)} if found[0].startswith(word_class.FATE) else set()
                at = found[1]
            elif self._is_name(at, subject=subject):
                at += 1
            else:
                break
        return prefix

    def _is_name(self, at: int, *, subject: bool) -> bool:
        """Say whether a name precedes the subject, “Gaza death toll”, or follows a preposition, “toll in Gaza”."""
        if not (self.tokens[at].name and self.vocabulary.names) or self.vocabulary.around.longest(self.words, at):
            return False
        before = self.vocabulary.around.longest(self.words, at - 1) if at else None
        named = at > 0 and self.tokens[at - 1].name
        return not subject or named or (before is not None and before[0] in {word_class.PREPOSITION, word_class.AGENT})

    def _longer_bound(self, end: int, at: int) -> bool:
        """Say whether a verb is only the beginning of a bound: “a total of at least 200”."""
        bound = self.vocabulary.bounds.longest(self.words, at)
        return bound is not None and bound[1] > end

    def _bounds(self, prefix: _Prefix) -> None:
        """Read bounds and lead-ins, in any order."""
        words, vocabulary = self.words, self.vocabulary
        while prefix.at < len(words):
            if found := vocabulary.bounds.longest(words, prefix.at):
                prefix.bound, prefix.at = self._one_bound(prefix.bound, found[0]), found[1]
            elif found := vocabulary.lead_ins.longest(words, prefix.at):
                prefix.at = found[1]
                self._apply_class(prefix, found[0])
            else:
                return

    def _apply_class(self, prefix: _Prefix, kind: str) -> None:
        prefix.is_increase = prefix.is_increase or kind == word_class.MORE
        if kind.startswith(word_class.FATE):
            prefix.measures_named, prefix.has_noun = (
                (*prefix.measures_named, *kind.removeprefix(word_class.FATE).split("+")),
                True,
            )
        prefix.has_noun = prefix.has_noun or kind == word_class.PERSON
        prefix.required = kind if kind in {COLON, word_class.LEFT, word_class.LIVES} else prefix.required

    def _headline(self) -> _Prefix:
        """Read the opening of a headline, “Israeli strike on Gaza kills”, “Attack in Kabul:”."""
        prefix, opening = _Prefix(), Headline(self.tokens, self.words, self.vocabulary).opening()
        if opening and opening[0] == COLON and (sentence := self._sentence(opening[1])).at:
            return sentence
        if opening and self._can_count(opening[1]):
            prefix.at = opening[1]
            self._apply_class(prefix, opening[0])
        return prefix

    def _can_count(self, at: int) -> bool:
        """Say whether a count can begin here, unlike after “a journalist killed”."""
        vocabulary = self.vocabulary
        tables = (vocabulary.bounds, vocabulary.lead_ins, vocabulary.worded)
        if any(table.longest(self.words, at) for table in tables):
            return True
        found = vocabulary.around.longest(self.words, at)
        return bool(numbers(self.tokens, self.words, at, vocabulary)) or (
            found is not None and found[0] == word_class.ARTICLE
        )

    def _numbers(self, prefix: _Prefix) -> list[Number]:
        at, numerals = prefix.at, self.vocabulary.numerals
        found = numbers(self.tokens, self.words, at, self.vocabulary)
        if not found and (scale_alone := numerals.bare.longest(self.words, at)):
            if prefix.bound is None:
                raise unreadable(self.verbatim, refusals.ONE_OR_SEVERAL)
            return [Number(scale_alone[0], scale_alone[1], scale_alone[0], 1)]
        return found

    def _one_figure(self, prefix: _Prefix, number: Number) -> DetailedReading:
        value = whole(number, self.verbatim)
        if number.noun:
            return self.noun_alone(prefix, number)
        end = self._skip_of(number.end) if number.scale != 1 or number.rounded else number.end
        if upper_end := self._upper_end(prefix, end):
            upper = whole(upper_end, self.verbatim)
            if value > upper:
                raise unreadable(self.verbatim, refusals.BACKWARDS)
            return self._reading(
                prefix, self._following_words(prefix, upper_end.end), CountReading(value, upper, None, "between")
            )
        after, following = self.bound_after(prefix, end)
        bound = self._one_bound(prefix.bound, after) or ("about" if number.rounded else "exact")
        bound = "about" if bound == _OF_ONE else bound
        return self._reading(prefix, following, bounded(value, bound))

    def noun_alone(self, prefix: _Prefix, number: Number) -> DetailedReading:
        """Read a noun in the singular or dual, which is its own count: `شخص`, `شخصان`; one joined to it is a second."""
        suffix = self.vocabulary.suffixes.longest(self.words, number.end)
        if suffix and prefix.bound is None and self.vocabulary.bounds.longest(self.words, number.end) == suffix:
            before, noun, bound = (
                self.tokens[: prefix.at],
                self.tokens[prefix.at : number.end],
                slice(number.end, suffix[1]),
            )
            reordered = [*before, *self.tokens[bound], *noun, *self.tokens[suffix[1] :]]
            prefix.bound, prefix.at = suffix[0], prefix.at + suffix[1] - number.end
            phrase = replace(self, tokens=reordered, words=[token.text for token in reordered])
            return phrase.noun_alone(prefix, replace(number, end=suffix[1]))
        following = self._following_words(prefix, prefix.at, joins=False)
        return self._reading(
            prefix, following, bounded(whole(number, self.verbatim), self._one_bound(prefix.bound, None) or "exact")
        )

    def _worded(self, prefix: _Prefix, ends: tuple[int | None, int | None], end: int) -> DetailedReading:
        lower, upper = ends
        after, following = self.bound_after(prefix, self._skip_of(end))
        bound = self._one_bound(prefix.bound, after)
        if bound in {"fewer_than", _OF_ONE}:
            raise unreadable(self.verbatim, "sets a bound beside a word for many; give lower and upper")
        reading = CountReading(None if bound in _CAPPED else lower, None if bound in _OPEN else upper, None, "worded")
        return self._reading(prefix, following, reading)

    def _between(self, prefix: _Prefix, low: Number, high: Number, dashed: bool) -> DetailedReading:  # noqa: FBT001 - a pair's third
        lower, upper = ordered(self.verbatim, low, high, dashed=dashed)
        end = self._skip_of(high.end) if high.scale != 1 else high.end
        after, following = self.bound_after(prefix, end)
        if not {prefix.bound, after} <= {None, "about"}:
            raise unreadable(self.verbatim, refusals.BOUND_AND_RANGE)
        return self._reading(prefix, following, CountReading(lower, upper, None, "between"))

    def _range(self, prefix: _Prefix, found: Sequence[Number]) -> tuple[Number, Number, bool] | None:
        """Read `80 to 100`, `between 80 and 100`; None where no second figure follows."""
        at = prefix.at
        opening = self.words[at] if at < len(self.words) else ""
        joins = self.vocabulary.range_pairs.get(opening)
        pairs: list[tuple[Number, Number, bool]] = []
        firsts = numbers(self.tokens, self.words, at + 1, self.vocabulary) if joins is not None else found
        for low in firsts:
            joined = join_of(self.tokens, low.end, joins if joins is not None else self.vocabulary.range_joins)
            if joined:
                highs = numbers(self.tokens, self.words, low.end + 1, self.vocabulary)[:1]
                pairs += [(low, high, joined == "dash") for high in highs]
        if joins is not None and not pairs:
            raise unreadable(self.verbatim, f"says “{opening}” without two figures behind it; write 80 to 100")
        return max(pairs, key=lambda pair: pair[1].end, default=None)

    def _upper_end(self, prefix: _Prefix, end: int) -> Number | None:
        """Read the upper end of `at least 80 and at most 100`."""
        join = self.vocabulary.around.longest(self.words, end)
        if prefix.bound != "at_least" or not join or join[0] != word_class.JOIN:
            return None
        bound = self.vocabulary.bounds.longest(self.words, join[1])
        if not bound or bound[0] != "at_most":
            return None
        found = numbers(self.tokens, self.words, bound[1], self.vocabulary)
        return found[0] if found else None

    def _one_person(self, prefix: _Prefix) -> DetailedReading | None:
        """Read the indefinite article before one known kind of person: “a soldier”, “an army officer killed”."""
        at = prefix.at
        article = self.vocabulary.around.longest(self.words, at)
        if not article or article[0] != word_class.ARTICLE or prefix.bound not in {None, "at_least"}:
            return None
        following = self._following_words(prefix, article[1], joins=False)
        if not any(word in self.vocabulary.singular_people for word in following.people[:2]):
            raise refusals.unknown_word(self.verbatim, self.words[at], self.vocabulary)
        return self._reading(prefix, following, bounded(1, prefix.bound or "exact"))

    def bound_after(self, prefix: _Prefix, end: int) -> tuple[str | None, FollowingWords]:
        """Return the bound that follows the figure or its nouns, and the other words that follow."""
        suffixes, last = self.vocabulary.suffixes, len(self.words)
        if found := suffixes.longest(self.words, end):
            return found[0], self._following_words(prefix, found[1])
        for start in range(max(end + 1, last - _LONGEST_PHRASE), last):
            found = suffixes.longest(self.words, start)
            if found and found[1] == last:
                return found[0], self._following_words(prefix, end, start)
        if last - end > _LEAST_BEHIND and (reordered := move_bound_forward(self.tokens, self.vocabulary, end)):
            return replace(self, tokens=reordered, words=[token.text for token in reordered]).bound_after(prefix, end)
        return None, self._following_words(prefix, end)

    def _following_words(
        self, prefix: _Prefix, at: int, end: int | None = None, *, joins: bool = True
    ) -> FollowingWords:
        last = len(self.words) if end is None else end
        following = FollowingWords(
            self.verbatim, self.tokens, self.words, self.vocabulary, at, last, has_noun=prefix.has_noun
        )
        following.joins = joins
        following.measures_named |= set(prefix.measures_named)
        following.read()
        return following

    def _skip_of(self, end: int) -> int:
        """Skip “of” after a word for many or a scale: “dozens of”, “deux millions de”."""
        found = self.vocabulary.around.longest(self.words, end)
        return found[1] if found and found[0] == word_class.OF else end

    def _reading(self, prefix: _Prefix, following: FollowingWords, reading: CountReading) -> DetailedReading:
        self._check_required(prefix.required, following)
        largest = reading.upper if reading.upper is not None else reading.lower
        if largest is not None and any(value > largest for value, _ in following.parts):
            raise unreadable(self.verbatim, refusals.PART_TOO_LARGE)
        return DetailedReading(
            reading.lower,
            reading.upper,
            reading.best,
            reading.bound,
            tuple(sorted(following.measures_named)),
            tuple(following.things),
            tuple(following.equipment),
            () if following.measures_named else tuple(following.other),
            tuple(part for _, part in following.parts),
            is_increase=following.is_increase or prefix.is_increase,
            quoted=self._quoted(),
        )

    def _check_required(self, required: str, following: FollowingWords) -> None:
        """Refuse “leaves 12 people”, “claims 12 soldiers” and “Syria: 12”, which name no fate or no population."""
        if required == word_class.LIVES and following.people[:1] == ["lives"]:
            following.measures_named.add("killed")
        elif (
            (required == COLON and not (following.people or following.measures_named))
            or required == word_class.LIVES
            or (required == word_class.LEFT and not following.measures_named)
        ):
            raise unreadable(self.verbatim, refusals.NO_NOUN if required == COLON else refusals.NO_FATE)

    def _quoted(self) -> bool:
        """Say whether only the first word is in quotation marks: “'Dozens' killed and wounded”."""
        text = self.verbatim.strip()
        return text[:1] in QUOTES and len(self.words) > 1 and self.words[1] in QUOTES

    def _one_bound(self, before: str | None, after: str | None) -> str | None:
        if before and after and before.split(".", maxsplit=1)[0] != after.split(".", maxsplit=1)[0]:
            raise unreadable(self.verbatim, refusals.TWO_BOUNDS)
        return before or after

    def _no_figure_refusal(self, prefix: _Prefix) -> Exception:
        if not self.vocabulary.unknown_words.isdisjoint(self.words) or prefix.at == len(self.words):
            return unreadable(self.verbatim, refusals.NO_FIGURE)
        word = self.words[prefix.at]
        if self.vocabulary.around.longest(self.words, prefix.at) or word in self.vocabulary.numerals.words:
            return unreadable(self.verbatim, refusals.NO_PLAIN_FIGURE.format(word=word))
        return refusals.unknown_word(self.verbatim, word, self.vocabulary)
