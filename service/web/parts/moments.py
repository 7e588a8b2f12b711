"""Moments to choose from, on both clocks, thinned where there are too many for a list."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final, TypeVar

from service.web.api_document import ApiDocument
from service.web.language.languages import Language

T = TypeVar("T")

REPORTED: Final = "reported:"
"""What begins the name of a moment of the reported clock, as `diff` takes it."""
MOST: Final = 200
"""The most moments of a clock in one list."""
_LENGTHS: Final = (len("2025-03-09"), len("2025-03"), len("2025"))
"""Of the beginnings of a moment that name its day, its month and its year."""


@dataclass(frozen=True, slots=True)
class MomentOption:
    """A moment of a list: its name in an address, and in words."""

    value: str
    text: str


@dataclass(frozen=True, slots=True)
class MomentOptions:
    """The moments of both clocks, ascending; `thinned` if there are more than these."""

    reported: tuple[MomentOption, ...]
    recorded: tuple[MomentOption, ...]
    thinned: bool

    def has(self, value: str) -> bool:
        """Say whether a moment is among them."""
        return any(each.value == value for each in (*self.reported, *self.recorded))

    def before(self, value: str) -> str:
        """Return the moment before one on the same clock; the same where it is the first."""
        clock = self.reported if value.startswith(REPORTED) else self.recorded
        values = [each.value for each in clock]
        place = values.index(value) if value in values else len(values)
        return values[max(0, place - 1)] if values else value

    @property
    def last(self) -> str | None:
        """The last moment that was said; else the last recorded."""
        clock = self.reported or self.recorded
        return clock[-1].value if clock else None


def moment_options(language: Language, moments: ApiDocument, zone: tzinfo) -> MomentOptions:
    """Return the moments of `moments/1`; `recorded` ones with their position, as many share a minute."""
    said, filed = moments["reported"], moments["recorded"]
    reported, recorded = thinned(said, str), thinned(filed, lambda each: each["recorded_at"])
    return MomentOptions(
        tuple(MomentOption(f"{REPORTED}{each}", language.moment(each, zone)) for each in reported),
        tuple(MomentOption(f"@{each['position']}", recorded_text(language, each, zone)) for each in recorded),
        len(reported) + len(recorded) < len(said) + len(filed),
    )


def recorded_text(language: Language, fact: ApiDocument, zone: tzinfo) -> str:
    """Return the moment at which something was recorded, with its position."""
    moment = language.moment(fact["recorded_at"], zone)
    return language.text(
        "%(moment)s (position %(position)s)", moment=moment, position=language.number(fact["position"])
    )


def thinned(moments: Sequence[T], at: Callable[[T], str], most: int = MOST) -> list[T]:
    """Return all, if they are few enough; else the last of each day, month or year."""
    found = list(moments)
    for length in _LENGTHS:
        if len(found) <= most:
            return found
        found = list({at(each)[:length]: each for each in moments}.values())
    return found
