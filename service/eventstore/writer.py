"""The one write path: commands are decided under the append lock, appended, committed, and only then answered."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from itertools import count
from typing import Protocol, cast
from uuid import UUID, uuid5

import orjson

from domain.incident import incident as incidents
from domain.incident import refusals
from domain.incident import source as sources
from domain.incident.commands import Command, CorrectReport, FileReport, OpenIncident
from domain.incident.facts import (
    Fact,
    IncidentFact,
    IncidentOpened,
    ReportFiled,
    SourceFact,
    decode,
    encode,
    incident_stream,
    is_report,
    source_stream,
)
from domain.incident.incident import Incident
from domain.incident.warnings import Concern
from domain.sources import Registration
from service.eventstore.rows import StoredFact, StoredRow
from service.eventstore.tail import Tail

WARM_INCIDENTS = 256
"""How many incidents are kept folded between commands."""
MOST_WAITING = 10_000
"""How many commands may wait before further ones are turned away."""
MOST_AT_ONCE = 100
"""How many waiting commands one transaction takes."""


class Overloaded(Exception):
    """More commands are waiting than can be taken soon; try again in a moment."""


@dataclass(frozen=True, slots=True)
class Write:
    """A command with what the log keeps of the request.

    `incident` is the stream of the incident; None where the command names a report
    and the log tells which incident that belongs to. `request_hash` is the SHA-256
    of operation, target and body; `recorded_by` the random id of the token.
    """

    command: Command | Registration
    fact_id: UUID
    request_hash: bytes
    incident: UUID | None = None
    recorded_by: str | None = None
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """A fact as acknowledged: it is durable. `position` is None where a registration changed nothing."""

    fact_id: UUID
    position: int | None
    recorded_at: datetime | None
    version: int
    incident: str | None
    replayed: bool = False
    warnings: tuple[Concern, ...] = ()


class Appends(Protocol):
    """A log whose end can be held."""

    def appending(self) -> AbstractContextManager[Tail]:
        """Hold the end of the log for one transaction."""
        ...


@dataclass(slots=True)
class _Warm:
    """What is kept between transactions; each use reads what was recorded since, so it is never wrong."""

    incidents: OrderedDict[UUID, Incident] = field(default_factory=OrderedDict[UUID, Incident])
    origins: set[str] = field(default_factory=set[str])

    def forget(self) -> None:
        """Drop all: a transaction failed, so what was folded in it may not have been recorded."""
        self.incidents.clear()
        self.origins.clear()

    def keep(self, stream: UUID, incident: Incident) -> None:
        """Keep an incident, and drop the one that was used longest ago."""
        self.incidents[stream] = incident
        self.incidents.move_to_end(stream)
        if len(self.incidents) > WARM_INCIDENTS:
            self.incidents.popitem(last=False)


class Writer:
    """Takes the commands of one process, in the order they come, one transaction at a time.

    Appends serialise anyway, so deciding under the lock makes conflicts and their
    retries vanish. One refused command never spoils its neighbours.
    """

    def __init__(self, log: Appends) -> None:
        self._log = log
        self._warm = _Warm()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")
        self._waiting: list[tuple[Write, asyncio.Future[Written]]] = []
        self._draining: asyncio.Task[None] | None = None

    async def write(self, write: Write) -> Written:
        """Decide and record one command; answer when it is committed.

        Raises the Refusal of the command, Overloaded, or the database's error.
        """
        if len(self._waiting) >= MOST_WAITING:
            raise Overloaded
        future: asyncio.Future[Written] = asyncio.get_running_loop().create_future()
        self._waiting.append((write, future))
        if self._draining is None or self._draining.done():
            self._draining = asyncio.create_task(self._drain())
        return await future

    async def close(self) -> None:
        """Finish what waits, then stop."""
        if self._draining is not None:
            await self._draining
        self._thread.shutdown()

    def commit(self, writes: Sequence[Write]) -> list[Written | refusals.Refusal]:
        """Decide and record `writes` in one transaction; each gets its own answer."""
        try:
            with self._log.appending() as tail:
                answers = [self._decide(tail, write) for write in writes]
        except BaseException:
            self._warm.forget()
            raise
        return answers

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            try:
                answers = await loop.run_in_executor(self._thread, self.commit, [write for write, _ in batch])
            except Exception as error:  # noqa: BLE001 - each caller is told; nothing is swallowed
                answers = [error] * len(batch)
            for (_, future), answer in zip(batch, answers, strict=True):
                if future.done():  # the caller went away; the fact stands, and a retry finds it
                    continue
                if isinstance(answer, Exception):
                    future.set_exception(answer)
                else:
                    future.set_result(answer)

    def _decide(self, tail: Tail, write: Write) -> Written | refusals.Refusal:
        try:
            if found := tail.find(write.fact_id):
                return self._replay(tail, write, found)
            if isinstance(write.command, Registration):
                return self._register(tail, write, write.command)
            return self._record(tail, write, write.command)
        except refusals.Refusal as refusal:
            return refusal

    def _record(self, tail: Tail, write: Write, command: Command) -> Written:
        stream = self._target(tail, write, command)
        incident = self._incident(tail, stream)
        if incident is None and not isinstance(command, OpenIncident):
            raise refusals.IncidentUnknown(incident=stream)
        if incident and write.expected_version not in (None, incident.version):
            about = {"incident": incident.slug, "expected": write.expected_version, "actual": incident.version}
            raise refusals.VersionMismatch(**about)
        facts = incidents.decide(incident, command, tail.moment)
        filed = [fact for fact in facts if isinstance(fact, ReportFiled)]
        warnings = incidents.warnings_about(incident, filed[0]) if incident and filed else []
        version = incident.version if incident else 0
        stored = [
            _stored(write, fact, stream, version + place, fact_id)
            for place, (fact, fact_id) in enumerate(zip(facts, _ids(write.fact_id), strict=False), start=1)
        ]
        rows = tail.append([*self._introduce(tail, write, command), *stored])
        incident = reduce(incidents.evolve, facts[1:], incidents.evolve(incident, facts[0]))
        self._warm.keep(stream, incident)
        first = rows[-len(stored)]
        place = (first.position, first.recorded_at, incident.version, incident.slug)
        return Written(write.fact_id, *place, warnings=tuple(warnings))

    def _register(self, tail: Tail, write: Write, command: Registration) -> Written:
        stream = source_stream(command.slug)
        source = sources.fold(cast("list[SourceFact]", _facts(tail.read(stream))))
        version = source.version if source else 0
        facts = sources.register(source, command)
        if not facts:
            return Written(write.fact_id, None, None, version, None)
        row = tail.append([_stored(write, facts[0], stream, version + 1, write.fact_id)])[0]
        return Written(write.fact_id, row.position, row.recorded_at, version + 1, None)

    def _introduce(self, tail: Tail, write: Write, command: Command) -> list[StoredFact]:
        """Register the sources that a report names and the log does not know yet, in the same transaction."""
        if not isinstance(command, FileReport | CorrectReport):
            return []
        named = sources.introductions(command.report)
        new = [origin for origin in named if origin not in self._warm.origins and not tail.read(source_stream(origin))]
        self._warm.origins |= named.keys()
        return [_stored(write, named[each], source_stream(each), 1, uuid5(write.fact_id, each)) for each in new]

    def _target(self, tail: Tail, write: Write, command: Command) -> UUID:
        if isinstance(command, OpenIncident):
            return incident_stream(command.slug)
        if write.incident is not None:
            return write.incident
        report_id = cast("CorrectReport", command).report_id
        row = tail.find(report_id)
        if row is None or not is_report(row.topic):
            raise refusals.ReportUnknown(report_id=report_id)
        return row.originator_id

    def _incident(self, tail: Tail, stream: UUID) -> Incident | None:
        incident = self._warm.incidents.get(stream)
        rows = tail.read(stream, incident.version if incident else 0)
        if incident is None and rows and rows[0].topic != IncidentOpened.topic:
            return None  # a source has a stream too
        for fact in cast("list[IncidentFact]", _facts(rows)):
            incident = incidents.evolve(incident, fact)
        return incident

    def _replay(self, tail: Tail, write: Write, row: StoredRow) -> Written:
        """Answer a repeated request as it was answered first; the same id for anything else is refused."""
        if row.request_hash != write.request_hash:
            raise refusals.ReportIdTaken(report_id=write.fact_id)
        if isinstance(write.command, Registration):
            return Written(row.fact_id, row.position, row.recorded_at, row.originator_version, None, replayed=True)
        earlier = [each for each in tail.read(row.originator_id) if each.originator_version < row.originator_version]
        before = incidents.fold(cast("list[IncidentFact]", _facts(earlier)))
        fact = _facts([row])[0]
        warnings = incidents.warnings_about(before, fact) if before and isinstance(fact, ReportFiled) else []
        slug = before.slug if before else cast("OpenIncident", write.command).slug
        version = row.originator_version if before else self._opened_version(tail, row)
        return Written(
            row.fact_id, row.position, row.recorded_at, version, slug, replayed=True, warnings=tuple(warnings)
        )

    def _opened_version(self, tail: Tail, opening: StoredRow) -> int:
        """Return the version that an opening left behind: its scopes were declared in the same transaction."""
        together = [row for row in tail.read(opening.originator_id) if row.recorded_at == opening.recorded_at]
        return len([row for row in together if row.request_hash == opening.request_hash])


def _ids(first: UUID) -> Iterator[UUID]:
    """Give the first fact of a command the id of the request, and each further one an id that follows from it."""
    yield first
    for place in count(1):
        yield uuid5(first, str(place))


def _facts(rows: Sequence[StoredRow]) -> list[Fact]:
    return [decode(row.topic, orjson.loads(row.state), orjson.loads(row.text) if row.text else None) for row in rows]


def _stored(write: Write, fact: Fact, stream: UUID, version: int, fact_id: UUID) -> StoredFact:
    parts = encode(fact)
    return StoredFact(
        originator_id=stream,
        originator_version=version,
        topic=parts.topic,
        state=parts.state,
        text=parts.text,
        fact_id=fact_id,
        recorded_by=write.recorded_by,
        request_hash=write.request_hash,
    )
