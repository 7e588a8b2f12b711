"""A batch of commands, decided in one append session: prefetched together, each with its own answer."""

from collections.abc import Collection, Iterable, Sequence
from itertools import chain
from typing import cast
from uuid import UUID, uuid5

import psycopg

from domain.facts.streams import incident_stream, source_stream
from domain.facts.union import Fact, PartsErased, SourcePartsErased
from domain.facts.versions import is_report
from domain.incident import refusals
from domain.incident import source_decisions as sources
from domain.incident.commands import ChangeCollection, CorrectReport, FileReport, OpenIncident
from domain.incident.dispatch import Entries, StateReader, decide_command, reports_needed, streams_needed
from domain.incident.report_warnings import ReportWarning
from domain.incident.state import Incident
from domain.reports.kind import Report
from domain.values.collections import PUBLIC
from domain.values.sources import Registration, origin_of
from domain.values.time.zones import ZoneLookup
from service.eventstore.aggregate_cache import WriterCache
from service.eventstore.append_session import AppendSession
from service.eventstore.collections import NO_STREAM
from service.eventstore.command_queue import Acknowledgement, Outcome, Request, WriteRequest
from service.eventstore.idempotency import RecordedAnswers
from service.eventstore.repository import Repository
from service.eventstore.sealing import PartSealer
from service.eventstore.stored_fact import StoredFact, encode
from service.eventstore.visible_states import CollectionsInLog, VisibleStates


class Batch:
    """The commands of one transaction, decided in their order under the append lock.

    Call `committed` after the commit, which puts the folded incidents into the cache, or `rolled_back`, which drops
    them from it.
    """

    def __init__(self, session: AppendSession, cache: WriterCache, zones: ZoneLookup, sealer: PartSealer) -> None:
        self._session = session
        self._sealer = sealer
        self._cache = cache
        self._repository = Repository(session, cache.incidents, zones)
        self._recorded_answers = RecordedAnswers(session, cache.earlier, sealer)
        self._collections = CollectionsInLog(session, self._repository.touched)
        self._origins: set[str] = set()
        self._introducing: set[UUID] = set()
        self._request_of_row: list[Request] = []
        cache.begin(session.head)

    def prefetch(self, writes: Sequence[WriteRequest]) -> None:
        """Read the facts that the commands need, in one statement, or in two where ids refer to streams."""
        ids: list[UUID] = []
        streams: dict[UUID, int] = {}
        if restricted := [write for write in writes if write.collections is not None]:
            named = (streams_needed(write.command, write.incident) for write in restricted)
            self._collections.prefetch(chain.from_iterable(named))
        for write in writes:
            try:
                self._collect(write, ids, streams)
            except Exception:  # noqa: BLE001 - raised again when the command is decided
                self._introducing.add(write.fact_id)
        self._session.prefetch(ids, streams)
        self._prefetch_referenced(writes)

    def decide(self, write: WriteRequest) -> Outcome:
        """Decide one command. Its answer may be a refusal or an unforeseen error, of which nothing is recorded.

        Raises psycopg.Error, which ends the transaction.
        """
        try:
            return self._answer(write)
        except psycopg.Error:
            raise
        except Exception as error:  # noqa: BLE001 - it is the caller's answer
            return error

    def refused(self, session: AppendSession) -> dict[Request, Exception]:
        """Find the commands that the database refuses by inserting again in another session; returns its errors."""
        return {self._request_of_row[place]: error for place, error in session.find_refused(self._session).items()}

    def committed(self) -> None:
        """Cache the folded incidents: the transaction is committed."""
        for stream, incident in self._repository.touched.items():
            self._cache.incidents.put(stream, incident, self._session.head)
        self._cache.add_origins(self._origins)
        self._cache.head = self._session.head

    def rolled_back(self) -> None:
        """Drop the folded incidents from the cache: the transaction may have failed."""
        self._cache.incidents.discard(self._repository.touched)
        self._cache.earlier.discard(list(self._cache.earlier))
        self._cache.head = None

    def _collect(self, write: WriteRequest, ids: list[UUID], streams: dict[UUID, int]) -> None:
        """Add the ids and the streams that a command needs."""
        ids.extend(write.fact_ids())
        ids.extend(reports_needed(write.command))
        for stream in streams_needed(write.command, write.incident):
            if not self._collections.includes(stream, write.collections):
                streams[NO_STREAM] = 0
            elif stream not in streams:
                self._collect_stream(stream, streams)
        if not isinstance(write.command, FileReport | CorrectReport):
            return
        for origin in self._unregistered_origins([write.command.report]):
            self._introducing.add(write.fact_id)
            streams[source_stream(origin)] = 0
            ids.append(uuid5(write.fact_id, origin))

    def _collect_stream(self, stream: UUID, streams: dict[UUID, int]) -> None:
        """Add the part of a stream that the cached incident lacks, unless the cache is known to be complete."""
        folded, complete = self._cache.lookup(stream)
        if folded is not None and complete:
            self._session.assume_version(stream, folded.version)
        else:
            streams[stream] = folded.version if folded else 0

    def _unregistered_origins(self, reports: Iterable[Report]) -> list[str]:
        """Return the sources that reports cite and that are not known to be registered, each once."""
        cited = dict.fromkeys(origin for report in reports for origin in sources.cited_origins(report))
        return [origin for origin in cited if origin not in self._cache.origins and origin not in self._origins]

    def _citing_reports(self, write: WriteRequest, entries: Entries) -> Iterable[Report]:
        """Return the reports by which sources register themselves: those that are public from this command on.

        The register is everybody's, so a report in another collection leaves nothing there.
        """
        command = write.command
        if isinstance(command, FileReport | CorrectReport):
            if write.fact_id in self._introducing and self._home(entries).collection == PUBLIC:
                return [command.report]
        elif isinstance(command, ChangeCollection) and command.collection == PUBLIC:
            return [filed.report for filed in self._home(entries).reports.values()]
        return ()

    def _home(self, entries: Entries) -> Incident:
        return self._repository.touched[entries[0][0]]

    def _prefetch_referenced(self, writes: Sequence[WriteRequest]) -> None:
        """Read what the found ids refer to: the home streams of reports, and the facts behind earlier answers."""
        repeated = [(write, found) for write in writes if (found := self._session.find(write.fact_id))]
        referred = [
            (write, row)
            for write in writes
            for report_id in reports_needed(write.command)
            if (row := self._session.find(report_id)) and is_report(row.topic)
        ]
        if any(write.collections is not None for write in writes):
            self._collections.prefetch(row.stream for _, row in (*repeated, *referred))
            repeated, referred = self._only_visible(repeated), self._only_visible(referred)
        homes: dict[UUID, int] = {}
        for _, row in referred:
            self._collect_stream(row.stream, homes)
        self._session.prefetch((), homes)
        self._recorded_answers.prefetch(repeated)

    def _only_visible(self, found: Sequence[tuple[WriteRequest, StoredFact]]) -> list[tuple[WriteRequest, StoredFact]]:
        return [each for each in found if self._collections.includes(each[1].stream, each[0].collections)]

    def _answer(self, write: WriteRequest) -> Outcome:
        try:
            self._expect_permitted(write)
            found = self._session.find(write.fact_id)
            if found and self._collections.includes(found.stream, write.collections):
                return self._recorded_answers.answer(write, found)
            return self._record(write, id_is_taken=found is not None)
        except refusals.Refusal as refusal:
            return refusal

    def _expect_permitted(self, write: WriteRequest) -> None:
        """Refuse to open an incident, or to put one, outside the collections of the token."""
        command, collections = write.command, write.collections
        if collections is None or not isinstance(command, OpenIncident | ChangeCollection):
            return
        if command.collection not in collections:
            raise refusals.CollectionForbidden(collection=command.collection)
        if isinstance(command, OpenIncident) and not self._collections.includes(
            incident_stream(command.slug), collections
        ):
            raise refusals.IncidentSlugTaken(incident=command.slug)

    def _states(self, collections: Collection[str] | None) -> StateReader:
        return (
            self._repository if collections is None else VisibleStates(self._repository, self._collections, collections)
        )

    def _record(self, write: WriteRequest, *, id_is_taken: bool) -> Acknowledgement:
        """Decide and append. An id is taken by what the token may not see: what is refused anyway does not tell it."""
        session = self._session
        entries = decide_command(
            self._states(write.collections), write.command, session.moment, write.incident, write.expected_version
        )
        if not entries:  # a registration that changes nothing
            stream = source_stream(cast("Registration", write.command).slug)
            return Acknowledgement(write.fact_id, None, None, session.version(stream), None)
        if id_is_taken:
            raise refusals.ReportIdTaken(report_id=write.fact_id)
        stored = self._stored(write, entries)
        citing = self._citing_reports(write, entries)
        unknown = self._unregistered_origins(citing)
        registrations = self._registrations(write, citing, unknown) if unknown else []
        rows = session.append([*registrations, *stored])
        try:
            warnings = self._apply(entries)
        except Exception:
            session.undo(rows)
            self._repository.discard(stream for stream, _ in entries)
            raise
        self._erase(entries, rows)
        self._origins.update(unknown)
        self._request_of_row += [write.request] * len(rows)
        first = entries[0][0]
        subject = self._repository.touched.get(first)
        place = (rows[-1].position, rows[-1].recorded_at, session.version(first), subject and subject.slug)
        return Acknowledgement(write.fact_id, *place, warnings=warnings)

    def _stored(self, write: WriteRequest, entries: Entries) -> list[StoredFact]:
        if len(entries) == 1:  # its id was looked up before it was decided
            ((stream, fact),) = entries
            row = _stored(write, fact, stream, self._session.version(stream) + 1, write.fact_id)
            return [self._sealed(write, row)] if write.sealed else [row]
        versions: dict[UUID, int] = {}
        stored: list[StoredFact] = []
        for (stream, fact), fact_id in zip(entries, write.fact_ids(), strict=False):
            versions[stream] = versions.get(stream) or self._session.version(stream)
            versions[stream] += 1
            if self._session.find(fact_id):
                raise refusals.ReportIdTaken(report_id=fact_id)
            stored.append(_stored(write, fact, stream, versions[stream], fact_id))
        return [self._sealed(write, stored[0]), *stored[1:]] if write.sealed else stored

    def _sealed(self, write: WriteRequest, row: StoredFact) -> StoredFact:
        """Return the fact of a report with its protected part; raises a Refusal."""
        if write.sealed is None:
            return row
        report = cast("FileReport | CorrectReport", write.command).report
        origin = origin_of(report.source, report.via)
        return row._replace(sealed=self._sealer.seal(self._session, write.sealed, row.fact_id, origin))

    def _erase(self, entries: Entries, rows: Sequence[StoredFact]) -> None:
        """Erase what the appended facts say; states of an earlier version, with text, are folded again."""
        for (stream, fact), row in zip(entries, rows, strict=False):
            if isinstance(fact, PartsErased):
                self._repository.erasable.erase(fact.positions)
                self._cache.earlier.discard([stream])
            elif isinstance(fact, SourcePartsErased):
                self._repository.erasable.destroy_key(fact.origin, row.position)

    def _apply(self, entries: Entries) -> tuple[ReportWarning, ...]:
        warnings: list[ReportWarning] = []
        for stream, fact in entries:
            warnings += self._repository.apply(stream, fact)
        return tuple(warnings)

    def _registrations(self, write: WriteRequest, citing: Iterable[Report], unknown: Sequence[str]) -> list[StoredFact]:
        """Return registrations of the sources that reports cite and the log does not know yet."""
        by_origin = {origin: fact for report in citing for origin, fact in sources.introductions(report).items()}
        self._session.prefetch((), dict.fromkeys(map(source_stream, unknown), 0))
        return [
            _stored(write, by_origin[origin], source_stream(origin), 1, self._free_id(write.fact_id, origin))
            for origin in unknown
            if not self._session.read(source_stream(origin))
        ]

    def _free_id(self, fact_id: UUID, origin: str) -> UUID:
        """Return the first free id derived from these: a client may have used one of them for a report."""
        while self._session.find(fact_id := uuid5(fact_id, origin)):
            pass
        return fact_id


def _stored(write: WriteRequest, fact: Fact, stream: UUID, version: int, fact_id: UUID) -> StoredFact:
    topic, state, text = encode(fact)
    return StoredFact(
        stream, version, topic, state, fact_id, text, recorded_by=write.recorded_by, request_hash=write.request_hash
    )
