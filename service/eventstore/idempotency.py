"""Idempotency: a retry is recognised by the id and the hash of its request, and gets its first answer again."""

from collections.abc import Iterable
from typing import cast
from uuid import UUID

from domain.facts.union import IncidentFact, ReportFiled
from domain.incident import refusals
from domain.incident.commands import CorrectReport, FileReport, GlobalCommand, OpenIncident
from domain.incident.state import Incident, evolve, warnings_about
from domain.values.sources import Registration, origin_of
from service.eventstore.aggregate_cache import AggregateCache
from service.eventstore.append_session import AppendSession
from service.eventstore.command_queue import Acknowledgement, WriteRequest
from service.eventstore.sealing import PartSealer
from service.eventstore.stored_fact import StoredFact


class RecordedAnswers:
    """The answers to requests that were recorded before, for one append session.

    An answer contains warnings about the incident before its report, so that state is folded again. `earlier` caches
    incidents at the version of the last answer: requests that are repeated in their order are folded once.
    """

    def __init__(self, session: AppendSession, earlier: AggregateCache, sealer: PartSealer) -> None:
        self._session = session
        self._sealer = sealer
        self._earlier = earlier
        self._read: dict[UUID, list[StoredFact]] = {}

    def prefetch(self, repeated: Iterable[tuple[WriteRequest, StoredFact]]) -> None:
        """Read in one statement the facts that the answers to these requests need."""
        wanted: dict[UUID, tuple[int, int]] = {}
        for write, row in repeated:
            if _of_incident(write, row):
                stream, before = row.stream, row.version - 1
                kept = self._earlier.get(stream)
                after, upto = wanted.get(stream, (before, before))
                wanted[stream] = min(after, kept.version if kept and kept.version <= before else 0), max(upto, before)
        if wanted:
            self._read = self._session.between(wanted)

    def answer(self, write: WriteRequest, row: StoredFact) -> Acknowledgement:
        """Return the first answer to a repeated request. Raises ReportIdTaken for another request with the same id."""
        if row.request_hash != write.request_hash or not self._has_same_sealed_part(write, row):
            raise refusals.ReportIdTaken(report_id=write.fact_id)
        last = self._last(write, row)
        version = (last if last.stream == row.stream else row).version
        place = (row.fact_id, last.position, row.recorded_at, version)
        if not _of_incident(write, row):
            return Acknowledgement(*place, None, replayed=True)
        before = self._before(row)
        slug = before.slug if before else cast("OpenIncident", write.command).slug
        fact = row.fact() if before and isinstance(write.command, FileReport) else None
        warnings = warnings_about(before, fact) if before and isinstance(fact, ReportFiled) else []
        return Acknowledgement(*place, slug, replayed=True, warnings=tuple(warnings))

    def _has_same_sealed_part(self, write: WriteRequest, row: StoredFact) -> bool:
        """Compare sealed parts by opening the recorded one: the hash leaves them out, as one could be guessed by it.

        To any token but the one that sent it, none is the same: it could guess the part by retries.
        """
        if row.recorded_by != write.recorded_by and row.sealed_commitment is not None:
            return False
        if write.sealed is None or not isinstance(write.command, FileReport | CorrectReport):
            return row.sealed_commitment is None
        report = write.command.report
        return self._sealer.is_same(self._session, row, write.sealed, origin_of(report.source, report.via))

    def _last(self, write: WriteRequest, first: StoredFact) -> StoredFact:
        """Return the last fact of the write whose first one is given."""
        last = first
        for fact_id in write.fact_ids():
            found = self._session.find(fact_id)
            if found is None or found.request_hash != first.request_hash:  # such an id may be a later report's
                break
            last = found
        return last

    def _before(self, row: StoredFact) -> Incident | None:
        """Return the incident before one of its facts; None before its first."""
        stream, upto = row.stream, row.version - 1
        incident = self._earlier.get(stream)
        if incident is not None and incident.version > upto:
            incident = None
        for earlier in self._between(stream, incident, upto):
            incident = evolve(incident, cast("IncidentFact", earlier.fact()))
        if incident is not None:
            self._earlier.put(stream, incident)
        return incident

    def _between(self, stream: UUID, incident: Incident | None, upto: int) -> list[StoredFact]:
        after = incident.version if incident else 0
        rows = self._read.get(stream, [])
        covered = bool(rows) and rows[0].version <= after + 1 and rows[-1].version >= upto
        if after < upto and not covered:
            rows = self._session.between({stream: (after, upto)})[stream]
        return [row for row in rows if after < row.version <= upto]


def _of_incident(write: WriteRequest, row: StoredFact) -> bool:
    """Say whether the answer contains the state of an incident, which a refusal for another hash does not."""
    return row.request_hash == write.request_hash and not isinstance(write.command, Registration | GlobalCommand)
