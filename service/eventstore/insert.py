"""How facts get into the table: each part salted and committed to, then all of them in one COPY."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import Cursor

from domain.ledger.canonical import commitment
from service.eventstore.stored_fact import StoredFact

# One plain statement that streams: the library's own way, psycopg's pipeline, hangs for ever on large parameters
# (about 1 MB over a Unix socket). COPY is also the fastest for one fact and for a thousand.
COPY: Final = """
    COPY public.facts (
        notification_id, recorded_at,
        fact_id, originator_id, originator_version, topic, recorded_by, request_hash,
        state, state_salt, state_commitment,
        text, text_salt, text_commitment,
        sealed, sealed_salt, sealed_commitment
    ) FROM STDIN (FORMAT binary)
"""
COPY_TYPES: Final = ("int8", "timestamptz", "uuid", "uuid", "int8", "text", "text", *("bytea",) * 10)

ABSENT: Final = (None, None)


class Committed(NamedTuple):
    """A fact with a salt and a commitment for each of its parts: the row but for position and moment."""

    fact_id: UUID
    stream: UUID
    version: int
    topic: str
    recorded_by: str | None
    request_hash: bytes | None
    state: bytes
    state_salt: bytes
    state_commitment: bytes
    text: bytes | None
    text_salt: bytes | None
    text_commitment: bytes | None
    sealed: bytes | None
    sealed_salt: bytes | None
    sealed_commitment: bytes | None


def commit_to(fact: StoredFact, salt: Callable[[], bytes]) -> Committed:
    """Draw a salt for each part that is there, and commit to the part with it."""
    return Committed(
        fact.fact_id,
        fact.stream,
        fact.originator_version,
        fact.topic,
        fact.recorded_by,
        fact.request_hash,
        fact.state,
        *_commitment("state", fact.state, salt),
        fact.text,
        *(_commitment("text", fact.text, salt) if fact.text is not None else ABSENT),
        fact.sealed,
        *(_commitment("sealed", fact.sealed, salt) if fact.sealed is not None else ABSENT),
    )


def insert(cursor: Cursor[Any], facts: Sequence[Committed], first: int, moment: datetime) -> None:
    """Write facts at the positions from `first` on, all with the stamp `moment`."""
    with cursor.copy(COPY) as copy:
        copy.set_types(COPY_TYPES)
        for position, fact in enumerate(facts, start=first):
            copy.write_row((position, moment, *fact))


def _commitment(part: str, content: bytes, salt: Callable[[], bytes]) -> tuple[bytes, bytes]:
    grain = salt()
    return grain, commitment(part, grain, content)
