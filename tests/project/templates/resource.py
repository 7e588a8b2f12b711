"""The resource of new_name: the identity of the log."""

import orjson
from fastapi import Request
from starlette.responses import Response

from service.api.media_types import JSON
from service.api.models import ResponseModel
from service.api.negotiation import negotiate
from service.api.resource import Resource
from service.api.services import InjectedServices

RESOURCE = Resource("new-name")


class NewNameResponse(ResponseModel):
    """The identity of the log, a UUID."""

    log: str


@RESOURCE.get("/v1/new-name", summary="New name", **RESOURCE.reads(NewNameResponse))
async def read(request: Request, services: InjectedServices) -> Response:
    """Return the identity of the log."""
    negotiate(request, JSON)
    document = {"log": str(await services.reader.log_id())}
    return Response(orjson.dumps(document), 200, {"Cache-Control": "no-store"}, JSON)
