"""Some subjects folded from their first fact to a position: every row that they ever had, with when it stood."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast
from uuid import UUID

from domain.facts.union import Recorded, SourceFact
from domain.facts.versions import topic_of
from domain.history.history import History
from domain.incident import source_decisions as sources
from domain.incident.source_decisions import Source
from domain.summary.incident_projection import Present
from domain.summary.summary import Moved
from service.answers.bulk_inputs import BulkInputs, Undecodable
from service.projections.engine.batch_fold import Failure
from service.projections.engine.row_versions import Ranges
from service.projections.read_model import Key, ReadModel

MOST_ROWS: Final = 4_000
"""How many rows of a read model are held at a time; then they are written."""

Write = Callable[[ReadModel[Any], Ranges], None]


def failure(position: int, fact_id: UUID, topic: str, error: Exception) -> Failure:
    """Say at which fact something failed, and why."""
    return Failure(position, fact_id, topic, f"{type(error).__name__}: {error}"[:2000])


def failure_of(unread: Undecodable) -> Failure:
    """Say which fact could not be read, and why."""
    return failure(unread.kept.position, unread.kept.fact_id, unread.kept.topic, unread.error)


@dataclass(slots=True)
class Folding:
    """Folds subjects for some read models; what the live way writes batch by batch is written here at once.

    `write` is given rows as they come together; `told` how many facts a subject had that is through. A read model
    that fails at a fact goes no further, and `failures` says why; its rows are then of no use.
    """

    models: Sequence[ReadModel[Any]]
    facts: BulkInputs
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
