"""The resource of reports: filed under an incident, corrected, retracted and reinstated."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from domain.incident.commands import CorrectReport, FileReport, ReinstateReport, RetractReport
from domain.reports.registry import KINDS
from service.answers.answer import stream_of
from service.api.body import read, read_report, sent
from service.api.described import resource, writes
from service.api.parameters import IncidentName, ReportId, incident_named, only_known
from service.api.services import Opened, opened
from service.api.taken import Correction, Reinstatement, Retraction
from service.api.writing import Asked, Order, created, id_for, record, terms_of

router = resource("reports")


class _Filing(APIRoute):
    """The route by which reports are filed, thousands a second: what it takes is read without a detour.

    It is declared as any other, and described by that; solving the declared dependencies anew for each request would
    cost as much as all else.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        return self._file

    @staticmethod
    async def _file(request: Request) -> Response:
        await only_known(request)
        headers = request.headers
        terms = await terms_of(headers.get("idempotency-key"), headers.get("if-match"))
        incident = await incident_named(request.path_params["incident"])
        return await file_report(request, await opened(request), terms, incident)


_EXAMPLES = {kind.name: {"summary": kind.title, "value": dict(kind.example)} for kind in KINDS.values()}
_OF_CONTENT = (
    "version-mismatch",
    "scope-undeclared",
    "event-needed",
    "two-figures-one-key",
    "supersedes-itself",
    "time-unreadable",
)
_CORRECTION = {
    "cause": "transcription",
    "report": dict(KINDS["toll_revised"].example),
    "reason": "A digit was dropped.",
}
_RETRACTION = {"by": "recorder", "reason": "It was entered twice."}
_TAKEN_BACK = {"by": "source", "reported_at": "2025-03-13", "reason": "The source withdrew the figure."}


async def file_report(request: Request, services: Opened, terms: Asked, incident: IncidentName) -> Response:
    """File a report of any kind, told apart by `kind`.

    With a `report_id` of your own, or an `Idempotency-Key`, a retry is safe.
    """
    body = await sent(request)
    report = read_report(body.document)
    report_id = id_for(services, terms, report.report_id)
    stream = stream_of(incident)
    order = Order("file_report", str(stream), body, terms, (incident, stream))
    written = await record(services, order, FileReport(report_id=report_id, report=report), report_id)
    return created(written, f"/v1/reports/{report_id}", report_id=report_id)


router.add_api_route(
    "/v1/incidents/{incident}/reports",
    file_report,
    methods=["POST"],
    route_class_override=_Filing,
    summary="File a report",
    **writes(
        "Report",
        "no-such-incident",
        "merged",
        "incident-closed",
        "reported-in-the-future",
        *_OF_CONTENT,
        examples=_EXAMPLES,
    ),
)


@router.post(
    "/v1/reports/{report_id}/correction",
    summary="Correct what we got wrong",
    **writes(
        "Correction",
        "no-such-report",
        "report-retracted",
        "nothing-changed",
        "report-id-is-kept",
        "reported-at-is-kept",
        *_OF_CONTENT,
        examples={"correction": {"value": _CORRECTION}},
    ),
)
async def correct(request: Request, services: Opened, terms: Asked, report_id: ReportId) -> Response:
    """Give the whole new content. It counts at every reported moment, from its position on.

    What the source itself says anew is not a correction but another report.
    """
    body = await sent(request)
    given = read(Correction, body.document)
    command = CorrectReport(report_id=report_id, cause=given.cause, report=given.report, reason=given.reason)
    order = Order("correction", str(report_id), body, terms, within=("report",))
    written = await record(services, order, command, id_for(services, terms))
    return created(written, f"/v1/reports/{report_id}", report_id=report_id)


@router.post(
    "/v1/reports/{report_id}/retraction",
    summary="Take a report back",
    **writes(
        "Retraction",
        "no-such-report",
        "version-mismatch",
        "report-retracted",
        "unknown-claim",
        "claim-retracted",
        "retraction-needs-time",
        "retraction-has-no-time",
        "retracted-before-said",
        "reported-in-the-future",
        "time-unreadable",
        examples={
            "by the recorder": {"value": _RETRACTION},
            "by its source": {"value": _TAKEN_BACK},
            "one claim": {"value": {**_TAKEN_BACK, "claim": "1"}},
        },
    ),
)
async def retract(request: Request, services: Opened, terms: Asked, report_id: ReportId) -> Response:
    """Say that it was never said (by the `recorder`), or that it stood until `reported_at` (by its `source`).

    With `claim`, only that claim, and its parts, are taken back.
    """
    body = await sent(request)
    given = read(Retraction, body.document)
    command = RetractReport(report_id=report_id, **given.model_dump())
    order = Order("retraction", str(report_id), body, terms)
    written = await record(services, order, command, id_for(services, terms))
    return created(written, f"/v1/reports/{report_id}", report_id=report_id)


@router.post(
    "/v1/reports/{report_id}/reinstatement",
    summary="Undo a retraction",
    **writes(
        "Reinstatement",
        "no-such-report",
        "version-mismatch",
        "report-stands",
        "unknown-claim",
        "claim-stands",
        examples={"reinstatement": {"value": {"reason": "The first entry was the right one."}}},
    ),
)
async def reinstate(request: Request, services: Opened, terms: Asked, report_id: ReportId) -> Response:
    """Have the report, or one `claim` of it, count again."""
    body = await sent(request)
    given = read(Reinstatement, body.document)
    order = Order("reinstatement", str(report_id), body, terms)
    command = ReinstateReport(report_id=report_id, claim=given.claim, reason=given.reason)
    written = await record(services, order, command, id_for(services, terms))
    return created(written, f"/v1/reports/{report_id}", report_id=report_id)
