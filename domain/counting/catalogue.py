"""The lexicons since `en/2`, and which of them reads a report in a language."""

from collections.abc import Mapping
from functools import lru_cache

from domain.counting.english import EN_2
from domain.counting.figures import UND_1
from domain.counting.vocabulary import Vocabulary

DEFAULT = EN_2.name
VOCABULARIES: Mapping[str, Vocabulary] = {each.name: each for each in (EN_2, UND_1)}

_LEXICONS = {"en": EN_2.name, "eng": EN_2.name, "und": EN_2.name}


@lru_cache(maxsize=1024)
def lexicon_of(language: str) -> str:
    """Return the lexicon for a language tag of BCP 47 by its first subtag; `und/1` where no lexicon knows its words."""
    return _LEXICONS.get(language.partition("-")[0].lower(), UND_1.name)
