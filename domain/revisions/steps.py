"""How the estimates of an incident moved, step by step, along what was said and along what we recorded."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from domain.estimates.affected import apply_fact, reindex
from domain.estimates.claim_index import ClaimIndex
from domain.estimates.estimate import Estimate
from domain.history.history import History
from domain.history.report_history import ReportHistory
from domain.reading import Reading
from domain.reports.claims.claim import Held, Key
from domain.reports.claims.running_totals import counted_beyond


@dataclass(frozen=True, slots=True)
class EstimateStep:
    """From `at` (UTC) on, the estimate of a key read so; `moved_by` names the claims, or the reports, that moved it.

    `position` is the last one recorded at `at`, None on the reported clock. `broken`
    says that a source replaced the series by another, or another by this: to be drawn, never subtracted.
    """

    at: datetime
    position: int | None
    estimate: Estimate
    moved_by: tuple[str, ...]
    broken: bool


EstimateSeries = dict[Key, list[EstimateStep]]

NO_ESTIMATE = Estimate(None, None, upper_open=False, best=None, contested=False, used=(), set_aside=())
"""Where nothing stands there is nothing to estimate, whatever a policy would say of it."""


@dataclass(slots=True)
class _Movers:
    """What was put on or taken off at one moment."""

    reports: set[str] = field(default_factory=set[str])
    claims: dict[Key, set[str]] = field(default_factory=dict[Key, set[str]])

    def by(self, key: Key) -> tuple[str, ...]:
        """Name the claims that moved a key: its own, else those it may be a whole of, else the reports."""
        if own := self.claims.get(key):
            return tuple(sorted(own))
        kin = {ref for other, refs in self.claims.items() if other.family == key.family for ref in refs}
        return tuple(sorted(kin or self.reports))


class _StepRecorder:
    """Takes reports on and off the scales, and notes a step wherever an estimate reads otherwise than before."""

    def __init__(self, history: History, reading: Reading) -> None:
        self.series: EstimateSeries = {}
        self._reading = reading
        self.index = ClaimIndex(history)
        self._claims: dict[str, tuple[Held, ...]] = {}
        self._breaks: dict[Key, set[str]] = {}
        self._movers = _Movers()

    def set_report(self, history: History, report: ReportHistory, until: datetime | None) -> None:
        """Let a report count as it does at `until` on the reported clock (None: now), or not at all."""
        ref = report.ref
        before = self._claims.pop(ref, None)
        counts = reindex(history, self.index, report, until)
        if before is None and not counts:
            return
        held = report.claims_at(until) if counts else ()
        if counts:
            self._claims[ref] = held
        self._movers.reports.add(ref)
        for stated in (before or (), held):
            beyond = counted_beyond(stated)
            for each in stated:
                if each.ref not in beyond:
                    self._movers.claims.setdefault(each.key, set()).add(each.ref)

    def add_regraded(self, stood: Iterable[tuple[Key, Held]]) -> None:
        """Take note that a source was graded anew: what it stands by moves what it moves."""
        for key, held in stood:
            self._movers.claims.setdefault(key, set()).add(held.ref)

    def record(self, at: datetime, position: int | None) -> None:
        """Note the steps of all that moved until now."""
        for key in self.index.changed_keys():
            question = self.index.key_claims(key).policy_input
            estimate = self._reading.policy.estimate(question) if question.claims else NO_ESTIMATE
            breaks = self.index.breaks(key)
            broken = bool(breaks - self._breaks.get(key, set()))
            self._breaks[key] = breaks
            steps = self.series.setdefault(key, [])
            before = steps[-1].estimate if steps else NO_ESTIMATE
            if visible(estimate) != visible(before) or (broken and before is not NO_ESTIMATE):
                steps.append(EstimateStep(at, position, estimate, self._movers.by(key), broken))
        self._movers = _Movers()


def reported_steps(history: History, reading: Reading) -> EstimateSeries:
    """Return how each estimate moved with what sources said, up to the reading's moment, as far as we know now."""
    walk = _StepRecorder(history, reading)
    changes: dict[datetime, list[ReportHistory]] = {}
    for report in history.reports.values():
        for moment in report.effective_moments():
            if reading.reported_until is None or moment <= reading.reported_until:
                changes.setdefault(moment, []).append(report)
    for moment in sorted(changes):
        for report in changes[moment]:
            walk.set_report(history, report, moment)
        walk.record(moment, None)
    return walk.series


def recorded_steps(history: History, reading: Reading) -> EstimateSeries:
    """Return how each estimate moved with what we recorded, a step for each transaction at most."""
    grown = History(history.stream)
    walk = _StepRecorder(grown, reading)
    facts = sorted(history.journal, key=lambda recorded: recorded.position)
    for at, together in groupby(facts, key=lambda recorded: recorded.recorded_at):
        position = 0
        for recorded in together:
            position = recorded.position
            touched = apply_fact(grown, walk.index, recorded)
            walk.add_regraded(touched.regraded)
            for report_id in touched.reports:
                walk.set_report(grown, grown.all_reports[report_id], reading.reported_until)
        walk.record(at, position)
    return walk.series


def visible(estimate: Estimate) -> tuple[object, ...]:
    """Return what a reader sees of an estimate: its figures, whoever gave them last."""
    ends = (None if end is None else end.figure for end in (estimate.lower, estimate.upper, estimate.best))
    return (*ends, estimate.upper_open, estimate.contested, estimate.label, bool(estimate.used))


def sorted_keys(*series: Mapping[Key, object]) -> list[Key]:
    """Return all keys of some series, in canonical order."""
    return sorted({key for each in series for key in each}, key=lambda key: key.canonical)
