"""Rows that are written by hand are read back by PostgreSQL as they were."""

import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Connection
from psycopg.rows import tuple_row

from service.postgres.pool import connect
from service.projections.catalogue import MODELS
from service.projections.engine.copy_rows import known, written

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
BIGINTS = st.integers(-(2**63), 2**63 - 1)
FLOATS = st.floats(allow_nan=False)
MOMENTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 - UTC is given


def lists(of: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.none() | of, max_size=4)


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": TEXTS,
    "uuid": st.uuids(),
    "bigint": BIGINTS,
    "smallint": st.integers(-(2**15), 2**15 - 1),
    "float8": FLOATS,
    "boolean": st.booleans(),
    "timestamptz": MOMENTS,
    "text[]": lists(TEXTS),
    "bigint[]": lists(BIGINTS),
    "float8[]": lists(FLOATS),
}


@pytest.fixture(scope="module")
def connection(create_database: Any, migrated_template: str) -> Iterator[Connection[Any]]:
    columns = ", ".join(f"c{number} {of}" for number, of in enumerate(VALUES))
    with connect(create_database(migrated_template)) as connection:
        connection.execute(f"CREATE TEMP TABLE kept ({columns})".encode())
        yield connection


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=st.lists(st.tuples(*(st.none() | each for each in VALUES.values())), max_size=5))
def test_what_is_written_is_read_back(connection: Connection[Any], rows: list[tuple[Any, ...]]) -> None:
    with connection.cursor(binary=True, row_factory=tuple_row) as cursor:
        cursor.execute("TRUNCATE kept")
        with cursor.copy("COPY kept FROM STDIN (FORMAT binary)") as copy:
            for block in written(rows, VALUES):
                copy.write(block)
        assert cursor.execute("SELECT * FROM kept").fetchall() == rows


def test_many_rows_come_in_blocks(connection: Connection[Any]) -> None:
    rows = [(str(number),) + (None,) * (len(VALUES) - 1) for number in range(5_000)]
    blocks = list(written(rows, VALUES))
    assert len(blocks) > 2
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE kept")
        with cursor.copy("COPY kept FROM STDIN (FORMAT binary)") as copy:
            for block in blocks:
                copy.write(block)
        assert cursor.execute("SELECT c0 FROM kept").fetchall() == [row[:1] for row in rows]


def test_every_column_of_todays_read_models_is_known_and_others_are_left_to_psycopg() -> None:
    for model in MODELS.values():
        assert known(of.split()[0] for of in model.columns.values()), model.name
    assert not known(["text", "jsonb"])


@pytest.mark.parametrize(("value", "of"), [("1", "bigint"), (2**63, "bigint"), (1, "text"), ("\ud800", "text")])
def test_what_a_column_cannot_hold_is_no_row(value: object, of: str) -> None:
    with pytest.raises((struct.error, AttributeError, UnicodeEncodeError)):
        b"".join(written([(value,)], [of]))
