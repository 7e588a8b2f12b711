"""Sources as a history holds them: how each is called, its grade, and which of them are stated to be one origin."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from domain.facts.union import SourceGraded, SourceRegistered
from domain.values.sources import ANONYMOUS


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """What is held about a source: how it is called, what it is, and its Admiralty letter."""

    origin: str
    name: str
    type: str
    reliability: str
    speaks_for: str | None


@dataclass(slots=True)
class SourceDirectory:
    """The sources that a history depends on; `links` joins those that are stated to be one."""

    records: dict[str, SourceRecord] = field(default_factory=dict[str, SourceRecord])
    links: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    canonical: dict[str, str] = field(default_factory=dict[str, str])

    def apply(self, fact: SourceRegistered | SourceGraded) -> None:
        """Take in how a source is described, or graded anew."""
        if isinstance(fact, SourceRegistered):
            record = SourceRecord(fact.origin, fact.name, fact.type, fact.reliability, fact.speaks_for)
        else:
            was = self.records[fact.origin]
            record = SourceRecord(was.origin, was.name, was.type, fact.reliability, was.speaks_for)
        self.records[fact.origin] = record

    def set_same_origin(self, pair: tuple[str, str], *, same: bool) -> None:
        """Make two sources one origin, or two again; what is joined by others stays joined."""
        (self.links.add if same else self.links.discard)((min(pair), max(pair)))
        self.canonical = _canonical_names(self.links)

    def resolve(self, origin: str) -> str:
        """Return the name that an origin goes by: of those that are one, a named source's before an unnamed one's."""
        return self.canonical.get(origin, origin)

    def grade(self, origin: str) -> str:
        """Return the Admiralty letter of a source; F (cannot be judged) where it has none."""
        record = self.records.get(origin)
        return record.reliability if record else "F"

    def name(self, origin: str) -> str:
        """Return how a source is called."""
        record = self.records.get(origin)
        return record.name if record else origin


def _canonical_names(links: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Give each linked origin the name of all that it is one with."""
    groups: dict[str, set[str]] = {}
    for one, other in links:
        joined = groups.get(one, {one}) | groups.get(other, {other})
        for member in joined:
            groups[member] = joined
    return {origin: min(group, key=lambda each: (each.startswith(ANONYMOUS), each)) for origin, group in groups.items()}
