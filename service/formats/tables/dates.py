"""Parsing of date cells by declared formats, as an EDTF date or an instant, independent of the locale.

Formats have the directives of strptime, which itself is not used: it takes the names of months from the locale of the
machine, and a file must be read the same everywhere. Years of two digits follow POSIX: 69 to 99 are in the 20th
century, 00 to 68 in the 21st.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, Final

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from domain.values.text_types import Label

OffsetAt = Callable[[datetime], str]
"""Returns the offset from UTC at a local time of a table, such as `+03:00`."""

ISO: Final = "iso"
"""Format of EDTF dates and RFC 3339 instants."""

_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NUMBERS: Final = {"Y": 4, "y": 2, "m": 2, "d": 2, "H": 2, "I": 2, "M": 2, "S": 2}
_WORDS: Final = {
    "B": "|".join(_MONTHS),
    "b": "|".join((*(name[:3] + r"\.?" for name in _MONTHS), r"sept\.?")),
    "A": "|".join(_DAYS),
    "a": "|".join(name[:3] + r"\.?" for name in _DAYS),
    "p": r"a\.?m\.?|p\.?m\.?",
    "z": r"z|[+-][0-9]{2}:?[0-9]{2}",
}
_PIVOT, _NOON = 69, 12
_TOKEN: Final = re.compile(r"%(-?[A-Za-z%])|(\s+)|([^%\s]+)|(%)")
_AMBIGUOUS_ORDER: Final = re.compile(r"([0-9]{1,2})([/.\-\s])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})")


@dataclass(frozen=True, slots=True)
class CompiledFormat:
    """A compiled date format: its regular expression, and its directives."""

    text: str
    pattern: re.Pattern[str]
    directives: frozenset[str]


def _checked(text: str) -> str:
    if text != ISO:
        compile_format(text)
    return text


DateFormat = Annotated[Label, AfterValidator(_checked)]
"""A date format, such as “%m/%d/%Y”, or “iso”."""


@lru_cache(maxsize=256)
def compile_format(text: str) -> CompiledFormat:
    """Compile a date format. Raises PydanticCustomError, which says what is wrong with it."""
    tokens = [match.groups() for match in _TOKEN.finditer(text)]
    directives: list[str] = []
    expression = ""
    for place, (directive, space, literal, _) in enumerate(tokens):
        if directive == "%" or directive is None:
            if space is None and literal is None and directive is None:
                raise _fault(text, "“%” stands before no directive")
            expression += r"\s+" if space else re.escape(literal or "%")
            continue
        name = directive.removeprefix("-")
        if name not in _NUMBERS and name not in _WORDS:
            raise _fault(text, f"“%{directive}” is no directive; known: {_KNOWN}")
        if name in directives:
            raise _fault(text, f"“%{name}” stands in it twice")
        directives.append(name)
        expression += f"(?P<{name}>{_expression(name, _is_adjacent(tokens, place))})"
    _expect_a_date(text, frozenset(directives))
    return CompiledFormat(text, re.compile(expression, re.IGNORECASE | re.ASCII), frozenset(directives))


def read_date(text: str, formats: Sequence[str], offset_at: OffsetAt) -> str:
    """Parse a cell as an EDTF date, or as an instant if it has a time, with its own offset or that of the table.

    Raises ValueError with a sentence: no format matches, the date does not exist, or two formats give two dates.
    """
    found: dict[str, str] = {}
    reason = None
    for each in formats:
        if each == ISO:
            continue
        if match := compile_format(each).pattern.fullmatch(text):
            try:
                found.setdefault(_edtf_or_instant(match.groupdict(), offset_at), each)
            except ValueError:
                reason = f"“{text[:80]}” names a day or a time that does not exist, read by “{each}”."
    if len(found) > 1:
        one, other = list(found)[:2]
        raise ValueError(f"“{text[:80]}” is {one} by “{found[one]}” and {other} by “{found[other]}”: keep one of them.")
    if found:
        return next(iter(found))
    if ISO in formats:
        return text
    declared = " or ".join(f"“{each}”" for each in formats)
    raise ValueError(reason or f"“{text[:80]}” is not written as {declared}, which “dates” says; add its format there.")


def refuse_ambiguous_order(text: str) -> None:
    """Raise ValueError, with a sentence, for a date without a declared format whose order of day and month is open."""
    if found := _AMBIGUOUS_ORDER.fullmatch(text):
        year = "%Y" if len(found[4]) == _NUMBERS["Y"] else "%y"
        orders = [(found[2].join((*each, year)), name) for *each, name in (("%m", "%d", "month"), ("%d", "%m", "day"))]
        fitting = [each for each in orders if columns_by_date((text,), each[0])] or orders
        options = " or ".join(f'dates = "{written}" ({name} first)' for written, name in fitting)
        raise ValueError(f"“{text}” is a date in an order that the mapping file has to say: {options}.")


@lru_cache(maxsize=256)
def columns_by_date(names: tuple[str, ...], written: str) -> tuple[tuple[str, str], ...]:
    """Return those of `names` that are dates by a format, each with its EDTF date; cached for the rows of a file."""
    found: list[tuple[str, str]] = []
    for name in names:
        if match := compile_format(written).pattern.fullmatch(name.strip()):
            try:
                found.append((name, _edtf_or_instant(match.groupdict(), lambda _: "Z")))
            except ValueError:
                continue
    return tuple(found)


def _expression(name: str, close: bool) -> str:  # noqa: FBT001 - a private helper
    if name in _WORDS:
        return _WORDS[name]
    digits = _NUMBERS[name]
    return f"[0-9]{{{digits}}}" if close or name in "Yy" else f"[0-9]{{1,{digits}}}"


def _is_adjacent(tokens: Sequence[tuple[str | None, ...]], place: int) -> bool:
    """Say whether a number is directly beside another one, so that both have a fixed width."""
    beside = [tokens[each][0] for each in (place - 1, place + 1) if 0 <= each < len(tokens)]
    return any(each is not None and each.removeprefix("-") in _NUMBERS for each in beside)


def _expect_a_date(text: str, has: frozenset[str]) -> None:
    day, month = "d" in has, bool(has & {"m", "b", "B"})
    if len(has & {"Y", "y"}) != 1 or len(has & {"m", "b", "B"}) > 1 or (day and not month):
        raise _fault(text, "it needs one year (%Y or %y), a month (%m, %b or %B) if it has a day (%d), each once")
    if has & {"H", "I", "M", "S", "p", "z"}:
        whole = day and "M" in has and (("H" in has) != ("I" in has))
        if not whole or ("I" in has) != ("p" in has):
            raise _fault(text, "a time of day needs a whole date, %M, and %H, or %I with %p")


def _edtf_or_instant(parts: dict[str, str], offset_at: OffsetAt) -> str:
    year = int(parts["Y"]) if "Y" in parts else _century(int(parts["y"]))
    month = _month(parts)
    if month is None:
        return f"{year:04}"
    if "d" not in parts:
        return date(year, month, 1).isoformat()[:7]
    exact = date(year, month, int(parts["d"]))
    if not _DAYS[exact.weekday()].startswith((parts.get("A") or parts.get("a") or "").lower().rstrip(".")):
        raise ValueError
    day = exact.isoformat()
    if "M" not in parts:
        return day
    local = f"{day}T{_time(parts)}"
    return local + _zone(parts.get("z"), datetime.fromisoformat(local), offset_at)


def _century(year: int) -> int:
    return year + (1900 if year >= _PIVOT else 2000)


def _month(parts: dict[str, str]) -> int | None:
    if "m" in parts:
        return int(parts["m"])
    name = (parts.get("b") or parts.get("B") or "").lower()[:3]
    return next((place for place, each in enumerate(_MONTHS, 1) if name and each.startswith(name)), None)


def _time(parts: dict[str, str]) -> str:
    if "I" in parts:
        hour = int(parts["I"])
        if not 1 <= hour <= _NOON:
            raise ValueError
        hour = hour % _NOON + (_NOON if parts["p"][0] in "pP" else 0)
    else:
        hour = int(parts["H"])
    return f"{hour:02}:{int(parts['M']):02}:{int(parts.get('S', '0')):02}"


def _zone(parts: str | None, local: datetime, offset_at: OffsetAt) -> str:
    if parts is None:
        return offset_at(local)
    return "Z" if parts in "zZ" else f"{parts[:3]}:{parts[-2:]}"


def _fault(text: str, why: str) -> PydanticCustomError:
    return PydanticCustomError("date_format", "“{text}” is no format of a date: {why}.", {"text": text, "why": why})


_KNOWN: Final = " ".join(f"%{each}" for each in (*_NUMBERS, *_WORDS, "%"))
