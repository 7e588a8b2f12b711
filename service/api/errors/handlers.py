"""Exception handlers of the application: every exception becomes a response with a problem."""

from typing import Any
from urllib.parse import quote

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from service.answers.answer import MergedAway
from service.api.errors.exception_types import SLUG_BY_EXCEPTION
from service.api.errors.problem import GENERIC_DETAILS, HttpProblem, problem_of, problem_of_fields
from service.api.errors.types import TYPES
from service.api.errors.validation import field_errors_of
from service.api.media_types import with_ending

_log = structlog.stdlib.get_logger("service.api")

_UNAVAILABLE = 503
_TEMPORARY_REDIRECT = 307


def install(app: FastAPI) -> None:
    """Register a handler for every exception that has a problem type, and for those of the framework."""
    for exception in (HttpProblem, *SLUG_BY_EXCEPTION):
        app.add_exception_handler(exception, respond_to_exception)
    app.add_exception_handler(MergedAway, redirect_to_merged)
    app.add_exception_handler(RequestValidationError, respond_to_invalid_parameters)
    app.add_exception_handler(HTTPException, respond_to_http_exception)


async def respond_to_exception(request: Request, error: Exception) -> Response:
    """Respond to an exception of `mapping`; one of status 503 is also logged."""
    problem = problem_of(error)
    if problem.type.status >= _UNAVAILABLE and not isinstance(error, HttpProblem):
        _log.warning("unavailable", problem=problem.type.slug, path=request.url.path, exc_info=error)
    return problem.response()


async def respond_to_invalid_parameters(_: Request, error: Exception) -> Response:
    """Respond to parameters that FastAPI could not validate."""
    found = error.errors() if isinstance(error, RequestValidationError) else ()
    return problem_of_fields(field_errors_of(found, outer=1), "invalid-parameter").response()


async def respond_to_http_exception(request: Request, error: Exception) -> Response:
    """Respond to exceptions of Starlette: no route for a path (404), no route for a method (405)."""
    status = error.status_code if isinstance(error, HTTPException) else 0
    if status == TYPES["method-not-allowed"].status:
        allow = ", ".join(_allowed(request))
        detail = f"{request.method} is not taken here; {allow} can be."
        return HttpProblem("method-not-allowed", detail, headers={"Allow": allow}).response()
    if status == TYPES["no-such-page"].status:
        detail = (
            f"There is nothing at “{with_ending(request.scope, request.url.path)[:200]}”; see “/” for what there is."
        )
        return HttpProblem("no-such-page", detail).response()
    return HttpProblem("internal-error", GENERIC_DETAILS["internal-error"]).response()


def _allowed(request: Request) -> list[str]:
    """Return the methods of all routes of this path; Starlette's `Allow` has those of the first route only."""
    methods: set[str] = set()
    for route in request.app.routes:
        match, _ = route.matches(request.scope)
        if match is not Match.NONE:
            methods |= getattr(route, "methods", None) or set[Any]()
    return sorted(methods | ({"HEAD"} if "GET" in methods else set[str]()))


async def redirect_to_merged(request: Request, error: Exception) -> Response:
    """Redirect a read of a merged incident to the same path and query of its target; refuse a write."""
    path: str = request.scope["route"].path
    if request.method != "GET" or not isinstance(error, MergedAway):
        return problem_of(error).response()
    location = with_ending(request.scope, path.replace("{incident}", quote(error.into, safe="")))
    query = request.url.query
    headers = {"Location": f"{location}?{query}" if query else location, "Cache-Control": "no-cache"}
    return Response(None, _TEMPORARY_REDIRECT, headers)
