"""Whether the process is up, and whether it can serve."""

import orjson
from starlette.responses import Response

from service.api.complaints import Complaint
from service.api.described import reads, resource
from service.api.failures import Problem
from service.api.sending import JSON
from service.api.services import Opened

router = resource("health")

_UNCACHED = {"Cache-Control": "no-store"}


@router.get("/healthz", summary="Is the process up?", **reads("Health"))
async def healthz() -> Response:
    """Answer, which is all there is to it; the database is not asked."""
    return Response(orjson.dumps({"status": "ok"}), 200, _UNCACHED, JSON)


@router.get("/readyz", summary="Can it serve?", **reads("Health", "not-ready"))
async def readyz(services: Opened) -> Response:
    """See that the database answers, has this release's tables, and takes writes."""
    if missing := await services.missing():
        raise Problem("not-ready", missing[0], [Complaint("database", each) for each in missing])
    return Response(orjson.dumps({"status": "ready"}), 200, _UNCACHED, JSON)
