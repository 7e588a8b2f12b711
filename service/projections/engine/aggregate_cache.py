"""Subjects as they stand at one position, folded from the log; those that were used lately are kept."""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar, cast
from uuid import UUID

from psycopg import Cursor

from domain.facts.streams import POLICY_STREAM
from domain.facts.union import Recorded, SourceFact
from domain.history.history import History
from domain.history.inputs import leads_to
from domain.incident import source_decisions as sources
from domain.incident.source_decisions import Source
from domain.summary.incident_projection import Present
from domain.summary.summary import Moved
from service.answers.inputs import gathering
from service.eventstore import sync_reader
from service.projections.read_model import Key

S = TypeVar("S")

MOST_FACTS: Final = 80_000
"""About how many facts the kept subjects may have together; one alone may have more."""
MOST_SHARED: Final = 20_000
"""About how many facts are kept of streams that incidents lead to: most cite the same sources."""


@dataclass(slots=True)
class Subject(Generic[S]):
    """An incident or a source as it stands; `fed` are the streams whose facts it has.

    `facts` is how many those are, of an incident without those of sources, which many incidents share; `standing`
    tells, for each read model, how the rows of the subject read: a fingerprint of each, by key.
    """

    now: S
    facts: int = 0
    fed: set[UUID] = field(default_factory=set[UUID])
    standing: dict[str, dict[Key, bytes]] = field(default_factory=dict[str, dict[Key, bytes]])


Incident = Subject[Present]
Known = Subject[Source | None]


@dataclass(slots=True)
class Folds:
    """Incidents and sources as they stand at one position, each read from the log when it is first needed.

    Whoever takes a fact in must say so, and take it into every subject that depends on it, so that all stay at one
    position. `cursor` is a binary one of a connection that commits by itself.
    """

    cursor: Cursor[Any]
    _kept: OrderedDict[UUID, Subject[Any]] = field(default_factory=OrderedDict[UUID, Subject[Any]])
    _facts: int = 0
    _shared: OrderedDict[UUID, list[Recorded]] = field(default_factory=OrderedDict[UUID, list[Recorded]])
    _sharing: int = 0

    def passed(self, stream: UUID) -> None:
        """Know that a stream has another fact now."""
        if (facts := self._shared.pop(stream, None)) is not None:
            self._sharing -= len(facts) + 1

    def incident(self, stream: UUID, position: int) -> Incident:
        """Return an incident as it stands at a position."""
        return self._get(stream) or self._keep(stream, self._incident(stream, position))

    def source(self, stream: UUID, position: int) -> Known:
        """Return a source as it stands at a position."""
        return self._get(stream) or self._keep(stream, self._source(stream, position))

    def take_into_incident(self, incident: Incident, recorded: Recorded) -> Moved:
        """Take a fact into an incident, after those of the streams that it leads to; returns what may have moved."""
        before = incident.facts
        wanted, led = set(leads_to(recorded)) - incident.fed, list[Recorded]()
        while wanted:
            incident.fed |= wanted
            fresh = self._led(wanted, recorded.position)
            led += fresh
            wanted = {stream for each in fresh for stream in leads_to(each)} - incident.fed
        led.sort(key=lambda each: each.position)  # a report is filed before it is moved, though in another stream
        _feed(incident, [*led, recorded])
        self._facts += incident.facts - before
        return incident.now.settle()

    def forget(self, stream: UUID) -> None:
        """Drop a subject: a fact was taken into it half way."""
        if (kept := self._kept.pop(stream, None)) is not None:
            self._facts -= kept.facts

    def trim(self) -> None:
        """Drop the subjects that were used longest ago, where too much is kept; they are folded anew when needed."""
        while self._facts > MOST_FACTS and len(self._kept) > 1:
            self._facts -= self._kept.popitem(last=False)[1].facts

    def _get(self, stream: UUID) -> Subject[Any] | None:
        kept = self._kept.get(stream)
        if kept is not None:
            self._kept.move_to_end(stream)
        return kept

    def _keep(self, stream: UUID, subject: Subject[S]) -> Subject[S]:
        self._kept[stream] = subject
        self._facts += subject.facts
        self.trim()
        return subject

    def _incident(self, stream: UUID, position: int) -> Incident:
        reading, incident = gathering(stream), Incident(Present(History(stream)))
        wanted = next(reading)
        while True:
            incident.fed.update(wanted)
            own = self._read([stream], position) if stream in wanted else []
            led = self._led([each for each in wanted if each != stream], position)
            try:
                wanted = reading.send([*own, *led])
            except StopIteration as done:
                _feed(incident, done.value)
                incident.now.settle()
                return incident

    def _source(self, stream: UUID, position: int) -> Known:
        facts = [cast("SourceFact", each.fact) for each in self._read([stream], position)]
        return Known(sources.fold(facts), len(facts))

    def _led(self, streams: Collection[UUID], position: int) -> list[Recorded]:
        """Return the facts of streams that incidents lead to: many lead to the same, so they are kept."""
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
        """Keep what is of sources and of the policy; another incident's facts are led to once."""
        for stream, facts in read.items():
            if stream == POLICY_STREAM or all(isinstance(each.fact, SourceFact) for each in facts):
                self._shared[stream] = facts
                self._sharing += len(facts) + 1
        while self._sharing > MOST_SHARED:
            self._sharing -= len(self._shared.popitem(last=False)[1]) + 1

    def _read(self, streams: Sequence[UUID], position: int) -> list[Recorded]:
        return [row.recorded(text=True) for row in sorted(sync_reader.of_streams(self.cursor, streams, position))]


def _feed(incident: Incident, facts: Iterable[Recorded]) -> None:
    for recorded in facts:
        incident.now.take_in(recorded)
        incident.facts += not isinstance(recorded.fact, SourceFact)
