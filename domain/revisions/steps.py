"""Step series of estimates along the reported and the recorded clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from domain.estimates.affected import apply_fact, reindex
from domain.estimates.claim_index import ClaimIndex
from domain.estimates.estimate import Estimate, PolicyInput
from domain.history.history import History
from domain.history.report_history import ReportHistory
from domain.reading import Reading
from domain.reports.claims.claim import ClaimKey, ResolvedClaim
from domain.reports.claims.running_totals import extended_totals


@dataclass(frozen=True, slots=True)
class EstimateStep:
    """The estimate of a key from `at` (UTC) on; `moved_by` are the claims, or else the reports, that changed it.

    `position` is the last one recorded at `at`, None on the reported clock. `broken`: a break in series, as a source
    replaced a claim of another key, or the reverse.
    """

    at: datetime
    position: int | None
    estimate: Estimate
    moved_by: tuple[str, ...]
    broken: bool


EstimateSeries = dict[ClaimKey, list[EstimateStep]]

NO_ESTIMATE = Estimate(None, None, upper_open=False, best=None, contested=False, used=(), set_aside=())
"""Estimate of a key without current claims, under every policy."""

NO_BREAKS = frozenset[str]()


@dataclass(slots=True)
class _Causes:
    """Reports and claims added or removed at one moment."""

    reports: set[str] = field(default_factory=set[str])
    claims: dict[ClaimKey, set[str]] = field(default_factory=dict[ClaimKey, set[str]])

    def of_key(self, key: ClaimKey) -> tuple[str, ...]:
        """Return the refs that changed a key: its own claims, else those of related keys, else reports."""
        if own := self.claims.get(key):
            return tuple(sorted(own))
        related = {ref for other, refs in self.claims.items() if other.family == key.family for ref in refs}
        return tuple(sorted(related or self.reports))


class _StepRecorder:
    """Recorder of a step whenever a visible part of an estimate changes, from a claim index."""

    def __init__(self, history: History, reading: Reading) -> None:
        self.series: EstimateSeries = {}
        self._reading = reading
        self.index = ClaimIndex(history)
        self._claims: dict[str, tuple[ResolvedClaim, ...]] = {}
        self._breaks: dict[ClaimKey, set[str]] = {}
        self._inputs: dict[ClaimKey, PolicyInput] = {}
        self._causes = _Causes()

    def set_report(self, history: History, report: ReportHistory, until: datetime | None) -> None:
        """Index a report as of `until` on the reported clock (None: latest)."""
        ref = report.ref
        before = self._claims.pop(ref, None)
        is_indexed = reindex(history, self.index, report, until)
        if before is None and not is_indexed:
            return
        claims = report.claims_at(until) if is_indexed else ()
        if is_indexed:
            self._claims[ref] = claims
        self._causes.reports.add(ref)
        for claims_of_moment in (before or (), claims):
            extended = extended_totals(claims_of_moment)
            for each in claims_of_moment:
                if each.ref not in extended:
                    self._causes.claims.setdefault(each.key, set()).add(each.ref)

    def add_regraded(self, regraded: Iterable[tuple[ClaimKey, ResolvedClaim]]) -> None:
        """Add the current claims of a regraded source to those responsible."""
        for key, claim in regraded:
            self._causes.claims.setdefault(key, set()).add(claim.ref)

    def record(self, at: datetime, position: int | None) -> None:
        """Record the steps of all keys changed since the last call."""
        for key, origins in self.index.changed_keys().items():
            before = self._inputs.get(key)
            policy_input = self._inputs[key] = self.index.policy_input(key, before, origins)
            breaks = self.index.breaks(key)
            broken = bool(breaks - self._breaks.get(key, NO_BREAKS))
            self._breaks[key] = breaks
            if policy_input is before and not broken:
                continue
            estimate = self._reading.policy.estimate(policy_input) if policy_input.claims else NO_ESTIMATE
            steps = self.series.setdefault(key, [])
            last = steps[-1].estimate if steps else NO_ESTIMATE
            if visible(estimate) != visible(last) or (broken and last is not NO_ESTIMATE):
                steps.append(EstimateStep(at, position, estimate, self._causes.of_key(key), broken))
        self._causes = _Causes()


def reported_steps(history: History, reading: Reading) -> EstimateSeries:
    """Return the steps along the reported clock, up to the reading's moment, from all facts known."""
    recorder = _StepRecorder(history, reading)
    changes: dict[datetime, list[ReportHistory]] = {}
    for report in history.reports.values():
        for moment in report.effective_moments():
            if reading.reported_until is None or moment <= reading.reported_until:
                changes.setdefault(moment, []).append(report)
    for moment in sorted(changes):
        for report in changes[moment]:
            recorder.set_report(history, report, moment)
        recorder.record(moment, None)
    return recorder.series


def recorded_steps(history: History, reading: Reading) -> EstimateSeries:
    """Return the steps along the recorded clock, at most one a transaction."""
    replayed = History(history.stream)
    recorder = _StepRecorder(replayed, reading)
    facts = sorted(history.journal, key=lambda recorded: recorded.position)
    for at, of_transaction in groupby(facts, key=lambda recorded: recorded.recorded_at):
        position = 0
        for recorded in of_transaction:
            position = recorded.position
            affected = apply_fact(replayed, recorder.index, recorded)
            recorder.add_regraded(affected.regraded)
            for report_id in affected.reports:
                recorder.set_report(replayed, replayed.all_reports[report_id], reading.reported_until)
        recorder.record(at, position)
    return recorder.series


def visible(estimate: Estimate) -> tuple[object, ...]:
    """Return the visible parts of an estimate: figures without their claims, flags, and label."""
    ends = (None if end is None else end.figure for end in (estimate.lower, estimate.upper, estimate.best))
    return (*ends, estimate.upper_open, estimate.contested, estimate.label, bool(estimate.used))


def sorted_keys(*series: Mapping[ClaimKey, object]) -> list[ClaimKey]:
    """Return all keys of some series, in canonical order."""
    return sorted({key for each in series for key in each}, key=lambda key: key.canonical)
