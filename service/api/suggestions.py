"""The resource of duplicates: what may be one statement or one event told twice, for people to look at."""

from fastapi import Request
from starlette.responses import Response

from domain.revisions.duplicates import duplicates
from domain.values.time.clocks import format_instant
from service.answers.answer import unmerged_inputs_at
from service.answers.as_of import parse_moment, resolve_moment
from service.api.described import MOMENTS, reads, resource
from service.api.moments import coordinates_of
from service.api.parameters import AsOf, IncidentName, ReportedUntil
from service.api.sending import JSON, offered, send_document
from service.api.services import Opened
from service.runtime.worker_thread import in_thread

router = resource("incidents")


@router.get(
    "/v1/incidents/{incident}/duplicates",
    summary="What may be there twice",
    **reads("Duplicates", *MOMENTS, "no-such-incident", leads=True),
)
async def suggest(
    request: Request, services: Opened, incident: IncidentName, as_of: AsOf = None, reported_until: ReportedUntil = None
) -> Response:
    """Suggest reports that may be one statement, and events that may be one; each with a sentence.

    Nothing is merged by itself, and all of them count meanwhile: what is alike need not be the same.
    """
    offered(request, JSON)
    until = parse_moment("reported_until", reported_until) if reported_until else None
    moment = await resolve_moment(services.reader, as_of)
    inputs = await unmerged_inputs_at(services.reader, incident, moment.position, as_of)
    coordinates = {
        **await coordinates_of(services.reader, inputs.rows[-1], moment, inputs.history.version),
        "reported_until": format_instant(until) if until else None,
    }
    document = {
        "items": await in_thread(len(inputs.rows), duplicates, inputs.history, until),
        "coordinates": coordinates,
    }
    inputs.free()
    return send_document(request, document, coordinates)
