"""The order of one source's statements: by `supersedes`, then by `reported`, then by assumption."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from heapq import heappop, heappush
from itertools import pairwise
from typing import Generic, Protocol, TypeVar

from domain.reports.claims.claim import BEGINNING, END, earliest, latest
from domain.reports.claims.tie_breaking import Tie, TieRank
from domain.values.time.clocks import Span

S = TypeVar("S", bound="OrderedStatement")

Links = Mapping[str, Iterable[str]]
"""A graph: refs by ref."""

NO_LINKS: Mapping[str, TieRank] = {}


class OrderedStatement(Protocol):
    """A statement that can be ordered: a claim, or a whole report."""

    @property
    def ref(self) -> str: ...
    @property
    def reported(self) -> Span: ...
    @property
    def order(self) -> int: ...
    @property
    def counted_until(self) -> datetime: ...
    @property
    def figure(self) -> int: ...
    @property
    def supersedes(self) -> tuple[str, ...]: ...
    @property
    def content(self) -> TieRank: ...


def ordered(claims: Sequence[S], linked: Mapping[str, TieRank] = NO_LINKS) -> tuple[tuple[S, ...], frozenset[str]]:
    """Order the statements of one source (claims of one key, or whole reports), oldest first.

    Built from the end: of the claims that no other lies wholly after, and that no
    remaining claim says it supersedes, the last is the one with the highest
    `reported_order`, then the one that counts furthest, then the largest figure, then by
    its content (tie_breaking; `linked` as from `links_of`). Also returns the refs whose
    place was decided by figure or content alone. O(n log n).
    """
    if len(claims) == 1:
        return tuple(claims), frozenset()
    if any([claim.supersedes for claim in claims]):  # noqa: C419 - a list is made faster than a generator is run
        in_order, tied = _by_queue(claims, linked)
        return tuple(in_order), frozenset(tied)
    order = sorted(claims, key=_earliest)
    assumed: set[str] = set()
    for start, end in _clusters(order):
        cluster = order[start:end]
        order[start:end], tied = (_order_same_span if _same_span(cluster) else _by_queue)(cluster, linked)
        assumed |= tied
    return tuple(order), frozenset(assumed)


def links_of(replacing: Mapping[str, Iterable[str]], claims: Mapping[str, OrderedStatement]) -> Mapping[str, TieRank]:
    """Return tie ranks of claims by the contents of those that name them and that they name (from `superseded`).

    Of claims of equal content, one that is superseded comes last, so that no copy of it becomes current.
    """
    named: dict[str, list[TieRank]] = {}
    naming: dict[str, list[TieRank]] = {}
    for ref, others in replacing.items():
        for other in others:
            named.setdefault(other, []).append(claims[ref].content)
            naming.setdefault(ref, []).append(claims[other].content)
    linked = named.keys() | naming.keys()
    return {ref: (*sorted(named.get(ref, ())), (), *sorted(naming.get(ref, ()))) for ref in linked}


def order_key(claim: OrderedStatement, linked: Mapping[str, TieRank] = NO_LINKS) -> tuple[object, ...]:
    """Sort key of a single statement of one source: by `reported`, `reported_order`, `counted_until`, figure."""
    tie = Tie(claim, linked.get(claim.ref, ()))
    return latest(claim.reported), earliest(claim.reported), claim.order, claim.counted_until, claim.figure, tie


def _clusters(order: Sequence[OrderedStatement]) -> Iterator[tuple[int, int]]:
    """Yield slices of statements, by beginning, whose times overlap those of no other: each is ordered by itself.

    Slices of one, the most common by far, are left out.
    """
    start, end = 0, BEGINNING
    for index, statement in enumerate(order):
        span = statement.reported
        if (span.earliest or BEGINNING) > end:
            if index - start > 1:
                yield start, index
            start = index
        if (later := span.latest or END) > end:
            end = later
    if len(order) - start > 1:
        yield start, len(order)


def _earliest(claim: OrderedStatement) -> datetime:
    return earliest(claim.reported)


def _same_span(cluster: Sequence[OrderedStatement]) -> bool:
    """Say whether all have the same `reported` span."""
    first = cluster[0].reported
    return all(claim.reported is first or claim.reported == first for claim in cluster)


def _order_same_span(cluster: Sequence[S], linked: Mapping[str, TieRank]) -> tuple[Sequence[S], AbstractSet[str]]:
    """Order statements of one span; also return the refs that tie with the one before them."""
    in_order = sorted(
        cluster,
        key=lambda claim: (claim.order, claim.counted_until, claim.figure, Tie(claim, linked.get(claim.ref, ()))),
    )
    return in_order, {later.ref for earlier, later in pairwise(in_order) if _tied(earlier, later)}


def _tied(one: OrderedStatement, other: OrderedStatement) -> bool:
    """Say whether two statements have the same `reported_order` and `counted_until`."""
    return one.order == other.order and one.counted_until == other.counted_until


def _by_queue(claims: Sequence[S], linked: Mapping[str, TieRank]) -> tuple[Sequence[S], AbstractSet[str]]:
    """Order claims by the general rule, with a priority queue."""
    queue = _Queue(claims, linked)
    order: list[S] = []
    assumed: set[str] = set()
    for _ in claims:
        claim, tied = queue.pop()
        order.append(claim)
        if tied:
            assumed.add(claim.ref)
    return tuple(reversed(order)), frozenset(assumed)


def superseded(claims: Sequence[OrderedStatement]) -> dict[str, list[str]]:
    """Map each claim to those of `claims` that it supersedes; links within a cycle are dropped."""
    known = {claim.ref for claim in claims}
    links = {claim.ref: sorted(known.intersection(claim.supersedes)) for claim in claims}
    if not any(links.values()):
        return links
    component = _cycles(links)
    return {ref: [other for other in others if component[other] != component[ref]] for ref, others in links.items()}


class _Queue(Generic[S]):
    """Priority queue of claims not yet placed; the latest statement is popped next.

    It is never empty before all are placed: in `_spans` a superseded claim never lies wholly after the one that
    supersedes it, and `superseded` has no cycles.
    """

    def __init__(self, claims: Sequence[S], linked: Mapping[str, TieRank]) -> None:
        self._linked = linked
        self._supersedes = superseded(claims)
        superseded_by = _reversed(self._supersedes)
        self._superseders_left = {ref: len(others) for ref, others in superseded_by.items()}
        self._spans = _effective_spans(claims, superseded_by)
        self._by_latest = sorted(claims, key=lambda claim: self._spans[claim.ref][1])
        self._by_earliest = sorted(claims, key=lambda claim: self._spans[claim.ref][0])
        self._placed: set[str] = set()
        self._ready: list[tuple[_LatestFirst, S]] = []
        self._parked: dict[str, S] = {}

    def pop(self) -> tuple[S, bool]:
        """Pop the latest claim; also say whether another has the same `reported_order` and `counted_until`."""
        self._admit()
        claim = heappop(self._ready)[1]
        tied = bool(self._ready) and _tied(self._ready[0][1], claim)
        self._placed.add(claim.ref)
        for ref in self._supersedes[claim.ref]:
            self._superseders_left[ref] -= 1
            if ref in self._parked:
                self._offer(self._parked.pop(ref))
        return claim, tied

    def _admit(self) -> None:
        """Admit the claims that no remaining one lies wholly after."""
        while self._by_earliest[-1].ref in self._placed:
            self._by_earliest.pop()
        threshold = self._spans[self._by_earliest[-1].ref][0]
        while self._by_latest and self._spans[self._by_latest[-1].ref][1] >= threshold:
            self._offer(self._by_latest.pop())

    def _offer(self, claim: S) -> None:
        if self._superseders_left[claim.ref]:
            self._parked[claim.ref] = claim
        else:
            heappush(self._ready, (_LatestFirst(claim, self._linked.get(claim.ref, ())), claim))


class _LatestFirst:
    """Heap order: the latest statement comes first."""

    __slots__ = ("rank",)

    def __init__(self, claim: OrderedStatement, links: TieRank) -> None:
        self.rank = (claim.order, claim.counted_until, claim.figure, Tie(claim, links))

    def __lt__(self, other: "_LatestFirst") -> bool:
        return self.rank > other.rank


def _effective_spans(claims: Sequence[OrderedStatement], superseded_by: Links) -> dict[str, tuple[datetime, datetime]]:
    """Return each claim's span; one that supersedes later claims gets the span of the latest, along chains of links."""
    spans = {claim.ref: (earliest(claim.reported), latest(claim.reported)) for claim in claims}
    replaced: dict[str, tuple[datetime, datetime]] = {}
    for ref in sorted(filter(superseded_by.__getitem__, spans), key=spans.__getitem__, reverse=True):
        pending = [ref]
        while pending:
            for superseder in superseded_by[pending.pop()]:
                if superseder not in replaced:
                    replaced[superseder] = spans[ref]
                    pending.append(superseder)
    later = {ref: span for ref, span in replaced.items() if span[0] > spans[ref][1]}
    return spans | later


def _cycles(links: Links) -> dict[str, str]:
    """Label the strongly connected components of a graph (Kosaraju's algorithm)."""
    finished: list[str] = []
    seen: set[str] = set()
    for start in links:
        steps = [(start, False)]
        while steps:
            ref, leaving = steps.pop()
            if leaving:
                finished.append(ref)
            elif ref not in seen:
                seen.add(ref)
                steps += [(ref, True), *((other, False) for other in links[ref])]
    reversed_links = _reversed(links)
    component: dict[str, str] = {}
    for start in reversed(finished):
        pending = [start]
        while pending:
            ref = pending.pop()
            if ref not in component:
                component[ref] = start
                pending += reversed_links[ref]
    return component


def _reversed(links: Links) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {ref: [] for ref in links}
    for ref, others in links.items():
        for other in others:
            found[other].append(ref)
    return found
