"""Services beside ours: two that record nothing, and one that records each report as the library's manual shows.

`python -m bench.web_peers bare|floor|naive PORT`; the naive one reads the library's POSTGRES_* variables.
"""

import asyncio
import os
import sys
from collections.abc import Mapping
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
import uvicorn
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import IntegrityError
from fastapi import Body, FastAPI
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from bench.library_settings import library_settings
from domain.reports.registry import AnyReport
from domain.reports.versions import document

FACTS: Final = 20
"""How many facts each incident of the naive way has to begin with."""
_TRIES: Final = 20


class Incident(Aggregate):
    """An incident as the library's manual would have it: a list of reports."""

    @event("Opened")
    def __init__(self, slug: str) -> None:
        self.slug = slug
        self.reports: list[str] = []

    @event("ReportFiled")
    def file(self, report: dict[str, Any]) -> None:
        """File a report."""
        self.reports.append(str(report["report_id"]))


class Incidents(Application[UUID]):
    """The library's application, with nothing of ours."""

    def open(self, slug: str, reports: list[dict[str, Any]]) -> UUID:
        """Open an incident that has reports already."""
        incident = Incident(slug)
        for report in reports:
            incident.file(report)
        self.save(incident)
        return incident.id

    def file(self, incident_id: UUID, report: dict[str, Any]) -> int:
        """Load the incident, file the report, save; again, if somebody else was quicker."""
        for _ in range(_TRIES):
            incident: Incident = self.repository.get(incident_id)
            incident.file(report)
            try:
                return self.save(incident)[-1].notification.id
            except IntegrityError:
                continue
        raise IntegrityError


def environment(url: str, *, cached: bool = False) -> dict[str, str]:
    """Return what the library reads; `cached`: aggregates stay in memory, and are brought up to date."""
    return {
        **library_settings(url),
        "POSTGRES_SCHEMA": "naive",
        "POSTGRES_MAX_OVERFLOW": "40",
        **({"AGGREGATE_CACHE_MAXSIZE": "4096", "AGGREGATE_CACHE_FASTFORWARD": "y"} if cached else {}),
    }


class BareReport(msgspec.Struct):
    """What the barest service reads of a report."""

    report_id: str
    kind: str
    source: str
    reported_at: str
    claims: list[dict[str, Any]]


_DECODER: Final = msgspec.json.Decoder(BareReport)
_ENCODER: Final = msgspec.json.Encoder()


async def bare(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a report that msgspec has decoded, with no framework and no rules; the least that HTTP costs."""
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    answer = {"position": 1, "version": 1, "warnings": []}
    if body:
        answer["report_id"] = _DECODER.decode(body).report_id
    data = _ENCODER.encode(answer)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(data)).encode())]
    await send({"type": "http.response.start", "status": 201, "headers": headers})
    await send({"type": "http.response.body", "body": data})


def _with_health(app: FastAPI) -> FastAPI:
    @app.get("/healthz")
    async def health() -> dict[str, str]:  # pyright: ignore[reportUnusedFunction]
        return {"status": "up"}

    return app


def floor() -> FastAPI:
    """Make a service that reads and checks a report as ours does, and answers without recording it."""
    app = FastAPI()

    @app.post("/v1/incidents/{incident}/reports", status_code=201)
    async def file(incident: str, report: Annotated[AnyReport, Body()]) -> Mapping[str, object]:  # pyright: ignore[reportUnusedFunction]
        return {"incident": incident, "report_id": str(report.report_id), "position": 1, "version": 1, "warnings": []}

    return _with_health(app)


def naive(settings: Mapping[str, str]) -> FastAPI:
    """Make a service that records each report by itself, in FastAPI's pool of threads."""
    app = FastAPI()
    incidents = Incidents(settings)

    @app.post("/v1/incidents/{incident}/reports", status_code=201)
    def file(incident: UUID, report: Annotated[AnyReport, Body()]) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        position = incidents.file(incident, document(report))
        return JSONResponse({"position": position, "report_id": str(report.report_id)}, 201)

    return _with_health(app)


def main() -> None:
    """Serve one of them until it is told to stop."""
    apps: dict[str, ASGIApp] = {"bare": bare}
    name = sys.argv[1]
    app = apps.get(name) or (floor() if name == "floor" else naive(os.environ))
    settings = uvicorn.Config(
        app,
        port=int(sys.argv[2]),
        access_log=False,
        log_level="warning",
        loop="uvloop",
        http="httptools",
        lifespan="off",
    )
    asyncio.run(uvicorn.Server(settings).serve())


if __name__ == "__main__":
    main()
