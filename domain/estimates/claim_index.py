"""Index of the claims of standing reports, by key and origin, from which the inputs of policies are built."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from msgspec.structs import replace

from domain.estimates.estimate import IMPROBABLE, UNRELIABLE, PolicyClaim, PolicyInput
from domain.estimates.responsibility import StatementIndex, statement_scope
from domain.estimates.source_claims import SourceClaims
from domain.history.history import History, ReportHistory, ReportVersion
from domain.reports.claims.claim import ClaimKey, ResolvedClaim, earliest, event_scope, split_scope
from domain.reports.claims.revision_chain import RevisionChain
from domain.values.time.clocks import parse_occurred

__all__ = [
    "ALREADY_INCLUDED",
    "ClaimIndex",
    "ClaimSnapshot",
    "Increment",
    "KeyClaims",
    "by_origin",
    "snapshot_claims",
    "statement_scope",
]

ALREADY_INCLUDED = "already_included"

GradedClaim = tuple[ResolvedClaim, str, int]
"""A current claim, the grade of its source, and its credibility."""

_ORIGIN = attrgetter("resolved.origin")


@dataclass(frozen=True, slots=True)
class Increment:
    """An incremental claim, never added to a total. `previous_total` is the ref of the last total before its period."""

    resolved: ResolvedClaim
    previous_total: str | None
    already_included: bool


@dataclass(frozen=True, slots=True)
class KeyClaims:
    """Counting claims of one key at one reading: revision chain per origin, increments, and the policy's input.

    `replaced` maps the ref of a replaced increment to (code, ref of the replacement).
    """

    key: ClaimKey
    chains: tuple[RevisionChain, ...]
    increments: tuple[Increment, ...]
    replaced: Mapping[str, tuple[str, str]]
    policy_input: PolicyInput

    @property
    def superseded(self) -> int:
        """Number of superseded claims."""
        return sum(len(each.replaced) for each in self.chains) + len(self.replaced)


class ClaimIndex:
    """Incremental index: reports are added and removed; the keys that may change are collected.

    Serves both an answer about one moment (`load`) and series over all moments.
    """

    def __init__(self, history: History) -> None:
        self._history = history
        self._sources: dict[str, SourceClaims] = {}
        self._versions: dict[str, ReportVersion] = {}
        self._origins_by_key: dict[ClaimKey, set[str]] = {}
        self._keys_by_scope: dict[str, list[ClaimKey]] = {}
        self._changed_keys: dict[ClaimKey, set[str]] = {}
        self._changed_reports: set[str] = set()
        self._statements = StatementIndex()
        self._periods: dict[str | None, datetime | None] = {}

    def copy(self, history: History) -> "ClaimIndex":
        """Return an independent copy for another history, whose grades it takes; reports are as they were.

        Where periods or scopes of the incidents differ, `reset_periods` must be called.
        """
        copied = ClaimIndex(history)
        copied._sources = {origin: source.copy() for origin, source in self._sources.items()}
        copied._versions = dict(self._versions)
        copied._origins_by_key = {key: set(origins) for key, origins in self._origins_by_key.items()}
        copied._keys_by_scope = {scope: list(keys) for scope, keys in self._keys_by_scope.items()}
        copied._changed_keys = {key: set(origins) for key, origins in self._changed_keys.items()}
        copied._changed_reports = set(self._changed_reports)
        copied._statements = self._statements.copy()
        copied._periods = dict(self._periods)
        for origin in copied._sources:
            if self._history.grade(origin) != history.grade(origin):
                copied.apply_grade(origin)
        return copied

    def add(self, report: ReportHistory, claims: tuple[ResolvedClaim, ...]) -> None:
        """Add a report with its standing claims; it must not be indexed already."""
        self._versions[report.ref] = report.current
        origin = report.current.origin
        source = self._sources.get(origin)
        if source is None:
            source = self._sources[origin] = SourceClaims(origin)
        self._record_changes(source, source.add(report, claims))

    def load(self, reports: Iterable[tuple[ReportHistory, tuple[ResolvedClaim, ...]]]) -> None:
        """Bulk-load an empty index; collects no changes."""
        reports_by_origin: dict[str, list[tuple[ReportHistory, tuple[ResolvedClaim, ...]]]] = {}
        for report, claims in reports:
            self._versions[report.ref] = report.current
            reports_by_origin.setdefault(report.current.origin, []).append((report, claims))
        for origin, reports_of_origin in reports_by_origin.items():
            source = self._sources[origin] = SourceClaims(origin)
            source.load(reports_of_origin)
            for key in (*source.claims, *source.increments):
                self._origins_of(key).add(origin)
            for ref in source.with_statements:
                self._statements.update(self._history, ref, source.counting[ref])

    def remove(self, ref: str) -> None:
        """Remove a report, if indexed."""
        version = self._versions.pop(ref, None)
        if version is not None:
            source = self._sources[version.origin]
            self._record_changes(source, source.remove(ref))

    def update_marks(self, report: ReportHistory, claims: tuple[ResolvedClaim, ...]) -> bool:
        """Apply new credibility or disputes of an indexed report; False if it is not indexed with these claims."""
        source = self._sources.get(report.current.origin)
        if (
            source is None
            or self._versions.get(report.ref) is not report.current
            or not source.contains(report.ref, claims)
        ):
            return False
        self._record_changes(source, source.update_marks(report.ref))
        if report.ref in source.with_statements:
            self._update_statements(source, {report.ref})
        return True

    def apply_grade(self, origin: str) -> list[tuple[ClaimKey, ResolvedClaim]]:
        """Invalidate the claims of a regraded origin; returns its current claims with their keys."""
        source = self._sources.get(origin)
        if source is None:
            return []
        keys = source.invalidate()
        for key in (*keys, *source.increments):
            self._changed_keys.setdefault(key, set()).add(origin)
        self._update_statements(source, source.with_statements)
        chains = ((key, source.chain(key)) for key in keys)
        return [(key, each.current) for key, each in chains if each is not None and each.current is not None]

    def reset_periods(self) -> None:
        """Invalidate all keys: the period of an incident has changed."""
        self._periods.clear()
        for key in self._origins_by_key:
            self._changed_keys.setdefault(key, set())

    def changed_keys(self) -> dict[ClaimKey, set[str]]:
        """Return, and clear, the keys that may have changed since the last call, with the origins responsible."""
        changed, self._changed_keys = self._changed_keys, {}
        return changed

    def changed_reports(self) -> dict[str, ReportHistory | None]:
        """Return, and clear, the reports that may have changed since the last call, by id; None if no longer counting.

        A report is counting if it is indexed and no later whole statement of its source withdraws it.
        """
        changed, self._changed_reports = self._changed_reports, set()
        return {ref: self._counting_report(ref) for ref in changed}

    def breaks(self, key: ClaimKey) -> set[str]:
        """Return the refs of claims under a key that replaced, or were replaced by, a claim of another key."""
        return {
            ref for origin in self._origins_by_key.get(key, ()) for ref in self._sources[origin].breaks.get(key, ())
        }

    def source(self, origin: str) -> SourceClaims:
        """Return the indexed claims of an origin."""
        return self._sources[origin]

    def sources(self) -> Collection[SourceClaims]:
        """Return the indexed claims of all origins."""
        return self._sources.values()

    def sorted_keys(self) -> list[ClaimKey]:
        """Return the keys with any indexed claim, in canonical order."""
        return sorted((key for key, sources in self._origins_by_key.items() if sources), key=lambda key: key.canonical)

    def reports(self, *, counting: bool) -> dict[str, ReportHistory]:
        """Return the counting reports, or those that a later whole statement has withdrawn."""
        if counting:
            return {ref: report for source in self._sources.values() for ref, report in source.counting.items()}
        incomplete = (source for source in self._sources.values() if len(source.counting) < len(source.reports))
        return {
            ref: each for source in incomplete for ref, each in source.reports.items() if ref not in source.counting
        }

    def key_claims(self, key: ClaimKey) -> KeyClaims:
        """Return the claims of one key."""
        sources = [self._sources[origin] for origin in sorted(self._origins_by_key.get(key, ()))]
        chains = tuple(chain for source in sources if (chain := source.chain(key)))
        replaced: dict[str, tuple[str, str]] = {}
        increments: list[ResolvedClaim] = []
        for source in sources:
            for claim in source.increments.get(key, {}).values():
                if replacement := source.replacement(claim):
                    replaced[claim.ref] = replacement
                else:
                    increments.append(claim)
        placed = tuple(_increment(claim, chains) for claim in sorted(increments, key=lambda each: each.recency_key))
        return KeyClaims(key, chains, placed, replaced, self.policy_input(key))

    def policy_input(
        self, key: ClaimKey, before: PolicyInput | None = None, changed: Collection[str] = ()
    ) -> PolicyInput:
        """Return the policy's input for one key.

        With the input `before`, only the claims of the origins in `changed` are computed again. Unchanged claims
        and an unchanged input are the same objects: callers compare by identity.
        """
        statements, denied = self._statements.on_scope(self._statement_scope(key.scope))
        period_end = self._period_end(key)
        if before is None:
            claims = self._policy_claims(key, sorted(self._origins_by_key.get(key, ())))
            return PolicyInput(key, tuple(claims), denied, period_end, statements)
        policy_input = before
        for origin in changed:
            claims = policy_input.claims
            index = bisect_left(claims, origin, key=_ORIGIN)
            old = claims[index] if index < len(claims) and claims[index].resolved.origin == origin else None
            new = self._sources[origin].policy_claim(key, self._history)
            if new is not old:
                policy_input = policy_input.with_claim(index, old, new)
        if (
            policy_input.statements is not statements
            or policy_input.denied is not denied
            or policy_input.period_end != period_end
        ):
            policy_input = replace(policy_input, denied=denied, period_end=period_end, statements=statements)
        return policy_input

    def current_claims(self, key: ClaimKey) -> Iterator[GradedClaim]:
        """Yield the current claim of each origin under a key, with grade and credibility."""
        for origin in self._origins_by_key.get(key, ()):
            source = self._sources[origin]
            current = source.current(key)
            if current is not None:
                yield current, self._history.grade(current.origin), source.credibility(current)

    def increments(self, key: ClaimKey) -> Iterator[ResolvedClaim]:
        """Yield the increments under a key that are neither replaced nor rated out."""
        for origin in self._origins_by_key.get(key, ()):
            source = self._sources[origin]
            for claim in source.increments.get(key, {}).values():
                rated_out = self._history.grade(claim.origin) == UNRELIABLE or source.credibility(claim) == IMPROBABLE
                if not rated_out and source.replacement(claim) is None:
                    yield claim

    def _policy_claims(self, key: ClaimKey, origins: Iterable[str]) -> Sequence[PolicyClaim]:
        found = (self._sources[origin].policy_claim(key, self._history) for origin in origins)
        return [claim for claim in found if claim is not None]

    def _counting_report(self, ref: str) -> ReportHistory | None:
        version = self._versions.get(ref)
        return None if version is None else self._sources[version.origin].counting.get(ref)

    def _record_changes(self, source: SourceClaims, keys: set[ClaimKey]) -> None:
        changed = source.changed_reports
        self._update_statements(source, changed)
        self._changed_reports |= changed
        changed.clear()
        for key in keys:
            sources = self._origins_of(key)
            if key in source.claims or key in source.increments:
                sources.add(source.origin)
            else:
                sources.discard(source.origin)
            self._changed_keys.setdefault(key, set()).add(source.origin)

    def _origins_of(self, key: ClaimKey) -> set[str]:
        """Return the (mutable) set of origins with claims under a key."""
        found = self._origins_by_key.get(key)
        if found is None:
            found = self._origins_by_key[key] = set()
            self._keys_by_scope.setdefault(key.scope, []).append(key)
        return found

    def _update_statements(self, source: SourceClaims, refs: Iterable[str]) -> None:
        """Update the statements on responsibility of these reports, and invalidate the keys they are about."""
        changed: set[str] = set()
        for ref in refs:
            changed |= self._statements.update(self._history, ref, source.counting.get(ref))
        if changed:
            for scope in (*changed, *self._history.bounds):
                if self._statement_scope(scope) in changed:
                    for key in self._keys_by_scope.get(scope, ()):
                        self._changed_keys.setdefault(key, set())

    def _statement_scope(self, scope: str) -> str | None:
        """Return the scope whose statements apply to a scope: that of its event, or itself."""
        bounds = self._history.bounds.get(scope)
        if bounds is None:
            return scope
        home = split_scope(scope)[0]
        event = bounds.event and event_scope(bounds.event)
        return f"{home}/{event}" if home and event else event

    def _period_end(self, key: ClaimKey) -> datetime | None:
        home = key.home
        if home not in self._periods:
            incident = self._history.incident(home)
            self._periods[home] = parse_occurred(incident.period, incident.offset).latest if incident.period else None
        return self._periods[home]


@dataclass(frozen=True, slots=True)
class ClaimSnapshot:
    """Counting claims and reports at one moment: keys in canonical order, reports by id.

    `withdrawn` are standing reports that a later whole statement of their source has withdrawn.
    """

    by_key: tuple[KeyClaims, ...]
    counting: Mapping[str, ReportHistory]
    withdrawn: Mapping[str, ReportHistory]


def snapshot_claims(history: History, moment: datetime | None) -> ClaimSnapshot:
    """Index all reports standing at `moment` (reported clock, UTC; None: latest); independent of arrival order."""
    index = ClaimIndex(history)
    index.load((report, report.claims_at(moment)) for report in history.standing_reports(moment))
    keyed = tuple(index.key_claims(key) for key in index.sorted_keys())
    return ClaimSnapshot(keyed, index.reports(counting=True), index.reports(counting=False))


def by_origin(reports: Iterable[ReportHistory]) -> dict[str, list[ReportHistory]]:
    """Group reports by origin."""
    found: dict[str, list[ReportHistory]] = {}
    for report in reports:
        found.setdefault(report.current.origin, []).append(report)
    return found


def _increment(increment: ResolvedClaim, chains: Sequence[RevisionChain]) -> Increment:
    """Find the last total of its origin before an increment starts; flag one that the current total includes."""
    chain = next((each for each in chains if each.origin == increment.origin), None)
    start = earliest(increment.period or increment.reported)
    earlier_totals = [claim for claim in chain.succession if claim.counted_until <= start] if chain else []
    included = chain is not None and chain.current is not None and chain.current.counted_until > start
    return Increment(increment, earlier_totals[-1].ref if earlier_totals else None, included)
