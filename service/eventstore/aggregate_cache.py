"""What the writer keeps between transactions: incidents already folded, and the sources that are known."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from domain.incident.decide import Incident

MOST_FACTS = 100_000
"""How many facts the incidents that are kept may hold together; a larger one is kept alone."""
MOST_ORIGINS = 100_000
"""How many sources are kept as known."""


class AggregateCache(Mapping[UUID, Incident]):
    """Incidents by stream, as far as they were folded; those used longest ago are dropped for newer ones.

    Each may lie behind the log, never before it: whoever uses one reads what was recorded since.
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
        """Return the last position at which an incident that is kept was known to be whole."""
        return self._kept[stream][2]

    def put(self, stream: UUID, incident: Incident, seen: int = 0) -> None:
        """Keep an incident, and drop those that were used longest ago while there is too much.

        `seen` is a position up to which it is whole.
        """
        self.discard([stream])
        self._kept[stream] = incident, incident.version, seen
        self.facts += incident.version
        while self.facts > self._most and len(self._kept) > 1:
            self.discard([next(iter(self._kept))])

    def discard(self, streams: Iterable[UUID]) -> None:
        """Drop incidents."""
        for stream in streams:
            if stream in self._kept:
                self.facts -= self._kept.pop(stream)[1]


@dataclass(slots=True)
class WriterCache:
    """What is kept between transactions.

    `head` is where the log ended after the last one. While it ends there when the next one begins, nobody else appends;
    `since` is where it ended when that began. So what was whole at `since` or later still is, and need not be read.

    `earlier` are incidents as they stood at some earlier version, for what was asked before and is asked again.
    """

    incidents: AggregateCache = field(default_factory=AggregateCache)
    earlier: AggregateCache = field(default_factory=AggregateCache)
    origins: set[str] = field(default_factory=set[str])
    head: int | None = None
    since: int = 0

    def begin(self, head: int) -> None:
        """Begin a transaction where the log ends at `head`."""
        if head != self.head:
            self.since = head

    def is_complete(self, stream: UUID) -> bool:
        """Say whether an incident that is kept has all that the log has of it."""
        return self.incidents.complete_at(stream) >= self.since

    def add_origins(self, origins: Iterable[str]) -> None:
        """Keep that these sources are recorded."""
        if len(self.origins) > MOST_ORIGINS:
            self.origins.clear()
        self.origins.update(origins)
