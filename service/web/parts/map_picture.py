"""A picture of a map: its base, marks on it, and the links that zoom and move it."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from service.web.language.languages import Language, marked
from service.web.maps.drawing import WIDTH, base_map_url
from service.web.maps.frame import WORLD, MapBox, MapFrame, around, fitted
from service.web.maps.topology import Point

ASPECT: Final = 1.6
_SHARE: Final = 0.5
_NEAREST: Final = 0.03
_MOVES: Final[Sequence[tuple[str, str, Callable[[MapBox], MapBox]]]] = (
    ("in", marked("Zoom in"), lambda box: fitted(box.scaled(0.5), ASPECT)),
    ("out", marked("Zoom out"), lambda box: fitted(box.scaled(2), ASPECT)),
    ("west", marked("Move west"), lambda box: box.moved(-_SHARE, 0)),
    ("north", marked("Move north"), lambda box: box.moved(0, _SHARE)),
    ("south", marked("Move south"), lambda box: box.moved(0, -_SHARE)),
    ("east", marked("Move east"), lambda box: box.moved(_SHARE, 0)),
)


@dataclass(frozen=True, slots=True)
class Spot:
    """Mark at a point: shape, text, link, and the moment since when it is said (ms of the epoch)."""

    point: Point
    shape: str
    text: str
    href: str
    count: int = 1
    said: int = 0
    radius: float = 0.0
    """Of its area of uncertainty, in kilometres."""
    rank: int = 0
    """Of several at one place, the shape of the one with the greatest rank is shown."""
    name: str = ""
    """What is written beside the mark."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark on a picture; `left` and `top` are percentages of its width and height."""

    left: str
    top: str
    shape: str
    text: str
    href: str
    said: int
    note: str
    """How many things it stands for, where they are several; and the name of a place that stands alone."""


@dataclass(frozen=True, slots=True)
class Area:
    """A circle of uncertainty, in pixels of the picture."""

    x: int
    y: int
    radius: int
    said: int


@dataclass(frozen=True, slots=True)
class MapMove:
    """A link that shows another box."""

    name: str
    text: str
    href: str


@dataclass(frozen=True, slots=True)
class Scale:
    """The bar of a scale: a round distance, and its length in percent of the width of the picture."""

    text: str
    length: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A map: the address of its base, its size, and what is on it."""

    base: str
    width: int
    height: int
    marks: Sequence[Mark]
    areas: Sequence[Area]
    moves: Sequence[MapMove]
    scale: Scale
    outside: int
    """How many spots lie outside of it."""


@dataclass(frozen=True, slots=True)
class MapSection:
    """Section of the earth; marks nearer than `cell`, in pixels of a picture of WIDTH, are one with a count."""

    box: MapBox
    cell: float


Together = Callable[[Sequence[Spot]], tuple[str, str]]
"""What one mark for several spots says, and where it leads."""


def picture(
    language: Language,
    spots: Sequence[Spot],
    view: MapSection,
    together: Together,
    here: Callable[..., str],
) -> Picture:
    """Return the picture of a view with these spots. `here(bbox=…)` is the address of the page with another box."""
    box, frame = view.box, MapFrame(view.box, WIDTH)
    placed = [(spot, at) for spot in spots if (at := frame.place(spot.point)) is not None]
    return Picture(
        base_map_url(box),
        frame.width,
        frame.height,
        [_mark(language, frame, cell, together) for cell in _cells(placed, view.cell)],
        list(_areas(frame, placed)),
        list(_moves(language, box, here)),
        _scale(language, frame),
        len(spots) - len(placed),
    )


def nearer_box(spots: Sequence[Spot], shown: MapBox) -> MapBox | None:
    """Return the box in which spots of one mark are apart; None where they share a point."""
    least = around(spot.point for spot in spots)
    if least is None or (least.west, least.south) == (least.east, least.north):
        return None
    return fitted(least.scaled(2), ASPECT, min(_NEAREST, shown.north - shown.south))


def _cells(placed: Iterable[tuple[Spot, Point]], size: float) -> list[list[tuple[Spot, Point]]]:
    """Return spots that lie so near to one another that their marks would overlap, those of the first spot first."""
    found = dict[tuple[int, int], list[tuple[Spot, Point]]]()
    for spot, (x, y) in placed:
        found.setdefault((int(x / size), int(y / size)), []).append((spot, (x, y)))
    return list(found.values())


def _mark(language: Language, frame: MapFrame, cell: Sequence[tuple[Spot, Point]], together: Together) -> Mark:
    """Return the mark of a cell, at the place of its first spot: no point is made up."""
    spots = [spot for spot, _ in cell]
    gravest, (x, y) = max(spots, key=lambda spot: spot.rank), cell[0][1]
    text, href = together(spots) if len(spots) > 1 else (gravest.text, gravest.href)
    count = sum({spot.href: spot.count for spot in spots}.values())
    note = [gravest.name] if len(spots) == 1 and gravest.name else []
    note += [language.number(count)] if count > 1 else []
    return Mark(
        f"{100 * x / frame.width:.2f}%",
        f"{100 * y / frame.height:.2f}%",
        gravest.shape,
        text,
        href,
        min(spot.said for spot in spots),
        " · ".join(note),
    )


def _areas(frame: MapFrame, placed: Iterable[tuple[Spot, Point]]) -> Iterator[Area]:
    """Yield each circle once."""
    found = dict[tuple[int, int, int], int]()
    for spot, (x, y) in placed:
        key = (round(x), round(y), round(frame.kilometres(spot.radius)))
        if spot.radius:
            found[key] = min(spot.said, found.get(key, spot.said))
    yield from (Area(*key, said) for key, said in found.items())


def _scale(language: Language, frame: MapFrame) -> Scale:
    """Return the longest round distance that is no longer than a fifth of the width."""
    longest = frame.width / 5 / frame.kilometres(1)
    power = 10.0 ** math.floor(math.log10(longest))
    distance = max(step * power for step in (1, 2, 5) if step * power <= longest or step == 1)
    told = language.number(round(distance)) if distance >= 1 else language.in_digits(f"{distance:g}")
    length = f"{100 * frame.kilometres(distance) / frame.width:.2f}%"
    return Scale(language.text("%(distance)s km", distance=told), length)


def _moves(language: Language, box: MapBox, here: Callable[..., str]) -> Iterator[MapMove]:
    for name, text, change in _MOVES:
        changed = change(box)
        if name != "out" or box.east - box.west < WORLD.east - WORLD.west:
            yield MapMove(name, language.text(text), here(bbox=changed.text))
    yield MapMove("all", language.text(marked("Show all")), here(bbox=None))
