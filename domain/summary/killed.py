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
from domain.summary.reference_counts import Tally
from domain.summary.tolls import (
    Beside,
    Group,
    Toll,
    counted_document,
    greatest,
    increment_of,
    is_everyone,
    toll_document,
    toll_of,
)

KILLED = "killed"

Part = Literal["own", "event", "merged", "other"]
"""What of an incident a key counts: the whole, one event, an incident that was merged into it, or a scope beside it."""


class InEvents(NamedTuple):
    """What was said of a measure of a population for single events: as in Beside, and by which origins.

    `figured` are those of the origins that give a figure.
    """

    number: int
    greatest: Toll
    origins: Sequence[str]
    figured: Sequence[str]


class Killed(NamedTuple):
    """What was said of those killed in an incident.

    `toll` is the incident's own; else the greatest for an event or for an incident that was merged into it; else that
    for a declared scope; else words. `at_least` has the greatest lower end for the incident or for any of its parts.
    """

    toll: Toll | None = None
    at_least: Toll | None = None
    events: Beside | None = None
    merged: Beside | None = None
    scopes: Beside | None = None

    @property
    def floor(self) -> int | None:
        """The figure of `at_least`; None where nobody gave one."""
        return self.at_least.lower.figure if self.at_least and self.at_least.lower else None


def in_events_key(key: Key) -> Key:
    """Return the key that stands for a measure of a population in single events, whichever and however done."""
    return key_of(key.measure, key.population, EVENT_SCOPE, None)


@dataclass(slots=True)
class _Told:
    """What was said of a measure of a population in single events, and by which origins: all, and in figures."""

    tolls: Group = field(default_factory=Group)
    origins: Tally[str] = field(default_factory=Tally[str])
    figured: Tally[str] = field(default_factory=Tally[str])

    def tell(self, key: Key, toll: Toll | None, was: "_Voices", now: "_Voices") -> bool:
        """Let the key of an event read so now; says whether what is said together is another."""
        before = self.tolls.beside
        self.tolls.tell(key, toll)
        moved = self.tolls.beside != before
        for tally, old, new in zip((self.origins, self.figured), was, now, strict=True):
            if old != new:
                moved = tally.count(new, add=True) | tally.count(old, add=False) | moved
        return moved


_Voices = tuple[Sequence[str], Sequence[str]]
"""The origins that say anything under a key, and those of them that give a figure."""
_SILENT: _Voices = ((), ())


class Tolls:
    """The figures of an incident that lists and totals show, kept true as its keys are weighed anew."""

    def __init__(self) -> None:
        self._own, self._events, self._merged, self._scopes, self._increments = (Group() for _ in range(5))
        self._homes: frozenset[str] = frozenset()
        self._told: dict[Key, _Told] = {}
        self._voices: dict[Key, _Voices] = {}

    def part(self, key: Key) -> Part:
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
                group.tell(toll.key, None)
        for toll in tolls:
            self._group(toll.key).tell(toll.key, toll)
        return moved

    @property
    def pairs(self) -> Collection[Key]:
        """The keys that stand for a measure of a population in single events, where anything is said."""
        return self._told.keys()

    def tell(self, key: Key, estimate: Estimate | None, increments: Iterable[Held] = ()) -> bool:
        """Let a key of no single event read so now; says whether what is shown of those killed may be another."""
        if key.measure != KILLED:
            return False
        moved = self._group(key).tell(key, toll_of(key, estimate) if estimate else None)
        return self._increments.tell(key, increment_of(increments)) or moved

    def tell_event(self, question: PolicyInput, estimate: Estimate | None, increments: Iterable[Held] = ()) -> bool:
        """Let the key of a single event read so now; says whether what is said for single events is another."""
        key, toll = question.key, toll_of(question.key, estimate) if estimate else None
        was, now = self._voices.pop(key, _SILENT), _voices(question) if toll else _SILENT
        if toll is not None:
            self._voices[key] = now
        pair = in_events_key(key)
        told = self._told.get(pair)
        if told is None:
            told = self._told[pair] = _Told()
        moved = told.tell(key, toll, was, now)
        if told.tolls.greatest is None:
            del self._told[pair]
        if key.measure == KILLED:
            self._events.tell(key, toll)
            moved = self._increments.tell(key, increment_of(increments)) or moved
        return moved

    def in_events(self, pair: Key) -> InEvents | None:
        """Return what was said of a measure of a population for single events; None where nothing was."""
        told = self._told.get(pair)
        beside = told and told.tolls.beside
        return InEvents(*beside, told.origins.all, told.figured.all) if told and beside else None

    @property
    def killed(self) -> Killed:
        """What was said of those killed."""
        parts = [each.greatest for each in (self._merged, self._events)]
        floors = [each for each in (*_everyone_first(self._own), *parts) if each and each.lower]
        aside = self._events.beside, self._merged.beside, self._scopes.beside
        return Killed(self._toll(), max(floors, key=lambda toll: toll.rank, default=None), *aside)

    def _toll(self) -> Toll | None:
        parts = greatest(each for each in (self._merged.greatest, self._events.greatest) if each)
        own = _everyone_first(self._own)
        everyone = [toll for toll in own[:1] if is_everyone(toll.key)]
        others = [each for each in (greatest(own), parts, self._scopes.greatest) if each]
        found = next((toll for toll in (*everyone, *others) if toll.figured), None)
        return found or next(iter((*everyone, *others)), None) or self._increments.greatest

    def _group(self, key: Key) -> Group:
        part = self.part(key)
        return self._own if part == "own" else self._merged if part == "merged" else self._scopes


def killed_document(killed: Killed) -> Mapping[str, object]:
    """Write what was said of those killed, under the names that lists and exports have for it."""
    least = killed.at_least
    aside = {"events": killed.events, "merged": killed.merged, "scopes": killed.scopes}
    return {
        KILLED: killed.toll and toll_document(killed.toll),
        "killed_at_least": {"figure": killed.floor, **counted_document(least)} if least else None,
        **{f"killed_in_{name}": beside and _beside(beside) for name, beside in aside.items()},
    }


def _beside(beside: Beside) -> Mapping[str, object]:
    return {"count": beside.number, "greatest": toll_document(beside.greatest)}


def _everyone_first(own: Iterable[Toll]) -> list[Toll]:
    return sorted(own, key=lambda toll: (not is_everyone(toll.key), toll.key.canonical))


def _voices(question: PolicyInput) -> _Voices:
    fit = [claim for claim in question.claims if not claim.rated_out]
    return [claim.resolved.origin for claim in fit], [
        claim.resolved.origin for claim in fit if claim.lowest or claim.highest
    ]
