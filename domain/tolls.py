"""What lists and totals show of figures: estimates with what they count, and the greatest of those of many scopes.

No two figures are added. A figure for one event, or for an incident that was merged into this one, counts some of the
dead of the incident, so there are at least as many. Of a declared scope nobody said how it lies to the incident, nor of
another incident from which only a report was moved: such a figure stands beside, by the name of its scope, and is
compared with nothing.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from domain.claims import EVENT_SCOPE, INCIDENT_SCOPE, Held, Key, event_of_scope, home_of, key_of
from domain.counts import words_for
from domain.estimates import End, Estimate, Question
from domain.tallies import Tally

KILLED = "killed"

Part = Literal["own", "event", "merged", "other"]
"""What of an incident a key counts: the whole, one event, an incident that was merged into it, or a scope beside it."""

_Rank = tuple[int, int]
_NOTHING: _Rank = (-1, -1)


class Toll(NamedTuple):
    """An estimate of one key, and the claim behind its lower end; of one without, behind another end, or its words.

    `said` are the words of that claim, `source` the origin that said it. `incremental` is a figure that its source
    gave for a period of its own, which no policy weighs.
    """

    key: Key
    lower: End | None
    best: End | None
    upper: End | None
    upper_open: bool
    contested: bool
    bound: str
    said: str
    source: str
    claim: str
    incremental: bool = False

    @property
    def figured(self) -> bool:
        """Say whether it has any figure; one in words alone has none."""
        return bool(self.lower or self.best or self.upper)

    @property
    def rank(self) -> _Rank:
        """Order tolls by their least figure; what has none comes after what has, and words come last."""
        if self.lower:
            return 2, self.lower.figure
        return (1, self.upper.figure if self.upper else 0) if self.figured else (0, 0)


class Beside(NamedTuple):
    """What was said for other scopes of one kind: how many of them have a figure, and the greatest by its lower end."""

    number: int
    greatest: Toll


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


def toll_of(key: Key, estimate: Estimate) -> Toll | None:
    """Return what an estimate says of its key; None if it uses no claim."""
    if not estimate.used:
        return None
    lead = estimate.lower or estimate.upper or estimate.best
    held, bound = _behind(estimate, lead)
    ends = estimate.lower, estimate.best, estimate.upper
    open_, contested = estimate.upper_open, estimate.contested
    return Toll(key, *ends, open_, contested, bound, _words(held), held.origin, held.ref)


def increment_of(increments: Iterable[Held]) -> Toll | None:
    """Return the greatest of the increments of one key, as a toll; None where none has a figure."""
    held = max((each for each in increments if each.said != (None, None, None)), key=_greatness, default=None)
    if held is None:
        return None
    lower, upper, best = (None if figure is None else End(figure, held.ref) for figure in held.said)
    bound = held.count.bound or "exact"
    ends = lower, best, upper
    return Toll(held.key, *ends, upper is None, False, bound, _words(held), held.origin, held.ref, incremental=True)  # noqa: FBT003 - by place, as in toll_of


def is_everyone(key: Key) -> bool:
    """Say whether a key counts everyone, however they were killed."""
    return not key.limits and key.manner is None


def in_events_key(key: Key) -> Key:
    """Return the key that stands for a measure of a population in single events, whichever and however done."""
    return key_of(key.measure, key.population, EVENT_SCOPE, None)


@dataclass(slots=True)
class Group:
    """The tolls of many keys; `greatest` is that with the greatest lower end, of equals the first by its key."""

    greatest: Toll | None = None
    _tolls: dict[Key, Toll] = field(default_factory=dict[Key, Toll])
    _figured: Counter[str] = field(default_factory=Counter[str])

    def tell(self, key: Key, toll: Toll | None) -> bool:
        """Let a key have this toll now, or none; says whether it had another."""
        was = self._tolls.get(key)
        if was == toll:
            return False
        if was is not None:
            del self._tolls[key]
            self._count(was, -1)
        if toll is not None:
            self._tolls[key] = toll
            self._count(toll, 1)
        if was is not None and was is self.greatest and (toll is None or toll.rank < was.rank):
            self.greatest = greatest(self._tolls.values())
        else:
            self.greatest = greatest(each for each in (None if self.greatest is was else self.greatest, toll) if each)
        return True

    @property
    def beside(self) -> Beside | None:
        """How many scopes have a figure, and the greatest; None where nothing is said."""
        return Beside(len(self._figured), self.greatest) if self.greatest else None

    def __iter__(self) -> Iterator[Toll]:
        """Yield the tolls, in no order."""
        yield from self._tolls.values()

    def _count(self, toll: Toll, times: int) -> None:
        if toll.figured:
            self._figured[toll.key.scope] += times
            if not self._figured[toll.key.scope]:
                del self._figured[toll.key.scope]


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
    def event_keys(self) -> Collection[Key]:
        """The keys of single events under which anything is said."""
        return self._voices.keys()

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

    def tell_event(self, question: Question, estimate: Estimate | None, increments: Iterable[Held] = ()) -> bool:
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


def greatest(tolls: Iterable[Toll]) -> Toll | None:
    """Return the toll with the greatest lower end; of equal ones the first by its key; None where there is none."""
    found: Toll | None = None
    rank = _NOTHING
    for toll in tolls:
        own = toll.rank
        if own > rank or (own == rank and found and toll.key.canonical < found.key.canonical):
            found, rank = toll, own
    return found


def toll_document(toll: Toll | None) -> Mapping[str, object] | None:
    """Write a toll: its ends, what it counts, and the claim behind its lower end in the words that it was said in."""
    if toll is None:
        return None
    ends = {name: end and end.figure for name, end in (("lower", toll.lower), ("best", toll.best))}
    return {
        **ends,
        "upper": toll.upper and toll.upper.figure,
        "upper_open": toll.upper_open,
        "contested": toll.contested,
        **_counted(toll),
    }


def killed_document(killed: Killed) -> Mapping[str, object]:
    """Write what was said of those killed, under the names that lists and exports have for it."""
    least = killed.at_least
    aside = {"events": killed.events, "merged": killed.merged, "scopes": killed.scopes}
    return {
        KILLED: toll_document(killed.toll),
        "killed_at_least": {"figure": killed.floor, **_counted(least)} if least else None,
        **{f"killed_in_{name}": beside and _beside(beside) for name, beside in aside.items()},
    }


def _beside(beside: Beside) -> Mapping[str, object]:
    return {"count": beside.number, "greatest": toll_document(beside.greatest)}


def _counted(toll: Toll) -> Mapping[str, object]:
    """Write what a toll counts, for which incident that was merged, if for one; and who said it in which words."""
    home, scope = home_of(toll.key.scope)
    event = event_of_scope(scope)
    return {
        "scope": EVENT_SCOPE if event is not None else scope,
        "event": event,
        "counted_for": home,
        "population": toll.key.limits,
        "manner": toll.key.manner,
        "accumulation": "incremental" if toll.incremental else "cumulative",
        "bound": toll.bound,
        "said": toll.said,
        "source": toll.source,
        "claim": toll.claim,
    }


def _everyone_first(own: Iterable[Toll]) -> list[Toll]:
    return sorted(own, key=lambda toll: (not is_everyone(toll.key), toll.key.canonical))


def _behind(estimate: Estimate, end: End | None) -> tuple[Held, str]:
    """Find the claim that says an end, with its bound; the newest of those used where there are only words."""
    if end is not None:
        for claim in estimate.used:
            if claim.exceeded_by is not None and claim.exceeded_by.ref == end.claim:
                return claim.exceeded_by, claim.bound
            if claim.ref == end.claim:
                return claim.held, claim.bound
    newest = max(estimate.used, key=lambda claim: claim.held.newness)
    return newest.held, newest.bound


def _voices(question: Question) -> _Voices:
    fit = [claim for claim in question.claims if not claim.rated_out]
    return [claim.held.origin for claim in fit], [claim.held.origin for claim in fit if claim.lowest or claim.highest]


def _words(held: Held) -> str:
    return held.count.verbatim or words_for(held.count)


def _greatness(held: Held) -> tuple[object, ...]:
    """Order increments by their figure; ties go to the newer, and only then by who said it, and in which words."""
    lower = held.count.lower
    return lower is not None, lower or 0, held.newness[:-1], held.origin, _words(held), held.ref
