"""Parsed values of filters: time ranges, bounding boxes, and search words."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo

from domain.values.search_words import words_of
from service.answers.as_of import MomentUnreadable, parse_moment
from service.api.errors.problem import problem_of_fields
from service.api.errors.validation import FieldError

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DEGREES = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{1,20})?")
_CORNERS = 4
_DAY_ENDS = time.max.replace(fold=1)
_EAST, _NORTH = 180.0, 90.0
RangeEnd = date | datetime
"""An end of a time range: a day in the local time of the incident, or an aware datetime."""


@dataclass(frozen=True, slots=True)
class TimeRange:
    """A closed time range; None is an open end."""

    first: RangeEnd | None
    last: RangeEnd | None

    @property
    def is_open(self) -> bool:
        """Whether both ends are open, so that every interval overlaps it."""
        return self.first is None and self.last is None

    @property
    def ends(self) -> tuple[tuple[str, RangeEnd | None], tuple[str, RangeEnd | None]]:
        """Both ends with the suffixes of their parameters."""
        return ("from", self.first), ("to", self.last)

    def overlaps(self, first: datetime | None, last: datetime | None, zone: tzinfo) -> bool:
        """Return whether the interval from `first` to `last` overlaps it; days are those of `zone`."""
        if self.is_open:
            return True
        if first is None and last is None:
            return False
        in_time = last is None or self.first is None or last >= _moment(self.first, time.min, zone)
        return in_time and (first is None or self.last is None or first <= _moment(self.last, _DAY_ENDS, zone))


@dataclass(frozen=True, slots=True)
class Box:
    """A closed bounding box in decimal degrees (WGS 84) that does not cross the antimeridian."""

    west: float
    south: float
    east: float
    north: float

    def contains(self, lat: float, lon: float) -> bool:
        """Return whether the box contains a point."""
        return self.south <= lat <= self.north and self.west <= lon <= self.east


def is_day(bound: RangeEnd | None) -> bool:
    """Return whether an end is a day, so that it depends on the incident's time zone."""
    return bound is not None and not isinstance(bound, datetime)


def parse_time_range(name: str, first: str | None, last: str | None) -> TimeRange:
    """Parse `NAME_from` and `NAME_to`. Raises HttpProblem for an end that is neither a day nor a moment."""
    found = TimeRange(_bound(f"{name}_from", first), _bound(f"{name}_to", last))
    if found.first and found.last and type(found.first) is type(found.last) and found.first > found.last:
        raise _invalid(f"{name}_to", f"This lies before {name}_from; give the later end here.")
    return found


def parse_boxes(text: str) -> list[Box]:
    """Parse `minlon,minlat,maxlon,maxlat` (RFC 7946 §5): one box, or two if it crosses the antimeridian (§5.2)."""
    corners = [corner.strip() for corner in text.split(",")]
    if len(corners) != _CORNERS or not all(_DEGREES.fullmatch(corner) for corner in corners):
        raise _invalid("bbox", "Write four decimal degrees, minlon,minlat,maxlon,maxlat, such as 35.5,34.5,36.5,36.")
    west, south, east, north = map(float, corners)
    if max(abs(west), abs(east)) > _EAST or max(abs(south), abs(north)) > _NORTH:
        raise _invalid(
            "bbox", "Longitudes lie between -180 and 180, latitudes between -90 and 90; longitudes come first."
        )
    if south > north:
        raise _invalid("bbox", "minlat lies above maxlat; write minlon,minlat,maxlon,maxlat.")
    if west <= east:
        return [Box(west, south, east, north)]
    return [Box(west, south, _EAST, north), Box(-_EAST, south, east, north)]


def parse_words(text: str) -> list[str]:
    """Return the search words of a text. Raises HttpProblem if it has none."""
    words = words_of([text])
    if not words:
        raise _invalid("q", "This has no word to look for; write one or more.")
    return words


def any_point_within(boxes: Iterable[Box], points: Iterable[tuple[float, float]]) -> bool:
    """Return whether one of the boxes contains one of the points (lat, lon)."""
    found = list(boxes)
    return any(box.contains(lat, lon) for lat, lon in points for box in found)


def _bound(name: str, text: str | None) -> RangeEnd | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else parse_moment(name, text)
    except (ValueError, MomentUnreadable) as error:
        reason = f"“{text[:100]}” is neither a day nor a moment; write 2025-03-09 or 2025-03-09T23:59:59Z."
        raise _invalid(name, reason) from error


def _moment(bound: RangeEnd, of_day: time, zone: tzinfo) -> datetime:
    return bound if isinstance(bound, datetime) else datetime.combine(bound, of_day, zone).astimezone(UTC)


def _invalid(name: str, reason: str) -> Exception:
    return problem_of_fields([FieldError(name, reason)], "invalid-parameter")
