"""The resource of publications: an answer about now is fixed for good, with all that it depends on."""

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast
from uuid import UUID

import orjson
from fastapi import Request
from starlette.responses import Response

from domain.catalogue import UnknownName
from domain.facts.union import EstimatePublished
from domain.incident.commands import PublishEstimate
from domain.incident.refusals import VersionMismatch
from service.answers.answer import Question, answer, stream_of
from service.api.body import read, sent
from service.api.complaints import Complaint
from service.api.described import Described, resource, shape, writes
from service.api.failures import Problem, problem_of, refuse_fields
from service.api.parameters import IncidentName
from service.api.receipts import receipt_of
from service.api.sending import JSON
from service.api.services import Opened, Services
from service.api.taken import Publication
from service.api.writing import Asked, Order, created, id_for, record
from service.eventstore import StoredFact
from service.eventstore.writer import Acknowledgement

router = resource("publications")

ATTEMPTS = 10
"""How often a question is asked at most, where the incident changes before the answer is recorded."""

_EXAMPLES: Mapping[str, Described] = {
    "what stands now": {"value": {}},
    "of a day, under another policy": {
        "value": {
            "policy": "latest/1",
            "reported_until": "2025-03-09T23:59:59+03:00",
            "reason": "For the bulletin of 9 March.",
        }
    },
}


def _described() -> Described:
    described = writes(
        "Publication", "no-such-incident", "merged", "version-mismatch", "moment-unreadable", examples=_EXAMPLES
    )
    described["responses"][201]["content"] = {JSON: {"schema": shape("Published")}}
    return described


@router.post("/v1/incidents/{incident}/publications", summary="Publish an estimate", **_described())
async def publish(request: Request, services: Opened, terms: Asked, incident: IncidentName) -> Response:
    """Answer about now, and record the answer's coordinates, inputs and digest with the log's root.

    Only the present can be published: the publication is the very next fact of the incident after those that it
    is about, which shows that none was left out.
    """
    body = await sent(request)
    wanted = read(Publication, body.document)
    stream = stream_of(incident)
    order = Order("publish", str(stream), body, terms, (incident, stream))
    async with services.publishing:
        written = await _record(services, order, wanted, id_for(services, terms))
    row = cast("StoredFact", await services.reader.find(written.fact_id))
    return _receipted(written, await receipt_of(services.reader, row))


async def _record(services: Services, order: Order, wanted: Publication, fact_id: UUID) -> Acknowledgement:
    """Ask and record, and begin again where the incident changed in between: at most ATTEMPTS times in all."""
    for _ in range(ATTEMPTS):
        try:
            return await _record_once(services, order, wanted, fact_id)
        except Problem as problem:
            changed = isinstance(problem.__cause__, VersionMismatch)
            if not changed or order.terms.expected_version is not None:
                raise
    detail = (
        "The incident changed whenever its answer was about to be published, so nothing was; try again in a moment."
    )
    raise Problem("overloaded", detail)


async def _record_once(services: Services, order: Order, wanted: Publication, fact_id: UUID) -> Acknowledgement:
    if (row := await services.reader.find(fact_id)) and row.is_a(EstimatePublished):
        # A retry, answered as it was first, whatever has become of the incident since; the writer tells it by its hash.
        return await record(services, order, PublishEstimate.model_validate(row.document()), fact_id)
    name, expected = order.incident[0] if order.incident else "", order.terms.expected_version
    command = await _answered(services, name, wanted)
    version = command.inputs[order.target]
    if expected not in (None, version):
        refusal = VersionMismatch(incident=name, expected=expected, actual=version)
        raise problem_of(refusal) from refusal
    exact = replace(order, terms=replace(order.terms, expected_version=version))
    return await record(services, exact, command, fact_id)


async def _answered(services: Services, incident: str, wanted: Publication) -> PublishEstimate:
    """Ask the question now, and return the command that fixes the answer."""
    question = Question(incident, wanted.view, None, wanted.reported_until, wanted.policy)
    try:
        found = await answer(services.reader, question)
    except UnknownName as unknown:
        raise refuse_fields([Complaint(unknown.field, str(unknown), unknown.nearest)]) from unknown
    about = cast("dict[str, Any]", found.coordinates)
    return PublishEstimate(
        view=about["view"],
        policy=about["policy"],
        reported_until=about["reported_until"],
        position=about["position"],
        root=base64.b64encode(await services.root_at(about["position"])).decode(),
        inputs=dict(found.inputs),
        digest=found.digest,
        reason=wanted.reason,
    )


def _receipted(written: Acknowledgement, receipt: bytes) -> Response:
    """Answer as every write is answered, with the receipt beside it."""
    digest = orjson.loads(receipt)["digest"]
    answered = created(written, f"/v1/receipts/{digest}")
    document = {**orjson.loads(answered.body), "receipt": orjson.Fragment(receipt)}
    headers = {name: value for name, value in answered.headers.items() if name != "content-length"}
    return Response(orjson.dumps(document), answered.status_code, headers)
