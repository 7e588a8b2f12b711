"""What one source says now under one key: its claims in the order it said them, and the one that stands at the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from domain.claims import Held, Key
from domain.sequence import history

ORDER_ASSUMED = "order_assumed"
RELAYED_DECREASE = "relayed_decrease"
BREAK = "break"


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
    elif claim.via and claim.figure < standing.figure and not standing.worded:
        walk.put_behind(claim, RELAYED_DECREASE, standing.ref)
        walk.flag(claim, RELAYED_DECREASE)
    else:
        walk.put_behind(standing, "superseded", claim.ref)
        walk.standing = claim
