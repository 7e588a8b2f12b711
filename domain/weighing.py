"""From the reports that stand to the question that a policy answers: claims by key and origin, wholes beside parts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.claims import INCIDENT_SCOPE, Held, Key, earliest, event_scope, home_of
from domain.clocks import parse_occurred
from domain.estimates import IMPROBABLE, UNRELIABLE, Question, Statement
from domain.incident.history import History, ReportHistory
from domain.supersession import Ledger
from domain.voices import Voice

ALREADY_INCLUDED = "already_included"


@dataclass(frozen=True, slots=True)
class Increment:
    """A figure for a period of its own, shown beside a total and never added to it."""

    held: Held
    beside: str | None
    already_included: bool


@dataclass(frozen=True, slots=True)
class Keyed:
    """One key at one reading: each origin's ledger, the increments, and the question for the policy.

    `replaced` maps the ref of an increment that its source replaced to (code, the ref that replaced it).
    """

    key: Key
    ledgers: tuple[Ledger, ...]
    increments: tuple[Increment, ...]
    replaced: Mapping[str, tuple[str, str]]
    question: Question

    @property
    def superseded(self) -> int:
        """How many claims lie behind the current ones."""
        return sum(len(each.behind) for each in self.ledgers) + len(self.replaced)


class Scales:
    """Reports are put on and taken off; only the keys that this may move are weighed again when they are asked for.

    So one way of weighing serves an answer about one moment and a series over all of them.
    """

    def __init__(self, history: History) -> None:
        self._history = history
        self._voices: dict[str, Voice] = {}
        self._on: dict[str, str] = {}
        self._voices_of: dict[Key, set[str]] = {}
        self._moved: dict[Key, set[str]] = {}
        self._statements: dict[str, list[Statement]] | None = None
        self._periods: dict[str | None, datetime | None] = {}

    def put(self, report: ReportHistory, held: tuple[Held, ...]) -> None:
        """Put a report on, with those of its claims that stand; it must not be on already."""
        origin = report.now.origin
        voice = self._voices.setdefault(origin, Voice(origin))
        self._on[report.ref] = origin
        stated = frozenset(voice.stating)
        self._touch(voice, voice.put(report, held), stated)

    def fill(self, reports: Iterable[tuple[ReportHistory, tuple[Held, ...]]]) -> None:
        """Put many reports on empty scales at once; nothing has moved by that."""
        by_voice: dict[str, list[tuple[ReportHistory, tuple[Held, ...]]]] = {}
        for report, held in reports:
            origin = self._on[report.ref] = report.now.origin
            by_voice.setdefault(origin, []).append((report, held))
        for origin, own in by_voice.items():
            voice = self._voices[origin] = Voice(origin)
            voice.fill(own)
            for key in (*voice.claims, *voice.increments):
                self._voices_of.setdefault(key, set()).add(origin)

    def take(self, ref: str) -> None:
        """Take a report off, if it is on."""
        origin = self._on.pop(ref, None)
        if origin is not None:
            voice = self._voices[origin]
            stated = frozenset(voice.stating)
            self._touch(voice, voice.take(ref), stated)

    def regraded(self, origin: str) -> list[tuple[Key, Held]]:
        """Weigh again what an origin says: its grade is another. Returns what it stands by, with the keys."""
        voice = self._voices.get(origin)
        if voice is None:
            return []
        keys = voice.weigh_again()
        for key in keys:
            self._moved.setdefault(key, set()).add(origin)
        if voice.stating:
            self._all_moved()
        ledgers = ((key, voice.ledger(key)) for key in keys)
        return [(key, each.current) for key, each in ledgers if each is not None and each.current is not None]

    def retimed(self) -> None:
        """Weigh everything again: the period of an incident is another."""
        self._periods.clear()
        self._all_moved()

    def moved(self) -> dict[Key, set[str]]:
        """Return the keys that may have moved since this was last asked, with the origins that may have moved them."""
        moved, self._moved = self._moved, {}
        return moved

    def breaks(self, key: Key) -> set[str]:
        """Return the refs of claims under a key that one of another key replaced, or that replaced one."""
        return {ref for origin in self._voices_of.get(key, ()) for ref in self._voices[origin].breaks.get(key, ())}

    def voice(self, origin: str) -> Voice:
        """Return what an origin says that has been put on."""
        return self._voices[origin]

    def used_keys(self) -> list[Key]:
        """Return the keys under which anything is on, in canonical order."""
        return sorted((key for key, voices in self._voices_of.items() if voices), key=lambda key: key.canonical)

    def reports(self, *, counting: bool) -> dict[str, ReportHistory]:
        """Return the reports that are on and count, or those that a later whole statement has withdrawn."""
        if counting:
            return {ref: report for voice in self._voices.values() for ref, report in voice.speaking.items()}
        gone = (voice for voice in self._voices.values() if len(voice.speaking) < len(voice.reports))
        return {ref: each for voice in gone for ref, each in voice.reports.items() if ref not in voice.speaking}

    def keyed(self, key: Key) -> Keyed:
        """Weigh one key."""
        voices = [self._voices[origin] for origin in sorted(self._voices_of.get(key, ()))]
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
        standing = tuple(found for voice in voices if (found := voice.standing(key, self._history)))
        statements = self._about(key)
        denied = any(each.act == "denied" for each in statements)
        question = Question(key, standing, denied, self._period_end(key), statements)
        return Keyed(key, ledgers, beside, replaced, question)

    def _touch(self, voice: Voice, keys: set[Key], stated: frozenset[str]) -> None:
        for key in keys:
            voices = self._voices_of.setdefault(key, set())
            if key in voice.claims or key in voice.increments:
                voices.add(voice.origin)
            else:
                voices.discard(voice.origin)
            self._moved.setdefault(key, set()).add(voice.origin)
        if stated != frozenset(voice.stating):
            self._all_moved()

    def _all_moved(self) -> None:
        """Weigh everything again: statements on who is responsible are others, or a period is."""
        self._statements = None
        for key in self._voices_of:
            self._moved.setdefault(key, set())

    def _about(self, key: Key) -> tuple[Statement, ...]:
        """Return the statements on who is responsible for what a key counts: an event, or the incident as a whole."""
        if self._statements is None:
            self._statements = self._stated()
        if not self._statements:
            return ()
        bounds = self._history.bounds.get(key.scope)
        if bounds is None:
            return tuple(self._statements.get(key.scope, ()))
        home = home_of(key.scope)[0]
        event = bounds.event and event_scope(bounds.event)
        return tuple(self._statements.get(f"{home}/{event}" if home else event, ())) if event else ()

    def _stated(self) -> dict[str, list[Statement]]:
        found: dict[str, list[Statement]] = {}
        for voice in self._voices.values():
            for report in voice.speaking.values():
                said, grade = report.now.report.responsibility(), self._history.grade(voice.origin)
                if said and grade != UNRELIABLE and report.credibility.get(None) != IMPROBABLE:
                    statement = Statement(said.act, said.by, said.whom, voice.origin, grade, report.ref)
                    found.setdefault(stated_scope(self._history, report), []).append(statement)
        return {scope: sorted(said, key=lambda each: each.report) for scope, said in found.items()}

    def _period_end(self, key: Key) -> datetime | None:
        home = home_of(key.scope)[0]
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


def stated_scope(history: History, report: ReportHistory) -> str:
    """Return the scope that a statement is about: the event that it names, else its whole incident."""
    event = report.now.report.event
    scope = event_scope(event) if event is not None else INCIDENT_SCOPE
    return history.scope_name(report.home, history.homes[report.home].slug, scope)


def _increment(held: Held, group: Sequence[Ledger]) -> Increment:
    """Show an increment beside its origin's last total that ends before it starts; say if the current one holds it."""
    own = next((each for each in group if each.origin == held.origin), None)
    start = earliest(held.period or held.reported)
    before = [claim for claim in own.stood if claim.counted_until <= start] if own else []
    included = own is not None and own.current is not None and own.current.counted_until > start
    return Increment(held, before[-1].ref if before else None, included)
