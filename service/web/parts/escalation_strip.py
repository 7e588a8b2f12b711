"""The escalation strip: a column a day, what happened above what was learned, with phases and turning points."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import groupby
from typing import Final

from babel.dates import format_date

from service.web.api_document import ApiDocument
from service.web.language.labels import label
from service.web.language.languages import Language, instant
from service.web.parts.context import PartContext
from service.web.parts.figures import claim_figure, key_name
from service.web.parts.local_time import zone_of
from service.web.parts.names import Names
from service.web.parts.toll_data import last_moment, milliseconds

DAYS: Final = 400
"""Beyond so many days of which something is known, a column is a week."""
_ROWS: Final = 100
_EACH: Final = 8
_QUIET: Final = 2
"""So many days in a row of which nothing is known are still shown one by one."""


@dataclass(frozen=True)
class Turn:
    """A change of the level by two or more."""

    before: int
    after: int
    text: str


@dataclass(frozen=True)
class Column:
    """A day, or a week; or, with `quiet`, so many days of which nothing is known.

    `level` is None where no event is known. `known` is when the first report of an event was made, `learned` the end of
    the day, as browsers count moments; `more` says what the numeral does not.
    """

    first: date
    last: date
    text: str
    long: str
    quiet: int = 0
    level: int | None = None
    events: int = 0
    known: int | None = None
    reports: int = 0
    learned: int | None = None
    turn: Turn | None = None
    happened_href: str = ""
    learned_href: str = ""
    happened_text: str = ""
    learned_text: str = ""


@dataclass(frozen=True)
class PhaseCell:
    """A phase over `span` columns; none if `level` is None."""

    span: int
    level: int | None
    text: str


@dataclass(frozen=True)
class DayRow:
    """A day in words, for the table: what happened on it, and what was learned on it."""

    day: str
    level: str
    happened: Sequence[str]
    learned: Sequence[str]
    more: int


@dataclass(frozen=True)
class EscalationStrip:
    """Context of the template. `weeks`: a column is a week; `left_out`: number of days without a row in the table."""

    columns: Sequence[Column]
    phases: Sequence[PhaseCell]
    turns: Sequence[str]
    rows: Sequence[DayRow]
    left_out: int
    weeks: bool
    levels: Sequence[tuple[int, str]]


def escalation_strip(context: PartContext, documents: Sequence[ApiDocument]) -> EscalationStrip:
    """Make the strip from the `data` of state/1, timeline/1, claims/1 and escalation/1."""
    state, timeline, claims, escalation = documents
    return _StripMaker(context.language, context.names, state, timeline, claims, escalation, context.here).made()


@dataclass
class _StripMaker:
    language: Language
    names: Names
    state: ApiDocument
    timeline: ApiDocument
    claims: ApiDocument
    escalation: ApiDocument
    link: Callable[..., str]

    def made(self) -> EscalationStrip:
        """Return the strip."""
        columns = list(self._columns())
        days = self._days
        return EscalationStrip(
            columns=columns,
            phases=list(self._phases(columns)),
            turns=[self._turned(each) for each in self.escalation["turning_points"]],
            rows=[self._row(day) for day in days[:_ROWS]],
            left_out=max(len(days) - _ROWS, 0),
            weeks=self.weeks,
            levels=[(each, self._level_name(each)) for each in range(6)],
        )

    @cached_property
    def _happened(self) -> dict[date, ApiDocument]:
        return {date.fromisoformat(each["day"]): each for each in self.escalation["happened"]}

    @cached_property
    def _learned(self) -> dict[date, ApiDocument]:
        return {date.fromisoformat(each["day"]): each for each in self.escalation["learned"]}

    @cached_property
    def _days(self) -> list[date]:
        return sorted({*self._happened, *self._learned})

    @property
    def weeks(self) -> bool:
        """Whether a column is a week."""
        return len(self._days) > DAYS

    @cached_property
    def _turns(self) -> dict[date, ApiDocument]:
        return {date.fromisoformat(each["day"]): each for each in self.escalation["turning_points"]}

    @cached_property
    def _reported(self) -> dict[str, datetime]:
        entries = self.timeline["entries"]
        return {
            each["report_id"]: instant(each["reported"]["latest"]) for each in entries if each["reported"]["latest"]
        }

    def _columns(self) -> Iterator[Column]:
        """Yield the columns; longer runs of days of which nothing is known are one that says how many."""
        spans = self._weeks() if self.weeks else [(day, day) for day in self._days]
        for before, (first, last) in zip([None, *spans], spans, strict=False):
            quiet = (first - before[1]).days - 1 if before else 0
            if quiet > _QUIET:
                yield self._quiet(first - timedelta(days=quiet), quiet)
            else:
                yield from (self._column(day, day) for day in _days(first - timedelta(days=quiet), quiet))
            yield self._column(first, last)

    def _weeks(self) -> list[tuple[date, date]]:
        """Return the weeks, from Monday on, that have a day of which something is known."""
        mondays = sorted({day - timedelta(days=day.weekday()) for day in self._days})
        return [(monday, monday + timedelta(days=6)) for monday in mondays]

    def _quiet(self, first: date, days: int) -> Column:
        said = self.language.plural("%(number)s day", "%(number)s days", days)
        long = self.language.plural(
            "%(number)s day of which nothing is known", "%(number)s days of which nothing is known", days
        )
        return Column(first, first + timedelta(days=days - 1), said, long, quiet=days)

    def _column(self, first: date, last: date) -> Column:
        days = list(_days(first, (last - first).days + 1))
        happened = [self._happened[day] for day in days if day in self._happened]
        learned = [self._learned[day] for day in days if day in self._learned]
        events = sum(len(each["events"]) for each in happened)
        reports = sum(each["reports"] for each in learned)
        level = max((each["level"] for each in happened), default=None)
        said = [
            self._reported[each]
            for row in happened
            for event in row["events"]
            for each in event["reports"]
            if each in self._reported
        ]
        turn = next((self._turns[day] for day in days if day in self._turns), None)
        end = last_moment(last.isoformat(), zone_of(self.state))
        name = self.language.day(first) if first == last else self._range(first, last)
        anchor = next((day for day in days if day in self._happened), first).isoformat()
        return Column(
            first,
            last,
            self._short(first),
            name,
            level=level,
            events=events,
            known=milliseconds(min(said)) if said else None,
            reports=reports,
            learned=milliseconds(end) if end and learned else None,
            turn=Turn(turn["from"], turn["to"], self._turned(turn)) if turn else None,
            happened_href=f"{self.link(order=None)}#day-{anchor}",
            learned_href=f"{self.link(order='reported')}#day-{days[0].isoformat()}",
            happened_text=self._happened_text(name, level, events) if level is not None else "",
            learned_text=self._learned_text(name, reports) if learned else "",
        )

    def _happened_text(self, day: str, level: int, events: int) -> str:
        return self.language.text(
            "%(day)s: level %(level)s, %(events)s",
            day=day,
            level=self.language.number(level),
            events=self.language.plural("%(number)s event", "%(number)s events", events),
        )

    def _learned_text(self, day: str, reports: int) -> str:
        return self.language.text(
            "Said on %(day)s: %(reports)s",
            day=day,
            reports=self.language.plural("%(number)s report", "%(number)s reports", reports),
        )

    def _phases(self, columns: Sequence[Column]) -> Iterator[PhaseCell]:
        """Yield the phases over the columns that they reach, with what lies between them."""
        found = [
            (date.fromisoformat(each["from"]), date.fromisoformat(each["to"]), each["level"])
            for each in self.escalation["phases"]
        ]

        def phase_of(column: Column) -> tuple[date, date, int] | None:
            return next((each for each in found if each[0] <= column.last and column.first <= each[1]), None)

        for phase, each in groupby(columns, phase_of):
            span = len(list(each))
            if phase is None:
                yield PhaseCell(span, None, "")
            else:
                yield PhaseCell(span, phase[2], self._phase_text(*phase))

    def _phase_text(self, first: date, last: date, level: int) -> str:
        days = self.language.day(first) if first == last else self._range(first, last)
        return self.language.text("%(days)s: level %(level)s", days=days, level=self.language.number(level))

    def _range(self, first: date, last: date) -> str:
        return self.language.text("%(first)s to %(last)s", first=self.language.day(first), last=self.language.day(last))

    def _turned(self, turn: ApiDocument) -> str:
        number = self.language.number
        return self.language.text(
            "%(day)s: from level %(before)s to level %(after)s",
            day=self.language.day(turn["day"]),
            before=number(turn["from"]),
            after=number(turn["to"]),
        )

    def _level_name(self, level: int) -> str:
        return label(self.language, "level", str(level))

    def _short(self, day: date) -> str:
        several = self._days[0].year != self._days[-1].year
        return self.language.in_digits(format_date(day, "d MMM y" if several else "d MMM", locale=self.language.locale))

    def _row(self, day: date) -> DayRow:
        happened, learned = self._happened.get(day), self._learned.get(day)
        events = [self._event(each) for each in happened["events"]] if happened else []
        figures = [self._change(each) for each in learned["figures"]] if learned else []
        reports = learned["reports"] if learned else 0
        said = [self.language.plural("%(number)s report", "%(number)s reports", reports)] if reports else []
        level = self.language.number(happened["level"]) if happened else ""
        more = max(len(events) - _EACH, 0) + max(len(figures) - _EACH, 0)
        return DayRow(self.language.day(day), level, events[:_EACH], [*said, *figures[:_EACH]], more)

    def _event(self, event: ApiDocument) -> str:
        return self.language.comma.join(label(self.language, "kind", each) for each in event["kinds"])

    @cached_property
    def _by_ref(self) -> dict[str, ApiDocument]:
        return {each["claim"]: each for each in self.claims["claims"]}

    def _change(self, change: ApiDocument) -> str:
        """Return what a source newly said: whom it counted, and how many."""
        key = key_name(self.language, change, self.names)
        source = self.names.source(change["source"])
        if change["after"] is None:
            return self.language.text("%(source)s no longer gives a figure (%(key)s)", source=source, key=key)
        figure = self._figure(change["after"])
        return self.language.text("%(key)s: %(figure)s (%(source)s)", key=key, figure=figure, source=source)

    def _figure(self, after: ApiDocument) -> str:
        claim = self._by_ref.get(after["claim"])
        ends = dict.fromkeys(("lower", "upper", "best"), after["figure"])
        return claim_figure(self.language, claim or {**ends, **after})


def _days(first: date, number: int) -> Iterator[date]:
    return (first + timedelta(days=each) for each in range(number))
