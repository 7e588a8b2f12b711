"""The resource of batches: lines of NDJSON in, what became of each of them out, however many there are."""

import asyncio
from collections.abc import Iterable
from typing import Annotated, Any, Final

import orjson
from fastapi import Query, Request
from starlette.responses import Response

from domain.reports.registry import KINDS
from service.api.complaints import Complaint
from service.api.described import Described, resource, writes
from service.api.failures import Problem
from service.api.recording import MOST_TOGETHER, Recording
from service.api.sending import NDJSON, offered
from service.api.services import Opened
from service.api.spool import Spool, Spooled

router = resource("reports")

_SENT: Final[Iterable[Described]] = (
    {"register": {"slug": "sohr", "name": "SOHR", "type": "monitor", "reliability": "B"}},
    {"open": {"slug": "syria-coast-2025", "title": "Syrian coast, March 2025", "utc_offset": "+03:00"}},
    {"incident": "syria-coast-2025", **KINDS["toll_revised"].example},
)
_TOLD: Final[Iterable[Described]] = (
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
_ABOUT_SENT: Final = "One JSON object a line, of 64 KiB at most."
_ABOUT_TOLD: Final = "One JSON object a line of the body that is not blank, in their order, and a summary."

Atomic = Annotated[
    bool, Query(description=f"Record all lines, or none of them if one cannot be; {MOST_TOGETHER:,} lines at most.")
]


def _lines(about: str, example: Iterable[Described]) -> dict[str, Any]:
    text = "".join(f"{orjson.dumps(line).decode()}\n" for line in example)
    return {NDJSON: {"schema": {"type": "string", "description": about}, "examples": {"lines": {"value": text}}}}


def _described() -> Described:
    found = writes("Report", "not-acceptable", "others-refused", examples={}, given={200: "What became of each line."})
    found["responses"][200]["content"] = _lines(_ABOUT_TOLD, _TOLD)
    found["openapi_extra"]["requestBody"]["content"] = _lines(_ABOUT_SENT, _SENT)
    return found


@router.post("/v1/reports:batch", summary="File many reports", **_described())
async def batch(request: Request, services: Opened, *, atomic: Atomic = False) -> Response:
    """Send one on each line: a report with its `incident`, or another command alone, such as `{"open": …}`.

    Each line is told with its number: `recorded`, `replayed` if it had been recorded before, `refused` or `invalid`
    with the problem, or `failed` if the service could not take it, so that it should be sent again. A line that is not
    taken never stops the rest. A line that gives no `report_id` gets one that follows from what it says, so to send
    all of it again is safe. Outcomes may be read while lines are still being sent, or afterwards.
    """
    offered(request, NDJSON)
    _check(request)
    spool = Spool()
    recording = Recording(services.writer, request.stream(), spool)
    work = asyncio.create_task(recording.together() if atomic else recording.each())
    answer = Spooled(spool, work, {"Cache-Control": "no-store"}, NDJSON)
    try:
        await spool.begun()
    except BaseException:
        await answer.end()
        raise
    return answer


def _check(request: Request) -> None:
    given = request.headers.get("content-type", "")
    media, _, parameters = given.partition(";")
    charset = parameters.replace(" ", "").replace('"', "").lower()
    accepted = {"Accept": NDJSON}
    if media.strip().lower() != NDJSON or charset not in ("", "charset=utf-8"):
        said = f"not “{given[:100]}”" if given else "and none was named"
        raise Problem("unsupported-media-type", f"The body must be of type {NDJSON}, {said}.", headers=accepted)
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem("unsupported-media-type", "The body must not be compressed.", headers=accepted)
    if "if-match" in request.headers:
        reason = "A batch has no version to be held against; leave it out."
        raise Problem("invalid-header", f"If-Match: {reason}", [Complaint("If-Match", reason)])
