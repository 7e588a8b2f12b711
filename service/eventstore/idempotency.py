"""A request that comes again is answered as it was answered first, however long ago that was."""

from collections.abc import Iterable
from typing import cast
from uuid import UUID

from domain.facts.union import IncidentFact, ReportFiled
from domain.incident import refusals
from domain.incident.commands import About, FileReport, OpenIncident
from domain.incident.decide import Incident, evolve, warnings_about
from domain.values.sources import Registration
from service.eventstore.aggregate_cache import AggregateCache
from service.eventstore.append_session import AppendSession
from service.eventstore.repository import facts_of
from service.eventstore.requests import Write, Written
from service.eventstore.stored_fact import StoredRow


class RecordedAnswers:
    """Answers what was asked before, for one transaction.

    An answer tells of the incident as it stood before the report that it is about, so that is folded again. `earlier`
    keeps incidents where the last answer left them: what is asked again in its order is folded once, not each time.
    """

    def __init__(self, tail: AppendSession, earlier: AggregateCache) -> None:
        self._tail = tail
        self._earlier = earlier
        self._read: dict[UUID, list[StoredRow]] = {}

    def prefetch(self, asked: Iterable[tuple[Write, StoredRow]]) -> None:
        """Read in one statement what the answers to these will need."""
        wanted: dict[UUID, tuple[int, int]] = {}
        for write, row in asked:
            if _of_incident(write, row):
                stream, before = row.stream, row.version - 1
                kept = self._earlier.get(stream)
                after, upto = wanted.get(stream, (before, before))
                wanted[stream] = min(after, kept.version if kept and kept.version <= before else 0), max(upto, before)
        if wanted:
            self._read = self._tail.between(wanted)

    def answer(self, write: Write, row: StoredRow) -> Written:
        """Answer a repeated request as it was answered first; the same id for anything else is refused."""
        if row.request_hash != write.request_hash:
            raise refusals.ReportIdTaken(report_id=write.fact_id)
        last = self._last(write, row)
        version = (last if last.stream == row.stream else row).version
        place = (row.fact_id, last.position, row.recorded_at, version)
        if not _of_incident(write, row):
            return Written(*place, None, replayed=True)
        before = self._before(row)
        slug = before.slug if before else cast("OpenIncident", write.command).slug
        fact = facts_of([row])[0] if before and isinstance(write.command, FileReport) else None
        warnings = warnings_about(before, fact) if before and isinstance(fact, ReportFiled) else []
        return Written(*place, slug, replayed=True, warnings=tuple(warnings))

    def _last(self, write: Write, first: StoredRow) -> StoredRow:
        """Return the last fact of the write whose first one is given."""
        last = first
        for fact_id in write.fact_ids():
            found = self._tail.find(fact_id)
            if found is None or found.request_hash != first.request_hash:  # such an id may be a later report's
                break
            last = found
        return last

    def _before(self, row: StoredRow) -> Incident | None:
        """Return the incident as it stood before a fact of it; None before its first."""
        stream, upto = row.stream, row.version - 1
        incident = self._earlier.get(stream)
        if incident is not None and incident.version > upto:
            incident = None
        for fact in cast("list[IncidentFact]", facts_of(self._between(stream, incident, upto))):
            incident = evolve(incident, fact)
        if incident is not None:
            self._earlier.put(stream, incident)
        return incident

    def _between(self, stream: UUID, incident: Incident | None, upto: int) -> list[StoredRow]:
        after = incident.version if incident else 0
        rows = self._read.get(stream, [])
        covered = bool(rows) and rows[0].version <= after + 1 and rows[-1].version >= upto
        if after < upto and not covered:
            rows = self._tail.between({stream: (after, upto)})[stream]
        return [row for row in rows if after < row.version <= upto]


def _of_incident(write: Write, row: StoredRow) -> bool:
    """Say whether the answer tells of an incident; what is refused for its hash is not looked into."""
    return row.request_hash == write.request_hash and not isinstance(write.command, Registration | About)
