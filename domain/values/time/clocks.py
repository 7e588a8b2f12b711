"""The occurred and the reported clock: parsing of their texts into spans of UTC.

Dates and intervals are EDTF level 1, instants are RFC 3339. Our one extension: two instants joined by “/”, since
EDTF intervals have no time of day. The text is kept as it was given; a Span is derived from it and never replaces it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Annotated, Any, ClassVar

import msgspec
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from domain.values.time.edtf import ClockError, beyond, days, unreadable

_INSTANT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}):([0-9]{2})(?:\.([0-9]+))?(Z|z|[+-][0-9]{2}:[0-9]{2})?"
)
_OFFSET = re.compile(r"([+-])([01][0-9]|2[0-3]):([0-5][0-9])")
_TIME_OF_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt _][0-9]")
_OPEN = ("..", "")
_DAY_BEGINS, _DAY_ENDS = time(), time(23, 59, 59, fold=1)
_DIGITS = 6


class Span(msgspec.Struct, frozen=True, gc=False):
    """The first and the last moment that a text may mean, both in UTC and included; None = open or unknown."""

    earliest: datetime | None
    latest: datetime | None


def parse_offset(text: str) -> timezone:
    """Read an offset from UTC: `Z`, or `+HH:MM` and `-HH:MM` up to 23:59 (RFC 3339 §5.6, time-numoffset).

    Raises ClockError.
    """
    if text == "Z":
        return UTC
    found = _OFFSET.fullmatch(text)
    if not found:
        raise unreadable(text, "is not an offset from UTC; write Z, or hours and minutes such as +03:00")
    ahead = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(-ahead if found[1] == "-" else ahead) if ahead else UTC


def parse_instant(text: str) -> datetime:
    """Read an RFC 3339 instant to the microsecond and return it in UTC.

    Refused although RFC 3339 has them: a leap second, which no clock here can hold; more than six digits of a
    second, which would be lost; and a space in the place of the “T” (RFC 3339 §5.6, note). Raises ClockError.
    """
    found = _INSTANT.fullmatch(text)
    if not found:
        raise unreadable(text, "is not an instant; write one like 2025-03-09T18:00:00+03:00, with seconds and offset")
    day, minutes, seconds, fraction, offset = found.groups()
    if offset is None:
        raise unreadable(text, "has no time zone offset; add Z or +03:00")
    if fraction and len(fraction) > _DIGITS:
        raise unreadable(text, "is finer than a microsecond; give at most six digits of a second")
    if seconds == "60":
        raise unreadable(text, "is a leap second, which cannot be kept; write second 59")
    zone = parse_offset(offset.upper())
    try:
        moment = datetime.fromisoformat(f"{day}T{minutes}:{seconds}.{(fraction or '').ljust(_DIGITS, '0')}")
    except ValueError:
        raise unreadable(text, "names a day or a time that does not exist") from None
    return _in_utc(moment.replace(tzinfo=zone), text)


@lru_cache(maxsize=65_536)
def format_instant(moment: datetime) -> str:
    """Write an aware moment as RFC 3339 in UTC: `2025-03-09T20:59:59Z`, with six more digits only where not zero.

    Raises ClockError for a moment without a time zone.
    """
    if moment.tzinfo is None:
        raise unreadable(str(moment), "has no time zone offset, so nobody can say which moment it is")
    return _in_utc(moment, str(moment)).replace(tzinfo=None).isoformat() + "Z"


def parse_occurred(text: str, offset: tzinfo) -> Span:
    """Read when something happened: an EDTF level 1 date or interval, an instant, or two instants joined by “/”.

    A day begins at 00:00:00 and ends at 23:59:59 in `offset`, the incident's, as it is at those moments; a month,
    season or year runs from its first day to its last. `?`, `~` and `%` widen nothing. An open end (`..`) and an
    unknown one (nothing) are None, beside a date or an instant; a date and an instant are not joined, as the date
    would have to pick an hour.
    Raises ClockError.
    """
    if "/" not in text:
        return _moment(text, offset)
    first, last = _sides(text)
    start = None if first in _OPEN else _moment(first, offset)
    end = None if last in _OPEN else _moment(last, offset)
    if start and end and _has_time(first) != _has_time(last):
        raise unreadable(text, "joins a date and a time of day; give two dates or two instants")
    span = Span(start and start.earliest, end and end.latest)
    if span.earliest and span.latest and span.earliest > span.latest:
        raise unreadable(text, "ends before it begins")
    return span


def parse_reported(text: str, offset: tzinfo) -> Span:
    """Read when a source said something: an EDTF date, an instant, or `../` before either, “by then at the latest”.

    Days end as in `parse_occurred`. `latest` is never None: a reading has to compare with it. Raises ClockError.
    """
    if "/" in text and (not text.startswith("../") or text[3:] in _OPEN):
        raise unreadable(text, "does not say by when it was said; give a date, an instant, or ../DATE for “by then”")
    return parse_occurred(text, offset)


def clamp(span: Span, latest: datetime) -> Span:
    """Clamp both ends of a span to `latest` (aware); an open end becomes `latest`."""
    if span.latest is not None and span.latest <= latest and (span.earliest is None or span.earliest <= latest):
        return span
    return Span(
        None if span.earliest is None else min(span.earliest, latest),
        latest if span.latest is None else min(span.latest, latest),
    )


def begins_after(span: Span, moment: datetime) -> bool:
    """Say whether a span lies wholly after a moment, to the second, as days end at 23:59:59."""
    begin = span.earliest
    return begin is not None and begin > moment and begin.replace(microsecond=0) > moment


def ends_after(text: str, moment: datetime, offset: tzinfo) -> bool:
    """Say whether the end of an interval, as it was said, lies wholly after a moment; what is open has no end."""
    _, _, last = text.partition("/")
    return last not in _OPEN and begins_after(_moment(last, offset), moment)


def _sides(text: str) -> tuple[str, str]:
    first, _, last = text.partition("/")
    if "/" in last:
        raise unreadable(text, "has more than two sides; an interval is START/END")
    if first in _OPEN and last in _OPEN:
        raise unreadable(text, "has neither a beginning nor an end; give one of them, or leave it out")
    return first, last


def _has_time(text: str) -> bool:
    return _TIME_OF_DAY.match(text) is not None


def _moment(text: str, offset: tzinfo) -> Span:
    if _has_time(text):
        instant = parse_instant(text)
        return Span(instant, instant)
    first, last = days(text)
    begin = _in_utc(datetime.combine(first, _DAY_BEGINS, offset), text)
    end = _in_utc(datetime.combine(last, _DAY_ENDS, offset), text)
    if end < begin:  # as 30 December 2011 in Samoa
        raise unreadable(text, f"names a day that the clocks of {offset.tzname(None)} skipped")
    return Span(begin, end)


def _in_utc(moment: datetime, text: str) -> datetime:
    return _local(moment, UTC, text)


def _local(moment: datetime, offset: tzinfo, text: str) -> datetime:
    try:
        return moment.astimezone(offset)
    except OverflowError:
        raise beyond(text) from None


_FARTHEST = (timezone(timedelta(hours=23, minutes=59)), timezone(-timedelta(hours=23, minutes=59)))


def _anywhere(parse: Callable[[str, tzinfo], Span]) -> Callable[[str], None]:
    """Check a text in both extreme offsets: once stored, it must stay readable in any incident."""

    @lru_cache(maxsize=16_384)
    def check(text: str) -> None:
        for offset in _FARTHEST:
            span = parse(text, offset)
            for end in (span.earliest, span.latest):
                if end is not None:
                    _local(end, offset, text)

    return check


@dataclass(frozen=True, eq=False)
class _ClockText:
    """A text that is kept verbatim; raises the error `clock` where it cannot be parsed."""

    recurs: ClassVar[bool] = True
    read: Callable[[str], object]
    shape: dict[str, Any]

    def accepts(self, text: str) -> bool:
        return self.check(text) == text

    def check(self, text: str) -> str:
        try:
            self.read(text)
        except ClockError as error:
            raise PydanticCustomError("clock", "{sentence}", {"sentence": str(error)}) from None
        return text

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's protocol
        return core_schema.no_info_after_validator_function(self.check, core_schema.str_schema(strict=True))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", **self.shape}


EdtfOccurred = Annotated[
    str,
    _ClockText(
        _anywhere(parse_occurred),
        {
            "description": "EDTF level 1 date or interval, RFC 3339 instant, or two instants joined by “/”",
            "examples": ["2025-03-06", "2025-03-06/2025-03-08", "2025-03-07~", "2025-03-XX", "../2025-03-09"],
        },
    ),
]
"""When it happened, verbatim."""

EdtfReported = Annotated[
    str,
    _ClockText(
        _anywhere(parse_reported),
        {
            "description": "EDTF level 1 date, RFC 3339 instant, or ../DATE (by then at the latest)",
            "examples": ["2025-03-09", "2025-03-08T11:55:26Z", "../2025-03-09"],
        },
    ),
]
"""When its source said so, verbatim."""

Instant = Annotated[str, _ClockText(parse_instant, {"format": "date-time", "examples": ["2025-03-09T23:59:59+03:00"]})]
"""One moment, RFC 3339 with its offset, verbatim."""
