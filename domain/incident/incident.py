"""The incident: what is asked of it (`decide`) and what becomes of it (`evolve`)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import assert_never
from uuid import UUID

from domain.claims import EVENT_SCOPE, INCIDENT_SCOPE, Scope, latest
from domain.clocks import Span, format_instant, parse_occurred, parse_offset, parse_reported
from domain.incident import refusals
from domain.incident.commands import (
    AmendIncident,
    CloseIncident,
    Command,
    CorrectReport,
    DeclareScope,
    FileReport,
    OpenIncident,
    PublishEstimate,
    ReinstateReport,
    ReopenIncident,
    RetractReport,
)
from domain.incident.facts import (
    EstimatePublished,
    IncidentAmended,
    IncidentClosed,
    IncidentFact,
    IncidentOpened,
    IncidentReopened,
    Note,
    ReportCorrected,
    ReportFiled,
    ReportReinstated,
    ReportRetracted,
    ScopeDeclared,
)
from domain.incident.filing import check_claims, expect_begun, occurred_span, read_span, with_scopes
from domain.incident.holding import held_claims
from domain.incident.warnings import Concern, Seen, Taken, remember, warnings
from domain.ledger.canonical import digest
from domain.report.kind import Report


@dataclass(slots=True)
class Filed:
    """What deciding needs to know of a report."""

    reported: Span
    reported_at: str
    content: str
    retracted: bool = False


@dataclass(slots=True)
class Incident:
    """The state that commands are decided against; readers use views instead."""

    slug: str
    title: str
    offset: timezone
    period: str | None
    countries: tuple[str, ...]
    is_open: bool = True
    version: int = 0
    scopes: dict[str, Scope] = field(default_factory=dict[str, Scope])
    reports: dict[UUID, Filed] = field(default_factory=dict[UUID, Filed])
    seen: Seen = field(default_factory=Seen)


def decide(incident: Incident | None, command: Command, now: datetime) -> list[IncidentFact]:
    """Return the facts that a command makes of an incident, or raise the Refusal that says why not.

    `now` is the moment of recording (UTC). `incident` is None before it is opened.
    """
    if isinstance(command, OpenIncident):
        return _open(incident, command)
    if incident is None:
        raise refusals.IncidentUnknown(incident="")
    match command:
        case AmendIncident():
            return _amend(incident, command)
        case CloseIncident():
            _expect_open(incident)
            return [IncidentClosed(text=_note(command.reason))]
        case ReopenIncident():
            if incident.is_open:
                raise refusals.IncidentIsOpen(incident=incident.slug)
            return [IncidentReopened(text=_note(command.reason))]
        case DeclareScope():
            _expect_open(incident)
            return [_declare(incident.scopes, command, incident.offset)]
        case FileReport():
            return [_file(incident, command, now)]
        case CorrectReport():
            return [_correct(incident, command)]
        case RetractReport():
            return [_retract(incident, command, now)]
        case ReinstateReport():
            if not _filed(incident, command.report_id).retracted:
                raise refusals.ReportStands(report_id=command.report_id)
            return [ReportReinstated(report_id=command.report_id, text=_note(command.reason))]
        case PublishEstimate():
            return [EstimatePublished(**command.model_dump(exclude={"reason"}), text=_note(command.reason))]
        case _:  # pragma: no cover - the checker proves it
            assert_never(command)


def evolve(incident: Incident | None, fact: IncidentFact) -> Incident:
    """Apply a fact to the state, which is changed in place and returned. Never refuses: a fact has happened."""
    if isinstance(fact, IncidentOpened):
        offset = parse_offset(fact.utc_offset)
        return Incident(fact.slug, fact.title, offset, fact.period, fact.countries, version=1)
    if incident is None:
        raise ValueError("the first fact of an incident is its opening")
    incident.version += 1
    match fact:
        case IncidentAmended():
            set_fields = fact.model_fields_set
            incident.title = fact.title or incident.title
            incident.period = fact.period if "period" in set_fields else incident.period
            incident.countries = incident.countries if fact.countries is None else fact.countries
        case IncidentClosed():
            incident.is_open = False
        case IncidentReopened():
            incident.is_open = True
        case ScopeDeclared():
            incident.scopes[fact.name] = fact.scope
        case ReportFiled():
            taken = _taken(incident, fact)
            incident.reports[fact.report_id] = Filed(fact.reported, fact.report.reported_at or "", taken.content)
            remember(incident.seen, taken)
        case ReportCorrected():
            incident.reports[fact.report_id].content = _content(fact.report)
        case ReportRetracted():
            incident.reports[fact.report_id].retracted = True
        case ReportReinstated():
            incident.reports[fact.report_id].retracted = False
        case EstimatePublished():
            pass
        case _:  # pragma: no cover - the checker proves it
            assert_never(fact)
    return incident


def warnings_about(incident: Incident, filed: ReportFiled) -> list[Concern]:
    """Return what a recorder should look at again in a report, seen from the state *before* it was filed."""
    return warnings(incident.seen, _taken(incident, filed))


def fold(facts: Iterable[IncidentFact]) -> Incident | None:
    """Return the state after all `facts`, None if there are none."""
    incident: Incident | None = None
    for fact in facts:
        incident = evolve(incident, fact)
    return incident


def _open(incident: Incident | None, command: OpenIncident) -> list[IncidentFact]:
    if incident is not None:
        raise refusals.IncidentSlugTaken(incident=command.slug)
    offset = parse_offset(command.utc_offset)
    opened = IncidentOpened(
        slug=command.slug,
        title=command.title,
        utc_offset=command.utc_offset,
        period=command.period,
        countries=command.countries,
    )
    declared: dict[str, Scope] = {}
    facts: list[IncidentFact] = [opened]
    for scope in command.scopes:
        fact = _declare(declared, scope, offset)
        declared[fact.name] = fact.scope
        facts.append(fact)
    return facts


def _amend(incident: Incident, command: AmendIncident) -> list[IncidentFact]:
    given = {name: getattr(command, name) for name in command.model_fields_set - {"reason"}}
    changed = {
        name: value
        for name, value in given.items()
        if getattr(incident, name) != value and not (value is None and name != "period")
    }
    if not changed:
        raise refusals.NothingChanged(what=f"“{incident.slug}”")
    return [IncidentAmended(**changed, text=_note(command.reason))]


def _declare(scopes: dict[str, Scope], command: DeclareScope, offset: timezone) -> ScopeDeclared:
    if command.name in (INCIDENT_SCOPE, EVENT_SCOPE):
        raise refusals.ScopeNameReserved(scope=command.name)
    if command.name in scopes:
        raise refusals.ScopeTaken(scope=command.name)
    if command.period:
        read_span(parse_occurred, command.period, offset)
    return ScopeDeclared(name=command.name, scope=command.scope())


def _file(incident: Incident, command: FileReport, now: datetime) -> ReportFiled:
    _expect_open(incident)
    if command.report_id in incident.reports:
        raise refusals.ReportIdTaken(report_id=command.report_id)
    said = command.report.reported_at or format_instant(now)
    reported = read_span(parse_reported, said, incident.offset)
    expect_begun(reported, said, now)
    report = with_scopes(command.report.model_copy(update={"reported_at": said, "report_id": command.report_id}))
    occurred = occurred_span(report, reported, incident.offset)
    check_claims(command.report_id, report, (reported, occurred), incident.scopes, incident.offset)
    return ReportFiled(report_id=command.report_id, report=report, reported=reported, occurred=occurred)


def _correct(incident: Incident, command: CorrectReport) -> ReportCorrected:
    filed = _filed(incident, command.report_id)
    if filed.retracted:
        raise refusals.ReportIsRetracted(report_id=command.report_id)
    if command.report.report_id not in (None, command.report_id):
        raise refusals.ReportIdIsKept(kept=command.report_id)
    if command.report.reported_at not in (None, filed.reported_at):
        raise refusals.ReportedAtIsKept(kept=filed.reported_at)
    kept = {"reported_at": filed.reported_at, "report_id": command.report_id}
    report = with_scopes(command.report.model_copy(update=kept))
    if _content(report) == filed.content:
        raise refusals.NothingChanged(what=f"report {command.report_id}")
    occurred = occurred_span(report, filed.reported, incident.offset)
    check_claims(command.report_id, report, (filed.reported, occurred), incident.scopes, incident.offset)
    return ReportCorrected(
        report_id=command.report_id, cause=command.cause, report=report, occurred=occurred, text=_note(command.reason)
    )


def _retract(incident: Incident, command: RetractReport, now: datetime) -> ReportRetracted:
    filed = _filed(incident, command.report_id)
    if filed.retracted:
        raise refusals.ReportIsRetracted(report_id=command.report_id)
    note = _note(command.reason)
    if command.by == "recorder":
        if command.reported_at:
            raise refusals.RetractionHasNoTime
        return ReportRetracted(report_id=command.report_id, by="recorder", text=note)
    if not command.reported_at:
        raise refusals.RetractionNeedsTime
    reported = read_span(parse_reported, command.reported_at, incident.offset)
    expect_begun(reported, command.reported_at, now)
    if latest(reported) < (filed.reported.earliest or latest(reported)):
        raise refusals.RetractedBeforeSaid(retracted=command.reported_at, reported=filed.reported_at)
    return ReportRetracted(
        report_id=command.report_id, by="source", reported_at=command.reported_at, reported=reported, text=note
    )


def _expect_open(incident: Incident) -> None:
    if not incident.is_open:
        raise refusals.IncidentIsClosed(incident=incident.slug)


def _filed(incident: Incident, report_id: UUID) -> Filed:
    try:
        return incident.reports[report_id]
    except KeyError:
        raise refusals.ReportUnknown(report_id=report_id) from None


def _taken(incident: Incident, fact: ReportFiled) -> Taken:
    spans = (fact.reported, fact.occurred)
    held = held_claims(fact.report_id, fact.report, spans, incident.scopes, incident.offset)
    return Taken(str(fact.report_id), _content(fact.report), fact.report, *spans, held, incident.offset)


def _note(reason: str | None) -> Note | None:
    return Note(reason=reason) if reason else None


def _content(report: Report) -> str:
    """Tell whether two reports say the same; an empty `text` is none, as the log keeps it."""
    said = report.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude={"report_id"})
    return digest({name: value for name, value in said.items() if value or name != "text"})
