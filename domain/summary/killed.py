"""Tolls of an incident and its parts: those killed, and any measure for single events.

Figures are never added. One for an event, or for a merged incident, is a lower bound for the incident. How a declared
scope, or another incident from which a report was changed, relates to the incident is unknown: such figures are listed
separately and compared with nothing.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import attrgetter
from typing import Literal, NamedTuple

from domain.estimates.estimate import Estimate, PolicyInput
from domain.ledger.canonical import unchecked_text
from domain.reports.claims.claim import EVENT_SCOPE, INCIDENT_SCOPE, ClaimKey, ResolvedClaim, key_of, split_scope
from domain.summary.reference_counts import ReferenceCounts
from domain.summary.tolls import (
    ScopeTotals,
    Toll,
    TollGroup,
    counted_document,
    greater,
    increment_of,
    toll_document,
    toll_of,
)
from domain.values.populations import Population

KILLED = "killed"

IncidentPart = Literal["own", "event", "merged", "other"]
"""Part of an incident that a key counts: the whole, one event, a merged incident, or another scope."""


class InEvents(NamedTuple):
    """Tolls of single events for a measure and population, as in ScopeTotals, with their origins.

    `figured` are the origins that give a figure.
    """

    number: int
    greatest: Toll
    origins: Sequence[str]
    figured: Sequence[str]


class KilledSummary(NamedTuple):
    """Tolls of those killed.

    `toll` is the incident's own; else the greatest of events and merged incidents; else that of a declared scope; else
    words. `at_least` has the greatest lower end of the incident or any of its parts.
    """

    toll: Toll | None = None
    at_least: Toll | None = None
    events: ScopeTotals | None = None
    merged: ScopeTotals | None = None
    scopes: ScopeTotals | None = None

    @property
    def floor(self) -> int | None:
        """The figure of `at_least`, None without one."""
        return self.at_least.lower.figure if self.at_least and self.at_least.lower else None


def in_events_key(key: ClaimKey) -> ClaimKey:
    """Return the key of a measure and population over single events, of any manner."""
    return key_of(key.measure, key.population, EVENT_SCOPE, None)


@dataclass(slots=True)
class _EventMeasure:
    """Tolls of single events for one measure and population, with reference counts of their origins."""

    tolls: TollGroup = field(default_factory=TollGroup)
    origins: ReferenceCounts[str] = field(default_factory=ReferenceCounts[str])
    figured: ReferenceCounts[str] = field(default_factory=ReferenceCounts[str])

    def set(self, key: ClaimKey, toll: Toll | None, old_origins: "_OriginLists", new_origins: "_OriginLists") -> bool:
        """Set the toll and origins of an event's key; returns whether the aggregate changed."""
        tolls = self.tolls
        number, former = tolls.figured, tolls.greatest
        tolls.set(key, toll)
        changed = tolls.figured != number or tolls.greatest != former
        if old_origins != new_origins:
            for counts, old, new in zip((self.origins, self.figured), old_origins, new_origins, strict=True):
                changed = counts.update(new, add=True) or changed
                if old:
                    changed = counts.update(old, add=False) or changed
        return changed


_OriginLists = tuple[Sequence[str], Sequence[str]]
"""Origins with a claim under a key, and those of them that give a figure."""
_NO_ORIGINS: _OriginLists = ((), ())


class TollIndex:
    """Incremental index of the tolls that lists and totals show."""

    def __init__(self) -> None:
        self._own, self._events, self._merged, self._scopes, self._increments = (TollGroup() for _ in range(5))
        self._homes: frozenset[str] = frozenset()
        self._event_measures: dict[ClaimKey, _EventMeasure] = {}
        self._origins: dict[ClaimKey, _OriginLists] = {}
        self._killed: KilledSummary | None = None

    def part(self, key: ClaimKey) -> IncidentPart:
        """Return the part of the incident that a key counts."""
        if key.event is not None:
            return "event"
        if key.home is None:
            return "own" if key.scope == INCIDENT_SCOPE else "other"
        is_merged = key.home in self._homes and split_scope(key.scope)[1] == INCIDENT_SCOPE
        return "merged" if is_merged else "other"

    def merge(self, homes: frozenset[str]) -> frozenset[str]:
        """Set the merged incidents by slug; returns those added or removed."""
        changed, self._homes = homes ^ self._homes, homes
        if changed:
            self._killed = None
        tolls = [*self._merged, *self._scopes] if changed else ()
        for group in (self._merged, self._scopes):
            for toll in tolls:
                group.set(toll.key, None)
        for toll in tolls:
            self._group(toll.key).set(toll.key, toll)
        return changed

    @property
    def pairs(self) -> Collection[ClaimKey]:
        """Keys of `in_events`: each measure and population with a toll for a single event."""
        return self._event_measures.keys()

    def set(self, key: ClaimKey, estimate: Estimate | None, increments: Iterable[ResolvedClaim] = ()) -> bool:
        """Set the toll of a key that is not a single event's; returns whether `killed` may have changed."""
        if key.measure != KILLED:
            return False
        changed = self._group(key).set(key, toll_of(key, estimate) if estimate else None)
        changed = self._increments.set(key, increment_of(increments)) or changed
        if changed:
            self._killed = None
        return changed

    def set_event(
        self, policy_input: PolicyInput, estimate: Estimate | None, increments: Iterable[ResolvedClaim] = ()
    ) -> ClaimKey | None:
        """Set the toll of a single event's key; returns the key of `in_events` if its tolls may have changed."""
        key, toll = policy_input.key, toll_of(policy_input.key, estimate) if estimate else None
        old_origins, new_origins = self._origins.get(key, _NO_ORIGINS), _NO_ORIGINS
        if toll is not None:
            new_origins = self._origins[key] = _origins_of(policy_input)
        elif old_origins is not _NO_ORIGINS:
            del self._origins[key]
        pair = in_events_key(key)
        measure = self._event_measures.get(pair)
        if measure is None:
            measure = self._event_measures[pair] = _EventMeasure()
        changed = measure.set(key, toll, old_origins, new_origins)
        if measure.tolls.greatest is None:
            del self._event_measures[pair]
        if key.measure == KILLED:
            incremented = self._increments.set(key, increment_of(increments))
            if self._events.set(key, toll) or incremented:
                self._killed = None
            changed = incremented or changed
        return pair if changed else None

    def in_events(self, pair: ClaimKey) -> InEvents | None:
        """Return the tolls of single events for a measure and population (`pair`), None without any."""
        measure = self._event_measures.get(pair)
        totals = measure and measure.tolls.totals
        return InEvents(*totals, measure.origins.values, measure.figured.values) if measure and totals else None

    @property
    def killed(self) -> KilledSummary:
        """Tolls of those killed; the same object while unchanged."""
        if self._killed is None:
            totals = self._events.totals, self._merged.totals, self._scopes.totals
            self._killed = KilledSummary(self._toll(), self._at_least(), *totals)
        return self._killed

    def _toll(self) -> Toll | None:
        own, parts = self._own, greater(self._merged.greatest, self._events.greatest)
        found = [toll for toll in (own.get(_EVERYONE), own.greatest, parts, self._scopes.greatest) if toll]
        return next((toll for toll in found if toll.figured), found[0] if found else self._increments.greatest)

    def _at_least(self) -> Toll | None:
        """Return the toll with the greatest lower end; ties: everyone's, the incident's, of merged, of events."""
        own = self._own
        tolls = (own.get(_EVERYONE), own.greatest, self._merged.greatest, self._events.greatest)
        return max((toll for toll in tolls if toll and toll.lower), key=_rank, default=None)

    def _group(self, key: ClaimKey) -> TollGroup:
        part = self.part(key)
        return self._own if part == "own" else self._merged if part == "merged" else self._scopes


def killed_document(killed: KilledSummary) -> Mapping[str, object]:
    """Return the document of `killed`, under the names used by lists and exports."""
    least = killed.at_least
    totals = {"events": killed.events, "merged": killed.merged, "scopes": killed.scopes}
    return {
        KILLED: killed.toll and toll_document(killed.toll),
        "killed_at_least": _least_document(least) if least else None,
        **{
            f"killed_in_{name}": group_totals and _totals_document(group_totals)
            for name, group_totals in totals.items()
        },
    }


def killed_text(killed: KilledSummary) -> str:
    """Return the document of `killed` in its canonical form.

    Raises ValueError for a lone surrogate.
    """
    toll = "null" if killed.toll is None else _toll_text(killed.toll)
    least = "null" if killed.at_least is None else _least_text(killed.at_least)
    events, merged, scopes = map(_totals_text, (killed.events, killed.merged, killed.scopes))
    return (
        f'{{"killed":{toll},"killed_at_least":{least},"killed_in_events":{events},'
        f'"killed_in_merged":{merged},"killed_in_scopes":{scopes}}}'
    )


# Cached: of the tolls of an incident most stay the same from fact to fact.
@lru_cache(maxsize=4096)
def _toll_text(toll: Toll) -> str:
    return unchecked_text(toll_document(toll))


@lru_cache(maxsize=4096)
def _least_text(toll: Toll) -> str:
    return unchecked_text(_least_document(toll))


def _totals_text(totals: ScopeTotals | None) -> str:
    return "null" if totals is None else f'{{"count":{totals.number},"greatest":{_toll_text(totals.greatest)}}}'


def _least_document(toll: Toll) -> Mapping[str, object]:
    return {"figure": toll.lower.figure if toll.lower else None, **counted_document(toll)}


def _totals_document(totals: ScopeTotals) -> Mapping[str, object]:
    return {"count": totals.number, "greatest": toll_document(totals.greatest)}


_EVERYONE = key_of(KILLED, Population(), INCIDENT_SCOPE, None)
"""Key of those killed in the incident, of whatever population and manner."""
_rank = attrgetter("rank")


def _origins_of(policy_input: PolicyInput) -> _OriginLists:
    eligible = [claim for claim in policy_input.claims if not claim.rated_out]
    return [claim.resolved.origin for claim in eligible], [
        claim.resolved.origin for claim in eligible if claim.lowest or claim.highest
    ]
