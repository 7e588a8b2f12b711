"""From the reports that stand to the question that a policy answers: claims by key and origin, wholes beside parts."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter

from domain.estimates.estimate import IMPROBABLE, UNRELIABLE, PolicyClaim, PolicyInput
from domain.estimates.responsibility import StatementIndex, statement_scope
from domain.estimates.source_claims import SourceClaims
from domain.history.history import History, ReportHistory, ReportVersion
from domain.reports.claims.claim import Held, Key, earliest, event_scope, home_of
from domain.reports.claims.revision_chain import Ledger
from domain.values.time.clocks import parse_occurred

__all__ = [
    "ALREADY_INCLUDED",
    "ClaimIndex",
    "ClaimSnapshot",
    "Increment",
    "KeyClaims",
    "by_origin",
    "keyed_claims",
    "snapshot_claims",
    "statement_scope",
]

ALREADY_INCLUDED = "already_included"

GradedClaim = tuple[Held, str, int]
"""A claim that stands, the grade of its source, and how credible it is."""

_ORIGIN = attrgetter("resolved.origin")


@dataclass(frozen=True, slots=True)
class Increment:
    """A figure for a period of its own, shown beside a total and never added to it."""

    resolved: Held
    beside: str | None
    already_included: bool


@dataclass(frozen=True, slots=True)
class KeyClaims:
    """One key at one reading: each origin's ledger, the increments, and the question for the policy.

    `replaced` maps the ref of an increment that its source replaced to (code, the ref that replaced it).
    """

    key: Key
    ledgers: tuple[Ledger, ...]
    increments: tuple[Increment, ...]
    replaced: Mapping[str, tuple[str, str]]
    policy_input: PolicyInput

    @property
    def superseded(self) -> int:
        """How many claims lie behind the current ones."""
        return sum(len(each.behind) for each in self.ledgers) + len(self.replaced)


class ClaimIndex:
    """Reports are put on and taken off; only the keys that this may move are weighed again when they are asked for.

    So one way of weighing serves an answer about one moment and a series over all of them.
    """

    def __init__(self, history: History) -> None:
        self._history = history
        self._sources: dict[str, SourceClaims] = {}
        self._versions: dict[str, ReportVersion] = {}
        self._origins_by_key: dict[Key, set[str]] = {}
        self._keys_by_scope: dict[str, list[Key]] = {}
        self._changed_keys: dict[Key, set[str]] = {}
        self._changed_reports: set[str] = set()
        self._statements = StatementIndex()
        self._periods: dict[str | None, datetime | None] = {}

    def add(self, report: ReportHistory, held: tuple[Held, ...]) -> None:
        """Put a report on, with those of its claims that stand; it must not be on already."""
        self._versions[report.ref] = report.current
        origin = report.current.origin
        voice = self._sources.get(origin)
        if voice is None:
            voice = self._sources[origin] = SourceClaims(origin)
        self._record_changes(voice, voice.add(report, held))

    def load(self, reports: Iterable[tuple[ReportHistory, tuple[Held, ...]]]) -> None:
        """Put many reports on empty scales at once; nothing has moved by that."""
        by_voice: dict[str, list[tuple[ReportHistory, tuple[Held, ...]]]] = {}
        for report, held in reports:
            self._versions[report.ref] = report.current
            by_voice.setdefault(report.current.origin, []).append((report, held))
        for origin, own in by_voice.items():
            voice = self._sources[origin] = SourceClaims(origin)
            voice.load(own)
            for key in (*voice.claims, *voice.increments):
                self._origins_of(key).add(origin)
            for ref in voice.with_statements:
                self._statements.update(self._history, ref, voice.counting[ref])

    def remove(self, ref: str) -> None:
        """Take a report off, if it is on."""
        was = self._versions.pop(ref, None)
        if was is not None:
            voice = self._sources[was.origin]
            self._record_changes(voice, voice.remove(ref))

    def update_marks(self, report: ReportHistory, held: tuple[Held, ...]) -> bool:
        """Let a report that is on be judged, or disputed, as it is now; False if it is not on with these claims."""
        voice = self._sources.get(report.current.origin)
        if (
            voice is None
            or self._versions.get(report.ref) is not report.current
            or not voice.contains(report.ref, held)
        ):
            return False
        self._record_changes(voice, voice.update_marks(report.ref))
        if report.ref in voice.with_statements:
            self._update_statements(voice, {report.ref})
        return True

    def apply_grade(self, origin: str) -> list[tuple[Key, Held]]:
        """Weigh again what an origin says: its grade is another. Returns what it stands by, with the keys."""
        voice = self._sources.get(origin)
        if voice is None:
            return []
        keys = voice.invalidate()
        for key in (*keys, *voice.increments):
            self._changed_keys.setdefault(key, set()).add(origin)
        self._update_statements(voice, voice.with_statements)
        ledgers = ((key, voice.ledger(key)) for key in keys)
        return [(key, each.current) for key, each in ledgers if each is not None and each.current is not None]

    def reset_periods(self) -> None:
        """Weigh everything again: the period of an incident is another."""
        self._periods.clear()
        for key in self._origins_by_key:
            self._changed_keys.setdefault(key, set())

    def changed_keys(self) -> dict[Key, set[str]]:
        """Return the keys that may have moved since this was last asked, with the origins that may have moved them."""
        moved, self._changed_keys = self._changed_keys, {}
        return moved

    def changed_reports(self) -> dict[str, ReportHistory | None]:
        """Return the reports that may speak otherwise since this was last asked, by id: None where one no longer does.

        A report speaks if it is on and no later whole statement of its source leaves it out.
        """
        heard, self._changed_reports = self._changed_reports, set()
        return {ref: self._counting_report(ref) for ref in heard}

    def breaks(self, key: Key) -> set[str]:
        """Return the refs of claims under a key that one of another key replaced, or that replaced one."""
        return {
            ref for origin in self._origins_by_key.get(key, ()) for ref in self._sources[origin].breaks.get(key, ())
        }

    def source(self, origin: str) -> SourceClaims:
        """Return what an origin says that has been put on."""
        return self._sources[origin]

    def keys(self) -> list[Key]:
        """Return the keys under which anything is on, in canonical order."""
        return sorted((key for key, voices in self._origins_by_key.items() if voices), key=lambda key: key.canonical)

    def reports(self, *, counting: bool) -> dict[str, ReportHistory]:
        """Return the reports that are on and count, or those that a later whole statement has withdrawn."""
        if counting:
            return {ref: report for voice in self._sources.values() for ref, report in voice.counting.items()}
        gone = (voice for voice in self._sources.values() if len(voice.counting) < len(voice.reports))
        return {ref: each for voice in gone for ref, each in voice.reports.items() if ref not in voice.counting}

    def key_claims(self, key: Key) -> KeyClaims:
        """Weigh one key."""
        voices = [self._sources[origin] for origin in sorted(self._origins_by_key.get(key, ()))]
        ledgers = tuple(found for voice in voices if (found := voice.ledger(key)))
        replaced: dict[str, tuple[str, str]] = {}
        increments: list[Held] = []
        for voice in voices:
            for held in voice.increments.get(key, {}).values():
                if replacement := voice.replacement(held):
                    replaced[held.ref] = replacement
                else:
                    increments.append(held)
        beside = tuple(_increment(held, ledgers) for held in sorted(increments, key=lambda each: each.newness))
        return KeyClaims(key, ledgers, beside, replaced, self.policy_input(key))

    def policy_input(self, key: Key, before: PolicyInput | None = None, moved: Collection[str] = ()) -> PolicyInput:
        """Return what a policy is asked of one key.

        Where it was asked `before`, only what the origins in `moved` say may read otherwise; a claim that reads as
        it did is the same object, and so is a question.
        """
        statements, denied = self._statements.on_scope(self._statement_scope(key.scope))
        period_end = self._period_end(key)
        if before is None:
            claims = self._policy_claims(key, sorted(self._origins_by_key.get(key, ())))
            return PolicyInput(key, tuple(claims), denied, period_end, statements)
        asked = before
        for origin in moved:
            claims = asked.claims
            place = bisect_left(claims, origin, key=_ORIGIN)
            old = claims[place] if place < len(claims) and claims[place].resolved.origin == origin else None
            new = self._sources[origin].policy_claim(key, self._history)
            if new is not old:
                asked = asked.with_claim(place, old, new)
        if asked.statements is not statements or asked.denied is not denied or asked.period_end != period_end:
            asked = replace(asked, denied=denied, period_end=period_end, statements=statements)
        return asked

    def current_claims(self, key: Key) -> Iterator[GradedClaim]:
        """Yield what each origin says now under a key, with its grade and how credible that is."""
        for origin in self._origins_by_key.get(key, ()):
            voice = self._sources[origin]
            current = voice.current(key)
            if current is not None:
                yield current, self._history.grade(current.origin), voice.credibility(current)

    def increments(self, key: Key) -> Iterator[Held]:
        """Yield the increments under a key that stand: none that was replaced, or is rated out."""
        for origin in self._origins_by_key.get(key, ()):
            voice = self._sources[origin]
            for held in voice.increments.get(key, {}).values():
                out = self._history.grade(held.origin) == UNRELIABLE or voice.credibility(held) == IMPROBABLE
                if not out and voice.replacement(held) is None:
                    yield held

    def _policy_claims(self, key: Key, origins: Iterable[str]) -> Sequence[PolicyClaim]:
        found = (self._sources[origin].policy_claim(key, self._history) for origin in origins)
        return [claim for claim in found if claim is not None]

    def _counting_report(self, ref: str) -> ReportHistory | None:
        on = self._versions.get(ref)
        return None if on is None else self._sources[on.origin].counting.get(ref)

    def _record_changes(self, voice: SourceClaims, keys: set[Key]) -> None:
        heard = voice.changed_reports
        self._update_statements(voice, heard)
        self._changed_reports |= heard
        heard.clear()
        for key in keys:
            voices = self._origins_of(key)
            if key in voice.claims or key in voice.increments:
                voices.add(voice.origin)
            else:
                voices.discard(voice.origin)
            self._changed_keys.setdefault(key, set()).add(voice.origin)

    def _origins_of(self, key: Key) -> set[str]:
        """Return the origins that say anything under a key."""
        found = self._origins_by_key.get(key)
        if found is None:
            found = self._origins_by_key[key] = set()
            self._keys_by_scope.setdefault(key.scope, []).append(key)
        return found

    def _update_statements(self, voice: SourceClaims, refs: Iterable[str]) -> None:
        """Weigh again what these reports state on who is responsible, and what that is about."""
        changed: set[str] = set()
        for ref in refs:
            changed |= self._statements.update(self._history, ref, voice.counting.get(ref))
        if changed:
            for scope in (*changed, *self._history.bounds):
                if self._statement_scope(scope) in changed:
                    for key in self._keys_by_scope.get(scope, ()):
                        self._changed_keys.setdefault(key, set())

    def _statement_scope(self, scope: str) -> str | None:
        """Return the scope that statements must be about to be about what a scope covers: its event, or itself."""
        bounds = self._history.bounds.get(scope)
        if bounds is None:
            return scope
        home = home_of(scope)[0]
        event = bounds.event and event_scope(bounds.event)
        return f"{home}/{event}" if home and event else event

    def _period_end(self, key: Key) -> datetime | None:
        home = home_of(key.scope)[0]
        if home not in self._periods:
            of = self._history.incident(home)
            self._periods[home] = parse_occurred(of.period, of.offset).latest if of.period else None
        return self._periods[home]


@dataclass(frozen=True, slots=True)
class ClaimSnapshot:
    """All that counts at one moment: the keys in canonical order, and the reports, by id.

    `withdrawn` are those that stand and do not count, since a later whole statement of their source leaves them out.
    """

    keys: tuple[KeyClaims, ...]
    counting: Mapping[str, ReportHistory]
    withdrawn: Mapping[str, ReportHistory]


def snapshot_claims(history: History, moment: datetime | None) -> ClaimSnapshot:
    """Weigh what counts at `moment` (reported clock, UTC; None: as far as we know now). Arrival changes nothing."""
    scales = ClaimIndex(history)
    scales.load((report, report.claims_at(moment)) for report in history.standing_reports(moment))
    keyed = tuple(scales.key_claims(key) for key in scales.keys())
    return ClaimSnapshot(keyed, scales.reports(counting=True), scales.reports(counting=False))


def keyed_claims(history: History, moment: datetime | None) -> tuple[KeyClaims, ...]:
    """Return the claims that count at `moment`, by canonical key and origin."""
    return snapshot_claims(history, moment).keys


def by_origin(reports: Iterable[ReportHistory]) -> dict[str, list[ReportHistory]]:
    """Sort reports by who vouches for them."""
    found: dict[str, list[ReportHistory]] = {}
    for report in reports:
        found.setdefault(report.current.origin, []).append(report)
    return found


def _increment(held: Held, group: Sequence[Ledger]) -> Increment:
    """Show an increment beside its origin's last total that ends before it starts; say if the current one holds it."""
    own = next((each for each in group if each.origin == held.origin), None)
    start = earliest(held.period or held.reported)
    before = [claim for claim in own.stood if claim.counted_until <= start] if own else []
    included = own is not None and own.current is not None and own.current.counted_until > start
    return Increment(held, before[-1].ref if before else None, included)
