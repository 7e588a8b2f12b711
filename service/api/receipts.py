"""The resource of receipts: what it takes to ask for a published estimate again, and to prove it the same."""

import base64
from typing import Annotated, Any, cast
from uuid import UUID

import orjson
from fastapi import Path, Request
from starlette.responses import Response

from domain.facts.union import EstimatePublished, IncidentOpened
from domain.ledger.receipt import Receipt, format_receipt, origin_of
from domain.values.time.clocks import format_instant
from service.api.described import reads, resource
from service.api.failures import Problem
from service.api.sending import JSON, offered, send_document
from service.api.services import Opened
from service.eventstore import LogReader, StoredFact

router = resource("receipts")

ReceiptDigest = Annotated[
    str,
    Path(pattern="^[0-9a-f]{64}$", description="The digest of a published estimate: 64 hexadecimal digits."),
]


@router.get(
    "/v1/receipts/{digest}",
    summary="The receipt of a published estimate",
    **reads("ReceiptFound", "no-such-receipt"),
)
async def read_receipt(request: Request, services: Opened, digest: ReceiptDigest) -> Response:
    """Give the receipt of the first publication with this digest, and tell where the same was published again."""
    offered(request, JSON)
    positions = await services.publications.positions(digest)
    if not positions:
        raise Problem("no-such-receipt", f"No estimate with the digest {digest} was published in this log.")
    (row,) = await services.reader.at(positions[:1])
    receipt = await receipt_of(services.reader, row)
    document = {"receipt": orjson.Fragment(receipt), "published": _published(row), "again": positions[1:]}
    return send_document(request, document)


async def receipt_of(reader: LogReader, row: StoredFact) -> bytes:
    """Return the receipt of a recorded publication, in canonical form.

    It is made of nothing but what was recorded, so it is the same whenever it is asked for.
    """
    log = await reader.log_id()
    opening = cast("IncidentOpened", cast("StoredFact", await reader.first_of(row.stream)).fact())
    published = cast("EstimatePublished", row.fact())
    receipt = Receipt(
        log=log,
        origin=origin_of(log),
        position=published.position,
        root=base64.b64decode(published.root),
        incident=opening.slug,
        view=published.view,
        policy=published.policy,
        reported_until=published.reported_until,
        inputs={UUID(stream): version for stream, version in published.inputs.items()},
        digest=published.digest,
    )
    return format_receipt(receipt)


def _published(row: StoredFact) -> dict[str, Any]:
    return {
        "position": row.position,
        "recorded_at": format_instant(row.recorded_at),
        "version": row.version,
        "fact_id": str(row.fact_id),
        **row.words(),
    }
