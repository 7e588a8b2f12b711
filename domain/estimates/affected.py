"""An incident that unfolds fact by fact: what each fact may have moved is put on the scales anew, and nothing else."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domain.estimates.claim_index import Scales
from domain.facts.union import (
    IncidentAmended,
    IncidentMerged,
    IncidentUnmerged,
    Recorded,
    ReportAssessed,
    ReportCorrected,
    ReportDisputed,
    ReportFiled,
    ReportReinstated,
    ReportRetracted,
    SourceGraded,
    SourceRegistered,
)
from domain.history.history import History, accumulate
from domain.history.report_history import ReportHistory
from domain.reports.claims.claim import ClaimKey, ResolvedClaim

OF_REPORTS = (ReportFiled, ReportCorrected, ReportRetracted, ReportReinstated, ReportAssessed, ReportDisputed)
"""Facts that say nothing of an incident as a whole."""


def retimed(recorded: Recorded) -> bool:
    """Say whether the days of an incident begin and end at other moments from this fact on."""
    return isinstance(recorded.fact, IncidentAmended) and recorded.fact.time_zone is not None


class Touched(NamedTuple):
    """What a fact has to do with: reports that may count otherwise, and what a source that was graded stands by."""

    reports: Collection[UUID]
    stood: Sequence[tuple[ClaimKey, ResolvedClaim]] = ()


def touched_by(history: History, scales: Scales, recorded: Recorded) -> Touched:
    """Take a fact into the history, and let the scales know of grades and periods; `weigh_anew` what it touched."""
    touched = accumulate(history, recorded)
    if isinstance(recorded.fact, OF_REPORTS):
        return Touched(touched)
    match recorded.fact:
        case IncidentMerged() | IncidentUnmerged():
            return Touched(list(history.filed))
        case IncidentAmended():
            scales.retimed()
        case SourceRegistered(origin=origin) | SourceGraded(origin=origin):
            return Touched(touched, scales.regraded(history.origins.of(origin)))
        case _:
            pass
    return Touched(touched)


def weigh_anew(history: History, scales: Scales, report: ReportHistory, until: datetime | None) -> bool:
    """Put a report on the scales as it counts at `until` on the reported clock (None: now), or take it off.

    Returns whether it counts: it stands, and under the incident that is asked about.
    """
    if not (history.shows(report.report_id) and report.stands_at(until)):
        scales.take(report.ref)
        return False
    held = report.held(until)
    if not scales.judge(report, held):
        scales.take(report.ref)
        scales.put(report, held)
    return True
