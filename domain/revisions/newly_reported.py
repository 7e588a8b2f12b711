"""What became known day by day: how what each source stood by changed from the end of one day to that of the next."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from domain.escalation.occurrences import local_day
from domain.estimates.claim_index import ClaimIndex
from domain.estimates.source_claims import SourceClaims
from domain.history.history import History, ReportHistory
from domain.reports.claims.claim import Held, Key, latest
from domain.reports.claims.revision_chain import BREAK
from domain.reports.claims.statement_order import in_turn


@dataclass(frozen=True, slots=True)
class FigureChange:
    """What an origin stood by under a key at the end of the day before, and at the end of `day`; None is nothing.

    `broken` says that the two do not count the same: a break to be drawn, and never to be subtracted over.
    """

    day: date
    key: Key
    origin: str
    before: Held | None
    after: Held | None
    broken: bool


@dataclass(frozen=True, slots=True)
class NewlyReported:
    """All that became known: the reports by the day on which they were said, the changes, and the increments said."""

    reports: Mapping[date, Sequence[ReportHistory]]
    changes: Sequence[FigureChange]
    increments: Sequence[tuple[date, Held]]


def newly_reported(history: History, moment: datetime | None) -> NewlyReported:
    """Tell what became known by `moment` (reported clock, UTC; None: ever), in the days of the incident's offset.

    What a source took back counts from the day on which it was said to that on which it
    was taken back; what we struck was never said. The last day ends at `moment`.
    """
    said: dict[date, list[ReportHistory]] = {}
    moved: dict[date, list[ReportHistory]] = {}
    for report in history.reports.values():
        if report.reported_by(moment) and report.is_standing(latest(report.reported)):
            said.setdefault(local_day(latest(report.reported), history.offset), []).append(report)
        by_then = (each for each in report.effective_moments() if moment is None or each <= moment)
        for day in {local_day(each, history.offset) for each in by_then}:
            moved.setdefault(day, []).append(report)
    walk = _DailyClaims(history)
    changes: list[FigureChange] = []
    increments: list[tuple[date, Held]] = []
    for day in sorted(moved):
        midnight = datetime.combine(day + timedelta(days=1), time(), history.offset).astimezone(UTC)
        end = midnight - timedelta(microseconds=1)
        walk.advance(end if moment is None else min(end, moment), moved[day])
        for key, voice in walk.changed_keys():
            changes += walk.changes(day, key, voice)
            told = (held for held in voice.increments.get(key, {}).values() if not voice.replacement(held))
            increments += [(day, each) for each in told if local_day(latest(each.reported), history.offset) == day]
    changes.sort(key=lambda change: (change.day, change.key.canonical, change.origin))
    increments.sort(key=lambda increment: (increment[0], increment[1].key.canonical, in_turn(increment[1])))
    return NewlyReported(said, changes, increments)


class _DailyClaims:
    """Goes from the end of one day to that of the next, and remembers what each origin stood by."""

    def __init__(self, history: History) -> None:
        self._index = ClaimIndex(history)
        self._current: dict[tuple[Key, str], Held] = {}

    def advance(self, end: datetime, reports: Sequence[ReportHistory]) -> None:
        """Let `reports` count as they do at `end` (UTC)."""
        for report in reports:
            self._index.remove(report.ref)
            if report.is_standing(end):
                self._index.add(report, report.claims_at(end))

    def changed_keys(self) -> Iterator[tuple[Key, SourceClaims]]:
        """Yield the keys that may have moved, each with every origin that may have moved it."""
        for key, origins in self._index.changed_keys().items():
            yield from ((key, self._index.source(origin)) for origin in origins)

    def changes(self, day: date, key: Key, voice: SourceClaims) -> Iterator[FigureChange]:
        """Yield what an origin stands by now under a key, if it did not stand by it before."""
        ledger = voice.ledger(key)
        old, new = self._current.get((key, voice.origin)), ledger and ledger.current
        if (old and old.ref) == (new and new.ref):
            return
        if new is None:
            del self._current[key, voice.origin]
        else:
            self._current[key, voice.origin] = new
        fell = ledger is not None and old is not None and ledger.behind.get(old.ref, ("",))[0] == BREAK
        yield FigureChange(day, key, voice.origin, old, new, fell or (new is not None and new.ref in voice.breaking))
