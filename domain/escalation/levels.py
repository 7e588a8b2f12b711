"""Escalation levels: assignment of events and deaths to local days, and the level of each day.

The levels are ours. HIIK's scale differs; 25 is UCDP's yearly threshold of an armed conflict and 100 the monthly floor
of HDX Signals' alarms, taken here for one day. Level 0 means that nothing was reported, not that it was calm.
A toll that accumulates is never differenced into days: those newly reported on a day were not killed on it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, tzinfo

from domain.escalation.occurrences import Event, EventSummary, events_of, local_day, offset_of, summaries_of
from domain.estimates.claim_index import ClaimSnapshot, GradedClaim
from domain.estimates.estimate import IMPROBABLE, UNRELIABLE, CitedFigure, PolicyClaim
from domain.history.history import History
from domain.reports.claims.claim import (
    INCIDENT_SCOPE,
    ClaimKey,
    ResolvedClaim,
    event_scope,
    latest,
    qualified_scope,
)
from domain.values.time.clocks import Span, begins_after, parse_occurred

NOTHING, TENSION, VIOLENCE = 0, 1, 2
ATTACKS, ATTACKS_LEVEL = 3, 3
THRESHOLDS = ((100, 5), (25, 4), (5, 3), (1, VIOLENCE))
"""(least number of dead on a day, level); three or more attacks are level 3 too."""
_FROM_HIGHEST = (5, 4, 3, VIOLENCE, TENSION)


@dataclass(slots=True)
class Day:
    """One local day: its events, and the greatest figure claimed for the day itself."""

    day: date
    events: list[Event] = field(default_factory=list[Event])
    claim: CitedFigure | None = None

    @property
    def level(self) -> int:
        """The level of the day, 0 to 5."""
        return level_of(Counter(event.tier for event in self.events), self._dead)

    @property
    def _dead(self) -> int:
        """The greater of the day's own claim and the sum over its events; sets the level, never printed."""
        return max(
            self.claim.figure if self.claim else 0, sum(event.least.figure for event in self.events if event.least)
        )


def level_of(tiers: Counter[str], dead: int) -> int:
    """Return the level of a day from its number of events per tier and its least number of dead."""
    attacks = tiers["violence"]
    by_events = (
        ATTACKS_LEVEL if attacks >= ATTACKS else VIOLENCE if attacks else TENSION if tiers["tension"] else NOTHING
    )
    return max(by_events, next((level for least, level in THRESHOLDS if dead >= least), NOTHING) if dead else NOTHING)


@dataclass(frozen=True, slots=True)
class UndatedClaim:
    """A claim on deaths that spans several days or has an open period (`period`, UTC).

    `offset` is that of the incident whose scope the claim has.
    """

    claim: PolicyClaim
    period: Span
    offset: tzinfo


@dataclass(frozen=True, slots=True)
class Chronology:
    """Days with an event or a claim of their own, in order; and claims without a single day."""

    days: Sequence[Day]
    undated: Sequence[UndatedClaim]


@dataclass(slots=True)
class _DayTotals:
    """Inputs of a day's level: number of events per tier, and sum of their least numbers of dead."""

    tiers: Counter[str] = field(default_factory=Counter[str])
    dead: int = 0


_NO_EVENTS = _DayTotals()


class DayLevels:
    """Incremental index of days and levels, updated by event and by key.

    An event counts on the first day of the narrowest `occurred` of its reports; without a beginning it has no day.
    Its day is in its own incident's offset: merging or moving never changes it. Figures of the whole incident, or of
    more, are left out; so are increments, and claims on a period that had not begun when they were reported.
    """

    def __init__(self, history: History) -> None:
        self._history = history
        self._summaries: dict[str, EventSummary] = {}
        self._contributions: dict[str, tuple[date, str, int]] = {}
        self._highest_lower_bounds: dict[ClaimKey, CitedFigure | None] = {}
        self._keys_of: dict[str, set[ClaimKey]] = {}
        self._keys_on: dict[date, set[ClaimKey]] = {}
        self._day_of_key: dict[ClaimKey, date] = {}
        self._totals: dict[date, _DayTotals] = {}
        self._levels: dict[date, int] = {}
        self._days_per_level = [0] * (1 + _FROM_HIGHEST[0])
        self._highest: int | None = None
        self._stale: set[date] = set()
        self._stale_events: set[str] = set()

    def copy(self, history: History) -> "DayLevels":
        """Return an independent copy for another history, whose scopes, time zones and periods must be the same."""
        copied = DayLevels(history)
        copied._summaries, copied._contributions = dict(self._summaries), dict(self._contributions)
        copied._highest_lower_bounds, copied._day_of_key = dict(self._highest_lower_bounds), dict(self._day_of_key)
        copied._keys_of = {label: set(keys) for label, keys in self._keys_of.items()}
        copied._keys_on = {day: set(keys) for day, keys in self._keys_on.items()}
        copied._totals = {day: _DayTotals(each.tiers.copy(), each.dead) for day, each in self._totals.items()}
        copied._levels, copied._days_per_level = dict(self._levels), list(self._days_per_level)
        copied._highest = self._highest
        copied._stale, copied._stale_events = set(self._stale), set(self._stale_events)
        return copied

    def set_event(self, label: str, event: Event | EventSummary | None) -> None:
        """Set an event; None: it has no counting report."""
        before, summary = self._summaries.pop(label, None), None
        if event is not None:
            summary = event if isinstance(event, EventSummary) else EventSummary(event.span, event.tier)
            self._summaries[label] = summary
        if (before and before.span) != (summary and summary.span):
            for key in self._keys_of.get(label, ()):
                self._assign_day(key, label, None)
        self._stale_events.add(label)

    def set_claims(self, key: ClaimKey, claims: Iterable[GradedClaim]) -> None:
        """Set the current claims of a key; only keys of `killed` matter."""
        if key.measure != "killed":
            return
        label, span = _event_or_period(self._history, key)
        if label is None and span is None and key not in self._day_of_key:
            return  # the common case: the whole incident
        self._assign_day(key, label, span)
        if span is not None:
            claims = (each for each in claims if not begins_after(span, latest(each[0].reported)))
        if label is not None:
            self._highest_lower_bounds[key] = _highest_lower_bound(claims)
            self._keys_of.setdefault(label, set()).add(key)
            self._stale_events.add(label)
        elif key in self._day_of_key:
            self._highest_lower_bounds[key] = _highest_lower_bound(claims)

    def span_of(self, key: ClaimKey) -> Span | None:
        """Return the time that claims of a key cover, if that is known."""
        label, span = _event_or_period(self._history, key)
        return self._span(label, span)

    def days(self, events: Mapping[str, Event]) -> list[Day]:
        """Return the days with one of `events` or a claim of their own, in order."""
        self._refresh()
        found: dict[date, Day] = {}
        for label in sorted(self._contributions):
            day = self._contributions[label][0]
            event = replace(events[label], least=self._least_of(label))
            found.setdefault(day, Day(day)).events.append(event)
        for day in self._keys_on:
            if (claim := self._claim_on(day)) is not None:
                found.setdefault(day, Day(day)).claim = claim
        return [found[day] for day in sorted(found)]

    @property
    def highest(self) -> int | None:
        """The highest level of any day; None where no day has violence or tension."""
        self._refresh()
        return self._highest

    @property
    def levels(self) -> Mapping[date, int]:
        """The levels of the days that have violence or tension, in no order."""
        self._refresh()
        return self._levels

    def _refresh(self) -> None:
        for label in self._stale_events:
            self._update_contribution(label)
        self._stale_events.clear()
        if self._stale:
            for day in self._stale:
                totals, claim = self._totals.get(day, _NO_EVENTS), self._claim_on(day)
                level = level_of(totals.tiers, max(totals.dead, claim.figure if claim else 0))
                if before := self._levels.pop(day, NOTHING):
                    self._days_per_level[before] -= 1
                if level:
                    self._levels[day] = level
                    self._days_per_level[level] += 1
            self._stale.clear()
            self._highest = next((level for level in _FROM_HIGHEST if self._days_per_level[level]), None)

    def _update_contribution(self, label: str) -> None:
        """Replace an event's contribution to its day."""
        old, new = self._contributions.get(label), self._contribution(label)
        if old == new:
            return
        if old is not None:
            del self._contributions[label]
            self._add(old, -1)
        if new is not None:
            self._contributions[label] = new
            self._add(new, 1)

    def _contribution(self, label: str) -> tuple[date, str, int] | None:
        """Return (day, tier, dead) of an event; None without a day."""
        summary = self._summaries.get(label)
        if summary is None or summary.span is None or summary.span.earliest is None:
            return None
        least = self._least_of(label)
        day = local_day(summary.span.earliest, offset_of(self._history, label))
        return day, summary.tier, least.figure if least else 0

    def _add(self, contribution: tuple[date, str, int], sign: int) -> None:
        day, tier, dead = contribution
        totals = self._totals.get(day)
        if totals is None:
            totals = self._totals[day] = _DayTotals()
        totals.tiers[tier] += sign
        totals.dead += sign * dead
        self._stale.add(day)

    def _span(self, label: str | None, span: Span | None) -> Span | None:
        summary = self._summaries.get(label) if label is not None else None
        return summary.span if summary else span

    def _assign_day(self, key: ClaimKey, label: str | None, span: Span | None) -> None:
        """Assign a key to the one day its claims are about, if any."""
        day = _day_within(self._span(label, span), _offset(self._history, key))
        if day is None:
            self._day_of_key.pop(key, None)
            return
        self._day_of_key[key] = day
        if label is None:
            self._keys_on.setdefault(day, set()).add(key)
            self._stale.add(day)

    def _least_of(self, label: str) -> CitedFigure | None:
        """Return the greatest least number of dead among the keys of an event within one day."""
        keys = self._keys_of.get(label)
        return (
            _greatest((key, self._highest_lower_bounds[key]) for key in keys if key in self._day_of_key)
            if keys
            else None
        )

    def _claim_on(self, day: date) -> CitedFigure | None:
        """Return the greatest figure claimed for a day itself, not for an event on it."""
        keys = self._keys_on.get(day)
        if not keys:
            return None
        bounds = ((key, self._highest_lower_bounds[key]) for key in keys)
        return _greatest((key, least) for key, least in bounds if least is not None and least.figure)


def chronology(history: History, snapshot: ClaimSnapshot) -> Chronology:
    """Build the chronology of the counting claims and reports at one moment."""
    events = events_of(snapshot.counting.values())
    levels, undated = _levels(history, snapshot, events), list[UndatedClaim]()
    for each in snapshot.by_key:
        if each.key.measure == "killed":
            span = levels.span_of(each.key)
            offset = _offset(history, each.key)
            if span is not None and _day_within(span, offset) is None:
                eligible = (claim for claim in each.policy_input.claims if not claim.rated_out)
                undated += [
                    UndatedClaim(claim, span, offset)
                    for claim in eligible
                    if not begins_after(span, latest(claim.resolved.reported))
                ]
    return Chronology(levels.days(events), undated)


def levels_of(history: History, snapshot: ClaimSnapshot) -> Mapping[date, int]:
    """Return the levels of the days of violence or tension at one moment, in no order."""
    return _levels(history, snapshot, summaries_of(snapshot.counting.values())).levels


def _levels(history: History, snapshot: ClaimSnapshot, events: Mapping[str, Event | EventSummary]) -> DayLevels:
    levels = DayLevels(history)
    for label, event in events.items():
        levels.set_event(label, event)
    for each in snapshot.by_key:
        claims = ((claim.resolved, claim.grade, claim.credibility) for claim in each.policy_input.claims)
        levels.set_claims(each.key, claims)
    return levels


def _event_or_period(history: History, key: ClaimKey) -> tuple[str | None, Span | None]:
    """Return the event label or the period of a key; both None where it has neither.

    A declared scope is dated by its period, else by its event; not if it is wider than the incident, or if its
    period is that of documentation.
    """
    label, scope = key.event, key.scope
    declared = history.bounds.get(scope)
    if declared is not None and declared.wider_than != INCIDENT_SCOPE and declared.period_of != "documentation":
        home = key.home
        if declared.period is not None:
            return None, parse_occurred(declared.period, history.incident(home).offset)
        label = declared.event and (qualified_scope(home, event_scope(declared.event)) if home else declared.event)
    return label, None


def _offset(history: History, key: ClaimKey) -> tzinfo:
    """Return the offset of the incident whose scope a key has."""
    return history.offset if key.home is None else history.incident(key.home).offset


def _highest_lower_bound(claims: Iterable[GradedClaim]) -> CitedFigure | None:
    """Return the greatest least figure of claims that are neither in words nor rated out.

    Ties: the better graded source, then the newest.
    """
    highest: tuple[int, str, ResolvedClaim] | None = None
    for claim, grade, credibility in claims:
        least = claim.count.lower
        if least is None or claim.worded or grade == UNRELIABLE or credibility == IMPROBABLE:
            continue
        if highest is None or (least, highest[1], claim.recency_key) > (highest[0], grade, highest[2].recency_key):
            highest = least, grade, claim
    return highest and CitedFigure(highest[0], highest[2].ref)


def _greatest(ends: Iterable[tuple[ClaimKey, CitedFigure | None]]) -> CitedFigure | None:
    """Return the greatest figure, None of nothing; ties: the key with the shortest canonical form."""
    found = [(key, end) for key, end in ends if end is not None]
    if len(found) < 2:  # noqa: PLR2004 - one or none: the common case
        return found[0][1] if found else None
    return min(found, key=lambda each: (-each[1].figure, len(each[0].canonical), each[0].canonical))[1]


def _day_within(span: Span | None, offset: tzinfo) -> date | None:
    """Return the local day that contains a span, None if it spans several or is open."""
    if span is None or span.earliest is None or span.latest is None:
        return None
    start, end = local_day(span.earliest, offset), local_day(span.latest, offset)
    return start if start == end else None
