"""Bounds between the nouns and further words: “12 morts au moins dans une frappe”."""

from collections.abc import Sequence

from domain.values.counts.lexicons import word_class
from domain.values.counts.lexicons.lexicon import Vocabulary
from domain.values.counts.tokens import Token

_NOUNS, _FURTHER = (
    frozenset({word_class.PERSON, word_class.QUALIFIER, word_class.FILLER}),
    frozenset({word_class.PREPOSITION, word_class.AGENT}),
)


def move_bound_forward(tokens: Sequence[Token], vocabulary: Vocabulary, end: int) -> list[Token] | None:
    """Return the tokens with such a bound moved to the figure, which ends at `end`; None where there is none."""
    words = [token.text for token in tokens]
    at, named = end, False
    while at < len(words) and tokens[at].kind == "word":
        bound = vocabulary.suffixes.longest(words, at)
        if named and bound and bound[0] == "at_least" and bound[1] - at > 1 and _continues(words, vocabulary, bound[1]):
            return [*tokens[:end], *tokens[at : bound[1]], *tokens[end:at], *tokens[bound[1] :]]
        found = vocabulary.around.longest(words, at)
        if not found or not (found[0] in _NOUNS or found[0].startswith(word_class.FATE)):
            return None
        named, at = True, found[1]
    return None


def _continues(words: Sequence[str], vocabulary: Vocabulary, at: int) -> bool:
    found = vocabulary.around.longest(words, at) if at < len(words) else None
    return at < len(words) and (words[at] == "," or (found is not None and found[0] in _FURTHER))
