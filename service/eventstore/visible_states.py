"""States of streams as a token sees them: an incident outside its collections is not there."""

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from domain.facts.erasure import ErasablePart
from domain.incident import refusals
from domain.incident.erasure import SealedParts
from domain.incident.source_decisions import Source
from domain.incident.state import Incident
from domain.values.time.zones import ZoneLookup
from service.eventstore.append_session import AppendSession
from service.eventstore.repository import Repository


class CollectionsInLog:
    """The collections of incidents at the end of the log, looked up under the append lock.

    An incident that is folded already says its collection itself: facts of this transaction may have changed it.
    """

    def __init__(self, session: AppendSession, folded: Mapping[UUID, Incident]) -> None:
        self._session = session
        self._folded = folded
        self._known: dict[UUID, str | None] = {}

    def prefetch(self, streams: Iterable[UUID]) -> None:
        """Look up the collections of these streams in one statement, also where there are none."""
        wanted = [stream for stream in dict.fromkeys(streams) if stream not in self._known]
        self._known |= dict.fromkeys(wanted)
        self._known |= self._session.collections_of(wanted)

    def includes(self, stream: UUID, collections: Collection[str] | None) -> bool:
        """Say whether a stream is not that of an incident outside these collections (None: all)."""
        if collections is None:
            return True
        if (incident := self._folded.get(stream)) is not None:
            return incident.collection in collections
        if stream not in self._known:
            self.prefetch([stream])
        collection = self._known[stream]
        return collection is None or collection in collections


class VisibleStates:
    """The states of a repository without the incidents outside some collections; implements `StateReader`."""

    def __init__(self, repository: Repository, in_log: CollectionsInLog, collections: Collection[str]) -> None:
        self.zone: ZoneLookup = repository.zone
        self._repository = repository
        self._in_log = in_log
        self._collections = collections

    def incident(self, stream: UUID) -> Incident | None:
        """Return an incident at the end of the log; None if there is none, or it is not visible and so not folded."""
        return self._repository.incident(stream) if self._in_log.includes(stream, self._collections) else None

    def source(self, origin: str) -> Source | None:
        """Return a source; None if it is not registered."""
        return self._repository.source(origin)

    def report_parts(self, report_id: UUID, home: UUID) -> Mapping[ErasablePart, tuple[int, ...]]:
        """Return, by part, the positions of the facts about a report that have it; raises ErasureUnavailable."""
        return self._repository.report_parts(report_id, home)

    def report_origins(self, report_id: UUID, home: UUID) -> Iterable[str]:
        """Return the sources of a report, as filed and as corrected."""
        return self._repository.report_origins(report_id, home)

    def sealed_by(self, origin: str) -> SealedParts | None:
        """Return the sealed parts under the key of a source, of all collections; who does not see all may not ask."""
        return self._repository.sealed_by(origin)

    def adopted(self) -> str | None:
        """Return the policy in force; None if none was ever adopted."""
        return self._repository.adopted()

    def home_of(self, report_id: UUID) -> UUID:
        """Return the stream of a visible incident that a report was filed under; raises ReportUnknown."""
        home = self._repository.home_of(report_id)
        if not self._in_log.includes(home, self._collections):
            raise refusals.ReportUnknown(report_id=report_id)
        return home
