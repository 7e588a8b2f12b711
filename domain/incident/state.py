"""The write model of an incident, folded from its facts by `evolve`; queries use views instead."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import assert_never
from uuid import UUID

from msgspec import Struct

from domain.facts.union import (
    ClaimsRescoped,
    IncidentAmended,
    IncidentFact,
    IncidentMerged,
    IncidentOpened,
    PartsErased,
    ReportAssessed,
    ReportCorrected,
    ReportDisputed,
    ReportFiled,
    ReportMoved,
    ReportReinstated,
    ReportRetracted,
)
from domain.incident.incident_fields import IncidentFields
from domain.incident.report_warnings import (
    ContentIndex,
    IncomingReport,
    ReportWarning,
    SupersedesLink,
    WarningIndex,
    add_to_index,
    content_bucket,
    occurrence_key,
    warnings_for,
)
from domain.incident.resolved_claims import AssignedScope, effective_occurred, report_context, resolve_in_context
from domain.incident.validation import occurred_span, read_span
from domain.reports.claims.running_totals import extended_totals
from domain.reports.kind import Report
from domain.values.sources import origin_of
from domain.values.time.clocks import Span, parse_reported

_NO_CREDIBILITY: Mapping[str | None, int] = MappingProxyType({})
_NO_RESCOPED: Mapping[str, AssignedScope] = MappingProxyType({})


class FiledReport(Struct, gc=False):
    """The state of a report; `shown_under` is the slug of the incident that shows it.

    `retracted`, `credibility` and `disputed` are by claim id, None for the whole report. Sets and mappings
    are replaced, never changed, so that the many reports without curation share the empty ones.
    """

    reported: Span
    report: Report
    occurred: Span | None
    shown_under: str
    retracted: frozenset[str | None] = frozenset()
    credibility: Mapping[str | None, int] = _NO_CREDIBILITY
    disputed: frozenset[str | None] = frozenset()
    rescoped: Mapping[str, AssignedScope] = _NO_RESCOPED

    @property
    def reported_at(self) -> str:
        """`reported_at` as stated."""
        return self.report.reported_at or ""

    @property
    def claims(self) -> list[str]:
        """The ids of its claims and their parts."""
        return [figure.id for claim in self.report.claims for figure in (claim, *claim.parts)]


@dataclass(slots=True)
class Incident(IncidentFields):
    """The state that commands are decided against: the incident's fields and its reports.

    `is_tied`: it was once merged, or reports moved in or out; its answers about the past depend on other incidents.
    `ever_into`: the slugs of the incidents that it was ever merged into; `ever_moved`: those of the incidents between
    which its own reports were ever moved, by report.
    """

    is_tied: bool = False
    ever_into: frozenset[str] = frozenset()
    ever_moved: dict[UUID, frozenset[str]] = field(default_factory=dict[UUID, frozenset[str]])
    reports: dict[UUID, FiledReport] = field(default_factory=dict[UUID, FiledReport])
    warning_index: WarningIndex = field(default_factory=WarningIndex)

    def ever_shown_under(self, report_id: UUID) -> frozenset[str]:
        """Return the slugs of the incidents that a report filed here was ever shown under, without those of merges."""
        return self.ever_moved.get(report_id, frozenset()) | {self.slug}


def evolve(incident: Incident | None, fact: IncidentFact) -> Incident:
    """Apply a fact to the state, which is changed in place and returned. Never refuses: a fact has happened."""
    if incident is None:
        if not isinstance(fact, IncidentOpened):
            raise ValueError("the first fact of an incident is its opening")
        incident = Incident()
    incident.version += 1
    if isinstance(fact, ReportFiled | ReportCorrected | ReportRetracted | ReportReinstated):
        _apply_report(incident, fact)
    elif isinstance(fact, ReportAssessed | ReportDisputed | ReportMoved | ClaimsRescoped):
        _apply_curation(incident, fact)
    else:
        incident.apply(fact)
        if isinstance(fact, IncidentMerged):
            _apply_merge(incident, fact)
        elif isinstance(fact, IncidentAmended) and fact.time_zone:
            _reparse_times(incident)
        elif isinstance(fact, PartsErased) and fact.positions.get("text"):
            _forget_text(incident, fact.report_id)
    return incident


def fold(facts: Iterable[IncidentFact]) -> Incident | None:
    """Return the state after all `facts`, None if there are none."""
    incident: Incident | None = None
    for fact in facts:
        incident = evolve(incident, fact)
    return incident


def apply_filed(incident: Incident, fact: ReportFiled) -> list[ReportWarning]:
    """Apply a filed report as `evolve` does, and return the warnings about it."""
    incoming = _incoming(incident, fact)
    warnings = warnings_for(incident.warning_index, incoming)
    incident.version += 1
    _file(incident, fact, incoming)
    return warnings


def warnings_about(incident: Incident, filed: ReportFiled) -> list[ReportWarning]:
    """Return the warnings about a report, given the state *before* it was filed."""
    return warnings_for(incident.warning_index, _incoming(incident, filed))


def _apply_report(incident: Incident, fact: ReportFiled | ReportCorrected | ReportRetracted | ReportReinstated) -> None:
    match fact:
        case ReportFiled():
            _file(incident, fact, _incoming(incident, fact))
        case ReportCorrected():
            filed = incident.reports[fact.report_id]
            filed.report = fact.report
            filed.occurred = effective_occurred(fact.report, filed.reported, fact.occurred, incident.offset)
        case ReportRetracted():
            incident.reports[fact.report_id].retracted |= {fact.claim}
        case ReportReinstated():
            incident.reports[fact.report_id].retracted -= {fact.claim}
        case _:  # pragma: no cover - the checker proves it
            assert_never(fact)


def _file(incident: Incident, fact: ReportFiled, incoming: IncomingReport) -> None:
    incident.reports[fact.report_id] = FiledReport(fact.reported, fact.report, incoming.occurred, incident.slug)
    add_to_index(incident.warning_index, incoming)


def _apply_curation(incident: Incident, fact: ReportAssessed | ReportDisputed | ReportMoved | ClaimsRescoped) -> None:
    match fact:
        case ReportAssessed():
            filed = incident.reports[fact.report_id]
            filed.credibility = {**filed.credibility, fact.claim: fact.credibility}
        case ReportDisputed():
            filed = incident.reports[fact.report_id]
            filed.disputed = filed.disputed | {fact.claim} if fact.disputed else filed.disputed - {fact.claim}
        case ReportMoved():
            incident.is_tied = True
            if filed := incident.reports.get(fact.report_id):  # the report may have another home
                filed.shown_under = fact.to
                incident.ever_moved[fact.report_id] = incident.ever_shown_under(fact.report_id) | {fact.to}
        case ClaimsRescoped():
            for ref in fact.claims:
                report_id, _, claim = ref.partition("#")
                if filed := incident.reports.get(UUID(report_id)):  # the report may have another home
                    filed.rescoped = dict(filed.rescoped)
                    rescope(filed.rescoped, claim, fact)
        case _:  # pragma: no cover - the checker proves it
            assert_never(fact)


def _apply_merge(incident: Incident, fact: IncidentMerged) -> None:
    incident.is_tied = True
    if fact.incident == incident.slug:  # else another one was merged into it
        incident.ever_into |= {fact.into}


def rescope(rescoped: dict[str, AssignedScope], claim: str, fact: ClaimsRescoped) -> None:
    """Assign a claim a scope in `rescoped`, or remove the assignment."""
    if fact.scope is None:
        rescoped.pop(claim, None)
    else:
        rescoped[claim] = AssignedScope(fact.within, fact.scope, fact.bounds)


def _reparse_times(incident: Incident) -> None:
    """Parse the times of every report again, in another time zone."""
    incident.warning_index = WarningIndex()
    for report_id, filed in incident.reports.items():
        filed.reported = read_span(parse_reported, filed.reported_at, incident.offset)
        filed.occurred = occurred_span(filed.report, filed.reported, incident.offset)
        fact = ReportFiled(report_id=report_id, report=filed.report, reported=filed.reported, occurred=filed.occurred)
        add_to_index(incident.warning_index, _incoming(incident, fact))


def _forget_text(incident: Incident, report_id: UUID) -> None:
    """Drop the free text of a report, as it is gone from the log, and compare later contents without it."""
    filed = incident.reports[report_id]
    filed.report = filed.report.without_text()
    contents = incident.warning_index.contents = ContentIndex()
    for other_id, other in incident.reports.items():
        contents.add(content_bucket(other.report), str(other_id), other.report)


def _incoming(incident: Incident, fact: ReportFiled) -> IncomingReport:
    occurred = effective_occurred(fact.report, fact.reported, fact.occurred, incident.offset)
    filed = report_context(fact.report_id, fact.report, (fact.reported, occurred), incident.offset)
    resolved = resolve_in_context(fact.report, filed, incident.scopes, incident.offset)
    occurrence = occurrence_key(fact.report, occurred, incident.offset) if filed.event else None
    return IncomingReport(
        filed.ref,
        fact.report,
        fact.reported,
        occurred,
        resolved,
        filed.event,
        occurrence,
        tuple(_supersedes_links(incident, fact.report_id, fact.report)),
        incident.offset,
        incident.scopes,
        extended_totals(resolved),
        content_bucket(fact.report),
    )


def _supersedes_links(incident: Incident, report_id: UUID, report: Report) -> Iterator[SupersedesLink]:
    """Yield the `supersedes` links of a report's claims, with the origin of the claim that each names."""
    for claim in report.claims:
        for ref in claim.supersedes:
            name, _, figure = ref.partition("#")
            other = incident.reports.get(UUID(name))
            named_report = report if UUID(name) == report_id else other and other.report
            ids = (
                ()
                if named_report is None
                else [each.id for whole in named_report.claims for each in (whole, *whole.parts)]
            )
            known = named_report is not None and figure in ids
            yield SupersedesLink(
                claim.id,
                ref,
                origin_of(named_report.source, named_report.via) if named_report is not None and known else None,
            )
