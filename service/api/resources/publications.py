"""Publications: an answer as of now is recorded as a fact with its coordinates, inputs and digest; and its receipt."""

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast
from uuid import UUID

import orjson
from fastapi import Request
from pydantic import Field
from starlette.responses import Response

from domain.catalogue import UnknownName
from domain.facts.union import EstimatePublished
from domain.incident.commands import PublishEstimate
from domain.incident.refusals import VersionMismatch
from domain.values.text_types import FreeText, Strict
from service.answers.answer import AnswerRequest, answer
from service.api.errors.problem import HttpProblem, problem_of, problem_of_fields
from service.api.errors.validation import FieldError
from service.api.lists.publications import PublicationEntry, ReceiptResponse, publication_entry, receipt_of
from service.api.media_types import JSON
from service.api.models import ResponseModel, WriteResult
from service.api.negotiation import negotiate
from service.api.parameters import IncidentName, ReceiptDigest
from service.api.requests.write import HttpWrite, IncomingWrite, WriteParameter, write_response
from service.api.resource import Description, Resource
from service.api.responses import document_response
from service.api.services import InjectedServices, Services
from service.eventstore import StoredFact
from service.eventstore.writer import Acknowledgement

RESOURCE = Resource("publications")


class PublicationResult(WriteResult):
    """The place of a publication in the log, and its receipt."""

    receipt: ReceiptResponse


class ReceiptWithPublications(ResponseModel):
    """The first publication of a digest."""

    receipt: ReceiptResponse
    published: PublicationEntry
    again: list[int]
    """The positions of later publications of the same digest."""


class Publication(Strict, frozen=True):
    """The present answer to publish: its view, its policy (without one, that in force), and its reported moment."""

    view: str = Field(default="state/1", examples=["state/1"])
    policy: str | None = Field(default=None, examples=["range/1"])
    reported_until: str | None = Field(default=None, examples=["2025-03-09T23:59:59+03:00"])
    reason: FreeText | None = None


ATTEMPTS = 10
"""The most attempts, where the incident changes between the answer and its recording."""

_EXAMPLES: Mapping[str, Description] = {
    "what stands now": {"value": {}},
    "of a day, under another policy": {
        "value": {
            "policy": "latest/1",
            "reported_until": "2025-03-09T23:59:59+03:00",
            "reason": "For the bulletin of 9 March.",
        }
    },
}


@RESOURCE.post(
    "/v1/incidents/{incident}/publications",
    summary="Publish an estimate",
    **RESOURCE.writes(
        Publication,
        "no-such-incident merged version-mismatch moment-unreadable",
        examples=_EXAMPLES,
        answer=PublicationResult,
        scope="publish",
    ),
)
async def publish(write: WriteParameter, incident: IncidentName) -> Response:
    """Answer about now, and record the answer's coordinates, inputs and digest with the log's root.

    Only the present can be published: the publication is the very next fact of the incident after those that it
    is about, which shows that none was left out.
    """
    wanted = await write.read(Publication)
    reader, fact_id = write.services.reader, write.new_fact_id()
    async with write.services.publication_lock:
        written = await _record(write, incident, wanted, fact_id)
    row = cast("StoredFact", await reader.find(written.fact_id))
    return _with_receipt(written, await receipt_of(reader, row))


async def _record(write: IncomingWrite, incident: str, wanted: Publication, fact_id: UUID) -> Acknowledgement:
    """Answer and record; retries where the incident changed in between."""
    request = write.about_incident("publish", incident)
    for _ in range(ATTEMPTS):
        try:
            return await _record_once(write, request, wanted, fact_id)
        except HttpProblem as problem:
            changed = isinstance(problem.__cause__, VersionMismatch)
            if not changed or request.headers.expected_version is not None:
                raise
    detail = (
        "The incident changed whenever its answer was about to be published, so nothing was; try again in a moment."
    )
    raise HttpProblem("overloaded", detail)


async def _record_once(write: IncomingWrite, request: HttpWrite, wanted: Publication, fact_id: UUID) -> Acknowledgement:
    if (row := await write.services.reader.find(fact_id)) and row.is_a(EstimatePublished):
        # A retry: the writer compares the request hash, and returns the first result.
        published = cast("EstimatePublished", row.fact())
        given = {name: getattr(published, name) for name in PublishEstimate.model_fields if name != "reason"}
        return await write.record(request, PublishEstimate(**given), fact_id)
    name, expected = request.incident[0] if request.incident else "", request.headers.expected_version
    command = await _command_for(write.services, name, wanted)
    version = command.inputs[request.target]
    if expected not in (None, version):
        refusal = VersionMismatch(incident=name, expected=expected, actual=version)
        raise problem_of(refusal) from refusal
    exact = replace(request, headers=replace(request.headers, expected_version=version))
    return await write.record(exact, command, fact_id)


async def _command_for(services: Services, incident: str, wanted: Publication) -> PublishEstimate:
    """Answer the question as of now, and return the command that records it."""
    question = AnswerRequest(incident, wanted.view, None, wanted.reported_until, wanted.policy)
    try:
        found = await answer(services.reader, question)
    except UnknownName as unknown:
        raise problem_of_fields([FieldError(unknown.field, str(unknown), unknown.nearest)]) from unknown
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


def _with_receipt(written: Acknowledgement, receipt: bytes) -> Response:
    """Respond as to every write, with the receipt added."""
    digest = orjson.loads(receipt)["digest"]
    answered = write_response(written, f"/v1/receipts/{digest}")
    document = {**orjson.loads(answered.body), "receipt": orjson.Fragment(receipt)}
    headers = {name: value for name, value in answered.headers.items() if name != "content-length"}
    return Response(orjson.dumps(document), answered.status_code, headers)


@RESOURCE.get(
    "/v1/receipts/{digest}",
    summary="The receipt of a published estimate",
    **RESOURCE.reads(ReceiptWithPublications, "no-such-receipt"),
)
async def read_receipt(request: Request, services: InjectedServices, digest: ReceiptDigest) -> Response:
    """Give the receipt of the first publication with this digest, and tell where the same was published again."""
    negotiate(request, JSON)
    rows = await services.reader.at(await services.publications.positions(digest))
    if not rows:
        raise HttpProblem("no-such-receipt", f"No estimate with the digest {digest} was published in this log.")
    first, *again = rows
    receipt = await receipt_of(services.reader, first)
    positions = [row.position for row in again]
    document = {"receipt": orjson.Fragment(receipt), "published": publication_entry(first), "again": positions}
    return document_response(request, document)
