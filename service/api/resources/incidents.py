"""Incidents: open, amend, close and reopen; declare scopes; change the collection."""

from starlette.responses import Response

from domain.incident.commands import (
    AmendIncident,
    ChangeCollection,
    CloseIncident,
    DeclareScope,
    OpenIncident,
    ReopenIncident,
)
from service.api.parameters import IncidentName
from service.api.requests.write import IncomingWrite, WriteParameter, write_response
from service.api.resource import Resource

RESOURCE = Resource("incidents")

_OPENED = {
    "slug": "syria-coast-2025",
    "title": "Syrian coast, March 2025",
    "utc_offset": "+03:00",
    "period": "2025-03-06/2025-03-10",
    "countries": ["SY"],
}
_ZONED = {"slug": "kyiv-2025", "title": "Strikes on Kyiv, 2025", "time_zone": "Europe/Kyiv", "countries": ["UA"]}
_SCOPE = {"name": "latakia-7-9-march", "label": "Latakia, 7 to 9 March", "period": "2025-03-07/2025-03-09"}


@RESOURCE.post(
    "/v1/incidents",
    summary="Open an incident",
    **RESOURCE.writes(
        OpenIncident,
        "slug-taken scope-reserved scope-taken time-unreadable unknown-time-zone collection-forbidden",
        examples={
            "incident": {"value": _OPENED},
            "time zone": {"value": _ZONED},
            "collection": {"value": {**_OPENED, "slug": "syria-coast-drafts", "collection": "newsroom"}},
        },
    ),
)
async def open_incident(write: WriteParameter) -> Response:
    """Give it a `slug` and a `utc_offset`, which are final. A day ends at 23:59:59 in that offset.

    Where clocks change for the summer, give a `time_zone` instead, such as `Europe/Kyiv`: each day begins and ends by
    the offset in force at that moment. The offsets are kept with the incident, so that no answer depends on what a
    later time-zone database says.

    Whoever may see its `collection` may see it. A slug names one incident of all collections.
    """
    write.refuse_if_match("An incident that is opened has no version yet; leave it out.")
    command = await write.read(OpenIncident)
    written = await write.record(write.request("open_incident"), command)
    return write_response(written, f"/v1/incidents/{written.incident}")


@RESOURCE.post(
    "/v1/incidents/{incident}/amendment",
    summary="Amend what we say about an incident as a whole",
    **RESOURCE.writes(
        AmendIncident,
        "no-such-incident version-mismatch merged nothing-changed time-unreadable unknown-time-zone",
        examples={"period": {"value": {"period": "2025-03-06/2025-03-12", "reason": "The raids went on."}}},
        scope="curate",
    ),
)
async def amend(write: WriteParameter, incident: IncidentName) -> Response:
    """Only the fields given change; `reason` is kept beside the fact.

    A `time_zone` counts from its position on: days that were said without an offset are read by it, those of reports
    that are there already too.
    """
    return await _change(write, "amendment", incident, AmendIncident)


@RESOURCE.post(
    "/v1/incidents/{incident}/close",
    summary="Take no further reports",
    **RESOURCE.writes(
        CloseIncident,
        "no-such-incident version-mismatch merged incident-closed",
        examples={"reason": {"value": {"reason": "All sources have published their final figures."}}},
        scope="curate",
    ),
)
async def close(write: WriteParameter, incident: IncidentName) -> Response:
    """Corrections and retractions are still taken."""
    return await _change(write, "close", incident, CloseIncident)


@RESOURCE.post(
    "/v1/incidents/{incident}/reopen",
    summary="Take reports again",
    **RESOURCE.writes(
        ReopenIncident,
        "no-such-incident version-mismatch merged incident-open",
        examples={"reason": {"value": {"reason": "A commission published a new figure."}}},
        scope="curate",
    ),
)
async def reopen(write: WriteParameter, incident: IncidentName) -> Response:
    """Undo its closing."""
    return await _change(write, "reopen", incident, ReopenIncident)


@RESOURCE.post(
    "/v1/incidents/{incident}/scopes",
    summary="Declare a scope",
    **RESOURCE.writes(
        DeclareScope,
        "no-such-incident version-mismatch merged incident-closed scope-taken scope-reserved",
        "time-unreadable",
        examples={"scope": {"value": _SCOPE}},
    ),
)
async def declare_scope(write: WriteParameter, incident: IncidentName) -> Response:
    """Name a part of the incident that claims may count; declared once."""
    return await _change(write, "scopes", incident, DeclareScope)


@RESOURCE.post(
    "/v1/incidents/{incident}/collection",
    summary="Put an incident into another collection",
    **RESOURCE.writes(
        ChangeCollection,
        "no-such-incident version-mismatch merged nothing-changed tied collection-forbidden",
        examples={"collection": {"value": {"collection": "newsroom", "reason": "We look into it ourselves first."}}},
        scope="curate",
    ),
)
async def change_collection(write: WriteParameter, incident: IncidentName) -> Response:
    """From now on whoever may see that collection may see the incident, and its whole past; nobody else may.

    An incident that was ever merged, or that reports were moved to or from, shares its past with others and stays. When
    it becomes `public`, sources that its reports cite register themselves.
    """
    return await _change(write, "collection", incident, ChangeCollection)


async def _change(
    write: IncomingWrite,
    operation: str,
    incident: str,
    model: type[AmendIncident | CloseIncident | ReopenIncident | DeclareScope | ChangeCollection],
) -> Response:
    command = await write.read(model)
    written = await write.record(write.about_incident(operation, incident), command)
    return write_response(written, f"/v1/incidents/{written.incident}")
