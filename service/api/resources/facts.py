"""The raw facts of an incident: all inputs of its answers, with salts and commitments, as NDJSON."""

from collections.abc import AsyncIterator, Sequence

from fastapi import Request
from starlette.responses import Response, StreamingResponse

from service.answers.answer import inputs_at
from service.answers.as_of import resolve_moment
from service.api.coordinates import coordinates_of
from service.api.media_types import NDJSON
from service.api.negotiation import named_representation, negotiate
from service.api.parameters import AsOf, IncidentName
from service.api.principals import RequestPrincipal
from service.api.resource import VIEW_PROBLEMS, Description, Resource
from service.api.responses import HEAD_ONLY, cache_headers, entity_tag, matches_entity_tag
from service.api.services import InjectedServices
from service.eventstore import LogReader, StoredFact
from service.eventstore.archive.log_lines import format_with_proof
from service.runtime.worker_thread import in_thread

RESOURCE = Resource("facts")

AT_ONCE = 500
"""The most facts in one query and chunk."""

_LINES = {NDJSON: {"schema": {"type": "string", "description": "One JSON object a line, by position."}}}
_DESCRIBED: Description = RESOURCE.reads(None, *VIEW_PROBLEMS, "no-such-incident", also=_LINES)


@RESOURCE.get("/v1/incidents/{incident}/facts", summary="The raw facts", **_DESCRIBED)
async def facts(
    request: Request,
    services: InjectedServices,
    principal: RequestPrincipal,
    incident: IncidentName,
    as_of: AsOf = None,
) -> Response:
    """All that the incident's answers depend on: its own facts, those of the sources it cites, and of the policy.

    `state` and `text` are in canonical form; `text` is null, with its commitment, where it was erased. With its salt,
    each part gives its commitment: HMAC-SHA256(salt, "knownwhen/v1/" + part + 0x00 + bytes). `recorded_by` is told to
    who has the scope `audit`.
    """
    negotiate(request, NDJSON)
    moment = await resolve_moment(services.reader, as_of)
    inputs = await inputs_at(services.reader, incident, moment.position, as_of)
    own = inputs.history.own
    coordinates = await coordinates_of(services.reader, inputs.rows[-1], moment, own.version, own.collection)
    named = principal.may("audit")
    erased = (await services.reader.erasures(sorted({row.stream for row in inputs.rows}))).last
    tag = entity_tag(
        {
            "coordinates": dict(coordinates),
            "type": NDJSON,
            **({} if named else {"recorded_by": None}),
            **({"erased": erased} if erased else {}),
        }
    )
    erasable = any(row.text_commitment is not None for row in inputs.rows)
    headers = cache_headers(coordinates, tag, closed=bool(coordinates["closed"]) and not erasable)
    if matches_entity_tag(request, tag):
        return Response(None, 304, headers)
    positions = [] if HEAD_ONLY in request.scope else [row.position for row in inputs.rows]
    inputs.free()
    headers |= named_representation(request, NDJSON).disposition(incident, "facts", str(coordinates["position"]))
    return StreamingResponse(_lines(services.reader, positions, named=named), 200, headers, NDJSON)


async def _lines(reader: LogReader, positions: Sequence[int], *, named: bool) -> AsyncIterator[bytes]:
    for start in range(0, len(positions), AT_ONCE):
        rows = await reader.at(positions[start : start + AT_ONCE])
        shown = rows if named else [row._replace(recorded_by=None) for row in rows]
        yield await in_thread(len(rows), _joined, shown)


def _joined(rows: Sequence[StoredFact]) -> bytes:
    return b"".join(map(format_with_proof, rows))
