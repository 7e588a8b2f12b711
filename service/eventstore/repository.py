"""The states that commands are decided against, as the held end of the log has them."""

from collections.abc import Iterable, Sequence
from typing import cast
from uuid import UUID

import orjson

from domain.facts.streams import POLICY_STREAM, source_stream
from domain.facts.unchecked_decode import decode_stored, trusted
from domain.facts.union import Fact, IncidentFact, IncidentOpened, PolicyAdopted, ReportFiled, SourceFact
from domain.facts.versions import is_report
from domain.incident import refusals
from domain.incident import source_decisions as sources
from domain.incident.source_decisions import Source
from domain.incident.state import Incident, evolve, file
from domain.incident.warnings import Concern
from domain.values.time.zones import Zones
from service.eventstore.aggregate_cache import AggregateCache
from service.eventstore.append_session import AppendSession
from service.eventstore.stored_fact import StoredRow


class Repository:
    """The states that the commands of one transaction touch, with what was taken in here.

    `warm` are incidents that were folded before, which may lie behind the log. They are
    folded on in place, so that none that is in `touched` may be kept if the transaction fails.
    """

    def __init__(self, tail: AppendSession, warm: AggregateCache, zones: Zones) -> None:
        self.touched: dict[UUID, Incident] = {}
        self.zone = zones
        self._tail = tail
        self._warm = warm

    def incident(self, stream: UUID) -> Incident | None:
        """Return an incident as it stands at the end of the log; None if there is none."""
        if stream in self.touched:
            return self.touched[stream]
        incident = self._warm.get(stream)
        rows = self._tail.read(stream, incident.version if incident else 0)
        if incident is None and rows and rows[0].topic != IncidentOpened.topic:
            return None  # a source has a stream too
        try:
            for fact in cast("list[IncidentFact]", facts_of(rows)):
                incident = evolve(incident, fact)
        except Exception:
            self._warm.discard([stream])  # it is folded half way
            raise
        if incident is not None:
            self.touched[stream] = incident
        return incident

    def source(self, origin: str) -> Source | None:
        """Return a source as it stands at the end of the log; None if it is not known."""
        return sources.fold(cast("list[SourceFact]", facts_of(self._tail.read(source_stream(origin)))))

    def adopted(self) -> str | None:
        """Return the policy in force, None if none was ever adopted."""
        facts = facts_of(self._tail.read(POLICY_STREAM))
        return cast("PolicyAdopted", facts[-1]).policy if facts else None

    def home_of(self, report_id: UUID) -> UUID:
        """Return the stream of the incident that a report was filed under; raises ReportUnknown."""
        row = self._tail.find(report_id)
        if row is None or not is_report(row.topic):
            raise refusals.ReportUnknown(report_id=report_id)
        return row.stream

    def apply(self, stream: UUID, fact: Fact) -> list[Concern]:
        """Let a fact that was appended count in the incident that is folded; else it is folded when it is needed.

        Returns what a recorder should look at again in it, seen from before it was taken in.
        """
        incident = self.touched.get(stream)
        if incident is None and stream in self._warm:
            self.incident(stream)  # what is kept is taken for whole after this transaction
            return []
        if incident is not None and isinstance(fact, ReportFiled):
            return file(incident, fact)
        if incident is not None or isinstance(fact, IncidentOpened):
            self.touched[stream] = evolve(incident, cast("IncidentFact", fact))
        return []

    def discard(self, streams: Iterable[UUID]) -> None:
        """Drop the incidents of these streams that took in what is not in the log."""
        for stream in streams:
            incident = self.touched.get(stream)
            if incident is not None and incident.version != self._tail.version(stream):
                del self.touched[stream]
                self._warm.discard([stream])


def facts_of(rows: Sequence[StoredRow]) -> list[Fact]:
    """Return the facts that rows hold, with their free text."""
    return [
        trusted(row.topic, orjson.loads(row.state), orjson.loads(row.text))
        if row.text
        else decode_stored(row.topic, row.state)
        for row in rows
    ]
