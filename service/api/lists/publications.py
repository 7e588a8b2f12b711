"""Receipts of publications, and publications as items of a list."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast
from urllib.parse import urlencode
from uuid import UUID

import orjson

from domain.facts.union import EstimatePublished, IncidentOpened
from domain.ledger.receipt import Receipt, format_receipt, origin_of
from domain.values.time.clocks import format_instant
from service.api.incident_links import incident_links
from service.api.lists.page import ListItem
from service.api.models import ResponseModel
from service.eventstore import LogReader, StoredFact


class ReceiptResponse(ResponseModel):
    """The proof of a published answer: enough to ask for it again, and to show that the log is still the same."""

    v: Literal[1]
    log: str
    origin: str
    """The line that names the log in its checkpoints."""
    position: int
    """Of the last fact that the answer depends on."""
    root: str
    """The Merkle root (RFC 6962) of the log up to `position`, base64."""
    incident: str
    view: str
    policy: str
    reported_until: str | None
    inputs: dict[str, int]
    """Every stream that the answer depends on, with its last version."""
    digest: str


class PublicationEntry(ResponseModel):
    """The place of a publication in the log."""

    position: int
    recorded_at: str
    version: int
    fact_id: str
    reason: str = ""


class PublicationItem(ResponseModel):
    """One publication: its receipt, and its place in the log."""

    receipt: ReceiptResponse
    published: PublicationEntry
    recorded_by: str | None
    """The id of the token that recorded it, for who has the scope `audit`; null where none was needed."""
    links: dict[str, str]
    """`answer` is the published answer, asked for again."""


def publication_entry(row: StoredFact) -> dict[str, Any]:
    """Return the place of a publication in the log, and its reason."""
    return {
        "position": row.position,
        "recorded_at": format_instant(row.recorded_at),
        "version": row.version,
        "fact_id": str(row.fact_id),
        **row.words(),
    }


async def receipt_of(reader: LogReader, row: StoredFact) -> bytes:
    """Return the receipt of a publication in canonical form; a pure function of recorded facts."""
    return format_receipt(_receipt(await reader.log_id(), await _slug(reader, row.stream), row))


async def publication_items(reader: LogReader, rows: Sequence[StoredFact], *, named: bool) -> list[ListItem]:
    """Return publications as items of a list; with who recorded each, if `named`."""
    log = await reader.log_id()
    slugs = {stream: await _slug(reader, stream) for stream in {row.stream for row in rows}}
    return [_item(_receipt(log, slugs[row.stream], row), row, named=named) for row in rows]


async def _slug(reader: LogReader, stream: UUID) -> str:
    return cast("IncidentOpened", cast("StoredFact", await reader.first_of(stream)).fact()).slug


def _receipt(log: UUID, incident: str, row: StoredFact) -> Receipt:
    published = cast("EstimatePublished", row.fact())
    return Receipt(
        log=log,
        origin=origin_of(log),
        position=published.position,
        root=base64.b64decode(published.root),
        incident=incident,
        view=published.view,
        policy=published.policy,
        reported_until=published.reported_until,
        inputs={UUID(stream): version for stream, version in published.inputs.items()},
        digest=published.digest,
    )


def _item(receipt: Receipt, row: StoredFact, *, named: bool) -> ListItem:
    return {
        "receipt": orjson.Fragment(format_receipt(receipt)),
        "published": publication_entry(row),
        "recorded_by": row.recorded_by if named else None,
        "links": _links(receipt, row.position),
    }


def _links(receipt: Receipt, position: int) -> Mapping[str, str]:
    paths = incident_links(receipt.incident)
    asked = {
        "as_of": f"@{receipt.position}",
        "reported_until": receipt.reported_until,
        "policy": receipt.policy,
    }
    query = urlencode({name: value for name, value in asked.items() if value}, safe=":@/")
    return {
        "incident": paths["state"],
        "answer": f"{paths[receipt.view.partition('/')[0]]}?{query}",
        "receipt": f"/v1/receipts/{receipt.digest}",
        "replay": f"/v1/publications/{position}/replay",
    }
