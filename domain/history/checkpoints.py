"""The history of an incident at every position, from one fold: copies are kept at intervals, and folded on from there.

Copies share the reports that no fact in between has changed; a report is copied before a fact changes it.
"""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Final, NamedTuple
from uuid import UUID

from domain.facts.union import (
    ClaimsRescoped,
    IncidentAmended,
    Recorded,
    ReportAssessed,
    ReportCorrected,
    ReportDisputed,
    ReportFiled,
    ReportReinstated,
    ReportRetracted,
    SameOriginStated,
    SameOriginUndone,
)
from domain.history.history import History, accumulate
from domain.history.inputs import InputStreams
from domain.history.report_history import ReportHistory
from domain.reports.claims.claim import BEGINNING, END, latest

INTERVAL: Final = 500
"""The most facts that are folded to reach a position: some milliseconds. A copy takes about 100 bytes a report."""

_CHANGES_A_REPORT = ReportCorrected | ReportRetracted | ReportReinstated | ReportAssessed | ReportDisputed


class Checkpoint(NamedTuple):
    """The history of so many facts from the first, which must not be changed."""

    facts: int
    history: History


class HistoryCheckpoints:
    """The facts that answers about one incident depend on, and their history at any position.

    Facts are added in the order of the log. Those of a stream that becomes an input later must be added before the
    fact that refers to it, and may have lower positions; they are folded when it becomes one.
    """

    def __init__(self, stream: UUID, interval: int = INTERVAL) -> None:
        self._stream = stream
        self._interval = interval
        self._inputs = InputStreams(stream)
        self._waiting: dict[UUID, list[Recorded]] = {}
        self.facts: list[Recorded] = []
        """In the order in which they become inputs; those of one stream in their order."""
        self._changed: list[ReportHistory | None] = []
        """For each fact on one report, the report after it, which histories share; None for other facts."""
        self._positions: list[int] = []
        """For each fact, the position at which it is an input: its own, or that at which its stream became one."""
        self._last_moments: list[datetime] = []
        """For each fact, no moment on the reported clock that it or an earlier one states is later than this."""
        self._in_order = True
        self._head = History(stream)
        self._checkpoints = [Checkpoint(0, History(stream))]

    def add(self, recorded: Recorded) -> None:
        """Add the next fact; it is folded once its stream is an input."""
        if recorded.stream not in self._inputs.streams:
            self._waiting.setdefault(recorded.stream, []).append(recorded)
            self._inputs.add(recorded)
            return
        added = self._inputs.add(recorded)
        earlier = [each for stream in added for each in self._waiting.pop(stream, ())]
        for each in (*earlier, recorded):
            self._fold(each, recorded.position)
        self._in_order = self._in_order and not earlier

    def at(self, position: int) -> History:
        """Return the history at a position; it shares reports with others, and must not be folded on."""
        count = self.count_at(position)
        index = bisect_right(self._checkpoints, count, key=attrgetter("facts")) - 1
        start, checkpoint = self._checkpoints[index]
        history = checkpoint.copy()
        for recorded, report in zip(self.facts[start:count], self._changed[start:count], strict=True):
            if report is None:
                _accumulate_copying(history, recorded)
            else:
                _set_report(history, recorded, report)
        if not self._in_order:
            history.journal.sort(key=attrgetter("position"))
        return history

    def to_go_on(self, facts: Sequence[Recorded], start: int) -> History:
        """Return the history of the first `start` of the inputs at a position, to be folded on with the others.

        `facts` are all these inputs, in the order of the log.
        """
        history = self.at(facts[start - 1].position)
        if len(history.journal) < start:
            known = set(map(id, history.journal))
            for recorded in facts[:start]:
                if id(recorded) not in known:
                    _accumulate_copying(history, recorded)
        reports = history.all_reports
        for report_id in {each for recorded in facts[start:] for each in _changed_reports(history, recorded)}:
            if report_id in reports:
                reports[report_id] = reports[report_id].copy()
        return history

    def count_at(self, position: int) -> int:
        """Return how many facts, from the first, are inputs at a position."""
        return bisect_right(self._positions, position)

    def position_of(self, count: int) -> int:
        """Return the position at which the first `count` facts are inputs; more may be."""
        return self._positions[count - 1]

    def is_bounded(self, position: int, moment: datetime | None) -> bool:
        """Say whether a moment on the reported clock may leave out a report or a retraction known at a position."""
        count = self.count_at(position)
        return moment is not None and count > 0 and moment < self._last_moments[count - 1]

    def _fold(self, recorded: Recorded, position: int) -> None:
        _accumulate_copying(self._head, recorded)
        self.facts.append(recorded)
        fact = recorded.fact
        of_report = isinstance(fact, ReportFiled | _CHANGES_A_REPORT)
        self._changed.append(self._head.all_reports[fact.report_id] if of_report else None)
        self._positions.append(position)
        before = self._last_moments[-1] if self._last_moments else BEGINNING
        self._last_moments.append(max(before, _moment_stated(recorded)))
        if len(self.facts) % self._interval == 0:
            self._checkpoints.append(Checkpoint(len(self.facts), self._head.copy()))


def _moment_stated(recorded: Recorded) -> datetime:
    """Return the moment of a report or a retraction; END for a time zone, by which any may be read again."""
    fact = recorded.fact
    if isinstance(fact, ReportFiled):
        return latest(fact.reported)
    if isinstance(fact, ReportRetracted) and fact.reported is not None:
        return latest(fact.reported)
    return END if isinstance(fact, IncidentAmended) and fact.time_zone else BEGINNING


def _accumulate_copying(history: History, recorded: Recorded) -> None:
    """Apply a fact to a history that shares its reports with copies."""
    reports = history.all_reports
    for report_id in _changed_reports(history, recorded):
        if report_id in reports:
            reports[report_id] = reports[report_id].copy()
    accumulate(history, recorded)


def _set_report(history: History, recorded: Recorded, report: ReportHistory) -> None:
    """Apply a fact on one report to a history, given the report after it."""
    history.journal.append(recorded)
    home = history.incidents[recorded.stream]
    home.version = recorded.version
    history.all_reports[report.report_id] = report
    if isinstance(recorded.fact, ReportFiled):
        home.reports[report.report_id] = None


def _changed_reports(history: History, recorded: Recorded) -> Collection[UUID]:
    """Return the reports that a fact may change in place."""
    fact = recorded.fact
    if isinstance(fact, _CHANGES_A_REPORT):
        return (fact.report_id,)
    if isinstance(fact, ClaimsRescoped):
        return {UUID(ref.partition("#")[0]) for ref in fact.claims}
    if isinstance(fact, SameOriginStated | SameOriginUndone) or (isinstance(fact, IncidentAmended) and fact.time_zone):
        return list(history.all_reports)
    return ()
