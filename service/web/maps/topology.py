"""Land and borders from a TopoJSON file: quantised, delta-encoded arcs that neighbours share."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, Final, cast

import orjson

Point = tuple[float, float]
"""Longitude and latitude, or x and y."""
Line = Sequence[Point]
COUNTRIES: Final = Path(__file__).parents[1] / "vendor" / "world-atlas" / "countries-50m.json"
_SEAM: Final = 179.99
_POLE: Final = -89.9
_ROUND: Final = 360.0


@dataclass(frozen=True, slots=True)
class MapShape:
    """A line, or a closed ring without its last point, with its bounds."""

    line: Line
    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True, slots=True)
class World:
    """Rings of land (holes are rings too), coasts, and the borders between countries."""

    land: Sequence[MapShape]
    coasts: Sequence[MapShape]
    borders: Sequence[MapShape]


@cache
def world() -> World:
    """Return the world of Natural Earth at 1:50,000,000."""
    return world_of(orjson.loads(COUNTRIES.read_bytes()))


def world_of(document: Mapping[str, Any]) -> World:
    """Return the world of a topology with the objects `countries` and `land`."""
    arcs = decode_arcs(document)
    uses = Counter(arc for each in document["objects"]["countries"]["geometries"] for arc in _distinct_arcs(each))
    land = [ring for each in document["objects"]["land"]["geometries"] for ring in _rings(each)]
    coasts = sorted({_index(arc) for ring in land for arc in ring})
    return World(
        [shape(join(arcs, ring)[:-1]) for ring in land],
        [shape(piece) for arc in coasts for piece in without_seam(arcs[arc])],
        [shape(arcs[arc]) for arc, count in sorted(uses.items()) if count > 1],
    )


def decode_arcs(document: Mapping[str, Any]) -> list[Line]:
    """Return the arcs in degrees: sums of the steps, scaled and moved."""
    (scale_x, scale_y), (move_x, move_y) = document["transform"]["scale"], document["transform"]["translate"]
    return [
        [(x * scale_x + move_x, y * scale_y + move_y) for x, y in _summed(arc)]
        for arc in cast("list[list[tuple[int, int]]]", document["arcs"])
    ]


def _summed(steps: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    x = y = 0
    for across, up in steps:
        x, y = x + across, y + up
        yield x, y


def join(arcs: Sequence[Line], ring: Iterable[int]) -> list[Point]:
    """Return the points of a ring of arcs; an arc whose index is negative, `~i`, is arc `i` turned round."""
    found = list[Point]()
    for arc in ring:
        points = arcs[arc] if arc >= 0 else arcs[~arc][::-1]
        found.extend(points[1:] if found else points)
    return found


def shape(points: Line) -> MapShape:
    """Return a line with its bounds. One that crosses the antimeridian goes on beyond 180, or -180."""
    line = unrolled(points)
    longitudes, latitudes = [lon for lon, _ in line], [lat for _, lat in line]
    return MapShape(line, min(longitudes), min(latitudes), max(longitudes), max(latitudes))


def unrolled(line: Line) -> Line:
    """Return a line whose longitudes nowhere leap by more than half a turn; its west lies from -180 up to 180."""
    turns = list(accumulate((_turn(before[0], after[0]) for before, after in pairwise(line)), initial=0))
    if not any(turns):
        return line
    found = [(lon + turn, lat) for (lon, lat), turn in zip(line, turns, strict=True)]
    back = _ROUND * ((min(lon for lon, _ in found) + _ROUND / 2) // _ROUND)
    return [(lon - back, lat) for lon, lat in found]


def _turn(before: float, after: float) -> float:
    return _ROUND if before - after > _ROUND / 2 else -_ROUND if after - before > _ROUND / 2 else 0


def without_seam(line: Line) -> Iterator[Line]:
    """Yield a line's pieces without the edges that only the antimeridian and the south pole cut into land."""
    piece = [line[0]]
    for before, after in pairwise(line):
        if _on_seam(before, after):
            yield from [piece] if len(piece) > 1 else []
            piece = [after]
        else:
            piece.append(after)
    yield from [piece] if len(piece) > 1 else []


def _on_seam(one: Point, other: Point) -> bool:
    return min(abs(one[0]), abs(other[0])) > _SEAM or max(one[1], other[1]) < _POLE


def _index(arc: int) -> int:
    return arc if arc >= 0 else ~arc


def _distinct_arcs(geometry: Mapping[str, Any]) -> set[int]:
    return {_index(arc) for ring in _rings(geometry) for arc in ring}


def _rings(geometry: Mapping[str, Any]) -> Iterator[Sequence[int]]:
    """Yield the rings of a polygon or of several, as indexes of arcs."""
    for polygon in [geometry["arcs"]] if geometry["type"] == "Polygon" else geometry["arcs"]:
        yield from polygon
