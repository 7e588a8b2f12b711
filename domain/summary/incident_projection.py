"""An incident as lists show it: what its reports say together, its estimates and its level, kept true fact by fact.

What one incident's views tell whole is here told in the few lines that many incidents are found and sorted by. It is
made of the same parts: the same scales, the same policies, the same rulebook of days.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from domain import catalogue
from domain.escalation.levels import Days
from domain.escalation.occurrences import Telling
from domain.estimates.affected import OF_REPORTS, retimed, touched_by, weigh_anew
from domain.estimates.claim_index import Scales
from domain.estimates.estimate import Estimate, Policy, Question
from domain.facts.streams import POLICY_STREAM
from domain.facts.union import IncidentOpened, PolicyAdopted, Recorded
from domain.history.history import History, Version
from domain.history.inputs import Reach
from domain.reading import Reading
from domain.reports.claims.claim import Key, home_of
from domain.summary.killed import KILLED, InEvents, Part, Tolls, in_events_key
from domain.summary.summary import Listed, Moved, Tallies
from domain.values.search_words import words_of
from domain.values.time.clocks import Span, parse_occurred

VIOLENCE = "violence"

_NOBODY: Collection[str] = frozenset()


class Present:
    """An incident as it stands, or as it stood at a reading; grown fact by fact with `take_in`.

    `estimates` holds, for each key that any claim stands under and that is not a single event's, what the policy in
    force makes of it, and `asked` what it was asked, with the claims by origin; they are true after `settle`. Of the
    keys of single events, the greatest for each measure and population is kept (`in_events`), by the same policy.
    """

    def __init__(self, history: History, until: datetime | None = None, policy: Policy | None = None) -> None:
        self.history = history
        self.estimates: dict[Key, Estimate] = {}
        self.reach = Reach(history.stream or UUID(int=0))
        self._until = until
        self._named = policy
        self._scales = Scales(history)
        self._days = Days(history)
        self._tallies = Tallies()
        self._speaking: dict[str, Version] = {}
        self._told: dict[str, Telling] = {}
        self._spans: dict[str, Span] = {}
        self.asked: dict[Key, Question] = {}
        self._tolls = Tolls()
        self._pairs: set[Key] = set()
        self._touched: set[UUID] = set()
        self._led: set[UUID] = set()
        self._adopted = False
        self._retimed = False
        self._stale = self._ordered = True
        self._level: int | None = None
        self._opened: Recorded | None = None
        self._words: tuple[object, tuple[str, ...]] = (None, ())
        self._parts: tuple[Any, ...] = ()
        self._listed: Listed | None = None

    @classmethod
    def at(cls, history: History, reading: Reading) -> Self:
        """Return an incident as it stood at a reading, of all that was recorded."""
        present = cls(history, reading.reported_until, reading.policy)
        for report in history.standing(reading.reported_until):
            weigh_anew(history, present._scales, report, reading.reported_until)
        present.settle()
        return present

    @property
    def policy(self) -> Policy:
        """The policy that weighs its claims: the one in force, unless another was named."""
        return self._named or catalogue.policy(self.history.adopted or catalogue.DEFAULT_POLICY)

    def take_in(self, recorded: Recorded) -> None:
        """Take in a fact; facts of one stream come in the order of their versions."""
        self._led.update(self.reach.take_in(recorded))
        if retimed(recorded):
            self._days, self._retimed = Days(self.history), True
        touched = touched_by(self.history, self._scales, recorded).reports
        for report_id in touched:
            weigh_anew(self.history, self._scales, self.history.filed[report_id], self._until)
        self._touched.update(touched)
        if not isinstance(recorded.fact, OF_REPORTS):
            self._stale = self._ordered = True
            self._adopted = self._adopted or isinstance(recorded.fact, PolicyAdopted)

    def settle(self) -> Moved:
        """Weigh what the facts moved that were taken in since this was last called; returns what that was."""
        labels: set[str] = set()
        for ref, report in self._scales.heard().items():
            self._hear(ref, None if report is None else report.now, labels)
        if self._retimed:
            labels |= self._told.keys()
            self._retimed = False
        for label in labels:
            self._tell(label)
        moved = self._scales.moved()
        merged = self._merge()
        if self._adopted:
            # Also those keys of which the policy before it made nothing, since all that is said there is rated out.
            moved = dict.fromkeys(self._scales.used_keys(), _NOBODY) | moved
            self._pairs.update(self._tolls.pairs)
            self.asked.clear()
            self._adopted = False
        keys = [key for key, origins in moved.items() if self._weigh(key, origins)]
        if merged:
            keys += [key for key in self.estimates if home_of(key.scope)[0] in merged and key not in keys]
        touched, self._touched = self._touched, set()
        led, self._led = self._led, set()
        pairs, self._pairs = self._pairs, set()
        before = self._listed
        return Moved(touched, keys, led, self.listed is not before, pairs)

    def everything(self) -> Moved:
        """Return all that it has, as if all of it had moved."""
        own = {self.reach.stream, POLICY_STREAM}
        reports, pairs = list(self.history.own.reports), list(self._tolls.pairs)
        return Moved(reports, list(self.estimates), self.reach.streams - own, in_events=pairs)

    def part(self, key: Key) -> Part:
        """Say what of the incident a key counts."""
        return self._tolls.part(key)

    @property
    def pairs(self) -> Collection[Key]:
        """The measures of populations of which anything was said for single events, each as the key of `in_events`."""
        return self._tolls.pairs

    def in_events(self, pair: Key) -> InEvents | None:
        """Return what was said of a measure of a population for single events; None where nothing was."""
        return self._tolls.in_events(pair)

    @property
    def opened(self) -> Recorded | None:
        """The fact that opened it; None before."""
        if self._opened is None:
            own = (each for each in self.history.journal if each.stream == self.history.stream)
            self._opened = next((each for each in own if isinstance(each.fact, IncidentOpened)), None)
        return self._opened

    @property
    def listed(self) -> Listed:
        """Return it as lists show it; the same object as long as that reads the same."""
        level = self._days.highest
        if self._listed is not None and not self._stale and level == self._level:
            return self._listed
        self._stale, self._level = False, level
        own, said = self.history.own, self._tallies
        parts = (
            own.slug,
            own.title,
            "merged" if own.into else "open" if own.is_open else "closed",
            own.into,
            own.countries,
            own.period,
            own.utc_offset,
            own.time_zone,
            said.kinds.all,
            said.actors.all,
            said.sources.all,
            said.tags.all,
            said.places.all,
            said.admin1s.all,
            said.points.all,
            level,
            self._tolls.killed,
            *self._occurred(),
            self._found_by(),
        )
        if self._listed is None or self._parts != parts:
            self._parts, self._listed = parts, Listed(*parts)
        return self._listed

    def _hear(self, ref: str, now: Version | None, labels: set[str]) -> None:
        """Let a report speak as it does now, or no longer; adds the labels of the events that it tells or told."""
        was = self._speaking.get(ref)
        if was is now:
            return
        if was is not None:
            del self._speaking[ref]
            self._tally(was, add=False)
            if was.event is not None:
                labels.add(was.event)
                self._told[was.event].remove(ref)
        if now is not None:
            self._speaking[ref] = now
            self._tally(now, add=True)
            if now.event is not None:
                labels.add(now.event)
                telling = self._told.get(now.event)
                if telling is None:
                    telling = self._told[now.event] = Telling()
                telling.add(ref, now)

    def _tally(self, version: Version, *, add: bool) -> None:
        """Count what a report says, once more or once less."""
        report, said = version.report, self._tallies
        news = said.kinds.count((report.kind,), add=add) | said.sources.count((version.origin,), add=add)
        if report.actors:
            news |= said.actors.count({actor.name for actor in report.actors}, add=add)
        if report.tags:
            news |= said.tags.count(report.tags, add=add)
        if report.places:
            news |= said.places.count({place.name for place in report.places}, add=add)
            if version.tier == VIOLENCE:
                news |= said.admin1s.count({place.admin1 for place in report.places if place.admin1}, add=add)
                points = {(place.lat, place.lon) for place in report.places if place.lat and place.lon}
                news |= said.points.count(points, add=add)
        self._stale = self._stale or news

    def _tell(self, label: str) -> None:
        """Let an event be told as its reports do now."""
        telling = self._told[label]
        told = telling.told if telling.reports else None
        if told is None:
            del self._told[label]
        self._days.tell(label, told)
        was, span = self._spans.get(label), told and told.span
        if was is span:
            return
        self._stale = True
        if was is not None:
            del self._spans[label]
            self._tallies.starts.remove(was.earliest)
            self._tallies.ends.remove(was.latest)
        if span is not None:
            self._spans[label] = span
            self._tallies.starts.add(span.earliest)
            self._tallies.ends.add(span.latest)

    def _merge(self) -> frozenset[str]:
        """Let those incidents be merged into it that are; returns which are so newly, or no longer."""
        if not self._ordered:
            return frozenset()
        self._ordered = False
        own = self.history.own
        return self._tolls.merge(frozenset(home.slug for home in self.history.shown() if home is not own))

    def _weigh(self, key: Key, origins: Collection[str]) -> bool:
        """Weigh one key; says whether its estimate may read otherwise than before; one of an event has none to read."""
        self._days.weigh(key, self._scales.said(key))
        if key.event is not None:
            self._weigh_event(self._scales.question(key))
            return False
        before = self.asked.get(key)
        question = self._scales.question(key, before, origins)
        if not question.claims:
            self._show(key, None)
        return question is not before and self._estimate(key, before, question)

    def _estimate(self, key: Key, before: Question | None, question: Question) -> bool:
        if not question.claims:
            self.asked.pop(key, None)
            return self.estimates.pop(key, None) is not None
        policy = self.policy
        self.asked[key] = question
        if before is not None and policy.answers_alike(before, question):
            return False
        estimate = self.estimates[key] = policy.estimate(question)
        self._show(key, estimate)
        return True

    def _show(self, key: Key, estimate: Estimate | None) -> None:
        """Let lists show of a key what its estimate says; of one without, its increments."""
        if key.measure == KILLED:
            increments = () if estimate and estimate.used else self._scales.increments(key)
            self._stale = self._tolls.tell(key, estimate, increments) or self._stale

    def _weigh_event(self, question: Question) -> None:
        """Weigh the key of a single event, of which nothing is kept but what lists and totals show."""
        key = question.key
        estimate = self.policy.estimate(question) if question.claims else None
        said = (estimate and estimate.used) or key.measure != KILLED
        increments = () if said else self._scales.increments(key)
        if self._tolls.tell_event(question, estimate, increments):
            self._pairs.add(in_events_key(key))
            self._stale = self._stale or key.measure == KILLED

    def _occurred(self) -> tuple[datetime | None, datetime | None]:
        first, last = self._tallies.starts.ends, self._tallies.ends.ends
        if first or last:
            return first and first[0], last and last[1]
        own = self.history.own
        span = parse_occurred(own.period, own.offset) if own.period else None
        return (span.earliest, span.latest) if span else (None, None)

    def _found_by(self) -> tuple[str, ...]:
        own, said = self.history.own, self._tallies
        of = own.title, own.slug, said.places.all, said.actors.all, said.tags.all
        if of != self._words[0]:
            texts = (own.title, own.slug, *said.places.all, *said.actors.all, *said.tags.all)
            self._words = of, tuple(words_of(texts))
        return self._words[1]


def listed(history: History, reading: Reading) -> Listed:
    """Return an incident as a list shows it at a reading."""
    return Present.at(history, reading).listed
