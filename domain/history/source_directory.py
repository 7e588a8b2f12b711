"""Directory of sources: names, grades, and equivalence classes of origins (`same_origin_stated`)."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from domain.facts.union import SourceGraded, SourceRegistered
from domain.values.sources import ANONYMOUS


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """Registered attributes of a source; `reliability` is its Admiralty letter."""

    origin: str
    name: str
    type: str
    reliability: str
    speaks_for: str | None


@dataclass(slots=True)
class SourceDirectory:
    """Sources by origin; `links` are pairs stated to be one, `canonical` maps each to its representative."""

    records: dict[str, SourceRecord] = field(default_factory=dict[str, SourceRecord])
    links: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    canonical: dict[str, str] = field(default_factory=dict[str, str])

    def copy(self) -> "SourceDirectory":
        """Return an independent copy."""
        return SourceDirectory(dict(self.records), set(self.links), self.canonical)

    def apply(self, fact: SourceRegistered | SourceGraded) -> None:
        """Apply a registration or a grade."""
        if isinstance(fact, SourceRegistered):
            record = SourceRecord(fact.origin, fact.name, fact.type, fact.reliability, fact.speaks_for)
        else:
            known = self.records[fact.origin]
            record = SourceRecord(known.origin, known.name, known.type, fact.reliability, known.speaks_for)
        self.records[fact.origin] = record

    def set_same_origin(self, pair: tuple[str, str], *, same: bool) -> None:
        """Add or remove the link of two origins; other links of theirs remain."""
        (self.links.add if same else self.links.discard)((min(pair), max(pair)))
        self.canonical = _canonical_names(self.links)

    def resolve(self, origin: str) -> str:
        """Return the representative of an origin's class: a named source before an anonymous one."""
        return self.canonical.get(origin, origin)

    def grade(self, origin: str) -> str:
        """Return the Admiralty letter of a source; F (cannot be judged) where it has none."""
        record = self.records.get(origin)
        return record.reliability if record else "F"

    def name(self, origin: str) -> str:
        """Return the display name of a source; of one that is not registered its slug, or the words of its relay."""
        record = self.records.get(origin)
        return record.name if record else origin.removeprefix(ANONYMOUS).partition("|")[0]


def _canonical_names(links: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Map each linked origin to the representative of its connected component."""
    groups: dict[str, set[str]] = {}
    for one, other in links:
        joined = groups.get(one, {one}) | groups.get(other, {other})
        for member in joined:
            groups[member] = joined
    return {origin: min(group, key=lambda each: (each.startswith(ANONYMOUS), each)) for origin, group in groups.items()}
