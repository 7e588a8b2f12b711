"""Exports by link: incidents at a reading as a file of a format that others read."""

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Path, Query, Request
from starlette.responses import Response, StreamingResponse

from domain.values.text_types import nearest
from service.api.dependencies import in_loop
from service.api.errors.problem import HttpProblem
from service.api.media_types import CSV, GEOJSON, JSON, PARQUET, SQLITE
from service.api.negotiation import attachment, negotiate
from service.api.parameters import AsOf, PolicyName, ReportedUntil
from service.api.principals import RequestPrincipal
from service.api.resource import Description, Resource
from service.api.responses import HEAD_ONLY, cache_headers, entity_tag, matches_entity_tag
from service.api.services import ExportedFile, InjectedServices
from service.runtime.worker_thread import beside_the_loop

RESOURCE = Resource("exports")

CHUNK: Final = 1 << 16
_MOST_GAPS: Final = 10
_INCIDENTS: Final = "The slug or the id of an incident; more than once for several. Default: all that you may see."
_NAME: Final = "`csv` (with HXL hashtags), `ucdp`, `acled`, `geojson`, `parquet`, `sqlite` or `timelinejs`."
_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}
_FILES: Final = {
    CSV: {"schema": {"type": "string", "description": "`csv`, `ucdp` and `acled`: RFC 4180, with a header."}},
    JSON: {"schema": {"type": "object", "description": "`timelinejs`: a timeline of TimelineJS."}},
    GEOJSON: {"schema": {"type": "object", "description": "`geojson`: a feature for each incident."}},
    PARQUET: _BINARY,
    SQLITE: _BINARY,
}
_DESCRIBED: Description = RESOURCE.reads(
    None, "no-such-export no-such-incident merged moment-unreadable not-yet-known unknown-policy", also=_FILES
)


@dataclass(frozen=True, slots=True)
class ReadingOfIncidents:
    """Which incidents are exported, as of which moment, and at which reading."""

    incident: Annotated[list[str] | None, Query(description=_INCIDENTS)] = None
    as_of: AsOf = None
    reported_until: ReportedUntil = None
    policy: PolicyName = None


ReadingParameters = Annotated[ReadingOfIncidents, in_loop(ReadingOfIncidents)]
"""What is exported, as parameters of an operation."""


@RESOURCE.get("/v1/exports/{name}", summary="Export incidents as a file", **_DESCRIBED)
async def export(
    request: Request,
    services: InjectedServices,
    principal: RequestPrincipal,
    name: Annotated[str, Path(description=_NAME, examples=["csv"])],
    asked: ReadingParameters,
) -> Response:
    """Write what `knownwhen export` writes, of what you may see, as of one position and at one reading.

    Every figure is one that a source gave. `Knownwhen-Gaps` counts what the format has no room for.
    """
    known, incident = services.exports.formats, asked.incident
    if name not in known:
        near = nearest(name, known)
        hint = f"did you mean “{near}”?" if near else f"there are {', '.join(known)}."
        raise HttpProblem("no-such-export", f"There is no export “{name[:100]}”; {hint}")
    of = known[name]
    media_type = negotiate(request, of.media_type)
    written = await services.exports.write(
        name, incident or (), asked.as_of, (asked.reported_until, asked.policy), principal.collections
    )
    if written.trouble is not None:
        written.file.close()
        raise HttpProblem("not-acceptable", written.trouble, headers={"Vary": "Accept"})
    digest = await beside_the_loop(_digest, written)
    coordinates = {**written.coordinates, "closed": False}
    headers = cache_headers(coordinates, entity_tag(digest), closed=False)
    headers["Knownwhen-Gaps"] = _gaps(written)
    if matches_entity_tag(request, headers["ETag"]):
        written.file.close()
        return Response(None, 304, headers)
    names = (*(incident if incident and len(incident) == 1 else ("knownwhen",)), name, str(coordinates["position"]))
    headers |= attachment(of.suffix.removeprefix("."), *names)
    if HEAD_ONLY in request.scope:
        written.file.close()
        return Response(None, 200, headers, media_type)
    return StreamingResponse(_chunks(written), 200, headers, media_type)


def _gaps(written: ExportedFile) -> str:
    """Return the gaps as JSON in ASCII, as a header needs; only the largest where there are many."""
    largest = sorted(written.gaps, key=lambda each: -int(each["count"]))[:_MOST_GAPS]
    return json.dumps(list(map(dict, largest)), separators=(",", ":"))


def _digest(written: ExportedFile) -> str:
    digest = hashlib.file_digest(written.file, "sha256").hexdigest()
    written.file.seek(0)
    return digest


async def _chunks(written: ExportedFile) -> AsyncIterator[bytes]:
    with written.file as file:
        while chunk := await beside_the_loop(file.read, CHUNK):
            yield chunk
