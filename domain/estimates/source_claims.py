"""Claims of one origin: its indexed reports, and per key the revision chain and current claim."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from domain.estimates.estimate import CLOSED, IMPROBABLE, OPEN, PolicyClaim
from domain.estimates.policy_input import exceeds, is_part, policy_claim_of
from domain.estimates.whole_statements import withdrawn_reports
from domain.history.history import History, ReportHistory
from domain.incident.commands import UNJUDGED
from domain.reports.claims.claim import ClaimKey, ResolvedClaim
from domain.reports.claims.revision_chain import BREAK, RevisionChain, revision_chain
from domain.reports.claims.statement_order import NO_LINKS, links_of, order_key, superseded
from domain.reports.claims.tie_breaking import TieRank

_Family = tuple[str, str, str | None]

_Past = tuple[int, tuple[ResolvedClaim, ...]]
"""Number of claims considered, from the first, and those among them that may still dominate another's."""

_PAST_STATES = 32
"""Number of past states kept per key: most changes are near the end of a chain."""


@dataclass(slots=True)
class SourceClaims:
    """Standing reports of one origin, and lazily derived chains and policy claims.

    `counting` are the reports not withdrawn by a later whole statement, `with_statements` those among them on
    responsibility. `claims` and `increments` have the counting claims, by key and ref; `replaced` maps a ref to the
    claims that replaced it; `breaking` are the refs of claims that replaced one of another key, `breaks` both sides, by
    key. `changed_reports` collects refs of reports whose counting may have changed; the caller clears it.
    """

    origin: str
    reports: dict[str, ReportHistory] = field(default_factory=dict[str, ReportHistory])
    counting: dict[str, ReportHistory] = field(default_factory=dict[str, ReportHistory])
    claims: dict[ClaimKey, dict[str, ResolvedClaim]] = field(default_factory=dict[ClaimKey, dict[str, ResolvedClaim]])
    increments: dict[ClaimKey, dict[str, ResolvedClaim]] = field(
        default_factory=dict[ClaimKey, dict[str, ResolvedClaim]]
    )
    replaced: dict[str, list[ResolvedClaim]] = field(default_factory=dict[str, list[ResolvedClaim]])
    breaking: set[str] = field(default_factory=set[str])
    breaks: dict[ClaimKey, set[str]] = field(default_factory=dict[ClaimKey, set[str]])
    with_statements: set[str] = field(default_factory=set[str])
    changed_reports: set[str] = field(default_factory=set[str])
    _resolved: dict[str, tuple[ResolvedClaim, ...]] = field(default_factory=dict[str, tuple[ResolvedClaim, ...]])
    _families: dict[_Family, list[ClaimKey]] = field(default_factory=dict[_Family, list[ClaimKey]])
    _wholes: dict[ClaimKey, tuple[ClaimKey, ...]] = field(default_factory=dict[ClaimKey, tuple[ClaimKey, ...]])
    _parts: dict[ClaimKey, tuple[ClaimKey, ...]] = field(default_factory=dict[ClaimKey, tuple[ClaimKey, ...]])
    _chains: dict[ClaimKey, RevisionChain] = field(default_factory=dict[ClaimKey, RevisionChain])
    _policy_claims: dict[ClaimKey, PolicyClaim] = field(default_factory=dict[ClaimKey, PolicyClaim])
    _stale: set[ClaimKey] = field(default_factory=set[ClaimKey])
    _cross_key_reports: set[str] = field(default_factory=set[str])
    _dominating_past: dict[ClaimKey, deque[_Past]] = field(default_factory=dict[ClaimKey, deque[_Past]])
    _with_credibility: set[str] = field(default_factory=set[str])
    _links: Mapping[str, TieRank] = field(default_factory=lambda: NO_LINKS)

    def copy(self) -> "SourceClaims":
        """Return an independent copy; reports and claims are shared."""
        return SourceClaims(
            self.origin,
            dict(self.reports),
            dict(self.counting),
            {key: dict(claims) for key, claims in self.claims.items()},
            {key: dict(claims) for key, claims in self.increments.items()},
            {ref: list(by) for ref, by in self.replaced.items()},
            set(self.breaking),
            {key: set(refs) for key, refs in self.breaks.items()},
            set(self.with_statements),
            set(self.changed_reports),
            dict(self._resolved),
            {family: list(keys) for family, keys in self._families.items()},
            dict(self._wholes),
            dict(self._parts),
            {key: chain.copy() for key, chain in self._chains.items()},
            dict(self._policy_claims),
            set(self._stale),
            set(self._cross_key_reports),
            {key: past.copy() for key, past in self._dominating_past.items()},
            set(self._with_credibility),
            self._links,
        )

    def add(self, report: ReportHistory, claims: tuple[ResolvedClaim, ...]) -> set[ClaimKey]:
        """Add a report with its standing claims; returns the keys that may change."""
        self._add_report(report, claims)
        self.changed_reports.add(report.ref)
        if self._cross_key_reports:
            return self._rebuild()
        self.counting[report.ref] = report
        if report.current.report.responsibility():
            self.with_statements.add(report.ref)
        changed: set[ClaimKey] = set()
        for each in claims:
            self._add_claim(each)
            changed |= self._update_chain(each, RevisionChain.add)
        return changed

    def load(self, reports: Iterable[tuple[ReportHistory, tuple[ResolvedClaim, ...]]]) -> None:
        """Bulk-load reports, while empty."""
        for report, claims in reports:
            self._add_report(report, claims)
            for claim in claims:
                found = None if claim.incremental else self.claims.get(claim.key)
                if found is None:
                    self._add_claim(claim)
                else:
                    found[claim.ref] = claim
        self.counting = dict(self.reports)
        self.with_statements = _stating_reports(self.counting)
        if self._cross_key_reports:
            self._rebuild()

    def _add_report(self, report: ReportHistory, claims: tuple[ResolvedClaim, ...]) -> None:
        self.reports[report.ref], self._resolved[report.ref] = report, claims
        if report.credibility:
            self._with_credibility.add(report.ref)
        if report.current.report.complete:
            self._cross_key_reports.add(report.ref)
        for each in claims:
            if each.supersedes:
                self._cross_key_reports.add(report.ref)

    def remove(self, ref: str) -> set[ClaimKey]:
        """Remove a report; returns the keys that may change."""
        del self.reports[ref]
        claims = self._resolved.pop(ref)
        self._with_credibility.discard(ref)
        self.changed_reports.add(ref)
        if self._cross_key_reports:
            self._cross_key_reports.discard(ref)
            return self._rebuild()
        del self.counting[ref]
        self.with_statements.discard(ref)
        changed: set[ClaimKey] = set()
        for each in claims:
            by_key = self.increments if each.incremental else self.claims
            by_key[each.key].pop(each.ref, None)
            if not by_key[each.key]:
                del by_key[each.key]
            changed |= self._update_chain(each, RevisionChain.remove)
        return changed

    def contains(self, ref: str, claims: tuple[ResolvedClaim, ...]) -> bool:
        """Say whether a report is indexed with these claims."""
        return self._resolved.get(ref) == claims

    def update_marks(self, ref: str) -> set[ClaimKey]:
        """Apply new credibility or disputes of an indexed report; returns the keys that may change."""
        (self._with_credibility.add if self.reports[ref].credibility else self._with_credibility.discard)(ref)
        keys = {each.key for each in self._resolved[ref]}
        if self._cross_key_reports:
            return keys | self._rebuild()
        for key in keys:
            self._stale.add(key)
            self._dominating_past.pop(key, None)
            if (chain := self._chains.get(key)) is not None and chain.flags:  # ties are broken by marks too
                del self._chains[key]
        return keys

    def chain(self, key: ClaimKey) -> RevisionChain | None:
        """Return the revision chain of a key; None without a cumulative claim."""
        found = self._chains.get(key)
        if found is None and key in self.claims:
            claims = list(self.claims[key].values())
            found = self._chains[key] = revision_chain(claims, self._cross_key_replacements(claims), self._links)
        return found

    def policy_claim(self, key: ClaimKey, history: History) -> PolicyClaim | None:
        """Return the policy claim of a key, None without a current claim.

        Returns the cached instance while the value is unchanged, so callers may compare by identity.
        """
        found = self._policy_claims.get(key)
        if found is None or key in self._stale:
            self._stale.discard(key)
            chain = self.chain(key)
            if chain is None or chain.current is None:
                self._policy_claims.pop(key, None)
                return None
            report = self._report_of(chain.current)
            superseded_claims = self._dominating_superseded(key, chain)
            policy_claim = policy_claim_of(
                history, report, chain, chain.current, superseded_claims, self._current_parts(key)
            )
            if found is None or found.resolved is not policy_claim.resolved or found != policy_claim:
                found = self._policy_claims[key] = policy_claim
        return found

    def current(self, key: ClaimKey) -> ResolvedClaim | None:
        """Return the current claim of a key, None without one."""
        chain = self.chain(key)
        return None if chain is None else chain.current

    def credibility(self, claim: ResolvedClaim) -> int:
        """Return the credibility of one of its claims."""
        return self._report_of(claim).credibility_of(claim.ref) if self._with_credibility else UNJUDGED

    def _dominating_superseded(self, key: ClaimKey, chain: RevisionChain) -> tuple[ResolvedClaim, ...]:
        """Return the superseded claims of a chain that may still dominate another origin's; none judged improbable."""
        states = self._dominating_past.get(key)
        seen, dominating = states[-1] if states else (0, ())
        if seen >= len(chain.succession) - 1:
            return dominating
        candidates = list(dominating)
        for claim in chain.succession[seen:-1]:
            if not self._with_credibility or self._report_of(claim).credibility_of(claim.ref) != IMPROBABLE:
                candidates = [each for each in candidates if not is_redundant(each, claim)]
                candidates.append(claim)
        dominating = tuple(candidates)
        if states is None:
            states = self._dominating_past[key] = deque(maxlen=_PAST_STATES)
        states.append((len(chain.succession) - 1, dominating))
        return dominating

    def _report_of(self, claim: ResolvedClaim) -> ReportHistory:
        return self.reports[claim.ref.partition("#")[0]]

    def invalidate(self) -> set[ClaimKey]:
        """Invalidate all policy claims, after a change of grade. Returns their keys."""
        self._stale.update(self.claims)
        return set(self.claims)

    def replacement(self, increment: ResolvedClaim) -> tuple[str, str] | None:
        """Return (code, ref) of the claim that replaced an increment, if any."""
        by = max(self.replaced.get(increment.ref, ()), key=self._statement_order, default=None)
        return by and ("superseded" if by.key == increment.key else BREAK, by.ref)

    def _cross_key_replacements(self, claims: Iterable[ResolvedClaim]) -> Mapping[str, ResolvedClaim]:
        """Map refs of `claims` to the first claim of another key that replaced each (a break in series)."""
        if not self.replaced:
            return {}
        others = {claim.ref: [by for by in self.replaced.get(claim.ref, ()) if by.key != claim.key] for claim in claims}
        return {ref: min(by, key=self._statement_order) for ref, by in others.items() if by}

    def _statement_order(self, claim: ResolvedClaim) -> tuple[object, ...]:
        return order_key(claim, self._links)

    def _update_chain(
        self, claim: ResolvedClaim, update: Callable[[RevisionChain, ResolvedClaim], int]
    ) -> set[ClaimKey]:
        """Add a claim to its chain, or remove it, by `update`; returns the keys that may change.

        These are its own and, if its current claim changed, those of wholes that it may exceed as a part.
        """
        key = claim.key
        if claim.incremental:
            return {key}
        chain, currents = self._chains.get(key), tuple[ResolvedClaim | None, ...]()
        if chain is not None:
            before = chain.current
            self._trim_past(key, min(update(chain, claim), len(chain.succession) - 1))
            currents = before, chain.current
            if chain.current is None:
                del self._chains[key]
        self._stale.add(key)
        if currents and currents[0] is currents[1]:
            return {key}
        wholes = [each for each in self._wholes[key] if self._may_exceed(currents, each)]
        self._stale.update(wholes)
        return {key, *wholes}

    def _trim_past(self, key: ClaimKey, unchanged: int) -> None:
        """Drop past states computed from more than the first `unchanged` claims."""
        states = self._dominating_past.get(key)
        while states and states[-1][0] > unchanged:
            states.pop()

    def _may_exceed(self, claims: Sequence[ResolvedClaim | None], whole: ClaimKey) -> bool:
        """Say whether a former or present current claim of a part (empty: unknown) may exceed that of `whole`."""
        chain = self._chains.get(whole)
        if chain is None or chain.current is None or not claims:
            return True
        current = chain.current
        return any(each is not None and each.figure > current.figure and exceeds(each, current) for each in claims)

    def _current_parts(self, key: ClaimKey) -> list[ResolvedClaim]:
        """Return the current claims on parts of the population of a key."""
        chains = [self._chains.get(each) or self.chain(each) for each in self._parts[key]]
        return [each.current for each in chains if each is not None and each.current is not None]

    def _rebuild(self) -> set[ClaimKey]:
        """Derive everything again: whole statements and replacements affect other keys."""
        affected = self.claims.keys() | self.increments.keys()
        withdrawn = withdrawn_reports(list(self.reports.values()))
        before = self.counting.keys()
        self.counting = {ref: report for ref, report in self.reports.items() if ref not in withdrawn}
        self.changed_reports |= before ^ self.counting.keys()
        self.with_statements = _stating_reports(self.counting)
        self.claims, self.increments, self.replaced, self.breaking, self.breaks = {}, {}, {}, set(), {}
        self._families, self._wholes, self._parts = {}, {}, {}
        claims = {each.ref: each for ref in self.counting for each in self._resolved[ref]}
        replacing = superseded(list(claims.values()))
        self._links = links_of(replacing, claims)
        for ref, others in replacing.items():
            for other in others:
                self.replaced.setdefault(other, []).append(claims[ref])
                if claims[other].key != claims[ref].key:
                    self.breaking.add(ref)
                    self.breaks.setdefault(claims[ref].key, set()).add(ref)
                    self.breaks.setdefault(claims[other].key, set()).add(other)
        return self._invalidate_keys(affected | self._add(claims.values()))

    def _add(self, claims: Iterable[ResolvedClaim]) -> set[ClaimKey]:
        affected: set[ClaimKey] = set()
        for each in claims:
            self._add_claim(each)
            affected.add(each.key)
        return affected

    def _add_claim(self, claim: ResolvedClaim) -> None:
        """Add a claim to the totals or increments of its key."""
        by_key, key = self.increments if claim.incremental else self.claims, claim.key
        claims = by_key.get(key)
        if claims is None:
            claims = by_key[key] = {}
            if key not in self._wholes:
                self._add_key(key)
        claims[claim.ref] = claim

    def _add_key(self, key: ClaimKey) -> None:
        """Find which other keys are of a part of its population, and of which it is a part."""
        family = self._families.setdefault(key.family, [])
        self._wholes[key] = self._parts[key] = ()
        for other in family:
            for part, whole in ((key, other), (other, key)):
                if is_part(part, whole):
                    self._wholes[part] += (whole,)
                    self._parts[whole] += (part,)
        family.append(key)

    def _invalidate_keys(self, keys: set[ClaimKey]) -> set[ClaimKey]:
        """Drop the chains of these keys and the policy claims of their wholes; returns all keys that may change."""
        changed = set(keys)
        for key in keys:
            self._chains.pop(key, None)
            self._dominating_past.pop(key, None)
            changed.update(self._wholes.get(key, ()))
        self._stale |= changed
        return changed


def is_redundant(earlier: ResolvedClaim, later: ResolvedClaim) -> bool:
    """Say whether `later` dominates all that `earlier` does: newer, as far and as high.

    An open count dominates no closed one, so it makes none redundant.
    """
    if later.count.lower is None or later.recency_key < earlier.recency_key:
        return False
    as_far = later.counted_until >= earlier.counted_until and later.count.lower >= (earlier.count.lower or 0)
    return as_far and (later.count.bound in CLOSED or (later.count.bound in OPEN and earlier.count.bound in OPEN))


def _stating_reports(reports: Mapping[str, ReportHistory]) -> set[str]:
    return {ref for ref, report in reports.items() if report.current.report.responsibility()}
