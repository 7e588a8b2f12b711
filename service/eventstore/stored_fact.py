"""The stored fact: one row of the log, as it is appended and as it is read back; its encoding and its SQL columns."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, LiteralString, NamedTuple, cast
from uuid import UUID

import orjson
import psycopg

from domain.facts import encoding
from domain.facts.encoding import decode_stored
from domain.facts.union import Fact, Recorded
from domain.facts.versions import FactShape, is_a, may_be_older, topics_of, upcast_state
from domain.ledger.canonical import canonical, commitment
from domain.ledger.entry import Entry

FOLDED_COLUMNS: Final = """
    originator_id, originator_version, topic, state, fact_id, text, text_commitment, notification_id, recorded_at
"""
"""The columns that folds need, in the order of StoredFact's fields."""
COLUMNS: Final = f"{FOLDED_COLUMNS}, recorded_by, request_hash, state_commitment, sealed_commitment"
"""The columns of a fact without its salts and its sealed part, in the order of StoredFact's fields."""
SALTED_COLUMNS: Final = f"{COLUMNS}, state_salt, text_salt"

# One plain statement that streams: the library's own way, psycopg's pipeline, hangs for ever on large parameters
# (about 1 MB over a Unix socket). COPY is also the fastest for one fact and for a thousand.
COPY: Final = """
    COPY public.facts (
        originator_id, originator_version, topic, state, fact_id, text, text_commitment, notification_id, recorded_at,
        recorded_by, request_hash, state_commitment, sealed_commitment, state_salt, text_salt, sealed, sealed_salt
    ) FROM STDIN (FORMAT binary)
"""
"""The columns are in the order of StoredFact's fields."""
_TYPES: Final = "uuid int8 text bytea uuid bytea bytea int8 timestamptz text" + 7 * " bytea"
COPY_TYPES: Final = tuple(map(psycopg.adapters.types.get_oid, _TYPES.split()))
"""The types of these columns, by number: names would be looked up in each transaction."""

_RECORDED_AT: Final = 8
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


class StoredFact(NamedTuple):
    """A row of the log: a fact with its place, hashes, commitments and salts.

    `stream` and `version` are its place in a stream (1, 2, 3 …), `position` that in the log: 0 until it is appended,
    as are `recorded_at` (UTC, to the microsecond) and the commitments. `state` and `text` are canonical JSON, `sealed`
    is protected bytes; `recorded_by` is the id of a token, `request_hash` a SHA-256.

    A part without a commitment never existed; a commitment without its part means that the part was erased. Salts are
    None unless they were read, and the sealed part is not read.
    """

    stream: UUID
    version: int
    topic: str
    state: bytes
    fact_id: UUID
    text: bytes | None = None
    text_commitment: bytes | None = None
    position: int = 0
    recorded_at: datetime = _NEVER
    recorded_by: str | None = None
    request_hash: bytes | None = None
    state_commitment: bytes = b""
    sealed_commitment: bytes | None = None
    state_salt: bytes | None = None
    text_salt: bytes | None = None
    sealed: bytes | None = None
    sealed_salt: bytes | None = None

    def is_a(self, *shapes: FactShape) -> bool:
        """Say whether it is one of these facts, in any version."""
        return is_a(self.topic, *shapes)

    def fact(self) -> Fact:
        """Decode it with its free text. Raises UnknownFact for one that this release cannot read."""
        return decode_stored(self.topic, self.state, self.text)

    def recorded(self, *, text: bool = True) -> Recorded:
        """Decode it with its place in the log, and with its free text if `text`. Raises UnknownFact."""
        return Recorded(
            self.position,
            self.fact_id,
            self.stream,
            self.version,
            self.recorded_at,
            decode_stored(self.topic, self.state, self.text if text else None),
            None if self.text_commitment is None else self.text_commitment.hex(),
        )

    def document(self) -> dict[str, Any]:
        """Return its structured part as JSON, in the present version of the fact."""
        state: dict[str, Any] = orjson.loads(self.state)
        return upcast_state(self.topic, state) if may_be_older(self.topic) else state

    def words(self) -> dict[str, Any]:
        """Return its free text as JSON; empty where there is none or it was erased."""
        return orjson.loads(self.text) if self.text else {}

    def entry(self) -> Entry:
        """Return the leaf entry of this fact: what the Merkle tree commits to."""
        parts = {"state": self.state_commitment, "text": self.text_commitment, "sealed": self.sealed_commitment}
        return Entry(
            position=self.position,
            recorded_at=self.recorded_at,
            fact_id=self.fact_id,
            stream=self.stream,
            version=self.version,
            topic=self.topic,
            parts={part: commitment for part, commitment in parts.items() if commitment is not None},
        )

    def appended(self, position: int, moment: datetime, salt: Callable[[], bytes]) -> "StoredFact":
        """Return the row of this fact at its position, each part committed to with a fresh salt."""
        state_salt = salt()
        text_salt = None if self.text is None else salt()
        sealed_salt = None if self.sealed is None else salt()
        return StoredFact(
            self.stream,
            self.version,
            self.topic,
            self.state,
            self.fact_id,
            self.text,
            commitment("text", text_salt, self.text) if text_salt and self.text is not None else None,
            position,
            moment,
            self.recorded_by,
            self.request_hash,
            commitment("state", state_salt, self.state),
            commitment("sealed", sealed_salt, self.sealed) if sealed_salt and self.sealed is not None else None,
            state_salt,
            text_salt,
            self.sealed,
            sealed_salt,
        )


def stored_fact(values: tuple[Any, ...]) -> StoredFact:
    """Return the StoredFact of a database row of FOLDED_COLUMNS, COLUMNS or SALTED_COLUMNS.

    The driver gives a moment in the time zone of its connection, which depends on the server's settings.
    """
    fields = list(values)
    fields[_RECORDED_AT] = fields[_RECORDED_AT].astimezone(UTC)
    return StoredFact(*fields)


def topics_sql(*shapes: FactShape) -> LiteralString:
    """Return the topics of facts in all their versions as an SQL list, constant so that partial indexes are used."""
    return cast("LiteralString", "({})".format(", ".join(f"'{topic}'" for topic in topics_of(*shapes))))


_SORTED: Final = (
    orjson.OPT_SORT_KEYS
    | orjson.OPT_STRICT_INTEGER
    | orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_SUBCLASS
)
_BEYOND_UTF16: Final = re.compile(b"[\xf0-\xf4]")
"""The first byte of a character beyond U+FFFF, before which RFC 8785 sorts differently."""


def encode(fact: Fact) -> encoding.EncodedFact:
    """Return what `domain.facts.encoding.encode` returns, written by orjson."""
    return encoding.encode(fact, _write)


def _write(document: object) -> bytes:
    """Return the bytes that `canonical` returns, of a document without floats: facts have none."""
    try:
        text = orjson.dumps(document, option=_SORTED)
    except orjson.JSONEncodeError:
        return canonical(document)
    return text if text.isascii() or not _BEYOND_UTF16.search(text) else canonical(document)
