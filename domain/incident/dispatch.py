"""Where every command is decided: which states it touches, and which facts it makes in which streams."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final, Protocol, cast
from uuid import UUID

from domain.facts.streams import POLICY_STREAM, incident_stream, source_stream
from domain.facts.union import Fact, ReportMoved
from domain.incident import curation, refusals, source_decisions
from domain.incident.commands import (
    About,
    AdoptPolicy,
    AmendIncident,
    AssessReport,
    Command,
    CorrectReport,
    Curation,
    DisputeReport,
    FileReport,
    MergeIncident,
    MoveReport,
    OpenIncident,
    ReinstateReport,
    RescopeClaims,
    RetractReport,
    StateSameOrigin,
    UndoSameOrigin,
    UnmergeIncident,
)
from domain.incident.decide import decide, expect_open
from domain.incident.source_decisions import Source
from domain.incident.state import Incident
from domain.values.sources import Registration, origin_of
from domain.values.time.clocks import Span, parse_occurred
from domain.values.time.zones import TimeZone, UnknownZone, window_of

AnyCommand = Command | Curation | About | Registration
Entries = list[tuple[UUID, Fact]]
"""Facts, each with the stream that it goes into; the first is the one that the request's id names."""

_HOW: Final = "name one of the IANA database, such as “Europe/Kyiv”, or give a “utc_offset” such as “+03:00”"
_OF_A_REPORT: Final = (CorrectReport, RetractReport, ReinstateReport, AssessReport, DisputeReport, MoveReport)


class States(Protocol):
    """The states that a command may touch, as they stand at the end of the log."""

    def incident(self, stream: UUID) -> Incident | None:
        """Return an incident; None if there is none in this stream."""
        ...

    def source(self, origin: str) -> Source | None:
        """Return a source; None if it is not known."""
        ...

    def adopted(self) -> str | None:
        """Return the policy in force; None if none was ever adopted."""
        ...

    def home_of(self, report_id: UUID) -> UUID:
        """Return the stream of the incident that a report was filed under; raises ReportUnknown."""
        ...

    def zone(self, name: str, window: tuple[int, int]) -> TimeZone:
        """Return a time zone with its offsets from the first year of the window to the last; raises UnknownZone."""
        ...


def decided(
    states: States, command: AnyCommand, now: datetime, named: UUID | None = None, expected: int | None = None
) -> Entries:
    """Return the facts that a command makes, or raise the Refusal that says why not; none where nothing is new.

    `named` is the stream of the incident that the address names, None where the command
    says; `expected` the version that the caller wrote against; `now` the moment of recording (UTC).
    """
    match command:
        case Registration():
            facts = source_decisions.register(states.source(command.slug), command)
            return [(source_stream(command.slug), fact) for fact in facts]
        case AdoptPolicy():
            return [(POLICY_STREAM, source_decisions.adopt(states.adopted(), command))]
        case StateSameOrigin() | UndoSameOrigin():
            return _same_origin(states, command)
        case _:
            stream = _target(states, command, named)
    incident = states.incident(stream)
    if incident is None and not isinstance(command, OpenIncident):
        raise refusals.IncidentUnknown(incident=stream)
    _expect_version(incident, expected)
    if isinstance(command, Curation):
        return _curated(states, cast("Incident", incident), command)
    if isinstance(command, FileReport) and command.report.complete:
        return _whole_statement(states, cast("Incident", incident), command, now)
    return [(stream, fact) for fact in decide(incident, command, now, _zone(states, incident, command, now))]


def touched(command: AnyCommand, named: UUID | None = None) -> Iterator[UUID]:
    """Yield the streams whose states a command needs, as far as it tells; a report's home is told by the log."""
    match command:
        case Registration():
            yield source_stream(command.slug)
        case AdoptPolicy():
            yield POLICY_STREAM
        case StateSameOrigin() | UndoSameOrigin():
            yield from (source_stream(origin) for origin in command.origins)
        case OpenIncident():
            yield incident_stream(command.slug)
        case _:
            if named:
                yield named
            if isinstance(command, MergeIncident):
                yield incident_stream(command.into)
            if isinstance(command, MoveReport):
                yield incident_stream(command.to)


def reports_named(command: AnyCommand) -> list[UUID]:
    """Return the reports whose homes a command needs."""
    if isinstance(command, _OF_A_REPORT):
        return [command.report_id]
    if isinstance(command, RescopeClaims):
        return sorted({UUID(ref.partition("#")[0]) for ref in command.claims})
    return []


def most_facts(command: AnyCommand) -> int:
    """Return how many facts a command makes at most, beside the sources that introduce themselves."""
    match command:
        case OpenIncident():
            return 1 + len(command.scopes)
        case StateSameOrigin() | UndoSameOrigin() | MergeIncident() | UnmergeIncident():
            return 2
        case MoveReport():
            return 3
        case FileReport():
            return 3 if command.report.complete else 1
        case RescopeClaims():
            return 1 + len(command.claims)
        case _:
            return 1


def _target(states: States, command: Command | Curation, named: UUID | None) -> UUID:
    if isinstance(command, OpenIncident):
        return incident_stream(command.slug)
    return named or states.home_of(cast("MoveReport", command).report_id)


def _zone(states: States, incident: Incident | None, command: Command, now: datetime) -> TimeZone | None:
    """Look up the time zone that a command names, with the offsets of the years around what is known by then."""
    if not isinstance(command, OpenIncident | AmendIncident) or command.time_zone is None:
        return None
    periods = [command.period or (incident.period if incident else None)]
    scopes = command.scopes if isinstance(command, OpenIncident) else cast("Incident", incident).scopes.values()
    periods += [scope.period for scope in scopes]
    spans = [Span(now, now), *(parse_occurred(period, UTC) for period in periods if period)]
    spans += [filed.occurred for filed in incident.reports.values() if filed.occurred] if incident else []
    try:
        return states.zone(command.time_zone, window_of(spans))
    except UnknownZone as unknown:
        near = unknown.nearest
        hint = f"did you mean “{near}”?" if near else _HOW
        raise refusals.TimeZoneUnknown(time_zone=command.time_zone, hint=hint, nearest=near) from None


def _expect_version(incident: Incident | None, expected: int | None) -> None:
    if incident and expected not in (None, incident.version):
        raise refusals.VersionMismatch(incident=incident.slug, expected=expected, actual=incident.version)


def _curated(states: States, incident: Incident, command: Curation) -> Entries:
    """Decide what touches several incidents; what shows more comes first, so that nothing vanishes in between."""
    match command:
        case MergeIncident():
            merged = curation.merge(incident, states.incident(incident_stream(command.into)), command)
            return _in_streams(merged, merged.into, merged.incident)
        case UnmergeIncident():
            undone = curation.unmerge(incident, command)
            return _in_streams(undone, undone.incident, undone.into)
        case MoveReport():
            moved = curation.move(incident, states.incident(incident_stream(command.to)), command)
            return _in_streams(moved, moved.to, moved.home, moved.left)
        case RescopeClaims():
            ids = reports_named(command)
            homes = {each: cast("Incident", states.incident(states.home_of(each))) for each in ids}
            under = {each: _shown_under(states, home.reports[each].at) for each, home in homes.items()}
            facts = curation.rescoped(incident, homes, under, command)
            return [(incident_stream(slug), fact) for slug, fact in facts]


def _whole_statement(states: States, incident: Incident, command: FileReport, now: datetime) -> Entries:
    """File what a source says anew of one home, which no report elsewhere can do, wherever that home is shown now.

    Merged incidents show it where they are shown; where the last such statement was moved, this one follows it there.
    """
    if incident.into:
        _expect_open(states, _shown_under(states, incident.slug))
    entries: Entries = [(incident_stream(incident.slug), fact) for fact in decide(incident, command, now)]
    at = _last_stated_at(incident, command)
    to = incident.slug if at == incident.slug else _shown_under(states, at)
    if to != incident.slug and to != _shown_under(states, incident.slug):
        _expect_open(states, to)
        moved = ReportMoved(report_id=command.report_id, home=incident.slug, left=incident.slug, to=to)
        entries += _in_streams(moved, to, incident.slug)
    return entries


def _last_stated_at(home: Incident, command: FileReport) -> str:
    """Return where the last whole statement stands that a source made about a home, which is mostly the home itself."""
    origin = origin_of(command.report.source, command.report.via)
    for filed in reversed(home.reports.values()):
        report = filed.report
        stands = report.complete and report.event == command.report.event and None not in filed.retracted
        if stands and origin_of(report.source, report.via) == origin:
            return filed.at
    return home.slug


def _expect_open(states: States, slug: str) -> None:
    shown = states.incident(incident_stream(slug))
    if shown is not None:
        expect_open(shown)


def _in_streams(fact: Fact, *slugs: str) -> Entries:
    return [(incident_stream(slug), fact) for slug in dict.fromkeys(slugs)]


def _shown_under(states: States, slug: str) -> str:
    """Return the slug of the incident that shows what stands under this one."""
    while (incident := states.incident(incident_stream(slug))) and incident.into:
        slug = incident.into
    return slug


def _same_origin(states: States, command: StateSameOrigin | UndoSameOrigin) -> Entries:
    one, other = (_known(states, origin) for origin in command.origins)
    if isinstance(command, StateSameOrigin):
        fact: Fact = source_decisions.same_origin(one, other, command)
    else:
        fact = source_decisions.undo_same_origin(one, other, command)
    return [(source_stream(origin), fact) for origin in command.origins]


def _known(states: States, origin: str) -> Source:
    known = states.source(origin)
    if known is None:
        raise refusals.SourceUnknown(origin=origin)
    return known
