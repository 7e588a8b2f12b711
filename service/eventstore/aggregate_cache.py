"""Caches of the writer between transactions: folded incidents, and the registered sources."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from domain.incident.state import Incident
from service.runtime.weighted_lru import WeightedLRU

MOST_FACTS = 100_000
"""The most facts of all cached incidents together; a larger incident is cached alone."""
MOST_ORIGINS = 100_000
"""The most registered sources that are cached."""


class AggregateCache(Mapping[UUID, Incident]):
    """Folded incidents by stream; the least recently used are evicted.

    Entries may be stale, never ahead: read newer facts before use.
    """

    def __init__(self, most_facts: int = MOST_FACTS) -> None:
        self._entries = WeightedLRU[UUID, tuple[Incident, int]](most_facts)

    def __getitem__(self, stream: UUID) -> Incident:
        if (entry := self._entries.get(stream)) is None:
            raise KeyError(stream)
        return entry[0]

    def __iter__(self) -> Iterator[UUID]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def facts(self) -> int:
        """The number of facts of all cached incidents."""
        return self._entries.weight

    def lookup(self, stream: UUID) -> tuple[Incident | None, int]:
        """Return an incident, and the last position at which it was known to be complete; None and 0 if not cached."""
        return self._entries.get(stream) or (None, 0)

    def put(self, stream: UUID, incident: Incident, complete_at: int = 0) -> None:
        """Cache an incident, complete up to a position."""
        self._entries.put(stream, (incident, complete_at), incident.version)

    def discard(self, streams: Iterable[UUID]) -> None:
        """Remove incidents."""
        for stream in streams:
            self._entries.pop(stream)


@dataclass(slots=True)
class WriterCache:
    """The state of the writer between transactions.

    `head` is the end of the log after the last transaction. While the next one begins there, no other process appends;
    `since` is the end of the log when that began. Entries that were complete at `since` or later need not be read.

    `earlier` caches incidents at earlier versions, for requests that are repeated.
    """

    incidents: AggregateCache = field(default_factory=AggregateCache)
    earlier: AggregateCache = field(default_factory=AggregateCache)
    origins: set[str] = field(default_factory=set[str])
    head: int | None = None
    since: int = 0

    def begin(self, head: int) -> None:
        """Begin a transaction at the end of the log `head`."""
        if head != self.head:
            self.since = head

    def lookup(self, stream: UUID) -> tuple[Incident | None, bool]:
        """Return a cached incident, None if it is not cached, and whether it has all facts of its stream."""
        incident, complete_at = self.incidents.lookup(stream)
        return incident, complete_at >= self.since

    def add_origins(self, origins: Iterable[str]) -> None:
        """Cache that these sources are registered."""
        if len(self.origins) > MOST_ORIGINS:
            self.origins.clear()
        self.origins.update(origins)
