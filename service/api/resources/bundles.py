"""Bundles: an answer with all that shows it to be right, in one file; `knownwhen verify` checks it anywhere."""

from typing import Annotated, Any, cast
from urllib.parse import quote
from uuid import UUID

from fastapi import Path, Query, Request
from starlette.responses import Response

from domain.catalogue import UnknownName
from domain.facts.union import EstimatePublished
from domain.ledger.receipt import Receipt, origin_of
from domain.verification.bundle import Bundle, compress, format_bundle
from service.answers.answer import Answer, AnswerRequest, answer, inputs_at
from service.api.errors.problem import HttpProblem, problem_of_fields
from service.api.errors.validation import FieldError
from service.api.negotiation import negotiate
from service.api.parameters import AsOf, IncidentName, PolicyName, ReceiptDigest, ReportedUntil
from service.api.resource import VIEW_PROBLEMS, Description, Resource
from service.api.services import InjectedServices, Services
from service.eventstore import StoredFact
from service.runtime.worker_thread import in_thread

RESOURCE = Resource("publications")

BUNDLE = "application/gzip"
_DESCRIBED: Description = {BUNDLE: {"schema": {"type": "string", "format": "binary"}}}
ViewName = Annotated[str, Query(description="The view that is answered.", examples=["state/1"])]


@RESOURCE.get(
    "/v1/receipts/{digest}/bundle",
    summary="The bundle of a published estimate",
    **RESOURCE.reads(None, "no-such-receipt not-signed not-signed-yet", also=_DESCRIBED),
)
async def bundle_of_publication(request: Request, services: InjectedServices, digest: ReceiptDigest) -> Response:
    """Give the first publication of this digest with its inputs, their proofs, and the last checkpoint, in one file.

    Free text and sealed parts are not in it. `knownwhen verify` checks it with no service and no database.
    """
    negotiate(request, BUNDLE)
    rows = await services.reader.at(await services.publications.positions(digest))
    if not rows:
        raise HttpProblem("no-such-receipt", f"No estimate with the digest {digest} was published in this log.")
    return await _of_publication(services, rows[0])


@RESOURCE.get(
    "/v1/publications/{position}/bundle",
    summary="The bundle of a publication",
    **RESOURCE.reads(None, "no-such-publication not-signed not-signed-yet", also=_DESCRIBED),
)
async def bundle_at_position(
    request: Request,
    services: InjectedServices,
    position: Annotated[int, Path(ge=1, le=2**63 - 1, description="The position of a publication in the log.")],
) -> Response:
    """Give the publication at a position of the log with its inputs, their proofs, and the last checkpoint."""
    negotiate(request, BUNDLE)
    await services.reader.head()
    row = next(iter(await services.reader.at([position])), None)
    if row is None or not row.is_a(EstimatePublished):
        raise HttpProblem("no-such-publication", f"Nothing was published at position {position} of this log.")
    return await _of_publication(services, row)


async def _of_publication(services: Services, row: StoredFact) -> Response:
    published = cast("EstimatePublished", row.fact())
    asked = AnswerRequest(
        str(row.stream), published.view, f"@{published.position}", published.reported_until, published.policy
    )
    return await _respond(services, asked, row)


@RESOURCE.get(
    "/v1/incidents/{incident}/bundle",
    summary="The bundle of an answer",
    **RESOURCE.reads(
        None, *VIEW_PROBLEMS, "no-such-incident not-signed not-signed-yet", also=_DESCRIBED, redirects=True
    ),
)
async def bundle_of_answer(  # noqa: PLR0913, PLR0917 - the coordinates of an answer
    request: Request,
    services: InjectedServices,
    incident: IncidentName,
    as_of: AsOf = None,
    reported_until: ReportedUntil = None,
    policy: PolicyName = None,
    view: ViewName = "state/1",
) -> Response:
    """Give any answer with its inputs, their proofs, and the last checkpoint, in one file.

    An answer that was published shows more: the log itself holds it, and nothing of the incident was left out.
    """
    negotiate(request, BUNDLE)
    return await _respond(services, AnswerRequest(incident, view, as_of, reported_until, policy), None)


async def _respond(services: Services, asked: AnswerRequest, publication: StoredFact | None) -> Response:
    try:
        found = await answer(services.reader, asked)
    except UnknownName as unknown:
        raise problem_of_fields(
            [FieldError(unknown.field, str(unknown), unknown.nearest)], "invalid-parameter"
        ) from unknown
    receipt = await _receipt(services, asked.incident, found)
    inputs = await inputs_at(services.reader, asked.incident, receipt.position, None)
    positions = [row.position for row in inputs.rows]
    inputs.free()
    if publication is not None:
        positions.append(publication.position)
    rows = await services.reader.at(positions)
    bundle = await services.signed_log.bundle(receipt, found.data, rows, publication and publication.position)
    content = await in_thread(len(rows), _compressed, bundle)
    name = f"{receipt.incident}-{receipt.view.replace('/', '-')}-{receipt.position}.kw.json.gz"
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}", "Cache-Control": "no-cache"}
    return Response(content, 200, headers, BUNDLE)


def _compressed(bundle: Bundle) -> bytes:
    return compress(format_bundle(bundle))


async def _receipt(services: Services, incident: str, found: Answer) -> Receipt:
    about = cast("dict[str, Any]", found.coordinates)
    log = await services.reader.log_id()
    return Receipt(
        log=log,
        origin=origin_of(log),
        position=about["position"],
        root=await services.root_at(about["position"]),
        incident=str(found.document.get("incident", incident)),
        view=about["view"],
        policy=about["policy"],
        reported_until=about["reported_until"],
        inputs={UUID(stream): version for stream, version in found.inputs.items()},
        digest=found.digest,
    )
