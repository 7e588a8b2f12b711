"""What the writer keeps between transactions: incidents already folded, and the sources that are known."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from domain.incident.state import Incident
from service.runtime.weighted_lru import WeightedLRU

MOST_FACTS = 100_000
"""How many facts the incidents that are kept may hold together; a larger one is kept alone."""
MOST_ORIGINS = 100_000
"""How many sources are kept as known."""


class Folded(Mapping[UUID, Incident]):
    """Incidents by stream, as far as they were folded; those used longest ago are dropped for newer ones.

    Each may lie behind the log, never before it: whoever uses one reads what was recorded since.
    """

    def __init__(self, most_facts: int = MOST_FACTS) -> None:
        self._kept = WeightedLRU[UUID, tuple[Incident, int]](most_facts)

    def __getitem__(self, stream: UUID) -> Incident:
        if (kept := self._kept.get(stream)) is None:
            raise KeyError(stream)
        return kept[0]

    def __iter__(self) -> Iterator[UUID]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def facts(self) -> int:
        """How many facts the incidents hold together."""
        return self._kept.weight

    def seen(self, stream: UUID) -> int:
        """Return the last position at which an incident was known to be complete; 0 for one that is not kept."""
        kept = self._kept.get(stream)
        return kept[1] if kept else 0

    def keep(self, stream: UUID, incident: Incident, seen: int = 0) -> None:
        """Add or replace an incident; `seen` is a position up to which it is complete."""
        self._kept.put(stream, (incident, seen), incident.version)

    def forget(self, streams: Iterable[UUID]) -> None:
        """Drop incidents."""
        for stream in streams:
            self._kept.pop(stream)


@dataclass(slots=True)
class Warm:
    """What is kept between transactions.

    `head` is where the log ended after the last one. While it ends there when the next one begins, nobody else appends;
    `since` is where it ended when that began. So what was whole at `since` or later still is, and need not be read.

    `earlier` are incidents as they stood at some earlier version, for what was asked before and is asked again.
    """

    incidents: Folded = field(default_factory=Folded)
    earlier: Folded = field(default_factory=Folded)
    origins: set[str] = field(default_factory=set[str])
    head: int | None = None
    since: int = 0

    def begin(self, head: int) -> None:
        """Begin a transaction where the log ends at `head`."""
        if head != self.head:
            self.since = head

    def is_whole(self, stream: UUID) -> bool:
        """Say whether an incident that is kept has all that the log has of it."""
        return self.incidents.seen(stream) >= self.since

    def know(self, origins: Iterable[str]) -> None:
        """Keep that these sources are recorded."""
        if len(self.origins) > MOST_ORIGINS:
            self.origins.clear()
        self.origins.update(origins)
