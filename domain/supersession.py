"""What one source says now under one key: its claims in the order it said them, and the one that stands at the end."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import heappop, heappush
from typing import Generic, Protocol, TypeVar

from domain.claims import Held, Key, earliest, latest
from domain.clocks import Span

ORDER_ASSUMED = "order_assumed"
RELAYED_DECREASE = "relayed_decrease"
BREAK = "break"


S = TypeVar("S", bound="Said")


class Said(Protocol):
    """What has a place in the order in which one source said things: a claim, or a whole report."""

    @property
    def ref(self) -> str: ...
    @property
    def reported(self) -> Span: ...
    @property
    def order(self) -> int: ...
    @property
    def figure(self) -> int: ...
    @property
    def supersedes(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Ledger:
    """The claims of one origin under one key, oldest first; the one that stands, if any; why each other does not.

    `behind` maps the ref of a claim that does not stand to (code, the ref that it stands behind).
    `flags` maps the ref of a claim to what must be said of it.
    """

    key: Key
    origin: str
    history: tuple[Held, ...]
    current: Held | None
    behind: Mapping[str, tuple[str, str]]
    flags: Mapping[str, tuple[str, ...]]


@dataclass(slots=True)
class _Walk:
    standing: Held | None = None
    behind: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    flags: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def put_behind(self, claim: Held, code: str, other: str) -> None:
        self.behind[claim.ref] = (code, other)

    def flag(self, claim: Held, flag: str) -> None:
        self.flags[claim.ref] = (*self.flags.get(claim.ref, ()), flag)


def ledger(claims: Sequence[Held], replaced_elsewhere: Mapping[str, str]) -> Ledger:
    """Find what stands among the cumulative claims of one origin and one key (vocabulary §4, supersession).

    `replaced_elsewhere` maps refs among `claims` to the ref of a claim of the same
    origin under *another* key that supersedes them: there the series breaks, and
    what lies before the break does not come back.
    Arrival and position play no part: any order of `claims` gives the same ledger.
    """
    order, assumed = history(claims)
    walk = _Walk()
    for claim in order:
        if claim.ref in assumed:
            walk.flag(claim, ORDER_ASSUMED)
        _step(walk, claim)
        if claim.ref in replaced_elsewhere and walk.standing is claim:
            walk.put_behind(claim, BREAK, replaced_elsewhere[claim.ref])
            walk.standing = None
    return Ledger(claims[0].key, claims[0].origin, order, walk.standing, walk.behind, walk.flags)


def _step(walk: _Walk, claim: Held) -> None:
    standing = walk.standing
    if standing is None:
        walk.standing = claim
    elif standing.ref in claim.supersedes:
        walk.put_behind(standing, "superseded", claim.ref)
        walk.standing = claim
    elif claim.worded and not standing.worded:
        walk.put_behind(claim, "worded", standing.ref)
    elif claim.via and claim.figure < standing.figure:
        walk.put_behind(claim, RELAYED_DECREASE, standing.ref)
        walk.flag(claim, RELAYED_DECREASE)
    else:
        walk.put_behind(standing, "superseded", claim.ref)
        walk.standing = claim


def history(claims: Sequence[S]) -> tuple[tuple[S, ...], frozenset[str]]:
    """Order what one source said (claims of one key, or whole reports), oldest first.

    Built from the end: of the claims that no other lies wholly after, and that no
    remaining claim says it supersedes, the last is the one with the highest
    `reported_order`, then the largest figure, then the greatest ref. Also returns
    the refs whose place was decided by figure or id alone. O(n log n).
    """
    queue = _Queue(claims)
    order: list[S] = []
    assumed: set[str] = set()
    for _ in claims:
        claim, tied = queue.take()
        order.append(claim)
        if tied:
            assumed.add(claim.ref)
    return tuple(reversed(order)), frozenset(assumed)


class _Queue(Generic[S]):
    """Claims not yet placed; the one to be placed next is the last that was said."""

    def __init__(self, claims: Sequence[S]) -> None:
        self._spans = _effective_spans(claims)
        self._blockers = _blockers(claims)
        self._blocks = _reverse(self._blockers)
        self._by_latest = sorted(claims, key=lambda claim: self._spans[claim.ref][1])
        self._by_earliest = sorted(claims, key=lambda claim: self._spans[claim.ref][0])
        self._taken: set[str] = set()
        self._ready: list[tuple[_Last, S]] = []
        self._parked: dict[str, S] = {}

    def take(self) -> tuple[S, bool]:
        """Take the last claim; also say whether another of the same `reported_order` could have been it."""
        self._admit()
        if not self._ready:  # claims that say they supersede one another in a circle: the circle is ignored
            self._free(list(self._parked))
        claim = heappop(self._ready)[1]
        tied = bool(self._ready) and self._ready[0][1].order == claim.order
        self._taken.add(claim.ref)
        self._free([ref for ref in self._blocks.get(claim.ref, ()) if not self._is_blocked(ref)])
        return claim, tied

    def _admit(self) -> None:
        """Let in the claims that no remaining one lies wholly after."""
        while self._by_earliest[-1].ref in self._taken:
            self._by_earliest.pop()
        threshold = self._spans[self._by_earliest[-1].ref][0]
        while self._by_latest and self._spans[self._by_latest[-1].ref][1] >= threshold:
            claim = self._by_latest.pop()
            self._parked[claim.ref] = claim
            if not self._is_blocked(claim.ref):
                self._free([claim.ref])

    def _is_blocked(self, ref: str) -> bool:
        return bool(self._blockers.get(ref, set()) - self._taken)

    def _free(self, refs: Iterable[str]) -> None:
        for ref in refs:
            claim = self._parked.pop(ref, None)
            if claim is not None:
                heappush(self._ready, (_Last(claim), claim))


class _Last:
    """Heap order: the claim said last comes first."""

    __slots__ = ("rank",)

    def __init__(self, claim: Said) -> None:
        self.rank = (claim.order, claim.figure, claim.ref)

    def __lt__(self, other: "_Last") -> bool:
        return self.rank > other.rank


def _effective_spans(claims: Sequence[Said]) -> dict[str, tuple[datetime, datetime]]:
    """Give each claim its reported span; one that supersedes a claim said later takes that place in time."""
    known = {claim.ref: claim for claim in claims}
    spans = {claim.ref: (earliest(claim.reported), latest(claim.reported)) for claim in claims}
    lifting = [claim for claim in claims if any(ref in known for ref in claim.supersedes)]
    for _ in range(len(lifting)):  # a chain of n such claims settles in at most n rounds, mostly in one
        moved = False
        for claim in sorted(lifting, key=lambda claim: spans[claim.ref]):
            for ref in claim.supersedes:
                if ref in known and ref != claim.ref and spans[ref][0] > spans[claim.ref][1]:
                    spans[claim.ref] = spans[ref]
                    moved = True
        if not moved:
            break
    return spans


def _blockers(claims: Sequence[Said]) -> dict[str, set[str]]:
    known = {claim.ref for claim in claims}
    blockers: dict[str, set[str]] = {}
    for claim in claims:
        for ref in claim.supersedes:
            if ref in known and ref != claim.ref:
                blockers.setdefault(ref, set()).add(claim.ref)
    return blockers


def _reverse(blockers: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    blocks: dict[str, list[str]] = {}
    for blocked, others in blockers.items():
        for other in others:
            blocks.setdefault(other, []).append(blocked)
    return blocks
