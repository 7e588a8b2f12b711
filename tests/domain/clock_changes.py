"""Time zones for tests of the domain, by their rules of today: clocks change on a Sunday, in Beirut at midnight."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from domain.values.time.zones import TimeZone, UnknownZone, bounds_of, recorded_zone

_SUNDAY = 6
_MARCH, _OCTOBER, _NOVEMBER = 3, 10, 11
_RULES = {
    # forward: month, which Sunday, at which moment (UTC); back; hours ahead in winter
    "Europe/Kyiv": ((_MARCH, -1, 1), (_OCTOBER, -1, 1), 2),
    "Asia/Beirut": ((_MARCH, -1, -2), (_OCTOBER, -1, -3), 2),
    "America/Chicago": ((_MARCH, 1, 8), (_NOVEMBER, 0, 7), -6),
}


def zone(name: str, window: tuple[int, int]) -> TimeZone:
    """Return one of the zones, or one that never changes its clocks; raises UnknownZone for any other."""
    first, until = bounds_of(window)
    if name == "Asia/Damascus":
        return recorded_zone(name, "test", [(first, timedelta(hours=3))], until)
    if name == "Pacific/Apia":  # which had no 30 December 2011
        skip = datetime(2011, 12, 30, 10, tzinfo=UTC)
        return recorded_zone(name, "test", [(first, timedelta(hours=-10)), (skip, timedelta(hours=14))], until)
    if name not in _RULES:
        raise UnknownZone("Europe/Kyiv" if "Ky" in name else None)
    changes = [each for year in range(window[0], window[1] + 1) for each in _changes(name, year)]
    return recorded_zone(name, "test", [(first, timedelta(hours=_RULES[name][2])), *changes], until)


def _changes(name: str, year: int) -> Iterator[tuple[datetime, timedelta]]:
    forward, back, winter = _RULES[name]
    for (month, nth, hour), ahead in ((forward, winter + 1), (back, winter)):
        yield _sunday(year, month, nth) + timedelta(hours=hour), timedelta(hours=ahead)


def _sunday(year: int, month: int, nth: int) -> datetime:
    days = (date(year, month, 1) + timedelta(days=each) for each in range(31))
    day = [each for each in days if each.month == month and each.weekday() == _SUNDAY][nth]
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
