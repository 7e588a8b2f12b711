"""Some subjects folded from their first fact to a position: every row that they ever had, with when it stood."""

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast
from uuid import UUID

from psycopg import Cursor

from domain.incident import source as sources
from domain.incident.facts import POLICY_STREAM, Recorded, SourceFact, topic_of
from domain.incident.history import History
from domain.incident.source import Source
from domain.listing import Moved
from domain.present import Present
from service.eventstore import trail
from service.eventstore.trail import Kept
from service.inputs import gathering
from service.projecting.ranges import Ranges
from service.projecting.stretch import Failure
from service.readmodel import Key, ReadModel

MOST_ROWS: Final = 4_000
"""How many rows of a read model are held at a time; then they are written."""
MOST_SHARED: Final = 100_000
"""How many facts of sources and of the policy are held at a time, for the next incident that cites them."""

Write = Callable[[ReadModel[Any], Ranges], None]


class Undecodable(Exception):
    """A fact cannot be read by this release."""

    def __init__(self, kept: Kept, error: Exception) -> None:
        """Keep the failure as it is told."""
        self.failure = failure(kept.position, kept.fact_id, kept.topic, error)
        super().__init__(self.failure.error)


def failure(position: int, fact_id: UUID, topic: str, error: Exception) -> Failure:
    """Say at which fact something failed, and why."""
    return Failure(position, fact_id, topic, f"{type(error).__name__}: {error}"[:2000])


@dataclass(slots=True)
class Facts:
    """Facts of streams up to a position: those of the piece at hand are read at once, those of sources kept."""

    cursor: Cursor[Any]
    upto: int
    _own: dict[UUID, list[Kept]] = field(default_factory=dict[UUID, list[Kept]])
    _shared: OrderedDict[UUID, list[Recorded]] = field(default_factory=OrderedDict[UUID, list[Recorded]])
    _held: int = 0

    def fetch(self, streams: Sequence[UUID]) -> None:
        """Read the facts of these streams, for `of` to give each once."""
        self._own = self._read(streams)

    def gathered(self, stream: UUID) -> tuple[list[Recorded], set[UUID]]:
        """Return the inputs of an incident in the order of the log, and the streams that they are of."""
        reading, read = gathering(stream), set[UUID]()
        wanted = next(reading)
        while True:
            read.update(wanted)
            try:
                wanted = reading.send(self.of(wanted))
            except StopIteration as done:
                return done.value, read

    def of(self, streams: Sequence[UUID]) -> list[Recorded]:
        """Return the facts of these streams. Raises Undecodable."""
        lacking = [each for each in streams if each not in self._own and each not in self._shared]
        read = self._read(lacking) if lacking else {}
        found: list[Recorded] = []
        for stream in streams:
            if stream in self._shared:
                self._shared.move_to_end(stream)
                found += self._shared[stream]
            else:
                facts = _decoded(self._own.pop(stream) if stream in self._own else read[stream])
                if stream in read:
                    self._share(stream, facts)
                found += facts
        return found

    def _read(self, streams: Sequence[UUID]) -> dict[UUID, list[Kept]]:
        found: dict[UUID, list[Kept]] = {stream: [] for stream in streams}
        for kept in trail.of_streams(self.cursor, streams, self.upto):
            found[kept.stream].append(kept)
        for facts in found.values():
            facts.sort(key=lambda kept: kept.position)
        return found

    def _share(self, stream: UUID, facts: list[Recorded]) -> None:
        """Keep what is shared by many incidents; what another incident has to say is read again where it is needed."""
        if all(isinstance(each.fact, SourceFact) or each.stream == POLICY_STREAM for each in facts):
            self._shared[stream] = facts
            self._held += len(facts) + 1
        while self._held > MOST_SHARED:
            self._held -= len(self._shared.popitem(last=False)[1]) + 1


def _decoded(facts: Iterable[Kept]) -> list[Recorded]:
    found: list[Recorded] = []
    for kept in facts:
        try:
            found.append(kept.decoded())
        except Exception as error:
            raise Undecodable(kept, error) from error
    return found


@dataclass(slots=True)
class Folding:
    """Folds subjects for some read models; what the live way writes batch by batch is written here at once.

    `write` is given rows as they come together; `told` how many facts a subject had that is through. A read model
    that fails at a fact goes no further, and `failures` says why; its rows are then of no use.
    """

    models: Sequence[ReadModel[Any]]
    facts: Facts
    write: Write
    told: Callable[[int], None]
    failures: dict[str, Failure] = field(default_factory=dict[str, Failure])
    _ranges: defaultdict[str, Ranges] = field(default_factory=lambda: defaultdict[str, Ranges](Ranges))

    def incidents(self, streams: Sequence[UUID]) -> None:
        """Fold these incidents. Raises Undecodable."""
        self.facts.fetch(streams)
        for stream in streams:
            if not self.running("incident"):
                break
            gathered, _ = self.facts.gathered(stream)
            self._incident(stream, gathered)
            self._write(MOST_ROWS)
            self.told(sum(each.stream == stream for each in gathered))
        self._write(0)

    def sources(self, streams: Sequence[UUID]) -> None:
        """Fold these sources. Raises Undecodable."""
        self.facts.fetch(streams)
        for stream in streams:
            facts = self.facts.of([stream])
            self._source(facts)
            self._write(MOST_ROWS)
            self.told(len(facts))
        self._write(0)

    def running(self, subject: str) -> list[ReadModel[Any]]:
        """Return the read models of a kind of subject that have not failed."""
        return [model for model in self.models if model.subject == subject and model.name not in self.failures]

    def _incident(self, stream: UUID, gathered: Iterable[Recorded]) -> None:
        present, models = Present(History(stream)), self.running("incident")
        for recorded in gathered:
            try:
                present.take_in(recorded)
                # A fact of what is no input yet is kept for when it is; the live way reads it only then.
                moved = present.settle() if recorded.stream in present.reach.streams else None
            except Exception as error:  # noqa: BLE001 - every read model of incidents fails at it, and says so
                self._fail(models, recorded, error)
                return
            if moved is not None and not self._changed(models, recorded, present, moved):
                models = self.running("incident")

    def _source(self, facts: Iterable[Recorded]) -> None:
        source: Source | None = None
        models = self.running("source")
        for recorded in facts:
            try:
                source = sources.evolve(source, cast("SourceFact", recorded.fact))
            except Exception as error:  # noqa: BLE001 - every read model of sources fails at it, and says so
                self._fail(models, recorded, error)
                return
            if not self._changed(models, recorded, source, Moved()):
                models = self.running("source")

    def _changed(
        self, models: Iterable[ReadModel[Any]], recorded: Recorded, subject: Present | Source, moved: Moved
    ) -> bool:
        """Let each read model's rows read as they do after a fact; says whether all could."""
        well = True
        for model in models:
            ranges = self._ranges[model.name]
            try:
                for key, cells in model.rows(subject, moved):
                    ranges.change(key, cells, recorded.position, _NOTHING_STOOD)
            except Exception as error:  # noqa: BLE001 - this read model fails at it, and says so
                self._fail([model], recorded, error)
                well = False
            if len(ranges.closed) >= MOST_ROWS:
                self.write(model, Ranges(closed=ranges.closed))
                ranges.closed = []
        return well

    def _write(self, most: int) -> None:
        """Write what is complete, where that is more rows than are to be held."""
        for model in self.models:
            ranges = self._ranges[model.name]
            if len(ranges.closed) + len(ranges.open) > most:
                self.write(model, ranges)
                del self._ranges[model.name]

    def _fail(self, models: Iterable[ReadModel[Any]], recorded: Recorded, error: Exception) -> None:
        topic = topic_of(recorded.fact)
        for model in models:
            self.failures.setdefault(model.name, failure(recorded.position, recorded.fact_id, topic, error))


_NOTHING_STOOD: Final[dict[Key, bytes]] = {}
"""A subject is folded from its first fact, so no row of it stood before."""
