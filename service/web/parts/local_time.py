"""Days and moments by the clock of an incident: the offset, or the time zone, that its days are read by."""

import re
from collections.abc import Mapping
from datetime import UTC, date, timedelta, timezone, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from service.web.language.languages import Language, instant
from service.web.parts.days import day_said

_DAY: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(?=$|[T~?%/])")
"""An EDTF day at the start of what is said, exact or qualified."""
_OFFSET: Final = re.compile(r"([+-])(\d{2}):(\d{2})")


class LocalTime:
    """The clock of an incident, from the `data` of `state/1`."""

    def __init__(self, state: Mapping[str, Any]) -> None:
        self._zone = _zone(state.get("utc_offset"), state.get("time_zone"))

    def day(self, moment: str) -> date:
        """Return the local day of a moment (RFC 3339)."""
        return instant(moment).astimezone(self._zone).date()

    def first_day(self, span: Mapping[str, Any] | None) -> date | None:
        """Return the local day on which a span begins; None where no single day is said."""
        found = _DAY.match(span["said"]) if span else None
        if span is None or found is None:
            return None
        return self.day(span["earliest"]) if span["said"][10:11] == "T" else date.fromisoformat(found[1])

    def moment(self, language: Language, moment: str) -> str:
        """Format a moment at the local offset."""
        local = instant(moment).astimezone(self._zone)
        return language.moment(local, local.utcoffset())

    def said(self, language: Language, span: Mapping[str, Any] | None) -> str:
        """Format a date as it was said: a day, a moment, an interval of both, or its own words; empty for None."""
        if not span:
            return ""
        said = str(span["said"])
        if "T" not in said:
            return day_said(language, said)
        first, _, last = (self._said(language, each) for each in said.partition("/"))
        return language.text("%(first)s to %(last)s") % {"first": first, "last": last} if last else first

    def _said(self, language: Language, said: str) -> str:
        return self.moment(language, said) if "T" in said else day_said(language, said) if said else ""


def _zone(offset: str | None, name: str | None) -> tzinfo:
    if name is not None:
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            return UTC
    found = _OFFSET.fullmatch(offset or "")
    if found is None:
        return UTC
    shift = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(-shift if found[1] == "-" else shift)
