"""How a problem is told: an exception becomes an `application/problem+json` response, and never says more."""

from collections.abc import Mapping, Sequence
from typing import Any, Self
from urllib.parse import quote

import orjson
import structlog
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from domain.incident.refusals import IncidentIsMerged
from service.answers.answer import MergedAway, NotYetKnown
from service.api.complaints import Complaint, complaints_of
from service.api.problem_types import MEDIA_TYPE, TYPES
from service.api.problems import type_of

_log = structlog.stdlib.get_logger("service.api")

RETRY_SECONDS = 2
"""What `Retry-After` says where the service cannot answer now."""
MOST_COMPLAINTS = 50
"""How many fields a problem names."""

_UNAVAILABLE = 503
_INSIDES = {
    "internal-error": "Something went wrong here; the service's log says what.",
    "database-unavailable": "The database does not answer; try again in a moment, and send a write again unchanged.",
    "overloaded": "More is waiting than can be taken soon, and nothing was recorded; try again in a moment.",
    "not-ready": "The database is not ready for this release; whoever runs the service runs `knownwhen migrate`.",
}
"""What is said in place of an exception's own words where those are about our insides."""


class Problem(Exception):
    """A problem as it is told: its type by slug, a sentence, the fields at fault, headers and extension members."""

    def __init__(
        self,
        slug: str,
        detail: str,
        complaints: Sequence[Complaint] = (),
        *,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail)
        self.type = TYPES[slug]
        self.detail = detail
        self.complaints = complaints
        self.headers = dict(headers or {})
        self.more = dict(more or {})

    def __reduce__(self) -> tuple[type[Self], tuple[str, str], dict[str, Any]]:
        """Let it be sent to another process: by itself an exception is made anew of its message alone."""
        return type(self), (self.type.slug, self.detail), self.__dict__

    def response(self, instance: str | None = None) -> Response:
        """Return the response; `instance` names this occurrence."""
        document: dict[str, object] = {
            "type": self.type.uri,
            "title": self.type.title,
            "status": self.type.status,
            "detail": self.detail,
            **({"instance": instance} if instance else {}),
            **({"errors": [each.document for each in self.complaints]} if self.complaints else {}),
            **self.more,
        }
        headers = {"Cache-Control": "no-store", **self.headers}
        if self.type.status == _UNAVAILABLE:
            headers.setdefault("Retry-After", str(RETRY_SECONDS))
        return Response(orjson.dumps(document), self.type.status, headers, MEDIA_TYPE)


def problem_of(error: Exception) -> Problem:
    """Return the problem that an exception is, by the table."""
    if isinstance(error, Problem):
        return error
    kind = type_of(error)
    detail = _INSIDES.get(kind.slug) or str(error)
    field: str | None = getattr(error, "field", None)
    complaints = [Complaint(field, detail, getattr(error, "nearest", None))] if field else []
    return Problem(kind.slug, detail, complaints, more=_members(error))


def _members(error: Exception) -> dict[str, object]:
    """Return what a problem tells beyond its sentence, so that a program can go on from there."""
    if isinstance(error, NotYetKnown):
        return {"known_since": error.known_since, "known_at": error.known_at}
    if isinstance(error, MergedAway | IncidentIsMerged):
        into = error.into if isinstance(error, MergedAway) else str(error.about["into"])
        return {"into": into, "location": f"/v1/incidents/{quote(into)}"}
    return {}


def refuse_fields(complaints: Sequence[Complaint], slug: str = "invalid-body") -> Problem:
    """Make the problem that names all fields at fault; its detail tells the first."""
    first, others = complaints[0], len(complaints) - 1
    where = f"{first.field}: " if first.field else ""
    also = f" ({others} more under “errors”.)" if others else ""
    return Problem(slug, f"{where}{first.reason}{also}", complaints[:MOST_COMPLAINTS])


async def tell(request: Request, error: Exception) -> Response:
    """Answer an exception that the table knows; one that is the service's own trouble is also logged."""
    problem = problem_of(error)
    if problem.type.status >= _UNAVAILABLE and not isinstance(error, Problem):
        _log.warning("unavailable", problem=problem.type.slug, path=request.url.path, exc_info=error)
    return problem.response()


async def tell_parameters(_: Request, error: Exception) -> Response:
    """Answer a parameter that the framework could not read."""
    found = error.errors() if isinstance(error, RequestValidationError) else ()
    return refuse_fields(complaints_of(found, outer=1), "invalid-parameter").response()


async def tell_http(request: Request, error: Exception) -> Response:
    """Answer what the framework refuses by itself: an address that names nothing, a method that is not taken."""
    status = error.status_code if isinstance(error, HTTPException) else 0
    if status == TYPES["method-not-allowed"].status:
        allow = ", ".join(_allowed(request))
        detail = f"{request.method} is not taken here; {allow} can be."
        return Problem("method-not-allowed", detail, headers={"Allow": allow}).response()
    if status == TYPES["no-such-page"].status:
        detail = f"There is nothing at “{request.url.path[:200]}”; see “/” for what there is."
        return Problem("no-such-page", detail).response()
    return Problem("internal-error", _INSIDES["internal-error"]).response()


def _allowed(request: Request) -> list[str]:
    """Collect the methods of every route of this address; the framework would name those of the first only."""
    methods: set[str] = set()
    for route in request.app.routes:
        match, _ = route.matches(request.scope)
        if match is not Match.NONE:
            methods |= getattr(route, "methods", None) or set[Any]()
    return sorted(methods | ({"HEAD"} if "GET" in methods else set[str]()))
