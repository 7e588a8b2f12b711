"""The resource of incidents: opened, and changed as a whole."""

from fastapi import Request
from starlette.responses import Response

from domain.incident.commands import (
    AmendIncident,
    CloseIncident,
    DeclareScope,
    IncidentCommand,
    OpenIncident,
    ReopenIncident,
)
from service.answers.answer import stream_of
from service.api.body import Sent, read, sent
from service.api.described import resource, writes
from service.api.parameters import IncidentName
from service.api.services import Opened
from service.api.writing import Asked, Order, Terms, created, id_for, record, refuse_version

router = resource("incidents")

_OPENED = {
    "slug": "syria-coast-2025",
    "title": "Syrian coast, March 2025",
    "utc_offset": "+03:00",
    "period": "2025-03-06/2025-03-10",
    "countries": ["SY"],
}
_ZONED = {"slug": "kyiv-2025", "title": "Strikes on Kyiv, 2025", "time_zone": "Europe/Kyiv", "countries": ["UA"]}
_SCOPE = {"name": "latakia-7-9-march", "label": "Latakia, 7 to 9 March", "period": "2025-03-07/2025-03-09"}


@router.post(
    "/v1/incidents",
    summary="Open an incident",
    **writes(
        "OpenIncident",
        "slug-taken",
        "scope-reserved",
        "scope-taken",
        "time-unreadable",
        "unknown-time-zone",
        examples={"incident": {"value": _OPENED}, "time zone": {"value": _ZONED}},
    ),
)
async def open_incident(request: Request, services: Opened, terms: Asked) -> Response:
    """Give it a `slug` and a `utc_offset`, which are final. A day ends at 23:59:59 in that offset.

    Where clocks change for the summer, give a `time_zone` instead, such as `Europe/Kyiv`: each day begins and ends by
    the offset in force at that moment. The offsets are kept with the incident, so that no answer depends on what a
    later time-zone database says.
    """
    refuse_version(terms, "An incident that is opened has no version yet; leave it out.")
    body = await sent(request)
    command = read(OpenIncident, body.document)
    order = Order("open_incident", "", body, terms)
    written = await record(services, order, command, id_for(services, terms))
    return created(written, f"/v1/incidents/{written.incident}")


@router.post(
    "/v1/incidents/{incident}/amendment",
    summary="Amend what we say about an incident as a whole",
    **writes(
        "AmendIncident",
        "no-such-incident",
        "version-mismatch",
        "merged",
        "nothing-changed",
        "time-unreadable",
        "unknown-time-zone",
        examples={"period": {"value": {"period": "2025-03-06/2025-03-12", "reason": "The raids went on."}}},
    ),
)
async def amend(request: Request, services: Opened, terms: Asked, incident: IncidentName) -> Response:
    """Only the fields given change; `reason` is kept beside the fact.

    A `time_zone` counts from its position on: days that were said without an offset are read by it, those of reports
    that are there already too.
    """
    body = await sent(request)
    return await _change("amendment", services, terms, incident, body, read(AmendIncident, body.document))


@router.post(
    "/v1/incidents/{incident}/close",
    summary="Take no further reports",
    **writes(
        "CloseIncident",
        "no-such-incident",
        "version-mismatch",
        "merged",
        "incident-closed",
        examples={"reason": {"value": {"reason": "All sources have published their final figures."}}},
    ),
)
async def close(request: Request, services: Opened, terms: Asked, incident: IncidentName) -> Response:
    """Corrections and retractions are still taken."""
    body = await sent(request)
    return await _change("close", services, terms, incident, body, read(CloseIncident, body.document))


@router.post(
    "/v1/incidents/{incident}/reopen",
    summary="Take reports again",
    **writes(
        "ReopenIncident",
        "no-such-incident",
        "version-mismatch",
        "merged",
        "incident-open",
        examples={"reason": {"value": {"reason": "A commission published a new figure."}}},
    ),
)
async def reopen(request: Request, services: Opened, terms: Asked, incident: IncidentName) -> Response:
    """Undo its closing."""
    body = await sent(request)
    return await _change("reopen", services, terms, incident, body, read(ReopenIncident, body.document))


@router.post(
    "/v1/incidents/{incident}/scopes",
    summary="Declare a scope",
    **writes(
        "DeclareScope",
        "no-such-incident",
        "version-mismatch",
        "merged",
        "incident-closed",
        "scope-taken",
        "scope-reserved",
        "time-unreadable",
        examples={"scope": {"value": _SCOPE}},
    ),
)
async def declare_scope(request: Request, services: Opened, terms: Asked, incident: IncidentName) -> Response:
    """Name a part of the incident that claims may count; declared once."""
    body = await sent(request)
    return await _change("scopes", services, terms, incident, body, read(DeclareScope, body.document))


async def _change(
    operation: str, services: Opened, terms: Terms, incident: str, body: Sent, command: IncidentCommand
) -> Response:
    stream = stream_of(incident)
    order = Order(operation, str(stream), body, terms, (incident, stream))
    written = await record(services, order, command, id_for(services, terms))
    return created(written, f"/v1/incidents/{written.incident}")
