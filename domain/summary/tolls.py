"""A toll: an estimate with its key and claim; and the greatest of many. Tolls are never added."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from msgspec import Struct

from domain.estimates.estimate import CitedFigure, Estimate
from domain.reports.claims.claim import EVENT_SCOPE, ClaimKey, ResolvedClaim, event_of_scope, split_scope
from domain.values.counts.count import words_for

_FigureRank = tuple[int, int]


class Toll(Struct, frozen=True):
    """An estimate of one key, with the claim that gives its lower end, else another end, else its words.

    `said` are the words of that claim, `source` its origin. `incremental`: from increments, which no policy estimates.
    """

    key: ClaimKey
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
        """Whether it has any figure, not words alone."""
        return bool(self.lower or self.best or self.upper)

    @property
    def rank(self) -> _FigureRank:
        """Sort key: by least figure, then those with a cap only, then words."""
        if self.lower:
            return 2, self.lower.figure
        return (1, self.upper.figure if self.upper else 0) if self.figured else (0, 0)


class ScopeTotals(NamedTuple):
    """Tolls of several scopes: how many scopes have a figure, and the greatest toll."""

    number: int
    greatest: Toll


def toll_of(key: ClaimKey, estimate: Estimate) -> Toll | None:
    """Return the toll of an estimate, None if it uses no claim."""
    if not estimate.used:
        return None
    end = estimate.lower or estimate.upper or estimate.best
    claim, bound = _claim_behind(estimate, end)
    ends = estimate.lower, estimate.best, estimate.upper
    open_, contested = estimate.upper_open, estimate.contested
    return Toll(key, *ends, open_, contested, bound, _words(claim), claim.origin, claim.ref)


def increment_of(increments: Iterable[ResolvedClaim]) -> Toll | None:
    """Return the greatest of the increments of one key, as a toll; None where none has a figure."""
    claim = max(
        (each for each in increments if each.printable_figures != (None, None, None)), key=_greatness, default=None
    )
    if claim is None:
        return None
    lower, upper, best = (
        None if figure is None else CitedFigure(figure, claim.ref) for figure in claim.printable_figures
    )
    return Toll(
        key=claim.key,
        lower=lower,
        best=best,
        upper=upper,
        upper_open=upper is None,
        contested=False,
        bound=claim.count.bound or "exact",
        said=_words(claim),
        source=claim.origin,
        claim=claim.ref,
        incremental=True,
    )


@dataclass(slots=True)
class TollGroup:
    """Tolls by key; `greatest` is that with the greatest lower end, ties by canonical key."""

    greatest: Toll | None = None
    _tolls: dict[ClaimKey, Toll] = field(default_factory=dict[ClaimKey, Toll])
    _figured: dict[str, int] = field(default_factory=dict[str, int])

    def set(self, key: ClaimKey, toll: Toll | None) -> bool:
        """Set or remove the toll of a key; returns whether it changed."""
        old = self._tolls.get(key)
        if old == toll:
            return False
        if toll is None:
            del self._tolls[key]
        else:
            self._tolls[key] = toll
        if (old is not None and old.figured) is not (toll is not None and toll.figured):
            self._count(key.scope, 1 if toll is not None and toll.figured else -1)
        if old is not None and old is self.greatest:
            falls = toll is None or toll.rank < old.rank
            self.greatest = greatest(self._tolls.values()) if falls else toll
        else:
            self.greatest = greater(self.greatest, toll)
        return True

    def get(self, key: ClaimKey) -> Toll | None:
        """Return the toll of a key, if any."""
        return self._tolls.get(key)

    @property
    def figured(self) -> int:
        """Number of scopes with a figure."""
        return len(self._figured)

    @property
    def totals(self) -> ScopeTotals | None:
        """Number of scopes with a figure, and the greatest toll; None if empty."""
        return ScopeTotals(len(self._figured), self.greatest) if self.greatest else None

    def __iter__(self) -> Iterator[Toll]:
        """Yield the tolls, in no order."""
        yield from self._tolls.values()

    def _count(self, scope: str, sign: int) -> None:
        """Count one more, or one less, key of a scope with a figure."""
        number = self._figured.get(scope, 0) + sign
        if number:
            self._figured[scope] = number
        else:
            del self._figured[scope]


def greatest(tolls: Iterable[Toll]) -> Toll | None:
    """Return the toll with the greatest lower end, ties by canonical key; None of nothing."""
    found: Toll | None = None
    for toll in tolls:
        found = greater(found, toll)
    return found


def greater(one: Toll | None, other: Toll | None) -> Toll | None:
    """Return the one of two tolls with the greater lower end, ties by canonical key; None of nothing."""
    if one is None or other is None:
        return one or other
    own, rank = one.rank, other.rank
    return other if rank > own or (rank == own and other.key.canonical < one.key.canonical) else one


def toll_document(toll: Toll) -> Mapping[str, object]:
    """Return the document of a toll: its ends, key, and the claim that gives its lower end."""
    ends = (("lower", toll.lower), ("best", toll.best), ("upper", toll.upper))
    return {
        **{name: end and end.figure for name, end in ends},
        "upper_open": toll.upper_open,
        "contested": toll.contested,
        **counted_document(toll),
    }


def counted_document(toll: Toll) -> Mapping[str, object]:
    """Return the key of a toll (`counted_for`: the merged incident) and its claim."""
    home, scope = split_scope(toll.key.scope)
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


def _claim_behind(estimate: Estimate, end: CitedFigure | None) -> tuple[ResolvedClaim, str]:
    """Return the claim that gives an end, with its bound; the newest used one where there are only words."""
    if end is not None:
        for claim in estimate.used:
            if claim.exceeded_by is not None and claim.exceeded_by.ref == end.claim:
                return claim.exceeded_by, claim.bound
            if claim.ref == end.claim:
                return claim.resolved, claim.bound
    newest = max(
        estimate.used,
        key=lambda claim: (claim.resolved.recency_key[:-1], claim.resolved.origin, _words(claim.resolved)),
    )
    return newest.resolved, newest.bound


def _words(claim: ResolvedClaim) -> str:
    return claim.count.verbatim or words_for(claim.count)


def _greatness(claim: ResolvedClaim) -> tuple[object, ...]:
    """Sort key of increments: figure, then newer, then origin and words."""
    lower = claim.count.lower
    return lower is not None, lower or 0, claim.recency_key[:-1], claim.origin, _words(claim), claim.ref
