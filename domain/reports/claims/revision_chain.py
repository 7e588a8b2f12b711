"""What one source says now under one key: its claims in the order it said them, and the one that stands at the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.reports.claims.claim import BEGINNING, ClaimKey, ResolvedClaim, earliest, latest
from domain.reports.claims.running_totals import report_of
from domain.reports.claims.statement_order import NO_LINKS, ordered
from domain.reports.claims.tie_breaking import TieRank

ORDER_ASSUMED = "order_assumed"
RELAYED_DECREASE = "relayed_decrease"
BREAK = "break"
NOTHING_REPLACED: Mapping[str, ResolvedClaim] = {}


@dataclass(slots=True)
class RevisionChain:
    """The claims of one origin under one key, oldest first; the one that stands, if any; why each other does not.

    `stood` are those that stood at some time, in turn; the last is `current`, if any stands. `behind` maps the ref of a
    claim that does not stand to (code, the ref that it stands behind). `flags` maps
    the ref of a claim to what must be said of it.
    """

    key: ClaimKey
    origin: str
    history: list[ResolvedClaim]
    succession: list[ResolvedClaim]
    current: ResolvedClaim | None
    replaced: dict[str, tuple[str, str]]
    flags: dict[str, tuple[str, ...]]
    _until: list[datetime]
    """By when each claim, and all before it, had been said."""

    def add(self, claim: ResolvedClaim) -> int:
        """Take in one more claim where no claim supersedes or was replaced elsewhere; returns as `take` does."""
        later = self._rewind(earliest(claim.reported))
        stayed = len(self.succession)
        self.extend([*later, claim])
        return stayed

    def remove(self, claim: ResolvedClaim) -> int:
        """Take out one of its claims, likewise; returns how many of `stood` are those that they were, from the first.

        Only what does not lie wholly before the claim is told anew, however long the ledger is.
        """
        later = self._rewind(earliest(claim.reported))
        stayed = len(self.succession)
        self.extend([each for each in later if each.ref != claim.ref])
        return stayed

    def extend(
        self,
        claims: Sequence[ResolvedClaim],
        replaced_elsewhere: Mapping[str, ResolvedClaim] = NOTHING_REPLACED,
        linked: Mapping[str, TieRank] = NO_LINKS,
    ) -> None:
        """Take in claims that lie wholly after all in it."""
        order, assumed = ordered(claims, linked) if len(claims) > 1 else (claims, ())
        until = self._until[-1] if self._until else BEGINNING
        for claim in order:
            if claim.ref in assumed:
                self._flag(claim, ORDER_ASSUMED)
            if replaced_elsewhere:
                self._apply_break(replaced_elsewhere, before=claim)
            self._step(claim, replaced_elsewhere)
            if (end := latest(claim.reported)) > until:
                until = end
            self._until.append(until)
        self.history += order
        if replaced_elsewhere:
            self._apply_break(replaced_elsewhere, before=None)

    def _rewind(self, moment: datetime) -> list[ResolvedClaim]:
        """Take off, and return, the claims that lie not wholly before `moment` and before all others taken off."""
        place = len(self.history)
        while place and self._until[place - 1] >= moment:
            place -= 1
            moment = min(moment, earliest(self.history[place].reported))
        later = self.history[place:]
        if later:
            self._forget(later)
            del self.history[place:], self._until[place:]
        return later

    def _forget(self, later: Sequence[ResolvedClaim]) -> None:
        """Let the last claims no longer be told of, and let that stand again which stood before them."""
        gone = {claim.ref for claim in later}
        while self.succession and self.succession[-1].ref in gone:
            self.succession.pop()
        self.current = self.succession[-1] if self.succession else None
        for ref in (*gone, *([self.current.ref] if self.current else [])):
            self.replaced.pop(ref, None)
        for ref in gone:
            self.flags.pop(ref, None)

    def _step(self, claim: ResolvedClaim, replaced_elsewhere: Mapping[str, ResolvedClaim]) -> None:
        standing = self.current
        if standing is None or standing.ref in claim.supersedes:
            self._succeed(claim, replaced_elsewhere)
        elif claim.worded and not standing.worded:
            self.replaced[claim.ref] = ("worded", standing.ref)
        elif (
            claim.via
            and claim.figure < standing.figure
            and not standing.worded
            and not _extends_own_report(standing, claim)
        ):
            self.replaced[claim.ref] = (RELAYED_DECREASE, standing.ref)
            self._flag(claim, RELAYED_DECREASE)
        else:
            self._succeed(claim, replaced_elsewhere)

    def _succeed(self, claim: ResolvedClaim, replaced_elsewhere: Mapping[str, ResolvedClaim]) -> None:
        if self.current is not None:
            breaking = replaced_elsewhere.get(self.current.ref)
            self.replaced[self.current.ref] = (BREAK, breaking.ref) if breaking else ("superseded", claim.ref)
        self.current = claim
        self.succession.append(claim)

    def _flag(self, claim: ResolvedClaim, flag: str) -> None:
        self.flags[claim.ref] = (*self.flags.get(claim.ref, ()), flag)

    def _apply_break(self, replaced_elsewhere: Mapping[str, ResolvedClaim], before: ResolvedClaim | None) -> None:
        """Let the standing claim fall if one under another key has replaced it by the time of `before` (None: ever)."""
        breaking = replaced_elsewhere.get(self.current.ref) if self.current else None
        if self.current is None or breaking is None:
            return
        if before is None or earliest(before.reported) > latest(breaking.reported):
            self.replaced[self.current.ref] = (BREAK, breaking.ref)
            self.current = None


def _extends_own_report(standing: ResolvedClaim, claim: ResolvedClaim) -> bool:
    """Say whether a claim counts further than another of its own report, so that a relay cannot have fallen behind."""
    return claim.counted_until > standing.counted_until and report_of(claim) == report_of(standing)


def revision_chain(
    claims: Sequence[ResolvedClaim],
    replaced_elsewhere: Mapping[str, ResolvedClaim],
    linked: Mapping[str, TieRank] = NO_LINKS,
) -> RevisionChain:
    """Find what stands among the cumulative claims of one origin and one key (vocabulary §4, supersession).

    `replaced_elsewhere` maps refs among `claims` to the claim of the same origin
    under *another* key that supersedes them: there the series breaks, and what lies
    before the break does not come back. `linked` tells claims apart that say the same (sequence.links_of).
    Arrival and position play no part: any order of `claims` gives the same ledger.
    """
    first = claims[0]
    if len(claims) == 1 and not replaced_elsewhere:  # as most are, when they are first asked for
        return RevisionChain(first.key, first.origin, [first], [first], first, {}, {}, [latest(first.reported)])
    found = RevisionChain(first.key, first.origin, [], [], None, {}, {}, [])
    found.extend(claims, replaced_elsewhere, linked)
    return found
