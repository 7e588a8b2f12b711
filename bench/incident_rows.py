"""The rows of every read model of one incident, fact by fact: the fold of our projector, without its engine."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from domain.facts.streams import POLICY_STREAM
from domain.facts.union import Recorded
from domain.history.history import History
from domain.history.inputs import required_streams
from domain.summary.incident_projection import IncidentProjection
from service.projections.catalogue import MODELS
from service.projections.read_model import RowKey, RowValues


class Row(NamedTuple):
    """The row of a key in a read model after a fact; None where there is none any more."""

    model: str
    key: RowKey
    values: RowValues | None


class IncidentRows:
    """One incident, folded from its first fact."""

    def __init__(self, stream: UUID) -> None:
        self._projection = IncidentProjection(History(stream))
        self._models = [model for model in MODELS.values() if model.subject == "incident"]
        self._keys: dict[str, set[RowKey]] = {model.name: set() for model in self._models}

    def takes(self, stream: UUID) -> bool:
        """Say whether facts of a stream count here."""
        return stream in self._projection.input_streams.streams

    def apply(self, facts: Iterable[Recorded]) -> list[Row]:
        """Apply facts at once, and return the rows that they may have changed."""
        for recorded in facts:
            self._projection.apply(recorded)
        changes = self._projection.update()
        found: list[Row] = []
        for model in self._models:
            keys = self._keys[model.name]
            for key, row in list(model.changes(self._projection, changes, keys)):
                found.append(Row(model.name, key, row))
                (keys.discard if row is None else keys.add)(key)
        return found


def inputs_of(stream: UUID, by_stream: Mapping[UUID, Sequence[Recorded]]) -> list[Recorded]:
    """Return the facts of an incident and of all streams that they refer to, in the order of the log."""
    wanted, found = {stream, POLICY_STREAM}, dict[UUID, Sequence[Recorded]]()
    while wanted:
        each = wanted.pop()
        found[each] = by_stream.get(each, ())
        wanted |= {referred for fact in found[each] for referred in required_streams(fact)} - found.keys()
    return sorted((fact for facts in found.values() for fact in facts), key=lambda fact: fact.position)


def folded(stream: UUID, facts: Sequence[Recorded]) -> Iterator[list[Row]]:
    """Fold an incident from its first fact, and yield the rows of each; what is an input only later waits."""
    rows, waiting = IncidentRows(stream), list[Recorded]()
    for recorded in facts:
        waiting.append(recorded)
        if rows.takes(recorded.stream):
            yield rows.apply(waiting)
            waiting.clear()
