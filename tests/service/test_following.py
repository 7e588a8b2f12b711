"""Following the log: every fact once and in order, whatever breaks, over one connection whoever follows."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import LiteralString
from urllib.parse import urlsplit

import orjson
import psutil
import psycopg
import pytest
import pytest_asyncio
from psycopg.sql import SQL, Identifier

from service.eventstore import StoredFact, change_subscription
from service.eventstore.change_subscription import APPLICATION_NAME, ChangeFilter, ChangeLine, Subscription
from service.postgres.embedded import EmbeddedServer, embedded_server
from service.postgres.migrate import migrate
from service.wiring import services
from tests.patience import PATIENCE
from tests.service.conftest import QUICK
from tests.service.logs import facts, new_id, recording

pytestmark = [pytest.mark.asyncio, pytest.mark.one_server_will_do]

EVERYTHING = ChangeFilter()
LISTENERS: LiteralString = "SELECT pid FROM pg_stat_activity WHERE application_name = %s AND datname = %s"


@pytest_asyncio.fixture
async def log(database_url: str) -> AsyncIterator[Subscription]:
    async with services(database_url) as opened:
        yield opened.subscription


async def record(address: str, *batches: Sequence[StoredFact]) -> None:
    """Record each batch in a transaction of its own."""

    def appended() -> None:
        with recording(address) as recorder:
            for batch in batches:
                with recorder.appending() as tail:
                    tail.append(batch)

    await asyncio.to_thread(appended)


async def take(changes: AsyncGenerator[Sequence[ChangeLine]], count: int) -> list[ChangeLine]:
    """Return the next `count` facts that a follower is handed, and maybe a few more."""
    found: list[ChangeLine] = []
    async with asyncio.timeout(PATIENCE):
        while len(found) < count:
            found += await anext(changes)
    return found


def positions(changes: Sequence[ChangeLine]) -> list[int]:
    return [change.position for change in changes]


def listeners(server: EmbeddedServer, address: str) -> list[int]:
    """Return the processes of the server that serve a listening connection to a database."""
    database = urlsplit(address).path.removeprefix("/")
    with psycopg.connect(server.admin_url) as admin:
        return [pid for (pid,) in admin.execute(LISTENERS, (APPLICATION_NAME, database)).fetchall()]


async def until_listening(server: EmbeddedServer, address: str, *besides: int) -> None:
    """Wait until there is one listening connection that is none of those `besides`."""
    async with asyncio.timeout(PATIENCE):
        while len(found := listeners(server, address)) != 1 or found[0] in besides:  # noqa: ASYNC110 - only asking tells
            await asyncio.sleep(0.02)


async def test_nothing_listens_before_somebody_follows_and_then_one_connection_does_for_all(
    log: Subscription, server: EmbeddedServer, database_url: str
) -> None:
    assert listeners(server, database_url) == []
    followers = [log.follow(0, EVERYTHING, 60) for _ in range(20)]
    waiting = [asyncio.create_task(take(each, 1)) for each in followers]
    await until_listening(server, database_url)
    await record(database_url, facts(1))
    assert [positions(found) for found in await asyncio.gather(*waiting)] == [[1]] * 20
    assert len(listeners(server, database_url)) == 1
    await log.close()
    assert listeners(server, database_url) == []


async def test_who_lies_far_behind_meets_those_at_the_end_and_misses_nothing(
    log: Subscription, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_subscription, "MOST_CACHED", 7)
    monkeypatch.setattr(change_subscription, "AT_ONCE", 3)
    await record(database_url, facts(40))
    async with aclosing(log.follow(0, EVERYTHING, 60)) as late, aclosing(log.follow(40, EVERYTHING, 60)) as early:
        writing = asyncio.create_task(record(database_url, *(facts(1 + n % 5) for n in range(30))))
        found = await asyncio.gather(take(late, 130), take(early, 90))
        await writing
    assert [positions(each) for each in found] == [list(range(1, 131)), list(range(41, 131))]


@pytest.mark.parametrize("at_once", [1, 3, 4, 100])
async def test_who_comes_late_reads_what_is_not_kept_and_then_what_is(
    log: Subscription, database_url: str, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(change_subscription, "MOST_CACHED", 7)
    monkeypatch.setattr(change_subscription, "AT_ONCE", at_once)
    stream, last = new_id(), StoredFact(new_id(), 1, "incident_closed.v1", b"{}", fact_id=new_id())
    async with aclosing(log.follow(0, EVERYTHING, 60)) as early:
        await record(database_url, facts(1))
        await take(early, 1)
        await record(database_url, facts(32), facts(1, stream), facts(5), [last])
        await take(early, 39)
    assert positions(log._newest) == list(range(34, 41))
    found = [
        log.follow(0, only, 60)
        for only in (EVERYTHING, ChangeFilter(stream), ChangeFilter(topics=frozenset({last.topic})))
    ]
    assert positions(await take(found[0], 40)) == list(range(1, 41))
    assert positions(await take(found[1], 1)) == [34]
    assert positions(await take(found[2], 1)) == [40]


async def test_what_is_kept_of_the_newest_is_bounded_in_number_and_in_bytes(
    log: Subscription, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_subscription, "MOST_CACHED", 10)
    monkeypatch.setattr(change_subscription, "MOST_CACHED_BYTES", 20_000)
    async with aclosing(log.follow(0, EVERYTHING, 60)) as changes:
        began = asyncio.create_task(take(changes, 1))
        await record(database_url, facts(1))
        await began
        await record(database_url, facts(30, size=100))
        await take(changes, 30)
        assert positions(log._newest) == list(range(22, 32))
        await record(database_url, facts(5, size=9_000))
        assert positions(await take(changes, 5)) == [32, 33, 34, 35, 36]
        assert positions(log._newest) == [35, 36]


async def test_only_what_is_asked_for_is_handed_out_near_and_far(log: Subscription, database_url: str) -> None:
    stream, other = new_id(), new_id()
    await record(database_url, facts(3, stream), facts(3, other))
    published = StoredFact(stream, 4, "incident_closed.v1", b"{}", fact_id=new_id())
    async with (
        aclosing(log.follow(0, ChangeFilter(stream), 60)) as own,
        aclosing(log.follow(0, ChangeFilter(topics=frozenset({"incident_closed.v1"})), 60)) as closings,
        aclosing(log.follow(0, ChangeFilter(other, frozenset({"incident_closed.v1"})), 0.5)) as neither,
    ):
        assert positions(await take(own, 3)) == [1, 2, 3]
        waiting = asyncio.create_task(take(closings, 1))
        await record(database_url, facts(2, other, after=3), [published], facts(1, stream, after=4))
        assert positions(await waiting) == [9]
        assert positions(await take(own, 2)) == [9, 10]
        assert [list(await anext(neither)) for _ in range(2)] == [[], []]


async def test_one_who_waits_is_told_that_there_is_nothing(log: Subscription) -> None:
    async with aclosing(log.follow(0, EVERYTHING, 0.05)) as changes:
        assert [list(await anext(changes)) for _ in range(3)] == [[], [], []]


async def test_facts_that_pass_by_do_not_keep_one_from_hearing_that_there_is_nothing(
    log: Subscription, database_url: str
) -> None:
    async with aclosing(log.follow(0, ChangeFilter(new_id()), 0.2)) as changes:
        async with asyncio.timeout(PATIENCE):
            _, found = await asyncio.gather(record(database_url, *(facts(1) for _ in range(300))), anext(changes))
    assert list(found) == []


async def test_each_fact_names_the_incident_whose_stream_it_is_in(
    log: Subscription, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.eventstore.change_subscription.MOST_NAMES", 2)
    streams = [new_id() for _ in range(4)]
    for number, stream in enumerate(streams):
        state = orjson.dumps({"slug": f"incident-{number}"})
        opening = StoredFact(stream, 1, "incident_opened.v1", state, fact_id=new_id())
        await record(database_url, [opening, *facts(1, stream, after=1)])
    await record(database_url, facts(1))
    expected = ["incident-0"] * 2 + ["incident-1"] * 2 + ["incident-2"] * 2 + ["incident-3"] * 2 + [None]
    for _ in range(2):
        page = await log.reader.page(0, 9, 9, EVERYTHING)
        assert [orjson.loads(change.line)["incident"] for change in page] == expected
        alone = [await log.reader.page(position - 1, position, 1, EVERYTHING) for position in range(1, 10)]
        assert [change for each in alone for change in each] == page
    assert len(log.reader._slugs) == 2


async def test_a_listening_connection_that_breaks_is_replaced_and_no_fact_is_missed(
    log: Subscription, server: EmbeddedServer, database_url: str
) -> None:
    async with aclosing(log.follow(0, EVERYTHING, 60)) as changes:
        found = asyncio.create_task(take(changes, 60))
        before: list[int] = []
        for _ in range(3):
            await until_listening(server, database_url, *before)
            before += listeners(server, database_url)
            with psycopg.connect(server.admin_url, autocommit=True) as admin:
                admin.execute("SELECT pg_terminate_backend(%s)", (before[-1],))
                await record(database_url, *(facts(2) for _ in range(10)))
        assert positions(await found) == list(range(1, 61))


async def test_while_nobody_can_listen_the_log_is_looked_at_all_the_same(
    log: Subscription, server: EmbeddedServer, database_url: str
) -> None:
    door = SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    name = Identifier(urlsplit(database_url).path.removeprefix("/"))
    with (
        recording(database_url) as recorder,
        psycopg.connect(server.admin_url, autocommit=True) as admin,
    ):
        recorder.insert_events(facts(1))
        async with aclosing(log.follow(0, EVERYTHING, 60)) as changes:
            await take(changes, 1)
            await until_listening(server, database_url)
            admin.execute(door.format(name, SQL("false")))
            (listener,) = listeners(server, database_url)
            admin.execute("SELECT pg_terminate_backend(%s)", (listener,))
            for position in (2, 3):
                recorder.insert_events(facts(1))
                assert positions(await take(changes, 1)) == [position]
            assert listeners(server, database_url) == []
            admin.execute(door.format(name, SQL("true")))
            await until_listening(server, database_url)
            recorder.insert_events(facts(1))
            assert positions(await take(changes, 1)) == [4]


async def test_words_on_the_channel_that_are_not_the_writers_do_no_harm(
    log: Subscription, server: EmbeddedServer, database_url: str
) -> None:
    async with aclosing(log.follow(0, EVERYTHING, 60)) as changes:
        found = asyncio.create_task(take(changes, 2))
        await until_listening(server, database_url)
        before = listeners(server, database_url)
        with psycopg.connect(database_url, autocommit=True) as other:
            for word in ("", "x", "-1", "999999999", "²"):
                other.execute("SELECT pg_notify(%s, %s)", (log._channel, word))
        await record(database_url, facts(1), facts(1))
        assert positions(await found) == [1, 2]
        assert listeners(server, database_url) == before


async def test_a_restart_of_the_server_is_survived(tmp_path: Path) -> None:
    with embedded_server(tmp_path / "data", settings=QUICK) as server:
        await asyncio.to_thread(migrate, server.url)
        async with services(server.url) as opened, aclosing(opened.subscription.follow(0, EVERYTHING, 60)) as changes:
            found = asyncio.create_task(take(changes, 40))
            await record(server.url, facts(20))
            await until_listening(server, server.url)
            for pid in listeners(server, server.url):
                psutil.Process(pid).kill()  # which PostgreSQL answers by ending all others and starting again
            async with asyncio.timeout(PATIENCE):
                while True:
                    try:
                        await record(server.url, facts(20))
                        break
                    except Exception:  # noqa: BLE001 - it is not back yet
                        await asyncio.sleep(0.1)
            assert positions(await found) == list(range(1, 41))


async def test_the_end_ends_everyone_and_whoever_comes_later(log: Subscription, database_url: str) -> None:
    async with aclosing(log.follow(0, EVERYTHING, 60)) as waiting:
        nothing = asyncio.create_task(anext(waiting, None))
        await record(database_url, facts(1))
        assert await nothing
        nothing = asyncio.create_task(anext(waiting, None))
        await asyncio.sleep(0)
        log.stop()
        assert await nothing is None
    assert [each async for each in log.follow(0, EVERYTHING, 60)] == []
