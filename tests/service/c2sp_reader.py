"""Reads a log by the texts of C2SP alone: signed-note, tlog-checkpoint, tlog-cosignature, tlog-tiles, tlog-proof.

Written from these specifications and RFC 6962; it shares no line with the code under test. So it shows that others read
what we publish as we mean it.
"""

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

NODE, LEAF = b"\x01", b"\x00"
LOG, WITNESS = 1, 4
"""Types of signatures: Ed25519 over the text, and over a cosignature's message."""
A_TILE = 256


@dataclass(frozen=True)
class ReadKey:
    """A verifier key `name+hash+base64(type || public key)`."""

    name: str
    hash: bytes
    type: int
    public: Ed25519PublicKey


def read_key(line: str) -> ReadKey:
    name, hash_, encoded = line.strip().split("+", 2)
    blob = base64.b64decode(encoded, validate=True)
    assert hashlib.sha256(name.encode() + b"\n" + blob).digest()[:4].hex() == hash_
    return ReadKey(name, bytes.fromhex(hash_), blob[0], Ed25519PublicKey.from_public_bytes(blob[1:]))


@dataclass(frozen=True)
class ReadCheckpoint:
    """What a checkpoint says, and who signed it."""

    origin: str
    size: int
    root: bytes
    signed_by: tuple[str, ...]
    """Names of the keys whose signatures hold, in the order in which they stand."""


def read_checkpoint(note: bytes, keys: list[str]) -> ReadCheckpoint:
    """Verify every signature of a known key; raises cryptography's InvalidSignature for one that does not hold."""
    text, _, signatures = note.decode().rpartition("\n\n")
    text += "\n"
    known = {(key.name, key.hash): key for key in map(read_key, keys)}
    names = list[str]()
    for line in signatures.splitlines():
        dash, name, encoded = line.split(" ")
        assert dash == "\u2014"
        blob = base64.b64decode(encoded, validate=True)
        key = known.get((name, blob[:4]))
        if key is None:
            continue
        signed, message = blob[4:], text
        if key.type == WITNESS:
            moment, signed = int.from_bytes(signed[:8], "big"), signed[8:]
            message = f"cosignature/v1\ntime {moment}\n{text}"
        key.public.verify(signed, message.encode())
        names.append(name)
    origin, size, root, *_ = text.split("\n")
    return ReadCheckpoint(origin, int(size), base64.b64decode(root, validate=True), tuple(names))


def hashed(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def root_of(leaves: list[bytes]) -> bytes:
    """Return the Merkle tree hash of leaf hashes (RFC 6962 §2.1)."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else hashed()
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return hashed(NODE, root_of(leaves[:half]), root_of(leaves[half:]))


def read_entries(folder: Path, size: int) -> list[bytes]:
    """Return the entries of static files: bundles of 256, each entry after its length in two bytes."""
    found = list[bytes]()
    while len(found) < size:
        number, width = divmod(len(found), A_TILE)[0], min(A_TILE, size - len(found))
        groups = [f"{number:03d}"[-3:]]
        while number := number // 1000:
            groups.insert(0, f"x{number % 1000:03d}")
        path = folder / "tile" / "entries" / "/".join(groups)
        bundle = (path if width == A_TILE else Path(f"{path}.p") / str(width)).read_bytes()
        while bundle:
            length = int.from_bytes(bundle[:2], "big")
            found.append(bundle[2 : 2 + length])
            bundle = bundle[2 + length :]
    return found


def proven(proof: str, entry: bytes, keys: list[str]) -> ReadCheckpoint:
    """Verify a tlog-proof of an entry, and return its checkpoint (inclusion: RFC 9162 §2.1.3.2)."""
    head, _, note = proof.partition("\n\n")
    version, *lines = head.split("\n")
    assert version == "c2sp.org/tlog-proof@v1"
    lines = [each for each in lines if not each.startswith("extra ")]
    index, hashes = int(lines[0].removeprefix("index ")), [base64.b64decode(each, validate=True) for each in lines[1:]]
    checkpoint = read_checkpoint(note.encode(), keys)
    assert index < checkpoint.size
    at, last, found = index, checkpoint.size - 1, hashed(LEAF, entry)
    for each in hashes:
        assert last > 0
        if at % 2 or at == last:
            found = hashed(NODE, each, found)
            while at % 2 == 0 and at:
                at, last = at >> 1, last >> 1
        else:
            found = hashed(NODE, found, each)
        at, last = at >> 1, last >> 1
    assert last == 0
    assert found == checkpoint.root
    return checkpoint
