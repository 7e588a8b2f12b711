"""The inputs of many incidents, read some hundreds at a time; the facts of sources that they share are cached."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from psycopg import Cursor

from domain.facts.streams import POLICY_STREAM
from domain.facts.union import Recorded, SourceFact
from service.answers.inputs import first_streams, gather
from service.eventstore import sync_reader
from service.eventstore.stored_fact import StoredFact
from service.runtime.weighted_lru import WeightedLRU

MOST_SHARED: Final = 100_000
"""About how many facts of sources and of the policy are cached."""


class UndecodableFact(Exception):
    """A fact cannot be decoded by this release."""

    def __init__(self, stored: StoredFact, error: Exception) -> None:
        """Keep the row, and the error that decoding it raised."""
        self.stored = stored
        self.error = error
        super().__init__(
            f"The fact at position {stored.position} ({stored.topic}) cannot be read by this release: {error}"
        )


@dataclass(slots=True)
class BulkInputs:
    """Reads facts up to a position, with their free text, by a binary cursor.

    Incidents are prefetched together; facts of sources and of the policy are cached.
    """

    cursor: Cursor[Any]
    upto: int
    _prefetched: dict[UUID, list[StoredFact]] = field(default_factory=dict[UUID, list[StoredFact]])
    _shared: WeightedLRU[UUID, list[Recorded]] = field(init=False)

    def __post_init__(self) -> None:
        """Begin with an empty cache."""
        self._shared = WeightedLRU(MOST_SHARED)

    def prefetch(self, streams: Sequence[UUID]) -> None:
        """Read the rows of these streams; `facts_of` returns each stream once."""
        self._prefetched = self._read(streams)

    def inputs_of(self, stream: UUID) -> list[Recorded]:
        """Return the inputs of an incident in the order of the log. Raises UndecodableFact."""
        return gather(first_streams(stream), self.facts_of).facts

    def facts_of(self, streams: Sequence[UUID]) -> list[Recorded]:
        """Return the facts of these streams. Raises UndecodableFact."""
        unread = [each for each in streams if each not in self._prefetched and each not in self._shared]
        read = self._read(unread) if unread else {}
        fresh: dict[UUID, list[Recorded]] = {}
        found: list[Recorded] = []
        for stream in streams:
            facts = self._shared.get(stream)
            if facts is None:
                facts = _decoded(self._prefetched.pop(stream) if stream in self._prefetched else read[stream])
                if stream in read:
                    fresh[stream] = facts
            found += facts
        for stream, facts in fresh.items():  # last: adding one may evict another that is needed
            self._cache(stream, facts)
        return found

    def _read(self, streams: Sequence[UUID]) -> dict[UUID, list[StoredFact]]:
        found: dict[UUID, list[StoredFact]] = {stream: [] for stream in streams}
        for stored in sync_reader.of_streams(self.cursor, streams, self.upto):
            found[stored.stream].append(stored)
        for facts in found.values():
            facts.sort(key=lambda stored: stored.position)
        return found

    def _cache(self, stream: UUID, facts: list[Recorded]) -> None:
        """Cache a stream of a source or of the policy; an incident's facts are read again where they are needed."""
        if all(isinstance(each.fact, SourceFact) or each.stream == POLICY_STREAM for each in facts):
            self._shared.put(stream, facts, len(facts) + 1)


def _decoded(facts: Iterable[StoredFact]) -> list[Recorded]:
    found: list[Recorded] = []
    for stored in facts:
        try:
            found.append(stored.recorded())
        except Exception as error:
            raise UndecodableFact(stored, error) from error
    return found
