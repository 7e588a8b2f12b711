"""The views of an incident, as of any moment on either clock."""

from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Request
from starlette.responses import Response

from domain.history.history import History
from domain.reading import View
from service.answers.answer import Answer, AnswerRequest, NotYetKnown, answer, inputs_at
from service.answers.as_of import parse_moment, resolve_moment
from service.api.dependencies import in_loop
from service.api.errors.problem import problem_of
from service.api.incident_links import newest_views, view_paths
from service.api.models import LogCoordinates, ResponseModel
from service.api.parameters import AsOf, IncidentName, PolicyName, ReportedUntil
from service.api.resource import VIEW_PROBLEMS, Description, Resource
from service.api.responses import CSV, JSON, answer_headers, answer_response, negotiate
from service.api.services import InjectedServices
from service.runtime.worker_thread import in_thread

RESOURCE = Resource("views", match_order=1)


class Coordinates(LogCoordinates):
    """All that an answer depends on: ask with them again, and get the same bytes."""

    reported_until: str | None
    policy: str
    view: str


class Envelope(ResponseModel):
    """A view's document with its coordinates, and the digest of its RFC 8785 form."""

    data: dict[str, Any]
    text: dict[str, dict[str, Any]]
    """Free text by the commitments in `data`; outside it, so that erasing a text changes no digest."""
    coordinates: Coordinates
    digest: str


_TABLE = {CSV: {"schema": {"type": "string", "description": "RFC 4180, with a header; every cell verbatim."}}}
_DESCRIBED: Description = RESOURCE.reads(
    Envelope, *VIEW_PROBLEMS, "no-such-incident unknown-policy", also=_TABLE, redirects=True
)


def _question_without_view(
    incident: IncidentName, as_of: AsOf = None, reported_until: ReportedUntil = None, policy: PolicyName = None
) -> AnswerRequest:
    return AnswerRequest(incident, "", as_of, reported_until, policy)


QuestionParameters = Annotated[AnswerRequest, in_loop(_question_without_view)]
"""The question, but for the view, as parameters of an operation."""


def _add(view: View, path: str) -> None:
    async def send(request: Request, services: InjectedServices, question: QuestionParameters) -> Response:
        return await _send(request, services, replace(question, view=view.id))

    columns = ", ".join(f"`{column}`" for column in view.columns)
    RESOURCE.add_api_route(
        f"/v1/incidents/{{incident}}{path}",
        send,
        name=view.name,
        summary=f"The view {view.id}",
        description=f"{view.meaning}\n\nAs CSV: {columns}.",
        **_DESCRIBED,
    )


for _name, _path in view_paths().items():
    _add(newest_views()[_name], _path)


async def _send(request: Request, services: InjectedServices, question: AnswerRequest) -> Response:
    media_type = negotiate(request, JSON, CSV)
    if (known := services.closed_heads.not_modified(request, (question, media_type))) is not None:
        return known
    try:
        found: Answer = await answer(services.reader, question, services.answering, table=media_type == CSV)
    except NotYetKnown as unknown:
        problem = problem_of(unknown)
        if suggested := await _suggested(services, question):
            problem.members["suggestion"] = address(request, suggested)
        raise problem from unknown
    head = answer_headers(found, media_type)
    if found.closed and not found.has_text:
        services.closed_heads.add((question, media_type), head)
    return answer_response(request, found, head)


async def _suggested(services: InjectedServices, question: AnswerRequest) -> AnswerRequest | None:
    """Return a similar question that has an answer: `as_of` as `reported_until`, or now for a position."""
    as_of = question.as_of or ""
    if as_of.startswith("@"):
        return replace(question, as_of=None)
    until = question.reported_until or as_of
    now = await resolve_moment(services.reader, None)
    inputs = await inputs_at(services.reader, question.incident, now.position, None)
    if not await in_thread(len(inputs.rows), _has_reports, inputs.history, until):
        return None
    return replace(question, as_of=None, reported_until=until)


def _has_reports(history: History, until: str) -> bool:
    moment = parse_moment("reported_until", until)
    return any(report.reported_by(moment) for report in history.reports.values())


def address(request: Request, question: AnswerRequest) -> str:
    """Return the URL of another question to the same view."""
    parameters: dict[str, Any] = {name: getattr(question, name) for name in ("as_of", "reported_until", "policy")}
    query = urlencode({name: value.replace(" ", "+") for name, value in parameters.items() if value})
    return f"{request.url.path}?{query}" if query else request.url.path
