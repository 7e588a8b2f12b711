"""Decide any command: the states that it needs, and the facts that it makes, each with its stream."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final, Protocol, cast
from uuid import UUID

from domain.facts.streams import POLICY_STREAM, incident_stream, source_stream
from domain.facts.union import Fact, ReportMoved
from domain.incident import curation, erasure, refusals, source_decisions
from domain.incident.commands import (
    AdoptPolicy,
    AmendIncident,
    CurationCommand,
    FileReport,
    GlobalCommand,
    IncidentCommand,
    MergeIncident,
    MoveReport,
    OpenIncident,
    RescopeClaims,
    StateSameOrigin,
    UndoSameOrigin,
    UnmergeIncident,
)
from domain.incident.decide import ON_REPORTS, decide, expect_open, file_report
from domain.incident.erasure_commands import (
    EraseReport,
    EraseSource,
    ErasureCommand,
    LiftSourceHold,
    PlaceSourceHold,
)
from domain.incident.source_decisions import Source
from domain.incident.state import Incident
from domain.values.sources import Registration, origin_of
from domain.values.time.clocks import Span, parse_occurred
from domain.values.time.zones import TimeZone, UnknownZone, window_of

AnyCommand = IncidentCommand | CurationCommand | ErasureCommand | GlobalCommand | Registration
Entries = list[tuple[UUID, Fact]]
"""Facts with their streams; the first fact gets the id of the request."""

_ZONE_HINT: Final = "name one of the IANA database, such as “Europe/Kyiv”, or give a “utc_offset” such as “+03:00”"


class StateReader(erasure.ErasableParts, Protocol):
    """Read access to the states of streams at the end of the log."""

    def adopted(self) -> str | None:
        """Return the policy in force; None if none was ever adopted."""
        ...

    def home_of(self, report_id: UUID) -> UUID:
        """Return the stream of the incident that a report was filed under; raises ReportUnknown."""
        ...

    def zone(self, name: str, window: tuple[int, int]) -> TimeZone:
        """Return a time zone with its offsets from the first year of the window to the last; raises UnknownZone."""
        ...


def decide_command(
    states: StateReader, command: AnyCommand, now: datetime, named: UUID | None = None, expected: int | None = None
) -> Entries:
    """Return the facts that a command makes, none where nothing is new; raises a Refusal.

    `named` is the stream of the incident in the request's path, None where the command names it; `expected` the
    version that the caller wrote against; `now` the moment of recording (UTC).
    """
    if isinstance(command, FileReport):  # first, as the most frequent
        return _file_report(states, command, now, named, expected)
    match command:
        case Registration():
            facts = source_decisions.register(states.source(command.slug), command)
            return [(source_stream(command.slug), fact) for fact in facts]
        case AdoptPolicy():
            return [(POLICY_STREAM, source_decisions.adopt(states.adopted(), command))]
        case StateSameOrigin() | UndoSameOrigin():
            return _same_origin(states, command)
        case EraseSource() | PlaceSourceHold() | LiftSourceHold():
            return [(source_stream(command.origin), erasure.decide_on_source(states, command))]
        case _:
            stream = _target(states, command, named)
    incident = states.incident(stream)
    if incident is None and not isinstance(command, OpenIncident):
        raise refusals.IncidentUnknown(incident=stream)
    _expect_version(incident, expected)
    if isinstance(command, CurationCommand):
        return _decide_curation(states, cast("Incident", incident), command)
    if isinstance(command, ErasureCommand):
        return [(stream, erasure.decide_on_incident(states, cast("Incident", incident), command))]
    return [(stream, fact) for fact in decide(incident, command, now, _zone(states, incident, command, now))]


def streams_needed(command: AnyCommand, named: UUID | None = None) -> Iterator[UUID]:
    """Yield the streams that a command names; the home streams of its reports are looked up in the log."""
    match command:
        case FileReport():
            if named:
                yield named
        case Registration():
            yield source_stream(command.slug)
        case AdoptPolicy():
            yield POLICY_STREAM
        case StateSameOrigin() | UndoSameOrigin():
            yield from (source_stream(origin) for origin in command.origins)
        case EraseSource() | PlaceSourceHold() | LiftSourceHold():
            yield source_stream(command.origin)
        case OpenIncident():
            yield incident_stream(command.slug)
        case _:
            if named:
                yield named
            if isinstance(command, MergeIncident):
                yield incident_stream(command.into)
            if isinstance(command, MoveReport):
                yield incident_stream(command.to)


def reports_needed(command: AnyCommand) -> list[UUID]:
    """Return the reports whose home streams a command needs."""
    if isinstance(command, FileReport):
        return []
    if isinstance(command, (*ON_REPORTS, MoveReport, EraseReport)):
        return [command.report_id]
    if isinstance(command, RescopeClaims):
        return sorted({UUID(ref.partition("#")[0]) for ref in command.claims})
    return []


def max_facts(command: AnyCommand) -> int:
    """Return the maximum number of facts of a command, without those that register sources."""
    match command:
        case FileReport():
            return 3 if command.report.complete else 1
        case OpenIncident():
            return 1 + len(command.scopes)
        case StateSameOrigin() | UndoSameOrigin() | MergeIncident() | UnmergeIncident():
            return 2
        case MoveReport():
            return 3
        case RescopeClaims():
            return 1 + len(command.claims)
        case _:
            return 1


def _target(
    states: StateReader, command: IncidentCommand | CurationCommand | ErasureCommand, named: UUID | None
) -> UUID:
    if isinstance(command, OpenIncident):
        return incident_stream(command.slug)
    return named or states.home_of(cast("MoveReport", command).report_id)


def _zone(states: StateReader, incident: Incident | None, command: IncidentCommand, now: datetime) -> TimeZone | None:
    """Look up the time zone that a command names, with the offsets of the years around the incident's dates."""
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
        raise unknown_zone(command.time_zone, unknown) from None


def unknown_zone(name: str, unknown: UnknownZone) -> refusals.TimeZoneUnknown:
    """Return the refusal of a time zone that there is not."""
    near = unknown.nearest
    hint = f"did you mean “{near}”?" if near else _ZONE_HINT
    return refusals.TimeZoneUnknown(time_zone=name, hint=hint, nearest=near)


def _expect_version(incident: Incident | None, expected: int | None) -> None:
    if incident and expected not in (None, incident.version):
        raise refusals.VersionMismatch(incident=incident.slug, expected=expected, actual=incident.version)


def _decide_curation(states: StateReader, incident: Incident, command: CurationCommand) -> Entries:
    """Decide a curation command; the fact of the incident that gains reports comes first."""
    match command:
        case MergeIncident():
            merged = curation.merge(incident, states.incident(incident_stream(command.into)), command)
            return _in_streams(merged, merged.into, merged.incident)
        case UnmergeIncident():
            unmerged = curation.unmerge(incident, command)
            return _in_streams(unmerged, unmerged.incident, unmerged.into)
        case MoveReport():
            move = curation.move(incident, states.incident(incident_stream(command.to)), command)
            return _in_streams(move, move.to, move.home, move.left)
        case RescopeClaims():
            ids = reports_needed(command)
            homes = {each: cast("Incident", states.incident(states.home_of(each))) for each in ids}
            shown_under = {each: _shown_under(states, home.reports[each].shown_under) for each, home in homes.items()}
            facts = curation.rescoped(incident, homes, shown_under, command)
            return [(incident_stream(slug), fact) for slug, fact in facts]


def _file_report(
    states: StateReader, command: FileReport, now: datetime, named: UUID | None, expected: int | None
) -> Entries:
    stream = _target(states, command, named)
    incident = states.incident(stream)
    if incident is None:
        raise refusals.IncidentUnknown(incident=stream)
    _expect_version(incident, expected)
    if command.report.complete:
        return _file_complete(states, incident, command, now)
    return [(stream, file_report(incident, command, now))]


def _file_complete(states: StateReader, incident: Incident, command: FileReport, now: datetime) -> Entries:
    """File a complete report under its home incident, which may be merged.

    A complete report withdraws earlier ones of its home only, so it can't be filed elsewhere. Where the latest
    complete report of the same source and event was moved to another incident, this one is moved there too.
    """
    if incident.into:
        _expect_open(states, _shown_under(states, incident.slug))
    entries: Entries = [(incident_stream(incident.slug), file_report(incident, command, now))]
    latest_at = _shown_under_of_latest(incident, command)
    to = incident.slug if latest_at == incident.slug else _shown_under(states, latest_at)
    if to != incident.slug and to != _shown_under(states, incident.slug):
        _expect_open(states, to)
        move = ReportMoved(report_id=command.report_id, home=incident.slug, left=incident.slug, to=to)
        entries += _in_streams(move, to, incident.slug)
    return entries


def _shown_under_of_latest(home: Incident, command: FileReport) -> str:
    """Return the slug of the incident that shows the source's latest complete report about a home."""
    origin = origin_of(command.report.source, command.report.via)
    for filed in reversed(home.reports.values()):
        report = filed.report
        matches = report.complete and report.event == command.report.event and None not in filed.retracted
        if matches and origin_of(report.source, report.via) == origin:
            return filed.shown_under
    return home.slug


def _expect_open(states: StateReader, slug: str) -> None:
    shown = states.incident(incident_stream(slug))
    if shown is not None:
        expect_open(shown)


def _in_streams(fact: Fact, *slugs: str) -> Entries:
    return [(incident_stream(slug), fact) for slug in dict.fromkeys(slugs)]


def _shown_under(states: StateReader, slug: str) -> str:
    """Return the slug of the incident at the end of a chain of merges."""
    while (incident := states.incident(incident_stream(slug))) and incident.into:
        slug = incident.into
    return slug


def _same_origin(states: StateReader, command: StateSameOrigin | UndoSameOrigin) -> Entries:
    one, other = (_expect_source(states, origin) for origin in command.origins)
    if isinstance(command, StateSameOrigin):
        fact: Fact = source_decisions.same_origin(one, other, command)
    else:
        fact = source_decisions.undo_same_origin(one, other, command)
    return [(source_stream(origin), fact) for origin in command.origins]


def _expect_source(states: StateReader, origin: str) -> Source:
    known = states.source(origin)
    if known is None:
        raise refusals.SourceUnknown(origin=origin)
    return known
