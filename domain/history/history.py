"""Accumulator of views: the folded state of an incident and of the streams its answers depend on."""

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field
from dataclasses import replace as replace_fields
from datetime import datetime, tzinfo
from functools import partial
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.facts.streams import incident_stream, source_stream
from domain.facts.union import (
    ClaimsRescoped,
    IncidentAmended,
    IncidentFact,
    IncidentMerged,
    IncidentUnmerged,
    PolicyAdopted,
    Recorded,
    ReportAssessed,
    ReportCorrected,
    ReportDisputed,
    ReportFiled,
    ReportMoved,
    ReportReinstated,
    ReportRetracted,
    SameOriginStated,
    SameOriginUndone,
    ScopeDeclared,
    SourceFact,
    SourceGraded,
    SourceRegistered,
)
from domain.history.report_history import ReportHistory, ReportVersion
from domain.history.source_directory import SourceDirectory, SourceRecord
from domain.incident.incident_fields import IncidentFieldFact, IncidentFields
from domain.incident.resolved_claims import (
    NO_OVERRIDES,
    AssignedScope,
    ReportContext,
    ScopeOverrides,
    effective_occurred,
    event_of,
    resolve_in_context,
)
from domain.incident.state import rescope
from domain.incident.validation import occurred_span, read_span
from domain.reports.claims.claim import Scope, event_scope, qualified_scope
from domain.reports.claims.tie_breaking import ReportContent
from domain.reports.kind import Report
from domain.reports.registry import KINDS
from domain.values.sources import origin_of
from domain.values.time.clocks import Span, parse_reported

__all__ = [
    "History",
    "IncidentRecord",
    "ReportHistory",
    "ReportVersion",
    "SourceRecord",
    "accumulate",
    "cited_origins",
    "history_of",
]


_NO_STREAM = UUID(int=0)


@dataclass(slots=True)
class IncidentRecord(IncidentFields):
    """State of one incident: its fields, the ids of the reports shown under it, and the slugs merged into it."""

    stream: UUID = _NO_STREAM
    reports: dict[UUID, None] = field(default_factory=dict[UUID, None])
    children: dict[str, None] = field(default_factory=dict[str, None])

    def copy(self) -> "IncidentRecord":
        """Return an independent copy."""
        copied = copy(self)
        copied.scopes, copied.reports, copied.children = dict(self.scopes), dict(self.reports), dict(self.children)
        return copied


_UNOPENED = IncidentRecord()


@dataclass(slots=True)
class History:
    """State of one incident at one position, with all inputs of its answers.

    `stream` is the subject: the incident opened by the first fact, unless given. `all_reports` has every report by id,
    also of other incidents; `bounds` the scopes by name as seen from the subject; `journal` every fact as it arrived.
    """

    stream: UUID | None = None
    incidents: dict[UUID, IncidentRecord] = field(default_factory=dict[UUID, IncidentRecord])
    all_reports: dict[UUID, ReportHistory] = field(default_factory=dict[UUID, ReportHistory])
    bounds: dict[str, Scope] = field(default_factory=dict[str, Scope])
    sources: SourceDirectory = field(default_factory=SourceDirectory)
    adopted_policy: str | None = None
    journal: list[Recorded] = field(default_factory=list[Recorded])
    _own: IncidentRecord | None = field(default=None, repr=False, compare=False)

    def copy(self) -> "History":
        """Return an independent copy, but for the reports: whoever changes one has to copy it first."""
        return History(
            self.stream,
            {stream: incident.copy() for stream, incident in self.incidents.items()},
            dict(self.all_reports),
            dict(self.bounds),
            self.sources.copy(),
            self.adopted_policy,
            list(self.journal),
        )

    @property
    def own(self) -> IncidentRecord:
        """State of the subject."""
        if self._own is None and self.stream is not None:
            self._own = self.incidents.get(self.stream)
        return self._own or _UNOPENED

    @property
    def slug(self) -> str:
        """Slug of the subject."""
        return self.own.slug

    @property
    def offset(self) -> tzinfo:
        """Its offset: a day in it ends 23:59:59 there."""
        return self.own.offset

    @property
    def reports(self) -> Mapping[UUID, ReportHistory]:
        """The reports shown under the subject, also those moved or merged in."""
        own = self.own
        if not own.children and len(own.reports) == len(self.all_reports):
            return self.all_reports
        return {
            report_id: self.all_reports[report_id] for home in self.included_incidents() for report_id in home.reports
        }

    def includes(self, report_id: UUID) -> bool:
        """Say whether a report is shown under the subject."""
        own = self.own
        return (
            report_id in own.reports
            if not own.children
            else any(report_id in home.reports for home in self.included_incidents())
        )

    def included_incidents(self) -> Iterator[IncidentRecord]:
        """Yield the subject and the incidents merged into it, transitively, each once."""
        pending, seen = [self.own], {self.own.slug}
        while pending:
            home = pending.pop()
            yield home
            for slug in home.children:
                child = self.incidents.get(incident_stream(slug))
                if child is not None and slug not in seen:
                    seen.add(slug)
                    pending.append(child)

    def incident(self, slug: str | None) -> IncidentRecord:
        """Return the incident of this slug; the subject for None or an unknown slug."""
        return self.own if slug is None else self.incidents.get(incident_stream(slug), self.own)

    def filing_offset(self, ref: str) -> tzinfo:
        """Return the UTC offset of the incident under which a report, or the report of a claim, was filed."""
        if len(self.incidents) < 2:  # noqa: PLR2004 - the subject alone: the common case
            return self.offset
        filed = self.all_reports.get(UUID(ref.partition("#")[0]))
        return self.offset if filed is None else self.incidents[filed.home].offset

    def standing_reports(self, moment: datetime | None) -> Iterator[ReportHistory]:
        """Yield the reports that are not retracted at `moment` on the reported clock (None: latest)."""
        return (report for report in self.reports.values() if report.is_standing(moment))

    def grade(self, origin: str) -> str:
        """Return the Admiralty letter of a source; F (cannot be judged) where it has none."""
        return self.sources.grade(origin)

    def source_name(self, origin: str) -> str:
        """Return the display name of a source."""
        return self.sources.name(origin)

    def scope_name(self, home: UUID, slug: str, scope: str) -> str:
        """Return the name of a scope of the incident `home` (`slug`) as seen from the subject: prefixed if foreign."""
        return scope if home == self.stream else qualified_scope(slug, scope)


def accumulate(history: History, recorded: Recorded) -> set[UUID]:
    """Apply one fact in place; returns the ids of the reports it affects.

    Facts of one stream must come in order of version; streams may be interleaved in any way.
    """
    history.journal.append(recorded)
    fact = recorded.fact
    if not isinstance(fact, ReportFiled):  # the common case first
        if isinstance(fact, SourceFact):
            return _apply_source_fact(history, fact, recorded.stream)
        if isinstance(fact, PolicyAdopted):
            history.adopted_policy = fact.policy
            return set()
    if history.stream is None:
        history.stream = recorded.stream
    home = history.incidents.get(recorded.stream)
    if home is None:
        home = history.incidents[recorded.stream] = IncidentRecord(stream=recorded.stream)
    home.version = recorded.version
    return _apply_incident_fact(history, home, fact, recorded)


def history_of(facts: Iterable[Recorded], stream: UUID | None = None) -> History:
    """Fold `facts` from an empty history, for the subject `stream` (None: the first incident opened)."""
    history = History(stream)
    for recorded in facts:
        accumulate(history, recorded)
    return history


def cited_origins(report: Report) -> tuple[str, ...]:
    """Return the origins whose streams a report makes inputs: its source and its relays."""
    return (origin_of(report.source, report.via), *report.via)


def _apply_source_fact(history: History, fact: SourceFact, stream: UUID) -> set[UUID]:
    origins = history.sources
    if isinstance(fact, SourceRegistered | SourceGraded):
        origins.apply(fact)
        return set()
    if not isinstance(fact, SameOriginStated | SameOriginUndone):  # holds and erasures change no answer
        return set()
    if stream != source_stream(min(fact.origins)):
        return set()  # recorded in both streams: applied from one, so their order is irrelevant
    origins.set_same_origin(fact.origins, same=isinstance(fact, SameOriginStated))
    for report in history.all_reports.values():
        report.rebuild(lambda version: version.with_sources(origins))
    return set(history.all_reports)


def _apply_incident_fact(history: History, home: IncidentRecord, fact: IncidentFact, recorded: Recorded) -> set[UUID]:
    match fact:
        case ReportFiled():
            ref, log_fields = str(fact.report_id), (recorded.text_commitment, recorded.position, None)
            occurred = effective_occurred(fact.report, fact.reported, fact.occurred, home.offset)
            version = _make_version(
                history, home, _VersionParts(ref, fact.report, fact.reported, occurred, *log_fields), {}
            )
            filed = ReportHistory(fact.report_id, home.stream, fact.reported, [version], {}, {}, set(), {}, ref=ref)
            history.all_reports[fact.report_id] = filed
            home.reports[fact.report_id] = None
            return {fact.report_id}
        case ReportCorrected():
            report, log_fields = (
                history.all_reports[fact.report_id],
                (recorded.text_commitment, recorded.position, fact.cause),
            )
            occurred = effective_occurred(fact.report, report.reported, fact.occurred, home.offset)
            content = _VersionParts(report.ref, fact.report, report.reported, occurred, *log_fields)
            report.correct(_make_version(history, home, content, report.rescoped))
            return {fact.report_id}
        case ReportRetracted() | ReportReinstated() | ReportAssessed() | ReportDisputed():
            history.all_reports[fact.report_id].apply(fact)
            return {fact.report_id}
        case ReportMoved():
            if fact.to == home.slug:
                home.reports[fact.report_id] = None
            else:
                home.reports.pop(fact.report_id, None)
            return {fact.report_id}
        case ClaimsRescoped():
            return _rescope(history, home, fact)
        case _:
            _apply_incident_fields(history, home, fact)
            return _apply_time_zone(history, home) if isinstance(fact, IncidentAmended) and fact.time_zone else set()


def _apply_time_zone(history: History, home: IncidentRecord) -> set[UUID]:
    """Parse again, by the new time zone of `home`, every moment stated there without an offset.

    Reports are replaced by new objects: claim indexes identify a report by its clocks.
    """
    offset = home.offset
    for report_id, report in history.all_reports.items():
        if report.home == home.stream:
            reported = read_span(parse_reported, report.current.report.reported_at or "", offset)
            updated = history.all_reports[report_id] = replace_fields(report, reported=reported)
            updated.rebuild(partial(_reread_occurred, history, home, updated))
    for recorded in history.journal:
        if recorded.stream == home.stream and isinstance(recorded.fact, ReportRetracted) and recorded.fact.reported_at:
            history.all_reports[recorded.fact.report_id].reread_retraction(recorded.fact, offset)
    return (
        set(history.all_reports)
        if home.stream == history.stream
        else {report_id for report_id, report in history.all_reports.items() if report.home == home.stream}
    )


def _reread_occurred(
    history: History, home: IncidentRecord, report: ReportHistory, version: ReportVersion
) -> ReportVersion:
    occurred = occurred_span(version.report, report.reported, home.offset)
    return _resolve_again(history, home, report, replace(version, occurred=occurred))


def _apply_incident_fields(history: History, home: IncidentRecord, fact: IncidentFieldFact) -> None:
    home.apply(fact)
    if isinstance(fact, ScopeDeclared):
        history.bounds[history.scope_name(home.stream, home.slug, fact.name)] = fact.scope
    elif isinstance(fact, IncidentMerged) and fact.into == home.slug:
        home.children[fact.incident] = None
    elif isinstance(fact, IncidentUnmerged) and fact.into == home.slug:
        home.children.pop(fact.incident, None)


def _rescope(history: History, home: IncidentRecord, fact: ClaimsRescoped) -> set[UUID]:
    """Set the scopes of claims of reports filed under `home`; other incidents record the fact for their own."""
    within = incident_stream(fact.within)
    if fact.bounds and fact.scope:
        history.bounds[history.scope_name(within, fact.within, fact.scope)] = fact.bounds
    affected: set[UUID] = set()
    for ref in fact.claims:
        report_id, _, claim = ref.partition("#")
        report = history.all_reports.get(UUID(report_id))
        if report is not None and report.home == home.stream:
            rescope(report.rescoped, claim, fact)
            affected.add(report.report_id)
    for report_id in affected:
        report = history.all_reports[report_id]
        report.rescoping_count += 1
        report.rebuild(partial(_resolve_again, history, home, report))
    return affected


def _resolve_again(
    history: History, home: IncidentRecord, report: ReportHistory, version: ReportVersion
) -> ReportVersion:
    fields = (
        version.report,
        report.reported,
        version.occurred,
        version.text_commitment,
        version.position,
        version.cause,
    )
    return _make_version(history, home, _VersionParts(report.ref, *fields), report.rescoped)


class _VersionParts(Struct, frozen=True, gc=False):
    """Fields of a content before its claims are resolved."""

    ref: str
    report: Report
    reported: Span
    occurred: Span | None
    text_commitment: str | None
    position: int
    cause: str | None


def _make_version(
    history: History, home: IncidentRecord, content: _VersionParts, rescoped: Mapping[str, AssignedScope]
) -> ReportVersion:
    """Resolve the claims of a content, with scopes named as seen from the subject."""
    report, occurred = content.report, content.occurred
    is_own = home.stream == history.stream
    scoping = NO_OVERRIDES
    if rescoped or not is_own:

        def scope_name(within: str | None, scope: str) -> str:
            return history.scope_name(incident_stream(within) if within else home.stream, within or home.slug, scope)

        scoping = ScopeOverrides(rescoped, scope_name)
    event = event_of(report, occurred, home.offset)
    origin = origin_of(report.source, report.via)
    record = ReportContent(report)
    filed = ReportContext(content.ref, origin, event, content.reported, occurred, record)
    claims = resolve_in_context(report, filed, home.scopes, home.offset, scoping) if report.claims else ()
    if event is not None and not is_own:
        event = scoping.named(None, event_scope(event))
    tier = KINDS[report.kind].tier(report)
    version = ReportVersion(
        report, origin, occurred, event, claims, content.text_commitment, content.position, content.cause, tier, record
    )
    return version.with_sources(history.sources) if history.sources.canonical else version
