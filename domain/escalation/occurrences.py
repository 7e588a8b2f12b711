"""Occurrences (events) of an incident, aggregated from counting reports; and local days."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from operator import attrgetter

from msgspec import Struct

from domain.estimates.estimate import CitedFigure
from domain.history.history import History, ReportHistory, ReportVersion
from domain.reports.claims.claim import event_scope, split_scope
from domain.values.time.clocks import Span

TIERS = ("none", "easing", "tension", "violence")
"""From the least to the most: an event is of the highest tier that a report of it states."""
_RANKS = {tier: rank for rank, tier in enumerate(TIERS)}


class EventSummary(Struct, frozen=True, gc=False):
    """Time of an event (UTC: the narrowest `occurred` of its reports) and its highest tier."""

    span: Span | None
    tier: str


@dataclass(slots=True)
class Event:
    """One occurrence with its counting reports; `span` and `tier` as in EventSummary.

    `least` is the greatest least number of dead that an eligible claim gives for it, if it lies within one day.
    """

    label: str
    reports: Sequence[ReportHistory]
    span: Span | None
    tier: str
    least: CitedFigure | None = None


class EventReports:
    """The reports of one event, added and removed one by one; `summary` is their aggregate."""

    __slots__ = ("_narrowest", "reports", "summary")

    def __init__(self) -> None:
        self.reports: dict[str, ReportVersion] = {}
        self.summary = EventSummary(None, TIERS[0])
        self._narrowest: _Narrowness | None = None

    def add(self, ref: str, version: ReportVersion) -> None:
        """Add a report."""
        self.reports[ref] = version
        own = _narrowness(ref, version)
        if own is not None and (self._narrowest is None or own < self._narrowest):
            self._narrowest = own
        tier = max(self.summary.tier, version.tier, key=_RANKS.__getitem__)
        span = self.reports[self._narrowest[-1]].occurred if self._narrowest else None
        if span is not self.summary.span or tier != self.summary.tier:
            self.summary = EventSummary(span, tier)

    def remove(self, ref: str) -> None:
        """Remove a report; aggregates the others again."""
        del self.reports[ref]
        self.summary, self._narrowest = EventSummary(None, TIERS[0]), None
        for other, version in self.reports.items():
            self.add(other, version)


def summaries_of(reports: Iterable[ReportHistory]) -> dict[str, EventSummary]:
    """Return the summaries of the events, by label."""
    found: dict[str, list[ReportHistory]] = {}
    for report in reports:
        if (label := report.current.event) is not None:
            found.setdefault(label, []).append(report)
    return {label: _summary(reports) for label, reports in found.items()}


def events_of(reports: Iterable[ReportHistory]) -> dict[str, Event]:
    """Return the events, by label, in the order of their labels."""
    found: dict[str, list[ReportHistory]] = {}
    for report in reports:
        if report.current.event is not None:
            found.setdefault(report.current.event, []).append(report)
    return {label: _event(label, found[label]) for label in sorted(found)}


_REF = attrgetter("ref")
_ELSEWHERE = f"/{event_scope('')}"
"""Infix of the label of another incident's event."""


def _event(label: str, reports: Sequence[ReportHistory]) -> Event:
    summary = _summary(reports)
    return Event(label, sorted(reports, key=_REF), summary.span, summary.tier)


def _summary(reports: Sequence[ReportHistory]) -> EventSummary:
    if len(reports) == 1:  # most events
        version = reports[0].current
        span = version.occurred
        return EventSummary(None if span is None or span.latest is None else span, version.tier)
    event = EventReports()
    for each in reports:
        event.add(each.ref, each.current)
    return event.summary


_Narrowness = tuple[bool, timedelta, datetime, str]


def _narrowness(ref: str, version: ReportVersion) -> _Narrowness | None:
    """Sort key of a report's `occurred`, narrowest first; ties: the earlier, then by report id.

    Spans without a beginning sort last; None for a span without an end.
    """
    span = version.occurred
    if span is None or span.latest is None:
        return None
    start = span.earliest or span.latest
    return span.earliest is None, span.latest - start, start, ref


def offset_of(history: History, label: str) -> tzinfo:
    """Return the UTC offset of an event's days: that of its own incident."""
    return history.incident(split_scope(label)[0]).offset if _ELSEWHERE in label else history.offset


@lru_cache(maxsize=16_384)
def local_day(moment: datetime, offset: tzinfo) -> date:
    """Return the day of a moment (UTC) in the incident's offset."""
    return moment.astimezone(offset).date()
