"""Many writers in processes of their own, a reader at their heels: nothing skipped, nothing twice, time moves on."""

import asyncio
import multiprocessing
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import suppress
from itertools import count, pairwise
from uuid import UUID, uuid5

import psycopg
import pytest

from service.eventstore import LogReader, StoredFact
from service.postgres.pool import make_pool
from tests.service.logs import facts, recording

pytestmark = pytest.mark.one_server_will_do

WRITERS = 8
EACH = 2_500
SHARED = UUID("6ba7b810-9dad-51d1-80b4-00c04fd430c8")
ALL = 2**62

Acknowledged = list[tuple[int, UUID]]


class Refused(Exception):
    """Raised inside a block to roll it back."""


def write(address: str, writer: int) -> Acknowledged:
    """Record EACH facts in a stream of one's own, and one in the shared stream with every transaction.

    Every fourth transaction is rolled back: by turns before and after its facts were sent.
    """
    own, done, shared = uuid5(SHARED, str(writer)), 0, 0
    acknowledged: Acknowledged = []
    with recording(address, lock_seconds=60) as recorder:
        for transaction in count(1):
            if done == EACH:
                return acknowledged
            size = min(1 + (transaction * 37 + writer * 11) % 150, EACH - done)
            batch = facts(size, own, after=done)
            with suppress(Refused):
                with recorder.appending() as tail:
                    rows = tail.append(batch)
                    standing = tail.read(SHARED, shared)
                    shared = standing[-1].version if standing else shared
                    rows += tail.append(facts(1, SHARED, after=shared))
                    if transaction % 8 == 4:
                        tail.flush()
                    if transaction % 4 == 0:
                        raise Refused
                acknowledged += [(row.position, row.fact_id) for row in rows]
                done += size
    raise AssertionError


async def tail_the_log(address: str, writing: Sequence[Future[Acknowledged]]) -> list[StoredFact]:
    """Read the log as it grows; whatever is seen must continue what was seen before."""
    seen: list[StoredFact] = []
    async with make_pool(address) as pool:
        reader = LogReader(pool)
        while True:
            finished = all(future.done() for future in writing)
            more = await reader.slice(len(seen), 500, ALL)
            assert [row.position for row in more] == list(range(len(seen) + 1, len(seen) + len(more) + 1))
            seen += more
            if finished and not more:
                return seen
            await asyncio.sleep(0.005)


@pytest.fixture
def written(database_url: str) -> tuple[Acknowledged, list[StoredFact]]:
    """Let all writers write; return what they were told, and what the reader saw."""
    processes_of = multiprocessing.get_context("forkserver")
    processes_of.set_forkserver_preload([__name__])  # so that they need not import everything once each
    with ProcessPoolExecutor(WRITERS, processes_of) as processes:
        writing = [processes.submit(write, database_url, writer) for writer in range(WRITERS)]
        seen = asyncio.run(tail_the_log(database_url, writing))
        return [told for future in writing for told in future.result()], seen


def test_concurrent_writers_leave_one_gapless_log(
    written: tuple[Acknowledged, list[StoredFact]], database_url: str
) -> None:
    acknowledged, seen = written
    assert len(seen) > WRITERS * EACH
    # What the reader saw on the way is what was acknowledged: nothing lost, nothing twice, nothing rolled back.
    assert [(row.position, row.fact_id) for row in seen] == sorted(acknowledged)
    versions: dict[UUID, int] = {}
    for row in seen:
        assert row.version == versions.get(row.stream, 0) + 1
        versions[row.stream] = row.version
    assert len(versions) == WRITERS + 1
    assert sum(versions.values()) == len(seen)
    # The transaction that wrote a row stands in its xmin.
    by_transaction = """
        SELECT min(notification_id), max(notification_id), count(*), min(recorded_at), max(recorded_at)
        FROM facts GROUP BY xmin ORDER BY min(notification_id)
    """
    with psycopg.connect(database_url) as connection:
        transactions = connection.execute(by_transaction).fetchall()
    assert len(transactions) == versions[SHARED]
    for first, last, facts_of_it, earliest, latest in transactions:
        assert last - first + 1 == facts_of_it
        assert earliest == latest
    for (_, last, _, _, stamp), (first, _, _, next_stamp, _) in pairwise(transactions):
        assert first == last + 1
        assert next_stamp > stamp
