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
from service.eventstore.stored_fact import StoredFact
from service.projections.engine.subject_fold import SubjectFold
from service.projections.read_model import SubjectKind
from service.runtime.weighted_lru import WeightedLRU

MOST_FACTS: Final = 80_000
"""Limit of facts of all cached subjects together; a single subject may have more."""
MOST_SHARED: Final = 20_000
"""Limit of cached facts of sources and of the policy, which many incidents have among their inputs."""
MOST_PREFETCHED: Final = 10_000
"""Limit of facts that are read before a batch for the streams of its facts."""


@dataclass(slots=True)
class SubjectCache:
    """Incidents and sources as of one position, each read from the log when it is first needed.

    Callers apply each further fact to every subject that depends on it, and call `invalidate`, so that all entries stay
    at one position. `cursor` is a binary one of a connection in autocommit mode.
    """

    cursor: Cursor[Any]
    _folds: WeightedLRU[UUID, SubjectFold] = field(init=False)
    _shared: WeightedLRU[UUID, list[Recorded]] = field(init=False)
    _prefetched: dict[UUID, list[StoredFact]] = field(default_factory=dict[UUID, list[StoredFact]])

    def __post_init__(self) -> None:
        """Begin empty."""
        self._folds, self._shared = WeightedLRU(MOST_FACTS), WeightedLRU(MOST_SHARED)

    def prefetch(self, batch: Sequence[Recorded]) -> None:
        """Read, in one statement, the streams that facts of a batch belong to or cite, as of the position before it.

        At most MOST_PREFETCHED facts of the batch's own streams are read; the rest is when it is needed.
        """
        streams, left = {each for recorded in batch for each in required_streams(recorded)}, MOST_PREFETCHED
        self._prefetched = {}
        for stream, before in {each.stream: each.version - 1 for each in reversed(batch)}.items():
            if not before:
                self._prefetched[stream] = []
            elif before <= left and stream not in self._folds:
                streams.add(stream)
                left -= before
        unread = [each for each in streams if not (each in self._prefetched or each in self._shared)]
        if unread:
            self._prefetched |= self._read_rows(unread, batch[0].position - 1)

    def invalidate(self, stream: UUID) -> None:
        """Drop the cached facts of a stream to which a fact was added."""
        self._shared.pop(stream)
        self._prefetched.pop(stream, None)

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
        missing = [stream for stream in streams if stream not in cached]
        rows = {stream: self._prefetched.pop(stream) for stream in missing if stream in self._prefetched}
        if unread := [stream for stream in missing if stream not in rows]:
            rows |= self._read_rows(unread, position)
        found = {stream: [row.recorded() for row in rows[stream]] for stream in missing}
        for stream, facts in found.items():
            if stream == POLICY_STREAM or all(isinstance(each.fact, SourceFact) for each in facts):
                self._shared.put(stream, facts, len(facts) + 1)
        return [fact for facts in (*cached.values(), *found.values()) for fact in facts]

    def _read_rows(self, streams: Sequence[UUID], position: int) -> dict[UUID, list[StoredFact]]:
        found: dict[UUID, list[StoredFact]] = {stream: [] for stream in streams}
        for row in sorted(sync_reader.of_streams(self.cursor, sorted(streams), position)):
            found[row.stream].append(row)
        return found
