"""Liveness and readiness probes."""

from typing import Literal

import orjson
from starlette.responses import Response

from service.api.errors.problem import HttpProblem
from service.api.errors.validation import FieldError
from service.api.media_types import JSON
from service.api.models import ResponseModel
from service.api.resource import Resource
from service.api.services import InjectedServices

RESOURCE = Resource("health")


class Health(ResponseModel):
    """The process is up."""

    status: Literal["ok", "ready"]


_UNCACHED = {"Cache-Control": "no-store"}


@RESOURCE.get("/healthz", summary="Is the process up?", **RESOURCE.reads(Health, scope=None))
async def healthz() -> Response:
    """Answer, which is all there is to it; the database is not asked."""
    return Response(orjson.dumps({"status": "ok"}), 200, _UNCACHED, JSON)


@RESOURCE.get("/readyz", summary="Can it serve?", **RESOURCE.reads(Health, "not-ready", scope=None))
async def readyz(services: InjectedServices) -> Response:
    """See that the database answers, has this release's tables, and takes writes."""
    if missing := await services.missing_for_readiness():
        raise HttpProblem("not-ready", missing[0], [FieldError("database", each) for each in missing])
    return Response(orjson.dumps({"status": "ready"}), 200, _UNCACHED, JSON)
