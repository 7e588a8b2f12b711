"""Checkpoints: how large a log is and the root of its tree, as the text of a signed note (C2SP tlog-checkpoint).

Three lines, and perhaps more that a log adds: its origin, its size in decimal, and its root in base64.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final

from domain.ledger.merkle import EMPTY_ROOT, HASH_BYTES

_SIZE: Final = re.compile("0|[1-9][0-9]{0,18}")
_LARGEST: Final = 2**63 - 1


class CheckpointError(ValueError):
    """The text is not a checkpoint; the message says why."""


@dataclass(frozen=True, slots=True)
class LogCheckpoint:
    """The size and the 32-byte root of a log, which its origin names; `extensions` are further lines."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()


def format_checkpoint(checkpoint: LogCheckpoint) -> str:
    """Return the text of a checkpoint. Raises CheckpointError for values that do not make one."""
    lines = (
        checkpoint.origin,
        str(checkpoint.size),
        base64.b64encode(checkpoint.root).decode(),
        *checkpoint.extensions,
    )
    text = "".join(f"{line}\n" for line in lines)
    if parse_checkpoint(text) != checkpoint:
        raise CheckpointError("these values do not make a checkpoint")
    return text


def parse_checkpoint(text: str) -> LogCheckpoint:
    """Read the text of a checkpoint; the inverse of `format_checkpoint`. Raises CheckpointError."""
    if not text.endswith("\n"):
        raise CheckpointError("a checkpoint ends in a newline")
    origin, size, root, *extensions = [*text[:-1].split("\n"), "", ""]
    extensions = extensions[:-2]
    if not origin:
        raise CheckpointError("the first line of a checkpoint is its origin")
    if not _SIZE.fullmatch(size) or int(size) > _LARGEST:
        raise CheckpointError("the second line of a checkpoint is its size, in decimal")
    if not all(extensions):
        raise CheckpointError("a checkpoint has no empty line")
    checkpoint = LogCheckpoint(origin, int(size), _root(root), tuple(extensions))
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        raise CheckpointError("the root of an empty log is SHA-256 of nothing")
    return checkpoint


def _root(text: str) -> bytes:
    try:
        root = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        root = b""
    if len(root) != HASH_BYTES or base64.b64encode(root).decode() != text:
        raise CheckpointError(f"the third line of a checkpoint is its root, {HASH_BYTES} bytes in base64")
    return root
