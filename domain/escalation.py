"""The rulebook of escalation: which day an event counts on, who died on it as far as can be said, and its level.

The levels are ours. HIIK's scale differs; 25 is UCDP's yearly threshold of an armed conflict and 100 the monthly floor
of HDX Signals' alarms, taken here for one day. Level 0 says that nothing was reported, not that it was calm.
A toll that accumulates is never differenced into days: those newly reported on a day were not killed on it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timezone

from domain.claims import INCIDENT_SCOPE, event_of_scope, event_scope, foreign, home_of
from domain.clocks import Span, parse_occurred
from domain.estimates import IMPROBABLE, UNRELIABLE, End, Standing
from domain.events import Event, events_of, local_day
from domain.incident.history import History
from domain.weighing import Weighed

NOTHING, TENSION, VIOLENCE = 0, 1, 2
ATTACKS = 3
THRESHOLDS = ((100, 5), (25, 4), (5, 3), (1, VIOLENCE))
"""So many dead or more on one day are that level; three or more attacks are level 3 too."""

_LEVELS = {"violence": VIOLENCE, "tension": TENSION}


@dataclass(slots=True)
class Day:
    """One day in the incident's offset: the events that count on it, and the greatest figure for the day itself."""

    day: date
    events: list[Event] = field(default_factory=list[Event])
    claim: End | None = None

    @property
    def level(self) -> int:
        """The level of the day, 0 to 5."""
        tiers = [event.tier for event in self.events]
        by_attacks = 3 if tiers.count("violence") >= ATTACKS else NOTHING
        by_dead = next((level for dead, level in THRESHOLDS if self._dead >= dead), NOTHING)
        return max(by_dead, by_attacks, *(_LEVELS.get(tier, NOTHING) for tier in tiers), NOTHING)

    @property
    def _dead(self) -> int:
        """The greater of the day's own claim and the sum over its events; it sets a level, and is no toll to print."""
        return max(
            self.claim.figure if self.claim else 0, sum(event.least.figure for event in self.events if event.least)
        )


@dataclass(frozen=True, slots=True)
class Undated:
    """A claim on the dead of more than one day, or of no day that can be told; `period` (UTC) is its time."""

    claim: Standing
    period: Span


@dataclass(frozen=True, slots=True)
class Account:
    """What happened: the days that have an event or a claim of their own, in order; and claims that no day can have."""

    days: Sequence[Day]
    undated: Sequence[Undated]


def account(history: History, weighed: Weighed) -> Account:
    """Tell what happened on which day, of what counts at one moment.

    An event counts on the first day of the narrowest `occurred` of its reports; without a beginning it has no day.
    Figures of the whole incident, or of more than it, say nothing of a day and are left out; so are increments.
    """
    events = events_of(weighed.speaking.values())
    found: dict[date, Day] = {}
    for event in events.values():
        if event.span is not None and event.span.earliest is not None:
            day = local_day(event.span.earliest, history.offset)
            found.setdefault(day, Day(day)).events.append(event)
    undated: list[Undated] = []
    for each in weighed.keyed:
        if each.key.measure == "killed":
            event, span = _place(history, each.key.scope, events)
            claims = [claim for claim in each.question.claims if _eligible(claim)]
            day = _day_within(span, history.offset)
            if day is not None:
                _count(found, day, event, _least(claims))
            elif span is not None:
                undated += [Undated(claim, span) for claim in claims]
    return Account([found[day] for day in sorted(found)], undated)


def days(history: History, weighed: Weighed) -> list[Day]:
    """Return the days of violence or tension, in order."""
    return [day for day in account(history, weighed).days if day.level > NOTHING]


def _place(history: History, scope: str, events: Mapping[str, Event]) -> tuple[Event | None, Span | None]:
    """Return the event that a scope is about, if it is about one, and the time that it covers, if that is known.

    A declared scope speaks by its period, or else by its event. One that is wider than the incident, or whose
    period is that of counting, covers no time of this incident's deaths.
    """
    label, declared = event_of_scope(scope), history.bounds.get(scope)
    if declared is not None and declared.wider_than != INCIDENT_SCOPE and declared.period_of != "documentation":
        home = home_of(scope)[0]
        if declared.period is not None:
            return None, parse_occurred(declared.period, history.home(home).offset)
        label = declared.event and (foreign(home, event_scope(declared.event)) if home else declared.event)
    event = events.get(label) if label is not None else None
    return event, event.span if event else None


def _count(found: dict[date, Day], day: date, event: Event | None, least: End | None) -> None:
    """Let a figure stand for its event or, of no event, for its day, unless a greater one does."""
    if least is None:
        return
    if event is not None:
        event.least = _greater(event.least, least)
    elif least.figure:
        kept = found.setdefault(day, Day(day))
        kept.claim = _greater(kept.claim, least)


def _eligible(claim: Standing) -> bool:
    return claim.grade != UNRELIABLE and claim.credibility != IMPROBABLE


def _least(claims: Iterable[Standing]) -> End | None:
    """Return the greatest least figure that is said in figures, with the claim that says it."""
    found: End | None = None
    for claim in claims:
        if not claim.held.worded and claim.held.count.lower is not None:
            found = _greater(found, End(claim.held.count.lower, claim.ref))
    return found


def _greater(one: End | None, other: End) -> End:
    """Return the greater figure; of equal ones, that of the claim whose id comes first."""
    return other if one is None or (-other.figure, other.claim) < (-one.figure, one.claim) else one


def _day_within(span: Span | None, offset: timezone) -> date | None:
    """Return the one local day that a span lies within, None if there is none."""
    if span is None or span.earliest is None or span.latest is None:
        return None
    start, end = local_day(span.earliest, offset), local_day(span.latest, offset)
    return start if start == end else None
