"""The FastAPI application: resources, middleware and exception handlers."""

import gc
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import cast
from uuid import UUID

from fastapi import FastAPI
from opentelemetry.trace import Tracer
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute

from domain.facts.encoding import CheckedFiling
from domain.facts.union import ReportCorrected
from domain.incident.commands import CorrectReport
from domain.reports.registry import REPORTS
from domain.slots import discover
from service.api import openapi, resources
from service.api.authentication import Authentication
from service.api.connections import COUNT_CLOSED
from service.api.errors import handlers
from service.api.metrics import Metrics
from service.api.middleware import (
    Compression,
    HostCheck,
    PathEndings,
    PrivateAnswers,
    RequestMiddleware,
    cross_origin_sharing,
)
from service.api.resource import Resource
from service.api.services import Services
from service.api.tracing import Tracing
from service.runtime.garbage_collection import SELDOM
from service.runtime.hosts import Hosts

RESOURCES = sorted(
    cast("Iterator[Resource]", discover(resources, "RESOURCE")), key=lambda resource: resource.match_order
)
"""Every resource of the slot `resources/`, in the order in which their routes are tried."""

_TITLE = "Knownwhen"


def create_app(
    opened: Callable[[], AbstractAsyncContextManager[Services]],
    new_id: Callable[[], UUID],
    hosts: Hosts | None = None,
    metrics: Metrics | None = None,
    tracer: Tracer | None = None,
    pages: Sequence[BaseRoute] = (),
) -> FastAPI:
    """Make the application. Its services are opened at startup by `opened`, and closed at shutdown.

    `new_id` makes the ids of faults in the log. Requests for hosts but `hosts`, by default loopback, are refused.
    Requests are counted in `metrics`, and traced by `tracer`. `pages` are tried before the resources.
    """
    counted = metrics or Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[Mapping[str, object]]:
        async with opened() as services:
            app.state.services, app.state.metrics = services, counted
            _build_models()
            app.openapi()  # made by the first request with a parameter otherwise, while all others wait
            gc.collect()
            gc.freeze()  # modules and caches are long-lived; a full collection over them takes half a second
            gc.set_threshold(*SELDOM)
            yield {COUNT_CLOSED: counted.connection_closed}

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
    hosts = hosts or Hosts()
    app.router.routes.extend(pages)
    for resource in RESOURCES:
        app.router.routes.extend(resource.routes)
        if resource.middleware:
            app.add_middleware(resource.middleware)
    handlers.install(app)
    app.add_middleware(PathEndings)
    app.add_middleware(PrivateAnswers)
    app.add_middleware(Compression)
    app.add_middleware(Authentication, origins=hosts.origins)
    if hosts.origins:
        app.add_middleware(CORSMiddleware, **cross_origin_sharing(hosts.origins))
    app.add_middleware(HostCheck, hosts=hosts)
    if tracer:
        app.add_middleware(Tracing, tracer=tracer)
    app.add_middleware(RequestMiddleware, new_id=new_id, metrics=counted)
    openapi.install(app, RESOURCES)
    return app


def _build_models() -> None:
    """Build the models that importing leaves to their first use, so that no request waits for them."""
    for model in (CheckedFiling, ReportCorrected, CorrectReport):
        model.model_rebuild()
    REPORTS.rebuild()


def _version() -> str:
    try:
        return version("knownwhen")
    except PackageNotFoundError:  # run from the source tree, not installed
        return "0"
