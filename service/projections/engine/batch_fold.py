"""A stretch of the log, taken fact by fact into the read models that all stand where it begins."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast
from uuid import UUID

import psycopg

from domain.facts.streams import POLICY_STREAM
from domain.facts.union import Recorded, SourceFact
from domain.incident import source_decisions as sources
from domain.incident.source_decisions import Source
from domain.summary.incident_projection import Present
from domain.summary.summary import Moved
from service.eventstore.stored_fact import StoredFact
from service.projections.engine.aggregate_cache import Folds, Subject
from service.projections.engine.row_versions import Ranges, fingerprint
from service.projections.read_model import Change, Key, ReadModel


@dataclass(frozen=True, slots=True)
class Failure:
    """The fact at which a read model failed, and why: nothing of that fact, and nothing after it, is in its rows."""

    position: int
    fact_id: UUID
    topic: str
    error: str


class _Found(NamedTuple):
    model: ReadModel[Any]
    standing: dict[Key, bytes]
    changes: list[Change]


@dataclass(slots=True)
class Stretch:
    """What some read models have of a stretch of the log so far.

    `depending` tells which incidents depend on a stream at the beginning, and all incidents for the stream `policy`;
    `led` which ones besides do in the end.
    """

    models: Sequence[ReadModel[Any]]
    folds: Folds
    depending: Callable[[UUID], Iterable[UUID]]
    ranges: dict[str, Ranges] = field(init=False)
    failures: dict[str, Failure] = field(default_factory=dict[str, Failure])
    led: defaultdict[UUID, dict[UUID, None]] = field(default_factory=lambda: defaultdict[UUID, dict[UUID, None]](dict))
    _opened: list[UUID] = field(default_factory=list[UUID])

    def __post_init__(self) -> None:
        """Begin with no changes."""
        self.ranges = {model.name: Ranges() for model in self.models}

    def take_in(self, kept: StoredFact) -> None:
        """Take in the next fact. A read model that fails at it has nothing of it, and takes no further fact in."""
        found: list[_Found] = []
        try:
            recorded = kept.recorded(text=True)
        except Exception as error:  # noqa: BLE001 - every read model stops at it, and says so
            self._fail(self.models, kept, error)
            return
        if isinstance(recorded.fact, SourceFact):
            found += self._source(kept, recorded)
        for stream in self._incidents(recorded):
            found += self._incident(kept, recorded, stream)
        for model, standing, changes in found:
            if model.name not in self.failures:
                for key, cells in changes:
                    self.ranges[model.name].change(key, cells, kept.position, standing)
        self.folds.passed(kept.stream)  # only now: until here, subjects were read as they stood before the fact

    def _incidents(self, recorded: Recorded) -> Iterable[UUID]:
        """Return the incidents that a fact may move: those that its stream is an input of."""
        found = dict.fromkeys([*self.depending(recorded.stream), *self.led.get(recorded.stream, ())])
        if recorded.stream == POLICY_STREAM:
            return found | dict.fromkeys(self._opened)
        if not isinstance(recorded.fact, SourceFact):
            if recorded.version == 1:
                self._opened.append(recorded.stream)
            return {recorded.stream: None} | found
        return found

    def _source(self, kept: StoredFact, recorded: Recorded) -> Iterable[_Found]:
        models = self._running("source")
        subject = self.folds.source(recorded.stream, recorded.position - 1)
        self._remember(kept, models, subject)
        try:
            subject.now = sources.evolve(subject.now, cast("SourceFact", recorded.fact))
        except Exception as error:  # noqa: BLE001 - every read model of sources stops at it, and says so
            self._fail(models, kept, error)
            self.folds.forget(recorded.stream)
            return ()
        return self._asked(kept, models, subject, Moved())

    def _incident(self, kept: StoredFact, recorded: Recorded, stream: UUID) -> Iterable[_Found]:
        models = self._running("incident")
        if not models:
            self.folds.forget(stream)  # it does not have this fact
            return ()
        try:
            subject = self.folds.incident(stream, recorded.position - 1)
            self._remember(kept, models, subject)
            moved = self.folds.take_into_incident(subject, recorded)
        except psycopg.Error:
            raise
        except Exception as error:  # noqa: BLE001 - every read model of incidents stops at it, and says so
            self._fail(models, kept, error)
            self.folds.forget(stream)
            return ()
        for led in moved.inputs:
            self.led[led][stream] = None
        return self._asked(kept, models, subject, moved)

    def _asked(
        self, kept: StoredFact, models: Sequence[ReadModel[Any]], subject: Subject[Any], moved: Moved
    ) -> Iterable[_Found]:
        found: list[_Found] = []
        for model in models:
            if model.name not in subject.standing:  # it failed before the fact was taken in
                continue
            try:
                found.append(_Found(model, subject.standing[model.name], list(model.rows(subject.now, moved))))
            except Exception as error:  # noqa: BLE001 - this read model stops at it, and says so
                self._fail([model], kept, error)
        return found

    def _remember(self, kept: StoredFact, models: Sequence[ReadModel[Any]], subject: Subject[Any]) -> None:
        """Have the rows of a subject that was folded just now as they stood before the fact."""
        for model in models:
            if model.name in subject.standing:
                continue
            try:
                rows = list(_all_rows(model, subject.now))
            except Exception as error:  # noqa: BLE001 - this read model stops at it, and says so
                self._fail([model], kept, error)
            else:
                subject.standing[model.name] = {key: fingerprint(cells) for key, cells in rows if cells is not None}

    def _running(self, subject: str) -> list[ReadModel[Any]]:
        return [model for model in self.models if model.subject == subject and model.name not in self.failures]

    def _fail(self, models: Iterable[ReadModel[Any]], kept: StoredFact, error: Exception) -> None:
        sentence = f"{type(error).__name__}: {error}"[:2000]
        for model in models:
            self.failures.setdefault(model.name, Failure(kept.position, kept.fact_id, kept.topic, sentence))


def _all_rows(model: ReadModel[Any], subject: Present | Source | None) -> Iterable[Change]:
    if subject is None:
        return ()
    return model.rows(subject, subject.everything() if isinstance(subject, Present) else Moved())
