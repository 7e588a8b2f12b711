"""A fact as the log holds it: the shape it is appended in, and the shape of the row read back."""

from dataclasses import KW_ONLY, dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from domain.ledger.entry import Entry

COLUMNS: Final = """
    notification_id, fact_id, originator_id, originator_version, topic, recorded_at, recorded_by, request_hash,
    state, text, state_commitment, text_commitment, sealed_commitment
"""
"""What `stored_row` takes, in the order of StoredRow's fields; the two salts may follow."""
_RECORDED_AT: Final = 5

FIND: Final = f"SELECT {COLUMNS} FROM public.facts WHERE fact_id = %(fact_id)s"  # noqa: S608 - constants only
_VERSIONS: Final = f"""
    SELECT {COLUMNS} FROM public.facts
    WHERE originator_id = %(stream)s AND originator_version > %(gt)s AND originator_version <= %(lte)s
"""  # noqa: S608 - constants only
OLDEST_FIRST: Final = f"{_VERSIONS} ORDER BY originator_version LIMIT %(limit)s"
NEWEST_FIRST: Final = f"{_VERSIONS} ORDER BY originator_version DESC LIMIT %(limit)s"
LOOK_UP: Final = f"""
    SELECT true, {COLUMNS} FROM public.facts WHERE fact_id = ANY(%(fact_ids)s::uuid[])
    UNION ALL
    SELECT false, beyond.* FROM unnest(%(streams)s::uuid[], %(versions)s::bigint[]) AS known (stream, version)
    CROSS JOIN LATERAL (
        SELECT {COLUMNS} FROM public.facts
        WHERE originator_id = known.stream AND originator_version > known.version
    ) AS beyond
"""  # noqa: S608 - constants only
"""Facts by their ids, marked true, and what streams hold beyond a version of each."""
BETWEEN: Final = f"""
    SELECT "between".* FROM unnest(%(streams)s::uuid[], %(afters)s::bigint[], %(uptos)s::bigint[])
    AS asked (stream, after, upto)
    CROSS JOIN LATERAL (
        SELECT {COLUMNS} FROM public.facts
        WHERE originator_id = asked.stream AND originator_version > asked.after AND originator_version <= asked.upto
    ) AS "between"
"""  # noqa: S608 - constants only
"""What streams hold beyond one version of each and up to another."""


@dataclass(frozen=True)
class StoredFact(StoredEvent):
    """A fact to append: the library's stored event with what else the log keeps of it.

    `originator_id` is the stream, `originator_version` its place there (1, 2, 3 …).
    `state` and `text` are canonical JSON, `sealed` is protected bytes; `recorded_by`
    is the id of a token, `request_hash` a SHA-256.
    """

    _: KW_ONLY
    fact_id: UUID
    text: bytes | None = None
    sealed: bytes | None = None
    recorded_by: str | None = None
    request_hash: bytes | None = None

    @property
    def stream(self) -> UUID:
        """The stream's id; the library would also allow text, this log has UUIDs only."""
        if not isinstance(self.originator_id, UUID):
            message = f"a stream of this log is named by a UUID, not by {self.originator_id!r}"
            raise TypeError(message)
        return self.originator_id


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A recorded fact; `recorded_at` is in UTC, to the microsecond.

    A part without a commitment was never there; a commitment without its part means
    that the part was erased. Salts are None unless they were asked for. The sealed
    part is not read here.
    """

    position: int
    fact_id: UUID
    stream: UUID
    version: int
    topic: str
    recorded_at: datetime
    recorded_by: str | None
    request_hash: bytes | None
    state: bytes
    text: bytes | None
    state_commitment: bytes
    text_commitment: bytes | None
    sealed_commitment: bytes | None
    state_salt: bytes | None = None
    text_salt: bytes | None = None

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

    def as_appended(self) -> StoredFact:
        """Return the fact in the shape it was appended in, but for its sealed part."""
        return StoredFact(
            self.stream,
            self.version,
            self.topic,
            self.state,
            fact_id=self.fact_id,
            text=self.text,
            recorded_by=self.recorded_by,
            request_hash=self.request_hash,
        )


def stored_row(values: tuple[Any, ...]) -> StoredRow:
    """Make a StoredRow of a database row of COLUMNS.

    The driver gives a moment in the time zone of its connection, which depends on
    the server's settings; a row does not.
    """
    fields = list(values)
    fields[_RECORDED_AT] = fields[_RECORDED_AT].astimezone(UTC)
    return StoredRow(*fields)


def versions_of(
    stream_id: UUID, *, gt: int | None = None, lte: int | None = None, limit: int | None = None
) -> dict[str, Any]:
    """Return the parameters of OLDEST_FIRST and NEWEST_FIRST; None sets no bound."""
    return {"stream": stream_id, "gt": gt or 0, "lte": 2**63 - 1 if lte is None else lte, "limit": limit}
