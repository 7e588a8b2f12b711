"""Days in words of the reader's language, as reports say them: EDTF, or moments."""

import re
from datetime import date, datetime, timedelta, timezone
from typing import Final

from babel.dates import format_date

from service.web.language.languages import Language

_MONTH: Final = re.compile(r"\d{4}-\d{2}")
_OPEN: Final = ("", "..")
_UNSURE: Final = "~?%"


def day_said(language: Language, said: str, offset: timedelta | None = None) -> str:
    """Return when something was said, in words; the day of a moment is that at `offset`, where one is given."""
    if "/" in said:
        return _interval(language, said, offset)
    if said[-1:] in _UNSURE and said:
        return language.text("about %(day)s") % {"day": day_said(language, said.rstrip(_UNSURE), offset)}
    if "T" in said:
        moment = datetime.fromisoformat(said)
        return language.day((moment if offset is None else moment.astimezone(timezone(offset))).date())
    if _MONTH.fullmatch(said):
        return language.in_digits(format_date(date.fromisoformat(f"{said}-01"), "MMMM y", locale=language.locale))
    return language.day_said(said)


def _interval(language: Language, said: str, offset: timedelta | None) -> str:
    first, last = said.split("/", 1)
    if first in _OPEN:
        return language.text("by %(day)s") % {"day": day_said(language, last, offset)}
    if last in _OPEN:
        return language.text("from %(day)s on") % {"day": day_said(language, first, offset)}
    ends = {"first": day_said(language, first, offset), "last": day_said(language, last, offset)}
    return language.text("%(first)s to %(last)s") % ends
