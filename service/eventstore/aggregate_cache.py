"""Caches of the writer between transactions: folded incidents, and the sources that are registered."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from domain.incident.decide import Incident

MOST_FACTS = 100_000
"""Facts that the cached incidents consist of at most, together; a larger one is cached alone."""
MOST_ORIGINS = 100_000
"""Sources that are cached as registered at most."""


class AggregateCache(Mapping[UUID, Incident]):
    """Folded incidents by stream; the least recently put are evicted.

    Entries may be stale, never ahead: read newer facts before use.
    """

    def __init__(self, most_facts: int = MOST_FACTS) -> None:
        self.facts = 0
        self._most = most_facts
        self._kept: OrderedDict[UUID, tuple[Incident, int, int]] = OrderedDict()

    def __getitem__(self, stream: UUID) -> Incident:
        return self._kept[stream][0]

    def __iter__(self) -> Iterator[UUID]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)

    def complete_at(self, stream: UUID) -> int:
        """Return the last position at which a cached incident was known to be complete."""
        return self._kept[stream][2]

    def put(self, stream: UUID, incident: Incident, complete_at: int = 0) -> None:
        """Cache an incident, complete up to a position; evicts the least recently put while facts are too many."""
        self.discard([stream])
        self._kept[stream] = incident, incident.version, complete_at
        self.facts += incident.version
        while self.facts > self._most and len(self._kept) > 1:
            self.discard([next(iter(self._kept))])

    def discard(self, streams: Iterable[UUID]) -> None:
        """Remove incidents."""
        for stream in streams:
            if stream in self._kept:
                self.facts -= self._kept.pop(stream)[1]


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

    def is_complete(self, stream: UUID) -> bool:
        """Say whether a cached incident has all facts of its stream."""
        return self.incidents.complete_at(stream) >= self.since

    def add_origins(self, origins: Iterable[str]) -> None:
        """Cache that these sources are registered."""
        if len(self.origins) > MOST_ORIGINS:
            self.origins.clear()
        self.origins.update(origins)
