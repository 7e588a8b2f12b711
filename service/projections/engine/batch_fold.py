"""Fold of a batch of the log: each fact is applied to every subject that depends on its stream."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from threading import Event
from uuid import UUID

from domain.facts.streams import POLICY_STREAM
from domain.facts.union import PartsErased, Recorded, SourceFact
from service.eventstore.stored_fact import StoredFact
from service.projections.engine.subject_cache import SubjectCache
from service.projections.engine.subject_fold import Failure, RowChanges, RowFold
from service.projections.read_model import SubjectKind


@dataclass(slots=True)
class BatchFold:
    """Applies the facts of a batch, in the order of the log, for read models that are all at its beginning.

    `dependents` returns the incidents that have a stream among their inputs at the beginning, and all incidents for the
    stream `policy`; `new_dependents` are those that add it within the batch.
    """

    rows: RowFold
    cache: SubjectCache
    dependents: Callable[[UUID], Iterable[UUID]]
    new_dependents: defaultdict[UUID, dict[UUID, None]] = field(
        default_factory=lambda: defaultdict[UUID, dict[UUID, None]](dict)
    )
    _opened: list[UUID] = field(default_factory=list[UUID])

    def run(self, batch: Iterable[StoredFact], stop: Event | None = None) -> int:
        """Apply the facts of a batch, until `stop` is set; returns the position of the last one applied.

        A fact that cannot be decoded fails every read model. Raises psycopg.Error.
        """
        reached, (facts, failure) = 0, _decoded(batch)
        self.cache.prefetch(facts)
        for recorded in facts:
            self._apply_to_dependents(recorded)
            reached = recorded.position
            if stop is not None and stop.is_set():
                return reached
        if failure is None:
            return reached
        self.rows.fail(self.rows.models, failure)
        return failure.position

    def _apply_to_dependents(self, recorded: Recorded) -> None:
        found: list[RowChanges] = []
        if isinstance(recorded.fact, SourceFact):
            found += self._apply("source", recorded.stream, recorded)
        for stream in self._incidents(recorded):
            if isinstance(recorded.fact, PartsErased):
                self.cache.discard(stream)  # folded again, without the text
            found += self._apply("incident", stream, recorded)
        self.rows.put(found, recorded.position)
        self.cache.invalidate(recorded.stream)  # last: until here the cache is read as of the position before the fact

    def _incidents(self, recorded: Recorded) -> Iterable[UUID]:
        """Return the incidents that have the stream of a fact among their inputs."""
        found = dict.fromkeys([*self.dependents(recorded.stream), *self.new_dependents.get(recorded.stream, ())])
        if recorded.stream == POLICY_STREAM:
            return found | dict.fromkeys(self._opened)
        if not isinstance(recorded.fact, SourceFact):
            if recorded.version == 1:
                self._opened.append(recorded.stream)
            return {recorded.stream: None} | found
        return found

    def _apply(self, kind: SubjectKind, stream: UUID, recorded: Recorded) -> Iterable[RowChanges]:
        load = partial(self.cache.load, kind, stream, recorded.position - 1)
        running = self.rows.running(kind)
        applied = self.rows.apply(kind, recorded, load, partial(self.cache.next_facts, recorded)) if running else None
        if applied is None:
            self.cache.discard(stream)  # the cached state lacks the fact, or is incomplete
            return ()
        self.cache.put(stream, applied.fold)
        for each in applied.summary_changes.inputs:
            self.new_dependents[each][stream] = None
        return applied.changes


def _decoded(batch: Iterable[StoredFact]) -> tuple[list[Recorded], Failure | None]:
    """Return the facts of a batch up to the first that cannot be decoded, and the failure at that one, if any."""
    found: list[Recorded] = []
    for stored in batch:
        try:
            found.append(stored.recorded())
        except Exception as error:  # noqa: BLE001 - recorded as the failure of every read model
            return found, Failure.at(stored.position, stored.fact_id, stored.topic, error)
    return found, None
