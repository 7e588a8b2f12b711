"""Moves read models along the log: a batch at a time, its rows and the new position in one transaction."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Event
from typing import Any, Final
from uuid import UUID

from psycopg import Connection
from psycopg.rows import tuple_row
from psycopg.sql import SQL

from domain.facts.streams import POLICY_STREAM
from domain.values.time.clocks import format_instant
from service.eventstore import sync_reader
from service.eventstore.stored_fact import StoredFact
from service.projections.catalogue import MODELS
from service.projections.engine.aggregate_cache import Folds
from service.projections.engine.batch_fold import Failure, Stretch
from service.projections.engine.batch_writer import write
from service.projections.engine.single_statement_write import Stroke
from service.projections.registry import Advance, Generation, advance

BATCH: Final = 1000
"""How many facts are taken in at a time, at most."""

MOST_KNOWN: Final = 20_000
"""Of how many streams it is remembered which incidents depend on them."""

DEPENDING: Final = "SELECT stream, incident FROM {} WHERE stream = ANY(%(streams)s::uuid[]) AND since <= %(position)s"


@dataclass(slots=True)
class Projector:
    """Takes batches of the log into read models, over one connection that commits every statement by itself.

    `clock` stamps the moment at which a read model stopped. Nothing is kept of a batch that could not be written:
    whatever is raised, make a new Projector, which reads from the log again.
    """

    connection: Connection[Any]
    clock: Callable[[], datetime]
    folds: Folds = field(init=False)
    _known: dict[UUID, dict[UUID, None]] = field(default_factory=dict[UUID, dict[UUID, None]])
    _stroke: Stroke = field(init=False)

    def __post_init__(self) -> None:
        """Keep no subject yet."""
        self.folds = Folds(self.connection.cursor(binary=True, row_factory=tuple_row))
        self._stroke = Stroke(self.connection)

    def move(
        self,
        generations: Sequence[Generation],
        inputs: Generation,
        upto: int,
        limit: int = BATCH,
        stop: Event | None = None,
    ) -> list[Generation]:
        """Take the next batch, up to a position, into generations that all stand at one; returns them as they are then.

        `inputs` tells which incidents depend on a stream: it is one of `generations`, or stands no earlier than `upto`.
        Where it fails within the batch, those that would go further stay where they are, and are not returned.
        The batch ends where `stop` is set.
        Raises Overtaken, CannotWrite, psycopg.Error.
        """
        position = generations[0].position
        batch = sync_reader.after(self.folds.cursor, position, upto, limit)
        if not batch:
            return list(generations)
        models = [MODELS[each.name] for each in generations]
        depending = self._depending(batch, inputs, position)
        stretch = Stretch(models, self.folds, lambda stream: depending.get(stream, ()))
        reached = position
        for kept in batch:
            stretch.take_in(kept)
            reached = kept.position
            if stop is not None and stop.is_set():
                break
        going = _no_further(generations, inputs, stretch)
        steps = [self._step(each, stretch, reached) for each in going]
        self._write(stretch, steps)
        self._know(stretch)
        self.folds.trim()
        return [_moved(step) for step in steps]

    def _write(self, stretch: Stretch, steps: Sequence[Advance]) -> None:
        if not self._stroke.write(stretch.ranges, steps):
            self._write_each(stretch, steps)
        for ranges in stretch.ranges.values():
            ranges.settle()

    def _write_each(self, stretch: Stretch, steps: Sequence[Advance]) -> None:
        with self.connection.transaction(), self.connection.cursor(binary=True) as cursor:
            advance(cursor, steps)
            for step in steps:
                name = step.generation.name
                if ranges := stretch.ranges[name]:
                    write(cursor, MODELS[name], step.generation.schema, ranges)

    def _step(self, generation: Generation, stretch: Stretch, upto: int) -> Advance:
        failure = stretch.failures.get(generation.name)
        if failure is None:
            return Advance(generation, upto)
        return Advance(generation, failure.position - 1, stopped(failure, self.clock()))

    def stop(self, generation: Generation, error: str, upto: int) -> Generation:
        """Stop a generation at the next fact, whose rows cannot be written; returns it as it is then."""
        (kept,) = sync_reader.after(self.folds.cursor, generation.position, upto, 1)
        failure = Failure(kept.position, kept.fact_id, kept.topic, error)
        step = Advance(generation, generation.position, stopped(failure, self.clock()))
        with self.connection.transaction(), self.connection.cursor(binary=True) as cursor:
            advance(cursor, [step])
        return _moved(step)

    def _depending(
        self, batch: Iterable[StoredFact], inputs: Generation, position: int
    ) -> Mapping[UUID, Iterable[UUID]]:
        streams = {kept.stream for kept in batch}
        if unknown := streams - self._known.keys():
            self._known |= {stream: {} for stream in unknown}
            query = SQL(DEPENDING).format(MODELS[inputs.name].table(inputs.schema))
            for stream, incident in self.folds.cursor.execute(query, {"streams": list(unknown), "position": position}):
                self._known[stream][incident] = None
        if POLICY_STREAM in streams:
            return {**self._known, POLICY_STREAM: list(sync_reader.incidents(self.folds.cursor, position))}
        return self._known

    def _know(self, stretch: Stretch) -> None:
        """Keep what is known of who depends on what true to where the stretch ends, or know nothing."""
        if (
            stretch.failures
            or len(self._known) > MOST_KNOWN
            or not any(each.subject == "incident" for each in stretch.models)
        ):
            self._known.clear()
        for stream, incidents in stretch.led.items():
            if stream in self._known:
                self._known[stream] |= incidents


def stopped(failure: Failure, moment: datetime) -> dict[str, Any]:
    """Write down why a read model goes no further, for whoever runs the service."""
    return {
        "position": failure.position,
        "fact_id": str(failure.fact_id),
        "topic": failure.topic,
        "error": failure.error,
        "since": format_instant(moment),
    }


def _no_further(generations: Sequence[Generation], inputs: Generation, stretch: Stretch) -> Sequence[Generation]:
    """Return those that may take what they have: all; or, where `inputs` fails, those that fail there or before."""
    failure = stretch.failures.get(inputs.name)
    if failure is None:
        return generations
    failed = ((each, stretch.failures.get(each.name)) for each in generations)
    return [each for each, its in failed if its is not None and its.position <= failure.position]


def _moved(step: Advance) -> Generation:
    return replace(step.generation, position=step.position, stopped=step.stopped)
