"""SVG as typed elements: attributes are presentation attributes, texts are escaped, and no style attribute is made."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

SvgAttribute = str | float | None
INK: Final = "#1b1f24"
SOFT: Final = "#4a525c"
LINE: Final = "#d5d2c8"
PAPER: Final = "#ffffff"
BAND: Final = "#16324f"
FONT: Final = "system-ui, 'Noto Sans', 'Noto Sans Arabic', sans-serif"
COLOURS: Final = ("#0072b2", "#b34f00", "#007a5a", "#a8457e", "#6b5b00", "#3d6f9e", "#5a4fa2", "#444444")
"""Colours of sources, those of base.css: 3:1 on white or more, and told apart by the colour-blind."""
SHAPES: Final = (
    "M-5 0A5 5 0 1 0 5 0A5 5 0 1 0 -5 0Z",
    "M-4.5 -4.5H4.5V4.5H-4.5Z",
    "M0 -6L5.5 4.5H-5.5Z",
    "M0 -6.5L6.5 0L0 6.5L-6.5 0Z",
    "M0 6L5.5 -4.5H-5.5Z",
    "M-2 -6H2V-2H6V2H2V6H-2V2H-6V-2H-2Z",
    "M-3 -5.5H3L6 0L3 5.5H-3L-6 0Z",
    "M0 -7L2 -2H7L3 1.5L4.5 6.5L0 3.5L-4.5 6.5L-3 1.5L-7 -2H-2Z",
)
"""Outlines of marks about the origin: disc, square, triangle, diamond, triangle upside down, cross, hexagon, star."""
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
"""Characters that no XML document may contain (XML 1.0, section 2.2)."""


def element(name: str, attributes: Mapping[str, SvgAttribute], *children: str) -> Markup:
    """Return an element; attributes that are None are left out, and children that are no markup are escaped."""
    pairs = "".join(f' {key}="{_value(value)}"' for key, value in attributes.items() if value is not None)
    inner = "".join(_clean(each) for each in children)
    made = f"<{name}{pairs}>{inner}</{name}>" if children else f"<{name}{pairs}/>"
    return Markup(made)  # noqa: S704 - attributes and children are escaped


def group(children: Iterable[Markup], **attributes: SvgAttribute) -> Markup:
    """Return a group of elements; `class_` is its class."""
    return element("g", {key.rstrip("_"): value for key, value in attributes.items()}, Markup().join(children))


def text(x: SvgAttribute, y: float, content: str, attributes: Mapping[str, SvgAttribute] | None = None) -> Markup:
    """Return a line of text, in the direction of its own script and isolated from what is around."""
    common: dict[str, SvgAttribute] = {"x": x, "y": y, "font-size": 12, "fill": INK}
    return element("text", {**common, **(attributes or {})}, isolated(content))


def isolated(content: str) -> Markup:
    """Return a text between FSI and PDI (UAX #9): of its own direction, and turning nothing around it."""
    return Markup(f"\u2068{_clean(content)}\u2069")  # noqa: S704 - it is escaped


def wrapped(content: str, width: int) -> Sequence[str]:
    """Break a text at spaces into lines of at most `width` characters; a longer word is broken."""
    lines, line = list[str](), ""
    for word in content.split():
        for piece in [word[at : at + width] for at in range(0, len(word), width)]:
            if line and len(line) + 1 + len(piece) > width:
                lines.append(line)
                line = ""
            line = f"{line} {piece}" if line else piece
    return [*lines, line] if line else lines


@dataclass(frozen=True)
class PlotFrame:
    """Box of a chart's plot: `width` in pixels, or None for percent of the element's width.

    Time runs as the language is read: from the right where `mirrored`.
    """

    left: float = 0
    top: float = 0
    width: float | None = None
    mirrored: bool = False

    @property
    def anchors(self) -> tuple[str, str]:
        """The text anchors of what follows a point in time, and of what is before it."""
        return ("end", "start") if self.mirrored else ("start", "end")

    def x(self, share: float) -> str:
        """Return the coordinate of a share (0 to 1) of the time."""
        share = 1 - share if self.mirrored else share
        if self.width is None:
            return f"{_short(share * 100)}%"
        return _short(self.left + share * self.width)

    def y(self, y: float) -> float:
        """Return the coordinate of a height within the plot, from its top."""
        return self.top + y

    def at(self, share: float, y: float, *children: Markup) -> Markup:
        """Return what is drawn about the origin, moved to a point of the plot."""
        if self.width is None:
            place: dict[str, SvgAttribute] = {"x": self.x(share), "y": y, "overflow": "visible"}
            return element("svg", place, *children)
        return element("g", {"transform": f"translate({self.x(share)} {_short(self.y(y))})"}, *children)

    def stretched(self, units: int, height: float, *children: Markup) -> Markup:
        """Return paths in a system of `units` over the width; strokes keep their width."""
        place: dict[str, SvgAttribute] = {
            "x": self.left,
            "y": self.top,
            "width": "100%" if self.width is None else self.width,
            "height": height,
            "viewBox": f"0 0 {units} {_short(height)}",
            "preserveAspectRatio": "none",
            "pointer-events": "none",
            "overflow": "visible",
        }
        turned = {"transform": f"translate({units} 0) scale(-1 1)"} if self.mirrored else {}
        return element("svg", place, group(children, **turned))


def mark(rank: int, attributes: Mapping[str, SvgAttribute] | None = None, *, hollow: bool = False) -> Markup:
    """Return the mark of a source: a colour and a shape that no other of the first 64 has together."""
    colour = colour_of(rank)
    shown: dict[str, SvgAttribute] = {
        "d": SHAPES[rank % len(SHAPES)],
        "fill": PAPER if hollow else colour,
        "stroke": colour,
        "stroke-width": 2,
    }
    return element("path", {**shown, **(attributes or {})})


def colour_of(rank: int) -> str:
    """Return the colour of the source of a rank."""
    return COLOURS[(rank + rank // len(SHAPES)) % len(COLOURS)]


def _value(value: SvgAttribute) -> str:
    return _short(value) if isinstance(value, int | float) else _clean(value or "")


def _clean(content: str) -> str:
    """Escape what is no markup, and replace what XML cannot hold."""
    return _NOT_XML.sub("\ufffd", str(escape(content)))


def _short(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
