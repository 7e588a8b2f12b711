"""Input streams of an incident: the transitive closure of the streams its facts refer to."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from domain.facts.streams import POLICY_STREAM, incident_stream, source_stream
from domain.facts.union import (
    ClaimsRescoped,
    IncidentMerged,
    Recorded,
    ReportCorrected,
    ReportFiled,
    ReportMoved,
    SameOriginStated,
)
from domain.history.history import cited_origins


def required_streams(recorded: Recorded) -> Iterator[UUID]:
    """Yield the streams that a fact refers to: sources cited, incidents merged or moved in.

    An incident stays an input after an unmerge: the recorded series keeps its steps.
    """
    match recorded.fact:
        case ReportFiled() | ReportCorrected():
            yield from (source_stream(origin) for origin in cited_origins(recorded.fact.report))
        case SameOriginStated():
            yield from (source_stream(origin) for origin in recorded.fact.origins)
        case IncidentMerged(into=into, incident=merged) if incident_stream(into) == recorded.stream:
            yield incident_stream(merged)
        case ClaimsRescoped(within=within):
            yield incident_stream(within)
        case ReportMoved(to=to, home=home) if incident_stream(to) == recorded.stream:
            yield incident_stream(home)
        case _:
            return


@dataclass(slots=True)
class InputStreams:
    """Input streams of one incident (`stream`), maintained fact by fact.

    `streams` are the inputs at the position of the last fact added. References of a stream that is no input yet are
    kept in `_pending` until it becomes one, so facts may arrive early. Sources already cited by an input are skipped.
    """

    stream: UUID
    streams: set[UUID] = field(init=False)
    _pending: dict[UUID, set[UUID]] = field(default_factory=dict[UUID, set[UUID]])
    _cited: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        """Start with the inputs of every answer: the incident itself and the policy stream."""
        self.streams = {self.stream, POLICY_STREAM}

    def add(self, recorded: Recorded) -> Collection[UUID]:
        """Apply a fact; returns the streams that become inputs."""
        fact, is_input = recorded.fact, recorded.stream in self.streams
        if is_input and isinstance(fact, ReportFiled | ReportCorrected):
            cited = cited_origins(fact.report)
            if self._cited.issuperset(cited):
                return ()
            self._cited.update(cited)
        referenced = set(required_streams(recorded))
        if not is_input:
            self._pending.setdefault(recorded.stream, set()).update(referenced)
            return ()
        found: set[UUID] = set()
        while new := referenced - self.streams:
            self.streams |= new
            found |= new
            referenced = {each for stream in new for each in self._pending.pop(stream, ())}
        return found
