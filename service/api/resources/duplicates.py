"""Possible duplicates within an incident: reports of one statement, events that may be the same."""

from typing import Literal

from fastapi import Request
from starlette.responses import Response

from domain.revisions.duplicates import duplicates
from domain.values.time.clocks import format_instant
from service.answers.answer import unmerged_inputs_at
from service.answers.as_of import parse_moment, resolve_moment
from service.api.coordinates import coordinates_of
from service.api.media_types import JSON
from service.api.models import LogCoordinates, ResponseModel
from service.api.negotiation import negotiate
from service.api.parameters import AsOf, IncidentName, ReportedUntil
from service.api.resource import VIEW_PROBLEMS, Resource
from service.api.responses import document_response
from service.api.services import InjectedServices
from service.runtime.worker_thread import in_thread

RESOURCE = Resource("incidents")


class Suggestion(ResponseModel):
    """Reports that may be of one statement or one event; nothing is merged by itself."""

    code: Literal["possible_duplicate", "same_figure", "possible_same_event"]
    reports: list[str]
    events: list[str]
    why: str


class DuplicatesCoordinates(LogCoordinates):
    """The coordinates of the suggestions, on both clocks."""

    reported_until: str | None


class Duplicates(ResponseModel):
    """Incidents for somebody to compare: an empty list is no proof that there are no duplicates."""

    items: list[Suggestion]
    coordinates: DuplicatesCoordinates


@RESOURCE.get(
    "/v1/incidents/{incident}/duplicates",
    summary="What may be there twice",
    **RESOURCE.reads(Duplicates, *VIEW_PROBLEMS, "no-such-incident", redirects=True),
)
async def suggest(
    request: Request,
    services: InjectedServices,
    incident: IncidentName,
    as_of: AsOf = None,
    reported_until: ReportedUntil = None,
) -> Response:
    """Suggest reports that may be one statement, and events that may be one; each with a sentence.

    Nothing is merged by itself, and all of them count meanwhile: what is alike need not be the same.
    """
    negotiate(request, JSON)
    until = parse_moment("reported_until", reported_until) if reported_until else None
    moment = await resolve_moment(services.reader, as_of)
    inputs = await unmerged_inputs_at(services.reader, incident, moment.position, as_of)
    own = inputs.history.own
    coordinates = {
        **await coordinates_of(services.reader, inputs.rows[-1], moment, own.version, own.collection),
        "reported_until": format_instant(until) if until else None,
    }
    document = {
        "items": await in_thread(len(inputs.rows), duplicates, inputs.history, until),
        "coordinates": coordinates,
    }
    inputs.free()
    return document_response(request, document, coordinates)
