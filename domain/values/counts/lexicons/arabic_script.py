"""Arabic text as its lexicon reads it: without vowel marks, letters of one sound alike, joined particles parted."""

import re
from collections.abc import Callable, Collection

_MARKS = re.compile("[\u0640\u064b-\u065f\u0670\u06d6-\u06ed]")
_ALIKE = str.maketrans(
    {"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ی": "ي", "ک": "ك", "؛": ";", "؟": "?", "٪": "%"}
)
_COMMA = re.compile(r"،(?!\d)|(?<!\d)،")
_WORD = re.compile(r"[\u0621-\u064a]+")
_PARTICLES = ("و", "ف", "ب", "ل", "ك")
_ARTICLE = "ال"


def plain(text: str) -> str:
    """Return a text without vowel marks and with letters of one sound alike: `أكثر` is `اكثر`, `إلى` is `الي`."""
    return _COMMA.sub(",", _MARKS.sub("", text).translate(_ALIKE))


def _between(text: str) -> str:
    return text.replace("ما بين", "بين")


def splitter(known: Collection[str]) -> Callable[[str], str]:
    """Return a function that splits particles and the article off known words: `وخمسون`, `القتلى`, `بقصف`."""

    def parted(word: str) -> str:
        if word in known or len(word) < 3:  # noqa: PLR2004 - a particle and two letters
            return word
        if word.startswith(_ARTICLE):
            return word[2:] if word[2:] in known else word
        if word.startswith("لل") and word[2:] in known:
            return f"ل {word[2:]}"
        if word[0] in _PARTICLES:
            rest = parted(word[1:])
            if rest.rsplit(" ", maxsplit=1)[-1] in known:
                return f"{word[0]} {rest}"
        return word

    def split(text: str) -> str:
        return _WORD.sub(lambda found: parted(found[0]), _between(plain(text)))

    return split
