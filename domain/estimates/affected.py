"""Change propagation: the reports that a fact affects, and their re-indexing in a claim index."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

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
from domain.reports.claims.claim import ClaimKey, ResolvedClaim

REPORT_FACTS = (ReportFiled, ReportCorrected, ReportRetracted, ReportReinstated, ReportAssessed, ReportDisputed)
"""Facts on single reports, which change no field of an incident."""


def sets_time_zone(recorded: Recorded) -> bool:
    """Say whether a fact sets the time zone of an incident, and so the bounds of its days."""
    return isinstance(recorded.fact, IncidentAmended) and recorded.fact.time_zone is not None


class Affected(Struct, frozen=True, gc=False):
    """Reports that a fact may change, and the current claims of a source whose grade it changes."""

    reports: Collection[UUID]
    regraded: Sequence[tuple[ClaimKey, ResolvedClaim]] = ()


def apply_fact(history: History, index: ClaimIndex, recorded: Recorded) -> Affected:
    """Apply a fact to the history and its grade or period to the index; `reindex` the reports returned."""
    affected = accumulate(history, recorded)
    if isinstance(recorded.fact, REPORT_FACTS):
        return Affected(affected)
    match recorded.fact:
        case IncidentMerged() | IncidentUnmerged():
            return Affected(list(history.all_reports))
        case IncidentAmended():
            index.reset_periods()
        case SourceRegistered(origin=origin) | SourceGraded(origin=origin):
            return Affected(affected, index.apply_grade(history.sources.resolve(origin)))
        case _:
            pass
    return Affected(affected)


def reindex(history: History, index: ClaimIndex, report: ReportHistory, until: datetime | None) -> bool:
    """Add a report to the index as of `until` on the reported clock (None: latest), or remove it.

    Returns whether it is indexed: it is standing, and shown under the subject.
    """
    if not (history.includes(report.report_id) and report.is_standing(until)):
        index.remove(report.ref)
        return False
    claims = report.claims_at(until)
    if not index.update_marks(report, claims):
        index.remove(report.ref)
        index.add(report, claims)
    return True
