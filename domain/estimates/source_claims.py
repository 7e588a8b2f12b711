"""What one origin says: its reports as they are put on the scales, and per key what stands among its claims."""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from domain.estimates.estimate import CLOSED, IMPROBABLE, OPEN, Standing
from domain.estimates.policy_input import exceeds, is_part, standing_of
from domain.estimates.withdrawal import withdrawn_reports
from domain.history.history import History, ReportHistory
from domain.incident.commands import UNJUDGED
from domain.reports.claims.claim import ClaimKey, ResolvedClaim
from domain.reports.claims.revision_chain import BREAK, RevisionChain, revision_chain
from domain.reports.claims.statement_order import NO_LINKS, links_of, order_key, superseded
from domain.reports.claims.tie_breaking import TieRank

_Family = tuple[str, str, str | None]

_Past = tuple[int, tuple[ResolvedClaim, ...]]
"""Of so many claims that stood, from the first: those superseded ones that may still outrun another's."""

_LOOKED_BACK = 32
"""How many states of a past are kept: a claim mostly comes, or goes, where few have come since."""


@dataclass(slots=True)
class Voice:
    """One origin's reports that are on the scales, and what follows from them, worked out when it is asked for.

    `claims` and `increments` hold what counts by key and ref; `replaced` which claims
    replaced which, `breaking` the refs of those that replaced one of another key, and
    `breaks` those on either side, by key; `speaking` the reports that no later whole
    statement has withdrawn, and `stating` those among them on who is responsible. `heard` gathers the refs of
    reports that may have begun to speak, or ceased to, until whoever asks for them clears it.
    """

    origin: str
    reports: dict[str, ReportHistory] = field(default_factory=dict[str, ReportHistory])
    speaking: dict[str, ReportHistory] = field(default_factory=dict[str, ReportHistory])
    claims: dict[ClaimKey, dict[str, ResolvedClaim]] = field(default_factory=dict[ClaimKey, dict[str, ResolvedClaim]])
    increments: dict[ClaimKey, dict[str, ResolvedClaim]] = field(
        default_factory=dict[ClaimKey, dict[str, ResolvedClaim]]
    )
    replaced: dict[str, list[ResolvedClaim]] = field(default_factory=dict[str, list[ResolvedClaim]])
    breaking: set[str] = field(default_factory=set[str])
    breaks: dict[ClaimKey, set[str]] = field(default_factory=dict[ClaimKey, set[str]])
    stating: set[str] = field(default_factory=set[str])
    heard: set[str] = field(default_factory=set[str])
    _held: dict[str, tuple[ResolvedClaim, ...]] = field(default_factory=dict[str, tuple[ResolvedClaim, ...]])
    _families: dict[_Family, dict[ClaimKey, None]] = field(default_factory=dict[_Family, dict[ClaimKey, None]])
    _ledgers: dict[ClaimKey, RevisionChain] = field(default_factory=dict[ClaimKey, RevisionChain])
    _standing: dict[ClaimKey, Standing] = field(default_factory=dict[ClaimKey, Standing])
    _stale: set[ClaimKey] = field(default_factory=set[ClaimKey])
    _tied: set[str] = field(default_factory=set[str])
    _past: dict[ClaimKey, deque[_Past]] = field(default_factory=dict[ClaimKey, deque[_Past]])
    _judged: set[str] = field(default_factory=set[str])
    _linked: Mapping[str, TieRank] = field(default_factory=lambda: NO_LINKS)

    def put(self, report: ReportHistory, held: tuple[ResolvedClaim, ...]) -> set[ClaimKey]:
        """Put a report on the scales, with those of its claims that stand; returns the keys that it may move."""
        self._place(report, held)
        self.heard.add(report.ref)
        if self._tied:
            return self._renew()
        self.speaking[report.ref] = report
        if report.now.report.responsibility():
            self.stating.add(report.ref)
        moved: set[ClaimKey] = set()
        for each in held:
            self._claim(each)
            moved |= self._retold(each, RevisionChain.add)
        return moved

    def fill(self, reports: Iterable[tuple[ReportHistory, tuple[ResolvedClaim, ...]]]) -> None:
        """Put many reports on an empty side of the scales at once."""
        for report, held in reports:
            self._place(report, held)
            for each in held:
                self._claim(each)
        self.speaking = dict(self.reports)
        self.stating = _stating(self.speaking)
        if self._tied:
            self._renew()

    def _place(self, report: ReportHistory, held: tuple[ResolvedClaim, ...]) -> None:
        self.reports[report.ref], self._held[report.ref] = report, held
        if report.credibility:
            self._judged.add(report.ref)
        if report.now.report.complete:
            self._tied.add(report.ref)
        for each in held:
            if each.supersedes:
                self._tied.add(report.ref)

    def take(self, ref: str) -> set[ClaimKey]:
        """Take a report off the scales; returns the keys that it may move."""
        del self.reports[ref]
        held = self._held.pop(ref)
        self._judged.discard(ref)
        self.heard.add(ref)
        if self._tied:
            self._tied.discard(ref)
            return self._renew()
        del self.speaking[ref]
        self.stating.discard(ref)
        moved: set[ClaimKey] = set()
        for each in held:
            of_kind = self.increments if each.incremental else self.claims
            of_kind[each.key].pop(each.ref, None)
            if not of_kind[each.key]:
                del of_kind[each.key]
            moved |= self._retold(each, RevisionChain.remove)
        return moved

    def holds(self, ref: str, held: tuple[ResolvedClaim, ...]) -> bool:
        """Say whether a report is on with these claims."""
        return self._held.get(ref) == held

    def judge(self, ref: str) -> set[ClaimKey]:
        """Let a report that is on be judged, or disputed, as it is now; returns the keys that this may move."""
        (self._judged.add if self.reports[ref].credibility else self._judged.discard)(ref)
        keys = {each.key for each in self._held[ref]}
        if self._tied:
            return keys | self._renew()
        for key in keys:
            self._stale.add(key)
            self._past.pop(key, None)
            if (of := self._ledgers.get(key)) is not None and of.flags:  # a tie may end otherwise now
                del self._ledgers[key]
        return keys

    def ledger(self, key: ClaimKey) -> RevisionChain | None:
        """Return what this origin said under a key, in order; None if it gave no total there."""
        found = self._ledgers.get(key)
        if found is None and key in self.claims:
            claims = list(self.claims[key].values())
            found = self._ledgers[key] = revision_chain(claims, self._elsewhere(claims), self._linked)
        return found

    def standing(self, key: ClaimKey, history: History) -> Standing | None:
        """Return its current claim under a key as a policy weighs it, None if it has none.

        It is the same object as long as it reads the same.
        """
        found = self._standing.get(key)
        if found is None or key in self._stale:
            self._stale.discard(key)
            of = self.ledger(key)
            if of is None or of.current is None:
                self._standing.pop(key, None)
                return None
            report = self._report_of(of.current)
            past = self._past_of(key, of)
            made = standing_of(history, report, of, of.current, past, self._currents(key))
            if found is None or found.held is not made.held or found != made:
                found = self._standing[key] = made
        return found

    def current(self, key: ClaimKey) -> ResolvedClaim | None:
        """Return the claim that stands under a key, None if there is none."""
        of = self.ledger(key)
        return None if of is None else of.current

    def credibility(self, held: ResolvedClaim) -> int:
        """Return how credible one of its claims is."""
        return self._report_of(held).credibility_of(held.ref) if self._judged else UNJUDGED

    def _past_of(self, key: ClaimKey, of: RevisionChain) -> tuple[ResolvedClaim, ...]:
        """Return the superseded claims of a ledger that may still outrun another's; none that is judged improbable."""
        states = self._past.get(key)
        seen, kept = states[-1] if states else (0, ())
        if seen >= len(of.succession) - 1:
            return kept
        for held in of.succession[seen:-1]:
            if not self._judged or self._report_of(held).credibility_of(held.ref) != IMPROBABLE:
                kept = (*(each for each in kept if not outdone(each, held)), held)
        if states is None:
            states = self._past[key] = deque(maxlen=_LOOKED_BACK)
        states.append((len(of.succession) - 1, kept))
        return kept

    def _report_of(self, held: ResolvedClaim) -> ReportHistory:
        return self.reports[held.ref.partition("#")[0]]

    def weigh_again(self) -> set[ClaimKey]:
        """Forget how its claims were weighed: its grade is another. Returns the keys that this may move."""
        self._stale.update(self.claims)
        return set(self.claims)

    def replacement(self, increment: ResolvedClaim) -> tuple[str, str] | None:
        """Say by what an increment was replaced, if it was: (code, ref)."""
        by = max(self.replaced.get(increment.ref, ()), key=self._in_turn, default=None)
        return by and ("superseded" if by.key == increment.key else BREAK, by.ref)

    def _elsewhere(self, claims: Iterable[ResolvedClaim]) -> Mapping[str, ResolvedClaim]:
        """Return which of `claims` a claim of another key replaced, and which did first: there a series breaks."""
        if not self.replaced:
            return {}
        others = {claim.ref: [by for by in self.replaced.get(claim.ref, ()) if by.key != claim.key] for claim in claims}
        return {ref: min(by, key=self._in_turn) for ref, by in others.items() if by}

    def _in_turn(self, held: ResolvedClaim) -> tuple[object, ...]:
        return order_key(held, self._linked)

    def _retold(self, held: ResolvedClaim, tell: Callable[[RevisionChain, ResolvedClaim], int]) -> set[ClaimKey]:
        """Let a ledger tell of a claim, or no longer; returns the keys that this may move.

        These are the claim's own and, where what stands under it is others now, those that it may exceed as a part.
        """
        key = held.key
        if held.incremental:
            return {key}
        known = self._ledgers.get(key)
        stood: list[ResolvedClaim | None] = []
        if known is not None:
            stood.append(known.current)
            self._look_back(key, min(tell(known, held), len(known.succession) - 1))
            stood.append(known.current)
            if known.current is None:
                del self._ledgers[key]
        self._stale.add(key)
        kin = self._kin(key)
        if len(kin) == 1:
            return {key}
        wholes = {each for each in kin if self._may_exceed(key, stood, each)}
        self._stale |= wholes
        return {key, *wholes}

    def _look_back(self, key: ClaimKey, stayed: int) -> None:
        """Forget what was found of a past from more than the first claims, so many of which `stayed` there."""
        states = self._past.get(key)
        while states and states[-1][0] > stayed:
            states.pop()

    def _may_exceed(self, part: ClaimKey, stood: Sequence[ResolvedClaim | None], whole: ClaimKey) -> bool:
        """Say whether any of what stood under `part` (none: it is not known) may exceed what stands under `whole`."""
        if part is whole:
            return False
        of = self._ledgers.get(whole)
        if of is None or of.current is None or not stood:
            return is_part(part, whole)
        return any(each is not None and exceeds(each, of.current) for each in stood)

    def _kin(self, key: ClaimKey) -> Collection[ClaimKey]:
        return self._families.get(key.family, ())

    def _currents(self, key: ClaimKey) -> list[ResolvedClaim]:
        kin = self._kin(key)
        if len(kin) == 1:
            return []
        ledgers = [self._ledgers.get(each) or self.ledger(each) for each in kin]
        return [each.current for each in ledgers if each is not None and each.current is not None]

    def _renew(self) -> set[ClaimKey]:
        """Work everything out anew: whole statements and replacements reach across keys."""
        touched = self.claims.keys() | self.increments.keys()
        withdrawn = withdrawn_reports(list(self.reports.values()))
        spoke = self.speaking.keys()
        self.speaking = {ref: report for ref, report in self.reports.items() if ref not in withdrawn}
        self.heard |= spoke ^ self.speaking.keys()
        self.stating = _stating(self.speaking)
        self.claims, self.increments, self.replaced, self.breaking, self.breaks = {}, {}, {}, set(), {}
        self._families.clear()
        held = {each.ref: each for ref in self.speaking for each in self._held[ref]}
        replacing = superseded(list(held.values()))
        self._linked = links_of(replacing, held)
        for ref, others in replacing.items():
            for other in others:
                self.replaced.setdefault(other, []).append(held[ref])
                if held[other].key != held[ref].key:
                    self.breaking.add(ref)
                    self.breaks.setdefault(held[ref].key, set()).add(ref)
                    self.breaks.setdefault(held[other].key, set()).add(other)
        return self._moved(touched | self._add(held.values()))

    def _add(self, held: Iterable[ResolvedClaim]) -> set[ClaimKey]:
        touched: set[ClaimKey] = set()
        for each in held:
            self._claim(each)
            touched.add(each.key)
        return touched

    def _claim(self, held: ResolvedClaim) -> None:
        """Add a claim to those of its key, totals or increments."""
        of_kind, key = self.increments if held.incremental else self.claims, held.key
        found = of_kind.get(key)
        if found is None:
            found = of_kind[key] = {}
            self._families.setdefault(key.family, {})[key] = None
        found[held.ref] = held

    def _moved(self, keys: set[ClaimKey]) -> set[ClaimKey]:
        """Forget the ledgers of these keys, and how their families were weighed; returns all that may have moved."""
        moved = set(keys)
        for key in keys:
            self._ledgers.pop(key, None)
            self._past.pop(key, None)
            moved.update(self._kin(key))
        self._stale |= moved
        return moved


def outdone(earlier: ResolvedClaim, later: ResolvedClaim) -> bool:
    """Say whether whatever `earlier` outruns, `later` does too, as the newer of the two: it reaches as far, as high.

    An open count outruns no closed one, so it outdoes none either.
    """
    if later.count.lower is None or later.recency_key < earlier.recency_key:
        return False
    as_far = later.counted_until >= earlier.counted_until and later.count.lower >= (earlier.count.lower or 0)
    return as_far and (later.count.bound in CLOSED or (later.count.bound in OPEN and earlier.count.bound in OPEN))


def _stating(reports: Mapping[str, ReportHistory]) -> set[str]:
    return {ref for ref, report in reports.items() if report.now.report.responsibility()}
