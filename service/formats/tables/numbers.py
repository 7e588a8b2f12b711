"""Parsing of numbers in cells by declared decimal mark and thousands separator."""

import re
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import BeforeValidator

DecimalMark = Literal[".", ","]
_SAME: Final = {"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2019": "'"}


def _same(mark: Any) -> Any:  # noqa: ANN401 - of a mapping file
    """Return the mark that represents all look-alikes."""
    return _SAME.get(mark, mark) if isinstance(mark, str) else mark


ThousandsMark = Annotated[Literal[",", ".", " ", "'"], BeforeValidator(_same)]
_MARKS: Final = {" ": "[ \u00a0\u202f\u2009]", "'": "['\u2019]"}
"""Expressions of a space, which matches no-break ones too, and of both apostrophes."""
_MOST_DIGITS: Final = 13
_WHOLE: Final = re.compile(r"[0-9]{1,13}")
_GROUPED: Final = re.compile(r"[0-9]{1,3}(?:([,. '\u00a0\u202f\u2009\u2019])[0-9]{3})(?:\1[0-9]{3})*")


class JsonDecimal(NamedTuple):
    """A number of JSON with a fraction, as its digits."""

    digits: str


class NumberFormat(NamedTuple):
    """Decimal mark and thousands separator of a table; None: not declared."""

    decimal: str | None = None
    thousands: str | None = None

    @property
    def declared(self) -> bool:
        """Whether either is declared."""
        return self != NumberFormat()

    @property
    def point(self) -> str:
        """The decimal mark: as declared, else the point, or the comma if points separate thousands."""
        return self.decimal or ("," if self.thousands == "." else ".")

    def whole(self, cell: object, text: str) -> int | None:
        """Return the non-negative whole number of a cell, None if it has none: “2.0” is 2, “2.5” is none.

        “2.000” is none unless “decimal” is declared: it may be two, or two thousand. Numbers of JSON are unambiguous.
        """
        if isinstance(cell, bool):
            return None
        if _WHOLE.fullmatch(text):
            return int(text)
        if isinstance(cell, JsonDecimal):
            return _whole(cell.digits)
        if not isinstance(cell, str):
            return None
        found = _fitting(self).fullmatch(text)
        if not found or (found["fraction"] == "000" and self.decimal is None):
            return None
        digits = re.sub("[^0-9]", "", found["whole"])
        return int(digits) if len(digits) <= _MOST_DIGITS and not (found["fraction"] or "").strip("0") else None

    def plain(self, text: str) -> str | None:
        """Return a number with a decimal point and no thousands separator; None for other text."""
        sign, unsigned = ("-", text[1:]) if text[:1] in ("-", "\u2212") else ("", text)
        found = _fitting(self).fullmatch(unsigned)
        if not found:
            return None
        fraction = f".{found['fraction']}" if found["fraction"] else ""
        return sign + re.sub("[^0-9]", "", found["whole"]) + fraction

    def in_words(self, text: str) -> str | None:
        """Return words with their numbers in plain digits; None if one of these is not in the declared notation."""
        if not self.declared:
            return text
        marks = _MARKS.get(self.thousands or "", re.escape(self.thousands or ""))
        number = re.compile(rf"[0-9](?:(?:[0-9.,]|{marks or '(?!)'})*[0-9])?")
        invalid = False

        def digits(found: re.Match[str]) -> str:
            nonlocal invalid
            number = self.whole(found[0], found[0])
            invalid = invalid or number is None
            return str(number)

        plain = number.sub(digits, text)
        return None if invalid else plain

    def hint(self, text: str) -> str:
        """Return a hint for a number that needs a declared thousands separator; empty for any other text."""
        found = _GROUPED.fullmatch(text)
        mark = _same(found[1]) if found else None
        if mark in (None, self.thousands):
            return ""
        return f' If that groups thousands, the mapping file has to say so: thousands = "{mark}".'


@lru_cache(maxsize=64)
def _fitting(numbers: NumberFormat) -> re.Pattern[str]:
    """Return the expression of a number without a sign, with equal thousands separators or none."""
    grouped = ""
    if numbers.thousands:
        mark = _MARKS.get(numbers.thousands, re.escape(numbers.thousands))
        grouped = rf"[1-9][0-9]{{0,2}}(?P<mark>{mark})[0-9]{{3}}(?:(?P=mark)[0-9]{{3}})*|"
        if numbers.thousands == ",":  # as in India: 12,34,567
            grouped += "[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}|"
    return re.compile(rf"(?P<whole>{grouped}[0-9]+)(?:{re.escape(numbers.point)}(?P<fraction>[0-9]+))?")


def _whole(digits: str) -> int | None:
    number = Decimal(digits)
    if number.is_signed() or number.adjusted() >= _MOST_DIGITS:
        return None
    return int(number) if number == number.to_integral_value() else None
