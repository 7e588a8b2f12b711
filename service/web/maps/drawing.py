"""The base map of a box as SVG: sea, land, coasts and borders, simplified to the pixel."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from service.web.assets import release
from service.web.maps.clipping import Rectangle, clip_line, clip_ring, line_path, ring_path
from service.web.maps.frame import LONGITUDES, MapBox, MapFrame, parse_box
from service.web.maps.topology import MapShape, world

WIDTH: Final = 960
"""The width of every picture, in pixels; it is shown at the width there is."""
_DRAWING: Final = 1
"""Counted up with every change of how maps are drawn: it is part of their address."""
_MARGIN: Final = 4.0
_TURNS: Final = (-LONGITUDES, 0.0, LONGITUDES)


def base_map_url(box: MapBox) -> str:
    """Return the address of the base map of a box. Its content never changes."""
    return f"/maps/{version()}/base.svg?bbox={box.text}"


def version() -> str:
    """Return what names the data and the drawing in addresses of maps."""
    return f"{release()}-{_DRAWING}"


def base_map_of(bbox: str) -> str | None:
    """Return the picture of a parameter `bbox`, a document of SVG; None for no box."""
    box = parse_box(bbox)
    return base_map(box) if box else None


@lru_cache(64)
def base_map(box: MapBox) -> str:
    """Return the base map of a box, a document of SVG without scripts or styles that others would need."""
    frame = MapFrame(box, WIDTH)
    drawn = world()
    edges: Rectangle = (-_MARGIN, -_MARGIN, frame.width + _MARGIN, frame.height + _MARGIN)
    land = "".join(ring_path(clip_ring(ring, edges)) for ring in _placed(drawn.land, frame))
    coasts, borders = (
        "".join(line_path(piece) for line in _placed(lines, frame) for piece in clip_line(line, edges))
        for lines in (drawn.coasts, drawn.borders)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {frame.width} {frame.height}"'
        f' width="{frame.width}" height="{frame.height}">'
        f'<rect width="{frame.width}" height="{frame.height}" fill="#dfe8ee"/>'
        f'<path fill="#f7f4ec" fill-rule="evenodd" d="{land}"/>'
        f'<path fill="none" stroke="#8fa3b3" stroke-width="1" d="{coasts}"/>'
        f'<path fill="none" stroke="#a79f8c" stroke-width="1.2" stroke-dasharray="5 3" d="{borders}"/></svg>'
    )


def _placed(shapes: Iterable[MapShape], frame: MapFrame) -> Iterator[list[tuple[float, float]]]:
    """Yield the shapes that reach into the box, in pixels; what lies across the antimeridian too."""
    box = frame.box
    for each in shapes:
        if each.south > box.north or each.north < box.south:
            continue
        for turn in _TURNS:
            if each.west + turn <= box.east and each.east + turn >= box.west:
                yield [frame.project((lon + turn, lat)) for lon, lat in each.line]
