"""An incident as lists show it: what its reports say together, its estimates and its level, kept true fact by fact.

What one incident's views tell whole is here told in the few lines that many incidents are found and sorted by. It is
made of the same parts: the same scales, the same policies, the same rulebook of days.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from domain import catalogue
from domain.escalation.levels import DayLevels
from domain.escalation.occurrences import EventReports
from domain.estimates.affected import REPORT_FACTS, apply_fact, reindex, sets_time_zone
from domain.estimates.claim_index import ClaimIndex
from domain.estimates.estimate import Estimate, Policy, PolicyInput
from domain.facts.union import POLICY_STREAM, IncidentOpened, PolicyAdopted, Recorded
from domain.history.history import History, ReportVersion
from domain.history.inputs import InputStreams
from domain.reading import Reading
from domain.reports.claims.claim import Key, home_of
from domain.summary.killed import KILLED, IncidentPart, InEvents, TollIndex, in_events_key
from domain.summary.summary import IncidentSummary, ReportCounts, SummaryChanges
from domain.values.search_words import words_of
from domain.values.time.clocks import Span, parse_occurred

VIOLENCE = "violence"

_NOBODY: Collection[str] = frozenset()


class IncidentProjection:
    """An incident as it stands, or as it stood at a reading; grown fact by fact with `take_in`.

    `estimates` holds, for each key that any claim stands under and that is not a single event's, what the policy in
    force makes of it, and `asked` what it was asked, with the claims by origin; they are true after `settle`. Of the
    keys of single events, the greatest for each measure and population is kept (`in_events`), by the same policy.
    """

    def __init__(self, history: History, until: datetime | None = None, policy: Policy | None = None) -> None:
        self.history = history
        self.estimates: dict[Key, Estimate] = {}
        self.input_streams = InputStreams(history.stream or UUID(int=0))
        self._until = until
        self._named = policy
        self._index = ClaimIndex(history)
        self._levels = DayLevels(history)
        self._counts = ReportCounts()
        self._counting: dict[str, ReportVersion] = {}
        self._events: dict[str, EventReports] = {}
        self._spans: dict[str, Span] = {}
        self.policy_inputs: dict[Key, PolicyInput] = {}
        self._tolls = TollIndex()
        self._changed_pairs: set[Key] = set()
        self._changed_reports: set[UUID] = set()
        self._new_inputs: set[UUID] = set()
        self._adopted = False
        self._retimed = False
        self._stale = self._ordered = True
        self._level: int | None = None
        self._opened: Recorded | None = None
        self._words: tuple[object, tuple[str, ...]] = (None, ())
        self._parts: tuple[Any, ...] = ()
        self._summary: IncidentSummary | None = None

    @classmethod
    def at(cls, history: History, reading: Reading) -> Self:
        """Return an incident as it stood at a reading, of all that was recorded."""
        present = cls(history, reading.reported_until, reading.policy)
        for report in history.standing_reports(reading.reported_until):
            reindex(history, present._index, report, reading.reported_until)
        present.update()
        return present

    @property
    def policy(self) -> Policy:
        """The policy that weighs its claims: the one in force, unless another was named."""
        return self._named or catalogue.policy(self.history.adopted_policy or catalogue.DEFAULT_POLICY)

    def apply(self, recorded: Recorded) -> None:
        """Take in a fact; facts of one stream come in the order of their versions."""
        self._new_inputs.update(self.input_streams.add(recorded))
        if sets_time_zone(recorded):
            self._levels, self._retimed = DayLevels(self.history), True
        touched = apply_fact(self.history, self._index, recorded).reports
        for report_id in touched:
            reindex(self.history, self._index, self.history.all_reports[report_id], self._until)
        self._changed_reports.update(touched)
        if not isinstance(recorded.fact, REPORT_FACTS):
            self._stale = self._ordered = True
            self._adopted = self._adopted or isinstance(recorded.fact, PolicyAdopted)

    def update(self) -> SummaryChanges:
        """Weigh what the facts moved that were taken in since this was last called; returns what that was."""
        labels: set[str] = set()
        for ref, report in self._index.changed_reports().items():
            self._update_report(ref, None if report is None else report.current, labels)
        if self._retimed:
            labels |= self._events.keys()
            self._retimed = False
        for label in labels:
            self._update_event(label)
        moved = self._index.changed_keys()
        merged = self._update_merged()
        if self._adopted:
            # Also those keys of which the policy before it made nothing, since all that is said there is rated out.
            moved = dict.fromkeys(self._index.keys(), _NOBODY) | moved
            self._changed_pairs.update(self._tolls.pairs)
            self.policy_inputs.clear()
            self._adopted = False
        keys = [key for key, origins in moved.items() if self._update_key(key, origins)]
        if merged:
            keys += [key for key in self.estimates if home_of(key.scope)[0] in merged and key not in keys]
        touched, self._changed_reports = self._changed_reports, set()
        led, self._new_inputs = self._new_inputs, set()
        pairs, self._changed_pairs = self._changed_pairs, set()
        before = self._summary
        return SummaryChanges(touched, keys, led, self.summary is not before, pairs)

    def all_changes(self) -> SummaryChanges:
        """Return all that it has, as if all of it had moved."""
        own = {self.input_streams.stream, POLICY_STREAM}
        reports, pairs = list(self.history.own.reports), list(self._tolls.pairs)
        return SummaryChanges(reports, list(self.estimates), self.input_streams.streams - own, in_events=pairs)

    def part(self, key: Key) -> IncidentPart:
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
    def summary(self) -> IncidentSummary:
        """Return it as lists show it; the same object as long as that reads the same."""
        level = self._levels.highest
        if self._summary is not None and not self._stale and level == self._level:
            return self._summary
        self._stale, self._level = False, level
        own, said = self.history.own, self._counts
        parts = (
            own.slug,
            own.title,
            "merged" if own.into else "open" if own.is_open else "closed",
            own.into,
            own.countries,
            own.period,
            own.utc_offset,
            own.time_zone,
            said.kinds.values,
            said.actors.values,
            said.sources.values,
            said.tags.values,
            said.places.values,
            said.admin1s.values,
            said.points.values,
            level,
            self._tolls.killed,
            *self._occurred(),
            self._search_words(),
        )
        if self._summary is None or self._parts != parts:
            self._parts, self._summary = parts, IncidentSummary(*parts)
        return self._summary

    def _update_report(self, ref: str, now: ReportVersion | None, labels: set[str]) -> None:
        """Let a report speak as it does now, or no longer; adds the labels of the events that it tells or told."""
        was = self._counting.get(ref)
        if was is now:
            return
        if was is not None:
            del self._counting[ref]
            self._count(was, add=False)
            if was.event is not None:
                labels.add(was.event)
                self._events[was.event].remove(ref)
        if now is not None:
            self._counting[ref] = now
            self._count(now, add=True)
            if now.event is not None:
                labels.add(now.event)
                telling = self._events.get(now.event)
                if telling is None:
                    telling = self._events[now.event] = EventReports()
                telling.add(ref, now)

    def _count(self, version: ReportVersion, *, add: bool) -> None:
        """Count what a report says, once more or once less."""
        report, said = version.report, self._counts
        news = said.kinds.update((report.kind,), add=add) | said.sources.update((version.origin,), add=add)
        if report.actors:
            news |= said.actors.update({actor.name for actor in report.actors}, add=add)
        if report.tags:
            news |= said.tags.update(report.tags, add=add)
        if report.places:
            news |= said.places.update({place.name for place in report.places}, add=add)
            if version.tier == VIOLENCE:
                news |= said.admin1s.update({place.admin1 for place in report.places if place.admin1}, add=add)
                points = {(place.lat, place.lon) for place in report.places if place.lat and place.lon}
                news |= said.points.update(points, add=add)
        self._stale = self._stale or news

    def _update_event(self, label: str) -> None:
        """Let an event be told as its reports do now."""
        telling = self._events[label]
        told = telling.summary if telling.reports else None
        if told is None:
            del self._events[label]
        self._levels.set_event(label, told)
        was, span = self._spans.get(label), told and told.span
        if was is span:
            return
        self._stale = True
        if was is not None:
            del self._spans[label]
            self._counts.starts.remove(was.earliest)
            self._counts.ends.remove(was.latest)
        if span is not None:
            self._spans[label] = span
            self._counts.starts.add(span.earliest)
            self._counts.ends.add(span.latest)

    def _update_merged(self) -> frozenset[str]:
        """Let those incidents be merged into it that are; returns which are so newly, or no longer."""
        if not self._ordered:
            return frozenset()
        self._ordered = False
        own = self.history.own
        return self._tolls.merge(frozenset(home.slug for home in self.history.included_incidents() if home is not own))

    def _update_key(self, key: Key, origins: Collection[str]) -> bool:
        """Weigh one key; says whether its estimate may read otherwise than before; one of an event has none to read."""
        self._levels.set_claims(key, self._index.current_claims(key))
        if key.event is not None:
            self._update_event_key(self._index.policy_input(key))
            return False
        before = self.policy_inputs.get(key)
        question = self._index.policy_input(key, before, origins)
        if not question.claims:
            self._update_toll(key, None)
        return question is not before and self._estimate(key, before, question)

    def _estimate(self, key: Key, before: PolicyInput | None, question: PolicyInput) -> bool:
        if not question.claims:
            self.policy_inputs.pop(key, None)
            return self.estimates.pop(key, None) is not None
        policy = self.policy
        self.policy_inputs[key] = question
        if before is not None and policy.same_answer(before, question):
            return False
        estimate = self.estimates[key] = policy.estimate(question)
        self._update_toll(key, estimate)
        return True

    def _update_toll(self, key: Key, estimate: Estimate | None) -> None:
        """Let lists show of a key what its estimate says; of one without, its increments."""
        if key.measure == KILLED:
            increments = () if estimate and estimate.used else self._index.increments(key)
            self._stale = self._tolls.set(key, estimate, increments) or self._stale

    def _update_event_key(self, question: PolicyInput) -> None:
        """Weigh the key of a single event, of which nothing is kept but what lists and totals show."""
        key = question.key
        estimate = self.policy.estimate(question) if question.claims else None
        said = (estimate and estimate.used) or key.measure != KILLED
        increments = () if said else self._index.increments(key)
        if self._tolls.set_event(question, estimate, increments):
            self._changed_pairs.add(in_events_key(key))
            self._stale = self._stale or key.measure == KILLED

    def _occurred(self) -> tuple[datetime | None, datetime | None]:
        first, last = self._counts.starts.bounds, self._counts.ends.bounds
        if first or last:
            return first and first[0], last and last[1]
        own = self.history.own
        span = parse_occurred(own.period, own.offset) if own.period else None
        return (span.earliest, span.latest) if span else (None, None)

    def _search_words(self) -> tuple[str, ...]:
        own, said = self.history.own, self._counts
        of = own.title, own.slug, said.places.values, said.actors.values, said.tags.values
        if of != self._words[0]:
            texts = (own.title, own.slug, *said.places.values, *said.actors.values, *said.tags.values)
            self._words = of, tuple(words_of(texts))
        return self._words[1]


def summarize(history: History, reading: Reading) -> IncidentSummary:
    """Return an incident as a list shows it at a reading."""
    return IncidentProjection.at(history, reading).summary
