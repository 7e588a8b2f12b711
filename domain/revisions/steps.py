"""Step series of estimates along the reported and the recorded clock.

Both are folds: the steps up to a moment, or a transaction, are the first of all (`steps_until`, `steps_as_of`), and
both go on from where they were left (`continued_reported_steps`, `continued_steps`).
"""

from bisect import bisect_right
from collections.abc import Collection, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final
from uuid import UUID

from msgspec import Struct

from domain.estimates.affected import apply_fact, reindex
from domain.estimates.claim_index import ClaimIndex
from domain.estimates.estimate import CitedFigure, Estimate, PolicyInput
from domain.facts.union import Recorded
from domain.history.history import History
from domain.history.report_history import ReportHistory
from domain.reading import Reading
from domain.reports.claims.claim import ClaimKey, ResolvedClaim
from domain.reports.claims.running_totals import extended_totals


class EstimateFigures(Struct, frozen=True, gc=False):
    """The figures of an estimate at a step, each end with its claim; `is_used`: the policy uses at least one claim."""

    lower: CitedFigure | None
    upper: CitedFigure | None
    upper_open: bool
    best: CitedFigure | None
    contested: bool
    label: str | None
    is_used: bool

    @property
    def visible(self) -> tuple[object, ...]:
        """What a reader sees: the figures without their claims, flags, and label."""
        ends = [None if end is None else end.figure for end in (self.lower, self.upper, self.best)]
        return (*ends, self.upper_open, self.contested, self.label, self.is_used)


class EstimateStep(Struct, frozen=True, gc=False):
    """The estimate of a key from `at` (UTC) on; `moved_by` are the claims, or else the reports, that changed it.

    `position` is the last one recorded at `at`, None on the reported clock. `broken`: a break in series, as a source
    replaced a claim of another key, or the reverse.
    """

    at: datetime
    position: int | None
    estimate: EstimateFigures
    moved_by: tuple[str, ...]
    broken: bool


EstimateSeries = dict[ClaimKey, list[EstimateStep]]

NO_ESTIMATE = EstimateFigures(None, None, False, None, False, None, False)  # noqa: FBT003 - as the fields are named above
"""The figures of a key without current claims, under every policy."""

NO_BREAKS = frozenset[str]()

StepsInSlices = Generator[None, None, EstimateSeries]
"""Returns the steps in the end; yields every A_SLICE reports or facts, so that other work can be done in between."""

A_SLICE: Final = 100
"""So many take some 10 ms."""

INSTANT = timedelta(microseconds=1)
"""The resolution of both clocks."""


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

    def load(self, history: History, series: EstimateSeries, until: datetime | None) -> None:
        """Start from the steps of what a history holds, as of `until` on the reported clock."""
        self.series = {key: list(steps) for key, steps in series.items()}
        standing = [(report, report.claims_at(until)) for report in history.standing_reports(until)]
        self.index.load(standing)
        self._claims = {report.ref: claims for report, claims in standing}
        self._breaks = {key: self.index.breaks(key) for key in self.index.sorted_keys()}

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
            figures = _figures(self._reading.policy.estimate(policy_input)) if policy_input.claims else NO_ESTIMATE
            steps = self.series.setdefault(key, [])
            last = steps[-1].estimate if steps else NO_ESTIMATE
            if figures.visible != last.visible or (broken and last is not NO_ESTIMATE):
                steps.append(EstimateStep(at, position, figures, self._causes.of_key(key), broken))
        self._causes = _Causes()


def reported_steps(history: History, reading: Reading) -> EstimateSeries:
    """Return the steps along the reported clock, up to the reading's moment, from all facts known."""
    return _finished(reported_steps_in_slices(history, reading))


def reported_steps_in_slices(history: History, reading: Reading) -> StepsInSlices:
    """Do the same in slices."""
    return _reported_steps(_StepRecorder(history, reading), history, reading, None)


def continued_reported_steps(
    earlier: EstimateSeries, history: History, start: datetime, reading: Reading
) -> EstimateSeries:
    """Return the reported steps `earlier` than `start` (UTC), and those from it on, up to the reading's moment."""
    recorder = _StepRecorder(history, reading)
    recorder.load(history, earlier, start - INSTANT)
    return _finished(_reported_steps(recorder, history, reading, start))


def _reported_steps(
    recorder: _StepRecorder, history: History, reading: Reading, start: datetime | None
) -> StepsInSlices:
    until, changes = reading.reported_until, dict[datetime, list[ReportHistory]]()
    for report in history.reports.values():
        for moment in report.effective_moments():
            if (until is None or moment <= until) and (start is None or moment >= start):
                changes.setdefault(moment, []).append(report)
    for number, moment in enumerate(sorted(changes), start=1):
        for report in changes[moment]:
            recorder.set_report(history, report, moment)
        recorder.record(moment, None)
        if number % A_SLICE == 0:
            yield
    return recorder.series


def recorded_steps(history: History, reading: Reading) -> EstimateSeries:
    """Return the steps along the recorded clock, at most one a transaction."""
    return _finished(recorded_steps_in_slices(history, reading))


def recorded_steps_in_slices(history: History, reading: Reading) -> StepsInSlices:
    """Do the same in slices; the history must not change in between."""
    facts = sorted(history.journal, key=lambda recorded: recorded.position)
    before = History(history.stream)
    return _continued_steps(_StepRecorder(before, reading), before, facts, reading, ())


def continued_steps(
    earlier: EstimateSeries,
    history: History,
    facts: Iterable[Recorded],
    reading: Reading,
    passed_over: Collection[UUID] = (),
) -> EstimateSeries:
    """Return the recorded steps `earlier` of what `history` holds, and those of later facts, which are applied to it.

    `facts` come in the order of the log; the first begins a transaction. Facts on the reports `passed_over` are not
    applied: none of these may be standing at the reading's moment.
    """
    recorder = _StepRecorder(history, reading)
    recorder.load(history, earlier, reading.reported_until)
    return _finished(_continued_steps(recorder, history, facts, reading, passed_over))


def _continued_steps(
    recorder: _StepRecorder,
    history: History,
    facts: Iterable[Recorded],
    reading: Reading,
    passed_over: Collection[UUID],
) -> StepsInSlices:
    done = 0
    for at, of_transaction in groupby(facts, key=lambda recorded: recorded.recorded_at):
        position = 0
        for recorded in of_transaction:
            position = recorded.position
            done += 1
            if passed_over and getattr(recorded.fact, "report_id", None) in passed_over:
                continue
            affected = apply_fact(history, recorder.index, recorded)
            recorder.add_regraded(affected.regraded)
            for report_id in affected.reports:
                recorder.set_report(history, history.all_reports[report_id], reading.reported_until)
        recorder.record(at, position)
        if done >= A_SLICE:
            done = 0
            yield
    return recorder.series


def _finished(steps: StepsInSlices) -> EstimateSeries:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def steps_until(series: EstimateSeries, moment: datetime) -> EstimateSeries:
    """Return the reported steps up to a moment (UTC), from those of the same facts up to a later one."""
    return {key: steps[: bisect_right(steps, moment, key=lambda step: step.at)] for key, steps in series.items()}


def steps_as_of(series: EstimateSeries, position: int) -> EstimateSeries:
    """Return the recorded steps as of the last position of a transaction, from those of these facts and later ones."""
    return {
        key: steps[: bisect_right(steps, position, key=lambda step: step.position or 0)]
        for key, steps in series.items()
    }


def _figures(estimate: Estimate) -> EstimateFigures:
    lower, upper, best = estimate.lower, estimate.upper, estimate.best
    used = bool(estimate.used)
    return EstimateFigures(lower, upper, estimate.upper_open, best, estimate.contested, estimate.label, used)


def sorted_keys(*series: Mapping[ClaimKey, object]) -> list[ClaimKey]:
    """Return all keys of some series, in canonical order."""
    return sorted({key for each in series for key in each}, key=lambda key: key.canonical)
