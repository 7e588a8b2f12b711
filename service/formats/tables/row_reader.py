"""A row by its mapping file: columns under any of their names, missing values, dates, numbers and points."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from domain.values.time.clocks import format_instant, parse_instant, parse_offset
from service.formats.tables.dates import OffsetAt, read_date, refuse_ambiguous_order
from service.formats.tables.mapping import TableMap
from service.formats.tables.mapping_columns import DurationPattern
from service.formats.tables.numbers import NumberFormat
from service.formats.tables.parsed_table import RawRow, cell_text
from service.formats.tables.pattern import DatedColumn, columns_of, filled, filled_with_dates

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER: Final = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")
_HOURS: Final = 24
_LONGEST: Final = Decimal(_HOURS * 366 * 1000)
_POINT: Final = re.compile(r"POINT *\( *(\S+) +(\S+) *\)", re.IGNORECASE)


class UnfitCell(ValueError):
    """A cell that does not fit the mapping file: its column, and a sentence."""

    def __init__(self, column: str | None, reason: str) -> None:
        """Create it of column and reason."""
        super().__init__(reason)
        self.column = column


class MappedRow:
    """A row, flattened, by its mapping file."""

    __slots__ = ("_flat", "_table")

    def __init__(self, table: TableMap, flat: RawRow) -> None:
        """Wrap a flattened row."""
        self._table, self._flat = table, flat

    def name(self, column: str, *further: str) -> str:
        """Return the name of a column in the row; its present name if the row lacks it."""
        names = (*self._table.names_of(column), *further)
        return next((name for name in names if name in self._flat), column)

    def cell(self, column: str) -> object:
        """Return a cell, None if the row lacks it."""
        return self._flat.get(self.name(column))

    def text(self, column: str) -> str:
        """Return a cell as text, empty for a missing value."""
        text = cell_text(self.cell(column))
        return "" if (bare := text.strip()) == "" or bare in self._table.silence else text

    def filled(self, pattern: str) -> str | None:
        """Fill a pattern; None if one of its columns is empty."""
        return filled(pattern, self.text)

    def number(self, pattern: str) -> str | None:
        """Fill a pattern of a number, with a decimal point; other text is returned unchanged."""
        text = self.filled(pattern)
        return text and (self._degrees.plain(text.strip()) or text)

    def when(self, pattern: str | DurationPattern) -> str | None:
        """Return the date, interval or instant of a row by a pattern, None if empty. Raises UnfitCell."""
        return (
            self._interval(pattern) if isinstance(pattern, DurationPattern) else filled_with_dates(pattern, self._date)
        )

    def point(self, pattern: str, order: str) -> tuple[str, str] | None:
        """Return the latitude and longitude of one cell, None if empty. Raises UnfitCell."""
        text = (self.filled(pattern) or "").strip()
        if not text:
            return None
        if found := _POINT.fullmatch(text):
            return found[2], found[1]
        pair = [self._degrees.plain(each) for each in self._sides(text.strip("()[]"))]
        if len(pair) != 2 or pair[0] is None or pair[1] is None:  # noqa: PLR2004 - of a point
            raise UnfitCell(_first(pattern), f"“{text[:100]}” is no point: two numbers, “{order}”, or POINT (lon lat).")
        return (pair[0], pair[1]) if order == "lat, lon" else (pair[1], pair[0])

    @property
    def _degrees(self) -> NumberFormat:
        """The notation of degrees, which have no thousands separator."""
        return NumberFormat(self._table.numbers.point)

    def _sides(self, text: str) -> list[str]:
        separator = r"\s*;\s*|,\s+|\s+" if self._table.numbers.point == "," else r"\s*[,;]\s*|\s+"
        return re.split(separator, text.strip())

    def _date(self, dated: DatedColumn) -> str:
        text = self.text(dated.column).strip()
        formats = (dated.written,) if dated.written else self._table.dates if dated.alone else ()
        try:
            if text and formats:
                return read_date(text, formats, self._table.offset_at)
            if text and dated.alone:
                refuse_ambiguous_order(text)
        except ValueError as problem:
            raise UnfitCell(self.name(dated.column), str(problem)) from problem
        return text

    def _interval(self, duration: DurationPattern) -> str | None:
        anchor = filled_with_dates(duration.anchor, self._date)
        length = str(duration.length) if isinstance(duration.length, int) else self.number(duration.length)
        if anchor is None or length is None:
            return None
        plain = _NUMBER.fullmatch(length)
        hours = Decimal(length if plain else 0) * (1 if duration.days is None else _HOURS)
        if not 0 < hours < _LONGEST:
            column = _first(duration.length) if isinstance(duration.length, str) else None
            raise UnfitCell(
                column, f"“{length[:100]}” is no length of time, in {'days' if duration.days else 'hours'}."
            )
        try:
            return _interval(anchor, hours, self._table.offset_at, ahead=duration.starts is not None)
        except (ValueError, OverflowError) as problem:
            raise UnfitCell(_first(duration.anchor), f"No length can be counted from here: {problem}") from problem


def _interval(anchor: str, hours: Decimal, offset_at: OffsetAt, *, ahead: bool) -> str:
    """Return the interval of a length from an anchor, or up to it: in days if both are, else between instants.

    A day as start means its midnight, a day as end the midnight after it.
    """
    if _DAY.fullmatch(anchor) and hours % _HOURS == 0:
        day, rest = datetime.fromisoformat(anchor), timedelta(days=int(hours) // _HOURS - 1)
        first, last = (day, day + rest) if ahead else (day - rest, day)
        return f"{first.date()}/{last.date()}" if rest else anchor
    length = timedelta(seconds=int(hours * 3600))
    if not _DAY.fullmatch(anchor):
        instant = parse_instant(anchor)
        return (
            f"{anchor}/{format_instant(instant + length)}" if ahead else f"{format_instant(instant - length)}/{anchor}"
        )
    local = datetime.fromisoformat(anchor) + timedelta(days=0 if ahead else 1)
    midnight = local.replace(tzinfo=parse_offset(offset_at(local)))
    first, last = (midnight, midnight + length) if ahead else (midnight - length, midnight)
    return "/".join(format_instant(each.astimezone(UTC)) for each in (first, last - timedelta(seconds=1)))


def _first(pattern: str) -> str | None:
    return next(iter(columns_of(pattern)), None)
