"""A toll: an estimate with what it counts and who said it; and the greatest of many, of which none are ever added."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from domain.estimates.estimate import CitedFigure, Estimate
from domain.reports.claims.claim import EVENT_SCOPE, Held, Key, event_of_scope, home_of
from domain.values.counts.count import words_for

_FigureRank = tuple[int, int]
_NOTHING: _FigureRank = (-1, -1)


class Toll(NamedTuple):
    """An estimate of one key, and the claim behind its lower end; of one without, behind another end, or its words.

    `said` are the words of that claim, `source` the origin that said it. `incremental` is a figure that its source
    gave for a period of its own, which no policy weighs.
    """

    key: Key
    lower: CitedFigure | None
    best: CitedFigure | None
    upper: CitedFigure | None
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
    def rank(self) -> _FigureRank:
        """Order tolls by their least figure; what has none comes after what has, and words come last."""
        if self.lower:
            return 2, self.lower.figure
        return (1, self.upper.figure if self.upper else 0) if self.figured else (0, 0)


class ScopeTotals(NamedTuple):
    """What was said for other scopes of one kind: how many of them have a figure, and the greatest by its lower end."""

    number: int
    greatest: Toll


def toll_of(key: Key, estimate: Estimate) -> Toll | None:
    """Return what an estimate says of its key; None if it uses no claim."""
    if not estimate.used:
        return None
    lead = estimate.lower or estimate.upper or estimate.best
    held, bound = _claim_behind(estimate, lead)
    ends = estimate.lower, estimate.best, estimate.upper
    open_, contested = estimate.upper_open, estimate.contested
    return Toll(key, *ends, open_, contested, bound, _words(held), held.origin, held.ref)


def increment_of(increments: Iterable[Held]) -> Toll | None:
    """Return the greatest of the increments of one key, as a toll; None where none has a figure."""
    held = max((each for each in increments if each.said != (None, None, None)), key=_greatness, default=None)
    if held is None:
        return None
    lower, upper, best = (None if figure is None else CitedFigure(figure, held.ref) for figure in held.said)
    return Toll(
        key=held.key,
        lower=lower,
        best=best,
        upper=upper,
        upper_open=upper is None,
        contested=False,
        bound=held.count.bound or "exact",
        said=_words(held),
        source=held.origin,
        claim=held.ref,
        incremental=True,
    )


def is_everyone(key: Key) -> bool:
    """Say whether a key counts everyone, however they were killed."""
    return not key.limits and key.manner is None


@dataclass(slots=True)
class TollGroup:
    """The tolls of many keys; `greatest` is that with the greatest lower end, of equals the first by its key."""

    greatest: Toll | None = None
    _tolls: dict[Key, Toll] = field(default_factory=dict[Key, Toll])
    _figured: Counter[str] = field(default_factory=Counter[str])

    def set(self, key: Key, toll: Toll | None) -> bool:
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
    def totals(self) -> ScopeTotals | None:
        """How many scopes have a figure, and the greatest; None where nothing is said."""
        return ScopeTotals(len(self._figured), self.greatest) if self.greatest else None

    def __iter__(self) -> Iterator[Toll]:
        """Yield the tolls, in no order."""
        yield from self._tolls.values()

    def _count(self, toll: Toll, times: int) -> None:
        if toll.figured:
            self._figured[toll.key.scope] += times
            if not self._figured[toll.key.scope]:
                del self._figured[toll.key.scope]


def greatest(tolls: Iterable[Toll]) -> Toll | None:
    """Return the toll with the greatest lower end; of equal ones the first by its key; None where there is none."""
    found: Toll | None = None
    rank = _NOTHING
    for toll in tolls:
        own = toll.rank
        if own > rank or (own == rank and found and toll.key.canonical < found.key.canonical):
            found, rank = toll, own
    return found


def toll_document(toll: Toll) -> Mapping[str, object]:
    """Write a toll: its ends, what it counts, and the claim behind its lower end in the words that it was said in."""
    ends = (("lower", toll.lower), ("best", toll.best), ("upper", toll.upper))
    return {
        **{name: end and end.figure for name, end in ends},
        "upper_open": toll.upper_open,
        "contested": toll.contested,
        **counted_document(toll),
    }


def counted_document(toll: Toll) -> Mapping[str, object]:
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


def _claim_behind(estimate: Estimate, end: CitedFigure | None) -> tuple[Held, str]:
    """Find the claim that says an end, with its bound; the newest of those used where there are only words."""
    if end is not None:
        for claim in estimate.used:
            if claim.exceeded_by is not None and claim.exceeded_by.ref == end.claim:
                return claim.exceeded_by, claim.bound
            if claim.ref == end.claim:
                return claim.resolved, claim.bound
    newest = max(
        estimate.used, key=lambda claim: (claim.resolved.newness[:-1], claim.resolved.origin, _words(claim.resolved))
    )
    return newest.resolved, newest.bound


def _words(held: Held) -> str:
    return held.count.verbatim or words_for(held.count)


def _greatness(held: Held) -> tuple[object, ...]:
    """Order increments by their figure; ties go to the newer, and only then by who said it, and in which words."""
    lower = held.count.lower
    return lower is not None, lower or 0, held.newness[:-1], held.origin, _words(held), held.ref
