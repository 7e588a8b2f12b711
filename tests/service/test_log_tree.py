"""The tree over a real log: its root at any position, however it was asked for before; and the way to publications."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import pytest_asyncio
from psycopg.sql import SQL
from psycopg_pool import AsyncConnectionPool

from service.eventstore import StoredFact
from service.postgres.pool import make_pool
from service.transparency import tree
from service.transparency.publications import OF_DIGEST, PublicationIndex
from service.transparency.tree import FactMissing, LogTree
from tests.service.logs import facts, recording
from tests.service.standard import leaves, root_of

pytestmark = pytest.mark.asyncio


def record(address: str, batch: Sequence[StoredFact]) -> None:
    with recording(address) as recorder, recorder.appending() as tail:
        tail.append(batch)


@pytest_asyncio.fixture
async def pool(database_url: str) -> AsyncIterator[AsyncConnectionPool[Any]]:
    async with make_pool(database_url) as opened:
        yield opened


async def test_the_root_at_every_position_is_that_of_the_standard(
    pool: AsyncConnectionPool[Any], database_url: str
) -> None:
    bare = StoredFact(uuid4(), 1, "a.v1", b"{}", fact_id=uuid4())
    sealed = StoredFact(uuid4(), 1, "a.v1", b"{}", fact_id=uuid4(), text=b"{}", sealed=b"s")
    record(database_url, [*facts(300), bare, sealed])
    row, whole = leaves(database_url), LogTree(pool)
    assert len(row) == 302
    for position in range(303):
        assert await whole.root_at(position) == root_of(row[:position]), position


async def test_it_does_not_matter_in_which_order_roots_are_asked_for(
    pool: AsyncConnectionPool[Any], database_url: str
) -> None:
    record(database_url, facts(1100))
    row, whole = leaves(database_url), LogTree(pool)
    for position in (700, 255, 256, 257, 1100, 512, 1, 0, 1024, 1025, 701):
        assert await whole.root_at(position) == root_of(row[:position]), position
    record(database_url, facts(700))
    row = leaves(database_url)
    for position in (1101, 1100, 1800, 1792):
        assert await whole.root_at(position) == root_of(row[:position]), position


async def test_callers_side_by_side_get_the_roots_of_their_positions(
    pool: AsyncConnectionPool[Any], database_url: str
) -> None:
    record(database_url, facts(900))
    row, whole = leaves(database_url), LogTree(pool)
    asked = [*range(0, 900, 37), *range(900, 0, -41)]
    found = await asyncio.gather(*(whole.root_at(position) for position in asked))
    assert found == [root_of(row[:position]) for position in asked]


async def test_subtrees_of_every_level_are_joined(
    pool: AsyncConnectionPool[Any], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree, "WIDTH", 4)  # four levels in 300 facts; 256 would need 4 billion
    monkeypatch.setattr(tree, "SLICE", 50)
    record(database_url, facts(300))
    row, whole = leaves(database_url), LogTree(pool)
    for position in [*range(0, 301, 7), 300, 299, 256, 255, 64, 63, 16, 15]:
        assert await whole.root_at(position) == root_of(row[:position]), position
    assert [len(level) // 32 for level in whole._levels] == [75, 18, 4, 1]


async def test_it_keeps_32_bytes_for_256_facts(pool: AsyncConnectionPool[Any], database_url: str) -> None:
    record(database_url, facts(1300))
    whole = LogTree(pool)
    await whole.root_at(1300)
    assert ([len(level) for level in whole._levels], len(whole._leaves)) == ([5 * 32], 20)


async def test_there_is_no_root_beyond_the_log(pool: AsyncConnectionPool[Any], database_url: str) -> None:
    record(database_url, facts(3))
    row, whole = leaves(database_url), LogTree(pool)
    with pytest.raises(FactMissing, match="no fact at position 4"):
        await whole.root_at(5)
    assert await whole.root_at(3) == root_of(row)
    record(database_url, facts(2))
    assert await whole.root_at(5) == root_of(leaves(database_url))


async def test_publications_are_found_by_their_digest_through_an_index_of_their_own(
    pool: AsyncConnectionPool[Any], database_url: str
) -> None:
    digests = [f"{number % 100:064x}" for number in range(300)]
    states = [b'{"digest":"%b","inputs":{},"view":"state/1 \xe2\x80\x94 \\\\"}' % digest.encode() for digest in digests]
    published = [StoredFact(uuid4(), 1, "estimate_published.v1", state, fact_id=uuid4()) for state in states]
    elsewhere = StoredFact(uuid4(), 1, "toll_revised.v1", states[7], fact_id=uuid4())
    shapeless = StoredFact(uuid4(), 1, "estimate_published.v1", b"\x00\xff", fact_id=uuid4())
    record(database_url, [*facts(700), elsewhere, *published, shapeless])
    found = PublicationIndex(pool)
    assert await found.positions(digests[7]) == [709, 809, 909]
    assert await found.positions("f" * 64) == []
    assert await found.positions() == list(range(702, 1003))
    with psycopg.connect(database_url) as connection:
        connection.execute("ANALYZE facts")
        plan = connection.execute(SQL("EXPLAIN ") + SQL(OF_DIGEST), {"digest": digests[7]}).fetchall()
    assert "facts_publications_idx" in str(plan), plan
