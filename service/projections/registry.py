"""Which generation of each read model there is, how far it is, and which one answers: one small table.

A generation is one building of a read model, in a schema of its own. It is `building`, then `live`; the one before is
`retired` in the same transaction, so a reader that looks in a transaction of its own sees one or the other, whole.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from psycopg import AsyncCursor, Cursor
from psycopg.sql import SQL, Composed, Identifier
from psycopg.types.json import Jsonb

GenerationStatus = Literal["building", "live", "retired"]

_LOCK: Final = 7741247368241571942
"""Next to the append lock's: held while the registry is made or a generation begins."""

SCHEMA: Final = "SELECT public.make_projection_schema(%(schema)s)"
REGISTRY: Final = """
    CREATE TABLE IF NOT EXISTS projections.generations (
        name text NOT NULL,
        generation integer NOT NULL,
        version integer NOT NULL,
        schema text NOT NULL UNIQUE,
        position bigint NOT NULL,
        status text NOT NULL CHECK (status IN ('building', 'live', 'retired')),
        target bigint,
        stopped jsonb,
        PRIMARY KEY (name, generation)
    )
"""
ONE_IS_LIVE: Final = """
    CREATE UNIQUE INDEX IF NOT EXISTS generations_one_is_live ON projections.generations (name) WHERE status = 'live'
"""
REGISTRY_EXISTS: Final = "SELECT to_regclass('projections.generations') IS NOT NULL"
ALL: Final = """
    SELECT name, generation, version, schema, position, status, target, stopped
    FROM projections.generations ORDER BY name, generation
"""
NEXT: Final = "SELECT coalesce(max(generation), 0) + 1 FROM projections.generations WHERE name = %(name)s"
BEGIN: Final = """
    INSERT INTO projections.generations (name, generation, version, schema, position, status, target)
    VALUES (%(name)s, %(generation)s, %(version)s, %(schema)s, %(position)s, 'building', %(target)s)
"""
ADVANCE: Final = """
    UPDATE projections.generations AS held SET position = now.position, stopped = now.stopped
    FROM unnest(%(names)s::text[], %(generations)s::integer[], %(before)s::bigint[], %(positions)s::bigint[],
        %(stopped)s::jsonb[]) AS now (name, generation, before, position, stopped)
    WHERE (held.name, held.generation, held.position) = (now.name, now.generation, now.before)
    AND held.status <> 'retired'
"""
# Two statements of one transaction, since one of a name may be live at a time, and readers see both or neither.
RETIRE: Final = "UPDATE projections.generations SET status = 'retired' WHERE name = %(name)s AND status = 'live'"
ANSWER: Final = """
    UPDATE projections.generations SET status = 'live', target = NULL
    WHERE name = %(name)s AND generation = %(generation)s
"""
FORGET: Final = "DELETE FROM projections.generations WHERE name = %(name)s AND generation = %(generation)s"


@dataclass(frozen=True, slots=True)
class Generation:
    """One building of a read model, as the registry has it.

    `position` is that of the last fact it tells of; `target` the fixed position that it is being built to;
    `stopped` says which fact made it fail, and why: {position, fact_id, topic, error, since}.
    """

    name: str
    generation: int
    version: int
    schema: str
    position: int
    status: GenerationStatus
    target: int | None = None
    stopped: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Advance:
    """How far a generation comes by a batch, from where; `stopped` says why it goes no further, if it does not."""

    generation: Generation
    position: int
    stopped: Mapping[str, Any] | None = None


class GenerationMoved(Exception):
    """A generation is not where it was thought to be: another projector has moved it. Look again."""


def make_registry(cursor: Cursor[Any]) -> None:
    """Make the registry where it is missing, within a transaction; safe from several places at once."""
    ((there,),) = cursor.execute(REGISTRY_EXISTS).fetchall()
    if not there:
        cursor.execute("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": _LOCK})
        cursor.execute(SCHEMA, {"schema": "projections"})
        cursor.execute(REGISTRY)
        cursor.execute(ONE_IS_LIVE)


def generations(cursor: Cursor[Any]) -> list[Generation]:
    """Return all generations, by name and number; the registry must be there."""
    return [Generation(*row) for row in cursor.execute(ALL).fetchall()]


async def registered(cursor: AsyncCursor[Any]) -> list[Generation]:
    """Return all generations, by name and number; none where nothing was ever built."""
    ((there,),) = await (await cursor.execute(REGISTRY_EXISTS)).fetchall()
    if not there:
        return []
    return [Generation(*row) for row in await (await cursor.execute(ALL)).fetchall()]


def live(found: Iterable[Generation]) -> dict[str, Generation]:
    """Return the generations that answer, by name."""
    return {each.name: each for each in found if each.status == "live"}


def begin_generation(cursor: Cursor[Any], name: str, version: int, position: int, target: int | None) -> Generation:
    """Begin a new generation, in a new schema that has no table yet; within a transaction."""
    cursor.execute("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": _LOCK})
    ((number,),) = cursor.execute(NEXT, {"name": name}).fetchall()
    schema = f"projection_{name}_{number}"
    made = Generation(name, number, version, schema, position, "building", target)
    cursor.execute(SCHEMA, {"schema": schema})
    fields = ("name", "generation", "version", "schema", "position", "target")
    cursor.execute(BEGIN, {field: getattr(made, field) for field in fields})
    return made


def advance(cursor: Cursor[Any], steps: Sequence[Advance]) -> None:
    """Move generations on, in the transaction that writes their rows.

    Raises Overtaken, where one of them is not where the step begins.
    """
    cursor.execute(ADVANCE, advancing(steps))
    if cursor.rowcount != len(steps):
        raise GenerationMoved


def advancing(steps: Sequence[Advance]) -> dict[str, list[Any]]:
    """Return what ADVANCE is given."""
    return {
        "names": [step.generation.name for step in steps],
        "generations": [step.generation.generation for step in steps],
        "before": [step.generation.position for step in steps],
        "positions": [step.position for step in steps],
        "stopped": [None if step.stopped is None else Jsonb(dict(step.stopped)) for step in steps],
    }


def make_live(cursor: Cursor[Any], generation: Generation) -> None:
    """Let a generation answer from now on, in the place of the one that did; within a transaction."""
    cursor.execute(RETIRE, {"name": generation.name})
    cursor.execute(ANSWER, {"name": generation.name, "generation": generation.generation})


def drop_schema(generation: Generation) -> Composed:
    """Return the statement that drops a generation's schema with all in it."""
    return SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(Identifier(generation.schema))


def forget(cursor: Cursor[Any], generation: Generation) -> None:
    """Take a generation out of the registry."""
    cursor.execute(FORGET, {"name": generation.name, "generation": generation.generation})
