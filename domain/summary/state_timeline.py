"""`state/1` of one incident at every position, from one fold.

Each part of the document is kept as a step function of the position; a document is assembled by looking up each
part. The functions of the view build the parts, so the bytes are the same.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar, cast
from uuid import UUID

from domain import catalogue
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
from domain.escalation.occurrences import events_of
from domain.estimates.affected import REPORT_FACTS, apply_fact, reindex, sets_time_zone
from domain.estimates.claim_index import ClaimIndex, Increment
from domain.estimates.estimate import Estimate, Policy
from domain.facts.union import (
    PolicyAdopted,
    Recorded,
    SourceGraded,
    SourceRegistered,
)
from domain.history.history import History, ReportHistory, ReportVersion
from domain.history.inputs import InputStreams
from domain.reading import Document
from domain.reports.claims.claim import ClaimKey
from domain.values.actors import Actor
from domain.values.places import Place

T = TypeVar("T")

TIMELINE_VIEW = "state/1"
"""The view whose documents a state timeline has."""


@dataclass(slots=True)
class StepFunction(Generic[T]):
    """A value by position: each applies from its position to the next."""

    positions: list[int] = field(default_factory=list[int])
    values: list[T] = field(default_factory=list[Any])

    def record(self, position: int, value: T) -> None:
        """Record `value` as of `position`. Positions must not decrease."""
        if self.positions and self.positions[-1] == position:
            self.values[-1] = value
        else:
            self.positions.append(position)
            self.values.append(value)

    def at(self, position: int) -> T | None:
        """Return the value at a position; None before the first."""
        index = bisect_right(self.positions, position)
        return self.values[index - 1] if index else None


class KeyEstimate(NamedTuple):
    """An estimate with the key, increments and count of superseded claims of its document, and its sentences."""

    key: ClaimKey
    increments: Sequence[Increment]
    superseded: int
    estimate: Estimate
    sentences: list[str]


@dataclass(slots=True)
class _Counts:
    """Reference counts over counting reports: kinds, places, actors, origins, blame and occurrences."""

    kinds: Counter[str] = field(default_factory=Counter[str])
    places: Counter[Place] = field(default_factory=Counter[Place])
    actors: Counter[Actor] = field(default_factory=Counter[Actor])
    origins: dict[str, dict[str, ReportHistory]] = field(default_factory=dict[str, dict[str, ReportHistory]])
    blame: dict[ResponsibilityEntry, Counter[str]] = field(default_factory=dict[ResponsibilityEntry, Counter[str]])
    events: dict[str, dict[str, ReportHistory]] = field(default_factory=dict[str, dict[str, ReportHistory]])


class StateTimeline:
    """The document at any position up to the last fact added; facts are added in the order of the log.

    The policy is the one in force at each position, and no report is left out by its reported time. Facts of a stream
    that becomes an input later must be added before the fact that refers to it; those may have lower positions.
    """

    def __init__(self, stream: UUID) -> None:
        self.history = History(stream)
        self._input_streams = InputStreams(stream)
        self._index = ClaimIndex(self.history)
        self._days = DayLevels(self.history)
        self._counts = _Counts()
        self._counting: dict[str, tuple[ReportHistory, ReportVersion, ResponsibilityEntry | None]] = {}
        self._parts: dict[str, StepFunction[Any]] = {}
        self._sources: dict[str, StepFunction[Document | None]] = {}
        self._estimates: dict[ClaimKey, StepFunction[KeyEstimate | None]] = {}
        self._policies = StepFunction[str]()
        self._time_zone_changed = False

    @property
    def policy(self) -> Policy:
        """The policy in force after the last fact."""
        return catalogue.policy(self.history.adopted_policy or catalogue.DEFAULT_POLICY)

    def policy_at(self, position: int) -> str:
        """Return the policy in force at a position, `name/version`."""
        return self._policies.at(position) or catalogue.DEFAULT_POLICY

    def merged_into_at(self, position: int) -> str | None:
        """Return the slug of the incident that this one was merged into at a position, or None."""
        steps = self._parts.get("into")
        return steps.at(position) if steps else None

    def add(self, recorded: Recorded) -> None:
        """Add the next fact, and record the parts that it changed: none while its stream is no input."""
        position = recorded.position
        self._input_streams.add(recorded)
        if sets_time_zone(recorded):
            self._days, self._time_zone_changed = DayLevels(self.history), True
        for report_id in apply_fact(self.history, self._index, recorded).reports:
            reindex(self.history, self._index, self.history.all_reports[report_id], None)
        if recorded.stream not in self._input_streams.streams:
            return
        self._policies.record(position, self.policy.id)
        self._record(recorded, position)

    def document(self, position: int) -> Document:
        """Return the document at a position at which the incident is known and not merged into another."""
        parts = {name: steps.at(position) for name, steps in self._parts.items()}
        sources = ((origin, self._sources[origin].at(position)) for origin in sorted(self._sources))
        keys = sorted(self._estimates, key=lambda key: key.canonical)
        estimates = [found for key in keys if (found := self._estimates[key].at(position)) is not None]
        return {
            **cast("Document", parts["whole"]),
            "places": parts.get("places") or [],
            "sides": parts.get("sides") or [],
            "kinds": parts.get("kinds") or {},
            "sources": [document for _, document in sources if document is not None],
            "blame": parts.get("blame") or [],
            "escalation": parts.get("escalation") or escalation_document({}),
            "estimates": [estimate_document(each, each.estimate) for each in estimates],
            "sentences": [text for each in estimates for text in each.sentences],
        }

    def _record(self, recorded: Recorded, position: int) -> None:
        """Record at a position the parts that changed since the last."""
        fact = recorded.fact
        if not isinstance(fact, REPORT_FACTS):
            self._record_part("whole", position, whole_document(self.history))
            self._record_part("into", position, self.history.own.into)
        origins, labels = self._update_reports(position)
        if isinstance(fact, SourceRegistered | SourceGraded):
            origins |= {fact.origin, self.history.sources.resolve(fact.origin)}
        for origin in origins:
            self._record_source(origin, position)
        keys = set(self._index.changed_keys())
        if isinstance(fact, PolicyAdopted):
            keys |= self._estimates.keys()
        for key in keys:
            self._update_estimate(key, position)
        if not isinstance(fact, REPORT_FACTS):
            self._update_sentences(fact.origin if isinstance(fact, SourceRegistered) else None, keys, position)
        if labels or keys:
            self._record_part("escalation", position, escalation_document(self._days.levels))

    def _record_part(self, name: str, position: int, value: object) -> None:
        self._parts.setdefault(name, StepFunction()).record(position, value)

    def _update_reports(self, position: int) -> tuple[set[str], set[str]]:
        """Update the counts by changed reports; returns their origins and labels of occurrences, present and former."""
        origins, labels, changed = set[str](), set[str](), set[str]()
        for ref, report in self._index.changed_reports().items():
            old = self._counting.pop(ref, None)
            if old is not None:
                changed |= self._count(*old, step=-1)
            if report is not None:
                new = self._counting[ref] = report, report.current, responsibility_of(self.history, report)
                changed |= self._count(*new, step=1)
            for version in (old and old[1], report and report.current):
                if version is not None:
                    origins.add(version.origin)
                    labels |= {version.event} if version.event is not None else set()
        if self._time_zone_changed:
            labels |= self._counts.events.keys()
            self._time_zone_changed = False
        for label in labels:
            self._days.set_event(label, events_of(self._counts.events.get(label, {}).values()).get(label))
        self._record_counts(changed, position)
        return origins, labels

    def _count(
        self, report: ReportHistory, version: ReportVersion, blame: ResponsibilityEntry | None, *, step: int
    ) -> set[str]:
        """Add a report to the counts, or remove it (`step`: 1 or -1); returns the parts of the document that change."""
        counts, content, ref = self._counts, version.report, report.ref
        counts.kinds[content.kind] += step
        own = counts.origins.setdefault(version.origin, {})
        groups = [own] if version.event is None else [own, counts.events.setdefault(version.event, {})]
        for group in groups:
            if step > 0:
                group[ref] = report
            else:
                group.pop(ref, None)
        changed = {"kinds"}
        if _add_counts(counts.places, set(content.places), step):
            changed.add("places")
        if _add_counts(counts.actors, set(content.actors), step):
            changed.add("sides")
        if blame is not None:
            changed.add("blame")
            counts.blame.setdefault(blame, Counter())[version.origin] += step
        return changed

    def _record_counts(self, changed: set[str], position: int) -> None:
        counts = self._counts
        if "kinds" in changed:
            self._record_part("kinds", position, kinds_document(counts.kinds))
        if "places" in changed:
            self._record_part("places", position, places_document(counts.places))
        if "sides" in changed:
            self._record_part("sides", position, sides_document(counts.actors))
        if "blame" in changed:
            origins = {blame: [origin for origin, times in by.items() if times] for blame, by in counts.blame.items()}
            self._record_part("blame", position, blame_document({blame: by for blame, by in origins.items() if by}))

    def _record_source(self, origin: str, position: int) -> None:
        reports = self._counts.origins.get(origin)
        document = source_document(self.history, origin, reports) if reports else None
        if document is not None or origin in self._sources:
            self._sources.setdefault(origin, StepFunction()).record(position, document)

    def _update_estimate(self, key: ClaimKey, position: int) -> None:
        keyed = self._index.key_claims(key)
        self._days.set_claims(key, self._index.current_claims(key))
        step = None
        if keyed.chains or keyed.increments or keyed.replaced:
            estimate = self.policy.estimate(keyed.policy_input)
            quoted = sentences(self.history, key, estimate)
            step = KeyEstimate(key, keyed.increments, keyed.superseded, estimate, quoted)
        self._estimates.setdefault(key, StepFunction()).record(position, step)

    def _update_sentences(self, origin: str | None, except_keys: set[ClaimKey], position: int) -> None:
        """Rebuild the sentences that may contain a changed title, period, scope, or name of `origin`."""
        for key, steps in self._estimates.items():
            step = steps.values[-1]
            if step is not None and key not in except_keys and (origin is None or _cites(step.estimate, origin)):
                quoted = sentences(self.history, key, step.estimate)
                if quoted != step.sentences:
                    steps.record(position, step._replace(sentences=quoted))


def _add_counts(counts: Counter[T], values: Collection[T], step: int) -> bool:
    """Add `step` to the count of each value; returns whether any value appeared or disappeared."""
    changed = False
    for value in values:
        before = counts[value]
        counts[value] = before + step
        if not counts[value]:
            del counts[value]
        changed = changed or not before or not before + step
    return changed


def _cites(estimate: Estimate, origin: str) -> bool:
    """Say whether an estimate has a claim that an origin made or relayed."""
    claims = (*estimate.used, *(item.claim for item in estimate.set_aside))
    return any(origin in (claim.resolved.source, *claim.resolved.via) for claim in claims)
