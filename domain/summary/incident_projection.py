"""Incremental projection of one incident for read models: its summary row, estimates and level.

Uses the claim index, policies and levels that the views use, so both agree.
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
from domain.facts.streams import POLICY_STREAM
from domain.facts.union import IncidentOpened, PolicyAdopted, Recorded
from domain.history.history import History, ReportVersion
from domain.history.inputs import InputStreams
from domain.reading import Reading
from domain.reports.claims.claim import ClaimKey
from domain.summary.killed import KILLED, IncidentPart, InEvents, TollIndex
from domain.summary.summary import IncidentSummary, ReportCounts, SummaryChanges
from domain.values.search_words import words_of
from domain.values.time.clocks import Span, parse_occurred

VIOLENCE = "violence"

_NO_ORIGINS: Collection[str] = frozenset()


class IncidentProjection:
    """Projection of an incident at the latest or a given reading; facts are applied by `apply`, then `update`.

    `estimates` and `policy_inputs` have each key with a current claim, except keys of single events; they are current
    after `update`. Of single events the greatest toll for each measure and population is kept (`in_events`).
    """

    def __init__(self, history: History, until: datetime | None = None, policy: Policy | None = None) -> None:
        self.history = history
        self.estimates: dict[ClaimKey, Estimate] = {}
        self.input_streams = InputStreams(history.stream or UUID(int=0))
        self._until = until
        self._requested_policy = policy
        self._index = ClaimIndex(history)
        self._levels = DayLevels(history)
        self._counts = ReportCounts()
        self._counting: dict[str, ReportVersion] = {}
        self._events: dict[str, EventReports] = {}
        self._spans: dict[str, Span] = {}
        self.policy_inputs: dict[ClaimKey, PolicyInput] = {}
        self._tolls = TollIndex()
        self._changed_pairs: set[ClaimKey] = set()
        self._changed_reports: set[UUID] = set()
        self._new_inputs: set[UUID] = set()
        self._policy_changed = False
        self._time_zone_set = False
        self._stale = self._merges_stale = True
        self._level: int | None = None
        self._opened: Recorded | None = None
        self._words: tuple[object, tuple[str, ...]] = (None, ())
        self._parts: tuple[Any, ...] = ()
        self._summary: IncidentSummary | None = None

    @classmethod
    def at(cls, history: History, reading: Reading) -> Self:
        """Build the projection of a folded history at a reading."""
        projection = cls(history, reading.reported_until, reading.policy)
        for report in history.standing_reports(reading.reported_until):
            reindex(history, projection._index, report, reading.reported_until)
        projection.update()
        return projection

    @property
    def policy(self) -> Policy:
        """The named policy, else the one in force."""
        return self._requested_policy or catalogue.policy(self.history.adopted_policy or catalogue.DEFAULT_POLICY)

    def apply(self, recorded: Recorded) -> None:
        """Apply a fact; facts of one stream come in order of version."""
        self._new_inputs.update(self.input_streams.add(recorded))
        if sets_time_zone(recorded):
            self._levels, self._time_zone_set = DayLevels(self.history), True
        affected = apply_fact(self.history, self._index, recorded).reports
        for report_id in affected:
            reindex(self.history, self._index, self.history.all_reports[report_id], self._until)
        self._changed_reports.update(affected)
        if not isinstance(recorded.fact, REPORT_FACTS):
            self._stale = self._merges_stale = True
            self._policy_changed = self._policy_changed or isinstance(recorded.fact, PolicyAdopted)

    def update(self) -> SummaryChanges:
        """Recompute what the facts applied since the last call affect; returns what may have changed."""
        labels: set[str] = set()
        for ref, report in self._index.changed_reports().items():
            self._update_report(ref, None if report is None else report.current, labels)
        if self._time_zone_set:
            labels |= self._events.keys()
            self._time_zone_set = False
        for label in labels:
            self._update_event(label)
        changed = self._index.changed_keys()
        merged = self._update_merged()
        if self._policy_changed:
            # Also keys without an estimate: the former policy may have rated out all their claims.
            changed = dict.fromkeys(self._index.sorted_keys(), _NO_ORIGINS) | changed
            self._changed_pairs.update(self._tolls.pairs)
            self.policy_inputs.clear()
            self._policy_changed = False
        keys = [key for key, origins in changed.items() if self._update_key(key, origins)]
        if merged:
            keys += [key for key in self.estimates if key.home in merged and key not in keys]
        affected, self._changed_reports = self._changed_reports, set()
        inputs, self._new_inputs = self._new_inputs, set()
        pairs, self._changed_pairs = self._changed_pairs, set()
        before = self._summary
        return SummaryChanges(affected, keys, inputs, self.summary is not before, pairs)

    def all_changes(self) -> SummaryChanges:
        """Return everything as changed."""
        own = {self.input_streams.stream, POLICY_STREAM}
        reports, pairs = list(self.history.own.reports), list(self._tolls.pairs)
        return SummaryChanges(reports, list(self.estimates), self.input_streams.streams - own, in_events=pairs)

    def version(self, claim: str) -> ReportVersion:
        """Return the counting version of the report that a current claim (`REPORT#1`) belongs to."""
        return self._counting[claim.partition("#")[0]]

    def part(self, key: ClaimKey) -> IncidentPart:
        """Return the part of the incident that a key counts."""
        return self._tolls.part(key)

    @property
    def pairs(self) -> Collection[ClaimKey]:
        """Keys of `in_events`: each measure and population with a toll for a single event."""
        return self._tolls.pairs

    def in_events(self, pair: ClaimKey) -> InEvents | None:
        """Return the tolls of single events for a measure and population (`pair`), None without any."""
        return self._tolls.in_events(pair)

    @property
    def opened(self) -> Recorded | None:
        """The fact that opened the incident; None before."""
        if self._opened is None:
            own = (each for each in self.history.journal if each.stream == self.history.stream)
            self._opened = next((each for each in own if isinstance(each.fact, IncidentOpened)), None)
        return self._opened

    @property
    def summary(self) -> IncidentSummary:
        """Return the summary row; the cached instance while unchanged, so callers may compare by identity."""
        level = self._levels.highest
        if self._summary is not None and not self._stale and level == self._level:
            return self._summary
        self._stale, self._level = False, level
        own, counts = self.history.own, self._counts
        parts = (
            own.slug,
            own.title,
            "merged" if own.into else "open" if own.is_open else "closed",
            own.into,
            own.countries,
            own.period,
            own.utc_offset,
            own.time_zone,
            counts.kinds.values,
            counts.actors.values,
            counts.sources.values,
            counts.tags.values,
            counts.places.values,
            counts.admin1s.values,
            counts.points.values,
            level,
            self._tolls.killed,
            *self._occurred(),
            self._search_words(),
        )
        if self._summary is None or self._parts != parts:
            self._parts, self._summary = parts, IncidentSummary(*parts)
        return self._summary

    def _update_report(self, ref: str, new: ReportVersion | None, labels: set[str]) -> None:
        """Set the counting version of a report (None: none); adds the labels of affected events to `labels`."""
        old = self._counting.get(ref)
        if old is new:
            return
        if old is not None:
            del self._counting[ref]
            self._count(old, add=False)
            if old.event is not None:
                labels.add(old.event)
                self._events[old.event].remove(ref)
        if new is not None:
            self._counting[ref] = new
            self._count(new, add=True)
            if new.event is not None:
                labels.add(new.event)
                event = self._events.get(new.event)
                if event is None:
                    event = self._events[new.event] = EventReports()
                event.add(ref, new)

    def _count(self, version: ReportVersion, *, add: bool) -> None:
        """Add or remove a version in the reference counts."""
        report, counts = version.report, self._counts
        changed = counts.kinds.update((report.kind,), add=add) | counts.sources.update((version.origin,), add=add)
        if report.actors:
            changed |= counts.actors.update({actor.name for actor in report.actors}, add=add)
        if report.tags:
            changed |= counts.tags.update(report.tags, add=add)
        if report.places:
            changed |= counts.places.update({place.name for place in report.places}, add=add)
            if version.tier == VIOLENCE:
                changed |= counts.admin1s.update({place.admin1 for place in report.places if place.admin1}, add=add)
                points = {(place.lat, place.lon) for place in report.places if place.lat and place.lon}
                changed |= counts.points.update(points, add=add)
        self._stale = self._stale or changed

    def _update_event(self, label: str) -> None:
        """Update an event from its reports."""
        event = self._events[label]
        summary = event.summary if event.reports else None
        if summary is None:
            del self._events[label]
        self._levels.set_event(label, summary)
        old_span, span = self._spans.get(label), summary and summary.span
        if old_span is span:
            return
        self._stale = True
        if old_span is not None:
            del self._spans[label]
            self._counts.starts.remove(old_span.earliest)
            self._counts.ends.remove(old_span.latest)
        if span is not None:
            self._spans[label] = span
            self._counts.starts.add(span.earliest)
            self._counts.ends.add(span.latest)

    def _update_merged(self) -> frozenset[str]:
        """Update the set of merged incidents; returns the slugs added or removed."""
        if not self._merges_stale:
            return frozenset()
        self._merges_stale = False
        own = self.history.own
        return self._tolls.merge(frozenset(home.slug for home in self.history.included_incidents() if home is not own))

    def _update_key(self, key: ClaimKey, origins: Collection[str]) -> bool:
        """Recompute a key; returns whether its estimate may have changed (keys of events have none)."""
        before = None if key.event is not None else self.policy_inputs.get(key)
        policy_input = self._index.policy_input(key, before, origins)
        if key.measure == KILLED:
            claims = ((each.resolved, each.grade, each.credibility) for each in policy_input.claims)
            self._levels.set_claims(key, claims)
        if key.event is not None:
            self._update_event_key(policy_input)
            return False
        has_changed = policy_input is not before and self._estimate(key, before, policy_input)
        self._update_toll(key, self.estimates.get(key))  # also where only increments have changed
        return has_changed

    def _estimate(self, key: ClaimKey, before: PolicyInput | None, policy_input: PolicyInput) -> bool:
        if not policy_input.claims:
            self.policy_inputs.pop(key, None)
            return self.estimates.pop(key, None) is not None
        policy = self.policy
        self.policy_inputs[key] = policy_input
        if before is not None and policy.same_answer(before, policy_input):
            return False
        self.estimates[key] = policy.estimate(policy_input)
        return True

    def _update_toll(self, key: ClaimKey, estimate: Estimate | None) -> None:
        """Update the toll of a key from its estimate, or else its increments."""
        if key.measure == KILLED:
            increments = () if estimate and estimate.used else self._index.increments(key)
            self._stale = self._tolls.set(key, estimate, increments) or self._stale

    def _update_event_key(self, policy_input: PolicyInput) -> None:
        """Recompute the key of a single event, of which only the toll is kept."""
        key = policy_input.key
        estimate = self.policy.estimate(policy_input) if policy_input.claims else None
        has_toll = (estimate and estimate.used) or key.measure != KILLED
        increments = () if has_toll else self._index.increments(key)
        if (pair := self._tolls.set_event(policy_input, estimate, increments)) is not None:
            self._changed_pairs.add(pair)
            self._stale = self._stale or key.measure == KILLED

    def _occurred(self) -> tuple[datetime | None, datetime | None]:
        first, last = self._counts.starts.bounds, self._counts.ends.bounds
        if first or last:
            return first and first[0], last and last[1]
        own = self.history.own
        span = parse_occurred(own.period, own.offset) if own.period else None
        return (span.earliest, span.latest) if span else (None, None)

    def _search_words(self) -> tuple[str, ...]:
        own, counts = self.history.own, self._counts
        sources = own.title, own.slug, counts.places.values, counts.actors.values, counts.tags.values
        if sources != self._words[0]:
            texts = (own.title, own.slug, *counts.places.values, *counts.actors.values, *counts.tags.values)
            self._words = sources, tuple(words_of(texts))
        return self._words[1]


def summarize(history: History, reading: Reading) -> IncidentSummary:
    """Return the summary row of an incident at a reading."""
    return IncidentProjection.at(history, reading).summary
