"""What was said of those killed in an incident and in its parts; and, of any measure, what was said for single events.

No two figures are added. A figure for one event, or for an incident that was merged into this one, counts some of the
dead of the incident, so there are at least as many. Of a declared scope nobody said how it lies to the incident, nor of
another incident from which only a report was moved: such a figure stands beside, by the name of its scope, and is
compared with nothing.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from domain.estimates.estimate import Estimate, PolicyInput
from domain.reports.claims.claim import EVENT_SCOPE, INCIDENT_SCOPE, Held, Key, home_of, key_of
from domain.summary.reference_counts import ReferenceCounts
from domain.summary.tolls import (
    ScopeTotals,
    Toll,
    TollGroup,
    counted_document,
    greatest,
    increment_of,
    is_everyone,
    toll_document,
    toll_of,
)

KILLED = "killed"

IncidentPart = Literal["own", "event", "merged", "other"]
"""What of an incident a key counts: the whole, one event, an incident that was merged into it, or a scope beside it."""


class InEvents(NamedTuple):
    """What was said of a measure of a population for single events: as in Beside, and by which origins.

    `figured` are those of the origins that give a figure.
    """

    number: int
    greatest: Toll
    origins: Sequence[str]
    figured: Sequence[str]


class KilledSummary(NamedTuple):
    """What was said of those killed in an incident.

    `toll` is the incident's own; else the greatest for an event or for an incident that was merged into it; else that
    for a declared scope; else words. `at_least` has the greatest lower end for the incident or for any of its parts.
    """

    toll: Toll | None = None
    at_least: Toll | None = None
    events: ScopeTotals | None = None
    merged: ScopeTotals | None = None
    scopes: ScopeTotals | None = None

    @property
    def floor(self) -> int | None:
        """The figure of `at_least`; None where nobody gave one."""
        return self.at_least.lower.figure if self.at_least and self.at_least.lower else None


def in_events_key(key: Key) -> Key:
    """Return the key that stands for a measure of a population in single events, whichever and however done."""
    return key_of(key.measure, key.population, EVENT_SCOPE, None)


@dataclass(slots=True)
class _EventMeasure:
    """What was said of a measure of a population in single events, and by which origins: all, and in figures."""

    tolls: TollGroup = field(default_factory=TollGroup)
    origins: ReferenceCounts[str] = field(default_factory=ReferenceCounts[str])
    figured: ReferenceCounts[str] = field(default_factory=ReferenceCounts[str])

    def set(self, key: Key, toll: Toll | None, was: "_Origins", now: "_Origins") -> bool:
        """Let the key of an event read so now; says whether what is said together is another."""
        before = self.tolls.totals
        self.tolls.set(key, toll)
        moved = self.tolls.totals != before
        for tally, old, new in zip((self.origins, self.figured), was, now, strict=True):
            if old != new:
                moved = tally.update(new, add=True) | tally.update(old, add=False) | moved
        return moved


_Origins = tuple[Sequence[str], Sequence[str]]
"""The origins that say anything under a key, and those of them that give a figure."""
_NO_ORIGINS: _Origins = ((), ())


class TollIndex:
    """The figures of an incident that lists and totals show, kept true as its keys are weighed anew."""

    def __init__(self) -> None:
        self._own, self._events, self._merged, self._scopes, self._increments = (TollGroup() for _ in range(5))
        self._homes: frozenset[str] = frozenset()
        self._event_measures: dict[Key, _EventMeasure] = {}
        self._origins: dict[Key, _Origins] = {}

    def part(self, key: Key) -> IncidentPart:
        """Say what of the incident a key counts."""
        if key.event is not None:
            return "event"
        home, scope = home_of(key.scope)
        if scope != INCIDENT_SCOPE:
            return "other"
        return "own" if home is None else "merged" if home in self._homes else "other"

    def merge(self, homes: frozenset[str]) -> frozenset[str]:
        """Let these incidents, by their slugs, be those that were merged into it; returns those that moved."""
        moved, self._homes = homes ^ self._homes, homes
        tolls = [*self._merged, *self._scopes] if moved else ()
        for group in (self._merged, self._scopes):
            for toll in tolls:
                group.set(toll.key, None)
        for toll in tolls:
            self._group(toll.key).set(toll.key, toll)
        return moved

    @property
    def pairs(self) -> Collection[Key]:
        """The keys that stand for a measure of a population in single events, where anything is said."""
        return self._event_measures.keys()

    def set(self, key: Key, estimate: Estimate | None, increments: Iterable[Held] = ()) -> bool:
        """Let a key of no single event read so now; says whether what is shown of those killed may be another."""
        if key.measure != KILLED:
            return False
        moved = self._group(key).set(key, toll_of(key, estimate) if estimate else None)
        return self._increments.set(key, increment_of(increments)) or moved

    def set_event(self, question: PolicyInput, estimate: Estimate | None, increments: Iterable[Held] = ()) -> bool:
        """Let the key of a single event read so now; says whether what is said for single events is another."""
        key, toll = question.key, toll_of(question.key, estimate) if estimate else None
        was, now = self._origins.pop(key, _NO_ORIGINS), _origins_of(question) if toll else _NO_ORIGINS
        if toll is not None:
            self._origins[key] = now
        pair = in_events_key(key)
        told = self._event_measures.get(pair)
        if told is None:
            told = self._event_measures[pair] = _EventMeasure()
        moved = told.set(key, toll, was, now)
        if told.tolls.greatest is None:
            del self._event_measures[pair]
        if key.measure == KILLED:
            self._events.set(key, toll)
            moved = self._increments.set(key, increment_of(increments)) or moved
        return moved

    def in_events(self, pair: Key) -> InEvents | None:
        """Return what was said of a measure of a population for single events; None where nothing was."""
        told = self._event_measures.get(pair)
        beside = told and told.tolls.totals
        return InEvents(*beside, told.origins.values, told.figured.values) if told and beside else None

    @property
    def killed(self) -> KilledSummary:
        """What was said of those killed."""
        parts = [each.greatest for each in (self._merged, self._events)]
        floors = [each for each in (*_everyone_first(self._own), *parts) if each and each.lower]
        aside = self._events.totals, self._merged.totals, self._scopes.totals
        return KilledSummary(self._toll(), max(floors, key=lambda toll: toll.rank, default=None), *aside)

    def _toll(self) -> Toll | None:
        parts = greatest(each for each in (self._merged.greatest, self._events.greatest) if each)
        own = _everyone_first(self._own)
        everyone = [toll for toll in own[:1] if is_everyone(toll.key)]
        others = [each for each in (greatest(own), parts, self._scopes.greatest) if each]
        found = next((toll for toll in (*everyone, *others) if toll.figured), None)
        return found or next(iter((*everyone, *others)), None) or self._increments.greatest

    def _group(self, key: Key) -> TollGroup:
        part = self.part(key)
        return self._own if part == "own" else self._merged if part == "merged" else self._scopes


def killed_document(killed: KilledSummary) -> Mapping[str, object]:
    """Write what was said of those killed, under the names that lists and exports have for it."""
    least = killed.at_least
    aside = {"events": killed.events, "merged": killed.merged, "scopes": killed.scopes}
    return {
        KILLED: killed.toll and toll_document(killed.toll),
        "killed_at_least": {"figure": killed.floor, **counted_document(least)} if least else None,
        **{f"killed_in_{name}": beside and _beside(beside) for name, beside in aside.items()},
    }


def _beside(beside: ScopeTotals) -> Mapping[str, object]:
    return {"count": beside.number, "greatest": toll_document(beside.greatest)}


def _everyone_first(own: Iterable[Toll]) -> list[Toll]:
    return sorted(own, key=lambda toll: (not is_everyone(toll.key), toll.key.canonical))


def _origins_of(question: PolicyInput) -> _Origins:
    fit = [claim for claim in question.claims if not claim.rated_out]
    return [claim.resolved.origin for claim in fit], [
        claim.resolved.origin for claim in fit if claim.lowest or claim.highest
    ]
