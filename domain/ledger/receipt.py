"""A receipt: the coordinates, inputs and digest of a published answer, and the root of the log (ledger.md §3)."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from domain.ledger.canonical import canonical
from domain.ledger.merkle import HASH_BYTES

_KEYS = {"digest", "incident", "inputs", "log", "origin", "policy", "position", "reported_until", "root", "v", "view"}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z", re.ASCII)
_NAME = re.compile(r"[a-z][a-z0-9_-]*/[1-9][0-9]*")
_DIGEST = re.compile("[0-9a-f]{64}")
_LINE = re.compile("[\x20-\x7e]+")


class ReceiptError(ValueError):
    """The bytes are not a receipt, or the values do not make one; the message says why."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Coordinates, inputs, digest and root: enough to compute a published answer again and to compare it.

    `position` is that of the last input, `root` the 32-byte Merkle root of the log up to it; `inputs` maps every
    stream that the answer depends on to its last version there. `incident` is a slug; `reported_until` is RFC 3339
    in UTC, or None; `digest` is SHA-256 of the document, hexadecimal. `origin` names the log in its checkpoints.
    """

    log: UUID
    origin: str
    position: int
    root: bytes
    incident: str
    view: str
    policy: str
    reported_until: str | None
    inputs: Mapping[UUID, int]
    digest: str


def origin_of(log: UUID) -> str:
    """Return the line that names a log in its checkpoints (C2SP tlog-checkpoint, "origin")."""
    return f"knownwhen/{log}"


def format_receipt(receipt: Receipt) -> bytes:
    """Return the canonical bytes of a receipt.

    The form, all on one line and without a space:

        {"digest":"<64 hex>","incident":"syria-coast-2025","inputs":{"<uuid>":3},"log":"<uuid>",
         "origin":"knownwhen/<uuid>","policy":"range/1","position":42,"reported_until":null,"root":"<base64>",
         "v":1,"view":"state/1"}

    Raises ReceiptError for values that do not make a receipt.
    """
    _check(receipt)
    document = {
        "v": 1,
        "log": str(receipt.log),
        "origin": receipt.origin,
        "position": receipt.position,
        "root": base64.b64encode(receipt.root).decode(),
        "incident": receipt.incident,
        "view": receipt.view,
        "policy": receipt.policy,
        "reported_until": receipt.reported_until,
        "inputs": {str(stream): version for stream, version in receipt.inputs.items()},
        "digest": receipt.digest,
    }
    try:
        return canonical(document)
    except ValueError as error:
        raise ReceiptError(f"this does not make a receipt: {error}") from error


def parse_receipt(data: bytes) -> Receipt:
    """Read the canonical bytes of a receipt; the inverse of `format_receipt`.

    Strict: one receipt has one form, so another key, order, spacing or escape, a key
    twice or a number written otherwise is refused. Raises ReceiptError for all other bytes.
    """
    try:
        receipt = _from_document(json.loads(data.decode()))
    except (ValueError, RecursionError) as error:
        raise ReceiptError(f"these bytes are not a receipt: {error}") from error
    if format_receipt(receipt) != data:
        raise ReceiptError("these bytes are not in the canonical form of the receipt they hold")
    return receipt


def _from_document(document: object) -> Receipt:
    if not isinstance(document, dict) or set(cast("dict[str, object]", document)) != _KEYS:
        raise ReceiptError(f"it must be an object of exactly the keys {', '.join(sorted(_KEYS))}")
    fields = cast("dict[str, object]", document)
    if _integer(fields, "v") != 1:
        raise ReceiptError("“v” must be 1")
    if not isinstance(fields["inputs"], dict):
        raise ReceiptError("“inputs” must be an object")
    inputs = cast("dict[str, object]", fields["inputs"])
    return Receipt(
        log=UUID(_string(fields, "log")),
        origin=_string(fields, "origin"),
        position=_integer(fields, "position"),
        root=base64.b64decode(_string(fields, "root"), validate=True),
        incident=_string(fields, "incident"),
        view=_string(fields, "view"),
        policy=_string(fields, "policy"),
        reported_until=None if fields["reported_until"] is None else _string(fields, "reported_until"),
        inputs={UUID(stream): _integer(inputs, stream) for stream in inputs},
        digest=_string(fields, "digest"),
    )


def _check(receipt: Receipt) -> None:
    violations = {
        "“origin” must be a line of visible ASCII characters": not _LINE.fullmatch(receipt.origin),
        "positions and versions count from 1": min(receipt.position, *receipt.inputs.values(), 1) < 1,
        f"“root” must have {HASH_BYTES} bytes": len(receipt.root) != HASH_BYTES,
        "“incident” must be a slug": not receipt.incident,
        "“view” and “policy” must be name/version": not _are_names(receipt.view, receipt.policy),
        "“reported_until” must be RFC 3339 in UTC": not _is_moment(receipt.reported_until),
        "“inputs” must name a stream": not receipt.inputs,
        "“digest” must be 64 lower-case hexadecimal digits": not _DIGEST.fullmatch(receipt.digest),
    }
    for message, violated in violations.items():
        if violated:
            raise ReceiptError(message)


def _are_names(*names: str) -> bool:
    return all(_NAME.fullmatch(name) for name in names)


def _is_moment(text: str | None) -> bool:
    return text is None or _MOMENT.fullmatch(text) is not None


def _integer(fields: Mapping[str, object], name: str) -> int:
    value = fields[name]
    if type(value) is not int:
        raise ReceiptError(f"“{name}” must be an integer")
    return value


def _string(fields: Mapping[str, object], name: str) -> str:
    value = fields[name]
    if not isinstance(value, str):
        raise ReceiptError(f"“{name}” must be a string")
    return value
