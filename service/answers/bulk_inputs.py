"""The inputs of many incidents, read some hundreds at a time: what sources share is read once and kept."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from psycopg import Cursor

from domain.facts.union import POLICY_STREAM, Recorded, SourceFact
from service.answers.inputs import first_streams, gather
from service.eventstore import sync_reader
from service.eventstore.sync_reader import Kept
from service.runtime.weighted_lru import WeightedLRU

MOST_SHARED: Final = 100_000
"""How many facts of sources and of the policy are held at a time, for the next incident that cites them."""


class UndecodableFact(Exception):
    """A fact cannot be read by this release."""

    def __init__(self, kept: Kept, error: Exception) -> None:
        """Keep the fact, and what decoding it raised."""
        self.kept = kept
        self.error = error
        super().__init__(f"The fact at position {kept.position} ({kept.topic}) cannot be read by this release: {error}")


@dataclass(slots=True)
class BulkInputs:
    """Facts of streams up to a position, with their free text: those of the incidents at hand are read at once.

    Those of sources and of the policy are kept. `cursor` is a binary one.
    """

    cursor: Cursor[Any]
    upto: int
    _prefetched: dict[UUID, list[Kept]] = field(default_factory=dict[UUID, list[Kept]])
    _shared: WeightedLRU[UUID, list[Recorded]] = field(init=False)

    def __post_init__(self) -> None:
        """Begin with an empty cache."""
        self._shared = WeightedLRU(MOST_SHARED)

    def prefetch(self, streams: Sequence[UUID]) -> None:
        """Read the facts of these streams, for `of` to give each once."""
        self._prefetched = self._read(streams)

    def inputs_of(self, stream: UUID) -> list[Recorded]:
        """Return the inputs of an incident in the order of the log. Raises Undecodable."""
        return gather(first_streams(stream), self.facts_of).facts

    def facts_of(self, streams: Sequence[UUID]) -> list[Recorded]:
        """Return the facts of these streams. Raises Undecodable."""
        lacking = [each for each in streams if each not in self._prefetched and each not in self._shared]
        read = self._read(lacking) if lacking else {}
        fresh: dict[UUID, list[Recorded]] = {}
        found: list[Recorded] = []
        for stream in streams:
            facts = self._shared.get(stream)
            if facts is None:
                facts = _decoded(self._prefetched.pop(stream) if stream in self._prefetched else read[stream])
                if stream in read:
                    fresh[stream] = facts
            found += facts
        for stream, facts in fresh.items():  # what is dropped for them may be among those asked for
            self._cache(stream, facts)
        return found

    def _read(self, streams: Sequence[UUID]) -> dict[UUID, list[Kept]]:
        found: dict[UUID, list[Kept]] = {stream: [] for stream in streams}
        for kept in sync_reader.of_streams(self.cursor, streams, self.upto):
            found[kept.stream].append(kept)
        for facts in found.values():
            facts.sort(key=lambda kept: kept.position)
        return found

    def _cache(self, stream: UUID, facts: list[Recorded]) -> None:
        """Keep what is shared by many incidents; what another incident has to say is read again where it is needed."""
        if all(isinstance(each.fact, SourceFact) or each.stream == POLICY_STREAM for each in facts):
            self._shared.put(stream, facts, len(facts) + 1)


def _decoded(facts: Iterable[Kept]) -> list[Recorded]:
    found: list[Recorded] = []
    for kept in facts:
        try:
            found.append(kept.decoded())
        except Exception as error:
            raise UndecodableFact(kept, error) from error
    return found
