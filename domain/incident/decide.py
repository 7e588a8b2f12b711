"""Decide a command on one incident: `decide` returns facts, or raises a Refusal."""

from datetime import datetime, tzinfo
from typing import assert_never

from domain.facts.stored_shape import (
    note,
)
from domain.facts.union import (
    CollectionChanged,
    EstimatePublished,
    IncidentAmended,
    IncidentClosed,
    IncidentFact,
    IncidentOpened,
    IncidentReopened,
    ReportFiled,
    ScopeDeclared,
)
from domain.incident import refusals
from domain.incident.commands import (
    AmendIncident,
    AssessReport,
    ChangeCollection,
    CloseIncident,
    CorrectReport,
    DeclareScope,
    DisputeReport,
    FileReport,
    IncidentCommand,
    OpenIncident,
    PublishEstimate,
    ReinstateReport,
    ReopenIncident,
    RetractReport,
)
from domain.incident.report_decisions import assess, correct, dispute, file, reinstate, retract
from domain.incident.resolved_claims import ScopeOverrides, report_context, resolve_in_context
from domain.incident.state import Incident
from domain.incident.validation import occurred_span, read_span
from domain.reports.claims.claim import EVENT_SCOPE, INCIDENT_SCOPE, Scope
from domain.values.collections import PUBLIC
from domain.values.time.clocks import ClockError, parse_occurred, parse_offset, parse_reported
from domain.values.time.zones import TimeZone

ON_REPORTS = (CorrectReport, RetractReport, ReinstateReport, AssessReport, DisputeReport)
"""Commands on a report, which keeps its home incident whether that is open, closed or merged."""


def decide(
    incident: Incident | None, command: IncidentCommand, now: datetime, zone: TimeZone | None = None
) -> list[IncidentFact]:
    """Return the facts that a command makes of an incident; raises a Refusal.

    `now` is the moment of recording (UTC). `incident` is None before it is opened. `zone` is the time zone that the
    command names, with the offsets to be recorded.
    """
    if isinstance(command, OpenIncident):
        return _open(incident, command, zone)
    if incident is None:
        raise refusals.IncidentUnknown(incident="")
    if isinstance(command, FileReport):
        return [file_report(incident, command, now)]
    if not isinstance(command, ON_REPORTS):
        expect_unmerged(incident)
    match command:
        case AmendIncident():
            return _amend(incident, command, zone)
        case CloseIncident():
            expect_open(incident)
            return [IncidentClosed(text=note(command.reason))]
        case ReopenIncident():
            if incident.is_open:
                raise refusals.IncidentIsOpen(incident=incident.slug)
            return [IncidentReopened(text=note(command.reason))]
        case ChangeCollection():
            return [_change_collection(incident, command)]
        case DeclareScope():
            expect_open(incident)
            return [_declare(incident.scopes, command, incident.offset)]
        case CorrectReport():
            return [correct(incident, command)]
        case RetractReport():
            return [retract(incident, command, now)]
        case ReinstateReport():
            return [reinstate(incident, command)]
        case AssessReport():
            return [assess(incident, command)]
        case DisputeReport():
            return [dispute(incident, command)]
        case PublishEstimate():
            return [EstimatePublished(**command.model_dump(exclude={"reason"}), text=note(command.reason))]
        case _:  # pragma: no cover - the checker proves it
            assert_never(command)


def file_report(incident: Incident, command: FileReport, now: datetime) -> ReportFiled:
    """File a report under an open incident; raises a Refusal."""
    if not command.report.complete:  # a complete report withdraws reports of its home, merged or not
        expect_unmerged(incident)
    expect_open(incident)
    return file(incident, command, now)


def expect_unmerged(incident: Incident) -> None:
    """Raise IncidentIsMerged where the incident was merged into another."""
    if incident.into is not None:
        raise refusals.IncidentIsMerged(incident=incident.slug, into=incident.into)


def expect_open(incident: Incident) -> None:
    """Raise IncidentIsClosed where the incident is closed."""
    if not incident.is_open:
        raise refusals.IncidentIsClosed(incident=incident.slug)


def _open(incident: Incident | None, command: OpenIncident, zone: TimeZone | None) -> list[IncidentFact]:
    if incident is not None:
        raise refusals.IncidentSlugTaken(incident=command.slug)
    offset = zone.offset if zone else parse_offset(command.utc_offset)
    clock_fields: dict[str, object] = {"time_zone": zone} if zone else {"utc_offset": command.utc_offset}
    whole = {name: getattr(command, name) for name in ("slug", "title", "period", "countries")}
    collection = {} if command.collection == PUBLIC else {"collection": command.collection}
    opened = IncidentOpened.model_validate(whole | clock_fields | collection)
    if command.period:
        read_span(parse_occurred, command.period, offset)
    declared: dict[str, Scope] = {}
    facts: list[IncidentFact] = [opened]
    for scope in command.scopes:
        fact = _declare(declared, scope, offset)
        declared[fact.name] = fact.scope
        facts.append(fact)
    return facts


def _amend(incident: Incident, command: AmendIncident, zone: TimeZone | None) -> list[IncidentFact]:
    fields = {name: getattr(command, name) for name in command.model_fields_set - {"reason", "time_zone"}}
    fields |= {"time_zone": zone} if zone else {}
    changed = {
        name: value
        for name, value in fields.items()
        if getattr(incident, name) != value and not (value is None and name != "period")
    }
    if not changed:
        raise refusals.NothingChanged(what=f"“{incident.slug}”")
    if period := changed.get("period"):
        read_span(parse_occurred, period, zone.offset if zone else incident.offset)
    if zone:
        _expect_readable(incident, zone.offset)
    return [IncidentAmended(**changed, text=note(command.reason))]


def _change_collection(incident: Incident, command: ChangeCollection) -> CollectionChanged:
    """Change the collection of an incident that was never tied to another: questions of its past read both."""
    if command.collection == incident.collection:
        raise refusals.NothingChanged(what=f"the collection of “{incident.slug}”")
    if incident.is_tied:
        raise refusals.IncidentIsTied(incident=incident.slug)
    return CollectionChanged(collection=command.collection, text=note(command.reason))


def _expect_readable(incident: Incident, offset: tzinfo) -> None:
    """Refuse a zone in which a stated day does not exist, as 30 December 2011 in Samoa; the refusal names the day."""
    periods = (incident.period, *(scope.period for scope in incident.scopes.values()))
    for period in filter(None, periods):
        read_span(parse_occurred, period, offset)
    for report_id, filed in incident.reports.items():
        reported = read_span(parse_reported, filed.reported_at, offset)
        occurred = occurred_span(filed.report, reported, offset)
        common = report_context(report_id, filed.report, (reported, occurred), offset)
        try:
            resolve_in_context(filed.report, common, incident.scopes, offset, ScopeOverrides(filed.rescoped))
        except ClockError as error:
            raise refusals.TimeUnreadable(reason=str(error).rstrip(".")) from error


def _declare(scopes: dict[str, Scope], command: DeclareScope, offset: tzinfo) -> ScopeDeclared:
    if command.name in (INCIDENT_SCOPE, EVENT_SCOPE):
        raise refusals.ScopeNameReserved(scope=command.name)
    if command.name in scopes:
        raise refusals.ScopeTaken(scope=command.name)
    if command.period:
        read_span(parse_occurred, command.period, offset)
    return ScopeDeclared(name=command.name, scope=command.scope())
