"""The lexicons since `en/2`, and which of them reads a report in a language."""

from collections.abc import Mapping
from functools import lru_cache

from domain.values.counts.lexicons.arabic import AR_1
from domain.values.counts.lexicons.digits_only import UND_1
from domain.values.counts.lexicons.english import EN_2
from domain.values.counts.lexicons.french import FR_1
from domain.values.counts.lexicons.lexicon import Vocabulary

DEFAULT = EN_2.name
VOCABULARIES: Mapping[str, Vocabulary] = {each.name: each for each in (EN_2, AR_1, FR_1, UND_1)}

_ENGLISH = ("en", "eng", "und")
_FRENCH = ("fr", "fra", "fre")
_ARABIC = (
    "ar", "ara", "arb", "acm", "acq", "acw", "acx", "acy", "adf", "aeb", "aec", "afb", "ajp", "apc", "apd", "arq",
    "ars",
    "ary", "arz", "auz", "avl", "ayh", "ayl", "ayn", "ayp",
)  # fmt: skip
"""Arabic and the languages of ISO 639-3 that its macrolanguage holds, such as `apc`, Levantine."""
_LEXICONS = {
    language: vocabulary.name
    for vocabulary, languages in ((EN_2, _ENGLISH), (FR_1, _FRENCH), (AR_1, _ARABIC))
    for language in languages
}


@lru_cache(maxsize=1024)
def lexicon_of(language: str) -> str:
    """Return the lexicon for a language tag of BCP 47 by its first subtag; `und/1` where no lexicon knows its words."""
    return _LEXICONS.get(language.partition("-")[0].lower(), UND_1.name)
