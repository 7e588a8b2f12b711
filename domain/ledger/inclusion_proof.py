"""A proof that one entry is in a log, with the checkpoint that it is proved against (C2SP tlog-proof)."""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final

from domain.ledger.merkle import HASH_BYTES

HEADER: Final = "c2sp.org/tlog-proof@v1"
_INDEX: Final = re.compile("index (0|[1-9][0-9]{0,18})")
_MOST_HASHES: Final = 63


class InclusionProofError(ValueError):
    """The bytes are not a proof; the message says why."""


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """A proof: the index of the leaf (from 0), sibling hashes from the leaf upwards, the checkpoint as signed note.

    `extra` is what the log says of the entry beyond its hash; None where it says nothing.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None


def format_inclusion_proof(proof: InclusionProof) -> bytes:
    """Return the bytes of a proof."""
    extra = [] if proof.extra is None else [f"extra {base64.b64encode(proof.extra).decode()}"]
    hashes = [base64.b64encode(each).decode() for each in proof.hashes]
    lines = [HEADER, *extra, f"index {proof.index}", *hashes, ""]
    return "".join(f"{line}\n" for line in lines).encode() + proof.checkpoint


def parse_inclusion_proof(data: bytes) -> InclusionProof:
    """Read a proof; the inverse of `format_inclusion_proof`. Raises InclusionProofError for all other bytes."""
    head, empty_line, checkpoint = data.partition(b"\n\n")
    try:
        header, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise InclusionProofError("a proof is ASCII up to its checkpoint") from None
    if header != HEADER or not empty_line:
        raise InclusionProofError(f"a proof begins with {HEADER}, and has an empty line before its checkpoint")
    extra = _decoded(lines.pop(0).removeprefix("extra ")) if lines and lines[0].startswith("extra ") else None
    index = _INDEX.fullmatch(lines[0]) if lines else None
    if not index:
        raise InclusionProofError("a proof says the index of its leaf, in decimal")
    hashes = tuple(_decoded(line) for line in lines[1:])
    if len(hashes) > _MOST_HASHES or any(len(each) != HASH_BYTES for each in hashes):
        raise InclusionProofError(f"a proof has up to {_MOST_HASHES} hashes of {HASH_BYTES} bytes")
    return InclusionProof(int(index[1]), hashes, checkpoint, extra)


def _decoded(line: str) -> bytes:
    try:
        raw = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError):
        raise InclusionProofError("hashes of a proof are base64") from None
    if base64.b64encode(raw).decode() != line:
        raise InclusionProofError("hashes of a proof are base64 in its one form")
    return raw
