"""The rulebook of escalation: which day an event counts on, who died on it as far as can be said, and its level.

The levels are ours. HIIK's scale differs; 25 is UCDP's yearly threshold of an armed conflict and 100 the monthly floor
of HDX Signals' alarms, taken here for one day. Level 0 says that nothing was reported, not that it was calm.
A toll that accumulates is never differenced into days: those newly reported on a day were not killed on it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, tzinfo

from domain.escalation.occurrences import Event, EventSummary, events_of, local_day, offset_of
from domain.estimates.claim_index import ClaimSnapshot, GradedClaim
from domain.estimates.estimate import IMPROBABLE, UNRELIABLE, CitedFigure, PolicyClaim
from domain.history.history import History
from domain.reports.claims.claim import INCIDENT_SCOPE, Held, Key, event_scope, foreign, home_of, latest
from domain.values.time.clocks import Span, begins_after, parse_occurred

NOTHING, TENSION, VIOLENCE = 0, 1, 2
ATTACKS = 3
THRESHOLDS = ((100, 5), (25, 4), (5, 3), (1, VIOLENCE))
"""So many dead or more on one day are that level; three or more attacks are level 3 too."""

_LEVELS = {"violence": VIOLENCE, "tension": TENSION}


@dataclass(slots=True)
class Day:
    """One day, in the offset of whose events it has: those that count on it, and the greatest figure for the day."""

    day: date
    events: list[Event] = field(default_factory=list[Event])
    claim: CitedFigure | None = None

    @property
    def level(self) -> int:
        """The level of the day, 0 to 5."""
        return level_of(Counter(event.tier for event in self.events), self._dead)

    @property
    def _dead(self) -> int:
        """The greater of the day's own claim and the sum over its events; it sets a level, and is no toll to print."""
        return max(
            self.claim.figure if self.claim else 0, sum(event.least.figure for event in self.events if event.least)
        )


def level_of(tiers: Counter[str], dead: int) -> int:
    """Return the level of a day with so many events of each tier, and so many dead at the least."""
    by_attacks = 3 if tiers["violence"] >= ATTACKS else NOTHING
    by_dead = next((level for least, level in THRESHOLDS if dead >= least), NOTHING) if dead else NOTHING
    return max(by_dead, by_attacks, *[level for tier, level in _LEVELS.items() if tiers[tier] > 0], NOTHING)


@dataclass(frozen=True, slots=True)
class UndatedClaim:
    """A claim on the dead of more than one day, or of no day that can be told; `period` (UTC) is its time.

    `offset` is that of the incident whose scope the claim has: its days are those of that place.
    """

    claim: PolicyClaim
    period: Span
    offset: tzinfo


@dataclass(frozen=True, slots=True)
class Chronology:
    """What happened: the days that have an event or a claim of their own, in order; and claims that no day can have."""

    days: Sequence[Day]
    undated: Sequence[UndatedClaim]


@dataclass(slots=True)
class _DayTotals:
    """What sets the level of a day: how many events of each tier, and the least dead of all its events together."""

    tiers: Counter[str] = field(default_factory=Counter[str])
    dead: int = 0


_NO_EVENTS = _DayTotals()


class DayLevels:
    """What happened on which day, kept true as events are told otherwise and keys are weighed anew.

    An event counts on the first day of the narrowest `occurred` of its reports; without a beginning it has no day.
    Its days are those of the incident whose event it is, so that to merge or to move turns no day into another.
    Figures of the whole incident, or of more than it, say nothing of a day and are left out; so are increments, and
    claims on a period that had not begun when they were reported.
    """

    def __init__(self, history: History) -> None:
        self._history = history
        self._summaries: dict[str, EventSummary] = {}
        self._contributions: dict[str, tuple[date, str, int]] = {}
        self._leasts: dict[Key, CitedFigure | None] = {}
        self._keys_of: dict[str, set[Key]] = {}
        self._keys_on: dict[date, set[Key]] = {}
        self._day_of_key: dict[Key, date] = {}
        self._totals: dict[date, _DayTotals] = {}
        self._levels: dict[date, int] = {}
        self._of_level = Counter[int]()
        self._highest: int | None = None
        self._stale: set[date] = set()

    def set_event(self, label: str, event: Event | EventSummary | None) -> None:
        """Let an event be told so; None: nobody tells of it any more."""
        before, told = self._summaries.pop(label, None), None
        if event is not None:
            told = self._summaries[label] = EventSummary(event.span, event.tier)
        if (before and before.span) != (told and told.span):
            for key in self._keys_of.get(label, ()):
                self._assign_day(key, label, None)
        self._update_contribution(label)

    def set_claims(self, key: Key, said: Iterable[GradedClaim]) -> None:
        """Let this be said under a key now; only what is said of the killed says anything of a day."""
        if key.measure != "killed":
            return
        label, span = _event_or_period(self._history, key)
        if label is None and span is None and key not in self._day_of_key:
            return  # as mostly: it is about the whole incident
        self._assign_day(key, label, span)
        if span is not None:
            said = (each for each in said if not begins_after(span, latest(each[0].reported)))
        if label is not None:
            self._leasts[key] = _least(said)
            self._keys_of.setdefault(label, set()).add(key)
            self._update_contribution(label)
        elif key in self._day_of_key:
            self._leasts[key] = _least(said)

    def span_of(self, key: Key) -> Span | None:
        """Return the time that claims of a key cover, if that is known."""
        label, span = _event_or_period(self._history, key)
        return self._span(label, span)

    def days(self, events: Mapping[str, Event]) -> list[Day]:
        """Return the days that have one of the events that were told, or a claim of their own, in order."""
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
        if self._stale:
            for day in self._stale:
                tally, claim = self._totals.get(day, _NO_EVENTS), self._claim_on(day)
                level = level_of(tally.tiers, max(tally.dead, claim.figure if claim else 0))
                self._of_level[self._levels.pop(day, NOTHING)] -= 1
                if level:
                    self._levels[day] = level
                    self._of_level[level] += 1
            self._stale.clear()
            self._highest = max((level for level, of in self._of_level.items() if of > 0), default=None)

    def _update_contribution(self, label: str) -> None:
        """Let an event count on its day as it is told now."""
        was, now = self._contributions.get(label), self._contribution(label)
        if was == now:
            return
        if was is not None:
            del self._contributions[label]
            self._add(was, -1)
        if now is not None:
            self._contributions[label] = now
            self._add(now, 1)

    def _contribution(self, label: str) -> tuple[date, str, int] | None:
        """Return how an event counts, if it does: its day, its tier and its dead."""
        told = self._summaries.get(label)
        if told is None or told.span is None or told.span.earliest is None:
            return None
        least = self._least_of(label)
        day = local_day(told.span.earliest, offset_of(self._history, label))
        return day, told.tier, least.figure if least else 0

    def _add(self, counted: tuple[date, str, int], times: int) -> None:
        day, tier, dead = counted
        tally = self._totals.get(day)
        if tally is None:
            tally = self._totals[day] = _DayTotals()
        tally.tiers[tier] += times
        tally.dead += times * dead
        self._stale.add(day)

    def _span(self, label: str | None, span: Span | None) -> Span | None:
        told = self._summaries.get(label) if label is not None else None
        return told.span if told else span

    def _assign_day(self, key: Key, label: str | None, span: Span | None) -> None:
        """Find the one day that a key's claims are about, if there is one; of itself, if they are about no event."""
        day = _day_within(self._span(label, span), _offset(self._history, key))
        if day is None:
            self._day_of_key.pop(key, None)
            return
        self._day_of_key[key] = day
        if label is None:
            self._keys_on.setdefault(day, set()).add(key)
            self._stale.add(day)

    def _least_of(self, label: str) -> CitedFigure | None:
        """Return the greatest least number of dead under the keys of an event that lies within one day."""
        keys = self._keys_of.get(label)
        return _greatest((key, self._leasts[key]) for key in keys if key in self._day_of_key) if keys else None

    def _claim_on(self, day: date) -> CitedFigure | None:
        """Return the greatest figure for a day itself, and not for an event on it."""
        keys = self._keys_on.get(day)
        if not keys:
            return None
        own = ((key, self._leasts[key]) for key in keys)
        return _greatest((key, least) for key, least in own if least is not None and least.figure)


def chronology(history: History, weighed: ClaimSnapshot) -> Chronology:
    """Tell what happened on which day, of what counts at one moment, and which claims no day can have."""
    found, events = DayLevels(history), events_of(weighed.counting.values())
    for label, event in events.items():
        found.set_event(label, event)
    undated: list[UndatedClaim] = []
    for each in weighed.keys:
        found.set_claims(
            each.key, ((claim.resolved, claim.grade, claim.credibility) for claim in each.policy_input.claims)
        )
        if each.key.measure == "killed":
            span = found.span_of(each.key)
            offset = _offset(history, each.key)
            if span is not None and _day_within(span, offset) is None:
                counted = (claim for claim in each.policy_input.claims if not claim.rated_out)
                undated += [
                    UndatedClaim(claim, span, offset)
                    for claim in counted
                    if not begins_after(span, latest(claim.resolved.reported))
                ]
    return Chronology(found.days(events), undated)


def days(history: History, weighed: ClaimSnapshot) -> list[Day]:
    """Return the days of violence or tension, in order."""
    return [day for day in chronology(history, weighed).days if day.level > NOTHING]


def _event_or_period(history: History, key: Key) -> tuple[str | None, Span | None]:
    """Return the label of the event that a key is about, if it is about one, or else the time that it covers.

    A declared scope speaks by its period, or else by its event. One that is wider than the incident, or whose
    period is that of counting, covers no time of this incident's deaths.
    """
    label, scope = key.event, key.scope
    declared = history.bounds.get(scope)
    if declared is not None and declared.wider_than != INCIDENT_SCOPE and declared.period_of != "documentation":
        home = home_of(scope)[0]
        if declared.period is not None:
            return None, parse_occurred(declared.period, history.incident(home).offset)
        label = declared.event and (foreign(home, event_scope(declared.event)) if home else declared.event)
    return label, None


def _offset(history: History, key: Key) -> tzinfo:
    """Return the offset of the incident whose scope a key has."""
    home = home_of(key.scope)[0]
    return history.offset if home is None else history.incident(home).offset


def _least(said: Iterable[GradedClaim]) -> CitedFigure | None:
    """Return the greatest least figure that is said in figures and not rated out, with the claim that says it.

    Of equal ones that of the better graded source (A before F) is named, then the newest.
    """
    most: tuple[int, str, Held] | None = None
    for held, grade, credibility in said:
        least = held.count.lower
        if least is None or held.worded or grade == UNRELIABLE or credibility == IMPROBABLE:
            continue
        if most is None or (least, most[1], held.newness) > (most[0], grade, most[2].newness):
            most = least, grade, held
    return most and CitedFigure(most[0], most[2].ref)


def _greatest(ends: Iterable[tuple[Key, CitedFigure | None]]) -> CitedFigure | None:
    """Return the greatest figure; of equal ones that of the key which says least of whom it counts; None of nothing."""
    found = [(key, end) for key, end in ends if end is not None]
    if len(found) < 2:  # noqa: PLR2004 - one or none, as mostly
        return found[0][1] if found else None
    return min(found, key=lambda each: (-each[1].figure, len(each[0].canonical), each[0].canonical))[1]


def _day_within(span: Span | None, offset: tzinfo) -> date | None:
    """Return the one local day that a span lies within, None if there is none."""
    if span is None or span.earliest is None or span.latest is None:
        return None
    start, end = local_day(span.earliest, offset), local_day(span.latest, offset)
    return start if start == end else None
