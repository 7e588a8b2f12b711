"""Full-text search terms, tokenised and case-folded here, so that every server finds the same."""

import re
import unicodedata
from collections.abc import Iterable

_WORD = re.compile(r"\w+")
_BETWEEN = bytes(code if chr(code).isalnum() or chr(code) == "_" else ord(" ") for code in range(128)).ljust(256)
"""Translation table for ASCII: word characters as they are, a space for all else."""


def words_of(texts: Iterable[str | None]) -> list[str]:
    """Return the distinct words of texts, sorted: compatibility forms composed (NFKC), and case folded.

    Texts and queries are tokenised by this one function. Of a word with a mark inside (`al-Haffa`)
    each piece is a word. No stemming and no stop words: names are not a language's words.
    """
    whole = "\n".join([text for text in texts if text])
    if whole.isascii():  # the usual case, faster
        return sorted(set(whole.lower().encode().translate(_BETWEEN).decode().split()))
    return sorted(set(_WORD.findall(unicodedata.normalize("NFKC", whole).casefold())))
