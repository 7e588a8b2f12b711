"""The form of a sealed part: version, key id, nonce, ciphertext of AES-256-GCM that is bound to fact and source."""

from typing import Final, NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service.access.sealing.refusals import SealedPartDamaged

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12

_VERSION: Final = b"\x01"
_KEY_ID: Final = slice(1, 17)
_NONCE: Final = slice(17, 17 + NONCE_BYTES)
_CIPHERTEXT: Final = slice(17 + NONCE_BYTES, None)
_SHORTEST: Final = 17 + NONCE_BYTES + 16


class DataKey(NamedTuple):
    """The key of one source, with its id."""

    key_id: UUID
    key: bytes

    def __repr__(self) -> str:
        return f"DataKey({self.key_id})"


def seal(key: DataKey, nonce: bytes, content: bytes, fact_id: UUID, origin: str) -> bytes:
    """Return content encrypted for a fact and its source; `nonce` is 12 random bytes."""
    sealed = AESGCM(key.key).encrypt(nonce, content, _binding(fact_id, origin))
    return b"".join((_VERSION, key.key_id.bytes, nonce, sealed))


def key_id_of(sealed: bytes) -> UUID:
    """Return the id of the key that opens a sealed part; raises SealedPartDamaged where it is of no known form."""
    if sealed[:1] != _VERSION or len(sealed) < _SHORTEST:
        raise SealedPartDamaged(what="The sealed part")
    return UUID(bytes=sealed[_KEY_ID])


def unseal(key: DataKey, sealed: bytes, fact_id: UUID, origin: str) -> bytes:
    """Return the content of a sealed part; raises SealedPartDamaged where a byte, the fact or the source is another."""
    try:
        return AESGCM(key.key).decrypt(sealed[_NONCE], sealed[_CIPHERTEXT], _binding(fact_id, origin))
    except InvalidTag:
        raise SealedPartDamaged(what="The sealed part") from None


def _binding(fact_id: UUID, origin: str) -> bytes:
    return b"knownwhen/sealed/1\x00" + fact_id.bytes + origin.encode()
