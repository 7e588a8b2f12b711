"""Decisions on a report: file, correct, retract, reinstate, assess, dispute."""

from datetime import datetime
from typing import TypedDict
from uuid import UUID

from domain.facts.stored_shape import (
    note,
)
from domain.facts.union import (
    ReportAssessed,
    ReportCorrected,
    ReportDisputed,
    ReportFiled,
    ReportReinstated,
    ReportRetracted,
)
from domain.incident import refusals
from domain.incident.commands import (
    UNJUDGED,
    AssessReport,
    CorrectReport,
    DisputeReport,
    FileReport,
    ReinstateReport,
    RetractReport,
)
from domain.incident.report_warnings import content_digest
from domain.incident.resolved_claims import ScopeOverrides
from domain.incident.state import FiledReport, Incident
from domain.incident.validation import check_claims, expect_not_in_future, occurred_span, read_span, with_defaults
from domain.reports.claims.claim import latest
from domain.values.time.clocks import format_instant, parse_reported


def file(incident: Incident, command: FileReport, now: datetime) -> ReportFiled:
    """File a report; `reported_at` defaults to `now` (UTC)."""
    if command.report_id in incident.reports:
        raise refusals.ReportIdTaken(report_id=command.report_id)
    reported_at = command.report.reported_at or format_instant(now)
    reported = read_span(parse_reported, reported_at, incident.offset)
    expect_not_in_future(reported, reported_at, now)
    report = with_defaults(command.report, command.report_id, reported_at)
    occurred = occurred_span(report, reported, incident.offset)
    check_claims(command.report_id, report, (reported, occurred), incident.scopes, incident.offset)
    return ReportFiled(report_id=command.report_id, report=report, reported=reported, occurred=occurred)


def correct(incident: Incident, command: CorrectReport) -> ReportCorrected:
    """Replace the content of a report; assigned scopes are kept, by claim id."""
    filed = filed_report(incident, command.report_id)
    if None in filed.retracted:
        raise refusals.ReportIsRetracted(report_id=command.report_id)
    if command.report.report_id not in (None, command.report_id):
        raise refusals.ReportIdIsKept(kept=command.report_id)
    if command.report.reported_at not in (None, filed.reported_at):
        raise refusals.ReportedAtIsKept(kept=filed.reported_at)
    report = with_defaults(command.report, command.report_id, filed.reported_at)
    if content_digest(report) == content_digest(filed.report):
        raise refusals.NothingChanged(what=f"report {command.report_id}")
    occurred = occurred_span(report, filed.reported, incident.offset)
    spans = (filed.reported, occurred)
    check_claims(command.report_id, report, spans, incident.scopes, incident.offset, ScopeOverrides(filed.rescoped))
    return ReportCorrected(
        report_id=command.report_id, cause=command.cause, report=report, occurred=occurred, text=note(command.reason)
    )


def retract(incident: Incident, command: RetractReport, now: datetime) -> ReportRetracted:
    """Retract a report or one claim, by the recorder (never said) or by its source (from then on); `now` in UTC."""
    filed = filed_report(incident, command.report_id)
    _expect_unretracted(filed, command.report_id, command.claim)
    text = note(command.reason)
    if command.by == "recorder":
        if command.reported_at:
            raise refusals.RetractionHasNoTime
        return ReportRetracted(report_id=command.report_id, **_claim_field(command.claim), by="recorder", text=text)
    if not command.reported_at:
        raise refusals.RetractionNeedsTime
    reported = read_span(parse_reported, command.reported_at, incident.offset)
    expect_not_in_future(reported, command.reported_at, now)
    if latest(reported) < (filed.reported.earliest or latest(reported)):
        raise refusals.RetractedBeforeSaid(retracted=command.reported_at, reported=filed.reported_at)
    return ReportRetracted(
        report_id=command.report_id,
        **_claim_field(command.claim),
        by="source",
        reported_at=command.reported_at,
        reported=reported,
        text=text,
    )


def reinstate(incident: Incident, command: ReinstateReport) -> ReportReinstated:
    """Undo a retraction."""
    filed = filed_report(incident, command.report_id)
    if command.claim not in filed.retracted:
        _expect_claim(filed, command.report_id, command.claim)
        if command.claim is None:
            raise refusals.ReportStands(report_id=command.report_id)
        raise refusals.ClaimStands(report_id=command.report_id, claim=command.claim)
    return ReportReinstated(report_id=command.report_id, **_claim_field(command.claim), text=note(command.reason))


def assess(incident: Incident, command: AssessReport) -> ReportAssessed:
    """Judge a report or one claim."""
    filed = filed_report(incident, command.report_id)
    _expect_claim(filed, command.report_id, command.claim)
    if filed.credibility.get(command.claim, UNJUDGED if command.claim is None else None) == command.credibility:
        raise refusals.NothingChanged(what=_name_of(command.report_id, command.claim))
    return ReportAssessed(
        report_id=command.report_id,
        **_claim_field(command.claim),
        credibility=command.credibility,
        text=note(command.reason),
    )


def dispute(incident: Incident, command: DisputeReport) -> ReportDisputed:
    """Mark a report or one claim as disputed, or remove the mark."""
    filed = filed_report(incident, command.report_id)
    _expect_claim(filed, command.report_id, command.claim)
    if (command.claim in filed.disputed) == command.disputed:
        raise refusals.NothingChanged(what=_name_of(command.report_id, command.claim))
    return ReportDisputed(
        report_id=command.report_id, **_claim_field(command.claim), disputed=command.disputed, text=note(command.reason)
    )


def filed_report(incident: Incident, report_id: UUID) -> FiledReport:
    """Return the state of a report; raises ReportUnknown."""
    try:
        return incident.reports[report_id]
    except KeyError:
        raise refusals.ReportUnknown(report_id=report_id) from None


def _expect_unretracted(filed: FiledReport, report_id: UUID, claim: str | None) -> None:
    _expect_claim(filed, report_id, claim)
    if None in filed.retracted:
        raise refusals.ReportIsRetracted(report_id=report_id)
    if claim in filed.retracted:
        raise refusals.ClaimIsRetracted(report_id=report_id, claim=claim)


def _expect_claim(filed: FiledReport, report_id: UUID, claim: str | None) -> None:
    if claim is not None and claim not in filed.claims:
        known = ", ".join(f"“{each}”" for each in filed.claims) or "none"
        raise refusals.ClaimUnknown(report_id=report_id, claim=claim, known=known)


class _ClaimField(TypedDict, total=False):
    claim: str


def _claim_field(claim: str | None) -> _ClaimField:
    """Return the field `claim` of a fact; a fact about the whole report has none."""
    return {} if claim is None else {"claim": claim}


def _name_of(report_id: UUID, claim: str | None) -> str:
    return f"report {report_id}" if claim is None else f"claim {report_id}#{claim}"
