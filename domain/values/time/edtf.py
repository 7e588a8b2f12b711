"""One EDTF level 1 date, read as the first and the last day that it may mean.

Source: Library of Congress, Extended Date/Time Format specification (4 February 2019), levels 0 and 1;
ISO 8601-2:2019, annex A. Intervals and times of day are put together in `domain.values.time.clocks`.
"""

import re
from datetime import date, timedelta

_DATE = re.compile(r"([0-9]{4}|[0-9]{3}X|[0-9]{2}XX)(?:-([0-9]{2}|XX)(?:-([0-9]{2}|XX))?)?[?~%]?")
_FAR_YEAR = re.compile(r"(?:-|Y-?)[0-9]|0000")
_SEASONS = {21: 3, 22: 6, 23: 9, 24: 12}
_DECEMBER = 12
_LONGEST_SHOWN = 80
_HOW = "is not a date; write 2025-03-06, 2025-03, 2025-03-XX, 2025-03-06/2025-03-08, or a time with its offset"


class ClockError(ValueError):
    """A date or time that cannot be read; the message is a sentence that quotes it."""


def unreadable(text: str, why: str) -> ClockError:
    """Make the sentence that quotes `text` (at most 80 characters, U+FFFD for what cannot be printed) and says why."""
    kept = text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"
    shown = "".join(each if each.isprintable() else " " if each.isspace() else "\ufffd" for each in kept)
    return ClockError(f"“{shown}” {why}.")


def days(text: str) -> tuple[date, date]:
    """Return the first and the last day that a date may mean, of whatever time zone.

    X is an unspecified digit; `?`, `~` and `%` say how sure the date is and change no day. A season (-21 to -24) is
    the northern, meteorological one, as EDTF leaves its days open: spring is March to May, winter December to the
    next February; elsewhere, give months. Raises ClockError.
    """
    found = _DATE.fullmatch(text)
    if _FAR_YEAR.match(text):
        raise unreadable(text, "lies outside the years 0001 to 9999, which are all that this calendar holds")
    if not found:
        raise unreadable(text, _HOW)
    year, month, day = found.groups()
    if "X" in year:
        return _years(text, year, month)
    if month in (None, "XX"):
        if day not in (None, "XX"):
            raise unreadable(text, "names a day of no month, which is not EDTF level 1")
        return date(int(year), 1, 1), date(int(year), 12, 31)
    if day is None and int(month) in _SEASONS:
        return _season(text, int(year), _SEASONS[int(month)])
    return _month_or_day(text, int(year), int(month), day)


def beyond(text: str) -> ClockError:
    """Say that a moment, put into UTC, leaves the years that a calendar of four digits holds."""
    return unreadable(text, "reaches beyond the years 0001 to 9999")


def _years(text: str, year: str, month: str | None) -> tuple[date, date]:
    if month:
        raise unreadable(text, "leaves digits of the year open and still names a month, which is not EDTF level 1")
    return date(max(int(year.replace("X", "0")), 1), 1, 1), date(int(year.replace("X", "9")), 12, 31)


def _season(text: str, year: int, month: int) -> tuple[date, date]:
    ends = (year, month + 2) if month < _DECEMBER else (year + 1, 2)
    try:
        return date(year, month, 1), _last_day(*ends)
    except ValueError:
        raise beyond(text) from None


def _month_or_day(text: str, year: int, month: int, day: str | None) -> tuple[date, date]:
    try:
        if day not in (None, "XX"):
            exact = date(year, month, int(day))
            return exact, exact
        return date(year, month, 1), _last_day(year, month)
    except ValueError:
        raise unreadable(text, f"is a {'day' if day else 'month'} that does not exist") from None


def _last_day(year: int, month: int) -> date:
    if month == _DECEMBER:
        return date(year, month, 31)
    return date(year, month + 1, 1) - timedelta(days=1)
