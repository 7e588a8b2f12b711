"""Reading the log: bounded by positions, the same wherever and however it is asked."""

import asyncio
import hashlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import pytest
import pytest_asyncio
from psycopg.sql import SQL

from domain.ledger.canonical import commitment
from service.eventstore import LogReader, StoredFact
from service.eventstore.append_session import FIND
from service.eventstore.reader import FIRST_OF, HEAD, OPENED, POSITION_AT, READ, SLICE
from service.postgres.pool import make_pool
from tests.service.logs import facts, new_id, read_back, recording

ALL = 2**62
pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def reader(database_url: str) -> AsyncIterator[LogReader]:
    async with make_pool(database_url) as pool:
        yield LogReader(pool)


def record(address: str, *batches: Sequence[StoredFact]) -> list[StoredFact]:
    """Record each batch in a transaction of its own."""
    rows: list[StoredFact] = []
    with recording(address) as recorder:
        for batch in batches:
            with recorder.appending() as tail:
                rows += map(read_back, tail.append(batch))
    return rows


def opening() -> StoredFact:
    return StoredFact(new_id(), 1, "incident_opened.v1", b"{}", fact_id=new_id())


async def test_an_empty_log_has_a_clock_and_nothing_else(reader: LogReader) -> None:
    head = await reader.head()
    assert (head.position, head.recorded_at) == (0, None)
    assert head.now.tzinfo is UTC
    assert await reader.position_at(head.now) == 0
    assert await reader.slice(0, 10, ALL) == []
    assert await reader.opened(0, 10, ALL) == []
    assert await reader.find(new_id()) is None
    assert await reader.first_of(new_id()) is None


async def test_the_id_of_a_log_is_the_one_its_migration_minted(reader: LogReader, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT log_id FROM public.log").fetchone() == (await reader.log_id(),)
    assert isinstance(await reader.log_id(), UUID)


async def test_the_head_is_the_last_fact_and_the_clock_is_past_it(reader: LogReader, database_url: str) -> None:
    *_, last = record(database_url, facts(2), facts(3))
    head = await reader.head()
    assert (head.position, head.recorded_at) == (5, last.recorded_at)
    assert head.now > last.recorded_at


async def test_a_moment_has_the_last_position_recorded_by_then(reader: LogReader, database_url: str) -> None:
    rows = record(database_url, facts(2), facts(3), facts(1))
    tick = timedelta(microseconds=1)
    for first, last in ((1, 2), (3, 5), (6, 6)):
        stamp = rows[last - 1].recorded_at
        assert await reader.position_at(stamp - tick) == first - 1
        assert await reader.position_at(stamp) == last
        assert await reader.position_at((stamp + tick).astimezone(timezone(timedelta(hours=5, minutes=45)))) == last
    assert await reader.position_at(datetime(9999, 12, 31, tzinfo=UTC)) == 6
    with pytest.raises(ValueError, match="aware"):
        await reader.position_at(datetime(2025, 3, 9))  # noqa: DTZ001 - naive on purpose


async def test_several_streams_are_read_together_in_the_order_of_the_log(reader: LogReader, database_url: str) -> None:
    one, two, other = facts(2), facts(2), facts(1)
    more_of_one = facts(2, one[0].stream, after=2)
    rows = record(database_url, one, other, two, more_of_one)
    streams = [one[0].stream, two[0].stream, new_id()]
    wanted = [row for row in rows if row.stream != other[0].stream]
    assert await reader.read(streams, ALL) == wanted
    assert [row.position for row in await reader.read(streams, 5)] == [1, 2, 4, 5]
    assert [row.position for row in await reader.read(streams, 6, after=2)] == [4, 5, 6]
    assert await reader.read(streams, 0) == []
    assert await reader.read([], ALL) == []


async def test_a_fact_is_found_by_its_id_as_it_was_appended(reader: LogReader, database_url: str) -> None:
    full = StoredFact(
        new_id(), 1, "t.v1", b"{}", fact_id=new_id(), text=b"T", recorded_by="token", request_hash=bytes(32)
    )
    bare = StoredFact(full.stream, 2, "t.v1", b"{}", fact_id=new_id())
    rows = record(database_url, [full, bare])
    assert [await reader.find(full.fact_id), await reader.find(bare.fact_id)] == rows
    assert await reader.first_of(full.stream) == rows[0]


async def test_a_slice_brings_the_salts_that_open_the_commitments(reader: LogReader, database_url: str) -> None:
    rows = record(database_url, facts(5))
    assert [row.position for row in await reader.slice(1, 2, ALL)] == [2, 3]
    assert [row.position for row in await reader.slice(1, 9, 4)] == [2, 3, 4]
    for row, read in zip(rows, await reader.slice(0, 9, ALL), strict=True):
        assert read.state_salt
        assert read.text_salt
        assert read.text
        assert commitment("state", read.state_salt, read.state) == row.state_commitment
        assert commitment("text", read.text_salt, read.text) == row.text_commitment


async def test_incidents_are_listed_by_their_openings(reader: LogReader, database_url: str) -> None:
    record(database_url, [opening()], facts(2), [opening(), opening()], facts(1), [opening()])
    assert [row.position for row in await reader.opened(0, 9, ALL)] == [1, 4, 5, 7]
    assert [row.position for row in await reader.opened(1, 2, ALL)] == [4, 5]
    assert [row.position for row in await reader.opened(1, 9, 6)] == [4, 5]


async def test_what_was_read_up_to_a_position_stays_as_it_is(reader: LogReader, database_url: str) -> None:
    one = facts(3)
    record(database_url, one, [opening()])
    upto = (await reader.head()).position

    async def answer() -> list[list[StoredFact]]:
        return [
            await reader.read([one[0].stream], upto),
            await reader.opened(0, 9, upto),
            await reader.slice(0, 9, upto),
        ]

    before = await answer()
    record(database_url, facts(2, one[0].stream, after=3), [opening()])
    assert await answer() == before


async def test_every_question_has_an_index_of_its_own(database_url: str) -> None:
    some = facts(2000, size=100)
    record(database_url, some, *([opening()] for _ in range(3)))
    asked: list[tuple[LiteralString, dict[str, Any], str]] = [
        (HEAD, {}, "facts_pkey"),
        (POSITION_AT, {"moment": datetime(2025, 3, 9, tzinfo=UTC)}, "facts_recorded_at_idx"),
        (READ, {"streams": [new_id()], "after": 0, "upto": 10**6}, "facts_stream_version_key"),
        (FIRST_OF, {"stream": some[0].stream}, "facts_stream_version_key"),
        (OPENED, {"after": 0, "upto": ALL, "limit": 2}, "facts_incidents_idx"),
        (SLICE, {"after": 100, "upto": ALL, "limit": 2}, "facts_pkey"),
        (FIND, {"fact_id": some[0].fact_id}, "facts_fact_id_key"),
    ]
    with psycopg.connect(database_url) as connection:
        connection.execute("ANALYZE facts")
        for query, params, index in asked:
            plan = "\n".join(line for (line,) in connection.execute(SQL("EXPLAIN ") + SQL(query), params))
            assert index in plan, plan


DIGEST_OF_THE_LOG = """
import asyncio, hashlib, sys
from service.eventstore import LogReader
from service.postgres.pool import make_pool

async def main() -> None:
    async with make_pool(sys.argv[1]) as pool:
        rows = await LogReader(pool).slice(0, 1000, 2**62)
    print(hashlib.sha256(repr(rows).encode()).hexdigest())

asyncio.run(main())
"""


async def test_a_process_of_another_time_zone_locale_and_hash_seed_reads_the_same(
    reader: LogReader, database_url: str
) -> None:
    record(database_url, facts(3), [opening()])
    with psycopg.connect(database_url, autocommit=True) as connection:
        for setting in ("timezone = 'America/St_Johns'", "datestyle = 'German, DMY'", "bytea_output = 'escape'"):
            connection.execute(f"ALTER DATABASE {connection.info.dbname} SET {setting}")
    here = hashlib.sha256(repr(await reader.slice(0, 1000, ALL)).encode()).hexdigest()
    foreign = {"TZ": "Asia/Kathmandu", "PGTZ": "Asia/Kathmandu", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "7"}
    there = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", DIGEST_OF_THE_LOG, database_url],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | foreign,
        check=True,
        capture_output=True,
        text=True,
    )
    assert there.stdout.strip() == here
