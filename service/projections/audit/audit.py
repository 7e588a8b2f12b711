"""Audit of the live read models against folds of the log, at their position and at earlier ones.

In every read model: no row of a subject that the log does not have, and one row of a key at a time. Of a sample of
subjects, or of all: the rows at the position of the read model, and at some earlier positions of the subject's facts.
The sample is derived from the log, so the same log has the same sample; it changes as the log grows.
"""

import hashlib
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
from service.projections.audit.comparison import AuditDifference, Comparison, SubjectAt
from service.projections.catalogue import MODELS
from service.projections.read_model import ReadModel
from service.projections.rebuild.tasks import StreamSize, folding_tasks, stream_sizes
from service.projections.registry import REGISTRY_EXISTS, Generation, generations, is_current, live

SAMPLE: Final = 100
"""The number of incidents, and of sources, that are compared unless all are."""
PAST: Final = 3
"""The number of earlier positions at which each of them is compared."""
MOST_KEPT: Final = 1_000
"""The most differences of a read model that are stored; all are counted."""

POSITIONS: Final = """
    SELECT originator_id, array_agg(notification_id ORDER BY notification_id) FROM public.facts
    WHERE originator_id = ANY(%(streams)s::uuid[]) AND notification_id <= %(upto)s GROUP BY originator_id
"""
SUBJECTS: Final = "SELECT DISTINCT {subject} FROM {table}"
OVERLAPS: Final = """
    SELECT {keys}, since, until FROM (
        SELECT {keys}, since, until, lead(since) OVER (PARTITION BY {keys} ORDER BY since) AS next FROM {table}
    ) AS row
    WHERE until <= since OR (next IS NOT NULL AND (until IS NULL OR until > next))
    ORDER BY {keys}, since LIMIT 100
"""

_TRIES: Final = 5
OnProgress = Callable[[int, int], None]


@dataclass(slots=True)
class AuditedModel:
    """Result for one read model: the number of subjects compared (each at its positions), and of differences."""

    generation: Generation
    position: int
    compared: int = 0
    differing: int = 0
    differences: list[AuditDifference] = field(default_factory=list[AuditDifference])

    @property
    def matches(self) -> bool:
        """Whether it has not failed and no difference was found."""
        return not self.differing and self.generation.stopped is None

    def add(self, difference: AuditDifference) -> None:
        """Count a difference, and keep it up to MOST_KEPT."""
        self.differing += 1
        if len(self.differences) < MOST_KEPT:
            self.differences.append(difference)


@dataclass(frozen=True, slots=True)
class AuditResult:
    """Result of an audit: the end of the log at its start, the read models audited, and those without a live table."""

    head: int
    audited: Sequence[AuditedModel]
    missing: Sequence[str]


def audit(url: str, *, full: bool, on_progress: OnProgress) -> AuditResult:
    """Compare the live read models with folds, of a sample or of all; `on_progress` is called with facts done, of all.

    Raises PostgresProblem and psycopg.Error.
    """
    for _ in range(_TRIES - 1):
        try:
            return _audit(url, full=full, on_progress=on_progress)
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
            continue  # a generation was replaced and dropped meanwhile
    return _audit(url, full=full, on_progress=on_progress)


def _audit(url: str, *, full: bool, on_progress: OnProgress) -> AuditResult:
    with connect(url) as connection, connection.cursor(binary=True, row_factory=tuple_row) as cursor:
        ((exists,),) = cursor.execute(REGISTRY_EXISTS).fetchall()
        now = {name: each for name, each in live(generations(cursor)).items() if is_current(each)} if exists else {}
        head = sync_reader.head(cursor)
        audits = [_Audit(cursor, position, group, full=full) for position, group in _by_position(now.values())]
        done, total = 0, sum(each.facts for audit in audits for each in audit.sample)
        on_progress(done, total)
        for each in audits:
            for facts in each.run():
                done += facts
                on_progress(done, total)
    found = sorted((each for audit in audits for each in audit.audited.values()), key=lambda each: each.generation.name)
    return AuditResult(head, found, [each for each in MODELS if each not in now])


class _Audit:
    """Audit of generations at one position."""

    def __init__(self, cursor: Cursor[Any], position: int, group: Sequence[Generation], *, full: bool) -> None:
        self.cursor, self.position, self.group = cursor, position, group
        self.audited = {each.name: AuditedModel(each, position) for each in group}
        self.sizes = stream_sizes(cursor, position)
        self.sample = self.sizes if full else sample(self.sizes)

    def run(self) -> Iterator[int]:
        """Compare, yielding the number of facts of each group of subjects that is done."""
        streams = {each.stream for each in self.sizes}
        for each in self.group:
            for difference in (*self._unknown_subjects(each, streams), *self._overlaps(each)):
                self.audited[each.name].add(difference)
        facts = BulkInputs(self.cursor.connection.cursor(binary=True, row_factory=tuple_row), self.position)
        comparison = Comparison(facts, self.group)
        for task in folding_tasks(self.sample, {MODELS[each.name].subject for each in self.group}):
            subjects = list(self._subjects(task.streams))
            facts.prefetch(task.streams)
            for difference in comparison.differences(subjects):
                for name in [difference.read_model] if difference.read_model else self.audited:
                    self.audited[name].add(difference)
            for name, each in self.audited.items():
                if MODELS[name].subject == ("source" if task.work == "sources" else "incident"):
                    each.compared += len(subjects)
            yield task.facts

    def _subjects(self, streams: Sequence[UUID]) -> Iterator[SubjectAt]:
        """Yield these subjects at the positions at which each is compared."""
        bound = {"streams": list(streams), "upto": self.position}
        own = dict(self.cursor.execute(POSITIONS, bound).fetchall())
        for stream in streams:
            yield SubjectAt(stream, self.position)
            for position in sorted(set(past_positions(stream, own.get(stream, ()))) - {self.position}):
                yield SubjectAt(stream, position)

    def _unknown_subjects(self, generation: Generation, streams: set[UUID]) -> Iterator[AuditDifference]:
        """Yield the subjects that have rows and that the log does not have."""
        model = MODELS[generation.name]
        subject = Identifier(next(iter(model.key)))
        query = SQL(SUBJECTS).format(subject=subject, table=model.table(generation.schema))
        for (subject,) in self.cursor.execute(query).fetchall():
            stream = subject if isinstance(subject, UUID) else source_stream(str(subject))
            if stream not in streams and not self._is_later(stream):
                yield _range_difference(model, self.position, [str(subject)], "rows of what is not in the log", None)

    def _is_later(self, stream: UUID) -> bool:
        """Return whether a stream began after the position, up to which the read model has moved meanwhile."""
        return bool(sync_reader.of_streams(self.cursor, [stream], sync_reader.head(self.cursor)))

    def _overlaps(self, generation: Generation) -> Iterator[AuditDifference]:
        """Yield the rows that do not end before the next of their key begins."""
        model = MODELS[generation.name]
        keys = SQL(", ").join(map(Identifier, model.key))
        query = SQL(OVERLAPS).format(keys=keys, table=model.table(generation.schema))
        for *key, since, until in self.cursor.execute(query).fetchall():
            actual = f"[{since}, {'' if until is None else until})"
            yield _range_difference(
                model, since, [str(each) for each in key], actual, "an end, before the next row begins"
            )


def sample(sizes: Iterable[StreamSize]) -> list[StreamSize]:
    """Return up to SAMPLE incidents and SAMPLE sources, drawn by a hash of their streams and sizes."""
    drawn = sorted(sizes, key=lambda each: _hash(each.stream, each.facts))
    incidents = [each for each in drawn if not each.is_source][:SAMPLE]
    return incidents + [each for each in drawn if each.is_source][:SAMPLE]


def past_positions(stream: UUID, positions: Sequence[int]) -> Iterator[int]:
    """Yield up to PAST positions at which to compare a subject: of one of its facts, or right before the next."""
    for nth in range(min(PAST, len(positions))):
        drawn = int.from_bytes(_hash(stream, nth + len(positions))[:8])
        place = drawn % len(positions)
        before_next = drawn & 1 << 63 and place + 1 < len(positions)
        yield positions[place + 1] - 1 if before_next else positions[place]


def _hash(stream: UUID, number: int) -> bytes:
    return hashlib.sha256(stream.bytes + number.to_bytes(8)).digest()


def _range_difference(
    model: ReadModel[Any], position: int, key: Sequence[str], actual: str, should: str | None
) -> AuditDifference:
    return AuditDifference(model.name, position, key[0], key, "since, until", actual, should)


def _by_position(found: Iterable[Generation]) -> Iterator[tuple[int, list[Generation]]]:
    """Yield generations with the position to compare them at: the least of those that move, and that of each failed."""
    moving: list[Generation] = []
    for each in found:
        if each.stopped is None:
            moving.append(each)
        else:
            yield each.position, [each]
    if moving:
        yield min(each.position for each in moving), moving
