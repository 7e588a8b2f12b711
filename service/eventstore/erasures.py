"""Erased parts of facts, each with the position of the fact that says so."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

from domain.facts.erasure import (
    ErasablePart,
)
from domain.facts.union import (
    PartsErased,
    SourcePartsErased,
)
from service.eventstore.stored_fact import StoredFact


@dataclass(slots=True)
class Erasures:
    """The positions of erasures, by the position and the part that was erased, and by the stream of a source."""

    parts: dict[tuple[int, ErasablePart], int] = field(default_factory=dict[tuple[int, ErasablePart], int])
    sources: dict[UUID, list[int]] = field(default_factory=dict[UUID, list[int]])

    @property
    def last(self) -> int:
        """The position of the last erasure; 0 without one."""
        return max((*self.parts.values(), *(each for found in self.sources.values() for each in found)), default=0)

    def text_at(self, position: int) -> int | None:
        """Return where the text of the fact at a position was erased; None if it was not."""
        return self.parts.get((position, "text"))

    def words(self, row: StoredFact) -> dict[str, Any]:
        """Return the free text of a fact as JSON: empty where it has none, `{"erased": position}` where it is gone."""
        if row.text is not None or row.text_commitment is None:
            return row.words()
        position = self.text_at(row.position)
        return {"erased": position} if position else {}

    def sealed_at(self, position: int, source: UUID) -> int | None:
        """Return where the sealed part of a fact was erased, by itself or with the key of the stream of its source."""
        with_key = (each for each in self.sources.get(source, ()) if each > position)
        return self.parts.get((position, "sealed")) or next(with_key, None)


def erasures_of(rows: Iterable[StoredFact]) -> Erasures:
    """Return the erasures that facts say, which come by position; other facts are skipped."""
    found = Erasures()
    for row in rows:
        if row.is_a(PartsErased):
            fact = cast("PartsErased", row.fact())
            for part, positions in fact.positions.items():
                for position in positions:
                    found.parts.setdefault((position, part), row.position)
        elif row.is_a(SourcePartsErased):
            found.sources.setdefault(row.stream, []).append(row.position)
    return found
