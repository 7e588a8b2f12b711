"""Sealed parts: read with a reason, which is recorded first; and the record of who read what."""

from typing import Annotated

import orjson
from fastapi import Query, Request
from starlette.responses import Response

from domain.facts.versions import is_report
from domain.incident.erasure_commands import (
    Reason,
)
from domain.values.text_types import Strict
from domain.values.time.clocks import format_instant
from service.access.sealing.reading import OpenedPart
from service.api.errors.problem import HttpProblem
from service.api.media_types import JSON
from service.api.models import ResponseModel
from service.api.negotiation import negotiate
from service.api.parameters import ReportId
from service.api.principals import RequestPrincipal
from service.api.requests.sealed_part import SealedPart
from service.api.requests.write import WriteParameter
from service.api.resource import Resource
from service.api.responses import document_response
from service.api.services import InjectedServices

RESOURCE = Resource("sealed parts")

PAGE = 100
LONGEST_PAGE = 1000

AfterRead = Annotated[int, Query(ge=0, le=2**63 - 1, description="The id of the last read that is known already.")]
MostReads = Annotated[int, Query(ge=1, le=LONGEST_PAGE, description="How many at most.")]


class ReasonToRead(Strict, frozen=True):
    """Why the sealed parts of a report are read; it is recorded, with who reads them."""

    reason: Reason


class ReadPart(ResponseModel):
    """The sealed part of the report as filed, or as corrected."""

    position: int
    recorded_at: str
    sealed: SealedPart | None
    """Null where it was erased, or is not in this log."""
    erased: int | None
    """The position of the fact that says so."""


class ReadParts(ResponseModel):
    """The sealed parts of a report, oldest first."""

    report_id: str
    parts: list[ReadPart]


class RecordedRead(ResponseModel):
    """Who was to read which sealed parts, when and why."""

    id: int
    read_at: str
    token: str | None
    """The id of the token; null for the operator."""
    name: str
    report_id: str
    positions: list[int]
    reason: str


class RecordedReads(ResponseModel):
    """Reads of sealed parts, oldest first; `next` is the `after` of the next page, null on the last."""

    items: list[RecordedRead]
    next: int | None


@RESOURCE.post(
    "/v1/reports/{report_id}/sealed",
    summary="Read the sealed parts of a report",
    **RESOURCE.writes(
        ReasonToRead,
        "no-such-report nothing-sealed sealed-part-erased sealing-key-lost sealed-part-damaged read-not-recorded",
        examples={"reason": {"value": {"reason": "To ask the source again about the second figure."}}},
        statuses={200: "The sealed parts; the read is recorded."},
        answer=ReadParts,
        scope="read:sealed",
    ),
)
async def read_sealed(write: WriteParameter, report_id: ReportId, principal: RequestPrincipal) -> Response:
    """Say why; who reads, what and why is recorded before anything is opened, and `GET /v1/sealed-reads` tells it."""
    write.refuse_if_match("A sealed part has no version; leave it out.")
    given = await write.read(ReasonToRead)
    filed = await write.services.reader.find(report_id)
    if filed is None or not is_report(filed.topic):
        raise HttpProblem("no-such-report", f"There is no report {report_id} in this log.")
    parts = await write.services.sealed.read(report_id, filed.stream, principal, given.reason)
    document = {"report_id": str(report_id), "parts": [_part(each) for each in parts]}
    return Response(orjson.dumps(document), 200, {"Cache-Control": "no-store"}, JSON)


@RESOURCE.get(
    "/v1/sealed-reads",
    summary="Who read which sealed parts, and why",
    **RESOURCE.reads(RecordedReads, scope="audit"),
)
async def sealed_reads(
    request: Request,
    services: InjectedServices,
    principal: RequestPrincipal,
    after: AfterRead = 0,
    limit: MostReads = PAGE,
) -> Response:
    """All reads since the first, in the order in which they were recorded; none is ever changed or removed.

    Of reports in the collections of the token.
    """
    negotiate(request, JSON)
    found = await services.sealed.reads(after, limit + 1, principal.collections)
    page = found[:limit]
    following = page[-1].read_id if len(found) > limit else None
    return document_response(request, {"items": [each.document() for each in page], "next": following})


def _part(part: OpenedPart) -> dict[str, object]:
    return {
        "position": part.fact.position,
        "recorded_at": format_instant(part.fact.recorded_at),
        "sealed": part.content,
        "erased": part.erased_at,
    }
