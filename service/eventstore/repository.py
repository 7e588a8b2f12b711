"""The repository of one append session: incidents, sources and the policy, folded to the end of the log."""

from collections.abc import Iterable, Mapping
from typing import cast
from uuid import UUID

from domain.facts.erasure import (
    ErasablePart,
)
from domain.facts.streams import POLICY_STREAM, source_stream
from domain.facts.union import (
    Fact,
    IncidentFact,
    IncidentOpened,
    PolicyAdopted,
    ReportFiled,
    SourceFact,
)
from domain.facts.versions import is_report
from domain.incident import refusals
from domain.incident import source_decisions as sources
from domain.incident.erasure import SealedParts
from domain.incident.report_warnings import ReportWarning
from domain.incident.source_decisions import Source
from domain.incident.state import Incident, apply_filed, evolve
from domain.values.time.zones import ZoneLookup
from service.eventstore.aggregate_cache import AggregateCache
from service.eventstore.append_session import AppendSession
from service.eventstore.erasable_parts import ErasableFacts


class Repository:
    """The states that the commands of one transaction need, with the facts of their predecessors applied.

    Incidents in `cache` may be stale: newer facts are read and applied in place. Those in `touched` must therefore
    leave the cache if the transaction fails.
    """

    def __init__(self, session: AppendSession, cache: AggregateCache, zones: ZoneLookup) -> None:
        self.touched: dict[UUID, Incident] = {}
        self.zone = zones
        self.erasable = ErasableFacts(session)
        self._session = session
        self._cache = cache

    def incident(self, stream: UUID) -> Incident | None:
        """Return an incident at the end of the log; None if there is none."""
        if (touched := self.touched.get(stream)) is not None:
            return touched
        incident = self._cache.get(stream)
        rows = self._session.read(stream, incident.version if incident else 0)
        if incident is None and rows and not rows[0].is_a(IncidentOpened):
            return None  # the stream of a source
        try:
            for row in rows:
                incident = evolve(incident, cast("IncidentFact", row.fact()))
        except Exception:
            self._cache.discard([stream])  # partly folded
            raise
        if incident is not None:
            self.touched[stream] = incident
        return incident

    def source(self, origin: str) -> Source | None:
        """Return a source at the end of the log; None if it is not registered."""
        return sources.fold([cast("SourceFact", row.fact()) for row in self._session.read(source_stream(origin))])

    def adopted(self) -> str | None:
        """Return the policy in force, None if none was ever adopted."""
        rows = self._session.read(POLICY_STREAM)
        return cast("PolicyAdopted", rows[-1].fact()).policy if rows else None

    def home_of(self, report_id: UUID) -> UUID:
        """Return the stream of the incident that a report was filed under; raises ReportUnknown."""
        row = self._session.find(report_id)
        if row is None or not is_report(row.topic):
            raise refusals.ReportUnknown(report_id=report_id)
        return row.stream

    def report_parts(self, report_id: UUID, home: UUID) -> Mapping[ErasablePart, tuple[int, ...]]:
        """Return, by part, the positions of the facts about a report that have it; raises ErasureUnavailable."""
        self.erasable.expect_possible()
        return self.erasable.parts(report_id, home)

    def report_origins(self, report_id: UUID, home: UUID) -> Iterable[str]:
        """Return the sources of a report, as filed and as corrected."""
        return self.erasable.origins(report_id, home)

    def sealed_by(self, origin: str) -> SealedParts | None:
        """Return the sealed parts under the key of a source, None if it has no key; raises ErasureUnavailable."""
        self.erasable.expect_possible()
        return self.erasable.sealed_by(origin)

    def apply(self, stream: UUID, fact: Fact) -> list[ReportWarning]:
        """Apply an appended fact to its incident if that is folded; others are folded on first use.

        Returns the warnings about the fact, against the state before it.
        """
        incident = self.touched.get(stream)
        if incident is None and stream in self._cache:
            self.incident(stream)  # cached incidents count as complete after this transaction
            return []
        if incident is not None and isinstance(fact, ReportFiled):
            return apply_filed(incident, fact)
        if incident is not None or isinstance(fact, IncidentOpened):
            self.touched[stream] = evolve(incident, cast("IncidentFact", fact))
        return []

    def discard(self, streams: Iterable[UUID]) -> None:
        """Drop the incidents of these streams to which facts were applied that were not appended."""
        for stream in streams:
            incident = self.touched.get(stream)
            if incident is not None and incident.version != self._session.version(stream):
                del self.touched[stream]
                self._cache.discard([stream])
