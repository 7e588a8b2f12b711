"""The toll over time: a chart of one key, the list of who said what first, and the tables behind it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final

import orjson
from markupsafe import Markup

from service.web.language.labels import label
from service.web.language.languages import Language, instant
from service.web.parts.chart_axes import FigureAxis, TimeAxis, time_axis
from service.web.parts.context import PartContext
from service.web.parts.figures import key_name, population_name
from service.web.parts.keys import Key, key_of
from service.web.parts.listing import FilterChoice, choices
from service.web.parts.names import Names
from service.web.parts.svg import PlotFrame, SvgAttribute, element, mark
from service.web.parts.toll_data import ChartClock, ClaimReader, Dot, Step, TollDocuments, milliseconds, steps_of
from service.web.parts.toll_drawing import HEIGHT, Drawing, ReportLink

PAGE: Final = 200
"""Rows of a table on one page."""
WINDOWS: Final = (14, 90)
"""Numbers of days from the first figure on that the chart can be limited to, where all of it is three times as long."""
_LONGER: Final = 3


@dataclass(frozen=True)
class TollChoice:
    """Parameters of the chart in the address. `until` is the end of the reading on the reported clock."""

    key: Key | None
    clock: ChartClock = "reported"
    log: bool = False
    window: int | None = None
    page: int = 1
    until: str | None = None


@dataclass(frozen=True)
class ChartOption:
    """A link that changes one choice."""

    name: str
    href: str
    chosen: bool


@dataclass(frozen=True)
class Voice:
    """A source in the order in which they first gave a figure: its mark, its first figure, and how many it gave."""

    mark: Markup
    rank: int
    source: str
    day: str
    words: str
    at: int
    given: int


@dataclass(frozen=True)
class StepRow:
    """A step in words, for the table; `sources` are those whose claims moved the estimate."""

    when: str
    least: str
    most: str
    breaks: bool
    sources: Sequence[str]


@dataclass(frozen=True)
class TollChart:
    """Context of the template. `title` is empty where nothing is counted; `hidden`: number of dots after the window."""

    title: str
    summary: str
    plot: Markup
    axis: Markup
    drawing: Drawing | None
    choice: TollChoice
    clocks: Sequence[ChartOption]
    scales: Sequence[ChartOption]
    windows: Sequence[ChartOption]
    measures: Sequence[FilterChoice]
    populations: Sequence[FilterChoice]
    keys: Sequence[ChartOption]
    parts: Sequence[ChartOption]
    voices: Sequence[Voice]
    rows: Sequence[Dot]
    total: int
    steps: Sequence[StepRow]
    pages: Sequence[ChartOption]
    hidden: int
    recorded_only: bool


def choice_of(key: Key | None, param: Callable[[str], str | None], until: str | None = None) -> TollChoice:
    """Return what a query says of the chart; what it cannot mean counts as not said."""
    return TollChoice(
        key,
        clock="recorded" if param("clock") == "recorded" else "reported",
        log=param("scale") == "log",
        window=_whole(param("window")),
        page=max(_whole(param("toll_page")) or 1, 1),
        until=until,
    )


def _whole(said: str | None) -> int | None:
    """Return a whole number of at most five digits; None for anything else."""
    return int(said) if said and re.fullmatch("[0-9]{1,5}", said) else None


def toll_chart(context: PartContext, documents: TollDocuments, choice: TollChoice) -> TollChart:
    """Make the chart of a key."""

    def report(known: str) -> str:
        return context.link(f"/reports/{known}")

    return _TollChartMaker(context.language, context.names, documents, choice, context.here, report).made()


def file_drawing(
    language: Language, names: Names, documents: TollDocuments, choice: TollChoice
) -> tuple[Drawing, list[Voice]]:
    """Return the drawing of a key and its voices for a file: nothing that was said later, and no links."""
    maker = _TollChartMaker(language, names, documents, choice, _nowhere, None)
    return maker.drawing(ended=False), maker.voices


@dataclass
class _TollChartMaker:
    language: Language
    names: Names
    documents: TollDocuments
    choice: TollChoice
    link: Callable[..., str]
    report: ReportLink | None

    def made(self) -> TollChart:
        """Return the chart; without a key, or with nothing said of it, one without a drawing."""
        drawing = self.drawing(ended=True) if self.dots or self.steps else None
        told = [dot for dot in self.every_dot if not dot.later]
        start = (self.choice.page - 1) * PAGE
        return TollChart(
            title=key_name(self.language, self.choice.key.document, self.names) if self.choice.key else "",
            summary=self._summary(told),
            plot=self._plot(drawing) if drawing else Markup(),
            axis=self._axis(drawing) if drawing else Markup(),
            drawing=drawing,
            choice=self.choice,
            clocks=self._clocks(),
            scales=self._scales(),
            windows=self._windows(),
            measures=self._measures(),
            populations=self._populations(),
            keys=self._keys(whole=True),
            parts=self._keys(whole=False),
            voices=self.voices,
            rows=told[start : start + PAGE],
            total=len(told),
            steps=[self._row(step) for step in self._told_steps()[start : start + PAGE]],
            pages=self._pages(max(len(told), len(self._told_steps()))),
            hidden=sum(not dot.later for dot in self.every_dot) - sum(not dot.later for dot in self.dots),
            recorded_only=self.choice.clock == "recorded",
        )

    @cached_property
    def until(self) -> datetime | None:
        """Where the reading ends on the chart's clock; None for now."""
        return instant(self.choice.until) if self.choice.until and self.choice.clock == "reported" else None

    @cached_property
    def every_dot(self) -> list[Dot]:
        """All claims of the key."""
        return self._reader.dots() if self._reader else []

    @cached_property
    def _reader(self) -> ClaimReader | None:
        key = self.choice.key
        return ClaimReader(self.language, self.names, self.documents, key, self.choice.clock) if key else None

    @cached_property
    def every_step(self) -> list[Step]:
        """All steps of the key."""
        return steps_of(self.documents.tolls, self.choice.key, self.choice.clock) if self.choice.key else []

    @cached_property
    def _moments(self) -> list[datetime]:
        return sorted([*(dot.at for dot in self.every_dot), *(step.at for step in self.every_step)])

    @cached_property
    def _end(self) -> datetime | None:
        """Where the window ends; None if all is shown."""
        if not self._moments or self.choice.window not in self._fitting_windows():
            return None
        return self._moments[0] + timedelta(days=self.choice.window or 0)

    @cached_property
    def dots(self) -> list[Dot]:
        """The claims within the window."""
        return [dot for dot in self.every_dot if self._end is None or dot.at <= self._end]

    @cached_property
    def steps(self) -> list[Step]:
        """The steps within the window."""
        return [step for step in self.every_step if self._end is None or step.at <= self._end]

    def _told_steps(self) -> list[Step]:
        return [step for step in self.every_step if self.until is None or step.at <= self.until]

    @cached_property
    def time(self) -> TimeAxis:
        """The axis of time, of all that was said within the window."""
        return time_axis([*(dot.at for dot in self.dots), *(step.at for step in self.steps)], self.documents.zone)

    def drawing(self, *, ended: bool) -> Drawing:
        """Return the drawing, with the end of the reading marked if `ended`."""
        figures = [end for step in self.steps for end in (step.lower, step.upper) if end is not None]
        figures += [
            end
            for dot in self.dots
            if dot.lane == "plot"
            for end in (dot.figure, dot.lower, dot.upper)
            if end is not None
        ]
        axis = FigureAxis(max(figures, default=0), HEIGHT, self.choice.log)
        return Drawing(
            self.language, self.steps, self.dots, self.time, axis, self.until if ended else None, self.report
        )

    def _plot(self, drawing: Drawing) -> Markup:
        attributes: dict[str, SvgAttribute] = {
            "class": "plot",
            "direction": "ltr",
            "role": "group",
            "aria-labelledby": "toll_chart-title",
            "height": drawing.height,
            "width": "100%",
            "data-start": str(milliseconds(self.time.start)),
            "data-end": str(milliseconds(self.time.end)),
            "data-clock": self.choice.clock,
            "data-mirrored": "" if self._mirrored else None,
        }
        return element("svg", attributes, drawing.plot(PlotFrame(mirrored=self._mirrored)))

    def _axis(self, drawing: Drawing) -> Markup:
        attributes = {
            "class": "figures",
            "direction": "ltr",
            "aria-hidden": "true",
            "height": drawing.height,
            "width": 56,
        }
        x, anchor = (6, "start") if self._mirrored else (50, "end")
        return element("svg", attributes, drawing.labels(x, anchor))

    @property
    def _mirrored(self) -> bool:
        return self.language.direction == "rtl"

    def _summary(self, told: Sequence[Dot]) -> str:
        sources = len({dot.rank for dot in told})
        return self.language.text(
            "%(claims)s from %(sources)s.",
            claims=self.language.plural("%(number)s figure", "%(number)s figures", len(told)),
            sources=self.language.plural("%(number)s source", "%(number)s sources", sources),
        )

    @cached_property
    def voices(self) -> list[Voice]:
        """The sources in the order in which they first gave a figure that was not taken back."""
        found: dict[int, list[Dot]] = {}
        for dot in sorted((each for each in self.every_dot if not each.later), key=_taken_back):
            found.setdefault(dot.rank, []).append(dot)
        return sorted((self._voice(dots) for dots in found.values()), key=lambda voice: (voice.at, voice.rank))

    def _voice(self, dots: Sequence[Dot]) -> Voice:
        first = dots[0]
        drawn = element(
            "svg",
            {"class": "mark", "viewBox": "-9 -9 18 18", "width": 18, "height": 18, "aria-hidden": "true"},
            mark(first.rank),
        )
        return Voice(drawn, first.rank, first.source, first.day, first.words, milliseconds(first.at), len(dots))

    def _row(self, step: Step) -> StepRow:
        language = self.language
        named = [self._reader.source_of(claim) for claim in step.moved_by] if self._reader else []
        most = language.text("open") if step.upper_open else "" if step.upper is None else language.number(step.upper)
        return StepRow(
            when=self._when(step),
            least="" if step.lower is None else language.number(step.lower),
            most=most,
            breaks=step.breaks,
            sources=list(dict.fromkeys(each for each in named if each)),
        )

    def _when(self, step: Step) -> str:
        moment = self.language.moment(step.at, self.documents.zone)
        if step.position is None:
            return moment
        position = self.language.number(step.position)
        return self.language.text("%(moment)s, position %(position)s", moment=moment, position=position)

    def _clocks(self) -> list[ChartOption]:
        names: list[tuple[ChartClock, str]] = [
            ("reported", self.language.text("by when it was said")),
            ("recorded", self.language.text("by when it was recorded here")),
        ]
        return [
            ChartOption(name, self._here(clock=None if clock == "reported" else clock), self.choice.clock == clock)
            for clock, name in names
        ]

    def _scales(self) -> list[ChartOption]:
        return [
            ChartOption(self.language.text("even scale"), self._here(scale=None), not self.choice.log),
            ChartOption(
                self.language.text("small figures spread (logarithmic)"), self._here(scale="log"), self.choice.log
            ),
        ]

    def _fitting_windows(self) -> list[int]:
        span = self._moments[-1] - self._moments[0] if self._moments else timedelta()
        return [days for days in WINDOWS if span > timedelta(days=days) * _LONGER]

    def _windows(self) -> list[ChartOption]:
        if not (fitting := self._fitting_windows()):
            return []
        days = [
            ChartOption(
                self.language.plural("the first day", "the first %(number)s days", each),
                self._here(window=each),
                self.choice.window == each,
            )
            for each in fitting
        ]
        return [ChartOption(self.language.text("the whole time"), self._here(window=None), self._end is None), *days]

    def _measures(self) -> Sequence[FilterChoice]:
        chosen = [self.choice.key.measure] if self.choice.key else []
        return choices(
            ((each.measure, label(self.language, "measure", each.measure)) for each in self._whole()), chosen
        )

    def _populations(self) -> Sequence[FilterChoice]:
        """Return whom figures of the whole incident count, as the query takes them."""
        chosen = [self.choice.key.population] if self.choice.key else []
        named = ((each, self._population(each)) for each in {key.population: None for key in self._whole()})
        return [replace(each, text=self._population(each.value)) for each in choices(named, chosen)]

    def _population(self, canonical: str) -> str:
        counted = population_name(self.language, orjson.loads(canonical), self.names)
        return counted or self.language.text("everyone")

    def _whole(self) -> Sequence[Key]:
        found = (key_of(each) for each in self.documents.tolls["series"])
        return [key for key in found if (key.scope, key.manner) == ("incident", None)]

    def _keys(self, *, whole: bool) -> list[ChartOption]:
        keys = [key_of(each) for each in self.documents.tolls["series"]]
        return [
            ChartOption(
                key_name(self.language, key.document, self.names), self._here(**key.query), key == self.choice.key
            )
            for key in keys
            if (key.scope == "incident") == whole
        ]

    def _pages(self, rows: int) -> list[ChartOption]:
        last = -(-rows // PAGE)
        return [
            ChartOption(self.language.number(each), self._here(toll_page=each), each == self.choice.page)
            for each in range(1, last + 1)
            if last > 1
        ]

    def _here(self, **changes: str | int | None) -> str:
        return f"{self.link(**{'toll_page': None, **changes})}#toll_chart"


def _nowhere(**_changes: str | int | None) -> str:
    return ""


def _taken_back(dot: Dot) -> bool:
    return dot.status == "retracted"
