"""The resource of views: an incident's state, timeline and claims, at any moment on either clock."""

from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Request
from starlette.responses import Response

from domain.incident.history import History
from service.answers import Answer, NotYetKnown, Question, answer, inputs_at, read_moment, settle
from service.api.described import MOMENTS, Described, reads, resource
from service.api.failures import problem_of
from service.api.parameters import AsOf, IncidentName, PolicyName, ReportedUntil
from service.api.sending import CSV, JSON, offered, send_answer
from service.api.services import Opened

router = resource("views")

_TABLE = {CSV: {"schema": {"type": "string", "description": "RFC 4180, with a header; every cell verbatim."}}}
_DESCRIBED: Described = reads("Envelope", *MOMENTS, "no-such-incident", "unknown-policy", also=_TABLE)


def _question(
    incident: IncidentName, as_of: AsOf = None, reported_until: ReportedUntil = None, policy: PolicyName = None
) -> Question:
    return Question(incident, "", as_of, reported_until, policy)


Asked = Annotated[Question, Depends(_question)]
"""What is asked, whichever view answers it."""


@router.get("/v1/incidents/{incident}", summary="Where an incident stands: state/1", **_DESCRIBED)
async def state(request: Request, services: Opened, asked: Asked) -> Response:
    """Answer with estimates per key, each end with its claim, and sentences to quote. As CSV: the estimates."""
    return await _send(request, services, replace(asked, view="state/1"))


@router.get("/v1/incidents/{incident}/timeline", summary="What happened and what was said: timeline/1", **_DESCRIBED)
async def timeline(request: Request, services: Opened, asked: Asked) -> Response:
    """Answer with every report, in the order in which what it tells happened; its standing, and what was corrected."""
    return await _send(request, services, replace(asked, view="timeline/1"))


@router.get("/v1/incidents/{incident}/claims", summary="Every claim, with its status and why: claims/1", **_DESCRIBED)
async def claims(request: Request, services: Opened, asked: Asked) -> Response:
    """Answer with the flat table that an analyst takes away."""
    return await _send(request, services, replace(asked, view="claims/1"))


async def _send(request: Request, services: Opened, question: Question) -> Response:
    media_type = offered(request, JSON, CSV)
    try:
        found: Answer = await answer(services.reader, question)
    except NotYetKnown as unknown:
        problem = problem_of(unknown)
        if suggested := await _suggested(services, question):
            problem.more["suggestion"] = address(request, suggested)
        raise problem from unknown
    return send_answer(request, found, media_type)


async def _suggested(services: Opened, question: Question) -> Question | None:
    """Return the question that was probably meant, if that has an answer which says something.

    A moment moves to the reported clock. A position has no place there, so the question is asked of now.
    """
    as_of = question.as_of or ""
    if as_of.startswith("@"):
        return replace(question, as_of=None)
    until = question.reported_until or as_of
    now = await settle(services.reader, None)
    inputs = await inputs_at(services.reader, question.incident, now.position, None)
    if not _anything_said(inputs.history, until):
        return None
    return replace(question, as_of=None, reported_until=until)


def _anything_said(history: History, until: str) -> bool:
    moment = read_moment("reported_until", until)
    return any(report.said_by(moment) for report in history.reports.values())


def address(request: Request, question: Question) -> str:
    """Return where this same resource answers another question."""
    asked: dict[str, Any] = {name: getattr(question, name) for name in ("as_of", "reported_until", "policy")}
    query = urlencode({name: value.replace(" ", "+") for name, value in asked.items() if value})
    return f"{request.url.path}?{query}" if query else request.url.path
