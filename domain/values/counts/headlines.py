"""Headlines around a count: an opening, “Israeli strike on Gaza kills”, “Syria:”, and an attribution, “police say”."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.values.counts.lexicons import word_class
from domain.values.counts.lexicons.lexicon import Vocabulary
from domain.values.counts.tokens import Token

COLON = "colon"
"""The kind of an opening that ends in a colon; the words after it must name a population."""

_NOUNS = frozenset(
    {word_class.PERSON, word_class.THING, word_class.EQUIPMENT, word_class.COMPLEMENT, word_class.COLLECTIVE}
)
_OPENING = _NOUNS | {
    word_class.QUALIFIER,
    word_class.PREPOSITION,
    word_class.AGENT,
    word_class.OF,
    word_class.DETERMINER,
    word_class.ARTICLE,
}
_SAYING = frozenset(
    {
        word_class.PERSON,
        word_class.QUALIFIER,
        word_class.COMPLEMENT,
        word_class.COLLECTIVE,
        word_class.DETERMINER,
        word_class.OF,
        "!group",
    }
)


@dataclass(frozen=True, slots=True)
class Headline:
    """The tokens of a phrase and their `words`."""

    tokens: Sequence[Token]
    words: Sequence[str]
    vocabulary: Vocabulary

    def opening(self, start: int = 0) -> tuple[str, int] | None:
        """Return the class and the end of the opening of a headline: known words, up to a verb or a colon.

        An unknown place is recognised by its capital after a preposition, and only if the verb has none: in a headline
        all in capitals, and for a first word (“Fears”), a capital proves nothing.
        """
        attack_verbs = self.vocabulary.attack_verbs
        at, noun, named = start, False, False
        while at < len(self.words):
            if noun and (verb := attack_verbs.longest(self.words, at)):
                return None if named and self.tokens[at].name else verb
            if noun and (end := self._attribution_end(at)):
                return self.opening(end) or (COLON, end)
            kind, end = self._kind(at)
            if kind == word_class.FILLER and self._attribution_end(end - 1):
                return COLON, end
            if kind in _OPENING:
                noun = noun or kind in _NOUNS
            elif not kind and at > start and self._is_name(at):
                named = True
            else:
                return None
            at = end
        return None

    def is_attribution(self, at: int, end: int) -> bool:
        """Say whether words from `at` to `end` are an attribution: `police say`, or `health ministry` alone."""
        sayer = ""
        while at < end:
            if sayer and (saying := self.vocabulary.attribution_verbs.longest(self.words, at)):
                return saying[1] == end
            kind, after = self._kind(at)
            if kind == word_class.FILLER and after == end:
                return (self.words[after - 1],) in self.vocabulary.attribution_verbs.entries
            if self.tokens[at].kind != "word" or not (kind in _SAYING or (not kind and self.tokens[at].name)):
                return False
            sayer, at = self.words[after - 1], after
        return sayer in self.vocabulary.attribution_nouns

    def _attribution_end(self, at: int) -> int:
        """Return where a colon or a verb of saying ends, 0 for neither."""
        saying = self.vocabulary.attribution_verbs.longest(self.words, at)
        return at + 1 if self.words[at] == ":" else saying[1] if saying else 0

    def _kind(self, at: int) -> tuple[str, int]:
        if found := self.vocabulary.places.longest(self.words, at):
            return found
        return self.vocabulary.around.longest(self.words, at) or ("", at + 1)

    def _is_name(self, at: int) -> bool:
        if not (self.tokens[at].name and self.vocabulary.names):
            return False
        before = self._kind(at - 1)[0]
        return before in {word_class.PREPOSITION, word_class.AGENT} or (not before and self.tokens[at - 1].name)
