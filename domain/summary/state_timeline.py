"""`state/1` of one incident at every position that it ever had, from one fold: for whoever asks again and again.

Each part of the document is noted at the positions where it changed; a moment is then answered by looking each part up.
What is noted is made by the very functions that the view uses, so both tell the same.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any, Generic, NamedTuple, TypeVar, cast
from uuid import UUID

from domain import catalogue
from domain.documents.estimates import estimate_document
from domain.documents.sentences import sentences
from domain.documents.state import (
    Blame,
    blame_document,
    blame_of,
    escalation_document,
    kinds_document,
    places_document,
    sides_document,
    source_document,
    whole_document,
)
from domain.escalation.levels import Days
from domain.escalation.occurrences import events_of
from domain.estimates.affected import OF_REPORTS, retimed, touched_by, weigh_anew
from domain.estimates.claim_index import Increment, Scales
from domain.estimates.estimate import Estimate, Policy
from domain.facts.union import (
    PolicyAdopted,
    Recorded,
    SourceGraded,
    SourceRegistered,
)
from domain.history.history import History, ReportHistory, Version
from domain.history.inputs import Reach
from domain.reading import Document
from domain.reports.claims.claim import Key
from domain.values.actors import Actor
from domain.values.places import Place

T = TypeVar("T")

TIMELINE_VIEW = "state/1"
"""The view whose document a chronicle tells."""


@dataclass(slots=True)
class StepFunction(Generic[T]):
    """What something was, from which position on, in order."""

    positions: list[int] = field(default_factory=list[int])
    values: list[T] = field(default_factory=list[Any])

    def record(self, position: int, value: T) -> None:
        """Let it be so from a position on, which is no earlier than the last."""
        if self.positions and self.positions[-1] == position:
            self.values[-1] = value
        else:
            self.positions.append(position)
            self.values.append(value)

    def at(self, position: int) -> T | None:
        """Return what it was at a position; None before it was anything."""
        place = bisect_right(self.positions, position)
        return self.values[place - 1] if place else None


class EstimateStep(NamedTuple):
    """An estimate as it stood, with what its document says beside it, and its sentences."""

    key: Key
    increments: Sequence[Increment]
    superseded: int
    estimate: Estimate
    sentences: list[str]


class LastInput(NamedTuple):
    """The last input at a position: where it stands, when it was recorded, and the version of the incident."""

    position: int
    recorded_at: datetime
    version: int


@dataclass(slots=True)
class _Counts:
    """Who says what, counted over the reports that speak."""

    kinds: Counter[str] = field(default_factory=Counter[str])
    places: Counter[Place] = field(default_factory=Counter[Place])
    actors: Counter[Actor] = field(default_factory=Counter[Actor])
    origins: dict[str, dict[str, ReportHistory]] = field(default_factory=dict[str, dict[str, ReportHistory]])
    blame: dict[Blame, Counter[str]] = field(default_factory=dict[Blame, Counter[str]])
    events: dict[str, dict[str, ReportHistory]] = field(default_factory=dict[str, dict[str, ReportHistory]])


class StateTimeline:
    """Grown by `take_in`, in the order of the log; `document` then answers for any position up to the last.

    The policy is the one that was in force at each position, and nothing is left out on the reported clock. The facts
    of a stream that becomes an input come before the fact that leads to it, wherever they stand in the log.
    """

    def __init__(self, stream: UUID) -> None:
        self.history = History(stream)
        self.reach = Reach(stream)
        self.inputs = StepFunction[LastInput]()
        self.facts = 0
        self._versions: dict[UUID, int] = {}
        self._streams: dict[UUID, StepFunction[int]] = {}
        self._scales = Scales(self.history)
        self._days = Days(self.history)
        self._counts = _Counts()
        self._counted: dict[str, tuple[ReportHistory, Version, Blame | None]] = {}
        self._parts: dict[str, StepFunction[Any]] = {}
        self._sources: dict[str, StepFunction[Document | None]] = {}
        self._estimates: dict[Key, StepFunction[EstimateStep | None]] = {}
        self._policies = StepFunction[str]()
        self._retimed = False

    @property
    def policy(self) -> Policy:
        """The policy in force at the last position."""
        return catalogue.policy(self.history.adopted or catalogue.DEFAULT_POLICY)

    @property
    def position(self) -> int:
        """The last position of an input; 0 before any."""
        return self.inputs.positions[-1] if self.inputs.positions else 0

    def policy_at(self, position: int) -> str:
        """Return the policy in force at a position, `name/version`."""
        return self._policies.at(position) or catalogue.DEFAULT_POLICY

    def known_at(self, position: int) -> bool:
        """Say whether the incident had been opened by a position."""
        own = self._streams.get(self.reach.stream)
        return own is not None and own.positions[0] <= position

    def merged_into_at(self, position: int) -> str | None:
        """Return the incident that this one was merged into at a position; None where it stood by itself."""
        noted = self._parts.get("into")
        return noted.at(position) if noted else None

    def containers(self) -> Iterator[list[Any] | dict[Any, Any]]:
        """Yield the containers of nearly all that it has, for who frees it piece by piece once nobody asks it."""
        for noted in chain(self._parts.values(), self._sources.values(), self._estimates.values()):
            yield noted.values
        yield from (*self._counts.origins.values(), *self._counts.events.values())
        yield from (self._counted, self.history.filed, self.history.journal)

    def versions_at(self, position: int) -> dict[UUID, int]:
        """Return the inputs at a position: each stream with its last version."""
        found = ((stream, noted.at(position)) for stream, noted in self._streams.items())
        return {stream: version for stream, version in found if version is not None}

    def add(self, recorded: Recorded) -> None:
        """Take in the next fact, and note what it changed; nothing yet, if its stream is no input yet."""
        position = recorded.position
        led = self.reach.take_in(recorded)
        self.facts += 1
        self._versions[recorded.stream] = recorded.version
        if retimed(recorded):
            self._days, self._retimed = Days(self.history), True
        for report_id in touched_by(self.history, self._scales, recorded).reports:
            weigh_anew(self.history, self._scales, self.history.filed[report_id], None)
        if recorded.stream not in self.reach.streams:
            return
        for stream in (*led, recorded.stream):
            if stream in self._versions:
                self._streams.setdefault(stream, StepFunction()).record(position, self._versions[stream])
        self.inputs.record(position, LastInput(position, recorded.recorded_at, self.history.version))
        self._policies.record(position, self.policy.id)
        self._record(recorded, position)

    def document(self, position: int) -> Document:
        """Return the document of `state/1` at a position at which the incident was open or closed, and known."""
        parts = {name: noted.at(position) for name, noted in self._parts.items()}
        sources = ((origin, self._sources[origin].at(position)) for origin in sorted(self._sources))
        keys = sorted(self._estimates, key=lambda key: key.canonical)
        judged = [found for key in keys if (found := self._estimates[key].at(position)) is not None]
        return {
            **cast("Document", parts["whole"]),
            "places": parts.get("places") or [],
            "sides": parts.get("sides") or [],
            "kinds": parts.get("kinds") or {},
            "sources": [document for _, document in sources if document is not None],
            "blame": parts.get("blame") or [],
            "escalation": parts.get("escalation") or escalation_document({}),
            "estimates": [estimate_document(each, each.estimate) for each in judged],
            "sentences": [text for each in judged for text in each.sentences],
        }

    def _record(self, recorded: Recorded, position: int) -> None:
        """Note at a position all that has moved since the last."""
        fact = recorded.fact
        if not isinstance(fact, OF_REPORTS):
            self._record_part("whole", position, whole_document(self.history))
            self._record_part("into", position, self.history.own.into)
        origins, named = self._update_reports(position)
        if isinstance(fact, SourceRegistered | SourceGraded):
            origins |= {fact.origin, self.history.origins.of(fact.origin)}
        for origin in origins:
            self._record_source(origin, position)
        moved = set(self._scales.moved())
        if isinstance(fact, PolicyAdopted):
            moved |= self._estimates.keys()
        for key in moved:
            self._update_estimate(key, position)
        if not isinstance(fact, OF_REPORTS):
            self._update_sentences(fact.origin if isinstance(fact, SourceRegistered) else None, moved, position)
        if named or moved:
            self._record_part("escalation", position, escalation_document(self._days.levels))

    def _record_part(self, name: str, position: int, value: object) -> None:
        self._parts.setdefault(name, StepFunction()).record(position, value)

    def _update_reports(self, position: int) -> tuple[set[str], set[str]]:
        """Let reports speak as they do now; returns the origins and the events that they are of, or were."""
        origins, labels, changed = set[str](), set[str](), set[str]()
        for ref, report in self._scales.heard().items():
            was = self._counted.pop(ref, None)
            if was is not None:
                changed |= self._count(*was, by=-1)
            if report is not None:
                now = self._counted[ref] = report, report.now, blame_of(self.history, report)
                changed |= self._count(*now, by=1)
            for version in (was and was[1], report and report.now):
                if version is not None:
                    origins.add(version.origin)
                    labels |= {version.event} if version.event is not None else set()
        if self._retimed:
            labels |= self._counts.events.keys()
            self._retimed = False
        for label in labels:
            self._days.tell(label, events_of(self._counts.events.get(label, {}).values()).get(label))
        self._record_counts(changed, position)
        return origins, labels

    def _count(self, report: ReportHistory, version: Version, blame: Blame | None, *, by: int) -> set[str]:
        """Count what a report says, once more or once less; returns the parts of the document that this changes."""
        told, said, ref = self._counts, version.report, report.ref
        told.kinds[said.kind] += by
        own = told.origins.setdefault(version.origin, {})
        tellers = [own] if version.event is None else [own, told.events.setdefault(version.event, {})]
        for teller in tellers:
            if by > 0:
                teller[ref] = report
            else:
                teller.pop(ref, None)
        changed = {"kinds"}
        if _add_counts(told.places, set(said.places), by):
            changed.add("places")
        if _add_counts(told.actors, set(said.actors), by):
            changed.add("sides")
        if blame is not None:
            changed.add("blame")
            told.blame.setdefault(blame, Counter())[version.origin] += by
        return changed

    def _record_counts(self, changed: set[str], position: int) -> None:
        told = self._counts
        if "kinds" in changed:
            self._record_part("kinds", position, kinds_document(told.kinds))
        if "places" in changed:
            self._record_part("places", position, places_document(told.places))
        if "sides" in changed:
            self._record_part("sides", position, sides_document(told.actors))
        if "blame" in changed:
            said = {blame: [origin for origin, times in by.items() if times] for blame, by in told.blame.items()}
            self._record_part("blame", position, blame_document({blame: by for blame, by in said.items() if by}))

    def _record_source(self, origin: str, position: int) -> None:
        reports = self._counts.origins.get(origin)
        document = source_document(self.history, origin, reports) if reports else None
        if document is not None or origin in self._sources:
            self._sources.setdefault(origin, StepFunction()).record(position, document)

    def _update_estimate(self, key: Key, position: int) -> None:
        keyed = self._scales.keyed(key)
        self._days.weigh(key, self._scales.said(key))
        judged = None
        if keyed.ledgers or keyed.increments or keyed.replaced:
            estimate = self.policy.estimate(keyed.question)
            quoted = sentences(self.history, key, estimate)
            judged = EstimateStep(key, keyed.increments, keyed.superseded, estimate, quoted)
        self._estimates.setdefault(key, StepFunction()).record(position, judged)

    def _update_sentences(self, origin: str | None, but: set[Key], position: int) -> None:
        """Make sentences anew whose words may be others: a title, a period, a scope, or the name of an origin is."""
        for key, noted in self._estimates.items():
            judged = noted.values[-1]
            if judged is not None and key not in but and (origin is None or _cites(judged.estimate, origin)):
                quoted = sentences(self.history, key, judged.estimate)
                if quoted != judged.sentences:
                    noted.record(position, judged._replace(sentences=quoted))


def _add_counts(counts: Counter[T], things: Collection[T], by: int) -> bool:
    """Count things, each once; says whether any of them is new, or gone."""
    changed = False
    for thing in things:
        before = counts[thing]
        counts[thing] = before + by
        if not counts[thing]:
            del counts[thing]
        changed = changed or not before or not before + by
    return changed


def _cites(estimate: Estimate, origin: str) -> bool:
    """Say whether an estimate has a claim that an origin made or relayed."""
    claims = (*estimate.used, *(item.claim for item in estimate.set_aside))
    return any(origin in (claim.held.source, *claim.held.via) for claim in claims)
