"""Facts on erasure and legal holds: of what is said of an incident, and of what a source said."""

from typing import ClassVar, Literal
from uuid import UUID

from domain.facts.stored_shape import Note, StoredShape

ErasablePart = Literal["text", "sealed"]
"""A part of a fact that can be erased."""


class PartsErased(StoredShape, frozen=True):
    """Parts of the facts about a report were erased, with their salts; recorded in its home stream.

    `positions` are those of the facts, by part, also of copies in other streams.
    """

    fact_name: ClassVar[str] = "parts_erased"
    report_id: UUID
    positions: dict[ErasablePart, tuple[int, ...]]
    text: Note | None = None


class LegalHoldPlaced(StoredShape, frozen=True):
    """Nothing of this incident may be erased until the hold is lifted."""

    fact_name: ClassVar[str] = "legal_hold_placed"
    text: Note | None = None


class LegalHoldLifted(StoredShape, frozen=True):
    """The legal hold on this incident was lifted."""

    fact_name: ClassVar[str] = "legal_hold_lifted"
    text: Note | None = None


class SourcePartsErased(StoredShape, frozen=True):
    """The key of every sealed part of a source was destroyed, and `count` such parts were erased with their salts.

    It names no facts, so that it links no reports to each other.
    """

    fact_name: ClassVar[str] = "source_parts_erased"
    origin: str
    count: int
    text: Note | None = None


class SourceHoldPlaced(StoredShape, frozen=True):
    """Nothing that this source said may be erased until the hold is lifted."""

    fact_name: ClassVar[str] = "source_hold_placed"
    origin: str
    text: Note | None = None


class SourceHoldLifted(StoredShape, frozen=True):
    """The legal hold on this source was lifted."""

    fact_name: ClassVar[str] = "source_hold_lifted"
    origin: str
    text: Note | None = None
