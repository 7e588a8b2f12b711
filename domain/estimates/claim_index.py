"""From the reports that stand to the question that a policy answers: claims by key and origin, wholes beside parts."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter

from domain.estimates.estimate import IMPROBABLE, UNRELIABLE, Question, Standing
from domain.estimates.responsibility import Statements, stated_scope
from domain.estimates.source_claims import Voice
from domain.history.history import History, ReportHistory, Version
from domain.reports.claims.claim import ClaimKey, ResolvedClaim, earliest, event_scope, split_scope
from domain.reports.claims.revision_chain import RevisionChain
from domain.values.time.clocks import parse_occurred

__all__ = [
    "ALREADY_INCLUDED",
    "Increment",
    "Keyed",
    "Scales",
    "Weighed",
    "by_origin",
    "keyed_claims",
    "stated_scope",
    "weigh",
]

ALREADY_INCLUDED = "already_included"

Said = tuple[ResolvedClaim, str, int]
"""A claim that stands, the grade of its source, and how credible it is."""

_ORIGIN = attrgetter("held.origin")


@dataclass(frozen=True, slots=True)
class Increment:
    """A figure for a period of its own, shown beside a total and never added to it."""

    held: ResolvedClaim
    beside: str | None
    already_included: bool


@dataclass(frozen=True, slots=True)
class Keyed:
    """One key at one reading: each origin's ledger, the increments, and the question for the policy.

    `replaced` maps the ref of an increment that its source replaced to (code, the ref that replaced it).
    """

    key: ClaimKey
    ledgers: tuple[RevisionChain, ...]
    increments: tuple[Increment, ...]
    replaced: Mapping[str, tuple[str, str]]
    question: Question

    @property
    def superseded(self) -> int:
        """How many claims lie behind the current ones."""
        return sum(len(each.replaced) for each in self.ledgers) + len(self.replaced)


class Scales:
    """Reports are put on and taken off; only the keys that this may move are weighed again when they are asked for.

    So one way of weighing serves an answer about one moment and a series over all of them.
    """

    def __init__(self, history: History) -> None:
        self._history = history
        self._voices: dict[str, Voice] = {}
        self._on: dict[str, Version] = {}
        self._voices_of: dict[ClaimKey, set[str]] = {}
        self._keys_of: dict[str, list[ClaimKey]] = {}
        self._moved: dict[ClaimKey, set[str]] = {}
        self._heard: set[str] = set()
        self._statements = Statements()
        self._periods: dict[str | None, datetime | None] = {}

    def put(self, report: ReportHistory, held: tuple[ResolvedClaim, ...]) -> None:
        """Put a report on, with those of its claims that stand; it must not be on already."""
        self._on[report.ref] = report.now
        origin = report.now.origin
        voice = self._voices.get(origin)
        if voice is None:
            voice = self._voices[origin] = Voice(origin)
        self._touch(voice, voice.put(report, held))

    def fill(self, reports: Iterable[tuple[ReportHistory, tuple[ResolvedClaim, ...]]]) -> None:
        """Put many reports on empty scales at once; nothing has moved by that."""
        by_voice: dict[str, list[tuple[ReportHistory, tuple[ResolvedClaim, ...]]]] = {}
        for report, held in reports:
            self._on[report.ref] = report.now
            by_voice.setdefault(report.now.origin, []).append((report, held))
        for origin, own in by_voice.items():
            voice = self._voices[origin] = Voice(origin)
            voice.fill(own)
            for key in (*voice.claims, *voice.increments):
                self._of(key).add(origin)
            for ref in voice.stating:
                self._statements.tell(self._history, ref, voice.speaking[ref])

    def take(self, ref: str) -> None:
        """Take a report off, if it is on."""
        was = self._on.pop(ref, None)
        if was is not None:
            voice = self._voices[was.origin]
            self._touch(voice, voice.take(ref))

    def judge(self, report: ReportHistory, held: tuple[ResolvedClaim, ...]) -> bool:
        """Let a report that is on be judged, or disputed, as it is now; False if it is not on with these claims."""
        voice = self._voices.get(report.now.origin)
        if voice is None or self._on.get(report.ref) is not report.now or not voice.holds(report.ref, held):
            return False
        self._touch(voice, voice.judge(report.ref))
        if report.ref in voice.stating:
            self._stated(voice, {report.ref})
        return True

    def regraded(self, origin: str) -> list[tuple[ClaimKey, ResolvedClaim]]:
        """Weigh again what an origin says: its grade is another. Returns what it stands by, with the keys."""
        voice = self._voices.get(origin)
        if voice is None:
            return []
        keys = voice.weigh_again()
        for key in (*keys, *voice.increments):
            self._moved.setdefault(key, set()).add(origin)
        self._stated(voice, voice.stating)
        ledgers = ((key, voice.ledger(key)) for key in keys)
        return [(key, each.current) for key, each in ledgers if each is not None and each.current is not None]

    def retimed(self) -> None:
        """Weigh everything again: the period of an incident is another."""
        self._periods.clear()
        for key in self._voices_of:
            self._moved.setdefault(key, set())

    def moved(self) -> dict[ClaimKey, set[str]]:
        """Return the keys that may have moved since this was last asked, with the origins that may have moved them."""
        moved, self._moved = self._moved, {}
        return moved

    def heard(self) -> dict[str, ReportHistory | None]:
        """Return the reports that may speak otherwise since this was last asked, by id: None where one no longer does.

        A report speaks if it is on and no later whole statement of its source leaves it out.
        """
        heard, self._heard = self._heard, set()
        return {ref: self._speaking(ref) for ref in heard}

    def breaks(self, key: ClaimKey) -> set[str]:
        """Return the refs of claims under a key that one of another key replaced, or that replaced one."""
        return {ref for origin in self._voices_of.get(key, ()) for ref in self._voices[origin].breaks.get(key, ())}

    def voice(self, origin: str) -> Voice:
        """Return what an origin says that has been put on."""
        return self._voices[origin]

    def used_keys(self) -> list[ClaimKey]:
        """Return the keys under which anything is on, in canonical order."""
        return sorted((key for key, voices in self._voices_of.items() if voices), key=lambda key: key.canonical)

    def reports(self, *, counting: bool) -> dict[str, ReportHistory]:
        """Return the reports that are on and count, or those that a later whole statement has withdrawn."""
        if counting:
            return {ref: report for voice in self._voices.values() for ref, report in voice.speaking.items()}
        gone = (voice for voice in self._voices.values() if len(voice.speaking) < len(voice.reports))
        return {ref: each for voice in gone for ref, each in voice.reports.items() if ref not in voice.speaking}

    def keyed(self, key: ClaimKey) -> Keyed:
        """Weigh one key."""
        voices = [self._voices[origin] for origin in sorted(self._voices_of.get(key, ()))]
        ledgers = tuple(found for voice in voices if (found := voice.ledger(key)))
        replaced: dict[str, tuple[str, str]] = {}
        increments: list[ResolvedClaim] = []
        for voice in voices:
            for held in voice.increments.get(key, {}).values():
                if replacement := voice.replacement(held):
                    replaced[held.ref] = replacement
                else:
                    increments.append(held)
        beside = tuple(_increment(held, ledgers) for held in sorted(increments, key=lambda each: each.recency_key))
        return Keyed(key, ledgers, beside, replaced, self.question(key))

    def question(self, key: ClaimKey, before: Question | None = None, moved: Collection[str] = ()) -> Question:
        """Return what a policy is asked of one key.

        Where it was asked `before`, only what the origins in `moved` say may read otherwise; a claim that reads as
        it did is the same object, and so is a question.
        """
        statements, denied = self._statements.about(self._stated_of(key.scope))
        period_end = self._period_end(key)
        if before is None:
            claims = self._standing(key, sorted(self._voices_of.get(key, ())))
            return Question(key, tuple(claims), denied, period_end, statements)
        asked = before
        for origin in moved:
            claims = asked.claims
            place = bisect_left(claims, origin, key=_ORIGIN)
            old = claims[place] if place < len(claims) and claims[place].held.origin == origin else None
            new = self._voices[origin].standing(key, self._history)
            if new is not old:
                asked = asked.with_claim(place, old, new)
        if asked.statements is not statements or asked.denied is not denied or asked.period_end != period_end:
            asked = replace(asked, denied=denied, period_end=period_end, statements=statements)
        return asked

    def said(self, key: ClaimKey) -> Iterator[Said]:
        """Yield what each origin says now under a key, with its grade and how credible that is."""
        for origin in self._voices_of.get(key, ()):
            voice = self._voices[origin]
            current = voice.current(key)
            if current is not None:
                yield current, self._history.grade(current.origin), voice.credibility(current)

    def increments(self, key: ClaimKey) -> Iterator[ResolvedClaim]:
        """Yield the increments under a key that stand: none that was replaced, or is rated out."""
        for origin in self._voices_of.get(key, ()):
            voice = self._voices[origin]
            for held in voice.increments.get(key, {}).values():
                out = self._history.grade(held.origin) == UNRELIABLE or voice.credibility(held) == IMPROBABLE
                if not out and voice.replacement(held) is None:
                    yield held

    def _standing(self, key: ClaimKey, origins: Iterable[str]) -> Sequence[Standing]:
        found = (self._voices[origin].standing(key, self._history) for origin in origins)
        return [claim for claim in found if claim is not None]

    def _speaking(self, ref: str) -> ReportHistory | None:
        on = self._on.get(ref)
        return None if on is None else self._voices[on.origin].speaking.get(ref)

    def _touch(self, voice: Voice, keys: set[ClaimKey]) -> None:
        heard = voice.heard
        self._stated(voice, heard)
        self._heard |= heard
        heard.clear()
        for key in keys:
            voices = self._of(key)
            if key in voice.claims or key in voice.increments:
                voices.add(voice.origin)
            else:
                voices.discard(voice.origin)
            self._moved.setdefault(key, set()).add(voice.origin)

    def _of(self, key: ClaimKey) -> set[str]:
        """Return the origins that say anything under a key."""
        found = self._voices_of.get(key)
        if found is None:
            found = self._voices_of[key] = set()
            self._keys_of.setdefault(key.scope, []).append(key)
        return found

    def _stated(self, voice: Voice, refs: Iterable[str]) -> None:
        """Weigh again what these reports state on who is responsible, and what that is about."""
        changed: set[str] = set()
        for ref in refs:
            changed |= self._statements.tell(self._history, ref, voice.speaking.get(ref))
        if changed:
            for scope in (*changed, *self._history.bounds):
                if self._stated_of(scope) in changed:
                    for key in self._keys_of.get(scope, ()):
                        self._moved.setdefault(key, set())

    def _stated_of(self, scope: str) -> str | None:
        """Return the scope that statements must be about to be about what a scope covers: its event, or itself."""
        bounds = self._history.bounds.get(scope)
        if bounds is None:
            return scope
        home = split_scope(scope)[0]
        event = bounds.event and event_scope(bounds.event)
        return f"{home}/{event}" if home and event else event

    def _period_end(self, key: ClaimKey) -> datetime | None:
        home = split_scope(key.scope)[0]
        if home not in self._periods:
            of = self._history.home(home)
            self._periods[home] = parse_occurred(of.period, of.offset).latest if of.period else None
        return self._periods[home]


@dataclass(frozen=True, slots=True)
class Weighed:
    """All that counts at one moment: the keys in canonical order, and the reports, by id.

    `withdrawn` are those that stand and do not count, since a later whole statement of their source leaves them out.
    """

    keyed: tuple[Keyed, ...]
    speaking: Mapping[str, ReportHistory]
    withdrawn: Mapping[str, ReportHistory]


def weigh(history: History, moment: datetime | None) -> Weighed:
    """Weigh what counts at `moment` (reported clock, UTC; None: as far as we know now). Arrival changes nothing."""
    scales = Scales(history)
    scales.fill((report, report.held(moment)) for report in history.standing(moment))
    keyed = tuple(scales.keyed(key) for key in scales.used_keys())
    return Weighed(keyed, scales.reports(counting=True), scales.reports(counting=False))


def keyed_claims(history: History, moment: datetime | None) -> tuple[Keyed, ...]:
    """Return the claims that count at `moment`, by canonical key and origin."""
    return weigh(history, moment).keyed


def by_origin(reports: Iterable[ReportHistory]) -> dict[str, list[ReportHistory]]:
    """Sort reports by who vouches for them."""
    found: dict[str, list[ReportHistory]] = {}
    for report in reports:
        found.setdefault(report.now.origin, []).append(report)
    return found


def _increment(held: ResolvedClaim, group: Sequence[RevisionChain]) -> Increment:
    """Show an increment beside its origin's last total that ends before it starts; say if the current one holds it."""
    own = next((each for each in group if each.origin == held.origin), None)
    start = earliest(held.period or held.reported)
    before = [claim for claim in own.succession if claim.counted_until <= start] if own else []
    included = own is not None and own.current is not None and own.current.counted_until > start
    return Increment(held, before[-1].ref if before else None, included)
