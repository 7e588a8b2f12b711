"""A language: its sentences from a gettext catalogue, its plural forms, numerals and dates from CLDR (Babel).

Message ids are the English sentences. Sentences of documents are not translated: they are part of digests.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Final, Literal

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations
from markupsafe import escape

Direction = Literal["ltr", "rtl"]
Digits = Literal["latn", "arab"]
"""A numbering system of CLDR: 0123456789, or ٠١٢٣٤٥٦٧٨٩."""

CODES: Final = ("en", "ar")
"""The languages there are, by BCP 47; the first is that of the message ids."""
ALL_DIGITS: Final[tuple[Digits, ...]] = ("latn", "arab")
_MOST_REMEMBERED: Final = 10_000
"""How many figures, days and clock times are remembered as they read: an incident's page repeats few of them often."""
_FOLDER: Final = Path(__file__).parent
_ARABIC_DIGITS: Final = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_WESTERN_DIGITS: Final = {to: chr(origin) for origin, to in _ARABIC_DIGITS.items()}


@dataclass(frozen=True, slots=True)
class Language:
    """A language, with the digits that the reader chose."""

    code: str
    digits: Digits
    locale: Locale = field(repr=False, compare=False)
    _catalogue: NullTranslations = field(repr=False, compare=False)

    @property
    def direction(self) -> Direction:
        """The direction of its script."""
        return _direction(self.code)

    @property
    def name(self) -> str:
        """Its name in itself."""
        return self.locale.get_display_name() or self.code

    @property
    def locale_tag(self) -> str:
        """Its BCP 47 tag with the digits that the reader chose, as scripts format numbers by it."""
        return f"{self.code}-u-nu-{self.digits}"

    def language_name(self, tag: str) -> str:
        """Return the name, in this language, of a language of BCP 47, such as that of a report's words."""
        try:
            return Locale.parse(tag, sep="-").get_display_name(self.locale) or tag
        except (UnknownLocaleError, ValueError):
            return tag

    @property
    def forms(self) -> int:
        """How many plural forms it has."""
        return Catalog(locale=self.locale).num_plurals

    def text(self, message: str, **values: object) -> str:
        """Return a message in this language, with its named `%(places)s` filled in; values are escaped for HTML."""
        return self._filled(self._catalogue.ugettext(message), values)

    def plural(self, singular: str, plural: str, number: int, **values: object) -> str:
        """Return a message in the plural form of `number`, which its place `%(number)s` is filled with."""
        found = self._catalogue.ungettext(singular, plural, number)
        return self._filled(found, {"number": self.number(number), **values})

    def _filled(self, message: str, values: dict[str, object]) -> str:
        if not values:
            return message
        return escape(message) % values

    def number(self, value: int) -> str:
        """Format a whole number with its groups of digits."""
        return _number(self, value)

    def day(self, value: date | str) -> str:
        """Format a day, such as 9 March 2025."""
        day = date.fromisoformat(value) if isinstance(value, str) else value
        return _day(self, day.year, day.month, day.day)

    def moment(self, value: datetime | str, zone: tzinfo | None = None) -> str:
        """Format a moment to the minute with its UTC offset; in `zone`, where one is given, else at its own."""
        moment = instant(value) if zone is None else instant(value).astimezone(zone)
        clock = self._left_to_right(_clock(self, moment.hour, moment.minute))
        return f"{self.day(moment.date())}{self.comma}{clock} {self.offset(moment.utcoffset() or timedelta())}"

    @property
    def comma(self) -> str:
        """What stands between the members of a list in its script."""
        return "، " if self.direction == "rtl" else ", "

    def offset(self, value: timedelta) -> str:
        """Format a UTC offset, such as UTC+3; isolated where its sign or its hours would move (UAX #9)."""
        minutes = int(value.total_seconds()) // 60
        sign, hours, rest = ("-" if minutes < 0 else "+"), *divmod(abs(minutes), 60)
        text = "UTC" if not minutes else f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")
        return self._left_to_right(self.in_digits(text))

    @property
    def isolates(self) -> bool:
        """Whether clocks and offsets must be isolated: where not all that is around them runs left to right."""
        return (self.direction, self.digits) != ("ltr", "latn")

    def _left_to_right(self, text: str) -> str:
        return f"\u2066{text}\u2069" if self.isolates else text

    def in_digits(self, text: str) -> str:
        """Return a text of ours with its numerals in the digits that the reader chose."""
        return text.translate(_ARABIC_DIGITS if self.digits == "arab" else _WESTERN_DIGITS)


@cache
def _direction(code: str) -> Direction:
    return "rtl" if Locale.parse(code).text_direction == "rtl" else "ltr"


@lru_cache(_MOST_REMEMBERED)
def _number(shown: Language, value: int) -> str:
    return shown.in_digits(format_decimal(value, locale=shown.locale, numbering_system=shown.digits))


@lru_cache(_MOST_REMEMBERED)
def _day(shown: Language, year: int, month: int, day: int) -> str:
    return shown.in_digits(format_date(date(year, month, day), "d MMMM y", locale=shown.locale))


@lru_cache(_MOST_REMEMBERED)
def _clock(shown: Language, hour: int, minute: int) -> str:
    return shown.in_digits(format_time(time(hour, minute), "HH:mm", locale=shown.locale))


def instant(text: datetime | str) -> datetime:
    """Parse a moment of an API document (RFC 3339)."""
    return text if isinstance(text, datetime) else datetime.fromisoformat(text)


@cache
def language(code: str, digits: Digits) -> Language:
    """Return a language of `CODES` with its catalogue, all files of its folder taken together."""
    catalogue = NullTranslations()
    for path in sorted((_FOLDER / code).glob("*.po")):
        with path.open("rb") as file:
            messages = read_po(file, locale=code)
        compiled = BytesIO()
        write_mo(compiled, messages)
        compiled.seek(0)
        found = Translations(compiled)
        catalogue = catalogue.merge(found) if isinstance(catalogue, Translations) else found
    return Language(code, digits, Locale.parse(code), catalogue)


def marked(text: str) -> str:
    """Mark a message for its translation where it is shown."""
    return text
