"""Batches of reports and commands: NDJSON in, one outcome per line out, streamed."""

import asyncio
from collections.abc import Iterable
from typing import Annotated, Any, Final

import orjson
from fastapi import Query, Request
from starlette.responses import Response

from domain.reports.kind import Report
from domain.reports.registry import KINDS
from service.api.batches.recorder import MAX_ATOMIC_LINES, BatchRecorder
from service.api.batches.streaming import BufferedStreamResponse, StreamBuffer
from service.api.errors.problem import HttpProblem
from service.api.errors.validation import FieldError
from service.api.media_types import NDJSON
from service.api.negotiation import negotiate
from service.api.principals import RequestPrincipal
from service.api.requests.body import check_media_type
from service.api.resource import Description, Resource
from service.api.services import InjectedServices

RESOURCE = Resource("reports")

_EXAMPLE_BODY: Final[Iterable[Description]] = (
    {"register": {"slug": "sohr", "name": "SOHR", "type": "monitor", "reliability": "B"}},
    {"open": {"slug": "syria-coast-2025", "title": "Syrian coast, March 2025", "utc_offset": "+03:00"}},
    {"incident": "syria-coast-2025", **KINDS["toll_revised"].example},
)
_EXAMPLE_ANSWER: Final[Iterable[Description]] = (
    {
        "line": 3,
        "outcome": "recorded",
        "report_id": "8e10200c-e07c-59a2-88d1-19894c191585",
        "incident": "syria-coast-2025",
        "position": 3,
        "recorded_at": "2026-11-22T14:09:50.980814Z",
        "version": 2,
        "warnings": [],
    },
    {"lines": 3, "recorded": 3, "replayed": 0, "refused": 0, "invalid": 0, "failed": 0, "position": 3},
)
_ABOUT_BODY: Final = "One JSON object a line, of 64 KiB at most."
_ABOUT_ANSWER: Final = "One JSON object a line of the body that is not blank, in their order, and a summary."

AtomicParameter = Annotated[
    bool, Query(description=f"Record all lines, or none of them if one cannot be; {MAX_ATOMIC_LINES:,} lines at most.")
]


def _lines(about: str, example: Iterable[Description]) -> dict[str, Any]:
    text = "".join(f"{orjson.dumps(line).decode()}\n" for line in example)
    return {NDJSON: {"schema": {"type": "string", "description": about}, "examples": {"lines": {"value": text}}}}


def _described() -> Description:
    found = RESOURCE.writes(
        Report, "not-acceptable others-refused", examples={}, statuses={200: "What became of each line."}
    )
    found["responses"][200]["content"] = _lines(_ABOUT_ANSWER, _EXAMPLE_ANSWER)
    found["openapi_extra"]["requestBody"]["content"] = _lines(_ABOUT_BODY, _EXAMPLE_BODY)
    return found


@RESOURCE.post("/v1/reports:batch", summary="File many reports", **_described())
async def batch(
    request: Request, services: InjectedServices, principal: RequestPrincipal, *, atomic: AtomicParameter = False
) -> Response:
    """Send one on each line: a report with its `incident`, or another command alone, such as `{"open": …}`.

    Each line is told with its number: `recorded`, `replayed` if it had been recorded before, `refused` or `invalid`
    with the problem, or `failed` if the service could not take it, so that it should be sent again. A line that is not
    taken never stops the rest; one that curates needs the scope `curate` as well. A line that gives no `report_id` gets
    one that follows from what it says, so to send all of it again is safe. Outcomes may be read while lines are still
    being sent, or afterwards.
    """
    negotiate(request, NDJSON)
    _check(request)
    buffer = StreamBuffer()
    recording = BatchRecorder(services.writer, request.stream(), buffer, principal)
    work = asyncio.create_task(recording.record_atomically() if atomic else recording.record_each())
    answer = BufferedStreamResponse(buffer, work, {"Cache-Control": "no-store"}, NDJSON)
    try:
        await buffer.wait_for_first()
    except BaseException:
        await answer.end()
        raise
    return answer


def _check(request: Request) -> None:
    check_media_type(request, NDJSON)
    if "if-match" in request.headers:
        reason = "A batch has no version to be held against; leave it out."
        raise HttpProblem("invalid-header", f"If-Match: {reason}", [FieldError("If-Match", reason)])
