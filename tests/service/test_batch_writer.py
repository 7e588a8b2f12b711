"""A batch is one transaction: rows and positions are written together, or nothing is."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from psycopg import Connection
from psycopg.sql import SQL, Identifier

from service.postgres.pool import connect
from service.postgres.role import service_role_url
from service.projections.catalogue import MODELS
from service.projections.engine.batch_writer import CannotWrite
from service.projections.engine.projector import Projector
from service.projections.engine.row_versions import OpenRow, RowVersions
from service.projections.engine.subject_fold import RowFold
from service.projections.registry import Advance, Generation, GenerationMoved
from tests.faults import truth
from tests.faults.writing import opening, write
from tests.service.tables import now

FIRST: tuple[Any, ...] = ("sana", "SANA", "monitor", "C", None, [])
SECOND: tuple[Any, ...] = ("sana", "Sana", "monitor", None, "a state", ["sana.sy", "سانا"])


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection[Any]]:
    write(database_url, [opening("first"), opening("second"), opening("third")])
    with connect(service_role_url(database_url)) as connection:
        truth.make(connection)
        yield connection


@pytest.fixture
def generation(connection: Connection[Any]) -> Generation:
    """Return a read model of sources, which the log has nothing of, at position 3."""
    return next(each for each in truth.projected_anew(connection) if each.name == "sources")


def begun(row: tuple[Any, ...], since: int, *, ended: bool = False) -> RowVersions:
    """Return that a row is current from a position on, where another ended, or none was."""
    return RowVersions({row[:1]: since} if ended else {}, [], {row[:1]: OpenRow(since, row, {})})


def store(connection: Connection[Any], versions: RowVersions, step: Advance) -> None:
    """Write a batch as the projector does."""
    rows = RowFold([MODELS["sources"]])
    rows.versions["sources"] = versions
    Projector(connection, now)._write(rows, [step])


def rows(connection: Connection[Any], generation: Generation) -> list[tuple[Any, ...]]:
    table = Identifier(generation.schema, "sources")
    return connection.execute(SQL("SELECT * FROM {} ORDER BY since").format(table)).fetchall()


def position(connection: Connection[Any], generation: Generation) -> int:
    query = "SELECT position FROM projections.generations WHERE schema = %s"
    ((found,),) = connection.execute(query, [generation.schema]).fetchall()
    return found


def test_rows_begin_and_end_with_the_position(connection: Connection[Any], generation: Generation) -> None:
    store(connection, begun(FIRST, 4), Advance(generation, 4))
    store(connection, begun(SECOND, 6, ended=True), Advance(replace(generation, position=4), 7))
    assert rows(connection, generation) == [(*FIRST, 4, 6), (*SECOND, 6, None)]
    assert position(connection, generation) == 7


def test_a_row_that_began_and_ended_on_the_way_is_written_too(
    connection: Connection[Any], generation: Generation
) -> None:
    store(connection, RowVersions(closed=[(*FIRST, 4, 5)]), Advance(generation, 5))
    assert rows(connection, generation) == [(*FIRST, 4, 5)]


def test_a_position_moves_on_where_no_row_does(connection: Connection[Any], generation: Generation) -> None:
    store(connection, RowVersions(), Advance(generation, 9, {"error": "no"}))
    assert position(connection, generation) == 9


@pytest.mark.parametrize(
    "versions",
    [
        begun(SECOND, 5, ended=True),
        begun(("sana", "a\0b", *SECOND[2:]), 5),
        begun(("sana", 7, *SECOND[2:]), 5),
        RowVersions(closed=[(*FIRST, 4, None)], open=begun(SECOND, 5).open),
    ],
    ids=["no row to end", "a NUL", "a number for a name", "two that stand"],
)
def test_nothing_is_left_of_what_cannot_be_written(
    connection: Connection[Any], generation: Generation, versions: RowVersions
) -> None:
    with pytest.raises(CannotWrite, match=r"^sources: "):
        store(connection, versions, Advance(generation, 5))
    assert rows(connection, generation) == []
    assert position(connection, generation) == 3


def test_nothing_is_written_where_another_was_faster(connection: Connection[Any], generation: Generation) -> None:
    with pytest.raises(GenerationMoved):
        store(connection, begun(FIRST, 3), Advance(replace(generation, position=2), 4))
    assert rows(connection, generation) == []
    assert position(connection, generation) == 3
