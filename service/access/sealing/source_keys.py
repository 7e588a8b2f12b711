"""Data keys of sources: made and opened within the transaction of the writer that seals with them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from service.access.sealing.envelope import KEY_BYTES, NONCE_BYTES, DataKey, key_id_of, seal, unseal
from service.access.sealing.key_encryption import KeyEncryption, RandomBytes, WrappedKey
from service.eventstore.append_session import AppendSession
from service.eventstore.command_queue import SealedContent
from service.eventstore.stored_fact import StoredFact
from service.runtime.weighted_lru import WeightedLRU

MOST_KEYS: Final = 1_000
"""The most data keys that a writer keeps open."""

OF_ORIGIN: Final = """
    SELECT key_id, wrapped_by, wrapped FROM access.source_keys WHERE origin = %(origin)s AND destroyed_at IS NULL
"""
ADD: Final = """
    INSERT INTO access.source_keys (key_id, origin, wrapped_by, wrapped)
    VALUES (%(key_id)s, %(origin)s, %(wrapped_by)s, %(wrapped)s)
"""
SEALED: Final = "SELECT sealed FROM public.facts WHERE fact_id = %(fact_id)s"


def binding_of(key_id: UUID, origin: str) -> bytes:
    """Return what a wrapped data key is bound to: its row."""
    return b"knownwhen/key/1\x00" + key_id.bytes + origin.encode()


@dataclass(slots=True)
class SourceKeys:
    """Seals the protected parts of reports, each under the key of its source.

    A key is looked up in the database at each use, so that one destroyed by another process is used no more; what it
    was unwrapped to is kept, since the key-encryption key may be far away.
    """

    keys: KeyEncryption
    random_bytes: RandomBytes
    new_id: Callable[[], UUID]
    _open: WeightedLRU[tuple[UUID, bytes], DataKey] = field(default_factory=lambda: WeightedLRU(MOST_KEYS))

    def seal(self, session: AppendSession, part: SealedContent, fact_id: UUID, origin: str) -> bytes:
        """Return the sealed part of a fact; the first of a source makes its key. Raises a Refusal."""
        key = self._key_of(session, origin) or self._add(session, origin)
        return seal(key, self.random_bytes(NONCE_BYTES), part.content, fact_id, origin)

    def is_same(self, session: AppendSession, row: StoredFact, part: SealedContent, origin: str) -> bool:
        """Say whether a recorded fact has this part, or had one that was erased since; raises a Refusal."""
        if row.sealed_commitment is None:
            return False
        sealed = row.sealed or next(iter(session.fetch(SEALED, {"fact_id": row.fact_id})), (None,))[0]
        if sealed is None:
            return True
        key = self._key_of(session, origin)
        return (
            key is not None
            and key.key_id == key_id_of(sealed)
            and (unseal(key, sealed, row.fact_id, origin) == part.content)
        )

    def _key_of(self, session: AppendSession, origin: str) -> DataKey | None:
        for key_id, wrapped_by, wrapped in session.fetch(OF_ORIGIN, {"origin": origin}):
            if (known := self._open.get((key_id, wrapped))) is not None:
                return known
            opened = DataKey(key_id, self.keys.unwrap(WrappedKey(wrapped_by, wrapped), binding_of(key_id, origin)))
            self._open.put((key_id, wrapped), opened)
            return opened
        return None

    def _add(self, session: AppendSession, origin: str) -> DataKey:
        made = DataKey(self.new_id(), self.random_bytes(KEY_BYTES))
        wrapped = self.keys.wrap(made.key, binding_of(made.key_id, origin))
        session.fetch(ADD, {"key_id": made.key_id, "origin": origin, **wrapped._asdict()})
        return made
