"""Axes of charts: time in the incident's offset with ticks in the reader's language, and figures that were said."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from service.web.language.languages import Language

_HOUR: Final = 3600.0
_DAY: Final = 24 * _HOUR
_SECONDS: Final = (0.001, 0.01, 0.1, 1, 5, 15, 30, 60, 300, 900, 1800, _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR)
_DAYS: Final = (1, 2, 7, 14)
_MONTHS: Final = (1, 3, 6, 12, 24, 60, 120)
_TICKS: Final = 8


@dataclass(frozen=True)
class Tick:
    """A labelled moment: where it lies (0 to 1), and whether a narrow chart leaves it out."""

    share: float
    text: str
    minor: bool


@dataclass(frozen=True)
class TimeAxis:
    """The time from `start` to `end`, in days that begin as the incident's do."""

    start: datetime
    end: datetime
    zone: tzinfo

    def share(self, at: datetime) -> float:
        """Return where a moment lies: 0 is the start, 1 the end."""
        return (at - self.start) / (self.end - self.start)

    def ticks(self, language: Language) -> list[Tick]:
        """Return at most eight round moments with their labels."""
        found, pattern = self._round_moments()
        return [
            Tick(self.share(each), language.in_digits(_formatted(each, pattern, language)), bool(index % 2))
            for index, each in enumerate(found)
        ]

    def _round_moments(self) -> tuple[list[datetime], str]:
        span = (self.end - self.start).total_seconds()
        start = self.start.astimezone(self.zone)
        for step in _SECONDS:
            if span / step <= _TICKS:
                found = _each(_midnight(start.date(), self.zone), timedelta(seconds=step), self.start, self.end)
                return found, "d MMM, HH:mm" if step >= 60 else "HH:mm:ss" if step >= 1 else "HH:mm:ss.SSS"  # noqa: PLR2004
        for days in _DAYS:
            if span / _DAY / days <= _TICKS:
                every = (start.date() + timedelta(each) for each in range(1, int(span / _DAY) + 2, days))
                return self._within(every), "d MMM" if start.year == self.end.year else "d MMM y"
        months = next((each for each in _MONTHS if span / _DAY / 30 / each <= _TICKS), _MONTHS[-1])
        first = start.year * 12 + start.month - 1
        first += -first % months
        every = (date(each // 12, each % 12 + 1, 1) for each in range(first, 12 * self.end.year + 13, months))
        return self._within(every), "y" if months % 12 == 0 else "MMM y"

    def _within(self, days: Iterable[date]) -> list[datetime]:
        moments = (_midnight(day, self.zone) for day in days)
        return [each for each in moments if self.start <= each <= self.end]


def _each(origin: datetime, step: timedelta, start: datetime, end: datetime) -> list[datetime]:
    """Return the multiples of a step since an origin that lie between two moments."""
    first = math.ceil((start - origin) / step)
    return [origin + step * number for number in range(first, math.floor((end - origin) / step) + 1)]


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(zone)


def _formatted(at: datetime, pattern: str, language: Language) -> str:
    return format_datetime(at.replace(tzinfo=None), pattern, locale=language.locale)


def time_axis(moments: Iterable[datetime], zone: tzinfo) -> TimeAxis:
    """Return the axis on which all of these moments lie, with room at both ends; a day for a single one."""
    found = sorted(moments) or [datetime(1970, 1, 1, tzinfo=UTC)]
    span = found[-1] - found[0] or timedelta(days=1)
    return TimeAxis(found[0] - span * 0.03, found[-1] + span * 0.06, zone)


def zone_of(state: Any) -> tzinfo:  # noqa: ANN401 - the data of state/1
    """Return the zone in which the incident's days begin."""
    if not state["utc_offset"]:
        return ZoneInfo(state["time_zone"])
    sign, hours, minutes = state["utc_offset"][0], int(state["utc_offset"][1:3]), int(state["utc_offset"][4:6])
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if sign == "-" else offset)


@dataclass(frozen=True)
class FigureAxis:
    """Figures from 0 at the bottom to the greatest near the top of `height` pixels; `log` spreads the small ones."""

    greatest: int
    height: float
    log: bool = False

    _TOP = 0.08
    """The share of the height that stays free above the greatest."""

    def y(self, figure: int) -> float:
        """Return the height at which a figure lies, from the top."""
        top = max(self.greatest, 1)
        share = math.log1p(figure) / math.log1p(top) if self.log else figure / top
        return round(self.height * (1 - (1 - self._TOP) * share), 2)

    def labelled(self, first: Iterable[int], then: Iterable[int] = (), apart: float = 20) -> Sequence[int]:
        """Choose figures to label, each `apart` from the others: the greatest and the least of those that go first."""
        chosen = list[int]()
        for figures in (first, then):
            ordered = sorted({each for each in figures if each > 0}, reverse=True)
            for each in [*ordered[:1], *ordered[-1:], *ordered]:
                if all(abs(self.y(each) - self.y(other)) >= apart for other in (*chosen, 0)):
                    chosen.append(each)
        return sorted(chosen)
