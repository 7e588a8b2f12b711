"""The application: its resources, its door, and what every refusal becomes."""

import gc
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from uuid import UUID

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware

from service.answers.answer import MergedAway
from service.api import (
    batch,
    changes,
    curation,
    differences,
    facts,
    health,
    histories,
    incidents,
    listing,
    merged,
    openapi,
    pages,
    policies,
    projections,
    publications,
    receipts,
    reports,
    same_origin,
    search,
    source_lists,
    sources,
    suggestions,
    totals,
    views,
)
from service.api.door import Door
from service.api.failures import Problem, tell, tell_http, tell_parameters
from service.api.problems import SLUGS
from service.api.services import Services
from service.api.wall import Wall
from service.runtime.garbage_collection import SELDOM
from service.runtime.hosts import Hosts

RESOURCES = (
    reports,  # thousands of requests a second go there, and routes are tried in this order
    incidents,
    listing,
    views,
    differences,
    suggestions,
    facts,
    batch,
    search,
    histories,
    curation,
    same_origin,
    sources,
    source_lists,
    totals,
    policies,
    publications,
    receipts,
    changes,
    projections,
    health,
    pages,
)

_COMPRESSION = 5
_TITLE = "Knownwhen"


def create_app(
    opened: Callable[[], AbstractAsyncContextManager[Services]], new_id: Callable[[], UUID], hosts: Hosts | None = None
) -> FastAPI:
    """Make the application. What it serves from is `opened` when it starts, and closed when it stops.

    `new_id` names its faults in the log; requests for others than `hosts` (by default
    loopback) are refused.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with opened() as services:
            app.state.services = services
            app.openapi()  # the first request with a parameter would make it, and hold all others up meanwhile
            gc.collect()
            gc.freeze()  # what was imported stays, and so does nearly all that is remembered:
            gc.set_threshold(*SELDOM)  # to look through all of it for cycles would hold requests up for half a second
            yield

    app = FastAPI(
        title=_TITLE,
        version=_version(),
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    for resource in RESOURCES:
        app.router.routes.extend(resource.router.routes)
    for known in (Problem, *SLUGS):
        app.add_exception_handler(known, tell)
    app.add_exception_handler(MergedAway, merged.lead)
    app.add_exception_handler(RequestValidationError, tell_parameters)
    app.add_exception_handler(HTTPException, tell_http)
    app.add_middleware(GZipMiddleware, compresslevel=_COMPRESSION)
    app.add_middleware(Wall, hosts=hosts or Hosts())
    app.add_middleware(Door, new_id=new_id)
    openapi.describe(app)
    return app


def _version() -> str:
    try:
        return version("knownwhen")
    except PackageNotFoundError:  # run from the source tree, not installed
        return "0"
