"""A day in words, such as “8 March” or “٨ آذار ٢٠٢٥”, as the EDTF date that was probably meant. Only ever suggested."""

import re
import unicodedata
from datetime import date
from typing import Final

_MONTHS: Final = (
    "january jan janvier يناير كانون-الثاني",
    "february feb février fevrier فبراير شباط",
    "march mar mars مارس آذار اذار",
    "april apr avril أبريل ابريل نيسان",
    "may mai مايو أيار ايار",
    "june jun juin يونيو حزيران",
    "july jul juillet يوليو تموز",
    "august aug août aout أغسطس اغسطس آب اب",
    "september sep sept septembre سبتمبر أيلول ايلول",
    "october oct octobre أكتوبر اكتوبر تشرين-الأول تشرين-الاول",
    "november nov novembre نوفمبر تشرين-الثاني",
    "december dec décembre decembre ديسمبر كانون-الأول كانون-الاول",
)
_MONTH_OF: Final = {word: place for place, words in enumerate(_MONTHS, start=1) for word in words.split()}
_LONGEST: Final = 60
_FIRST_YEAR: Final = 1000
_NUMBER: Final = re.compile(r"(\d{1,4})(?:st|nd|rd|th|er)?")
_TWO_WORDS: Final = re.compile(r"(كانون|تشرين)\s+(?=ال)")


def day_in_words(text: str, year: int) -> str | None:
    """Return the day that words name, or the month where they name no day; None for all else.

    `year` is taken where they name none.
    """
    normal = _TWO_WORDS.sub(r"\1-", unicodedata.normalize("NFC", text).lower())
    parts = re.findall(r"[\w\-]+", normal) if len(text) <= _LONGEST else []
    months = [_MONTH_OF[part] for part in parts if part in _MONTH_OF]
    numbers = [int(found[1]) for part in parts if (found := _NUMBER.fullmatch(part))]
    if len(months) != 1 or len(months) + len(numbers) != len(parts):
        return None
    years = [number for number in numbers if number >= _FIRST_YEAR]
    days = [number for number in numbers if number < _FIRST_YEAR]
    if len(years) > 1 or len(days) > 1:
        return None
    return _edtf(years[0] if years else year, months[0], days[0] if days else None)


def _edtf(year: int, month: int, day: int | None) -> str | None:
    try:
        return f"{date(year, month, 1):%Y-%m}" if day is None else date(year, month, day).isoformat()
    except ValueError:
        return None
