"""Revision chain: the cumulative claims of one origin under one key, in order, and the current one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.reports.claims.claim import BEGINNING, END, ClaimKey, ResolvedClaim, earliest, latest
from domain.reports.claims.running_totals import report_of
from domain.reports.claims.statement_order import NO_LINKS, ordered
from domain.reports.claims.tie_breaking import TieRank

ORDER_ASSUMED = "order_assumed"
RELAYED_DECREASE = "relayed_decrease"
BREAK = "break"
NOTHING_REPLACED: Mapping[str, ResolvedClaim] = {}


@dataclass(slots=True)
class RevisionChain:
    """The claims of one origin under one key, oldest first; the current one, if any; why each other is not current.

    `succession` has the claims that were current at some time, in order; the last is `current`, if there is one.
    `replaced` maps the ref of a claim that is not current to (code, ref of the claim in its place). `flags` maps the
    ref of a claim to codes.
    """

    key: ClaimKey
    origin: str
    history: list[ResolvedClaim]
    succession: list[ResolvedClaim]
    current: ResolvedClaim | None
    replaced: dict[str, tuple[str, str]]
    flags: dict[str, tuple[str, ...]]
    _until: list[datetime]
    """For each claim, the latest end of `reported` up to it."""

    def copy(self) -> "RevisionChain":
        """Return an independent copy."""
        lists = list(self.history), list(self.succession)
        return RevisionChain(
            self.key, self.origin, *lists, self.current, dict(self.replaced), dict(self.flags), list(self._until)
        )

    def add(self, claim: ResolvedClaim) -> int:
        """Add one claim, where no claim supersedes another or has a break; returns as `remove` does."""
        later = self._rewind(earliest(claim.reported))
        unchanged = len(self.succession)
        self.extend([*later, claim])
        return unchanged

    def remove(self, claim: ResolvedClaim) -> int:
        """Remove one claim, likewise; returns the length of the unchanged beginning of `succession`.

        Only claims that do not lie wholly before this one are processed again.
        """
        later = self._rewind(earliest(claim.reported))
        unchanged = len(self.succession)
        self.extend([each for each in later if each.ref != claim.ref])
        return unchanged

    def extend(
        self,
        claims: Sequence[ResolvedClaim],
        replaced_elsewhere: Mapping[str, ResolvedClaim] = NOTHING_REPLACED,
        linked: Mapping[str, TieRank] = NO_LINKS,
    ) -> None:
        """Append claims that lie wholly after all earlier ones."""
        order, assumed = ordered(claims, linked) if len(claims) > 1 else (claims, ())
        until = self._until[-1] if self._until else BEGINNING
        for claim in order:
            if assumed and claim.ref in assumed:
                self._flag(claim, ORDER_ASSUMED)
            if replaced_elsewhere:
                self._apply_break(replaced_elsewhere, before=claim)
            self._step(claim, replaced_elsewhere)
            if (end := claim.reported.latest or END) > until:
                until = end
            self._until.append(until)
        self.history += order
        if replaced_elsewhere:
            self._apply_break(replaced_elsewhere, before=None)

    def _rewind(self, moment: datetime) -> list[ResolvedClaim]:
        """Remove and return the claims at the end that do not lie wholly before `moment`, nor before those removed."""
        index = len(self.history)
        while index and self._until[index - 1] >= moment:
            index -= 1
            moment = min(moment, earliest(self.history[index].reported))
        later = self.history[index:]
        if later:
            self._forget(later)
            del self.history[index:], self._until[index:]
        return later

    def _forget(self, later: Sequence[ResolvedClaim]) -> None:
        """Drop the last claims from the results and restore the claim that was current before them."""
        refs = {claim.ref for claim in later}
        while self.succession and self.succession[-1].ref in refs:
            self.succession.pop()
        self.current = self.succession[-1] if self.succession else None
        for ref in (*refs, *([self.current.ref] if self.current else [])):
            self.replaced.pop(ref, None)
        for ref in refs:
            self.flags.pop(ref, None)

    def _step(self, claim: ResolvedClaim, replaced_elsewhere: Mapping[str, ResolvedClaim]) -> None:
        current = self.current
        if current is None or current.ref in claim.supersedes:
            self._succeed(claim, replaced_elsewhere)
        elif claim.worded and not current.worded:
            self.replaced[claim.ref] = ("worded", current.ref)
        elif (
            claim.via
            and claim.figure < current.figure
            and not current.worded
            and not _extends_own_report(current, claim)
        ):
            self.replaced[claim.ref] = (RELAYED_DECREASE, current.ref)
            self._flag(claim, RELAYED_DECREASE)
        else:
            self._succeed(claim, replaced_elsewhere)

    def _succeed(self, claim: ResolvedClaim, replaced_elsewhere: Mapping[str, ResolvedClaim]) -> None:
        if self.current is not None:
            breaking = replaced_elsewhere.get(self.current.ref) if replaced_elsewhere else None
            self.replaced[self.current.ref] = (BREAK, breaking.ref) if breaking else ("superseded", claim.ref)
        self.current = claim
        self.succession.append(claim)

    def _flag(self, claim: ResolvedClaim, flag: str) -> None:
        self.flags[claim.ref] = (*self.flags.get(claim.ref, ()), flag)

    def _apply_break(self, replaced_elsewhere: Mapping[str, ResolvedClaim], before: ResolvedClaim | None) -> None:
        """End the current claim if one of another key replaced it before `before` was reported (None: at any time)."""
        breaking = replaced_elsewhere.get(self.current.ref) if self.current else None
        if self.current is None or breaking is None:
            return
        if before is None or earliest(before.reported) > latest(breaking.reported):
            self.replaced[self.current.ref] = (BREAK, breaking.ref)
            self.current = None


def _extends_own_report(current: ResolvedClaim, claim: ResolvedClaim) -> bool:
    """Say whether a claim extends the current one of its own report, so that no relay's delay explains a decrease."""
    return claim.counted_until > current.counted_until and report_of(claim) == report_of(current)


def revision_chain(
    claims: Sequence[ResolvedClaim],
    replaced_elsewhere: Mapping[str, ResolvedClaim],
    linked: Mapping[str, TieRank] = NO_LINKS,
) -> RevisionChain:
    """Build the chain of the cumulative claims of one origin and one key (vocabulary §4, supersession).

    `replaced_elsewhere` maps refs among `claims` to the claim of the same origin under *another* key that supersedes
    them: there the series breaks, and claims before the break do not become current again. `linked` breaks ties
    (statement_order.links_of). Any order of `claims` gives the same chain.
    """
    first = claims[0]
    if len(claims) == 1 and not replaced_elsewhere:  # most chains
        return RevisionChain(first.key, first.origin, [first], [first], first, {}, {}, [latest(first.reported)])
    found = RevisionChain(first.key, first.origin, [], [], None, {}, {}, [])
    found.extend(claims, replaced_elsewhere, linked)
    return found
