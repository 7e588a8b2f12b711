"""`state/1` of one incident at any reading, from an index of the same incident at another reading.

An index has the claims, counts and days of the reports that are standing at its reading. Moved to another, it removes
and adds those that differ. The functions of the view build the parts of the document, so the bytes are the same.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from domain.documents.estimates import estimate_document
from domain.documents.sentences import sentences
from domain.documents.state import (
    ResponsibilityEntry,
    blame_document,
    escalation_document,
    kinds_document,
    places_document,
    responsibility_of,
    sides_document,
    source_document,
    whole_document,
)
from domain.escalation.levels import DayLevels
from domain.escalation.occurrences import summaries_of
from domain.estimates.affected import reindex
from domain.estimates.claim_index import ClaimIndex, KeyClaims
from domain.estimates.estimate import Estimate
from domain.history.history import History, ReportHistory, ReportVersion
from domain.reading import Document, Reading
from domain.reports.claims.claim import ClaimKey
from domain.values.actors import Actor
from domain.values.places import Place

T = TypeVar("T")

STATE_VIEW = "state/1"
"""The view whose documents an index makes."""

Standing = Mapping[str, ReportHistory]
"""The standing reports of a reading, by id."""


@dataclass(slots=True)
class _Counts:
    """Reference counts over counting reports: kinds, places, actors, blame; and the reports of each occurrence."""

    kinds: Counter[str] = field(default_factory=Counter[str])
    places: Counter[Place] = field(default_factory=Counter[Place])
    actors: Counter[Actor] = field(default_factory=Counter[Actor])
    blame: Counter[tuple[ResponsibilityEntry, str]] = field(default_factory=Counter[tuple[ResponsibilityEntry, str]])
    events: dict[str, tuple[ReportHistory, ...]] = field(default_factory=dict[str, tuple[ReportHistory, ...]])

    def copy(self) -> "_Counts":
        """Return an independent copy."""
        counters = self.kinds.copy(), self.places.copy(), self.actors.copy(), self.blame.copy()
        return _Counts(*counters, dict(self.events))

    def add(self, report: ReportHistory, version: ReportVersion, blame: ResponsibilityEntry | None) -> None:
        """Add a counting report in one version, with its statement on responsibility."""
        self._count(version, blame, 1)
        if (label := version.event) is not None:
            self.events[label] = (*self.events.get(label, ()), report)

    def remove(self, report: ReportHistory, version: ReportVersion, blame: ResponsibilityEntry | None) -> None:
        """Remove a report that was added with these."""
        self._count(version, blame, -1)
        if (label := version.event) is not None:
            self.events[label] = tuple(each for each in self.events[label] if each is not report)

    def _count(self, version: ReportVersion, blame: ResponsibilityEntry | None, step: int) -> None:
        content = version.report
        _add(self.kinds, content.kind, step)
        for place in set(content.places):
            _add(self.places, place, step)
        for actor in set(content.actors):
            _add(self.actors, actor, step)
        if blame is not None:
            _add(self.blame, (blame, version.origin), step)


class StateIndex:
    """The state of an incident at one reading.

    The policy is an argument of `document` and not part of it. `standing` must not be changed.
    """

    def __init__(self, history: History) -> None:
        self.standing: Standing = {}
        self._history = history
        self._index = ClaimIndex(history)
        self._days = DayLevels(history)
        self._counts = _Counts()
        self._counting: dict[str, tuple[ReportHistory, ReportVersion, ResponsibilityEntry | None]] = {}
        self._keyed: dict[ClaimKey, KeyClaims] = {}
        self._estimates: tuple[str, dict[ClaimKey, Estimate]] = "", {}
        self._stale_events: set[str] = set()

    @classmethod
    def loaded(cls, history: History, standing: Standing, moment: datetime | None) -> "StateIndex":
        """Build it from all reports standing at a moment on the reported clock (UTC; None: latest)."""
        found = cls(history)
        found.standing = standing
        found._index.load((report, report.claims_at(moment)) for report in standing.values())
        found._update(found._index.reports(counting=True), found._index.sorted_keys())
        return found

    def moved(self, history: History, standing: Standing, moment: datetime | None) -> "StateIndex":
        """Return the state of the same incident at another reading; this one stays as it is."""
        found = self.copy(history)
        found.move(standing, moment)
        return found

    def copy(self, history: History) -> "StateIndex":
        """Return an independent copy for another history of the incident, to be moved to what is standing there."""
        found = StateIndex(history)
        found.standing = self.standing
        found._index, found._days = self._index.copy(history), self._days.copy(history)
        found._counts, found._counting = self._counts.copy(), dict(self._counting)
        found._keyed, found._estimates = dict(self._keyed), (self._estimates[0], dict(self._estimates[1]))
        if _frame(history) != _frame(self._history):
            found._index.reset_periods()
            found._days, found._stale_events = DayLevels(history), set(self._counts.events)
        return found

    def move(self, standing: Standing, moment: datetime | None) -> None:
        """Remove and add the reports that differ from those standing at a moment of its history."""
        for ref in self.standing.keys() - standing.keys():
            self._index.remove(ref)
        for report in self._differing(standing):
            reindex(self._history, self._index, report, moment)
        self.standing = standing
        self._update(self._index.changed_reports(), self._index.changed_keys())

    def _differing(self, standing: Standing) -> list[ReportHistory]:
        """Return the standing reports of another reading that may count otherwise, or do not stand, in this one."""
        own = self.standing
        return [
            report
            for ref, report in standing.items()
            if own.get(ref) is not report or (report.retractions and report.retractions.keys() != {None})
        ]

    def distance(self, standing: Standing) -> int:
        """Return how many reports differ from those of another reading."""
        return len(self.standing.keys() ^ standing.keys())

    def document(self, reading: Reading) -> Document:
        """Return the document of its reading, by the reading's policy."""
        history, counts = self._history, self._counts
        estimates = self._estimated(reading)
        keys = sorted(estimates, key=lambda key: key.canonical)
        origins = sorted((source.origin, source.counting) for source in self._index.sources() if source.counting)
        return {
            **whole_document(history),
            "places": places_document(counts.places),
            "sides": sides_document(counts.actors),
            "kinds": kinds_document(counts.kinds),
            "sources": [source_document(history, origin, reports) for origin, reports in origins],
            "blame": blame_document(_origins_by_statement(counts.blame)),
            "escalation": escalation_document(self._days.levels),
            "estimates": [estimate_document(self._keyed[key], estimates[key]) for key in keys],
            "sentences": [text for key in keys for text in sentences(history, key, estimates[key])],
        }

    def _estimated(self, reading: Reading) -> Mapping[ClaimKey, Estimate]:
        policy = reading.policy
        known = self._estimates[1] if self._estimates[0] == policy.id else {}
        found = {key: known.get(key) or policy.estimate(keyed.policy_input) for key, keyed in self._keyed.items()}
        self._estimates = policy.id, found
        return found

    def _update(self, reports: Mapping[str, ReportHistory | None], keys: Iterable[ClaimKey]) -> None:
        """Update counts, days and claims by changed reports (None: no longer counting) and keys."""
        counts, labels = self._counts, self._stale_events
        for ref, report in reports.items():
            old = self._counting.pop(ref, None)
            if old is not None:
                counts.remove(*old)
                labels.update(() if old[1].event is None else (old[1].event,))
            if report is not None:
                version = report.current
                new = self._counting[ref] = report, version, responsibility_of(self._history, report)
                counts.add(*new)
                labels.update(() if version.event is None else (version.event,))
        for label in labels:
            self._days.set_event(label, summaries_of(counts.events[label]).get(label))
        labels.clear()
        for key in keys:
            self._update_key(key)

    def _update_key(self, key: ClaimKey) -> None:
        self._days.set_claims(key, self._index.current_claims(key))
        self._estimates[1].pop(key, None)
        keyed = self._index.key_claims(key)
        if keyed.chains or keyed.increments or keyed.replaced:
            self._keyed[key] = keyed
        else:
            self._keyed.pop(key, None)


def standing_reports(history: History, moment: datetime | None) -> Standing:
    """Return the reports standing at a moment on the reported clock (UTC; None: latest), by id."""
    if moment is None:
        return {each.ref: each for each in history.reports.values() if not each.retractions or each.is_standing(None)}
    return {each.ref: each for each in history.reports.values() if each.is_standing(moment)}


def _frame(history: History) -> tuple[object, ...]:
    """Return what days and periods depend on beside reports: scopes, and periods and clocks of the incidents."""
    incidents = {stream: (each.slug, each.period, each.offset) for stream, each in history.incidents.items()}
    return history.bounds, incidents


def _origins_by_statement(
    statements: Iterable[tuple[ResponsibilityEntry, str]],
) -> Mapping[ResponsibilityEntry, list[str]]:
    found: dict[ResponsibilityEntry, list[str]] = {}
    for statement, origin in statements:
        found.setdefault(statement, []).append(origin)
    return found


def _add(counts: Counter[T], value: T, step: int) -> None:
    """Add `step` to the count of a value; a count of nothing is removed."""
    counts[value] += step
    if not counts[value]:
        del counts[value]
