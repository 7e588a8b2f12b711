"""Fold of a subject (an incident or a source) into the rows of read models, from a checkpoint or its first fact.

The live projector folds from the checkpoints of its aggregate cache, a rebuild from each subject's first fact.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Self, cast
from uuid import UUID

import psycopg
from msgspec import Struct

from domain.facts.union import PartsErased, Recorded, SourceFact
from domain.facts.versions import topic_of
from domain.incident import source_decisions as sources
from domain.summary.incident_projection import IncidentProjection
from domain.summary.summary import SummaryChanges
from domain.values.time.clocks import format_instant
from service.projections.engine.row_versions import Fingerprints, RowVersions, fingerprint
from service.projections.read_model import CellReplacement, ReadModel, RowChange, Subject, SubjectKind


class Failure(NamedTuple):
    """The fact at which a read model failed, and the error; its rows are those before that fact."""

    position: int
    fact_id: UUID
    topic: str
    error: str

    @classmethod
    def at(cls, position: int, fact_id: UUID, topic: str, error: Exception) -> Self:
        """Return the failure at a fact."""
        return cls(position, fact_id, topic, f"{type(error).__name__}: {error}"[:2000])

    def document(self, moment: datetime) -> dict[str, Any]:
        """Return the JSON that the registry keeps as `stopped`, `since` a moment."""
        return {**self._asdict(), "fact_id": str(self.fact_id), "since": format_instant(moment)}


@dataclass(slots=True)
class SubjectFold:
    """State of one incident or source after the last fact applied, and its current rows by read model.

    `streams` are the streams whose facts the state of an incident includes. `facts` is their number, for an incident
    without the facts of sources, which many incidents share.
    """

    state: Subject
    streams: set[UUID] = field(default_factory=set[UUID])
    facts: int = 0
    current: dict[str, Fingerprints] = field(default_factory=dict[str, Fingerprints])

    @property
    def kind(self) -> SubjectKind:
        """The kind of subject."""
        return "incident" if isinstance(self.state, IncidentProjection) else "source"

    def apply(self, facts: Iterable[Recorded]) -> SummaryChanges:
        """Apply facts in their order, and return what they may have changed."""
        state = self.state
        if not isinstance(state, IncidentProjection):
            for recorded in facts:
                self.state = state = sources.evolve(state, cast("SourceFact", recorded.fact))
                self.facts += 1
            return SummaryChanges()
        for recorded in facts:
            state.apply(recorded)
            self.facts += not isinstance(recorded.fact, SourceFact)
        return state.update()


class RowChanges(Struct, frozen=True, gc=False):
    """The changes of one fact in the rows that one read model has of one subject."""

    model: ReadModel[Any]
    changes: Sequence[RowChange]
    current: Fingerprints


class Applied(Struct, frozen=True, gc=False):
    """A subject to which a fact was applied, the changes of its summary, and those of rows."""

    fold: SubjectFold
    summary_changes: SummaryChanges
    changes: Sequence[RowChanges]


@dataclass(slots=True)
class RowFold:
    """Row versions of some read models, as facts are applied to subjects.

    A read model that fails at a fact has no rows of it and gets no further facts; the others continue. `replacements`
    are cells of stored rows, by read model, for erased text.
    """

    models: Sequence[ReadModel[Any]]
    versions: dict[str, RowVersions] = field(init=False)
    failures: dict[str, Failure] = field(default_factory=dict[str, Failure])
    replacements: dict[str, list[CellReplacement]] = field(default_factory=dict[str, list[CellReplacement]])
    _running: dict[SubjectKind, Sequence[ReadModel[Any]]] = field(
        default_factory=dict[SubjectKind, Sequence[ReadModel[Any]]]
    )

    def __post_init__(self) -> None:
        """Begin without changes."""
        self.versions = {model.name: RowVersions() for model in self.models}

    def running(self, kind: SubjectKind) -> Sequence[ReadModel[Any]]:
        """Return the read models of a kind of subject that have not failed."""
        found = self._running.get(kind)
        if found is None:
            running = (model for model in self.models if model.subject == kind and model.name not in self.failures)
            found = self._running[kind] = tuple(running)
        return found

    def fail(self, models: Iterable[ReadModel[Any]], failure: Failure) -> None:
        """Stop read models at a fact, unless they failed before."""
        for model in models:
            self.failures.setdefault(model.name, failure)
        self._running.clear()

    def apply(
        self,
        kind: SubjectKind,
        recorded: Recorded,
        subject: Callable[[], SubjectFold],
        facts: Callable[[SubjectFold], Iterable[Recorded]],
    ) -> Applied | None:
        """Apply facts, the last of which is `recorded`, to a subject; None where that failed.

        Both callables may read the log; any error they raise, but psycopg.Error, fails all read models of the kind.
        The changes are for `put`. Raises psycopg.Error.
        """
        models = self.running(kind)
        try:
            fold = subject()
            self._checkpoint(fold, models, recorded)
            summary_changes = fold.apply(facts(fold))
        except psycopg.Error:
            raise
        except Exception as error:  # noqa: BLE001 - recorded as the failure of every read model of the kind
            self.fail(models, _failure(recorded, error))
            return None
        found: list[RowChanges] = []
        for model in models:
            if (current := fold.current.get(model.name)) is None:  # it failed at the checkpoint
                continue
            try:
                changes = list(model.changes(fold.state, summary_changes, current))
            except Exception as error:  # noqa: BLE001 - recorded as the failure of this read model
                self.fail([model], _failure(recorded, error))
                continue
            if changes:
                found.append(RowChanges(model, changes, current))
            self._replace_erased(model, fold, recorded)
        return Applied(fold, summary_changes, found)

    def _replace_erased(self, model: ReadModel[Any], fold: SubjectFold, recorded: Recorded) -> None:
        if model.erased is not None and isinstance(recorded.fact, PartsErased):
            self.replacements.setdefault(model.name, []).extend(model.erased(fold.state, recorded.fact.report_id))

    def put(self, found: Iterable[RowChanges], position: int) -> None:
        """Add the changes of a fact to the row versions of the read models that have not failed at it."""
        for each in found:
            name = each.model.name
            if name not in self.failures:
                versions = self.versions[name]
                for key, row in each.changes:
                    versions.put(key, row, position, each.current)

    def _checkpoint(self, fold: SubjectFold, models: Iterable[ReadModel[Any]], recorded: Recorded) -> None:
        """Fingerprint the rows of a newly folded subject, before a fact is applied."""
        for model in models:
            if model.name in fold.current:
                continue
            try:
                rows = [] if fold.state is None else list(model.rows(fold.state))
                fold.current[model.name] = {model.key_of(row): fingerprint(row) for row in rows}
            except Exception as error:  # noqa: BLE001 - recorded as the failure of this read model
                self.fail([model], _failure(recorded, error))


def _failure(recorded: Recorded, error: Exception) -> Failure:
    return Failure.at(recorded.position, recorded.fact_id, topic_of(recorded.fact), error)
