"""The pieces that the work of a building is cut into: a table that says of each whether it is done.

A piece is done in one transaction with what it writes. Whoever does one holds its row, so nobody else takes it; and
whoever dies over one lets go of it, with nothing written.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple, cast
from uuid import UUID

from psycopg import Cursor
from psycopg.types.json import Jsonb

from service.projections.registry import Generation

Work = Literal["incidents", "sources", "index", "analyze", "verify"]

_STAGES: Final[dict[Work, int]] = {"incidents": 0, "sources": 0, "index": 1, "analyze": 2, "verify": 3}
THERE: Final = "SELECT to_regclass('projections.pieces') IS NOT NULL"
MAKE_BUILDINGS: Final = """
    CREATE TABLE IF NOT EXISTS projections.buildings (
        building integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
        schemas text[] NOT NULL,
        target bigint NOT NULL
    )
"""
MAKE_PIECES: Final = """
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
BUILDINGS: Final = "SELECT building, schemas, target FROM projections.buildings ORDER BY building"
FORGET: Final = "DELETE FROM projections.buildings WHERE building = %(building)s"
# What is later in stage is done once all before it is.
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
LEFT: Final = "SELECT count(*) FROM projections.pieces WHERE building = %(building)s AND NOT done"
STANDS: Final = """
    SELECT work, coalesce(sum(facts) FILTER (WHERE done), 0)::bigint, sum(facts)::bigint, bool_and(done)
    FROM projections.pieces WHERE building = %(building)s GROUP BY work, stage ORDER BY stage, work
"""
FOLDED: Final = """
    SELECT streams, facts FROM projections.pieces
    WHERE building = %(building)s AND work = %(work)s ORDER BY number
"""
NEXT: Final = "SELECT coalesce(max(number), 0) + 1 FROM projections.pieces WHERE building = %(building)s"
DIFFERENCES: Final = """
    SELECT differences FROM projections.pieces
    WHERE building = %(building)s AND differences <> '[]' ORDER BY number
"""


@dataclass(frozen=True, slots=True)
class Building:
    """New generations of some read models, built together up to the position `target`."""

    number: int
    target: int
    generations: tuple[Generation, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a building's work: the facts of some streams; or, of the read model `name`, its `nth` index."""

    number: int
    work: Work
    streams: Sequence[UUID]
    name: str | None
    nth: int | None
    facts: int


class Standing(NamedTuple):
    """How far one kind of work is, in facts (an index counts as one)."""

    work: Work
    done: int
    total: int
    finished: bool


def make_pieces(cursor: Cursor[Any]) -> None:
    """Make the tables of buildings and their pieces where they are missing; the registry must be there."""
    ((there,),) = cursor.execute(THERE).fetchall()
    if not there:
        cursor.execute(MAKE_BUILDINGS)
        cursor.execute(MAKE_PIECES)


def begin(cursor: Cursor[Any], generations: Sequence[Generation], target: int, pieces: Sequence[Piece]) -> Building:
    """Write down a building and all its pieces, within a transaction."""
    ((number,),) = cursor.execute(
        BEGIN, {"schemas": [each.schema for each in generations], "target": target}
    ).fetchall()
    add(cursor, number, pieces)
    return Building(number, target, tuple(generations))


def add(cursor: Cursor[Any], building: int, pieces: Iterable[Piece]) -> None:
    """Write pieces down."""
    with cursor.copy(ADD) as copy:
        copy.set_types(ADD_TYPES)
        for each in pieces:
            stage = _STAGES[each.work]
            copy.write_row(
                (building, each.number, stage, each.work, list(each.streams), each.name, each.nth, each.facts)
            )


def verifying(cursor: Cursor[Any], building: Building) -> None:
    """Add the work of verifying what was folded, where it is not there yet."""
    if not folded(cursor, building, "verify"):
        ((number,),) = cursor.execute(NEXT, {"building": building.number}).fetchall()
        found = [row for work in ("incidents", "sources") for row in folded(cursor, building, cast("Work", work))]
        pieces = [
            Piece(number + nth, "verify", streams, None, None, facts) for nth, (streams, facts) in enumerate(found)
        ]
        add(cursor, building.number, pieces)


def folded(cursor: Cursor[Any], building: Building, work: Work) -> list[tuple[list[UUID], int]]:
    """Return the streams of each piece of one kind of work, with the number of their facts."""
    return list(cursor.execute(FOLDED, {"building": building.number, "work": work}).fetchall())


def buildings(cursor: Cursor[Any], found: Iterable[Generation]) -> list[Building]:
    """Return the buildings that were begun and not finished, with those of their generations that are left."""
    of = {each.schema: each for each in found}
    return [
        Building(number, target, tuple(of[schema] for schema in schemas if schema in of))
        for number, schemas, target in cursor.execute(BUILDINGS).fetchall()
    ]


def take(cursor: Cursor[Any], building: int) -> Piece | None:
    """Take the next piece that nobody is at, for as long as the transaction lasts; None: there is none now."""
    row = cursor.execute(TAKE, {"building": building}).fetchone()
    return Piece(*row) if row else None


def finish(cursor: Cursor[Any], building: int, piece: Piece, differences: Sequence[dict[str, Any]] = ()) -> None:
    """Say that a piece is done, in the transaction that did it, and what was found to differ."""
    said = Jsonb(list(differences))
    cursor.execute(DONE, {"building": building, "number": piece.number, "differences": said})


def left(cursor: Cursor[Any], building: int) -> int:
    """Return how many pieces are not done."""
    ((number,),) = cursor.execute(LEFT, {"building": building}).fetchall()
    return number


def stands(cursor: Cursor[Any], building: int) -> list[Standing]:
    """Return how far each kind of work is, in the order in which it is done."""
    return [Standing(*row) for row in cursor.execute(STANDS, {"building": building})]


def differences(cursor: Cursor[Any], building: int) -> list[dict[str, Any]]:
    """Return what verifying found to differ."""
    return [each for (found,) in cursor.execute(DIFFERENCES, {"building": building}) for each in found]


def forget(cursor: Cursor[Any], building: int) -> None:
    """Take a building and its pieces off the table."""
    cursor.execute(FORGET, {"building": building})
