"""The rulebook of escalation: which day an event counts on, who died on it as far as can be said, and its level.

The levels are ours. HIIK's scale differs; 25 is UCDP's yearly threshold of an armed conflict and 100 the monthly floor
of HDX Signals' alarms, taken here for one day. Level 0 says that nothing was reported, not that it was calm.
A toll that accumulates is never differenced into days: those newly reported on a day were not killed on it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone

from domain.claims import EVENT_SCOPE, INCIDENT_SCOPE
from domain.clocks import Span, parse_occurred
from domain.estimates import Standing
from domain.incident.history import History, ReportHistory
from domain.report.registry import KINDS
from domain.weighing import Keyed, speaking

NOTHING, TENSION, VIOLENCE = 0, 1, 2
DEADLY, ATTACKS = 5, 3
THRESHOLDS = ((100, 5), (25, 4), (DEADLY, 3))
"""So many dead or more on one day are that level; three or more attacks are level 3 too."""

_TIERS = {"violence": VIOLENCE, "tension": TENSION}
_UNRELIABLE, _IMPROBABLE = "E", 5


@dataclass(slots=True)
class Day:
    """One day in the incident's offset: its events by level, and the least number of dead that its claims bear out."""

    day: date
    events: dict[str, int] = field(default_factory=dict[str, int])
    dead: int = 0

    @property
    def level(self) -> int:
        """The level of the day, 0 to 5."""
        attacks = sum(level == VIOLENCE for level in self.events.values())
        by_dead = next((level for dead, level in THRESHOLDS if self.dead >= dead), NOTHING)
        by_attacks = 3 if attacks >= ATTACKS else NOTHING
        return max(by_dead, by_attacks, *self.events.values(), NOTHING)


def days(history: History, moment: datetime | None, keyed: Iterable[Keyed]) -> list[Day]:
    """Return the days on which something was reported to have happened, in order, as said by `moment` (None: now)."""
    found: dict[date, Day] = {}
    spans: dict[str, Span] = {}
    for event, reports in _events(speaking(history, moment)).items():
        span = _narrowest(reports)
        level = max(_TIERS.get(KINDS[each.now.report.kind].tier(each.now.report), NOTHING) for each in reports)
        if span is None or span.earliest is None:
            continue
        spans[event] = span
        if level:
            day = span.earliest.astimezone(history.offset).date()
            found.setdefault(day, Day(day)).events[event] = level
    _count_the_dead(history, found, spans, list(keyed))
    return [found[day] for day in sorted(found)]


def _events(reports: Iterable[ReportHistory]) -> dict[str, list[ReportHistory]]:
    events: dict[str, list[ReportHistory]] = {}
    for report in reports:
        if report.now.event is not None:
            events.setdefault(report.now.event, []).append(report)
    return events


def _narrowest(reports: Sequence[ReportHistory]) -> Span | None:
    """Return the narrowest `occurred` among the reports of an event; ties go to the earlier, then to the report id."""
    spans = [(each.now.occurred, each.ref) for each in reports if each.now.occurred is not None]
    bounded = [
        ((span.latest - span.earliest, span.earliest, ref), span)
        for span, ref in spans
        if span.earliest is not None and span.latest is not None
    ]
    return min(bounded, key=lambda pair: pair[0])[1] if bounded else None


def _count_the_dead(history: History, found: dict[date, Day], spans: dict[str, Span], keyed: Sequence[Keyed]) -> None:
    """Give each day the greater of its own claims and the sum over its events; the sum sets a level, and is no toll."""
    by_event: dict[date, dict[str, int]] = {}
    by_day: dict[date, int] = {}
    for each in keyed:
        least = _least(each.question.claims) if each.key.measure == "killed" else None
        event = each.key.scope.removeprefix(f"{EVENT_SCOPE}:") if each.key.scope.startswith(f"{EVENT_SCOPE}:") else None
        span = spans.get(event) if event is not None else _period(history, each.key.scope)
        day = _day_within(span, history.offset)
        if least is None or day is None:
            continue
        if event is None:
            by_day[day] = max(by_day.get(day, 0), least)
        else:
            events = by_event.setdefault(day, {})
            events[event] = max(events.get(event, 0), least)
    for day in by_event.keys() | by_day.keys():
        dead = max(by_day.get(day, 0), sum(by_event.get(day, {}).values()))
        if dead or day in found:
            found.setdefault(day, Day(day)).dead = dead


def _least(claims: Iterable[Standing]) -> int | None:
    """Return the greatest least figure among claims in figures whose source and report are not ruled out."""
    eligible = [
        claim.held.count.lower
        for claim in claims
        if claim.grade != _UNRELIABLE and claim.credibility != _IMPROBABLE and not claim.held.worded
    ]
    return max((lower for lower in eligible if lower is not None), default=None)


def _period(history: History, scope: str) -> Span | None:
    declared = history.scopes.get(scope) if scope != INCIDENT_SCOPE else None
    if declared is None or declared.period is None or declared.period_of == "documentation":
        return None
    return parse_occurred(declared.period, history.offset)


def _day_within(span: Span | None, offset: timezone) -> date | None:
    """Return the one local day that a span lies within, None if there is none."""
    if span is None or span.earliest is None or span.latest is None:
        return None
    start, end = span.earliest.astimezone(offset), span.latest.astimezone(offset)
    return start.date() if end - start < timedelta(days=1) and start.date() == end.date() else None
