"""A box of the earth and its projection onto a picture: equirectangular, true to scale at its middle latitude."""

import math
import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from service.web.maps.topology import Point

LONGITUDES: Final = 360.0
_EAST, _NORTH = 180.0, 90.0
_NARROWEST: Final = 0.05
"""The cosine from which on towards the poles the scale is that of about 87 degrees."""
_SMALLEST: Final = 0.02
"""The least height of a box, in degrees: the borders of Natural Earth tell nothing of smaller ones."""
_DEGREES: Final = re.compile(r"-?[0-9]{1,3}(?:\.[0-9]{1,9})?")
_KM_PER_DEGREE: Final = 111.2


class MapBox(NamedTuple):
    """A box in degrees, `west` from -180 up to 180; one that crosses the antimeridian has `east` over 180."""

    west: float
    south: float
    east: float
    north: float

    @property
    def text(self) -> str:
        """The parameter `bbox` of the interface: `minlon,minlat,maxlon,maxlat`."""
        east = self.east - LONGITUDES if self.east > _EAST else self.east
        return ",".join(_degrees(each) for each in (self.west, self.south, east, self.north))

    def scaled(self, factor: float) -> "MapBox":
        """Return the box with the same middle, `factor` times as wide and high, within the earth."""
        middle, height = (self.west + self.east) / 2, (self.north - self.south) * factor
        width = min((self.east - self.west) * factor, LONGITUDES)
        south, north = _within((self.south + self.north) / 2, height)
        return normal(middle - width / 2, south, middle + width / 2, north)

    def moved(self, across: float, up: float) -> "MapBox":
        """Return the box moved by shares of its width and height, within the earth."""
        height, step = self.north - self.south, (self.east - self.west) * across
        south, north = _within((self.south + self.north) / 2 + height * up, height)
        return normal(self.west + step, south, self.east + step, north)

    def contains(self, point: Point) -> bool:
        """Say whether a point (longitude, latitude) lies in it."""
        return self.south <= point[1] <= self.north and any(
            self.west <= point[0] + turn <= self.east for turn in (-LONGITUDES, 0, LONGITUDES)
        )


WORLD: Final = MapBox(-180.0, -58.0, 180.0, 84.0)


def parse_box(text: str) -> MapBox | None:
    """Return the box of a parameter `bbox`; None for what is none, or has no area."""
    parts = [each.strip() for each in text.split(",")]
    if len(parts) != len(MapBox._fields) or not all(_DEGREES.fullmatch(each) for each in parts):
        return None
    west, south, east, north = map(float, parts)
    if max(abs(west), abs(east)) > _EAST or max(abs(south), abs(north)) > _NORTH or south >= north or west == east:
        return None
    return MapBox(west, south, east if west < east else east + LONGITUDES, north)


def normal(west: float, south: float, east: float, north: float) -> MapBox:
    """Return a box with its west from -180 up to 180."""
    if east - west >= LONGITUDES:
        return MapBox(-_EAST, south, _EAST, north)
    turn = LONGITUDES * math.floor((west + _EAST) / LONGITUDES)
    return MapBox(west - turn, south, east - turn, north)


def around(points: Iterable[Point]) -> MapBox | None:
    """Return the least box around points (longitude, latitude), across the antimeridian where that is shorter."""
    found = sorted(set(points))
    if not found:
        return None
    longitudes = [lon for lon, _ in found]
    following = [*longitudes[1:], longitudes[0] + LONGITUDES]
    gaps = [after - before for before, after in zip(longitudes, following, strict=True)]
    widest = gaps.index(max(gaps))
    west = following[widest]
    latitudes = [lat for _, lat in found]
    return normal(west, min(latitudes), west + LONGITUDES - gaps[widest], max(latitudes))


def fitted(box: MapBox, aspect: float, least: float = _SMALLEST) -> MapBox:
    """Return a box around this one whose picture is `aspect` times as wide as high, at least `least` degrees high."""
    middle = (box.south + box.north) / 2
    cosine = _cosine(middle)
    height = max(box.north - box.south, (box.east - box.west) * cosine / aspect, least)
    width = min(height * aspect / cosine, LONGITUDES)
    south, north = _within(middle, height)
    centre = (box.west + box.east) / 2
    return normal(centre - width / 2, south, centre + width / 2, north)


class MapFrame:
    """The projection of a box onto a picture of a width."""

    def __init__(self, box: MapBox, width: int) -> None:
        self.box, self.width = box, width
        self._across = width / (box.east - box.west)
        self._down = self._across / _cosine((box.south + box.north) / 2)
        self.height = max(1, round((box.north - box.south) * self._down))

    def project(self, point: Point) -> Point:
        """Return x and y of a longitude and a latitude. Longitudes go on east of 180."""
        return (point[0] - self.box.west) * self._across, (self.box.north - point[1]) * self._down

    def place(self, point: Point) -> Point | None:
        """Return x and y of a point on the earth; None where it lies outside of the box."""
        lon, lat = point
        turn = LONGITUDES * math.ceil((self.box.west - lon) / LONGITUDES - 1e-12)
        return self.project((lon + turn, lat)) if self.box.contains(point) else None

    def kilometres(self, distance: float) -> float:
        """Return the length of a distance in the picture."""
        return distance / _KM_PER_DEGREE * self._down


def _cosine(latitude: float) -> float:
    return max(_NARROWEST, math.cos(math.radians(latitude)))


def _within(middle: float, height: float) -> tuple[float, float]:
    """Return south and north of a height around a latitude, moved away from a pole where it would reach over it."""
    height = min(height, 2 * _NORTH)
    south = min(max(middle - height / 2, -_NORTH), _NORTH - height)
    return south, south + height


def _degrees(value: float) -> str:
    """Return degrees to four places, some ten metres, without zeros at the end."""
    return str(round(value, 4) + 0.0).removesuffix(".0")
