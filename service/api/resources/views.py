"""The views of an incident, as of any moment on either clock."""

from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import urlencode

import orjson
from fastapi import Request
from pydantic import BaseModel, create_model
from starlette.responses import Response

from domain.history.history import History
from domain.reading import View
from service.answers.answer import Answer, AnswerRequest, NotYetKnown, answer, inputs_at
from service.answers.as_of import parse_moment, resolve_moment
from service.answers.geojson import feature_collection, timeline_features
from service.answers.parquet import MISSING, can_write, parquet_table
from service.answers.tables import view_rows
from service.api.dependencies import in_loop
from service.api.errors.problem import HttpProblem, problem_of
from service.api.incident_links import newest_views, view_paths
from service.api.media_types import CSV, GEOJSON, JSON, PARQUET, XLSX, with_ending
from service.api.models import LogCoordinates, ResponseModel
from service.api.negotiation import LINK_PARAMETERS, Representation, negotiate_table
from service.api.parameters import AsOf, IncidentName, PolicyName, ReportedUntil
from service.api.resource import (
    GEOJSON_CONTENT,
    PARQUET_CONTENT,
    VIEW_PROBLEMS,
    Description,
    Resource,
    table_content,
)
from service.api.responses import (
    Table,
    address_of,
    answer_headers,
    content_type,
    envelope,
    matches_entity_tag,
    table_body,
)
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

    data: BaseModel
    """The document; its canonical form has the digest."""
    text: dict[str, dict[str, Any]]
    """Free text by the commitments in `data`; outside it, so that erasing a text changes no digest."""
    coordinates: Coordinates
    digest: str


_FEATURES = {"timeline/1": timeline_features}
"""What views show on a map."""


def _answer_of(view: View) -> type[Envelope]:
    """Return the model of the view's answer: its document in an envelope."""
    about = f"The document of `{view.id}` with its coordinates, and the digest of its RFC 8785 form."
    return create_model(f"{_camel(view.name)}Answer", __base__=Envelope, __doc__=about, data=(view.document, ...))


def _camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def _described(view: View) -> Description:
    also = {**table_content(view.columns), **PARQUET_CONTENT, **(GEOJSON_CONTENT if view.id in _FEATURES else {})}
    return RESOURCE.reads(
        _answer_of(view), *VIEW_PROBLEMS, "no-such-incident unknown-policy", also=also, redirects=True
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
        description=f"{view.meaning}\n\nAs a table: {columns}.",
        **_described(view),
    )


for _name, _path in view_paths().items():
    _add(newest_views()[_name], _path)


async def _send(request: Request, services: InjectedServices, question: AnswerRequest) -> Response:
    offers = (JSON, CSV, XLSX, PARQUET, *((GEOJSON,) if question.view in _FEATURES else ()))
    representation = negotiate_table(request, *offers)
    if (known := services.closed_heads.not_modified(request, (question, representation))) is not None:
        return known
    verbatim = representation.media_type == CSV and not representation.spreadsheet
    try:
        found: Answer = await answer(services.reader, question, services.answering, table=verbatim)
    except NotYetKnown as unknown:
        problem = problem_of(unknown)
        if suggested := await _suggested(services, question):
            problem.members["suggestion"] = address(request, suggested)
        raise problem from unknown
    head = answer_headers(found, representation.variant)
    head |= representation.disposition(question.incident, found.view.name, str(found.coordinates["position"]))
    if found.closed and not found.has_text:
        services.closed_heads.add((question, representation), head)
    if matches_entity_tag(request, head["ETag"]):
        return Response(None, 304, head)
    return Response(await _body(request, found, representation), 200, head, content_type(representation))


async def _body(request: Request, found: Answer, representation: Representation) -> bytes:
    """Return an answer in a representation."""
    if found.table is not None:
        return found.table
    if representation.media_type == JSON:
        return envelope(found)
    if representation.media_type == GEOJSON:
        return await in_thread(len(found.data) // _BYTES_A_FACT, _on_map, found)
    if representation.media_type == PARQUET:
        return await in_thread(len(found.data) // _BYTES_A_FACT, _as_parquet, found)
    document = await in_thread(len(found.data) // _BYTES_A_FACT, orjson.loads, found.data)
    table = Table(
        found.view.name, found.view.columns, view_rows(found.view, document), len(found.data) // _BYTES_A_CELL
    )
    about = {**found.coordinates, "digest": found.digest, "address": address_of(request, _reading(found))}
    return await table_body(representation, table, about)


_BYTES_A_CELL = 20
"""About as many bytes of a document are a cell of its table."""
_BYTES_A_FACT = 1_000
"""As many bytes take about as long to read as a fact to fold."""


def _on_map(found: Answer) -> bytes:
    return feature_collection(_FEATURES[found.view.id](found.document), {**found.coordinates, "digest": found.digest})


def _as_parquet(found: Answer) -> bytes:
    if not can_write():
        raise HttpProblem("not-acceptable", MISSING, headers={"Vary": "Accept"})
    return parquet_table(found.view, orjson.loads(found.data), {**found.coordinates, "digest": found.digest})


def _reading(found: Answer) -> dict[str, object]:
    """Return the parameters by which an answer is asked for again."""
    asked = found.coordinates
    return {"as_of": f"@{asked['position']}", "reported_until": asked["reported_until"], "policy": asked["policy"]}


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
    parameters |= {name: request.query_params.get(name) for name in LINK_PARAMETERS}
    query = urlencode({name: value.replace(" ", "+") for name, value in parameters.items() if value})
    path = with_ending(request.scope, request.url.path)
    return f"{path}?{query}" if query else path
