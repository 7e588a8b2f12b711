"""Subjects as they stand at one position, folded from the log; those that were used lately are kept."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar, cast
from uuid import UUID

from psycopg import Cursor

from domain.incident import source as sources
from domain.incident.facts import Recorded, SourceFact
from domain.incident.history import History
from domain.incident.inputs import leads_to
from domain.incident.source import Source
from domain.listing import Moved
from domain.present import Present
from service.eventstore import trail
from service.inputs import gathering
from service.readmodel import Key

S = TypeVar("S")

MOST_FACTS: Final = 80_000
"""About how many facts the kept subjects may have together; one alone may have more."""


@dataclass(slots=True)
class Subject(Generic[S]):
    """An incident or a source as it stands, folded of so many `facts`; `fed` are the streams whose facts it has.

    `standing` tells, for each read model, how the rows of the subject read: a fingerprint of each, by key.
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

    Whoever takes a fact in must take it into every subject that depends on it, so that all stay at one position.
    `cursor` is a binary one of a connection that commits by itself.
    """

    cursor: Cursor[Any]
    _kept: OrderedDict[UUID, Subject[Any]] = field(default_factory=OrderedDict[UUID, Subject[Any]])
    _facts: int = 0

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
            fresh = self._read(sorted(wanted), recorded.position)
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
            try:
                wanted = reading.send(self._read(wanted, position))
            except StopIteration as done:
                _feed(incident, done.value)
                incident.now.settle()
                return incident

    def _source(self, stream: UUID, position: int) -> Known:
        facts = [cast("SourceFact", each.fact) for each in self._read([stream], position)]
        return Known(sources.fold(facts), len(facts))

    def _read(self, streams: Sequence[UUID], position: int) -> list[Recorded]:
        return [row.decoded() for row in sorted(trail.of_streams(self.cursor, streams, position))]


def _feed(incident: Incident, facts: Iterable[Recorded]) -> None:
    for recorded in facts:
        incident.now.take_in(recorded)
        incident.facts += 1
