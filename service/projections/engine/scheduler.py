"""Which read models move next, and how far: those that lie behind first, until all stand at one position."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from typing import Any, Final

import structlog
from psycopg import Connection
from psycopg.rows import tuple_row

from service.eventstore import sync_reader
from service.projections.catalogue import MODELS
from service.projections.engine.batch_writer import CannotWrite
from service.projections.engine.projector import BATCH, Projector
from service.projections.registry import Generation, GenerationMoved, generations, live

INPUTS = "inputs"
"""The read model that tells which incidents depend on a stream: no other goes further than it."""

END: Final = 2**63 - 1
"""Beyond every position."""
LOOK_AFTER: Final = 100
"""After so many times of going on from where all stood, it is looked up who answers now."""

_log = structlog.stdlib.get_logger("service.projecting")


@dataclass(slots=True)
class Scheduler:
    """Moves generations along the log over one connection; those that have `stopped` go no further.

    One whose rows could not be written is `careful` up to a position: it moves by itself, a fact at a time, behind the
    others, so that it is known which fact that was, and only that one stops it.
    """

    connection: Connection[Any]
    clock: Callable[[], datetime]
    _even: Sequence[Generation] = ()
    _looks: int = 0
    _stopped: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])
    _careful: dict[str, int] = field(default_factory=dict[str, int])
    _projectors: dict[int, Projector] = field(default_factory=dict[int, Projector])

    def run(self, stop: Event | None = None) -> None:
        """Move all live generations to the end of the log, as it is now; or until `stop` is set."""
        if self._even and self._looks < LOOK_AFTER and self._stride(stop):
            self._looks += 1
            return
        with self.connection.cursor(binary=True, row_factory=tuple_row) as cursor:
            answering, head = live(generations(cursor)), sync_reader.head(cursor)
        # Those of another release are that release's to move.
        own = [each for each in answering.values() if each.name in MODELS and each.version == MODELS[each.name].version]
        at = {each.position for each in own}
        self._projectors = {position: held for position, held in self._projectors.items() if position in at}
        self._even, self._looks = (), 0
        if own and INPUTS in answering:
            moved = self.move(own, head, inputs=answering[INPUTS], stop=stop)
            self._even = moved if self._are_even(moved) else ()

    def _stride(self, stop: Event | None) -> bool:
        """Take in what there is; False where it is not known any more who stands where, so that somebody must look.

        The registry is not read before each batch: nothing is written where a read model is not where it was.
        """
        inputs = next(each for each in self._even if each.name == INPUTS)
        while stop is None or not stop.is_set():
            before = self._even
            try:
                moved = self._moved(before, inputs, END, stop)
            except GenerationMoved:
                self._even = ()
                return False
            self._even = moved if len(moved) == len(before) and self._are_even(moved) else ()
            if not self._even or moved[0].position == before[0].position:  # nothing is new, so there is time to look
                return False
            if moved[0].position < before[0].position + BATCH:
                return True
        return True

    def _are_even(self, generations: Sequence[Generation]) -> bool:
        """Say whether all move on together, and with them the one that tells what depends on what."""
        return (
            not self._careful
            and any(each.name == INPUTS for each in generations)
            and not any(each.stopped for each in generations)
            and len({each.position for each in generations}) == 1
        )

    def move(
        self, found: Sequence[Generation], upto: int, *, inputs: Generation | None = None, stop: Event | None = None
    ) -> list[Generation]:
        """Move generations up to a position, as far as each of them goes; returns them as they are then.

        `inputs` is the generation that tells what depends on what, where it is not one of them.
        Raises Overtaken, psycopg.Error.
        """
        held = {each.name: each for each in found}
        while stop is None or not stop.is_set():
            reach = held.get(INPUTS, inputs)
            if reach is None:
                raise LookupError("no generation of inputs tells what depends on what")
            ways = ((group, self._end(group, held, reach, upto)) for group in self._groups(held))
            group, end = next(((group, end) for group, end in ways if end > group[0].position), ((), 0))
            if not group:
                break
            held |= {each.name: each for each in self._moved(group, reach, end, stop)}
        return list(held.values())

    def _groups(self, held: Mapping[str, Generation]) -> Iterator[Sequence[Generation]]:
        """Yield those that may move next, all of a group at one position: the last of all first, careful ones last."""
        going = [each for each in held.values() if (each.name, each.generation) not in self._stopped]
        free = [each for each in going if each.name not in self._careful]
        for position in sorted({each.position for each in free}):
            yield [each for each in free if each.position == position]
        yield from ([each] for each in going if each.name in self._careful)

    def _end(self, group: Sequence[Generation], held: Mapping[str, Generation], inputs: Generation, upto: int) -> int:
        """Return how far a group may move: to where others stand, and no further than what depends on what is known."""
        position = group[0].position
        ahead = (each.position for each in held.values() if each.position > position and each.name not in self._careful)
        known = upto if inputs in group else inputs.position
        return min([upto, known, *ahead])

    def _moved(
        self, group: Sequence[Generation], inputs: Generation, end: int, stop: Event | None
    ) -> Sequence[Generation]:
        before = group[0].position
        projector = self._projectors.pop(before, None) or Projector(self.connection, self.clock)
        limit = 1 if group[0].name in self._careful else BATCH
        try:
            moved = projector.move(group, inputs, end, limit, stop)
        except CannotWrite as error:
            return self._hold(next(each for each in group if each.name == error.name), error, end, limit)
        for each in moved:
            if each.stopped is not None:
                self._stop(each)
            elif each.position >= self._careful.get(each.name, end):
                self._careful.pop(each.name, None)
        if not any(each.stopped for each in moved):  # the subjects of one that stopped stand nowhere
            self._projectors.setdefault(moved[0].position, projector)
        return moved

    def _hold(self, generation: Generation, error: CannotWrite, end: int, limit: int) -> Sequence[Generation]:
        """Let a generation be careful; or stop it, where it was, and so failed at a fact that is known."""
        if limit > 1:
            self._careful[generation.name] = min(generation.position + BATCH, end)
            return ()
        stopped = Projector(self.connection, self.clock).stop(generation, error.why, end)
        self._stop(stopped)
        return [stopped]

    def _stop(self, generation: Generation) -> None:
        self._stopped.add((generation.name, generation.generation))
        self._careful.pop(generation.name, None)
        _log.error("a read model stopped", read_model=generation.name, **dict(generation.stopped or {}))
