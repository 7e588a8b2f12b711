"""Moves read models along the log by batches; rows and the new position are stored in one transaction."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Event
from typing import Any, Final
from uuid import UUID

from psycopg import Connection
from psycopg.rows import tuple_row
from psycopg.sql import SQL

from domain.estimates.affected import REPORT_FACTS
from domain.facts.streams import POLICY_STREAM
from domain.facts.union import IncidentOpened
from domain.facts.versions import topics_of
from service.eventstore import sync_reader
from service.eventstore.stored_fact import StoredFact
from service.projections.catalogue import MODELS
from service.projections.engine.batch_fold import BatchFold
from service.projections.engine.batch_writer import CannotWrite, replace_cells, write
from service.projections.engine.subject_cache import SubjectCache
from service.projections.engine.subject_fold import Failure, RowFold
from service.projections.registry import Advance, Generation, advance

BATCH: Final = 1000
"""The largest number of facts of a batch."""

MOST_KNOWN: Final = 20_000
"""The largest number of streams whose dependent incidents are cached."""

MOST_WARM: Final = 100
"""The largest number of facts that a warm-up applies."""
MOST_WARM_INPUTS: Final = 5_000
"""About the largest number of facts that the incidents of a warm-up have together."""

_OF_ONE_INCIDENT: Final = frozenset(topics_of(IncidentOpened, *REPORT_FACTS))

DEPENDENTS: Final = "SELECT stream, incident FROM {} WHERE stream = ANY(%(streams)s::uuid[]) AND since <= %(position)s"


@dataclass(slots=True)
class Projector:
    """Applies batches of the log to read models, over one connection in autocommit mode.

    `clock` stamps failures. After any exception the caches are ahead of the tables: make a new Projector.
    """

    connection: Connection[Any]
    clock: Callable[[], datetime]
    cache: SubjectCache = field(init=False)
    _dependents: dict[UUID, dict[UUID, None]] = field(default_factory=dict[UUID, dict[UUID, None]])

    def __post_init__(self) -> None:
        """Begin with empty caches."""
        self.cache = SubjectCache(self.connection.cursor(binary=True, row_factory=tuple_row))

    def move(
        self,
        generations: Sequence[Generation],
        inputs: Generation,
        upto: int,
        limit: int = BATCH,
        stop: Event | None = None,
    ) -> list[Generation]:
        """Apply the next batch, up to a position, to generations at one position; returns their new states.

        `inputs` holds which incidents depend on a stream: one of `generations`, or one at `upto` or later. Where it
        fails within the batch, generations that would pass it keep their position, and are not returned.
        The batch ends early when `stop` is set.
        Raises GenerationMoved, CannotWrite, psycopg.Error.
        """
        position = generations[0].position
        batch = sync_reader.after(self.cache.cursor, position, upto, limit)
        if not batch:
            return list(generations)
        dependents = self._dependents_of(batch, inputs, position)
        rows = RowFold([MODELS[each.name] for each in generations])
        fold = BatchFold(rows, self.cache, lambda stream: dependents.get(stream, ()))
        reached = fold.run(batch, stop)
        moving = _not_beyond_failed_inputs(generations, inputs, rows.failures)
        steps = [self._step(each, rows.failures.get(each.name), reached) for each in moving]
        self._write(rows, steps)
        self._update_dependents(fold)
        return [_generation_after(step) for step in steps]

    def warm_up(self, generations: Sequence[Generation], inputs: Generation) -> bool:
        """Apply the last facts up to the position of generations to empty caches, and write their rows to roll back.

        So the first batch afterwards takes no longer than others: code, statements and caches, also those of the
        server, are in use. Returns whether the caches can be used. Raises psycopg.Error.
        """
        position = generations[0].position
        batch = _cheap_end(sync_reader.after(self.cache.cursor, position - MOST_WARM, position, MOST_WARM))
        if not batch:
            return True
        dependents = self._dependents_of(batch, inputs, batch[0].position - 1)
        rows = RowFold([MODELS[each.name] for each in generations])
        fold = BatchFold(rows, self.cache, lambda stream: dependents.get(stream, ()))
        fold.run(batch)
        self._update_dependents(fold)
        with (
            suppress(CannotWrite),
            self.connection.transaction(force_rollback=True),
            self.connection.cursor(binary=True) as cursor,
        ):
            for each in generations:
                write(cursor, MODELS[each.name], each.schema, rows.versions[each.name].closed_at(position))
        for versions in rows.versions.values():
            versions.mark_written()
        return not rows.failures

    def _write(self, rows: RowFold, steps: Sequence[Advance]) -> None:
        with self.connection.transaction(), self.connection.cursor(binary=True) as cursor:
            advance(cursor, steps)
            for step in steps:
                name = step.generation.name
                if versions := rows.versions[name]:
                    write(cursor, MODELS[name], step.generation.schema, versions)
                for each in rows.replacements.get(name, ()):
                    replace_cells(cursor, MODELS[name], step.generation.schema, each)
        for versions in rows.versions.values():
            versions.mark_written()

    def _step(self, generation: Generation, failure: Failure | None, upto: int) -> Advance:
        if failure is None:
            return Advance(generation, upto)
        return Advance(generation, failure.position - 1, failure.document(self.clock()))

    def stop(self, generation: Generation, error: str, upto: int) -> Generation:
        """Stop a generation at the next fact, whose rows cannot be written; returns its new state."""
        (stored,) = sync_reader.after(self.cache.cursor, generation.position, upto, 1)
        failure = Failure(stored.position, stored.fact_id, stored.topic, error)
        step = self._step(generation, failure, upto)
        with self.connection.transaction(), self.connection.cursor(binary=True) as cursor:
            advance(cursor, [step])
        return _generation_after(step)

    def _dependents_of(
        self, batch: Iterable[StoredFact], inputs: Generation, position: int
    ) -> Mapping[UUID, Iterable[UUID]]:
        """Return the incidents that depend on the streams of a batch, as of the position before it."""
        streams = {stored.stream for stored in batch}
        if unknown := streams - self._dependents.keys():
            self._dependents |= {stream: {} for stream in unknown}
            query = SQL(DEPENDENTS).format(MODELS[inputs.name].table(inputs.schema))
            bound = {"streams": list(unknown), "position": position}
            for stream, incident in self.cache.cursor.execute(query, bound):
                self._dependents[stream][incident] = None
        if POLICY_STREAM in streams:
            return {**self._dependents, POLICY_STREAM: list(sync_reader.incidents(self.cache.cursor, position))}
        return self._dependents

    def _update_dependents(self, fold: BatchFold) -> None:
        """Update the cache of dependents to the end of a batch; clear it where that is unknown, or it is too large."""
        if fold.rows.failures or len(self._dependents) > MOST_KNOWN or not fold.rows.running("incident"):
            self._dependents.clear()
        for stream, incidents in fold.new_dependents.items():
            if stream in self._dependents:
                self._dependents[stream] |= incidents


def _not_beyond_failed_inputs(
    generations: Sequence[Generation], inputs: Generation, failures: Mapping[str, Failure]
) -> Sequence[Generation]:
    """Return the generations that may move: all; or, where `inputs` fails, those that fail no later."""
    limit = failures.get(inputs.name)
    if limit is None:
        return generations
    failed = ((each, failures.get(each.name)) for each in generations)
    return [each for each, failure in failed if failure is not None and failure.position <= limit.position]


def _cheap_end(batch: Sequence[StoredFact]) -> Sequence[StoredFact]:
    """Return the last facts of a batch: openings and facts of reports, of incidents that have few facts together."""
    facts: dict[UUID, int] = {}
    for index, stored in reversed(list(enumerate(batch, 1))):
        facts.setdefault(stored.stream, stored.version)
        if stored.topic not in _OF_ONE_INCIDENT or sum(facts.values()) > MOST_WARM_INPUTS:
            return batch[index:]
    return batch


def _generation_after(step: Advance) -> Generation:
    return replace(step.generation, position=step.position, stopped=step.stopped)
