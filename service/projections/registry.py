"""Registry of the generations of read models, with position and status: one small table.

A generation is one build of a read model, in a schema of its own. It is `building`, then `live`; its predecessor is
`retired` in the same transaction, so a reader within one transaction sees one of the two, complete.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from psycopg import AsyncCursor, Cursor
from psycopg.sql import SQL, Identifier
from psycopg.types.json import Jsonb

from service.postgres import advisory_locks
from service.projections.catalogue import MODELS

GenerationStatus = Literal["building", "live", "retired"]

LOCK: Final = f"SELECT pg_advisory_xact_lock({advisory_locks.REGISTRY})"

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
    UPDATE projections.generations AS registered SET position = step.position, stopped = step.stopped
    FROM unnest(%(names)s::text[], %(generations)s::integer[], %(before)s::bigint[], %(positions)s::bigint[],
        %(stopped)s::jsonb[]) AS step (name, generation, before, position, stopped)
    WHERE (registered.name, registered.generation, registered.position) = (step.name, step.generation, step.before)
    AND registered.status <> 'retired'
"""
# Two statements of one transaction, since at most one generation of a name may be live at a time.
RETIRE: Final = "UPDATE projections.generations SET status = 'retired' WHERE name = %(name)s AND status = 'live'"
MAKE_LIVE: Final = """
    UPDATE projections.generations SET status = 'live', target = NULL
    WHERE name = %(name)s AND generation = %(generation)s
"""
STOP: Final = """
    UPDATE projections.generations SET stopped = %(stopped)s
    WHERE name = %(name)s AND generation = %(generation)s AND stopped IS NULL
"""
FORGET: Final = "DELETE FROM projections.generations WHERE name = %(name)s AND generation = %(generation)s"


@dataclass(frozen=True, slots=True)
class Generation:
    """One build of a read model.

    `position` is that of the last fact applied; `target` the fixed position that it is being built to; `stopped` the
    fact at which it failed: {position, fact_id, topic, error, since}.
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
    """A step of a generation to a position by one batch; `stopped` is the failure that ends it, if any."""

    generation: Generation
    position: int
    stopped: Mapping[str, Any] | None = None


class GenerationMoved(Exception):
    """A generation is at another position than expected: another projector moved it. Read the registry again."""


def make_registry(cursor: Cursor[Any]) -> None:
    """Create the registry where it is missing, within a transaction; safe under concurrency."""
    ((exists,),) = cursor.execute(REGISTRY_EXISTS).fetchall()
    if not exists:
        cursor.execute(LOCK)
        cursor.execute(SCHEMA, {"schema": "projections"})
        cursor.execute(REGISTRY)
        cursor.execute(ONE_IS_LIVE)


def generations(cursor: Cursor[Any]) -> list[Generation]:
    """Return all generations, by name and number; the registry must exist."""
    return [Generation(*row) for row in cursor.execute(ALL).fetchall()]


async def read_generations(cursor: AsyncCursor[Any]) -> list[Generation]:
    """Return all generations, by name and number; none where no registry exists."""
    ((exists,),) = await (await cursor.execute(REGISTRY_EXISTS)).fetchall()
    if not exists:
        return []
    return [Generation(*row) for row in await (await cursor.execute(ALL)).fetchall()]


def live(found: Iterable[Generation]) -> dict[str, Generation]:
    """Return the live generations by name."""
    return {each.name: each for each in found if each.status == "live"}


def is_current(generation: Generation | None) -> bool:
    """Return whether a generation is of a read model of this release, and in its version."""
    return (
        generation is not None and generation.name in MODELS and generation.version == MODELS[generation.name].version
    )


def begin_generation(cursor: Cursor[Any], name: str, version: int, position: int, target: int | None) -> Generation:
    """Register a new generation and create its schema, without the table; within a transaction."""
    cursor.execute(LOCK)
    ((number,),) = cursor.execute(NEXT, {"name": name}).fetchall()
    schema = f"projection_{name}_{number}"
    begun = Generation(name, number, version, schema, position, "building", target)
    cursor.execute(SCHEMA, {"schema": schema})
    fields = ("name", "generation", "version", "schema", "position", "target")
    cursor.execute(BEGIN, {field: getattr(begun, field) for field in fields})
    return begun


def advance(cursor: Cursor[Any], steps: Sequence[Advance]) -> None:
    """Move generations to new positions, in the transaction that writes their rows.

    Raises GenerationMoved, where one of them is not at the position where its step begins.
    """
    bound = {
        "names": [step.generation.name for step in steps],
        "generations": [step.generation.generation for step in steps],
        "before": [step.generation.position for step in steps],
        "positions": [step.position for step in steps],
        "stopped": [None if step.stopped is None else Jsonb(dict(step.stopped)) for step in steps],
    }
    cursor.execute(ADVANCE, bound)
    if cursor.rowcount != len(steps):
        raise GenerationMoved


def stop(cursor: Cursor[Any], generation: Generation, stopped: Mapping[str, Any]) -> None:
    """Store the failure of a generation, unless it has one."""
    bound = {"name": generation.name, "generation": generation.generation, "stopped": Jsonb(dict(stopped))}
    cursor.execute(STOP, bound)


def make_live(cursor: Cursor[Any], generation: Generation) -> None:
    """Make a generation live and retire its predecessor; within a transaction."""
    cursor.execute(RETIRE, {"name": generation.name})
    cursor.execute(MAKE_LIVE, {"name": generation.name, "generation": generation.generation})


def drop_generation(cursor: Cursor[Any], generation: Generation) -> None:
    """Drop the schema of a generation and delete it from the registry."""
    cursor.execute(SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(Identifier(generation.schema)))
    cursor.execute(FORGET, {"name": generation.name, "generation": generation.generation})
