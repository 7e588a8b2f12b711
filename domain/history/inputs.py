"""Which streams the answers about an incident depend on: its own, and all that its facts lead to."""

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


def leads_to(recorded: Recorded) -> Iterator[UUID]:
    """Yield the streams that a fact makes inputs: of the sources cited, and of what is shown here, or was.

    What was merged or moved in stays an input when that is undone: the recorded series keeps its steps.
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
class Reach:
    """How far the inputs of one incident reach, fact by fact.

    `streams` are its inputs at the position of the last fact taken in. A fact of a stream that is no input yet leads
    nowhere until something leads to its stream; so facts may come early, and the reach is still that of the position.
    Whom an input has cited leads nowhere new.
    """

    stream: UUID
    streams: set[UUID] = field(init=False)
    _later: dict[UUID, set[UUID]] = field(default_factory=dict[UUID, set[UUID]])
    _cited: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        """Begin with what every answer depends on."""
        self.streams = {self.stream, POLICY_STREAM}

    def take_in(self, recorded: Recorded) -> Collection[UUID]:
        """Take in a fact; returns the streams that became inputs by it."""
        fact, is_input = recorded.fact, recorded.stream in self.streams
        if is_input and isinstance(fact, ReportFiled | ReportCorrected):
            cited = cited_origins(fact.report)
            if self._cited.issuperset(cited):
                return ()
            self._cited.update(cited)
        led = set(leads_to(recorded))
        if not is_input:
            self._later.setdefault(recorded.stream, set()).update(led)
            return ()
        found: set[UUID] = set()
        while new := led - self.streams:
            self.streams |= new
            found |= new
            led = {each for stream in new for each in self._later.pop(stream, ())}
        return found
