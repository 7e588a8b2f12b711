"""What one source says now under one key: its claims in the order it said them, and the one that stands at the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from domain.claims import Held, Key, earliest, latest
from domain.sequence import history

ORDER_ASSUMED = "order_assumed"
RELAYED_DECREASE = "relayed_decrease"
BREAK = "break"


@dataclass(frozen=True, slots=True)
class Ledger:
    """The claims of one origin under one key, oldest first; the one that stands, if any; why each other does not.

    `stood` are those that stood at some time, in turn; the last is `current`, if any stands. `behind` maps the ref of a
    claim that does not stand to (code, the ref that it stands behind). `flags` maps
    the ref of a claim to what must be said of it.
    """

    key: Key
    origin: str
    history: tuple[Held, ...]
    stood: tuple[Held, ...]
    current: Held | None
    behind: Mapping[str, tuple[str, str]]
    flags: Mapping[str, tuple[str, ...]]


@dataclass(slots=True)
class _Walk:
    replaced_elsewhere: Mapping[str, Held]
    standing: Held | None = None
    stood: list[Held] = field(default_factory=list[Held])
    behind: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    flags: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def stand(self, claim: Held) -> None:
        if self.standing is not None:
            breaking = self.replaced_elsewhere.get(self.standing.ref)
            self.behind[self.standing.ref] = (BREAK, breaking.ref) if breaking else ("superseded", claim.ref)
        self.standing = claim
        self.stood.append(claim)

    def flag(self, claim: Held, flag: str) -> None:
        self.flags[claim.ref] = (*self.flags.get(claim.ref, ()), flag)

    def break_off(self, before: Held | None) -> None:
        """Let the standing claim fall if one under another key has replaced it by the time of `before` (None: ever)."""
        breaking = self.replaced_elsewhere.get(self.standing.ref) if self.standing else None
        if self.standing is None or breaking is None:
            return
        if before is None or earliest(before.reported) > latest(breaking.reported):
            self.behind[self.standing.ref] = (BREAK, breaking.ref)
            self.standing = None


def ledger(claims: Sequence[Held], replaced_elsewhere: Mapping[str, Held]) -> Ledger:
    """Find what stands among the cumulative claims of one origin and one key (vocabulary §4, supersession).

    `replaced_elsewhere` maps refs among `claims` to the claim of the same origin
    under *another* key that supersedes them: there the series breaks, and what lies
    before the break does not come back.
    Arrival and position play no part: any order of `claims` gives the same ledger.
    """
    if len(claims) == 1 and not replaced_elsewhere:
        return Ledger(claims[0].key, claims[0].origin, tuple(claims), tuple(claims), claims[0], {}, {})
    order, assumed = history(claims)
    walk = _Walk(replaced_elsewhere)
    for claim in order:
        if claim.ref in assumed:
            walk.flag(claim, ORDER_ASSUMED)
        walk.break_off(before=claim)
        _step(walk, claim)
    walk.break_off(before=None)
    stood = tuple(walk.stood)
    return Ledger(claims[0].key, claims[0].origin, order, stood, walk.standing, walk.behind, walk.flags)


def extended(before: Ledger, claim: Held) -> Ledger:
    """Return the ledger with one more claim, which lies wholly after all in it, where nothing is replaced elsewhere."""
    walk = _Walk({}, before.current, list(before.stood), dict(before.behind), dict(before.flags))
    _step(walk, claim)
    order = (*before.history, claim)
    return Ledger(before.key, before.origin, order, tuple(walk.stood), walk.standing, walk.behind, walk.flags)


def _step(walk: _Walk, claim: Held) -> None:
    standing = walk.standing
    if standing is None or standing.ref in claim.supersedes:
        walk.stand(claim)
    elif claim.worded and not standing.worded:
        walk.behind[claim.ref] = ("worded", standing.ref)
    elif claim.via and claim.figure < standing.figure and not standing.worded:
        walk.behind[claim.ref] = (RELAYED_DECREASE, standing.ref)
        walk.flag(claim, RELAYED_DECREASE)
    else:
        walk.stand(claim)
