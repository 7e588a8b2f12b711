"""The words that a text is found by: cut and folded here, so that every server finds the same."""

import re
import unicodedata
from collections.abc import Iterable

_WORD = re.compile(r"\w+")
_BETWEEN = bytes(code if chr(code).isalnum() or chr(code) == "_" else ord(" ") for code in range(128)).ljust(256)
"""Of ASCII: what is part of a word, and a space for all else."""


def words_of(texts: Iterable[str | None]) -> list[str]:
    """Return the distinct words of texts, sorted: compatibility forms composed (NFKC), and case folded.

    What is searched and what is searched for are cut by this one function. Of a word with a mark inside (`al-Haffa`)
    each piece is a word. Nothing is stemmed and nothing left out: names are not a language's words.
    """
    whole = "\n".join([text for text in texts if text])
    if whole.isascii():  # as most are; the same words, in less time
        return sorted(set(whole.lower().encode().translate(_BETWEEN).decode().split()))
    return sorted(set(_WORD.findall(unicodedata.normalize("NFKC", whole).casefold())))
