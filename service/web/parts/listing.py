"""Helpers of lists: the moment that a list is read at, choices of filters, and highlighted words."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from markupsafe import Markup, escape

from domain.values.search_words import words_of

MOST_NAMED: Final = 100
"""The most sources or incidents that a list of choices has; one that is chosen is among them in any case."""
_ANONYMOUS: Final = "anonymous:"
_WORD: Final = re.compile(r"\w+")
_LOCAL: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?")


@dataclass(frozen=True, slots=True)
class FilterChoice:
    """A choice of a filter: its value in an address, and in words."""

    value: str
    text: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class ListMoment:
    """The moment that a list is read at: as the interface takes it, and as its field shows it."""

    asked: str | None
    shown: str
    is_moment: bool
    """Whether the field is one of day and time, as it is but for a position or what cannot be read."""


def read_as_of(given: str | None) -> ListMoment:
    """Return the moment of a query; one without an offset, as a field of day and time sends it, is in UTC."""
    if given is None:
        return ListMoment(None, "", is_moment=True)
    if _LOCAL.fullmatch(given):
        return ListMoment(f"{given}:00Z" if given.count(":") == 1 else f"{given}Z", given, is_moment=True)
    try:
        moment = datetime.fromisoformat(given.replace(" ", "+")).astimezone(UTC)
    except ValueError:
        return ListMoment(given, given, is_moment=False)
    exact = moment.microsecond == 0
    return ListMoment(given, moment.strftime("%Y-%m-%dT%H:%M:%S") if exact else given, is_moment=exact)


def choices(pairs: Iterable[tuple[str, str]], chosen: Sequence[str]) -> tuple[FilterChoice, ...]:
    """Return the choices of a filter; what is chosen and not among them is one as it was written."""
    known = dict(pairs)
    known |= {each: each for each in chosen if each not in known}
    return tuple(FilterChoice(value, text, value in chosen) for value, text in known.items())


def found_words(text: str, wanted: frozenset[str]) -> Markup:
    """Return a text with the words that were looked for marked, all of it escaped."""
    if not wanted:
        return escape(text)
    pieces: list[Markup] = []
    after = 0
    for match in _WORD.finditer(text):
        if wanted & frozenset(words_of([match[0]])):
            pieces += [escape(text[after : match.start()]), Markup("<mark>%s</mark>") % match[0]]
            after = match.end()
    return Markup("").join([*pieces, escape(text[after:])])


def wanted_words(queries: Iterable[str]) -> frozenset[str]:
    """Return the words that a search looks for."""
    return frozenset(words_of(queries))


def anonymous_words(origin: str) -> str | None:
    """Return the words for a source that its relay does not name; None for one that has a name."""
    return origin.removeprefix(_ANONYMOUS).partition("|")[0] if origin.startswith(_ANONYMOUS) else None
