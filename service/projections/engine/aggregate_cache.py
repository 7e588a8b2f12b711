"""Cache of folded incidents and sources, all as of one position; the least recently used are dropped."""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from psycopg import Cursor

from domain.facts.union import POLICY_STREAM, Recorded, SourceFact
from domain.history.inputs import leads_to
from domain.summary.incident_projection import Present
from service.answers.inputs import gathering
from service.eventstore import sync_reader
from service.projections.engine.subject_fold import SubjectFold
from service.projections.read_model import SubjectKind

MOST_FACTS: Final = 80_000
"""Limit of facts of all cached subjects together; a single subject may have more."""
MOST_SHARED: Final = 20_000
"""Limit of cached facts of sources and of the policy, which many incidents have among their inputs."""


@dataclass(slots=True)
class AggregateCache:
    """Incidents and sources as of one position, each read from the log when it is first needed.

    Callers apply each further fact to every subject that depends on it, and call `invalidate`, so that all entries stay
    at one position. `cursor` is a binary one of a connection in autocommit mode.
    """

    cursor: Cursor[Any]
    _kept: OrderedDict[UUID, SubjectFold] = field(default_factory=OrderedDict[UUID, SubjectFold])
    _facts: int = 0
    _shared: OrderedDict[UUID, list[Recorded]] = field(default_factory=OrderedDict[UUID, list[Recorded]])
    _sharing: int = 0

    def invalidate(self, stream: UUID) -> None:
        """Drop the cached facts of a stream that got another fact."""
        if (facts := self._shared.pop(stream, None)) is not None:
            self._sharing -= len(facts) + 1

    def load(self, kind: SubjectKind, stream: UUID, position: int) -> SubjectFold:
        """Return an incident or a source as of a position."""
        if (kept := self._kept.get(stream)) is not None:
            self._kept.move_to_end(stream)
            return kept
        fold = self._kept[stream] = (
            self._source(stream, position) if kind == "source" else self._incident(stream, position)
        )
        self._facts += fold.facts
        self.trim()
        return fold

    def next_facts(self, recorded: Recorded, fold: SubjectFold) -> Iterable[Recorded]:
        """Return the facts to apply next: those of the streams that a fact adds to the inputs, and then the fact."""
        before = fold.facts
        if isinstance(fold.state, Present):
            wanted, led = set(leads_to(recorded)) - fold.streams, list[Recorded]()
            while wanted:
                fold.streams |= wanted
                fresh = self._led(wanted, recorded.position)
                led += fresh
                wanted = {stream for each in fresh for stream in leads_to(each)} - fold.streams
            # By position: a report is filed before it is moved, though in another stream.
            yield from sorted(led, key=lambda each: each.position)
        yield recorded
        self._facts += fold.facts - before

    def forget(self, stream: UUID) -> None:
        """Drop a subject whose state is not that of the cache's position."""
        if (kept := self._kept.pop(stream, None)) is not None:
            self._facts -= kept.facts

    def trim(self) -> None:
        """Drop the least recently used subjects beyond MOST_FACTS."""
        while self._facts > MOST_FACTS and len(self._kept) > 1:
            self._facts -= self._kept.popitem(last=False)[1].facts

    def _incident(self, stream: UUID, position: int) -> SubjectFold:
        reading, incident = gathering(stream), SubjectFold.of_incident(stream)
        wanted = next(reading)
        while True:
            incident.streams.update(wanted)
            own = self._read([stream], position) if stream in wanted else []
            led = self._led([each for each in wanted if each != stream], position)
            try:
                wanted = reading.send([*own, *led])
            except StopIteration as done:
                incident.apply(done.value)
                return incident

    def _source(self, stream: UUID, position: int) -> SubjectFold:
        source = SubjectFold(None)
        source.apply(self._read([stream], position))
        return source

    def _led(self, streams: Collection[UUID], position: int) -> list[Recorded]:
        """Return the facts of streams that are inputs of incidents, from the cache of shared streams where possible."""
        found: list[Recorded] = []
        for stream in streams:
            if stream in self._shared:
                self._shared.move_to_end(stream)
                found += self._shared[stream]
        if unread := sorted(stream for stream in streams if stream not in self._shared):
            read: dict[UUID, list[Recorded]] = {stream: [] for stream in unread}
            for each in self._read(unread, position):
                read[each.stream].append(each)
                found.append(each)
            self._share(read)
        return found

    def _share(self, read: Mapping[UUID, list[Recorded]]) -> None:
        """Cache the facts of sources and of the policy; those of another incident are rarely needed twice."""
        for stream, facts in read.items():
            if stream == POLICY_STREAM or all(isinstance(each.fact, SourceFact) for each in facts):
                self._shared[stream] = facts
                self._sharing += len(facts) + 1
        while self._sharing > MOST_SHARED:
            self._sharing -= len(self._shared.popitem(last=False)[1]) + 1

    def _read(self, streams: Sequence[UUID], position: int) -> list[Recorded]:
        return [row.decoded() for row in sorted(sync_reader.of_streams(self.cursor, streams, position))]
