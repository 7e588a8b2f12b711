"""Scheduler of projections: the group of read models to move next, the furthest behind first."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from typing import Any, Final

import structlog
from psycopg import Connection
from psycopg.rows import tuple_row

from service.eventstore import sync_reader
from service.projections.engine.batch_writer import CannotWrite
from service.projections.engine.projector import BATCH, Projector
from service.projections.registry import Generation, GenerationMoved, generations, is_current, live

INPUTS = "inputs"
"""The read model of the streams that incidents depend on: no other may be ahead of it."""

NO_LIMIT: Final = 2**63 - 1
"""Beyond every position."""
REGISTRY_INTERVAL: Final = 100
"""The number of level runs after which the registry is read again."""

_log = structlog.stdlib.get_logger("service.projecting")


@dataclass(slots=True)
class Scheduler:
    """Moves generations along the log over one connection; failed ones (`stopped`) keep their position.

    A generation whose rows could not be written is moved alone up to a position (`_single_steps`), a fact at a time
    and after the others, so that the fact is known, and only that generation stops.
    """

    connection: Connection[Any]
    clock: Callable[[], datetime]
    _level: Sequence[Generation] = ()
    _level_runs: int = 0
    _stopped: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])
    _single_steps: dict[str, int] = field(default_factory=dict[str, int])
    _projectors: dict[int, Projector] = field(default_factory=dict[int, Projector])

    def run(self, stop: Event | None = None) -> None:
        """Move all live generations of this release to the end of the log, as it is now; or until `stop` is set."""
        if self._level and self._level_runs < REGISTRY_INTERVAL and self._run_level(stop):
            self._level_runs += 1
            return
        answering, head = self._registered()
        own = [each for each in answering.values() if is_current(each)]
        positions = {each.position for each in own}
        self._projectors = {at: projector for at, projector in self._projectors.items() if at in positions}
        self._level, self._level_runs = (), 0
        if own and INPUTS in answering:
            moved = self.move(own, head, inputs=answering[INPUTS], stop=stop)
            self._level = moved if self._are_level(moved) else ()

    def _registered(self) -> tuple[Mapping[str, Generation], int]:
        """Return the live generations by name, and the end of the log."""
        with self.connection.cursor(binary=True, row_factory=tuple_row) as cursor:
            return live(generations(cursor)), sync_reader.head(cursor)

    def warm_up(self) -> None:
        """Prepare for the next facts, where the generations to move are level. Raises psycopg.Error."""
        answering, _ = self._registered()
        own, inputs = [each for each in answering.values() if is_current(each)], answering.get(INPUTS)
        if inputs is not None and self._are_level(own):
            projector = Projector(self.connection, self.clock)
            if projector.warm_up(own, inputs):
                self._projectors[inputs.position] = projector

    def _run_level(self, stop: Event | None) -> bool:
        """Apply new facts to generations that are level; False where the registry is to be read.

        The registry is not read before each batch, since nothing is written where a generation has been moved.
        """
        inputs = next(each for each in self._level if each.name == INPUTS)
        while stop is None or not stop.is_set():
            before = self._level
            try:
                moved = self._move_batch(before, inputs, NO_LIMIT, stop)
            except GenerationMoved:
                self._level = ()
                return False
            self._level = moved if len(moved) == len(before) and self._are_level(moved) else ()
            if not self._level or moved[0].position == before[0].position:  # no new facts: time to read the registry
                return False
            if moved[0].position < before[0].position + BATCH:
                return True
        return True

    def _are_level(self, generations: Sequence[Generation]) -> bool:
        """Return whether all generations, `inputs` among them, are at one position and none has failed."""
        return (
            not self._single_steps
            and any(each.name == INPUTS for each in generations)
            and not any(each.stopped for each in generations)
            and len({each.position for each in generations}) == 1
        )

    def move(
        self, found: Sequence[Generation], upto: int, *, inputs: Generation | None = None, stop: Event | None = None
    ) -> list[Generation]:
        """Move generations as far as they can up to a position; returns their new states.

        `inputs` is the generation of that read model, where it is not one of them.
        Raises GenerationMoved, psycopg.Error.
        """
        current = {each.name: each for each in found}
        while stop is None or not stop.is_set():
            inputs_now = current.get(INPUTS, inputs)
            if inputs_now is None:
                raise LookupError("there is no generation of “inputs”")
            ends = ((group, self._end(group, current, inputs_now, upto)) for group in self._groups(current))
            group, end = next(((group, end) for group, end in ends if end > group[0].position), ((), 0))
            if not group:
                break
            current |= {each.name: each for each in self._move_batch(group, inputs_now, end, stop)}
        return list(current.values())

    def _groups(self, current: Mapping[str, Generation]) -> Iterator[Sequence[Generation]]:
        """Yield groups of generations at one position: the furthest behind first, those in single steps last."""
        moving = [each for each in current.values() if (each.name, each.generation) not in self._stopped]
        together = [each for each in moving if each.name not in self._single_steps]
        for position in sorted({each.position for each in together}):
            yield [each for each in together if each.position == position]
        yield from ([each] for each in moving if each.name in self._single_steps)

    def _end(
        self, group: Sequence[Generation], current: Mapping[str, Generation], inputs: Generation, upto: int
    ) -> int:
        """Return the position to which a group may move: that of the next group, and not beyond `inputs`."""
        position = group[0].position
        others = (each for each in current.values() if each.name not in self._single_steps)
        ahead = (each.position for each in others if each.position > position)
        return min([upto, upto if inputs in group else inputs.position, *ahead])

    def _move_batch(
        self, group: Sequence[Generation], inputs: Generation, end: int, stop: Event | None
    ) -> Sequence[Generation]:
        before = group[0].position
        projector = self._projectors.pop(before, None) or Projector(self.connection, self.clock)
        limit = 1 if group[0].name in self._single_steps else BATCH
        try:
            moved = projector.move(group, inputs, end, limit, stop)
        except CannotWrite as error:
            return self._handle_unwritable(next(each for each in group if each.name == error.name), error, end, limit)
        for each in moved:
            if each.stopped is not None:
                self._stop(each)
            elif each.position >= self._single_steps.get(each.name, end):
                self._single_steps.pop(each.name, None)
        if not any(each.stopped for each in moved):  # the cache of a failed batch is at no position
            self._projectors.setdefault(moved[0].position, projector)
        return moved

    def _handle_unwritable(
        self, generation: Generation, error: CannotWrite, end: int, limit: int
    ) -> Sequence[Generation]:
        """Move a generation in single steps from here; or stop it, where that was a single step."""
        if limit > 1:
            self._single_steps[generation.name] = min(generation.position + BATCH, end)
            return ()
        stopped = Projector(self.connection, self.clock).stop(generation, error.why, end)
        self._stop(stopped)
        return [stopped]

    def _stop(self, generation: Generation) -> None:
        self._stopped.add((generation.name, generation.generation))
        self._single_steps.pop(generation.name, None)
        _log.error("a read model stopped", read_model=generation.name, **dict(generation.stopped or {}))
