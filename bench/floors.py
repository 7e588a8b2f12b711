"""What reading the log costs at the very least: all of it out of PostgreSQL, and each state out of its JSON."""

import time

import orjson
import psycopg

COPY_OUT = "COPY (SELECT notification_id, state FROM public.facts ORDER BY notification_id) TO STDOUT (FORMAT binary)"
"""The least that a read model needs of a fact: where it stands, and what it says."""
_TYPES = ("int8", "bytea")


def copied_raw(url: str) -> float:
    """Return how many facts a second PostgreSQL hands over, in blocks of bytes that nobody looks into."""
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        begin = time.perf_counter()
        size = 0
        with cursor.copy(COPY_OUT) as copy:
            for block in copy:
                size += len(block)
        seconds = time.perf_counter() - begin
        return _facts(connection) / seconds


def copied_and_read(url: str) -> float:
    """Return how many facts a second come over with each state read by `orjson.loads`, and nothing kept."""
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        begin = time.perf_counter()
        facts = 0
        with cursor.copy(COPY_OUT) as copy:
            copy.set_types(_TYPES)
            for _, state in copy.rows():
                orjson.loads(state)
                facts += 1
        seconds = time.perf_counter() - begin
        assert facts == _facts(connection)
        return facts / seconds


def _facts(connection: psycopg.Connection[tuple[int]]) -> int:
    row = connection.execute("SELECT count(*) FROM public.facts").fetchone()
    assert row is not None
    return row[0]
