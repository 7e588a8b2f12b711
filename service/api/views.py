"""The resource of views: each that there is, of any incident, at any moment on either clock."""

from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Request
from starlette.responses import Response

from domain import catalogue
from domain.history.history import History
from domain.reading import View
from service.answers.answer import Answer, AnswerRequest, NotYetKnown, answer, inputs_at
from service.answers.as_of import parse_moment, resolve_moment
from service.api.described import MOMENTS, Described, reads, resource
from service.api.failures import problem_of
from service.api.parameters import AsOf, IncidentName, PolicyName, ReportedUntil
from service.api.sending import CSV, JSON, head_of, offered, send_answer
from service.api.services import Opened
from service.runtime.worker_thread import in_thread

router = resource("views")

_FRONT = "state"
"""The view that an incident's own address answers with; each other one is at its name."""
_TABLE = {CSV: {"schema": {"type": "string", "description": "RFC 4180, with a header; every cell verbatim."}}}
_DESCRIBED: Described = reads("Envelope", *MOMENTS, "no-such-incident", "unknown-policy", also=_TABLE, leads=True)


def _question(
    incident: IncidentName, as_of: AsOf = None, reported_until: ReportedUntil = None, policy: PolicyName = None
) -> AnswerRequest:
    return AnswerRequest(incident, "", as_of, reported_until, policy)


Asked = Annotated[AnswerRequest, Depends(_question)]
"""What is asked, whichever view answers it."""


def newest() -> dict[str, View]:
    """Return each view by its name, in its newest version: an address answers with that, a receipt names its own."""
    return {view.name: view for view in sorted(catalogue.VIEWS.values(), key=lambda each: each.version)}


def paths_of_views() -> dict[str, str]:
    """Return where each view is, below the address of its incident."""
    return {name: "" if name == _FRONT else f"/{name}" for name in sorted(newest(), key=_FRONT.__ne__)}


def _add(view: View, path: str) -> None:
    async def send(request: Request, services: Opened, asked: Asked) -> Response:
        return await _send(request, services, replace(asked, view=view.id))

    columns = ", ".join(f"`{column}`" for column in view.columns)
    router.add_api_route(
        f"/v1/incidents/{{incident}}{path}",
        send,
        name=view.name,
        summary=f"The view {view.id}",
        description=f"{view.meaning}\n\nAs CSV: {columns}.",
        **_DESCRIBED,
    )


for _name, _path in paths_of_views().items():
    _add(newest()[_name], _path)


async def _send(request: Request, services: Opened, question: AnswerRequest) -> Response:
    media_type = offered(request, JSON, CSV)
    if (known := services.settled.known(request, (question, media_type))) is not None:
        return known
    try:
        found: Answer = await answer(services.reader, question, services.state_timelines)
    except NotYetKnown as unknown:
        problem = problem_of(unknown)
        if suggested := await _suggested(services, question):
            problem.more["suggestion"] = address(request, suggested)
        raise problem from unknown
    facts = sum(found.inputs.values())
    head = head_of(found, media_type)
    if found.closed:
        services.settled.keep((question, media_type), head)
    response = await in_thread(facts, send_answer, request, found, media_type, head)
    found.free_document()
    return response


async def _suggested(services: Opened, question: AnswerRequest) -> AnswerRequest | None:
    """Return the question that was probably meant, if that has an answer which says something.

    A moment moves to the reported clock. A position has no place there, so the question is asked of now.
    """
    as_of = question.as_of or ""
    if as_of.startswith("@"):
        return replace(question, as_of=None)
    until = question.reported_until or as_of
    now = await resolve_moment(services.reader, None)
    inputs = await inputs_at(services.reader, question.incident, now.position, None)
    if not await in_thread(len(inputs.rows), _anything_said, inputs.history, until):
        return None
    return replace(question, as_of=None, reported_until=until)


def _anything_said(history: History, until: str) -> bool:
    moment = parse_moment("reported_until", until)
    return any(report.said_by(moment) for report in history.reports.values())


def address(request: Request, question: AnswerRequest) -> str:
    """Return where this same resource answers another question."""
    asked: dict[str, Any] = {name: getattr(question, name) for name in ("as_of", "reported_until", "policy")}
    query = urlencode({name: value.replace(" ", "+") for name, value in asked.items() if value})
    return f"{request.url.path}?{query}" if query else request.url.path
