"""Cache of folded incidents and sources, all as of one position; the least recently used are dropped."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from psycopg import Cursor

from domain.facts.streams import POLICY_STREAM
from domain.facts.union import Recorded, SourceFact
from domain.history.history import History
from domain.history.inputs import required_streams
from domain.summary.incident_projection import IncidentProjection
from service.answers.inputs import first_streams, gather
from service.eventstore import sync_reader
from service.projections.engine.subject_fold import SubjectFold
from service.projections.read_model import SubjectKind
from service.runtime.weighted_lru import WeightedLRU

MOST_FACTS: Final = 80_000
"""Limit of facts of all cached subjects together; a single subject may have more."""
MOST_SHARED: Final = 20_000
"""Limit of cached facts of sources and of the policy, which many incidents have among their inputs."""


@dataclass(slots=True)
class SubjectCache:
    """Incidents and sources as of one position, each read from the log when it is first needed.

    Callers apply each further fact to every subject that depends on it, and call `invalidate`, so that all entries stay
    at one position. `cursor` is a binary one of a connection in autocommit mode.
    """

    cursor: Cursor[Any]
    _folds: WeightedLRU[UUID, SubjectFold] = field(init=False)
    _shared: WeightedLRU[UUID, list[Recorded]] = field(init=False)

    def __post_init__(self) -> None:
        """Begin empty."""
        self._folds, self._shared = WeightedLRU(MOST_FACTS), WeightedLRU(MOST_SHARED)

    def invalidate(self, stream: UUID) -> None:
        """Drop the cached facts of a stream to which a fact was added."""
        self._shared.pop(stream)

    def load(self, kind: SubjectKind, stream: UUID, position: int) -> SubjectFold:
        """Return an incident or a source as of a position."""
        fold = self._folds.get(stream)
        if fold is None:
            fold = self._source(stream, position) if kind == "source" else self._incident(stream, position)
            self.put(stream, fold)
        return fold

    def put(self, stream: UUID, fold: SubjectFold) -> None:
        """Cache a subject with the number of facts that it has now."""
        self._folds.put(stream, fold, fold.facts)

    def discard(self, stream: UUID) -> None:
        """Drop a subject whose state is not at the cache's position."""
        self._folds.pop(stream)

    def next_facts(self, recorded: Recorded, fold: SubjectFold) -> Iterable[Recorded]:
        """Return the facts to apply next: those of the streams that a fact adds to the inputs, and then the fact."""
        if not isinstance(fold.state, IncidentProjection):
            return [recorded]
        added = gather(
            set(required_streams(recorded)) - fold.streams,
            lambda streams: self._read(streams, recorded.position),
            fold.streams,
        )
        fold.streams |= added.streams
        return [*added.facts, recorded]

    def _incident(self, stream: UUID, position: int) -> SubjectFold:
        inputs = gather(first_streams(stream), lambda streams: self._read(streams, position))
        fold = SubjectFold(IncidentProjection(History(stream)), inputs.streams)
        fold.apply(inputs.facts)
        return fold

    def _source(self, stream: UUID, position: int) -> SubjectFold:
        fold = SubjectFold(None)
        fold.apply(self._read([stream], position))
        return fold

    def _read(self, streams: Sequence[UUID], position: int) -> list[Recorded]:
        """Return the facts of streams up to a position; those of sources and of the policy are cached."""
        cached = {stream: facts for stream in streams if (facts := self._shared.get(stream)) is not None}
        found: dict[UUID, list[Recorded]] = {stream: [] for stream in streams if stream not in cached}
        if found:
            for row in sorted(sync_reader.of_streams(self.cursor, sorted(found), position)):
                found[row.stream].append(row.recorded())
        for stream, facts in found.items():
            if stream == POLICY_STREAM or all(isinstance(each.fact, SourceFact) for each in facts):
                self._shared.put(stream, facts, len(facts) + 1)
        return [fact for facts in (*cached.values(), *found.values()) for fact in facts]
