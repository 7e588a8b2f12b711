"""Lines and rings cut to a rectangle, rounded to whole pixels, and written as path data of SVG."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Final

from service.web.maps.topology import Line, Point

Pixel = tuple[int, int]
Rectangle = tuple[float, float, float, float]
"""Least x, least y, greatest x, greatest y."""
_LEAST_RING: Final = 3
_STEP: Final = 2


def clip_ring(ring: Line, rectangle: Rectangle) -> list[Point]:
    """Return the part of a ring inside of a rectangle (Sutherland–Hodgman); empty where there is none."""
    found = list(ring)
    for axis, bound, sign in _sides(rectangle):
        found = list(_half(found, axis, bound, sign))
    return found


def clip_line(line: Line, rectangle: Rectangle) -> Iterator[list[Point]]:
    """Yield the pieces of a line inside of a rectangle (Liang–Barsky for each of its edges)."""
    piece = list[Point]()
    for before, after in pairwise(line):
        inside = clip_edge(before, after, rectangle)
        if inside is None:
            yield from [piece] if piece else []
            piece = []
            continue
        if not piece or piece[-1] != inside[0]:
            yield from [piece] if piece else []
            piece = [inside[0]]
        piece.append(inside[1])
    yield from [piece] if piece else []


def clip_edge(start: Point, end: Point, rectangle: Rectangle) -> tuple[Point, Point] | None:
    """Return the part of an edge inside of a rectangle."""
    enters, leaves = 0.0, 1.0
    for axis, bound, sign in _sides(rectangle):
        outside, change = sign * (bound - start[axis]), sign * (end[axis] - start[axis])
        if change == 0 and outside > 0:
            return None
        if change > 0:
            enters = max(enters, outside / change)
        elif change < 0:
            leaves = min(leaves, outside / change)
    if enters > leaves:
        return None
    return _between(start, end, enters), _between(start, end, leaves)


def pixels(line: Line) -> list[Pixel]:
    """Return a line in whole pixels; what moves by less than two, and what lies on a straight way, is left out."""
    found = list[Pixel]()
    for index, (x, y) in enumerate(line, 1):
        pixel = (round(x), round(y))
        if found and _near(found[-1], pixel) and (index < len(line) or pixel == found[-1]):
            continue
        if len(found) > 1 and _straight(found[-2], found[-1], pixel):
            found.pop()
        found.append(pixel)
    return found


def ring_path(ring: Line) -> str:
    """Return a closed ring as path data; empty where it is too small to have an area."""
    found = pixels(ring)
    return f"{_path(found)}z" if len(set(found)) >= _LEAST_RING else ""


def line_path(line: Line) -> str:
    """Return a line as path data; empty where it is no longer than a pixel."""
    found = pixels(line)
    return _path(found) if len(found) > 1 else ""


def _path(points: Sequence[Pixel]) -> str:
    (x, y), steps = points[0], list[str]()
    for before, after in pairwise(points):
        steps.append(f"{after[0] - before[0]} {after[1] - before[1]}")
    return f"M{x} {y}l{' '.join(steps)}".replace(" -", "-")


def _near(one: Pixel, other: Pixel) -> bool:
    return abs(one[0] - other[0]) < _STEP and abs(one[1] - other[1]) < _STEP


def _straight(one: Pixel, middle: Pixel, other: Pixel) -> bool:
    """Say whether three pixels lie on a line in this order."""
    first = (middle[0] - one[0], middle[1] - one[1])
    second = (other[0] - middle[0], other[1] - middle[1])
    return first[0] * second[1] == first[1] * second[0] and first[0] * second[0] + first[1] * second[1] > 0


def _sides(rectangle: Rectangle) -> Sequence[tuple[int, float, int]]:
    """Return axis, bound, and 1 or -1 for what lies above it or below it, of each side."""
    left, top, right, bottom = rectangle
    return (0, left, 1), (0, right, -1), (1, top, 1), (1, bottom, -1)


def _half(ring: Sequence[Point], axis: int, bound: float, sign: int) -> Iterator[Point]:
    inside: Callable[[Point], bool] = lambda point: sign * (point[axis] - bound) >= 0  # noqa: E731 - short, and used thrice
    for index, after in enumerate(ring):
        before = ring[index - 1]
        if inside(before) != inside(after):
            yield _between(before, after, (bound - before[axis]) / (after[axis] - before[axis]))
        if inside(after):
            yield after


def _between(start: Point, end: Point, share: float) -> Point:
    if share in (0.0, 1.0):
        return end if share else start
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share
