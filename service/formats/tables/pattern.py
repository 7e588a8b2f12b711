"""Patterns over a row: text with names of columns in braces, such as “Gaza, {date}”."""

import re
from collections.abc import Callable
from typing import Annotated, Final, NamedTuple

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from domain.values.text_types import Label
from service.formats.tables.dates import ISO, compile_format

_NAMED: Final = re.compile(r"\{([^{}]+)\}")
_DATED: Final = re.compile(rf"\{{([^{{}}]+?)(?::(%[^{{}}]*|{ISO}))?\}}")
_SIDE: Final = re.compile(r"[~?%]?(?:/|$)")


def _readable(text: str) -> str:
    if "{" in (rest := _NAMED.sub("", text)) or "}" in rest:
        sentence = "A column stands in braces, such as “{example}”; one of them has no other."
        raise PydanticCustomError("pattern", sentence, {"example": "{date}"})
    return text


def _without_formats(text: str) -> str:
    for name, written in _DATED.findall(_readable(text)):
        if written:
            context = {"name": name, "written": written}
            raise PydanticCustomError("pattern", "“{name}:{written}”: only a date or a period has a format.", context)
    return text


def _with_formats(text: str) -> str:
    for _, written in _DATED.findall(_readable(text)):
        if written and written != ISO:
            compile_format(written)
    return text


Pattern = Annotated[Label, AfterValidator(_without_formats)]
"""Text with names of columns in braces."""

DatePattern = Annotated[Label, AfterValidator(_with_formats)]
"""A pattern of a date: a column may have a format, such as “{date:%d.%m.%Y}”."""


class DatedColumn(NamedTuple):
    """A column in a pattern of a date: its format, and whether it is alone on its side of a “/”."""

    column: str
    written: str | None
    alone: bool


def columns_of(pattern: str) -> list[str]:
    """Return the columns of a pattern, in order."""
    return [column for column, _ in _DATED.findall(pattern)]


def filled(pattern: str, text_of: Callable[[str], str]) -> str | None:
    """Fill a pattern with the text of its columns; None if any of them is empty."""
    texts = {column: text_of(column) for column in columns_of(pattern)}
    if not all(texts.values()):
        return None
    return _DATED.sub(lambda found: texts[found[1]], pattern)


def filled_with_dates(pattern: str, text_of: Callable[[DatedColumn], str]) -> str | None:
    """Fill a pattern of a date; None if any of its columns is empty."""
    texts: list[str] = []
    for found in _DATED.finditer(pattern):
        begins = found.start() == 0 or pattern[found.start() - 1] == "/"
        alone = begins and _SIDE.match(pattern, found.end()) is not None
        texts.append(text_of(DatedColumn(found[1], found[2], alone)))
    if not all(texts):
        return None
    rest = iter(texts)
    return _DATED.sub(lambda _: next(rest), pattern)
