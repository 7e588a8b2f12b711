"""Signed notes: a text and signature lines over it (C2SP signed-note); Ed25519 keys, and cosignatures of witnesses.

A note is its text, an empty line, and one line for each signature: an em dash, the name of the key, and base64 of the
key's four-byte id and the signature. Keys are written `name+id+base64(kind || key)`. Source: C2SP signed-note,
C2SP tlog-cosignature (`cosignature/v1`).
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

MOST_BYTES: Final = 1_000_000
"""A longer note is refused."""
MOST_SIGNATURES: Final = 100
"""A note with more signatures is refused."""

ED25519: Final = 0x01
"""The kind of a key that signs the text itself."""
COSIGNATURE: Final = 0x04
"""The kind of a witness's key, which signs the text and a moment."""
KeyKind = Literal[1, 4]

_KEY_BYTES: Final = 32
_ID_BYTES: Final = 4
_SIGNATURE_BYTES: Final = 64
_TIME_BYTES: Final = 8
_PRIVATE: Final = "PRIVATE+KEY+"
_LINE: Final = re.compile("— ([^ +\n]+) ([A-Za-z0-9+/]+={0,2})")
_NAME: Final = re.compile(r"[^\s+]+")
_ID: Final = re.compile("[0-9a-f]{8}")
_CONTROL: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f]")


class NoteError(ValueError):
    """The bytes are not a note or a key, or a signature is wrong; the message says why."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key: `name` is that of its holder, `kind` what it signs, `public` its 32 bytes."""

    name: str
    kind: KeyKind
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The first four bytes of SHA-256(name || newline || kind || key)."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:_ID_BYTES]


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key: `seed` is that of RFC 8032, 32 bytes."""

    name: str
    kind: KeyKind
    seed: bytes

    @property
    def verifier(self) -> VerifierKey:
        """The public key of it."""
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()
        return VerifierKey(self.name, self.kind, public)


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature line: the name and id of its key, and what follows the id."""

    name: str
    key_id: bytes
    payload: bytes


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A text, which ends in a newline, and its signatures."""

    text: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class VerifiedSignature:
    """A valid signature: whose key it was; and of a witness, when it saw the text, in seconds since 1970."""

    key: VerifierKey
    seen_at: int | None


def format_key(key: VerifierKey) -> str:
    """Return a public key as text (“vkey”)."""
    encoded = base64.b64encode(bytes([key.kind]) + key.public).decode()
    return f"{key.name}+{key.key_id.hex()}+{encoded}"


def parse_key(text: str) -> VerifierKey:
    """Read a public key. Raises NoteError for another form, an unknown kind, or an id that is not its own."""
    name, key_id, kind, public = _fields_of_key(text)
    key = VerifierKey(name, kind, public)
    if key.key_id != key_id:
        raise NoteError(f"the id of the key “{name}” is not that of its name and bytes")
    return key


def format_signing_key(key: SigningKey) -> str:
    """Return a private key as text (“skey”): it has the id of its public key."""
    encoded = base64.b64encode(bytes([key.kind]) + key.seed).decode()
    return f"{_PRIVATE}{key.name}+{key.verifier.key_id.hex()}+{encoded}"


def parse_signing_key(text: str) -> SigningKey:
    """Read a private key. Raises NoteError, whose text never has the key."""
    if not text.startswith(_PRIVATE):
        raise NoteError(f"a private key begins with {_PRIVATE}")
    name, key_id, kind, seed = _fields_of_key(text.removeprefix(_PRIVATE))
    key = SigningKey(name, kind, seed)
    if key.verifier.key_id != key_id:
        raise NoteError(f"the id of the private key “{name}” is not that of its name and bytes")
    return key


def parse_note(data: bytes) -> SignedNote:
    """Read a note, without a look at what its signatures are worth. Raises NoteError."""
    text, lines = _text_and_lines(data)
    if len(lines) > MOST_SIGNATURES:
        raise NoteError(f"a note has {MOST_SIGNATURES} signatures at most; this one has {len(lines)}")
    return SignedNote(text, tuple(_signature(line) for line in lines))


def format_note(note: SignedNote) -> bytes:
    """Return the bytes of a note; the inverse of `parse_note`. Raises NoteError for values that do not make one."""
    lines = [f"— {each.name} {base64.b64encode(each.key_id + each.payload).decode()}\n" for each in note.signatures]
    data = f"{note.text}\n{''.join(lines)}".encode()
    if parse_note(data) != note:
        raise NoteError("this text does not make a note")
    return data


def sign(text: str, key: SigningKey, seen_at: int | None = None) -> Signature:
    """Sign a text. A witness's key signs that it saw it at `seen_at`, in seconds since 1970."""
    private = Ed25519PrivateKey.from_private_bytes(key.seed)
    verifier = key.verifier
    if key.kind == ED25519:
        return Signature(key.name, verifier.key_id, private.sign(text.encode()))
    if seen_at is None:
        raise NoteError("a cosignature says when the text was seen")
    payload = seen_at.to_bytes(_TIME_BYTES, "big") + private.sign(_cosigned(text, seen_at))
    return Signature(key.name, verifier.key_id, payload)


def verify(note: SignedNote, keys: Iterable[VerifierKey]) -> list[VerifiedSignature]:
    """Return the signatures by `keys`, in the order of the keys; those of other keys are passed over.

    Raises NoteError where a signature that names one of the keys is wrong, or is there twice.
    """
    found: list[VerifiedSignature] = []
    for key in keys:
        own = [each for each in note.signatures if (each.name, each.key_id) == (key.name, key.key_id)]
        if len(own) > 1:
            raise NoteError(f"“{key.name}” signed twice with one key")
        found += [_verified(note.text, each, key) for each in own]
    return found


def _verified(text: str, signature: Signature, key: VerifierKey) -> VerifiedSignature:
    payload, seen_at, message = signature.payload, None, text.encode()
    if key.kind == COSIGNATURE:
        seen_at, payload = int.from_bytes(payload[:_TIME_BYTES], "big"), payload[_TIME_BYTES:]
        message = _cosigned(text, seen_at)
    if len(payload) != _SIGNATURE_BYTES:
        raise NoteError(f"the signature of “{key.name}” does not have the length of one")
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(payload, message)
    except InvalidSignature:
        raise NoteError(f"the signature of “{key.name}” is not one of this text by this key") from None
    return VerifiedSignature(key, seen_at)


def _cosigned(text: str, seen_at: int) -> bytes:
    return f"cosignature/v1\ntime {seen_at}\n{text}".encode()


def _text_and_lines(data: bytes) -> tuple[str, Sequence[str]]:
    if len(data) > MOST_BYTES:
        raise NoteError(f"a note has {MOST_BYTES:,} bytes at most; this one has {len(data):,}")
    try:
        whole = data.decode()
    except UnicodeDecodeError:
        raise NoteError("a note is UTF-8") from None
    if _CONTROL.search(whole):
        raise NoteError("a note has no control characters but newlines")
    text, empty_line, signed = whole.rpartition("\n\n")
    if not empty_line or not text or not signed.endswith("\n"):
        raise NoteError("a note is a text, an empty line, and lines of signatures, each with its newline")
    return f"{text}\n", signed[:-1].split("\n")


def _signature(line: str) -> Signature:
    found = _LINE.fullmatch(line)
    if not found:
        raise NoteError("a line of a signature is an em dash, a name and base64")
    raw = _base64(found[2], "a signature")
    if len(raw) <= _ID_BYTES:
        raise NoteError("a signature has the id of its key before it")
    return Signature(found[1], raw[:_ID_BYTES], raw[_ID_BYTES:])


def _fields_of_key(text: str) -> tuple[str, bytes, KeyKind, bytes]:
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    if not _NAME.fullmatch(name) or not _ID.fullmatch(key_id):
        raise NoteError("a key is written name+id+base64, with an id of eight hexadecimal digits")
    raw = _base64(encoded, "a key")
    if raw[:1] == bytes([ED25519]):
        kind: KeyKind = ED25519
    elif raw[:1] == bytes([COSIGNATURE]):
        kind = COSIGNATURE
    else:
        raise NoteError(f"the key “{name}” is of a kind that is not known here")
    if len(raw) != 1 + _KEY_BYTES:
        raise NoteError(f"the key “{name}” does not have {_KEY_BYTES} bytes")
    return name, bytes.fromhex(key_id), kind, raw[1:]


def _base64(text: str, what: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoteError(f"{what} is base64") from None
    if base64.b64encode(raw).decode() != text:
        raise NoteError(f"{what} is base64 in its one form")
    return raw
