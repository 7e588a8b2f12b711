"""Connections: in UTC, limited in time, and only to a database that is fit."""

from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import QueryCanceled

from service.postgres.embedded import EmbeddedServer
from service.postgres.pool import check, connect, conninfo, make_pool
from service.postgres.problems import DatabaseUnfit, DatabaseUnreachable

pytestmark = pytest.mark.one_server_will_do


@pytest.mark.asyncio
async def test_the_pool_speaks_utc_whatever_the_server_speaks(database_url: str, server: EmbeddedServer) -> None:
    name = sql.Identifier(urlsplit(database_url).path.removeprefix("/"))
    with psycopg.connect(server.admin_url, autocommit=True) as admin:
        admin.execute(sql.SQL("ALTER DATABASE {} SET timezone TO 'Asia/Kathmandu'").format(name))
    async with make_pool(database_url) as pool, pool.connection() as connection:
        cursor = await connection.execute("SELECT '2025-03-09T23:59:59+03:00'::timestamptz::text")
        assert await cursor.fetchone() == ("2025-03-09 20:59:59+00",)


@pytest.mark.asyncio
async def test_a_statement_of_the_pool_is_cut_off_in_time(database_url: str) -> None:
    async with make_pool(database_url, statement_seconds=1) as pool, pool.connection() as connection:
        with pytest.raises(QueryCanceled):
            await connection.execute("SELECT pg_sleep(20)")


def test_one_connection_takes_the_time_it_needs_and_commits_by_itself(database_url: str) -> None:
    with connect(database_url) as connection:
        assert connection.execute("SHOW statement_timeout").fetchone() == ("0",)
        connection.execute("CREATE TABLE kept ()")
        with connect(database_url) as other:
            assert other.execute("SELECT to_regclass('kept') IS NOT NULL").fetchone() == (True,)


def test_options_of_the_address_stay(database_url: str) -> None:
    with connect(f"{database_url}&options=-c%20work_mem%3D7MB") as connection:
        assert connection.execute("SHOW work_mem").fetchone() == ("7MB",)
        assert connection.execute("SHOW timezone").fetchone() == ("UTC",)


def test_a_database_that_cannot_hold_every_name_is_refused(server: EmbeddedServer) -> None:
    with psycopg.connect(server.admin_url, autocommit=True) as admin:
        admin.execute(
            "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C' OWNER knownwhen"
        )
    with pytest.raises(DatabaseUnfit, match="keeps text as LATIN1"):
        connect(urlsplit(server.url)._replace(path="/latin").geturl())


def test_a_server_that_is_too_old_is_refused(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.postgres.pool.OLDEST_MAJOR", 99)
    with psycopg.connect(database_url) as connection, pytest.raises(DatabaseUnfit, match="needs 99 or newer"):
        check(connection)


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(DatabaseUnreachable, match="not an address"):
        conninfo("postgresql://[")


def test_a_server_that_does_not_answer_is_named_without_the_password(unused_port: int) -> None:
    with pytest.raises(DatabaseUnreachable) as refused:
        connect(f"postgresql://me:hunter2@127.0.0.1:{unused_port}/none")
    assert str(unused_port) in str(refused.value)
    assert "hunter2" not in str(refused.value)
