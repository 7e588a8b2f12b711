"""Time zones as facts store them: with their UTC offsets, so that no answer depends on a time zone database.

The rules of time zones change several times a year. An incident keeps those that were known when it was opened or
amended, over a window of years; before and after that, the nearest offset is taken.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Protocol

from domain.values.text_types import Strict
from domain.values.time.clocks import Span, format_instant

YEARS_BEFORE, YEARS_AFTER = 10, 20
"""The window: from so many years before what is known of the incident to so many after it, whole years."""

_OFFSET = re.compile(r"([+-])([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?")
_FIRST_YEAR, _LAST_YEAR = 1, 9999
_DECEMBER = 12
_NEVER, _DAY = timedelta(0), timedelta(days=1)


class TimeZone(Strict, frozen=True):
    """An IANA time zone with its offsets: each with the instant that it applies from, in order.

    The first instant is the begin of the window and `until` its end; `tzdata` the release they were taken from. An
    offset is `+02:00`, or `+02:02:04` where clocks were set by the sun.
    """

    name: str
    tzdata: str
    offsets: tuple[tuple[str, str], ...]
    until: str

    @property
    def offset(self) -> "RecordedTimeZone":
        """The zone as a `tzinfo`."""
        return _written(self)


class UnknownZone(Exception):
    """There is no time zone of this name; `nearest` is the one that may be meant."""

    def __init__(self, nearest: str | None) -> None:
        super().__init__(nearest)
        self.nearest = nearest


class ZoneLookup(Protocol):
    """Lookup of the offsets of a time zone."""

    def __call__(self, name: str, window: tuple[int, int]) -> TimeZone:
        """Return the zone with its offsets from the first year to the last, both included; raises UnknownZone."""
        ...


def window_of(moments: Sequence[Span]) -> tuple[int, int]:
    """Return the first and the last year of the window around spans, one of which has an end."""
    years = [end.year for span in moments for end in (span.earliest, span.latest) if end is not None]
    return max(_FIRST_YEAR, min(years) - YEARS_BEFORE), min(_LAST_YEAR, max(years) + YEARS_AFTER)


def bounds_of(window: tuple[int, int]) -> tuple[datetime, datetime]:
    """Return the begin and the end (UTC) of the years of a window in any offset: a day more at both ends."""
    first = datetime(window[0], 1, 1, tzinfo=UTC)
    last = datetime(window[1], _DECEMBER, 31, tzinfo=UTC)
    return (first if window[0] == _FIRST_YEAR else first - _DAY), (last if window[1] == _LAST_YEAR else last + 2 * _DAY)


def format_offset(ahead: timedelta) -> str:
    """Write an offset from UTC, with seconds only where there are any."""
    minutes, seconds = divmod(abs(int(ahead.total_seconds())), 60)
    text = f"{'-' if ahead < _NEVER else '+'}{minutes // 60:02}:{minutes % 60:02}"
    return f"{text}:{seconds:02}" if seconds else text


def recorded_zone(name: str, tzdata: str, offsets: Sequence[tuple[datetime, timedelta]], until: datetime) -> TimeZone:
    """Make a zone of its offsets, each with the moment (UTC) that it applies from, the first that of the window."""
    written = tuple((format_instant(start), format_offset(ahead)) for start, ahead in offsets)
    return TimeZone(name=name, tzdata=tzdata, offsets=written, until=format_instant(until))


@dataclass(frozen=True, slots=True, eq=False, init=False, repr=False)
class RecordedTimeZone(tzinfo):
    """A `tzinfo` of recorded offsets (PEP 495 for local times that occur twice, or not at all).

    `local_starts` are the local times from which an offset applies: for fold 0, and for fold 1.
    """

    zone: TimeZone
    starts: tuple[datetime, ...]
    utc_offsets: tuple[timedelta, ...]
    local_starts: tuple[tuple[datetime, ...], tuple[datetime, ...]]

    def __init__(self, zone: TimeZone) -> None:
        """Compute the local times at which offsets change."""
        starts = tuple(_utc(start) for start, _ in zone.offsets[1:])
        utc_offsets = tuple(_ahead(text) for _, text in zone.offsets)
        turns = [(start, *sorted(utc_offsets[nth : nth + 2])) for nth, start in enumerate(starts)]
        local_starts = (
            tuple(start + most for start, _, most in turns),
            tuple(start + least for start, least, _ in turns),
        )
        fields = {"zone": zone, "starts": starts, "utc_offsets": utc_offsets, "local_starts": local_starts}
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    def utcoffset(self, dt: datetime | None, /) -> timedelta:
        """Return the offset from UTC of a local time."""
        if dt is None:
            return self.utc_offsets[0]
        return self.utc_offsets[bisect_right(self.local_starts[dt.fold], dt.replace(tzinfo=None, fold=0))]

    def dst(self, _dt: datetime | None, /) -> timedelta | None:
        """Return None: daylight saving is not recorded."""
        return None

    def tzname(self, _dt: datetime | None, /) -> str:
        """Return the name of the zone."""
        return self.zone.name

    def fromutc(self, dt: datetime, /) -> datetime:
        """Return the local time of a moment."""
        moment = dt.replace(tzinfo=None)
        place = bisect_right(self.starts, moment)
        ahead = self.utc_offsets[place]
        back = self.utc_offsets[place - 1] - ahead if place else _NEVER
        again = back > _NEVER and moment - self.starts[place - 1] < back
        return (dt + ahead).replace(fold=int(again))

    def covers(self, span: Span) -> bool:
        """Say whether both ends of a span lie in the recorded window."""
        first, until = _utc(self.zone.offsets[0][0]), _utc(self.zone.until)
        return all(end is None or first <= end.replace(tzinfo=None) < until for end in (span.earliest, span.latest))

    @property
    def years(self) -> str:
        """Return the years of the window, as `2015 to 2046`."""
        first, until = _utc(self.zone.offsets[0][0]), _utc(self.zone.until)
        return f"{(first + _DAY).year:04} to {(until - 2 * _DAY).year:04}"

    def __reduce__(self) -> tuple[type["RecordedTimeZone"], tuple[TimeZone]]:
        """Pickle by the zone."""
        return type(self), (self.zone,)

    def __eq__(self, other: object) -> bool:
        """Compare by the zone."""
        return self is other or (isinstance(other, RecordedTimeZone) and self.zone == other.zone)

    def __hash__(self) -> int:
        """Hash by name and window."""
        return hash((self.zone.name, self.zone.until, len(self.starts)))

    def __repr__(self) -> str:
        """Return its name."""
        return f"WrittenZone({self.zone.name!r})"


@lru_cache(maxsize=4_096)
def _written(zone: TimeZone) -> RecordedTimeZone:
    return RecordedTimeZone(zone)


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


def _ahead(text: str) -> timedelta:
    found = _OFFSET.fullmatch(text)
    if not found:
        raise ValueError(f"“{text}” is no offset of a time zone")
    ahead = timedelta(hours=int(found[2]), minutes=int(found[3]), seconds=int(found[4] or 0))
    return -ahead if found[1] == "-" else ahead
