"""Phases of an incident: runs of days of equal level, claims that span several days, and turning points."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from domain.escalation.levels import NOTHING, Chronology, UndatedClaim
from domain.escalation.occurrences import local_day
from domain.reports.claims.claim import latest

TURN = 2
"""From one phase to the next, a change of level by so much or more is a turning point."""


@dataclass(slots=True)
class Phase:
    """Days of one level, the first and the last included; and the claims on more than one day that begin in it."""

    first: date
    last: date
    level: int
    undated: list[UndatedClaim] = field(default_factory=list[UndatedClaim])


def phases(chronology: Chronology) -> list[Phase]:
    """Return the phases, in order, from the first day with an event or a claim to the last; none without such a day.

    A claim whose period has no beginning is listed where its period ends. Days
    without anything are level 0; a long gap costs no more than a short one.
    """
    anchored = sorted((_anchor(each), each.claim.ref, index) for index, each in enumerate(chronology.undated))
    days = sorted({each.day for each in chronology.days} | {day for day, _, _ in anchored})
    if not days:
        return []
    found = _runs(
        {each.day.toordinal(): each.level for each in chronology.days}, days[0].toordinal(), days[-1].toordinal()
    )
    firsts = [phase.first for phase in found]
    for day, _, index in anchored:
        found[bisect_right(firsts, day) - 1].undated.append(chronology.undated[index])
    return found


def turning_points(all_phases: Sequence[Phase]) -> list[tuple[date, int, int]]:
    """Return each day on which the level changes by TURN or more: (the day, the level before, the level from it on)."""
    return [
        (after.first, before.level, after.level)
        for before, after in pairwise(all_phases)
        if abs(after.level - before.level) >= TURN
    ]


def _anchor(undated: UndatedClaim) -> date:
    """Return the first day of a claim's period, or its last where it has no first; a period has one of them."""
    return local_day(undated.period.earliest or latest(undated.period), undated.offset)


def _runs(levels: dict[int, int], first: int, last: int) -> list[Phase]:
    """Join days of equal level, by ordinal, so that no day beyond the calendar is computed."""
    runs: list[tuple[int, int, int]] = []
    for start, end, level in _stretches(sorted(levels.items()), first, last):
        begin = runs.pop()[0] if runs and runs[-1][2] == level else start
        runs.append((begin, end, level))
    return [Phase(date.fromordinal(start), date.fromordinal(end), level) for start, end, level in runs]


def _stretches(levels: Iterable[tuple[int, int]], first: int, last: int) -> Iterable[tuple[int, int, int]]:
    """Yield every day that has a level, and each gap between such days as one stretch of level 0."""
    begin = first
    for day, level in levels:
        if day > begin:
            yield begin, day - 1, NOTHING
        yield day, day, level
        begin = day + 1
    if begin <= last:
        yield begin, last, NOTHING
