"""Comparison of the rows of read models with whole folds of the log.

The cross-check is independent of the incremental path: the live projector and rebuilds apply a subject's facts one by
one and write what each may have changed (`ReadModel.changed`). Here the history is read as a whole, up to one position,
its claims are evaluated once, and `ReadModel.rows` gives all rows. An error in change tracking or in writing shows.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final, NamedTuple, cast
from uuid import UUID

from psycopg.sql import SQL, Identifier

from domain import catalogue
from domain.facts.union import Recorded, SourceFact, SourceRegistered
from domain.history.history import history_of
from domain.incident import source_decisions as sources
from domain.reading import Reading
from domain.summary.incident_projection import IncidentProjection
from domain.values.time.clocks import format_instant
from service.answers.bulk_inputs import BulkInputs, UndecodableFact
from service.answers.inputs import Gathered, first_streams, gather
from service.projections.catalogue import MODELS
from service.projections.read_model import ReadModel, RowKey, RowValues, Subject, SubjectKind
from service.projections.registry import Generation

AT_POSITIONS: Final = """
    SELECT wanted.nth, {columns} FROM unnest(%(subjects)s::{type}[], %(positions)s::bigint[]) WITH ORDINALITY
        AS wanted (subject, position, nth)
    JOIN {table} AS row ON row.{subject} = wanted.subject AND row.since <= wanted.position
        AND (row.until IS NULL OR row.until > wanted.position)
    ORDER BY wanted.nth
"""
CURRENT: Final = """
    SELECT wanted.nth, {columns} FROM unnest(%(subjects)s::{type}[]) WITH ORDINALITY AS wanted (subject, nth)
    JOIN {table} AS row ON row.{subject} = wanted.subject AND row.until IS NULL
    ORDER BY wanted.nth
"""


@dataclass(frozen=True, slots=True)
class AuditDifference:
    """A difference between a read model (`stands`) and a fold (`should`).

    `subject` is the incident or the source. Where `column` is None, one of the two has no such row. `trouble`
    is the error where nothing could be compared.
    """

    read_model: str
    position: int
    subject: str
    key: Sequence[str]
    column: str | None
    stands: object
    should: object
    trouble: str | None = None

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


class SubjectAt(NamedTuple):
    """A subject, by its stream, at a position."""

    stream: UUID
    position: int


class _WholeFold(NamedTuple):
    """The rows of a subject at a position, by read model and key.

    `subject` is its value in the first key column, `label` its slug or origin.
    """

    position: int
    kind: SubjectKind
    subject: object
    label: str
    rows: Mapping[str, Mapping[RowKey, RowValues]]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Compares generations with folds; `facts` reads the log up to a position not before any that is compared.

    `newest`: the generations are at that position, so no row has ended after it.
    """

    facts: BulkInputs
    generations: Sequence[Generation]
    newest: bool = False

    def differences(self, subjects: Iterable[SubjectAt]) -> Iterator[AuditDifference]:
        """Yield the differences for these subjects, of which those of one stream are adjacent. Raises psycopg.Error."""
        folds: list[_WholeFold] = []
        for stream, group in groupby(subjects, key=lambda each: each.stream):
            positions = [position for _, position in group]
            try:
                gathered = self.facts.inputs_of(stream)
                folds.extend(self._fold(stream, position, gathered) for position in positions)
            except UndecodableFact as undecodable:
                yield _not_comparable(stream, undecodable.stored.position, undecodable.error)
            except Exception as error:  # noqa: BLE001 - reported as a difference
                yield _not_comparable(stream, positions[0], error)
        for generation in self.generations:
            model = MODELS[generation.name]
            own = [each for each in folds if each.kind == model.subject]
            stored = self._stored(model, generation, own)
            for nth, each in enumerate(own, 1):
                yield from _compare(model, each, stored.get(nth, {}))

    def _fold(self, stream: UUID, position: int, gathered: Sequence[Recorded]) -> _WholeFold:
        inputs = _inputs(stream, [each for each in gathered if each.position <= position])
        own = [each.fact for each in inputs.facts if each.stream == stream]
        if isinstance(first := next(each.fact for each in gathered if each.stream == stream), SourceRegistered):
            source = sources.fold(cast("list[SourceFact]", own))
            return _WholeFold(position, "source", first.origin, first.origin, self._rows("source", source))
        history = history_of(inputs.facts, stream)
        projection = None
        if own:
            policy = catalogue.policy(history.adopted_policy or catalogue.DEFAULT_POLICY)
            projection = IncidentProjection.at(history, Reading(None, policy))
            projection.input_streams.streams = inputs.streams
        rows = self._rows("incident", projection)
        return _WholeFold(position, "incident", stream, history.slug or str(stream), rows)

    def _rows(self, kind: SubjectKind, state: Subject) -> Mapping[str, Mapping[RowKey, RowValues]]:
        models = [MODELS[each.name] for each in self.generations if MODELS[each.name].subject == kind]
        return {
            model.name: {} if state is None else {model.key_of(row): row for row in model.rows(state)}
            for model in models
        }

    def _stored(
        self, model: ReadModel[Any], generation: Generation, folds: Sequence[_WholeFold]
    ) -> dict[int, dict[RowKey, RowValues]]:
        """Return the stored rows by key, for each fold by its number."""
        subject, subject_type = next(iter(model.key.items()))
        query = SQL(CURRENT if self.newest else AT_POSITIONS).format(
            columns=SQL(", ").join(SQL("row.{}").format(Identifier(name)) for name in (*model.key, *model.cells)),
            table=model.table(generation.schema),
            subject=Identifier(subject),
            type=SQL(subject_type),
        )
        bound: dict[str, object] = {"subjects": [each.subject for each in folds]}
        if not self.newest:
            bound["positions"] = [each.position for each in folds]
        found: dict[int, dict[RowKey, RowValues]] = {}
        for nth, *row in self.facts.cursor.execute(query, bound):
            found.setdefault(nth, {})[model.key_of(tuple(row))] = tuple(row)
        return found


def _inputs(stream: UUID, facts: Iterable[Recorded]) -> Gathered:
    """Gather the inputs again from facts up to a position, since later facts may have added streams."""
    by_stream: dict[UUID, list[Recorded]] = {}
    for each in facts:
        by_stream.setdefault(each.stream, []).append(each)
    return gather(first_streams(stream), lambda streams: [fact for each in streams for fact in by_stream.get(each, ())])


def _compare(model: ReadModel[Any], fold: _WholeFold, stored: Mapping[RowKey, RowValues]) -> Iterator[AuditDifference]:
    columns, expected = [*model.key, *model.cells], fold.rows[model.name]
    for key in sorted({**stored, **expected}, key=str):
        actual, should = stored.get(key), expected.get(key)
        about = (model.name, fold.position, fold.label, [str(each) for each in key])
        if actual is None or should is None:
            yield AuditDifference(*about, None, _row_document(columns, actual), _row_document(columns, should))
            continue
        for column, one, other in zip(columns, actual, should, strict=True):
            if _json(one) != _json(other):
                yield AuditDifference(*about, column, _json(one), _json(other))


def _row_document(columns: Sequence[str], row: RowValues | None) -> dict[str, object] | None:
    return None if row is None else dict(zip(columns, map(_json, row), strict=True))


def _json(value: object) -> object:
    """Return a value as JSON, the same for a computed value and for a stored one."""
    if isinstance(value, list | tuple):
        return [_json(each) for each in cast("Sequence[object]", value)]
    if isinstance(value, datetime):
        return format_instant(value)
    return str(value) if isinstance(value, UUID) else value


def _not_comparable(stream: UUID, position: int, error: Exception) -> AuditDifference:
    why = f"{type(error).__name__}: {error}"[:2000]
    return AuditDifference("", position, str(stream), (), None, None, None, why)
