"""Witnesses: services that cosign a checkpoint if it continues the last one that they saw (C2SP tlog-witness).

A file says which, and how many of them are needed before a checkpoint is published:

    # who they are: the key, and where they are asked
    witness witness.example.org+1f3c…+BN63…  https://witness.example.org
    need 1
"""

import re
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Final
from urllib.error import HTTPError

from domain.ledger.signed_note import (
    COSIGNATURE,
    NoteError,
    Signature,
    SignedNote,
    VerifierKey,
    format_note,
    parse_key,
    parse_note,
    verify,
)

SECONDS: Final = 5.0
"""Seconds that a witness may take for an answer."""
_MOST_BYTES: Final = 64 << 10
_SIZE: Final = re.compile("(0|[1-9][0-9]{0,18})\n")
_OK, _CONFLICT = 200, 409
ProveConsistency = Callable[[int], Sequence[bytes]]
"""Returns the proof that the tree of a checkpoint continues that of so many leaves."""


class WitnessesUnreadable(Exception):
    """The file of the witnesses is missing or not of its form; the sentence says where."""


class WitnessRefused(Exception):
    """A witness did not cosign; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness: its key, and the URL under which its `add-checkpoint` is."""

    key: VerifierKey
    url: str


@dataclass(frozen=True, slots=True)
class WitnessPolicy:
    """Witnesses that are asked, and how many must have cosigned before a checkpoint is published."""

    witnesses: Sequence[Witness] = ()
    needed: int = 0


def read_policy(path: Path) -> WitnessPolicy:
    """Read the file of the witnesses. Raises WitnessesUnreadable."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise WitnessesUnreadable(f"The file of witnesses {path} cannot be read: {problem}.") from None
    witnesses: list[Witness] = []
    needed = 0
    for number, line in enumerate(lines, start=1):
        match line.split():
            case []:
                continue
            case [first, *_] if first.startswith("#"):
                continue
            case ["witness", key, url] if url.startswith(("https://", "http://")):
                witnesses.append(Witness(_key(path, number, key), url.rstrip("/")))
            case ["need", count] if count.isascii() and count.isdigit():
                needed = int(count)
            case _:
                raise WitnessesUnreadable(
                    f"Line {number} of the file of witnesses {path} is none of “witness KEY URL”, “need NUMBER”, “# …”."
                )
    if needed > len(witnesses):
        raise WitnessesUnreadable(f"The file of witnesses {path} needs {needed} of {len(witnesses)}.")
    return WitnessPolicy(witnesses, needed)


def _key(path: Path, number: int, text: str) -> VerifierKey:
    try:
        key = parse_key(text)
    except NoteError as error:
        raise WitnessesUnreadable(f"Line {number} of the file of witnesses {path} has no key: {error}.") from None
    if key.kind != COSIGNATURE:
        raise WitnessesUnreadable(
            f"Line {number} of the file of witnesses {path} has the key of a log, not of a witness."
        )
    return key


@dataclass(slots=True)
class WitnessClient:
    """Asks witnesses; it remembers up to which size each has seen the log, and asks it if it does not know."""

    seen: dict[str, int] = field(default_factory=dict[str, int])

    def cosign(self, witness: Witness, note: bytes, size: int, proof: ProveConsistency) -> Signature:
        """Have a witness cosign the checkpoint of a tree of `size` leaves. Raises WitnessRefused."""
        status, body = self._ask(witness, note, size, proof)
        if status == _CONFLICT and (found := _SIZE.fullmatch(body.decode("latin-1"))):
            self.seen[witness.url] = int(found[1])
            if int(found[1]) > size:
                raise WitnessRefused(f"{witness.key.name} has seen {found[1]} facts of this log, which has {size}.")
            status, body = self._ask(witness, note, size, proof)
        if status != _OK:
            raise WitnessRefused(f"{witness.key.name} answered with status {status}: {body[:200]!r}.")
        signature = _cosignature(witness, note, body)
        self.seen[witness.url] = size
        return signature

    def _ask(self, witness: Witness, note: bytes, size: int, proof: ProveConsistency) -> tuple[int, bytes]:
        old = min(self.seen.get(witness.url, 0), size)
        hashes: Sequence[bytes] = proof(old) if 0 < old < size else ()
        head = [f"old {old}", *(b64encode(each).decode() for each in hashes), "", ""]
        request = urllib.request.Request(  # noqa: S310 - http and https alone, see read_policy
            f"{witness.url}/add-checkpoint", "\n".join(head).encode() + note, {"Content-Type": "text/plain"}
        )
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as response:  # noqa: S310 - likewise
                return response.status, response.read(_MOST_BYTES)
        except HTTPError as error:
            with error:
                return error.code, error.read(_MOST_BYTES)
        except (OSError, HTTPException) as error:
            raise WitnessRefused(f"{witness.key.name} does not answer: {error}.") from error


def _cosignature(witness: Witness, note: bytes, body: bytes) -> Signature:
    """Return the signature in the answer of a witness, once it was verified."""
    text = parse_note(note).text
    try:
        cosigned = parse_note(f"{text}\n".encode() + body)
        if not verify(cosigned, [witness.key]):
            raise WitnessRefused(f"{witness.key.name} answered without a signature of its key.")
    except NoteError as error:
        raise WitnessRefused(f"{witness.key.name} answered with something else than its signature: {error}.") from error
    return next(each for each in cosigned.signatures if each.key_id == witness.key.key_id)


def cosigned(note: bytes, signatures: Sequence[Signature]) -> bytes:
    """Return a checkpoint with the signatures of witnesses behind those of the log."""
    parsed = parse_note(note)
    return format_note(SignedNote(parsed.text, (*parsed.signatures, *signatures)))
