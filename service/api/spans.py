"""What lists are asked for besides words of closed lists: spans of time, boxes on the map, and words to look for."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo

from domain.values.search_words import words_of
from service.answers.as_of import MomentUnreadable, parse_moment
from service.api.complaints import Complaint
from service.api.failures import refuse_fields

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DEGREES = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{1,20})?")
_CORNERS = 4
_DAY_ENDS = time.max.replace(fold=1)
_EAST, _NORTH = 180.0, 90.0
Bound = date | datetime
"""An end of a span: a whole day in the offset of the incident, or an aware moment."""


@dataclass(frozen=True, slots=True)
class Span:
    """What something is to overlap, both ends included; None is an end that is open."""

    first: Bound | None
    last: Bound | None

    @property
    def is_open(self) -> bool:
        """Everything overlaps it."""
        return self.first is None and self.last is None

    @property
    def ends(self) -> tuple[tuple[str, Bound | None], tuple[str, Bound | None]]:
        """Both ends by the names that parameters have for them."""
        return ("from", self.first), ("to", self.last)

    def meets(self, first: datetime | None, last: datetime | None, zone: tzinfo) -> bool:
        """Say whether what lasted from `first` to `last` overlaps it, in an incident whose days are those of `zone`."""
        if self.is_open:
            return True
        if first is None and last is None:
            return False
        in_time = last is None or self.first is None or last >= _moment(self.first, time.min, zone)
        return in_time and (first is None or self.last is None or first <= _moment(self.last, _DAY_ENDS, zone))


@dataclass(frozen=True, slots=True)
class Box:
    """A box on the map, in decimal degrees (WGS 84), edges included; it never crosses the antimeridian."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, lat: float, lon: float) -> bool:
        """Say whether a point lies in it."""
        return self.south <= lat <= self.north and self.west <= lon <= self.east


def is_day(bound: Bound | None) -> bool:
    """Say whether an end is a day, so that the clock of the incident has a say."""
    return bound is not None and not isinstance(bound, datetime)


def span_of(name: str, first: str | None, last: str | None) -> Span:
    """Read the ends of a span as sent. Raises Problem, naming the parameter, for one that is no day and no moment."""
    span = Span(_bound(f"{name}_from", first), _bound(f"{name}_to", last))
    if span.first and span.last and type(span.first) is type(span.last) and span.first > span.last:
        raise _refuse(f"{name}_to", f"This lies before {name}_from; give the later end here.")
    return span


def boxes_of(text: str) -> list[Box]:
    """Read `minlon,minlat,maxlon,maxlat` (RFC 7946 §5): one box, or two where it crosses the antimeridian (§5.2)."""
    pieces = [piece.strip() for piece in text.split(",")]
    if len(pieces) != _CORNERS or not all(_DEGREES.fullmatch(piece) for piece in pieces):
        raise _refuse("bbox", "Write four decimal degrees, minlon,minlat,maxlon,maxlat, such as 35.5,34.5,36.5,36.")
    west, south, east, north = map(float, pieces)
    if max(abs(west), abs(east)) > _EAST or max(abs(south), abs(north)) > _NORTH:
        raise _refuse(
            "bbox", "Longitudes lie between -180 and 180, latitudes between -90 and 90; longitudes come first."
        )
    if south > north:
        raise _refuse("bbox", "minlat lies above maxlat; write minlon,minlat,maxlon,maxlat.")
    if west <= east:
        return [Box(west, south, east, north)]
    return [Box(west, south, _EAST, north), Box(-_EAST, south, east, north)]


def words_searched(text: str) -> list[str]:
    """Cut a text that is searched for into its words. Raises Problem if it has none."""
    words = words_of([text])
    if not words:
        raise _refuse("q", "This has no word to look for; write one or more.")
    return words


def any_within(boxes: Iterable[Box], points: Iterable[tuple[float, float]]) -> bool:
    """Say whether one of the points (lat, lon) lies in one of the boxes."""
    found = list(boxes)
    return any(box.holds(lat, lon) for lat, lon in points for box in found)


def _bound(name: str, text: str | None) -> Bound | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else parse_moment(name, text)
    except (ValueError, MomentUnreadable) as error:
        reason = f"“{text[:100]}” is neither a day nor a moment; write 2025-03-09 or 2025-03-09T23:59:59Z."
        raise _refuse(name, reason) from error


def _moment(bound: Bound, of_day: time, zone: tzinfo) -> datetime:
    return bound if isinstance(bound, datetime) else datetime.combine(bound, of_day, zone).astimezone(UTC)


def _refuse(name: str, reason: str) -> Exception:
    return refuse_fields([Complaint(name, reason)], "invalid-parameter")
