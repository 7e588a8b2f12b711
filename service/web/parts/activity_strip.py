"""The strip of activity: how many of the incidents found went on in each week, month or year."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from typing import Final, Literal

from babel.dates import format_date

from service.web.api_document import ApiDocument
from service.web.language.languages import Language, instant
from service.web.parts.local_time import zone_of

Unit = Literal["week", "month", "year"]
HEIGHT: Final = 60
WIDTH: Final = 960
_DAYS_IN_WEEKS: Final = 840
_DAYS_IN_MONTHS: Final = 7300
"""The longest times that are shown by weeks, and by months."""
_DECEMBER: Final = 12
_MOST: Final = 400
"""The most bars; of what goes further back, the newest are shown."""
_PATTERNS: Final[Mapping[Unit, str]] = {"week": "d MMMM y", "month": "MMMM y", "year": "y"}


@dataclass(frozen=True, slots=True)
class Bar:
    """A week, month or year, with how many incidents went on in it. Sizes are pixels, of WIDTH by HEIGHT."""

    text: str
    count: int
    x: float
    width: float
    height: float
    href: str


@dataclass(frozen=True, slots=True)
class ActivityStrip:
    """The strip; it has no bars where no incident is dated."""

    unit: Unit
    bars: Sequence[Bar]
    most: int
    undated: int
    earlier: int
    """How many bars before the first are left out."""


def activity_strip(language: Language, items: Sequence[ApiDocument], here: Callable[..., str]) -> ActivityStrip:
    """Return the strip of items of `GET /v1/incidents`. Each counts in every week of its time, by its own days."""
    spans = [span for item in items if (span := _span(item)) is not None]
    if not spans:
        return ActivityStrip("week", (), 0, len(items), 0)
    first, last = min(start for start, _ in spans), max(end for _, end in spans)
    unit = _unit((last - first).days)
    starts = list(_starts(_start(first, unit), last, unit))
    counted = list(zip(starts, _counts(starts, spans), strict=True))[-_MOST:]
    most, left_out = max(count for _, count in counted), len(starts) - len(counted)
    return ActivityStrip(unit, list(_bars(language, counted, unit, here)), most, len(items) - len(spans), left_out)


def _counts(starts: Sequence[date], spans: Iterable[tuple[date, date]]) -> Iterator[int]:
    """Yield how many spans overlap each unit; the units follow one another without a gap."""
    changes = [0] * (len(starts) + 1)
    for first, last in spans:
        changes[bisect_right(starts, first) - 1] += 1
        changes[bisect_right(starts, last)] -= 1
    yield from list(accumulate(changes))[:-1]


def _bars(
    language: Language, counted: Sequence[tuple[date, int]], unit: Unit, here: Callable[..., str]
) -> Iterator[Bar]:
    most, width = max(1, *(count for _, count in counted), 1), WIDTH / len(counted)
    for index, (start, count) in enumerate(counted):
        yield Bar(
            language.in_digits(format_date(start, _PATTERNS[unit], locale=language.locale)),
            count,
            round(index * width, 1),
            round(max(width - 1, width / 2), 1),
            round(HEIGHT * count / most, 1),
            here(occurred_from=f"{start}", occurred_to=f"{_end(start, unit)}", cursor=None),
        )


def _unit(days: int) -> Unit:
    return "week" if days <= _DAYS_IN_WEEKS else "month" if days <= _DAYS_IN_MONTHS else "year"


def _span(item: ApiDocument) -> tuple[date, date] | None:
    """Return the first and the last day of an incident, by its own days; an open end is the day of the other."""
    occurred = item["occurred"]
    if occurred is None:
        return None
    zone = zone_of(item)
    ends = [instant(each).astimezone(zone).date() for each in (occurred["from"], occurred["to"]) if each]
    return (ends[0], ends[-1]) if ends else None


def _start(day: date, unit: Unit) -> date:
    """Return the first day of the unit that a day lies in; weeks begin on Monday."""
    if unit == "week":
        return day - timedelta(days=day.weekday()) if day.toordinal() > day.weekday() else day
    return day.replace(day=1) if unit == "month" else day.replace(month=1, day=1)


def _next(start: date, unit: Unit) -> date:
    """Return the first day of the following unit; the last day that there is, where there is none."""
    try:
        if unit == "week":
            return start + timedelta(days=7)
        if unit == "month" and start.month < _DECEMBER:
            return start.replace(month=start.month + 1)
        return start.replace(year=start.year + 1, month=1)
    except (ValueError, OverflowError):
        return date.max


def _end(start: date, unit: Unit) -> date:
    return _next(start, unit) - timedelta(days=1)


def _starts(first: date, last: date, unit: Unit) -> Iterator[date]:
    at = first
    while at <= last and at < date.max:
        yield at
        at = _next(at, unit)
