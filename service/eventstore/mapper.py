"""Between a fact of the domain and the bytes that the log keeps of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar, cast
from uuid import UUID

import orjson
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import JSONTranscoder, Mapper, MapperDeserialisationError, StoredEvent

from service.eventstore.stored_fact import StoredFact

F = TypeVar("F")
Document = dict[str, Any]


class Parts(Protocol):
    """A fact taken apart: its topic, and its parts as canonical JSON."""

    @property
    def topic(self) -> str:
        """The name of the fact on disk."""
        ...

    @property
    def state(self) -> bytes:
        """The structured part."""
        ...

    @property
    def text(self) -> bytes | None:
        """The free text, or None where there is none."""
        ...


Encode = Callable[[F], Parts]
"""Takes a fact apart."""
Decode = Callable[[str, Document, Document | None], F]
"""Puts it together again from topic, state and text; None where the text is absent or was erased."""


@dataclass(frozen=True)
class StreamFact(Generic[F]):
    """A fact at its place in a stream: what the library calls a domain event."""

    originator_id: UUID
    originator_version: int
    fact_id: UUID
    fact: F
    recorded_by: str | None = None
    request_hash: bytes | None = None


class FactMapper(Mapper[UUID], Generic[F]):
    """Turns facts into what the log stores, and back, by two functions of the domain (facts.encode, facts.decode).

    Topics are the names those functions give: no path into a program is ever stored.
    Nothing is compressed or enciphered on the way, because the commitments are over
    these very bytes.
    """

    def __init__(self, encode: Encode[F], decode: Decode[F]) -> None:
        super().__init__(JSONTranscoder())  # the library wants one; nothing here is given to it
        self._encode = encode
        self._decode = decode

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> StoredFact:
        """Return the fact as it is appended. Takes a StreamFact; whatever `encode` raises comes through."""
        placed = cast("StreamFact[F]", domain_event)
        parts = self._encode(placed.fact)
        return StoredFact(
            placed.originator_id,
            placed.originator_version,
            parts.topic,
            parts.state,
            fact_id=placed.fact_id,
            text=parts.text,
            recorded_by=placed.recorded_by,
            request_hash=placed.request_hash,
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Any:  # noqa: ANN401 - the library's protocol has no F
        """Return the StreamFact of a StoredFact.

        Raises MapperDeserialisationError if `decode` cannot read it, and for the library's
        notifications, which hold neither the id nor the text of a fact.
        """
        where = f"version {stored_event.originator_version} of stream {stored_event.originator_id}"
        if not isinstance(stored_event, StoredFact):
            message = f"{where} was read without its id and text, and is no fact without them"
            raise MapperDeserialisationError(message)
        try:
            text = None if stored_event.text is None else orjson.loads(stored_event.text)
            fact = self._decode(stored_event.topic, orjson.loads(stored_event.state), text)
        except Exception as error:
            message = f"the fact {stored_event.fact_id} ({stored_event.topic}, {where}) cannot be read: {error}"
            raise MapperDeserialisationError(message) from error
        return StreamFact(
            stored_event.stream,
            stored_event.originator_version,
            stored_event.fact_id,
            fact,
            stored_event.recorded_by,
            stored_event.request_hash,
        )
