"""The resource of curation: what we judge, move, merge and rescope; each can be undone, and none changes the past."""

from fastapi import Request
from starlette.responses import Response

from domain.incident.commands import (
    AssessReport,
    DisputeReport,
    MergeIncident,
    MoveReport,
    RescopeClaims,
    UnmergeIncident,
)
from service.answers.answer import stream_of
from service.api.body import Sent, read, sent
from service.api.described import resource, writes
from service.api.parameters import IncidentName, ReportId
from service.api.services import Opened
from service.api.taken import Assessment, Dispute, Move
from service.api.writing import Asked, Order, Terms, created, id_for, record

router = resource("curation")

_OF_REPORT = ("no-such-report", "version-mismatch", "nothing-changed")
_OF_INCIDENT = ("no-such-incident", "version-mismatch", "merged")


@router.post(
    "/v1/reports/{report_id}/assessment",
    summary="Judge how credible a report or a claim is",
    **writes(
        "Assessment",
        *_OF_REPORT,
        "unknown-claim",
        examples={
            "a report": {"value": {"credibility": 2, "reason": "Two agencies had people there."}},
            "one claim": {"value": {"claim": "1", "credibility": 5, "reason": "The hospital has 40 beds."}},
        },
    ),
)
async def assess(request: Request, services: Opened, terms: Asked, report_id: ReportId) -> Response:
    """Give the Admiralty's credibility: 1 confirmed to 5 improbable, 6 cannot be judged.

    A claim that is judged by itself, or as part of a whole, keeps that whatever its report gets. What is improbable
    stays in the documents; policies say what they make of it.
    """
    body = await sent(request)
    given = read(Assessment, body.document)
    command = AssessReport(report_id=report_id, claim=given.claim, credibility=given.credibility, reason=given.reason)
    return await _of_report("assessment", services, terms, body, command)


@router.post(
    "/v1/reports/{report_id}/dispute",
    summary="Mark a report or a claim as disputed",
    **writes(
        "Dispute",
        *_OF_REPORT,
        "unknown-claim",
        examples={
            "disputed": {"value": {"claim": "1", "reason": "The ministry denies it."}},
            "no longer": {"value": {"claim": "1", "disputed": False}},
        },
    ),
)
async def dispute(request: Request, services: Opened, terms: Asked, report_id: ReportId) -> Response:
    """Mark it, or take the mark away with `disputed` false. A disputed claim that is used makes its estimate contested.

    It is neither struck nor set aside for that.
    """
    body = await sent(request)
    given = read(Dispute, body.document)
    command = DisputeReport(report_id=report_id, claim=given.claim, disputed=given.disputed, reason=given.reason)
    return await _of_report("dispute", services, terms, body, command)


@router.post(
    "/v1/reports/{report_id}/move",
    summary="Show a report under another incident",
    **writes(
        "Move",
        *_OF_REPORT,
        "unknown-incident",
        "incident-closed",
        "merged",
        examples={"move": {"value": {"to": "syria-coast-2025", "reason": "It happened on the coast."}}},
    ),
)
async def move(request: Request, services: Opened, terms: Asked, report_id: ReportId) -> Response:
    """Its claims keep their scopes: one that counted the other incident goes on counting that.

    To undo it, move it back. `If-Match` is the version of the incident that it was filed under.
    """
    body = await sent(request)
    given = read(Move, body.document)
    command = MoveReport(report_id=report_id, to=given.to, reason=given.reason)
    return await _of_report("move", services, terms, body, command)


async def _of_report(
    operation: str, services: Opened, terms: Terms, body: Sent, command: AssessReport | DisputeReport | MoveReport
) -> Response:
    order = Order(operation, str(command.report_id), body, terms)
    written = await record(services, order, command, id_for(services, terms))
    return created(written, f"/v1/reports/{command.report_id}", report_id=command.report_id)


@router.post(
    "/v1/incidents/{incident}/merge",
    summary="Show all that an incident holds under another",
    **writes(
        "MergeIncident",
        *_OF_INCIDENT,
        "unknown-incident",
        "merged-into-itself",
        "incident-closed",
        examples={"merge": {"value": {"into": "syria-coast-2025", "reason": "They are one episode."}}},
    ),
)
async def merge(request: Request, services: Opened, terms: Asked, incident: IncidentName) -> Response:
    """Readers are led to `into` from this moment on; what was asked of earlier moments is answered here as before.

    No claim is changed: one that counted this incident still counts it, and is never compared with one that counts
    the other. The answer tells where `into` stands.
    """
    body = await sent(request)
    command = read(MergeIncident, body.document)
    written = await record(services, _order("merge", incident, body, terms), command, id_for(services, terms))
    return created(written, f"/v1/incidents/{command.into}")


@router.post(
    "/v1/incidents/{incident}/unmerge",
    summary="Undo a merge",
    **writes(
        "UnmergeIncident",
        "no-such-incident",
        "version-mismatch",
        "not-merged",
        examples={"reason": {"value": {"reason": "They are two episodes after all."}}},
    ),
)
async def unmerge(request: Request, services: Opened, terms: Asked, incident: IncidentName) -> Response:
    """Let it stand by itself again; both read as they would have without the merge, and its steps stay in the log."""
    body = await sent(request)
    command = read(UnmergeIncident, body.document)
    written = await record(services, _order("unmerge", incident, body, terms), command, id_for(services, terms))
    return created(written, f"/v1/incidents/{written.incident}")


@router.post(
    "/v1/incidents/{incident}/rescoping",
    summary="Give claims another scope",
    **writes(
        "RescopeClaims",
        *_OF_INCIDENT,
        "no-such-report",
        "unknown-claim",
        "report-elsewhere",
        "nothing-changed",
        "scope-undeclared",
        "event-needed",
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
    ),
)
async def rescope(request: Request, services: Opened, terms: Asked, incident: IncidentName) -> Response:
    """Say which of this incident's scopes the claims count; null is the scope as filed. All are, or none is.

    Name each claim as `REPORT#1`, a part as `REPORT#1.2`. What was merged or moved in can be rescoped here too, which
    is how its figures come to be compared with this incident's.
    """
    body = await sent(request)
    command = read(RescopeClaims, body.document)
    written = await record(services, _order("rescoping", incident, body, terms), command, id_for(services, terms))
    return created(written, f"/v1/incidents/{incident}")


def _order(operation: str, incident: str, body: Sent, terms: Terms) -> Order:
    stream = stream_of(incident)
    return Order(operation, str(stream), body, terms, (incident, stream))
