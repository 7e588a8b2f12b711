"""The states that commands are decided against, as the held end of the log has them."""

from collections.abc import Mapping, Sequence
from typing import cast
from uuid import UUID

import orjson

from domain.incident import refusals
from domain.incident import source as sources
from domain.incident.facts import (
    POLICY_STREAM,
    Fact,
    IncidentFact,
    IncidentOpened,
    PolicyAdopted,
    ReportFiled,
    SourceFact,
    is_report,
    source_stream,
)
from domain.incident.source import Source
from domain.incident.state import Incident, evolve, file
from domain.incident.trusted import trusted, trusted_bytes
from domain.incident.warnings import Concern
from domain.zones import Zones
from service.eventstore.rows import StoredRow
from service.eventstore.tail import Tail


class Desk:
    """The states that the commands of one transaction touch, with what was taken in here.

    `warm` are incidents that were folded before, which may lie behind the log. They are
    folded on in place, so that none that is in `touched` may be kept if the transaction fails.
    """

    def __init__(self, tail: Tail, warm: Mapping[UUID, Incident], zones: Zones) -> None:
        self.touched: dict[UUID, Incident] = {}
        self.zone = zones
        self._tail = tail
        self._warm = warm
        self._versions: dict[UUID, int] = {}

    def incident(self, stream: UUID) -> Incident | None:
        """Return an incident as it stands at the end of the log; None if there is none."""
        if stream in self.touched:
            return self.touched[stream]
        incident = self._warm.get(stream)
        rows = self._tail.read(stream, incident.version if incident else 0)
        if incident is None and rows and rows[0].topic != IncidentOpened.topic:
            return None  # a source has a stream too
        if incident is not None:
            self.touched[stream] = incident  # before it is changed
        for fact in cast("list[IncidentFact]", facts_of(rows)):
            incident = evolve(incident, fact)
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
        return row.originator_id

    def version(self, stream: UUID) -> int:
        """Return the last version of a stream, with what was taken in here."""
        if stream in self._versions:
            return self._versions[stream]
        if stream in self.touched:
            return self.touched[stream].version
        rows = self._tail.read(stream)
        return rows[-1].originator_version if rows else 0

    def take_in(self, stream: UUID, fact: Fact) -> list[Concern]:
        """Let a fact that will be recorded count for the rest of this transaction.

        Returns what a recorder should look at again in it, seen from before it was taken in.
        """
        self._versions[stream] = self.version(stream) + 1
        if isinstance(fact, ReportFiled):
            return file(cast("Incident", self.incident(stream)), fact)
        if isinstance(fact, IncidentFact):
            self.touched[stream] = evolve(self.incident(stream), fact)
        return []


def facts_of(rows: Sequence[StoredRow]) -> list[Fact]:
    """Return the facts that rows hold, with their free text."""
    return [
        trusted(row.topic, orjson.loads(row.state), orjson.loads(row.text))
        if row.text
        else trusted_bytes(row.topic, row.state)
        for row in rows
    ]
