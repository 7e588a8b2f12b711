"""Reports: file under an incident; correct, retract and reinstate."""

from functools import partial
from typing import Literal

from starlette.responses import Response

from domain.incident.commands import Cause, CorrectReport, FileReport, ReinstateReport, RetractReport
from domain.reports.claims.claim import ClaimId
from domain.reports.kind import Report
from domain.reports.registry import KINDS, AnyReport
from domain.values.text_types import FreeText, Strict
from domain.values.time.clocks import EdtfReported
from service.api.parameters import IncidentName, ReportId
from service.api.requests.body import validate, validate_report
from service.api.requests.direct_filing import FILING_PATH, DirectFiling
from service.api.requests.write import IncomingWrite, WriteParameter, write_response
from service.api.resource import Resource

RESOURCE = Resource("reports", match_order=0)


class Correction(Strict, frozen=True):
    """Replace the content of a report that *we* got wrong; `reported_at` is kept."""

    cause: Cause
    report: AnyReport
    reason: FreeText | None = None


class RetractionBody(Strict, frozen=True):
    """Say that a report, or one `claim` of it, no longer counts.

    It was never said (`recorder`), or was taken back by its source at `reported_at`.
    """

    claim: ClaimId | None = None
    by: Literal["recorder", "source"]
    reported_at: EdtfReported | None = None
    reason: FreeText | None = None


class Reinstatement(Strict, frozen=True):
    """Undo a retraction, of a report or of one `claim`."""

    claim: ClaimId | None = None
    reason: FreeText | None = None


_EXAMPLES = {kind.name: {"summary": kind.title, "value": dict(kind.example)} for kind in KINDS.values()}
_OF_CONTENT = (
    "version-mismatch scope-undeclared event-needed two-figures-one-key supersedes-itself",
    "time-unreadable",
)
_OF_SEALING = ("no-sealing-key sealing-key-lost sealed-part-damaged",)
_CORRECTION = {
    "cause": "transcription",
    "report": dict(KINDS["toll_revised"].example),
    "reason": "A digit was dropped.",
}
_RETRACTION = {"by": "recorder", "reason": "It was entered twice."}
_TAKEN_BACK = {"by": "source", "reported_at": "2025-03-13", "reason": "The source withdrew the figure."}


async def file_report(write: WriteParameter, incident: IncidentName) -> Response:
    """File a report of any kind; `kind` says which.

    With a `report_id` of your own, or an `Idempotency-Key`, a retry is safe. What must never leak goes into `sealed`.
    """
    return await _file(write, incident, validate_report(await write.read_report()))


async def _file(write: IncomingWrite, incident: str, report: Report) -> Response:
    report_id = report.report_id or write.new_fact_id()
    command = FileReport(report_id=report_id, report=report)
    written = await write.record(write.about_incident("file_report", incident), command, report_id)
    return write_response(written, f"/v1/reports/{report_id}", report_id=report_id)


RESOURCE.middleware = partial(DirectFiling, file_report=_file, needed="report")  # thousands of requests a second

RESOURCE.add_api_route(
    FILING_PATH,
    file_report,
    methods=["POST"],
    summary="File a report",
    **RESOURCE.writes(
        Report,
        "no-such-incident merged incident-closed reported-in-the-future",
        *_OF_SEALING,
        *_OF_CONTENT,
        examples=_EXAMPLES,
    ),
)


@RESOURCE.post(
    "/v1/reports/{report_id}/correction",
    summary="Correct what we got wrong",
    **RESOURCE.writes(
        Correction,
        "no-such-report report-retracted nothing-changed report-id-is-kept reported-at-is-kept",
        *_OF_SEALING,
        *_OF_CONTENT,
        examples={"correction": {"value": _CORRECTION}},
    ),
)
async def correct(write: WriteParameter, report_id: ReportId) -> Response:
    """Give the whole new content. It counts at every reported moment, from its position on.

    What the source itself says anew is not a correction but another report. A `sealed` of the new content is kept
    beside that of the report.
    """
    given = validate(Correction, await write.read_report("report"))
    command = CorrectReport(report_id=report_id, cause=given.cause, report=given.report, reason=given.reason)
    return await write.record_about_report("correction", command, within=("report",))


@RESOURCE.post(
    "/v1/reports/{report_id}/retraction",
    summary="Take a report back",
    **RESOURCE.writes(
        RetractionBody,
        "no-such-report version-mismatch report-retracted unknown-claim claim-retracted",
        "retraction-needs-time retraction-has-no-time retracted-before-said reported-in-the-future",
        "time-unreadable",
        examples={
            "by the recorder": {"value": _RETRACTION},
            "by its source": {"value": _TAKEN_BACK},
            "one claim": {"value": {**_TAKEN_BACK, "claim": "1"}},
        },
    ),
)
async def retract(write: WriteParameter, report_id: ReportId) -> Response:
    """Say that it was never said (by the `recorder`), or that it stood until `reported_at` (by its `source`).

    With `claim`, only that claim, and its parts, are taken back.
    """
    given = await write.read(RetractionBody)
    command = RetractReport(report_id=report_id, **given.model_dump())
    return await write.record_about_report("retraction", command)


@RESOURCE.post(
    "/v1/reports/{report_id}/reinstatement",
    summary="Undo a retraction",
    **RESOURCE.writes(
        Reinstatement,
        "no-such-report version-mismatch report-stands unknown-claim claim-stands",
        examples={"reinstatement": {"value": {"reason": "The first entry was the right one."}}},
    ),
)
async def reinstate(write: WriteParameter, report_id: ReportId) -> Response:
    """Have the report, or one `claim` of it, count again."""
    given = await write.read(Reinstatement)
    command = ReinstateReport(report_id=report_id, claim=given.claim, reason=given.reason)
    return await write.record_about_report("reinstatement", command)
