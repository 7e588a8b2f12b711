"""The drawing of the toll chart: band and step lines, marks of claims, axes; the same for the page and for a file."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import groupby
from typing import Final

from markupsafe import Markup

from service.web.language.languages import Language
from service.web.parts.chart_axes import FigureAxis, TimeAxis
from service.web.parts.svg import (
    BAND,
    INK,
    LINE,
    PAPER,
    SOFT,
    PlotFrame,
    SvgAttribute,
    colour_of,
    element,
    group,
    mark,
    text,
)
from service.web.parts.thinning import thinned_dots, thinned_steps
from service.web.parts.toll_data import Dot, Lane, Step, milliseconds

HEIGHT: Final = 280
LANE: Final = 46
FOOT: Final = 26
UNITS: Final = 10_000
COLUMNS: Final = 1_000
"""Columns that steps are thinned by: no screen has so many that a chart fills that a step would be missed."""
DOTS: Final = 1_500
_CELL: Final = 8
"""Height of a cell in which dots are thinned, in pixels; across there are `COLUMNS / _CELL`."""

_LAST_WORDS: Final = 0.8
"""Beyond this share of the width there is no room for words after a mark."""
_MANY: Final = 250
_ROOM: Final = UNITS // 12
"""The width that words within the plot need."""

ReportLink = Callable[[str], str]
"""The address of a report by its id."""


@dataclass(frozen=True)
class Drawing:
    """The chart of one key: its steps and dots, drawn in a frame. `until` is where the reading ends, if it does."""

    language: Language
    steps: Sequence[Step]
    dots: Sequence[Dot]
    time: TimeAxis
    figures: FigureAxis
    until: datetime | None
    link: ReportLink | None

    @cached_property
    def lanes(self) -> list[Lane]:
        """The lanes below the plot, where there is something for them."""
        return [lane for lane in ("words", "period") if any(dot.lane == lane for dot in self.dots)]

    @property
    def height(self) -> float:
        """The height of all of it."""
        return HEIGHT + LANE * len(self.lanes) + FOOT

    def plot(self, frame: PlotFrame) -> Markup:
        """Return the plot with its lanes and the axis of time."""
        lanes = [self._ticks(frame), *self._lane_names(frame), self._veil(frame)]
        behind, before = self._band(frame), self._marks(frame)
        if self._dense:
            return Markup().join([self._grid(frame), self._breaks(frame), before, behind, *lanes])
        return Markup().join([self._grid(frame), self._breaks(frame), behind, *lanes, before])

    @property
    def _dense(self) -> bool:
        """Whether there are so many marks that they are small, and the estimate is drawn over them."""
        return len(self.shown) > _MANY

    def labels(self, x: float, anchor: str, top: float = 0) -> Markup:
        """Return the labels of the axis of figures at x: only figures that were said, and its origin."""
        return group(
            text(
                x,
                top + self.figures.y(each) + 4,
                self.language.number(each),
                self._from(each, {"text-anchor": anchor}),
            )
            for each in (0, *self._labelled)
        )

    @cached_property
    def _labelled(self) -> Sequence[int]:
        ends = [end for step in self.steps for end in (step.lower, step.upper) if end is not None]
        return self.figures.labelled(ends, [dot.figure for dot in self.dots if dot.lane == "plot" and dot.figure])

    @cached_property
    def _first_said(self) -> dict[int, datetime]:
        steps = {end: step.at for step in reversed(self.steps) for end in (step.lower, step.upper) if end is not None}
        dots = {dot.figure: dot.at for dot in reversed(self.dots) if dot.figure is not None}
        return {each: min(found[each] for found in (steps, dots) if each in found) for each in {*steps, *dots}}

    def _from(self, figure: int, attributes: dict[str, SvgAttribute]) -> dict[str, SvgAttribute]:
        """Mark what is drawn for a figure with the moment at which it was first said."""
        said = self._first_said.get(figure)
        return {
            **attributes,
            **({"data-at": str(milliseconds(said)), "class": self._class("axis", said)} if said else {}),
        }

    def _class(self, name: str, at: datetime) -> str:
        return f"{name} said-later" if self.until is not None and at > self.until else name

    def _grid(self, frame: PlotFrame) -> Markup:
        ends: dict[str, SvgAttribute] = {"x1": frame.x(0), "x2": frame.x(1)}
        return group(
            element(
                "line",
                self._from(each, {**ends, **_level(frame.y(self.figures.y(each))), "stroke": LINE if each else SOFT}),
            )
            for each in (0, *self._labelled)
        )

    def _breaks(self, frame: PlotFrame) -> Markup:
        """Return a dashed line where the series breaks: nothing leads from what is before to what is after."""
        return group(
            group(
                [
                    element(
                        "line",
                        {
                            "x1": x,
                            "x2": x,
                            "y1": frame.y(14),
                            "y2": frame.y(HEIGHT),
                            "stroke": SOFT,
                            "stroke-dasharray": "2 4",
                        },
                    ),
                    text(
                        x,
                        frame.y(10),
                        self.language.text("break"),
                        {"text-anchor": "middle", "fill": SOFT, "font-size": 11},
                    ),
                ],
                class_=self._class("break", step.at),
                **{"data-at": str(milliseconds(step.at))},
            )
            for step in self.steps
            if step.breaks and 0 <= self.time.share(step.at) <= 1
            for x in [frame.x(self.time.share(step.at))]
        )

    @cached_property
    def thinned(self) -> list[Step]:
        """The steps that are drawn: of each column the first, the last, and the extremes of both ends."""

        def ends(step: Step) -> tuple[float | None, float | None]:
            return step.lower, math.inf if step.upper_open else step.upper

        return thinned_steps(self.steps, lambda step: int(self.time.share(step.at) * COLUMNS), ends)

    def _band(self, frame: PlotFrame) -> Markup:
        runs = list(self._runs())
        fade = element(
            "linearGradient",
            {"id": "or-more", "gradientUnits": "userSpaceOnUse", "x1": 0, "x2": 0, "y1": 0, "y2": HEIGHT},
            element("stop", {"offset": "0", "stop-color": BAND, "stop-opacity": 0.02}),
            element("stop", {"offset": "1", "stop-color": BAND, "stop-opacity": 0.3}),
        )
        closed = "".join(self._box(*run) for run in runs if not run[2].upper_open)
        opened = "".join(self._box(*run) for run in runs if run[2].upper_open)
        common: dict[str, SvgAttribute] = {"fill": "none", "stroke": INK, "vector-effect": "non-scaling-stroke"}
        drawn = [
            element("path", {"class": "band", "d": closed or None, "fill": BAND, "fill-opacity": 0.18}),
            element("path", {"class": "band open", "d": opened or None, "fill": "url(#or-more)"}),
            element(
                "path",
                {
                    "class": "upper",
                    "d": self._line("upper") or None,
                    **common,
                    "stroke-width": 1.5,
                    "stroke-dasharray": "6 3",
                },
            ),
            element("path", {"class": "lower", "d": self._line("lower") or None, **common, "stroke-width": 2.5}),
        ]
        return Markup().join([element("defs", {}, fade), frame.stretched(UNITS, HEIGHT, *drawn), self._or_more(frame)])

    def _runs(self) -> Iterator[tuple[int, int, Step]]:
        """Yield each step with where it begins and ends; the last goes on to the end of the axis."""
        starts = [round(self.time.share(step.at) * UNITS) for step in self.thinned]
        yield from zip(starts, [*starts[1:], UNITS][: len(starts)], self.thinned, strict=True)

    def _box(self, start: int, end: int, step: Step) -> str:
        if step.lower is None and step.upper is None:
            return ""
        top = 0 if step.upper_open or step.upper is None else self.figures.y(step.upper)
        bottom = HEIGHT if step.lower is None else self.figures.y(step.lower)
        return f"M{start} {top:g}H{end}V{bottom:g}H{start}Z"

    def _line(self, end_name: str) -> str:
        """Return the path of one end; it rises where the next step follows, and is cut by breaks and by no figure."""
        path, drawing = list[str](), False
        for start, end, step in self._runs():
            figure = step.lower if end_name == "lower" else None if step.upper_open else step.upper
            if figure is None:
                drawing = False
                continue
            y = self.figures.y(figure)
            path.append(f"V{y:g}H{end}" if drawing and not step.breaks else f"M{start} {y:g}H{end}")
            drawing = True
        return "".join(path)

    def _or_more(self, frame: PlotFrame) -> Markup:
        """Return “or more” at the end of each wider stretch of time without a greatest figure."""
        shown = list[Markup]()
        for opened, runs in groupby(self._runs(), lambda run: run[2].upper_open):
            found = list(runs)
            start, end, begun = found[0][0], found[-1][1], found[0][2].at
            if opened and end - start >= _ROOM:
                attributes: dict[str, SvgAttribute] = {
                    "class": self._class("open", begun),
                    "data-at": str(milliseconds(begun)),
                    "text-anchor": frame.anchors[1],
                    "fill": SOFT,
                    "font-size": 11,
                }
                shown.append(text(frame.x(end / UNITS), frame.y(12), self.language.text("or more"), attributes))
        return group(shown)

    def _ticks(self, frame: PlotFrame) -> Markup:
        foot = HEIGHT + LANE * len(self.lanes)
        return group(
            group(
                [
                    element("line", {"x1": x, "x2": x, "y1": frame.y(HEIGHT), "y2": frame.y(foot + 5), "stroke": LINE}),
                    text(x, frame.y(foot + 20), tick.text, {"text-anchor": "middle", "fill": SOFT}),
                ],
                class_="tick minor" if tick.minor else "tick",
            )
            for tick in self.time.ticks(self.language)
            for x in [frame.x(tick.share)]
        )

    def _lane_names(self, frame: PlotFrame) -> Iterator[Markup]:
        names = {
            "words": self.language.text("Counts in words, no figures"),
            "period": self.language.text("Counts of a period of their own, not totals"),
        }
        for number, lane in enumerate(self.lanes):
            top = frame.y(HEIGHT + LANE * number)
            yield element("line", {"x1": frame.x(0), "x2": frame.x(1), **_level(top + LANE), "stroke": LINE})
            yield text(
                frame.x(0), top + 15, names[lane], {"text-anchor": frame.anchors[0], "fill": SOFT, "font-size": 11}
            )

    def _veil(self, frame: PlotFrame) -> Markup:
        """Return the cursor at the end of the reading, and the veil over what was said later."""
        share = 1.0 if self.until is None else min(max(self.time.share(self.until), 0.0), 1.0)
        height = HEIGHT + LANE * len(self.lanes)
        width = f"{(1 - share) * 100:.2f}%" if frame.width is None else (1 - share) * frame.width
        left = frame.x(1) if frame.mirrored else frame.x(share)
        return group(
            [
                element(
                    "rect",
                    {
                        "class": "veil",
                        "x": left,
                        "y": frame.top,
                        "width": width,
                        "height": height,
                        "fill": PAPER,
                        "fill-opacity": 0.88,
                    },
                ),
                element(
                    "line",
                    {
                        "class": "at",
                        "x1": frame.x(share),
                        "x2": frame.x(share),
                        "y1": frame.top,
                        "y2": frame.y(height),
                        "stroke": "#b35900",
                        "stroke-width": 2,
                    },
                ),
            ],
            class_="cursor" if self.until is not None else "cursor none",
            display=None if self.until is not None else "none",
        )

    @cached_property
    def shown(self) -> list[tuple[Dot, int]]:
        """The dots that are drawn, each with how many more stand for the same spot; those that count go first."""

        def cell(dot: Dot) -> tuple[int, int, str, bool]:
            return int(self.time.share(dot.at) * COLUMNS / _CELL), int(self._y(dot) / _CELL), dot.lane, dot.later

        return thinned_dots(self.dots, DOTS, cell, lambda dot: (dot.hollow, dot.at, dot.claim))

    def _y(self, dot: Dot) -> float:
        if dot.lane == "plot" and dot.figure is not None:
            return self.figures.y(dot.figure)
        return HEIGHT + LANE * self.lanes.index(dot.lane) + 31

    def _marks(self, frame: PlotFrame) -> Markup:
        ends = dict[Lane, float]()
        drawn = list[Markup]()
        for dot, more in self.shown:
            share = self.time.share(dot.at)
            words = ""
            room = share > ends.get(dot.lane, -1) and share < _LAST_WORDS
            if dot.lane != "plot" and room:
                words = dot.words
                ends[dot.lane] = share + 0.03 + 0.014 * len(dot.words)
            drawn.append(self._mark(frame, dot, more, words))
        return group(drawn, class_="dots")

    def _mark(self, frame: PlotFrame, dot: Dot, more: int, words: str) -> Markup:
        sentence = dot.sentence
        if more:
            sentence += " " + self.language.plural("And %(number)s more here.", "And %(number)s more here.", more)
        drawn = [
            element("circle", {"r": 12, "fill": "none", "pointer-events": "all"}),
            *self._whisker(dot),
            mark(dot.rank, {"transform": "scale(0.5)"} if self._dense else None, hollow=dot.hollow),
            *([text(-10 if frame.mirrored else 10, 4, words, {"text-anchor": frame.anchors[0]})] if words else []),
        ]
        inner = frame.at(self.time.share(dot.at), self._y(dot), *drawn)
        attributes: dict[str, SvgAttribute] = {
            "class": self._class("dot hollow" if dot.hollow else "dot", dot.at),
            "data-at": str(milliseconds(dot.at)),
            "data-position": None if dot.position is None else str(dot.position),
            "data-lane": dot.lane,
        }
        if self.link is not None:
            return element(
                "a",
                {**attributes, "href": self.link(dot.report), "tabindex": "-1"},
                element("title", {}, sentence),
                inner,
            )
        return element("g", attributes, element("title", {}, sentence), inner)

    def _whisker(self, dot: Dot) -> Iterator[Markup]:
        """Yield a line between the two ends of a claim, or a stub with an arrow where one end is open."""
        if dot.lane != "plot" or dot.figure is None:
            return
        middle = self.figures.y(dot.figure)
        if dot.lower is not None and dot.upper is not None:
            if dot.lower != dot.upper:
                low, high = (self.figures.y(end) - middle for end in (dot.lower, dot.upper))
                yield element(
                    "path",
                    {
                        "class": "whisker",
                        "d": f"M-4 {low:g}H4M0 {low:g}V{high:g}M-4 {high:g}H4",
                        "stroke": colour_of(dot.rank),
                        "stroke-width": 2,
                        "fill": "none",
                    },
                )
            return
        way = -1 if dot.upper is None else 1
        path = f"M0 0V{way * 16}M-4 {way * 11}L0 {way * 16}L4 {way * 11}"
        yield element("path", {"d": path, "stroke": colour_of(dot.rank), "stroke-width": 1.5, "fill": "none"})


def _level(y: float) -> dict[str, SvgAttribute]:
    return {"y1": y, "y2": y}
