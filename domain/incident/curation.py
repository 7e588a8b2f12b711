"""Decisions on several incidents: merge and unmerge, move a report, assign scopes to claims."""

from collections.abc import Mapping
from uuid import UUID

from domain.facts.stored_shape import (
    note,
)
from domain.facts.union import (
    ClaimsRescoped,
    IncidentMerged,
    IncidentUnmerged,
    ReportMoved,
)
from domain.incident import refusals
from domain.incident.commands import MergeIncident, MoveReport, RescopeClaims, UnmergeIncident
from domain.incident.decide import expect_open, expect_unmerged
from domain.incident.report_decisions import filed_report
from domain.incident.resolved_claims import ScopeOverrides
from domain.incident.state import FiledReport, Incident, rescope
from domain.incident.validation import check_claims, check_scope


def merge(incident: Incident, into: Incident | None, command: MergeIncident) -> IncidentMerged:
    """Show `incident` under `into`, which is None where there is no such incident."""
    expect_unmerged(incident)
    if command.into == incident.slug:
        raise refusals.MergedIntoItself
    if into is None:
        raise refusals.TargetUnknown(incident=command.into)
    _expect_same_collection(incident, into)
    _expect_accepting(into)
    return IncidentMerged(incident=incident.slug, into=into.slug, text=note(command.reason))


def unmerge(incident: Incident, command: UnmergeIncident) -> IncidentUnmerged:
    """Undo the merge of an incident."""
    if incident.into is None:
        raise refusals.IncidentNotMerged(incident=incident.slug)
    return IncidentUnmerged(incident=incident.slug, into=incident.into, text=note(command.reason))


def move(home: Incident, to: Incident | None, command: MoveReport) -> ReportMoved:
    """Show a report, filed under `home`, under `to`."""
    filed = filed_report(home, command.report_id)
    if to is None:
        raise refusals.DestinationUnknown(incident=command.to)
    _expect_same_collection(home, to)
    _expect_accepting(to)
    if to.slug == filed.shown_under:
        raise refusals.NothingChanged(what=f"report {command.report_id}")
    return ReportMoved(
        report_id=command.report_id, home=home.slug, left=filed.shown_under, to=to.slug, text=note(command.reason)
    )


def rescoped(
    within: Incident, homes: Mapping[UUID, Incident], shown_under: Mapping[UUID, str], command: RescopeClaims
) -> list[tuple[str, ClaimsRescoped]]:
    """Assign claims a scope of the incident `within`: one fact for it, and one for each other home incident.

    `homes` maps each report to the incident that it was filed under, `under` to the slug of the incident that shows
    it now. All or nothing: raises a Refusal if any claim can't be rescoped.
    """
    expect_unmerged(within)
    bounds = within.scopes.get(command.scope) if command.scope else None
    by_home: dict[str, list[str]] = {within.slug: []}
    for report_id, claims in _by_report(command).items():
        home = homes[report_id]
        filed = filed_report(home, report_id)
        if shown_under[report_id] != within.slug:
            raise refusals.ReportElsewhere(report_id=report_id, incident=within.slug, at=shown_under[report_id])
        _check(within, home, report_id, filed, claims, command)
        for slug in {within.slug, home.slug}:
            by_home.setdefault(slug, []).extend(f"{report_id}#{claim}" for claim in claims)
    fields = {"within": within.slug, "scope": command.scope, **({"bounds": bounds} if bounds else {})}
    return [
        (slug, ClaimsRescoped.model_validate({"claims": tuple(claims), **fields, "text": note(command.reason)}))
        for slug, claims in by_home.items()
    ]


def _by_report(command: RescopeClaims) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = {}
    for ref in dict.fromkeys(command.claims):
        report_id, _, claim = ref.partition("#")
        found.setdefault(UUID(report_id), []).append(claim)
    return found


def _check(
    within: Incident, home: Incident, report_id: UUID, filed: FiledReport, claims: list[str], command: RescopeClaims
) -> None:
    for claim in claims:
        if claim not in filed.claims:
            known = ", ".join(f"“{each}”" for each in filed.claims) or "none"
            raise refusals.ClaimUnknown(report_id=report_id, claim=claim, known=known)
        check_scope(within.scopes, filed.report, command.scope, claim)
    bounds = within.scopes.get(command.scope) if command.scope else None
    fact = ClaimsRescoped(claims=command.claims, within=within.slug, scope=command.scope, bounds=bounds)
    after = dict(filed.rescoped)
    for claim in claims:
        rescope(after, claim, fact)
    if after == filed.rescoped:
        raise refusals.NothingChanged(what=f"report {report_id}")
    spans = (filed.reported, filed.occurred)
    check_claims(report_id, filed.report, spans, home.scopes, home.offset, ScopeOverrides(after))


def _expect_same_collection(one: Incident, other: Incident) -> None:
    if one.collection != other.collection:
        raise refusals.OtherCollection(
            incident=one.slug, collection=one.collection, other=other.slug, others=other.collection
        )


def _expect_accepting(incident: Incident) -> None:
    expect_unmerged(incident)
    expect_open(incident)
