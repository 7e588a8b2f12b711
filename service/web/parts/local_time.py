"""Days and moments by the clock of an incident, as reports say them (EDTF, RFC 3339), in the reader's language."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any, Final

from babel.dates import format_date

from domain.values.time.zones import UnknownZone
from service.runtime.time_zones import zone_info
from service.web.language.languages import Language, instant

_DAY: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(?=$|[T~?%/])")
"""An EDTF day at the start of what is said, exact or qualified."""
_ONE_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_MONTH: Final = re.compile(r"\d{4}-\d{2}")
_OPEN: Final = ("", "..")
_UNSURE: Final = "~?%"


class LocalTime:
    """The clock of an incident, from the `data` of `state/1`: its time zone, else its UTC offset."""

    def __init__(self, state: Mapping[str, Any]) -> None:
        self.zone = zone_of(state)

    def day(self, moment: str) -> date:
        """Return the local day of a moment (RFC 3339)."""
        return instant(moment).astimezone(self.zone).date()

    def first_day(self, span: Mapping[str, Any] | None) -> date | None:
        """Return the local day on which a span begins; None where no single day is said."""
        found = _DAY.match(span["said"]) if span else None
        if span is None or found is None:
            return None
        return self.day(span["earliest"]) if span["said"][10:11] == "T" else date.fromisoformat(found[1])

    def moment(self, language: Language, moment: str) -> str:
        """Format a moment in the zone."""
        return language.moment(moment, self.zone)

    def said(self, language: Language, span: Mapping[str, Any] | None) -> str:
        """Format a date as it was said: a day, a moment, an interval of both, or its own words; empty for None."""
        return moment_said(language, str(span["said"]), self.zone) if span else ""


def zone_of(state: Mapping[str, Any]) -> tzinfo:
    """Return the zone in which the days of an incident begin, from the `data` of `state/1`, or an item of a list."""
    if name := state.get("time_zone"):
        try:
            return zone_info(name)
        except UnknownZone:
            return UTC
    written = instant(f"2000-01-01T00:00:00{state.get('utc_offset') or 'Z'}")
    return timezone(written.utcoffset() or timedelta())


def day_said(language: Language, said: str, zone: tzinfo | None = None) -> str:
    """Return the day on which something was said, in words; that of a moment is the one in `zone`, if given."""
    return _told(language, said, lambda moment: language.day((moment.astimezone(zone) if zone else moment).date()))


def moment_said(language: Language, said: str, zone: tzinfo) -> str:
    """Return when something was said, in words: a day, or a moment in `zone`."""
    return _told(language, said, lambda moment: language.moment(moment, zone))


def _told(language: Language, said: str, moment: Callable[[datetime], str]) -> str:
    """Return EDTF in words, with moments formatted by `moment`; other text unchanged."""
    if "/" in said:
        first, last = said.split("/", 1)
        return _interval(language, first, last, lambda end: _told(language, end, moment))
    if said and said[-1] in _UNSURE:
        return language.text("about %(day)s") % {"day": _told(language, said.rstrip(_UNSURE), moment)}
    try:
        if "T" in said:
            return moment(instant(said))
        if _MONTH.fullmatch(said):
            return language.in_digits(format_date(date.fromisoformat(f"{said}-01"), "MMMM y", locale=language.locale))
        return language.day(said) if _ONE_DAY.fullmatch(said) else language.in_digits(said)
    except ValueError:
        return language.in_digits(said)


def _interval(language: Language, first: str, last: str, told: Callable[[str], str]) -> str:
    if first in _OPEN and last in _OPEN:
        return ""
    if first in _OPEN:
        return language.text("by %(day)s") % {"day": told(last)}
    if last in _OPEN:
        return language.text("from %(day)s on") % {"day": told(first)}
    return language.text("%(first)s to %(last)s") % {"first": told(first), "last": told(last)}
