"""The read models that answer, compared with folds of the log: where they stand, and as they stood before.

Of every read model: no subject that the log does not have, and one row of a key at a time. Of a sample of subjects, or
of all: each row that stands where the read model does, and that stood at some earlier positions of the subject's facts.
The sample follows from the log, so the same log has the same one; it moves on as the log grows.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg import Cursor
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Identifier

from domain.facts.streams import source_stream
from service.answers.bulk_inputs import BulkInputs
from service.eventstore import sync_reader
from service.postgres.pool import connect
from service.projections.audit.replay import Asked, Comparing, Difference
from service.projections.audit.sampling import past, sampled
from service.projections.catalogue import MODELS
from service.projections.read_model import ReadModel
from service.projections.rebuild import planning
from service.projections.rebuild.planning import Size
from service.projections.registry import THERE, Generation, generations, live

MOST_TOLD: Final = 1_000
"""How many differences of a read model are told; the rest is counted."""

POSITIONS: Final = """
    SELECT originator_id, array_agg(notification_id ORDER BY notification_id) FROM public.facts
    WHERE originator_id = ANY(%(streams)s::uuid[]) AND notification_id <= %(upto)s GROUP BY originator_id
"""
SUBJECTS: Final = "SELECT DISTINCT {subject} FROM {table}"
ASTRAY: Final = """
    SELECT {keys}, since, until FROM (
        SELECT {keys}, since, until, lead(since) OVER (PARTITION BY {keys} ORDER BY since) AS next FROM {table}
    ) AS row
    WHERE until <= since OR (next IS NOT NULL AND (until IS NULL OR until > next))
    ORDER BY {keys}, since LIMIT 100
"""

_TRIES: Final = 5
Told = Callable[[int, int], None]


@dataclass(slots=True)
class Audited:
    """What came of one read model: `compared` counts subjects at positions, `differing` what differs in all."""

    generation: Generation
    position: int
    compared: int = 0
    differing: int = 0
    differences: list[Difference] = field(default_factory=list[Difference])

    @property
    def stands(self) -> bool:
        """Whether it has not stopped and holds what folds make, as far as was looked."""
        return not self.differing and self.generation.stopped is None

    def add(self, difference: Difference) -> None:
        """Take a difference in."""
        self.differing += 1
        if len(self.differences) < MOST_TOLD:
            self.differences.append(difference)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an audit: the end of the log when it began, what was found, and what nothing answers for."""

    head: int
    audited: Sequence[Audited]
    missing: Sequence[str]


def audit(url: str, *, full: bool, told: Told) -> Result:
    """Compare the read models that answer with folds, of a sample or of all; `told` how many facts are through.

    Raises PostgresProblem and psycopg.Error.
    """
    for _ in range(_TRIES - 1):
        try:
            return _audit(url, full=full, told=told)
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
            continue  # a generation was replaced and dropped meanwhile: another answers
    return _audit(url, full=full, told=told)


def _audit(url: str, *, full: bool, told: Told) -> Result:
    with connect(url) as connection, connection.cursor(binary=True, row_factory=tuple_row) as cursor:
        ((there,),) = cursor.execute(THERE).fetchall()
        answering = live(generations(cursor)) if there else {}
        now = {name: each for name, each in answering.items() if _is_current(each)}
        head = sync_reader.head(cursor)
        groups = list(_together(now.values()))
        sizes = {position: planning.sizes(cursor, position) for position, _ in groups}
        progress = _Progress(told, sum(each.facts for found in sizes.values() for each in sampled(found, full=full)))
        found = [
            each
            for position, group in groups
            for each in _Audit(cursor, position, group, progress).run(sizes[position], full=full)
        ]
    return Result(
        head, sorted(found, key=lambda each: each.generation.name), [each for each in MODELS if each not in now]
    )


@dataclass(slots=True)
class _Progress:
    told: Told
    total: int
    done: int = 0

    def __post_init__(self) -> None:
        """Tell that it begins."""
        self.told(0, self.total)

    def more(self, facts: int) -> None:
        self.done += facts
        self.told(self.done, self.total)


@dataclass(slots=True)
class _Audit:
    """Of generations that are compared where they stand, at one position."""

    cursor: Cursor[Any]
    position: int
    group: Sequence[Generation]
    progress: _Progress

    def run(self, sizes: Sequence[Size], *, full: bool) -> list[Audited]:
        audited = {each.name: Audited(each, self.position) for each in self.group}
        streams = {each.stream for each in sizes}
        for each in self.group:
            for difference in (*self._strays(each, streams), *self._astray(each)):
                audited[each.name].add(difference)
        facts = BulkInputs(self.cursor.connection.cursor(binary=True, row_factory=tuple_row), self.position)
        comparing = Comparing(facts, self.group)
        for piece in planning.planned(sampled(sizes, full=full), {MODELS[each.name].subject for each in self.group}):
            asked = list(self._asked(piece.streams))
            facts.fetch(piece.streams)
            for difference in comparing.at(asked):
                for name in [difference.read_model] if difference.read_model else audited:
                    audited[name].add(difference)
            kind = "source" if piece.work == "sources" else "incident"
            for each in self.group:
                audited[each.name].compared += len(asked) if MODELS[each.name].subject == kind else 0
            self.progress.more(piece.facts)
        return list(audited.values())

    def _asked(self, streams: Sequence[UUID]) -> Iterator[Asked]:
        """Yield at which positions each of these subjects is compared."""
        bound = {"streams": list(streams), "upto": self.position}
        own = dict(self.cursor.execute(POSITIONS, bound).fetchall())
        for stream in streams:
            yield Asked(stream, self.position)
            for position in sorted(set(past(stream, own.get(stream, ()))) - {self.position}):
                yield Asked(stream, position)

    def _strays(self, generation: Generation, streams: set[UUID]) -> Iterator[Difference]:
        """Yield the subjects that have rows and that the log does not have."""
        model = MODELS[generation.name]
        query = SQL(SUBJECTS).format(subject=_subject(model), table=model.table(generation.schema))
        for (subject,) in self.cursor.execute(query).fetchall():
            stream = subject if isinstance(subject, UUID) else source_stream(str(subject))
            if stream not in streams and not self._is_later(stream):
                yield _of_ranges(model, self.position, [str(subject)], "rows of what is not in the log", None)

    def _is_later(self, stream: UUID) -> bool:
        """Say whether a stream began after the position: the read model has gone on."""
        return bool(sync_reader.of_streams(self.cursor, [stream], sync_reader.head(self.cursor)))

    def _astray(self, generation: Generation) -> Iterator[Difference]:
        """Yield the rows that do not end before the next of their key begins."""
        model = MODELS[generation.name]
        keys = SQL(", ").join(map(Identifier, model.key))
        query = SQL(ASTRAY).format(keys=keys, table=model.table(generation.schema))
        for *key, since, until in self.cursor.execute(query).fetchall():
            stands = f"[{since}, {'' if until is None else until})"
            yield _of_ranges(model, since, [str(each) for each in key], stands, "an end, before the next row begins")


def _of_ranges(model: ReadModel[Any], position: int, key: Sequence[str], stands: str, should: str | None) -> Difference:
    return Difference(model.name, position, key[0], key, "since, until", stands, should)


def _together(answering: Iterable[Generation]) -> Iterator[tuple[int, list[Generation]]]:
    """Yield generations with where to compare them: where those that go on all stand, and each other where it is."""
    going: list[Generation] = []
    for each in answering:
        if each.stopped is None:
            going.append(each)
        else:
            yield each.position, [each]
    if going:
        yield min(each.position for each in going), going


def _subject(model: ReadModel[Any]) -> Identifier:
    return Identifier(next(iter(model.key)))


def _is_current(generation: Generation) -> bool:
    return generation.name in MODELS and generation.version == MODELS[generation.name].version
