"""The signed log: its keys, the last checkpoint, tiles (C2SP tlog-tiles), and the proof that a fact is in it."""

from typing import Annotated

from fastapi import Path, Request
from starlette.responses import Response

from domain.ledger.checkpoint import parse_checkpoint
from domain.ledger.inclusion_proof import format_inclusion_proof
from domain.ledger.receipt import origin_of
from domain.ledger.signed_note import parse_note
from domain.ledger.tiles import WIDTH, TileError, parse_path
from domain.values.time.clocks import format_instant
from service.api.errors.problem import HttpProblem
from service.api.media_types import JSON
from service.api.models import ResponseModel
from service.api.negotiation import negotiate
from service.api.resource import Description, Resource
from service.api.responses import document_response
from service.api.services import InjectedServices

RESOURCE = Resource("signed log")

TEXT, BYTES = "text/plain", "application/octet-stream"
_IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}
_NOW = {"Cache-Control": "no-cache"}
_NOTE: Description = {TEXT: {"schema": {"type": "string", "description": "A signed note."}}}
_TILE: Description = {BYTES: {"schema": {"type": "string", "format": "binary"}}}
_PROOF: Description = {TEXT: {"schema": {"type": "string", "description": "A proof, with the checkpoint behind it."}}}


class SignedLogEntry(ResponseModel):
    """The log that is signed, and how far."""

    log: str
    origin: str
    """The line that names the log in its checkpoints, and its keys."""
    keys: list[str]
    """The public keys that have signed it, the oldest first (C2SP signed-note). Compare them with those published."""
    size: int
    """Of the last published checkpoint."""
    root: str
    """Its Merkle root (RFC 6962), base64."""
    published_at: str
    """When it was published."""


@RESOURCE.get("/v1/log", summary="The signed log", **RESOURCE.reads(SignedLogEntry, "not-signed"))
async def describe_log(request: Request, services: InjectedServices) -> Response:
    """Tell the name of the log, its public keys, and the size and root of its last published checkpoint."""
    negotiate(request, JSON)
    log, keys = await services.reader.log_id(), await services.signed_log.keys()
    last = await services.signed_log.checkpoint()
    root = parse_note(last.note).text.split("\n")[2]
    document = {
        "log": str(log),
        "origin": origin_of(log),
        "keys": keys,
        "size": last.size,
        "root": root,
        "published_at": format_instant(last.published_at),
    }
    return document_response(request, document)


@RESOURCE.get(
    "/v1/log/checkpoint",
    summary="The last checkpoint",
    **RESOURCE.reads(None, "not-signed", also=_NOTE),
)
async def read_checkpoint(request: Request, services: InjectedServices) -> Response:
    """Give the last published checkpoint, a signed note: origin, size, root, signatures of the log and of witnesses."""
    negotiate(request, TEXT)
    note = (await services.signed_log.checkpoint()).note
    parse_checkpoint(parse_note(note).text)
    return Response(note, 200, _NOW, f"{TEXT}; charset=utf-8")


@RESOURCE.get(
    "/v1/log/{path:path}",
    summary="A tile",
    **RESOURCE.reads(None, "not-signed no-such-tile", also=_TILE, scope="audit"),
)
async def read_tile(
    request: Request,
    services: InjectedServices,
    path: Annotated[str, Path(description="`tile/LEVEL/NUMBER` or `tile/entries/NUMBER`.", examples=["tile/0/000"])],
) -> Response:
    """Give up to 256 hashes of one level of the tree, or entries: commitments to facts, never their content.

    Paths are those of C2SP tlog-tiles: `tile/0/x001/x234/067`, and `tile/0/000.p/17` for one that is not complete.
    """
    negotiate(request, BYTES)
    try:
        tile = parse_path(path)
    except TileError as error:
        raise HttpProblem("no-such-tile", f"“{path[:100]}” is none: {error}.") from error
    content = await services.signed_log.tile(tile)
    if content is None:
        raise HttpProblem("no-such-tile", f"The last checkpoint has no “{path}”: it is not so large.")
    return Response(content, 200, _IMMUTABLE if tile.width == WIDTH else _NOW, BYTES)


@RESOURCE.get(
    "/v1/facts/{position}/proof",
    summary="The proof that a fact is in the log",
    **RESOURCE.reads(None, "no-such-fact not-signed not-signed-yet", also=_PROOF),
)
async def prove_fact(
    request: Request,
    services: InjectedServices,
    position: Annotated[int, Path(ge=1, le=2**63 - 1, description="The position of a fact.", examples=[1])],
) -> Response:
    """Give its entry (`extra`, base64), the hashes from leaf to root, and the signed checkpoint (C2SP tlog-proof)."""
    negotiate(request, TEXT)
    rows = await services.reader.at([position])
    if not rows:
        raise HttpProblem("no-such-fact", f"There is no fact at position {position}.")
    proof = await services.signed_log.inclusion(rows[0])
    return Response(format_inclusion_proof(proof), 200, _NOW, f"{TEXT}; charset=utf-8")
