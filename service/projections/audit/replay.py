"""What stands in read models, compared with what whole folds of the log make: another way to the same rows.

The live way and a rebuild grow a subject fact by fact. Here its history is read whole and weighed once, at the one
position that is asked about; so a slip in what a fact moves, or in what is written, shows.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final, NamedTuple, cast
from uuid import UUID

from psycopg.sql import SQL, Identifier

from domain import catalogue
from domain.facts.streams import POLICY_STREAM
from domain.facts.union import Recorded, SourceFact, SourceRegistered
from domain.history.history import history_of
from domain.incident import source_decisions as sources
from domain.incident.source_decisions import Source
from domain.reading import Reading
from domain.summary.incident_projection import Present
from domain.summary.summary import Moved
from domain.values.time.clocks import format_instant
from service.answers.bulk_inputs import BulkInputs, Undecodable
from service.answers.inputs import gathering
from service.projections.catalogue import MODELS
from service.projections.read_model import Cells, Key, ReadModel
from service.projections.rebuild.fold import failure_of
from service.projections.registry import Generation

STOOD: Final = """
    SELECT asked.nth, {columns} FROM unnest(%(subjects)s::{of}[], %(positions)s::bigint[]) WITH ORDINALITY
        AS asked (subject, position, nth)
    JOIN {table} AS row ON row.{subject} = asked.subject AND row.since <= asked.position
        AND (row.until IS NULL OR row.until > asked.position)
    ORDER BY asked.nth
"""
STANDS: Final = """
    SELECT asked.nth, {columns} FROM unnest(%(subjects)s::{of}[]) WITH ORDINALITY AS asked (subject, nth)
    JOIN {table} AS row ON row.{subject} = asked.subject AND row.until IS NULL
    ORDER BY asked.nth
"""

Rows = Mapping[Key, Cells]


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a read model does not hold what a fold makes.

    `subject` is the incident or the source; `column` None: a row stands that should not, or one is missing. `trouble`
    says why nothing could be compared, where that is so.
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
        """Return it as JSON has it."""
        return asdict(self)


class Asked(NamedTuple):
    """A subject by its stream, and the position at which it is asked about."""

    stream: UUID
    position: int


class _Whole(NamedTuple):
    """A subject folded whole: what names it in its tables, its slug or origin, and its rows by read model."""

    kind: str
    subject: object
    named: str
    rows: Mapping[str, Rows]


@dataclass(frozen=True, slots=True)
class Comparing:
    """Compares generations with folds; `facts` reads the log up to a position that is not before any asked about.

    `newest`: no row ended after that position, since the generations stand right there.
    """

    facts: BulkInputs
    generations: Sequence[Generation]
    newest: bool = False

    def at(self, asked: Iterable[Asked]) -> Iterator[Difference]:
        """Yield what differs for these subjects. Raises psycopg.Error."""
        whole: list[tuple[Asked, _Whole]] = []
        for stream, positions in groupby(asked, key=lambda each: each.stream):
            for each in self._folded(stream, [position for _, position in positions]):
                if isinstance(each, Difference):
                    yield each
                else:
                    whole.append(each)
        for generation in self.generations:
            model = MODELS[generation.name]
            yield from self._compared(model, generation, [each for each in whole if each[1].kind == model.subject])

    def _folded(self, stream: UUID, positions: Sequence[int]) -> Iterator[tuple[Asked, _Whole] | Difference]:
        try:
            gathered, _ = self.facts.gathered(stream)
            for position in positions:
                yield Asked(stream, position), self._whole(stream, position, gathered)
        except Undecodable as unread:
            yield _trouble(stream, unread.kept.position, failure_of(unread).error)
        except Exception as error:  # noqa: BLE001 - whatever a fold fails at is what an audit is to tell
            yield _trouble(stream, positions[0], f"{type(error).__name__}: {error}")

    def _whole(self, stream: UUID, position: int, gathered: Sequence[Recorded]) -> _Whole:
        facts, read = _inputs(stream, [each for each in gathered if each.position <= position])
        own = [each.fact for each in facts if each.stream == stream]
        if isinstance(first := next(each.fact for each in gathered if each.stream == stream), SourceRegistered):
            source = sources.fold(cast("list[SourceFact]", own))
            return _Whole("source", first.origin, first.origin, self._rows("source", source, Moved()))
        history = history_of(facts, stream)
        policy = catalogue.policy(history.adopted or catalogue.DEFAULT_POLICY)
        present = Present.at(history, Reading(None, policy)) if own else None
        moved = present.everything() if present else Moved()
        moved = moved._replace(inputs=read - {stream, POLICY_STREAM})
        return _Whole("incident", stream, history.slug or str(stream), self._rows("incident", present, moved))

    def _rows(self, kind: str, subject: Present | Source | None, moved: Moved) -> dict[str, Rows]:
        models = [MODELS[each.name] for each in self.generations if MODELS[each.name].subject == kind]
        if subject is None:
            return {model.name: {} for model in models}
        return {
            model.name: {key: cells for key, cells in model.rows(subject, moved) if cells is not None}
            for model in models
        }

    def _compared(
        self, model: ReadModel[Any], generation: Generation, whole: Sequence[tuple[Asked, _Whole]]
    ) -> Iterator[Difference]:
        standing = self._standing(model, generation, whole)
        for nth, (asked, found) in enumerate(whole, 1):
            yield from _differences(model, asked.position, found, standing.get(nth, {}))

    def _standing(
        self, model: ReadModel[Any], generation: Generation, whole: Sequence[tuple[Asked, _Whole]]
    ) -> dict[int, dict[Key, Cells]]:
        subject, of = next(iter(model.key.items()))
        query = SQL(STANDS if self.newest else STOOD).format(
            columns=SQL(", ").join(SQL("row.{}").format(Identifier(name)) for name in _said(model)),
            table=model.table(generation.schema),
            subject=Identifier(subject),
            of=SQL(of),
        )
        bound: dict[str, object] = {"subjects": [each.subject for _, each in whole]}
        if not self.newest:
            bound["positions"] = [each.position for each, _ in whole]
        found: dict[int, dict[Key, Cells]] = {}
        for nth, *cells in self.facts.cursor.execute(query, bound):
            found.setdefault(nth, {})[tuple(cells[: len(model.key)])] = tuple(cells)
        return found


def _inputs(stream: UUID, facts: Iterable[Recorded]) -> tuple[list[Recorded], set[UUID]]:
    """Gather anew, of facts at hand up to a position: later ones may have led further."""
    of: dict[UUID, list[Recorded]] = {}
    for each in facts:
        of.setdefault(each.stream, []).append(each)
    reading, read = gathering(stream), set[UUID]()
    wanted = next(reading)
    while True:
        read.update(wanted)
        try:
            wanted = reading.send([each for one in wanted for each in of.get(one, ())])
        except StopIteration as done:
            return done.value, read


def _differences(model: ReadModel[Any], position: int, found: _Whole, standing: Rows) -> Iterator[Difference]:
    columns, should = _said(model), found.rows[model.name]
    for key in sorted({**standing, **should}, key=str):
        stands, made = standing.get(key), should.get(key)
        told = [str(each) for each in key]
        if stands is None or made is None:
            yield Difference(model.name, position, found.named, told, None, _row(columns, stands), _row(columns, made))
            continue
        for column, one, other in zip(columns, stands, made, strict=True):
            if _plain(one) != _plain(other):
                yield Difference(model.name, position, found.named, told, column, _plain(one), _plain(other))


def _said(model: ReadModel[Any]) -> list[str]:
    return [*model.key, *model.cells]


def _row(columns: Sequence[str], cells: Cells | None) -> dict[str, object] | None:
    return None if cells is None else dict(zip(columns, map(_plain, cells), strict=True))


def _plain(value: object) -> object:
    """Return a value as JSON has it, the same for what was made and for what was read back."""
    if isinstance(value, list | tuple):
        return [_plain(each) for each in cast("Sequence[object]", value)]
    if isinstance(value, datetime):
        return format_instant(value)
    return str(value) if isinstance(value, UUID) else value


def _trouble(stream: UUID, position: int, why: str) -> Difference:
    return Difference("", position, str(stream), (), None, None, None, why)
