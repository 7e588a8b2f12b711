"""The one write path: commands are decided under the append lock, appended, committed, and only then answered."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Protocol, cast
from uuid import UUID, uuid5

from domain.incident import incident as incidents
from domain.incident import refusals
from domain.incident import source as sources
from domain.incident.commands import About, CorrectReport, FileReport, OpenIncident
from domain.incident.deciding import AnyCommand, Entries, decided
from domain.incident.facts import Fact, IncidentFact, ReportFiled, encode, source_stream
from domain.incident.incident import Incident
from domain.incident.warnings import Concern
from domain.sources import Registration
from service.eventstore.desk import Desk, facts_of
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

    `incident` is the stream of the incident that the address names; None where the
    command says, or names a report and the log tells which incident that belongs to.
    `request_hash` is the SHA-256 of operation, target and body; `recorded_by` the random
    id of the token.
    """

    command: AnyCommand
    fact_id: UUID
    request_hash: bytes
    incident: UUID | None = None
    recorded_by: str | None = None
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """A write as acknowledged: it is durable.

    `position` is that of the last fact that it made, so that all of it is known there; None where a registration
    changed nothing. `incident` and `version` tell of the stream of its first fact, which has the id `fact_id`.
    """

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
            return self._record(tail, write)
        except refusals.Refusal as refusal:
            return refusal

    def _record(self, tail: Tail, write: Write) -> Written:
        desk = Desk(tail, self._warm.incidents)
        entries = decided(desk, write.command, tail.moment, write.incident, write.expected_version)
        if not entries:  # a registration that says what is held
            return Written(write.fact_id, None, None, desk.version(_stream(write.command)), None)
        warnings = _warnings(desk, entries)
        stored = [
            _stored(write, fact, stream, desk.take_in(stream, fact), fact_id)
            for (stream, fact), fact_id in zip(entries, _ids(write.fact_id), strict=False)
        ]
        rows = tail.append([*self._introduce(tail, write), *stored])
        for stream, incident in desk.touched.items():
            self._warm.keep(stream, incident)
        first = entries[0][0]
        subject = desk.touched.get(first)
        place = (rows[-1].position, rows[-1].recorded_at, desk.version(first), subject and subject.slug)
        return Written(write.fact_id, *place, warnings=warnings)

    def _introduce(self, tail: Tail, write: Write) -> list[StoredFact]:
        """Register the sources that a report names and the log does not know yet, in the same transaction."""
        if not isinstance(write.command, FileReport | CorrectReport):
            return []
        named = sources.introductions(write.command.report)
        new = [origin for origin in named if origin not in self._warm.origins and not tail.read(source_stream(origin))]
        self._warm.origins |= named.keys()
        return [_stored(write, named[each], source_stream(each), 1, uuid5(write.fact_id, each)) for each in new]

    def _replay(self, tail: Tail, write: Write, row: StoredRow) -> Written:
        """Answer a repeated request as it was answered first; the same id for anything else is refused."""
        if row.request_hash != write.request_hash:
            raise refusals.ReportIdTaken(report_id=write.fact_id)
        last = _last(tail, row)
        version = (last if last.originator_id == row.originator_id else row).originator_version
        if isinstance(write.command, Registration | About):
            return Written(row.fact_id, last.position, row.recorded_at, version, None, replayed=True)
        earlier = [each for each in tail.read(row.originator_id) if each.originator_version < row.originator_version]
        before = incidents.fold(cast("list[IncidentFact]", facts_of(earlier)))
        fact = facts_of([row])[0]
        warnings = incidents.warnings_about(before, fact) if before and isinstance(fact, ReportFiled) else []
        slug = before.slug if before else cast("OpenIncident", write.command).slug
        return Written(
            row.fact_id, last.position, row.recorded_at, version, slug, replayed=True, warnings=tuple(warnings)
        )


def _warnings(desk: Desk, entries: Entries) -> tuple[Concern, ...]:
    """Return what a recorder should look at again in what is filed, seen from before it is taken in."""
    filed = [(desk.incident(stream), fact) for stream, fact in entries if isinstance(fact, ReportFiled)]
    return tuple(each for incident, fact in filed if incident for each in incidents.warnings_about(incident, fact))


def _stream(command: AnyCommand) -> UUID:
    return source_stream(cast("Registration", command).slug)


def _ids(first: UUID) -> Iterator[UUID]:
    """Give the first fact of a command the id of the request, and each further one an id that follows from it."""
    yield first
    for place in count(1):
        yield uuid5(first, str(place))


def _last(tail: Tail, first: StoredRow) -> StoredRow:
    """Return the last fact of the write whose first one is given."""
    last = first
    for fact_id in _ids(first.fact_id):
        if (found := tail.find(fact_id)) is None:
            break
        last = found
    return last


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
