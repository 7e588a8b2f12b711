"""Many commands decided in one transaction: what they touch is read at once, and each gets its own answer."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import chain
from typing import cast
from uuid import UUID, uuid5

import psycopg

from domain.facts.streams import source_stream
from domain.facts.union import Parts
from domain.facts.versions import is_report
from domain.incident import refusals
from domain.incident import source_decisions as sources
from domain.incident.commands import CorrectReport, FileReport
from domain.incident.dispatch import AnyCommand, Entries, decided, reports_named, touched
from domain.incident.warnings import Concern
from domain.values.sources import Registration
from domain.values.time.zones import Zones
from service.eventstore.aggregate_cache import WriterCache
from service.eventstore.append_session import AppendSession
from service.eventstore.encoding import encode
from service.eventstore.idempotency import RecordedAnswers
from service.eventstore.repository import Repository
from service.eventstore.requests import Request, Write, Written
from service.eventstore.stored_fact import StoredFact

Outcome = Written | Exception
"""An acknowledged write, or why there is none: a Refusal, or a fault that this command alone met."""


class Batch:
    """The commands of one transaction, decided in their order while the end of the log is held.

    What was folded counts as known only once `keep` is called, after the commit; where the transaction fails, `forget`
    drops whatever was touched.
    """

    def __init__(self, tail: AppendSession, warm: WriterCache, zones: Zones) -> None:
        self._tail = tail
        self._warm = warm
        self._desk = Repository(tail, warm.incidents, zones)
        self._replaying = RecordedAnswers(tail, warm.earlier)
        self._origins: set[str] = set()
        self._made: list[Request] = []
        warm.begin(tail.head)

    def prefetch(self, writes: Sequence[Write]) -> None:
        """Read what the commands will need: in one statement, or two where ids lead to streams."""
        ids: list[UUID] = []
        streams: dict[UUID, int] = {}
        for write in writes:
            with suppress(Exception):  # it is met again, and told, when the command is decided
                self._expect(write, ids, streams)
        self._tail.prefetch(ids, streams)
        self._read_on(writes)

    def decide(self, write: Write) -> Outcome:
        """Decide one command; a refusal, or a fault that it meets unforeseen, is its answer and leaves nothing behind.

        Raises what the database raises, which ends the transaction.
        """
        try:
            return self._answer(write)
        except psycopg.Error:
            raise
        except Exception as fault:  # noqa: BLE001 - the caller is told
            return fault

    def refused(self, tail: AppendSession) -> dict[Request, Exception]:
        """Find by trial, in another transaction, which commands the database refuses, and why."""
        return {self._made[place]: error for place, error in tail.find_refused(self._tail).items()}

    def committed(self) -> None:
        """Keep what was folded: it is recorded."""
        for stream, incident in self._desk.touched.items():
            self._warm.incidents.put(stream, incident, self._tail.head)
        self._warm.add_origins(self._origins)
        self._warm.head = self._tail.head

    def rolled_back(self) -> None:
        """Drop what was folded: it may not have been recorded."""
        self._warm.incidents.discard(self._desk.touched)
        self._warm.earlier.discard(list(self._warm.earlier))
        self._warm.head = None

    def _expect(self, write: Write, ids: list[UUID], streams: dict[UUID, int]) -> None:
        """Add the ids and the streams that a command needs."""
        ids.extend(write.fact_ids())
        ids.extend(reports_named(write.command))
        for stream in touched(write.command, write.incident):
            self._look_at(stream, streams)
        for origin in self._unknown(write.command):
            streams[source_stream(origin)] = 0
            ids.append(uuid5(write.fact_id, origin))

    def _look_at(self, stream: UUID, streams: dict[UUID, int]) -> None:
        """Have what a stream holds beyond the folded incident read, unless nobody has appended since."""
        folded = self._warm.incidents.get(stream)
        if folded is not None and self._warm.is_complete(stream):
            self._tail.assume_version(stream, folded.version)
        else:
            streams[stream] = folded.version if folded else 0

    def _unknown(self, command: AnyCommand) -> Iterator[str]:
        if isinstance(command, FileReport | CorrectReport):
            for origin in sources.cited(command.report):
                if origin not in self._warm.origins and origin not in self._origins:
                    yield origin

    def _read_on(self, writes: Sequence[Write]) -> None:
        """Read what the ids that were found lead to: the homes of reports, and what answers given before rest on."""
        homes: dict[UUID, int] = {}
        again = [(write, found) for write in writes if (found := self._tail.find(write.fact_id))]
        for report_id in chain.from_iterable(reports_named(write.command) for write in writes):
            if (row := self._tail.find(report_id)) and is_report(row.topic):
                self._look_at(row.stream, homes)
        self._tail.prefetch((), homes)
        self._replaying.prefetch(again)

    def _answer(self, write: Write) -> Outcome:
        try:
            if found := self._tail.find(write.fact_id):
                return self._replaying.answer(write, found)
            return self._record(write)
        except refusals.Refusal as refusal:
            return refusal

    def _record(self, write: Write) -> Written:
        tail = self._tail
        entries = decided(self._desk, write.command, tail.moment, write.incident, write.expected_version)
        if not entries:  # a registration that says what is held
            stream = source_stream(cast("Registration", write.command).slug)
            return Written(write.fact_id, None, None, tail.version(stream), None)
        stored = self._stored(write, entries)
        unknown = list(self._unknown(write.command))
        introduced = self._introduced(write, unknown) if unknown else []
        rows = tail.append([*introduced, *stored])
        try:
            warnings = self._taken_in(entries)
        except Exception:
            tail.undo(rows)
            self._desk.discard(stream for stream, _ in entries)
            raise
        self._origins.update(unknown)
        self._made += [write.request] * len(rows)
        first = entries[0][0]
        subject = self._desk.touched.get(first)
        place = (rows[-1].position, rows[-1].recorded_at, tail.version(first), subject and subject.slug)
        return Written(write.fact_id, *place, warnings=warnings)

    def _stored(self, write: Write, entries: Entries) -> list[StoredFact]:
        versions: dict[UUID, int] = {}
        stored: list[StoredFact] = []
        for (stream, fact), fact_id in zip(entries, write.fact_ids(), strict=False):
            versions[stream] = versions.get(stream) or self._tail.version(stream)
            versions[stream] += 1
            if self._tail.find(fact_id):
                raise refusals.ReportIdTaken(report_id=fact_id)
            stored.append(_stored(write, encode(fact), stream, versions[stream], fact_id))
        return stored

    def _taken_in(self, entries: Entries) -> tuple[Concern, ...]:
        return tuple(concern for stream, fact in entries for concern in self._desk.apply(stream, fact))

    def _introduced(self, write: Write, unknown: Sequence[str]) -> list[StoredFact]:
        """Register the sources that a report names and the log does not know yet, in the same transaction."""
        named = sources.introductions(cast("FileReport", write.command).report)
        return [
            _stored(write, encode(named[origin]), source_stream(origin), 1, self._free_id(write.fact_id, origin))
            for origin in unknown
            if not self._tail.read(source_stream(origin))
        ]

    def _free_id(self, fact_id: UUID, origin: str) -> UUID:
        """Return an id that follows from these and is not taken: a client may have given a report the first of them."""
        while self._tail.find(fact_id := uuid5(fact_id, origin)):
            pass
        return fact_id


def _stored(write: Write, parts: Parts, stream: UUID, version: int, fact_id: UUID) -> StoredFact:
    return StoredFact(
        stream,
        version,
        parts.topic,
        parts.state,
        fact_id=fact_id,
        text=parts.text,
        recorded_by=write.recorded_by,
        request_hash=write.request_hash,
    )
