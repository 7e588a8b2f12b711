"""Newly reported figures: changes of each origin's current claims between the ends of local days."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from domain.escalation.occurrences import local_day
from domain.estimates.source_claims import SourceClaims
from domain.history.history import History, ReportHistory
from domain.reports.claims.claim import ClaimKey, ResolvedClaim, latest
from domain.reports.claims.revision_chain import BREAK
from domain.reports.claims.statement_order import order_key


@dataclass(frozen=True, slots=True)
class FigureChange:
    """Current claims of an origin under a key at the ends of the day before and of `day`; None without one.

    `broken`: a break in series, over which nothing is subtracted.
    """

    day: date
    key: ClaimKey
    origin: str
    before: ResolvedClaim | None
    after: ResolvedClaim | None
    broken: bool


@dataclass(frozen=True, slots=True)
class NewlyReported:
    """Reports by the local day of reporting, changes of current claims, and increments by day."""

    reports: Mapping[date, Sequence[ReportHistory]]
    changes: Sequence[FigureChange]
    increments: Sequence[tuple[date, ResolvedClaim]]


def newly_reported(history: History, moment: datetime | None) -> NewlyReported:
    """Return what was newly reported by `moment` (reported clock, UTC; None: ever), in days of the subject's offset.

    A report retracted by its source counts until that day; one retracted by the recorder, on none. The last day ends at
    `moment`.
    """
    reports_by_day: dict[date, list[ReportHistory]] = {}
    affected_by_day: dict[date, list[ReportHistory]] = {}
    for report in history.reports.values():
        if report.reported_by(moment) and report.is_standing(latest(report.reported)):
            reports_by_day.setdefault(local_day(latest(report.reported), history.offset), []).append(report)
        by_then = (each for each in report.effective_moments() if moment is None or each <= moment)
        for day in {local_day(each, history.offset) for each in by_then}:
            affected_by_day.setdefault(day, []).append(report)
    daily = _DailyClaims()
    changes: list[FigureChange] = []
    increments: list[tuple[date, ResolvedClaim]] = []
    for day in sorted(affected_by_day):
        midnight = datetime.combine(day + timedelta(days=1), time(), history.offset).astimezone(UTC)
        end = midnight - timedelta(microseconds=1)
        daily.advance(end if moment is None else min(end, moment), affected_by_day[day])
        for key, source in daily.changed_keys():
            changes += daily.changes(day, key, source)
            unreplaced = (claim for claim in source.increments.get(key, {}).values() if not source.replacement(claim))
            increments += [
                (day, each) for each in unreplaced if local_day(latest(each.reported), history.offset) == day
            ]
    changes.sort(key=lambda change: (change.day, change.key.canonical, change.origin))
    increments.sort(key=lambda increment: (increment[0], increment[1].key.canonical, order_key(increment[1])))
    return NewlyReported(reports_by_day, changes, increments)


class _DailyClaims:
    """Claims of each origin as of the end of one day, and the current claims as of the end of the day before."""

    def __init__(self) -> None:
        self._sources: dict[str, SourceClaims] = {}
        self._origins: dict[str, str] = {}
        self._changed: dict[tuple[ClaimKey, str], None] = {}
        self._current: dict[tuple[ClaimKey, str], ResolvedClaim] = {}

    def advance(self, end: datetime, reports: Sequence[ReportHistory]) -> None:
        """Hold `reports` as of `end` (UTC)."""
        for report in reports:
            origin = self._origins.pop(report.ref, None)
            if origin is not None:
                self._note(origin, self._sources[origin].remove(report.ref))
            if report.is_standing(end):
                origin = self._origins[report.ref] = report.current.origin
                source = self._sources.get(origin)
                if source is None:
                    source = self._sources[origin] = SourceClaims(origin)
                self._note(origin, source.add(report, report.claims_at(end)))

    def _note(self, origin: str, keys: Iterable[ClaimKey]) -> None:
        self._changed.update(dict.fromkeys((key, origin) for key in keys))

    def changed_keys(self) -> Iterator[tuple[ClaimKey, SourceClaims]]:
        """Yield the keys that may have changed since the last call, with each origin responsible."""
        changed, self._changed = self._changed, {}
        yield from ((key, self._sources[origin]) for key, origin in changed)

    def changes(self, day: date, key: ClaimKey, source: SourceClaims) -> Iterator[FigureChange]:
        """Yield the change of an origin's current claim under a key, if any."""
        chain = source.chain(key)
        old, new = self._current.get((key, source.origin)), chain and chain.current
        if (old and old.ref) == (new and new.ref):
            return
        if new is None:
            del self._current[key, source.origin]
        else:
            self._current[key, source.origin] = new
        broken = chain is not None and old is not None and chain.replaced.get(old.ref, ("",))[0] == BREAK
        yield FigureChange(
            day, key, source.origin, old, new, broken or (new is not None and new.ref in source.breaking)
        )
