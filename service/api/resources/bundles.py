"""Bundles: an answer with all that shows it to be right, in one file; `knownwhen verify` checks it anywhere."""

from typing import Annotated

from fastapi import Path, Query, Request
from starlette.responses import Response

from domain.catalogue import UnknownName
from service.answers.answer import AnswerRequest
from service.api.errors.problem import HttpProblem, problem_of_fields
from service.api.errors.validation import FieldError
from service.api.negotiation import attachment, negotiate
from service.api.parameters import AsOf, IncidentName, PolicyName, ReceiptDigest, ReportedUntil
from service.api.resource import VIEW_PROBLEMS, Description, Resource
from service.api.services import InjectedServices, Services
from service.transparency.bundling import BundleMaker, MadeBundle, NoSuchPublication, NoSuchReceipt

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
    try:
        return _response(await _maker(services).of_digest(digest))
    except NoSuchReceipt as unknown:
        raise HttpProblem("no-such-receipt", str(unknown)) from unknown


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
    try:
        return _response(await _maker(services).of_publication(position))
    except NoSuchPublication as unknown:
        raise HttpProblem("no-such-publication", str(unknown)) from unknown


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
    try:
        return _response(await _maker(services).of_answer(AnswerRequest(incident, view, as_of, reported_until, policy)))
    except UnknownName as unknown:
        raise problem_of_fields(
            [FieldError(unknown.field, str(unknown), unknown.nearest)], "invalid-parameter"
        ) from unknown


def _maker(services: Services) -> BundleMaker:
    return BundleMaker(services.reader, services.publications, services.signed_log, services.root_at)


def _response(made: MadeBundle) -> Response:
    headers = {**attachment("kw.json.gz", *made.names), "Cache-Control": "no-cache"}
    return Response(made.content, 200, headers, BUNDLE)
