"""An incident that unfolds fact by fact: what each fact may have moved is put on the scales anew, and nothing else."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domain.estimates.claim_index import ClaimIndex
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
from domain.reports.claims.claim import Held, Key

REPORT_FACTS = (ReportFiled, ReportCorrected, ReportRetracted, ReportReinstated, ReportAssessed, ReportDisputed)
"""Facts that say nothing of an incident as a whole."""


def sets_time_zone(recorded: Recorded) -> bool:
    """Say whether the days of an incident begin and end at other moments from this fact on."""
    return isinstance(recorded.fact, IncidentAmended) and recorded.fact.time_zone is not None


class Affected(NamedTuple):
    """What a fact has to do with: reports that may count otherwise, and what a source that was graded stands by."""

    reports: Collection[UUID]
    regraded: Sequence[tuple[Key, Held]] = ()


def apply_fact(history: History, scales: ClaimIndex, recorded: Recorded) -> Affected:
    """Take a fact into the history, and let the scales know of grades and periods; `weigh_anew` what it touched."""
    touched = accumulate(history, recorded)
    if isinstance(recorded.fact, REPORT_FACTS):
        return Affected(touched)
    match recorded.fact:
        case IncidentMerged() | IncidentUnmerged():
            return Affected(list(history.all_reports))
        case IncidentAmended():
            scales.reset_periods()
        case SourceRegistered(origin=origin) | SourceGraded(origin=origin):
            return Affected(touched, scales.apply_grade(history.sources.resolve(origin)))
        case _:
            pass
    return Affected(touched)


def reindex(history: History, scales: ClaimIndex, report: ReportHistory, until: datetime | None) -> bool:
    """Put a report on the scales as it counts at `until` on the reported clock (None: now), or take it off.

    Returns whether it counts: it stands, and under the incident that is asked about.
    """
    if not (history.includes(report.report_id) and report.is_standing(until)):
        scales.remove(report.ref)
        return False
    held = report.claims_at(until)
    if not scales.update_marks(report, held):
        scales.remove(report.ref)
        scales.add(report, held)
    return True
