"""Step series of one incident at any position and reading, from series that were made for other ones.

A series is kept without a bound on the reported clock. Another reading has the same steps up to where its facts, or
its reports, first differ; from there they are recorded anew.
"""

from bisect import bisect_right
from collections.abc import Collection, Hashable, Iterator, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Final, NamedTuple, TypeVar
from uuid import UUID

from domain import catalogue
from domain.estimates.affected import REPORT_FACTS, sets_time_zone
from domain.facts.union import (
    CollectionChanged,
    EstimatePublished,
    IncidentClosed,
    IncidentReopened,
    LegalHoldLifted,
    LegalHoldPlaced,
    PartsErased,
    PolicyAdopted,
    Recorded,
    ReportCorrected,
    ReportFiled,
    ReportRetracted,
    SameOriginStated,
    SourceGraded,
    SourceRegistered,
)
from domain.history.checkpoints import HistoryCheckpoints
from domain.history.history import History, cited_origins
from domain.reading import Reading
from domain.reports.claims.claim import latest
from domain.revisions.steps import (
    INSTANT,
    EstimateSeries,
    continued_reported_steps,
    continued_steps,
    recorded_steps,
    recorded_steps_in_slices,
    reported_steps,
    reported_steps_in_slices,
    steps_as_of,
    steps_until,
)

STEPS_VIEW = "tolls/1"
"""The view whose documents are made of both series."""

MOST_SERIES: Final = 10
"""How many series of one clock are kept: some 2 MB each for 10,000 facts."""

_MOVES_NO_OTHER_STEP = (
    *REPORT_FACTS,
    PolicyAdopted,
    EstimatePublished,
    IncidentClosed,
    IncidentReopened,
    CollectionChanged,
    PartsErased,
    LegalHoldPlaced,
    LegalHoldLifted,
)
"""Facts that change the steps of their own reports, or none: a reading names the policy."""

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class _RecordedSeries(NamedTuple):
    """Recorded steps of so many inputs, from the first."""

    inputs: int
    series: EstimateSeries


class _ReportedSeries(NamedTuple):
    """Reported steps of a history, and how many inputs it has."""

    inputs: int
    history: History
    series: EstimateSeries


class KeptSteps:
    """The reported and the recorded steps of an incident at any reading; a few series are kept."""

    def __init__(self, checkpoints: HistoryCheckpoints) -> None:
        self._checkpoints = checkpoints
        self._recorded: dict[str, _RecordedSeries] = {}
        self._reported: dict[tuple[str, int], _ReportedSeries] = {}
        self._epochs = _Epochs()
        self._prepared = 0
        self._preparations: Iterator[None] = iter(())

    def at(self, position: int, history: History, reading: Reading) -> tuple[EstimateSeries, EstimateSeries]:
        """Return the reported and the recorded steps of the history at a position; a reading's are cut from those kept.

        The incident must have been opened.
        """
        count = self._checkpoints.count_at(position)
        return self._reported_at(count, history, reading), self._recorded_at(count, history, reading)

    def prepare(self) -> bool:
        """Make a slice of the series of all facts, by each policy that was in force; returns whether to go on.

        Begun anew once the facts have doubled since; until then, series are gone on from where they are needed.
        """
        if len(self._checkpoints.facts) >= 2 * max(self._prepared, 1):
            self._prepared = len(self._checkpoints.facts)
            self._preparations = self._prepare(self._prepared)
        return next(self._preparations, self) is None

    def stop(self) -> None:
        """Prepare no more; frees the cycle that a preparation makes with this object."""
        self._preparations = iter(())

    def _prepare(self, count: int) -> Iterator[None]:
        history = self._checkpoints.at(self._checkpoints.position_of(count))
        adopted = [each.fact.policy for each in history.journal if isinstance(each.fact, PolicyAdopted)]
        self._epochs.extend(self._checkpoints.facts)
        for policy in dict.fromkeys([*reversed(adopted), catalogue.DEFAULT_POLICY]):
            reading, key = Reading(None, catalogue.policy(policy)), (policy, self._epochs.at(count))
            reported = yield from reported_steps_in_slices(history, reading)
            if key not in self._reported or self._reported[key].inputs < count:
                _keep(self._reported, key, _ReportedSeries(count, history, reported))
            recorded = yield from recorded_steps_in_slices(history, reading)
            if policy not in self._recorded or self._recorded[policy].inputs < count:
                _keep(self._recorded, policy, _RecordedSeries(count, recorded))

    def _reported_at(self, count: int, history: History, reading: Reading) -> EstimateSeries:
        """Of one epoch, only reports of the facts in between differ; steps before their first moment are the same."""
        policy = reading.policy
        self._epochs.extend(self._checkpoints.facts)
        key = policy.id, self._epochs.at(count)
        kept = self._reported.get(key)
        if kept is None:
            kept = _ReportedSeries(count, history, reported_steps(history, Reading(None, policy)))
        elif kept.inputs < count:
            kept = _ReportedSeries(count, history, self._moved(kept, count, history, Reading(None, policy)))
        _keep(self._reported, key, kept)
        return self._moved(kept, count, history, reading)

    def _moved(self, kept: _ReportedSeries, count: int, history: History, reading: Reading) -> EstimateSeries:
        until, series = reading.reported_until, kept.series
        between = self._checkpoints.facts[min(kept.inputs, count) : max(kept.inputs, count)]
        changed = {each.fact.report_id for each in between if isinstance(each.fact, REPORT_FACTS)}
        reports = (each.all_reports.get(report_id) for report_id in changed for each in (kept.history, history))
        start = min((moment for each in reports if each for moment in each.effective_moments()), default=None)
        if start is None or (until is not None and start > until):
            return series if until is None else steps_until(series, until)
        return continued_reported_steps(steps_until(series, start - INSTANT), history, start, reading)

    def _recorded_at(self, count: int, history: History, reading: Reading) -> EstimateSeries:
        facts = sorted(history.journal, key=attrgetter("position"))
        kept = self._recorded.get(reading.policy.id)
        if kept is None:
            kept = _RecordedSeries(count, recorded_steps(history, Reading(None, reading.policy)))
        elif kept.inputs < count:
            kept = _RecordedSeries(count, self._continued(kept, count, facts, history, Reading(None, reading.policy)))
        _keep(self._recorded, reading.policy.id, kept)
        return self._continued(kept, count, facts, history, reading)

    def _continued(
        self, kept: _RecordedSeries, count: int, facts: Sequence[Recorded], history: History, reading: Reading
    ) -> EstimateSeries:
        """Go on from the last transaction before which all that is standing at the reading's moment is the same."""
        common = self._common(kept, count, facts)
        until = reading.reported_until
        if until is not None and not any(map(sets_time_zone, facts)):
            common = next((at for at in range(common) if _is_after(facts[at], until)), common)
        elif until is not None:
            common = 0
        while 0 < common < len(facts) and facts[common - 1].recorded_at == facts[common].recorded_at:
            common -= 1
        if not common:
            return recorded_steps(history, reading)
        cut = steps_as_of(kept.series, facts[common - 1].position)
        if common == len(facts):
            return cut
        then, left = self._checkpoints.to_go_on(facts, common), facts[common:]
        return continued_steps(cut, then, left, reading, _reported_after(left, until) if until else ())

    def _common(self, kept: _RecordedSeries, count: int, facts: Sequence[Recorded]) -> int:
        """Return how many of `facts`, the inputs of `count`, have the steps that are kept; whole transactions only.

        Facts of a source that is not cited yet change no step, but may be the last of a transaction.
        """
        all_facts, fewer = self._checkpoints.facts, min(kept.inputs, count)
        last = max(all_facts[:fewer], key=attrgetter("position"))
        between = all_facts[fewer : max(kept.inputs, count)]
        earlier = [each for each in between if each.position < last.position]
        moments = {step.at for steps in kept.series.values() for step in steps} if earlier else ()
        if any(
            not isinstance(each.fact, SourceRegistered | SourceGraded) or each.recorded_at in moments
            for each in earlier
        ):
            return 0
        common = bisect_right(facts, last.position, key=attrgetter("position"))
        if any(each.recorded_at == last.recorded_at for each in between):
            while common and facts[common - 1].recorded_at == last.recorded_at:
                common -= 1
        return common


class _Epochs:
    """Numbers the stretches of facts within which each fact changes the steps of its own reports only."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._cited: set[str] = set()
        self._count = 0

    def extend(self, facts: Sequence[Recorded]) -> None:
        """Take in further facts; `facts` are all of them."""
        for at in range(self._count, len(facts)):
            fact = facts[at].fact
            if isinstance(fact, ReportFiled | ReportCorrected):
                self._cited.update(cited_origins(fact.report))
            elif isinstance(fact, SameOriginStated):
                self._cited.update(fact.origins)
            is_uncited = isinstance(fact, SourceRegistered | SourceGraded) and fact.origin not in self._cited
            if not is_uncited and not isinstance(fact, _MOVES_NO_OTHER_STEP):
                self._starts.append(at + 1)
        self._count = len(facts)

    def at(self, count: int) -> int:
        """Return the epoch of so many facts."""
        return bisect_right(self._starts, count)


def _is_after(recorded: Recorded, until: datetime) -> bool:
    """Say whether a fact states a report or a retraction that was made after a moment."""
    fact = recorded.fact
    if isinstance(fact, ReportFiled):
        return latest(fact.reported) > until
    return isinstance(fact, ReportRetracted) and fact.reported is not None and latest(fact.reported) > until


def _reported_after(facts: Sequence[Recorded], until: datetime) -> Collection[UUID]:
    """Return the reports among facts that were made after a moment."""
    filed = (each.fact for each in facts if isinstance(each.fact, ReportFiled))
    return {fact.report_id for fact in filed if latest(fact.reported) > until}


def _keep(kept: dict[K, V], key: K, value: V) -> None:
    """Keep a value as the newest; drops the oldest beyond MOST_SERIES."""
    kept.pop(key, None)
    kept[key] = value
    if len(kept) > MOST_SERIES:
        del kept[next(iter(kept))]
