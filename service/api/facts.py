"""The resource of raw facts: every input of an incident's answers, as the log holds it, for those who check."""

from collections.abc import AsyncIterator, Sequence

from fastapi import Request
from starlette.responses import Response, StreamingResponse

from service.answers.answer import inputs_at
from service.answers.as_of import settle
from service.api.described import MOMENTS, Described, reads, resource
from service.api.moments import coordinates_of
from service.api.parameters import AsOf, IncidentName
from service.api.sending import BODILESS, NDJSON, has_already, offered, settled_headers, tag_of
from service.api.services import Opened
from service.eventstore import LogReader, StoredFact
from service.eventstore.archive.log_lines import format_with_proof
from service.runtime.worker_thread import aside

router = resource("facts")

AT_ONCE = 500
"""How many facts are read, and sent, at a time."""

_LINES = {NDJSON: {"schema": {"type": "string", "description": "One JSON object a line, by position."}}}
_DESCRIBED: Described = reads(None, *MOMENTS, "no-such-incident", also=_LINES)


@router.get("/v1/incidents/{incident}/facts", summary="The raw facts", **_DESCRIBED)
async def facts(request: Request, services: Opened, incident: IncidentName, as_of: AsOf = None) -> Response:
    """All that the incident's answers depend on: its own facts, those of the sources it cites, and of the policy.

    `state` and `text` are in canonical form. With its salt, each part gives its commitment:
    HMAC-SHA256(salt, "knownwhen/v1/" + part + 0x00 + bytes).
    """
    offered(request, NDJSON)
    moment = await settle(services.reader, as_of)
    inputs = await inputs_at(services.reader, incident, moment.position, as_of)
    coordinates = await coordinates_of(services.reader, inputs.rows[-1], moment, inputs.history.version)
    tag = tag_of({"coordinates": dict(coordinates), "type": NDJSON})
    headers = settled_headers(coordinates, tag)
    if has_already(request, tag):
        return Response(None, 304, headers)
    positions = [] if BODILESS in request.scope else [row.position for row in inputs.rows]
    inputs.put_away()
    return StreamingResponse(_lines(services.reader, positions), 200, headers, NDJSON)


async def _lines(reader: LogReader, positions: Sequence[int]) -> AsyncIterator[bytes]:
    for start in range(0, len(positions), AT_ONCE):
        rows = await reader.at(positions[start : start + AT_ONCE])
        yield await aside(len(rows), _joined, rows)


def _joined(rows: Sequence[StoredFact]) -> bytes:
    return b"".join(map(format_with_proof, rows))
