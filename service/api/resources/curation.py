"""Curation: assess, dispute and move reports; merge, unmerge and rescope incidents. Each can be undone."""

from pydantic import StrictBool
from starlette.responses import Response

from domain.incident.commands import (
    AssessReport,
    Credibility,
    DisputeReport,
    MergeIncident,
    MoveReport,
    RescopeClaims,
    UnmergeIncident,
)
from domain.reports.claims.claim import ClaimId
from domain.values.text_types import FreeText, Slug, Strict
from service.api.parameters import IncidentName, ReportId
from service.api.requests.write import WriteParameter, write_response
from service.api.resource import Resource

RESOURCE = Resource("curation")


class Assessment(Strict, frozen=True):
    """Judge how credible a report, or one `claim` of it, is: Admiralty 1 (confirmed) to 6 (cannot be judged)."""

    credibility: Credibility
    claim: ClaimId | None = None
    reason: FreeText | None = None


class Dispute(Strict, frozen=True):
    """Mark a report, or one `claim` of it, as disputed; or, with `disputed` false, take the mark away."""

    disputed: StrictBool = True
    claim: ClaimId | None = None
    reason: FreeText | None = None


class Move(Strict, frozen=True):
    """Show a report under the incident `to`; its claims keep the scopes they have."""

    to: Slug
    reason: FreeText | None = None


_OF_REPORT = "no-such-report version-mismatch nothing-changed"
_OF_INCIDENT = "no-such-incident version-mismatch merged"


@RESOURCE.post(
    "/v1/reports/{report_id}/assessment",
    summary="Judge how credible a report or a claim is",
    **RESOURCE.writes(
        Assessment,
        _OF_REPORT,
        "unknown-claim",
        examples={
            "a report": {"value": {"credibility": 2, "reason": "Two agencies had people there."}},
            "one claim": {"value": {"claim": "1", "credibility": 5, "reason": "The hospital has 40 beds."}},
        },
        scope="curate",
    ),
)
async def assess(write: WriteParameter, report_id: ReportId) -> Response:
    """Give the Admiralty's credibility: 1 confirmed to 5 improbable, 6 cannot be judged.

    A claim that is judged by itself, or as part of a whole, keeps that whatever its report gets. What is improbable
    stays in the documents; policies say what they make of it.
    """
    given = await write.read(Assessment)
    return await write.record_about_report("assessment", AssessReport(report_id=report_id, **given.model_dump()))


@RESOURCE.post(
    "/v1/reports/{report_id}/dispute",
    summary="Mark a report or a claim as disputed",
    **RESOURCE.writes(
        Dispute,
        _OF_REPORT,
        "unknown-claim",
        examples={
            "disputed": {"value": {"claim": "1", "reason": "The ministry denies it."}},
            "no longer": {"value": {"claim": "1", "disputed": False}},
        },
        scope="curate",
    ),
)
async def dispute(write: WriteParameter, report_id: ReportId) -> Response:
    """Mark it, or take the mark away with `disputed` false. A disputed claim that is used makes its estimate contested.

    It is neither struck nor set aside for that.
    """
    given = await write.read(Dispute)
    return await write.record_about_report("dispute", DisputeReport(report_id=report_id, **given.model_dump()))


@RESOURCE.post(
    "/v1/reports/{report_id}/move",
    summary="Show a report under another incident",
    **RESOURCE.writes(
        Move,
        _OF_REPORT,
        "unknown-incident other-collection incident-closed merged",
        examples={"move": {"value": {"to": "syria-coast-2025", "reason": "It happened on the coast."}}},
        scope="curate",
    ),
)
async def move(write: WriteParameter, report_id: ReportId) -> Response:
    """Its claims keep their scopes: one that counted the other incident goes on counting that.

    To undo it, move it back. `If-Match` is the version of the incident that it was filed under.
    """
    given = await write.read(Move)
    return await write.record_about_report("move", MoveReport(report_id=report_id, **given.model_dump()))


@RESOURCE.post(
    "/v1/incidents/{incident}/merge",
    summary="Show all that an incident holds under another",
    **RESOURCE.writes(
        MergeIncident,
        _OF_INCIDENT,
        "unknown-incident merged-into-itself other-collection incident-closed",
        examples={"merge": {"value": {"into": "syria-coast-2025", "reason": "They are one episode."}}},
        scope="curate",
    ),
)
async def merge(write: WriteParameter, incident: IncidentName) -> Response:
    """From this moment on readers are led to `into`; questions about earlier moments are answered here as before.

    No claim is changed: one that counted this incident still counts it, and is never compared with one that counts
    the other. The answer tells where `into` stands.
    """
    command = await write.read(MergeIncident)
    written = await write.record(write.about_incident("merge", incident), command)
    return write_response(written, f"/v1/incidents/{command.into}")


@RESOURCE.post(
    "/v1/incidents/{incident}/unmerge",
    summary="Undo a merge",
    **RESOURCE.writes(
        UnmergeIncident,
        "no-such-incident version-mismatch not-merged",
        examples={"reason": {"value": {"reason": "They are two episodes after all."}}},
        scope="curate",
    ),
)
async def unmerge(write: WriteParameter, incident: IncidentName) -> Response:
    """Let it stand by itself again; both read as they would have without the merge, and its steps stay in the log."""
    command = await write.read(UnmergeIncident)
    written = await write.record(write.about_incident("unmerge", incident), command)
    return write_response(written, f"/v1/incidents/{written.incident}")


@RESOURCE.post(
    "/v1/incidents/{incident}/rescoping",
    summary="Give claims another scope",
    **RESOURCE.writes(
        RescopeClaims,
        _OF_INCIDENT,
        "no-such-report unknown-claim report-elsewhere nothing-changed scope-undeclared event-needed",
        "two-figures-one-key",
        examples={
            "a declared scope": {
                "value": {
                    "claims": ["8e10200c-e07c-59a2-88d1-19894c191585#1"],
                    "scope": "latakia-7-9-march",
                    "reason": "It counts that province alone.",
                }
            },
            "as filed": {"value": {"claims": ["8e10200c-e07c-59a2-88d1-19894c191585#1"], "scope": None}},
        },
        scope="curate",
    ),
)
async def rescope(write: WriteParameter, incident: IncidentName) -> Response:
    """Say which of this incident's scopes the claims count; null is the scope as filed. All are, or none is.

    Name each claim as `REPORT#1`, a part as `REPORT#1.2`. What was merged or moved in can be rescoped here too, which
    is how its figures come to be compared with this incident's.
    """
    command = await write.read(RescopeClaims)
    written = await write.record(write.about_incident("rescoping", incident), command)
    return write_response(written, f"/v1/incidents/{incident}")
