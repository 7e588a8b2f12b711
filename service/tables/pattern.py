"""Patterns over a row: words with names of columns in braces, such as “Gaza, {date}”."""

import re
from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from domain.words import Label

_NAMED = re.compile(r"\{([^{}]+)\}")


def _readable(text: str) -> str:
    if "{" in (rest := _NAMED.sub("", text)) or "}" in rest:
        sentence = "A column stands in braces, such as “{example}”; one of them has no other."
        raise PydanticCustomError("pattern", sentence, {"example": "{date}"})
    return text


Pattern = Annotated[Label, AfterValidator(_readable)]
"""Words with names of columns in braces."""


def columns_of(pattern: str) -> list[str]:
    """Return the columns that a pattern names, in turn."""
    return _NAMED.findall(pattern)


def filled(pattern: str, text_of: Callable[[str], str]) -> str | None:
    """Put the text of each named column in its place; None if any of them says nothing."""
    texts = {column: text_of(column) for column in columns_of(pattern)}
    if not all(texts.values()):
        return None
    return _NAMED.sub(lambda found: texts[found[1]], pattern)
