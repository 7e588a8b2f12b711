"""Tasks of a rebuild: the plan, and the table from which worker processes take them.

A task is done in one transaction with its writes, under a lock of its row, so no two workers do the same one. A worker
that dies leaves its task undone, with nothing written.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from psycopg import Cursor
from psycopg.types.json import Jsonb

from domain.facts.streams import POLICY_STREAM
from service.projections.registry import Generation

FACTS_A_TASK: Final = 20_000
"""About the largest number of facts of a folding task; an incident of more is a task alone."""
LEAST_FACTS_A_TASK: Final = 1_000
"""About the smallest number of facts of a folding task: each has a transaction of its own."""
PART_A_TASK: Final = 8
"""A task is this part of the facts that are left, so that tasks get smaller and all workers end at about one time."""

TaskKind = Literal["incidents", "sources", "index", "analyze", "verify"]

_STAGES: Final[dict[TaskKind, int]] = {"incidents": 0, "sources": 0, "index": 1, "analyze": 2, "verify": 3}
TABLES_EXIST: Final = "SELECT to_regclass('projections.pieces') IS NOT NULL"
CREATE_BUILDINGS: Final = """
    CREATE TABLE IF NOT EXISTS projections.buildings (
        building integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
        schemas text[] NOT NULL,
        target bigint NOT NULL
    )
"""
CREATE_PIECES: Final = """
    CREATE TABLE IF NOT EXISTS projections.pieces (
        building integer NOT NULL REFERENCES projections.buildings ON DELETE CASCADE,
        number integer NOT NULL,
        stage smallint NOT NULL,
        work text NOT NULL,
        streams uuid[] NOT NULL,
        name text,
        nth integer,
        facts bigint NOT NULL,
        done boolean NOT NULL DEFAULT false,
        differences jsonb NOT NULL DEFAULT '[]',
        PRIMARY KEY (building, number)
    )
"""
BEGIN: Final = "INSERT INTO projections.buildings (schemas, target) VALUES (%(schemas)s, %(target)s) RETURNING building"
ADD: Final = """
    COPY projections.pieces (building, number, stage, work, streams, name, nth, facts) FROM STDIN (FORMAT binary)
"""
ADD_TYPES: Final = ("int4", "int4", "int2", "text", "uuid[]", "text", "int4", "int8")
BEGUN: Final = "SELECT building, schemas, target FROM projections.buildings ORDER BY building"
FORGET: Final = "DELETE FROM projections.buildings WHERE building = %(building)s"
# Tasks of a stage wait for all tasks of the stages before.
TAKE: Final = """
    SELECT number, work, streams, name, nth, facts FROM projections.pieces
    WHERE building = %(building)s AND NOT done AND stage = (
        SELECT min(stage) FROM projections.pieces WHERE building = %(building)s AND NOT done
    )
    ORDER BY facts DESC, number LIMIT 1 FOR UPDATE SKIP LOCKED
"""
DONE: Final = """
    UPDATE projections.pieces SET done = true, differences = %(differences)s
    WHERE building = %(building)s AND number = %(number)s
"""
PROGRESS: Final = """
    SELECT work, coalesce(sum(facts) FILTER (WHERE done), 0)::bigint, sum(facts)::bigint, bool_and(done)
    FROM projections.pieces WHERE building = %(building)s GROUP BY work, stage ORDER BY stage, work
"""
REMAINING: Final = "SELECT count(*) FROM projections.pieces WHERE building = %(building)s AND NOT done"
# Verifying tasks have the streams of the folding tasks; none are added where there are some.
ADD_VERIFYING: Final = """
    INSERT INTO projections.pieces (building, number, stage, work, streams, facts)
    SELECT building, (SELECT max(number) FROM projections.pieces WHERE building = %(building)s)
        + row_number() OVER (ORDER BY number), %(stage)s, 'verify', streams, facts
    FROM projections.pieces WHERE building = %(building)s AND work IN ('incidents', 'sources')
    AND NOT EXISTS (SELECT FROM projections.pieces WHERE building = %(building)s AND work = 'verify')
"""
DIFFERENCES: Final = """
    SELECT differences FROM projections.pieces
    WHERE building = %(building)s AND differences <> '[]' ORDER BY number
"""
# A stream's version counts its facts; those after the target are few, and only make a task look larger.
SIZES: Final = """
    SELECT stream.id, stream.facts, first.topic
    FROM (
        SELECT originator_id AS id, max(originator_version) AS facts FROM public.facts GROUP BY originator_id
    ) AS stream
    JOIN public.facts AS first ON (first.originator_id, first.originator_version) = (stream.id, 1)
    WHERE first.notification_id <= %(target)s
"""


class StreamSize(NamedTuple):
    """A stream, the number of its facts, and the topic of its first."""

    stream: UUID
    facts: int
    topic: str

    @property
    def is_source(self) -> bool:
        """Whether it is the stream of a source."""
        return self.topic.startswith("source_")


@dataclass(frozen=True, slots=True)
class Rebuild:
    """New generations of some read models, built together up to the position `target`."""

    number: int
    target: int
    generations: tuple[Generation, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """A task of a rebuild: to fold or verify `streams`; or to create index `nth` of the read model `name`.

    `facts` is its size: the number of facts of the streams, 1 for an index.
    """

    number: int
    work: TaskKind
    streams: Sequence[UUID]
    name: str | None
    nth: int | None
    facts: int


class TaskProgress(NamedTuple):
    """The progress of one kind of task, in facts (an index counts as one)."""

    work: TaskKind
    done: int
    total: int
    finished: bool


def stream_sizes(cursor: Cursor[Any], target: int) -> list[StreamSize]:
    """Return all streams of incidents and sources that begin by a position."""
    found = (StreamSize(*row) for row in cursor.execute(SIZES, {"target": target}))
    return [each for each in found if each.stream != POLICY_STREAM]


def folding_tasks(sizes: Iterable[StreamSize], subjects: Container[str]) -> list[Task]:
    """Divide the folding of streams into tasks, so that each stream is folded in one place from its first fact.

    The largest incidents come first, and the largest tasks; all sources are one task. Only for these kinds of subject.
    """
    groups: list[tuple[TaskKind, list[StreamSize]]] = []
    ordered = sorted(sizes, key=lambda each: (-each.facts, each.stream))
    if "incident" in subjects:
        incidents = [each for each in ordered if not each.is_source]
        left, room = sum(each.facts for each in incidents), 0
        for size in incidents:
            if size.facts > room or not groups:
                groups.append(("incidents", []))
                room = min(FACTS_A_TASK, max(LEAST_FACTS_A_TASK, left // PART_A_TASK))
            groups[-1][1].append(size)
            room -= size.facts
            left -= size.facts
    if "source" in subjects and (sources := [each for each in ordered if each.is_source]):
        groups.append(("sources", sources))
    return [
        Task(number, work, [each.stream for each in group], None, None, sum(each.facts for each in group))
        for number, (work, group) in enumerate(groups, 1)
    ]


def finishing_tasks(indexes: Iterable[tuple[str, int]], first: int) -> list[Task]:
    """Return the tasks after the folding, numbered from `first`: indexes and planner statistics of each read model."""
    works: list[tuple[TaskKind, str, int | None]] = []
    for name, number in indexes:
        works.extend(("index", name, nth) for nth in range(number))
        works.append(("analyze", name, None))
    return [Task(number, work, (), name, nth, 1) for number, (work, name, nth) in enumerate(works, first)]


def create_tables(cursor: Cursor[Any]) -> None:
    """Create the tables of rebuilds and their tasks where they are missing; the registry must exist."""
    ((exists,),) = cursor.execute(TABLES_EXIST).fetchall()
    if not exists:
        cursor.execute(CREATE_BUILDINGS)
        cursor.execute(CREATE_PIECES)


def add_rebuild(cursor: Cursor[Any], generations: Sequence[Generation], target: int, tasks: Iterable[Task]) -> Rebuild:
    """Store a rebuild and all its tasks, within a transaction."""
    schemas = [each.schema for each in generations]
    ((number,),) = cursor.execute(BEGIN, {"schemas": schemas, "target": target}).fetchall()
    with cursor.copy(ADD) as copy:
        copy.set_types(ADD_TYPES)
        for each in tasks:
            stage, streams = _STAGES[each.work], list(each.streams)
            copy.write_row((number, each.number, stage, each.work, streams, each.name, each.nth, each.facts))
    return Rebuild(number, target, tuple(generations))


def add_verifying(cursor: Cursor[Any], rebuild: int) -> None:
    """Add the tasks that verify the folds, unless they exist."""
    cursor.execute(ADD_VERIFYING, {"building": rebuild, "stage": _STAGES["verify"]})


def unfinished_rebuilds(cursor: Cursor[Any], found: Iterable[Generation]) -> list[Rebuild]:
    """Return the rebuilds that were begun and not finished, with those of their generations that still exist."""
    ((exists,),) = cursor.execute(TABLES_EXIST).fetchall()
    if not exists:
        return []
    by_schema = {each.schema: each for each in found}
    return [
        Rebuild(number, target, tuple(by_schema[schema] for schema in schemas if schema in by_schema))
        for number, schemas, target in cursor.execute(BEGUN).fetchall()
    ]


def take(cursor: Cursor[Any], rebuild: int) -> Task | None:
    """Lock and return the next task without a worker, for the rest of the transaction; None: there is none now."""
    row = cursor.execute(TAKE, {"building": rebuild}).fetchone()
    return Task(*row) if row else None


def finish(cursor: Cursor[Any], rebuild: int, task: Task, differences: Sequence[dict[str, Any]] = ()) -> None:
    """Mark a task as done, in the transaction that did it, with the differences that it found."""
    bound = {"building": rebuild, "number": task.number, "differences": Jsonb(list(differences))}
    cursor.execute(DONE, bound)


def remaining(cursor: Cursor[Any], rebuild: int) -> int:
    """Return the number of tasks that are not done."""
    ((number,),) = cursor.execute(REMAINING, {"building": rebuild}).fetchall()
    return number


def progress(cursor: Cursor[Any], rebuild: int) -> list[TaskProgress]:
    """Return the progress of each kind of task, in their order."""
    return [TaskProgress(*row) for row in cursor.execute(PROGRESS, {"building": rebuild})]


def differences(cursor: Cursor[Any], rebuild: int) -> list[dict[str, Any]]:
    """Return the differences that verifying found."""
    return [each for (found,) in cursor.execute(DIFFERENCES, {"building": rebuild}) for each in found]


def forget(cursor: Cursor[Any], rebuild: int) -> None:
    """Delete a rebuild and its tasks."""
    cursor.execute(FORGET, {"building": rebuild})
