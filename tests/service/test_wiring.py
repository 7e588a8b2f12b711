"""What wiring opens: a service that acts as a role of few rights, and finishes what it began."""

import asyncio
import os
from uuid import uuid4

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from domain.values.sources import Registration
from service.eventstore.writer import WriteRequest
from service.postgres.problems import DatabaseUnreachable
from service.postgres.role import ROLE, service_role_url
from service.wiring import salt_source, services

pytestmark = pytest.mark.one_server_will_do


def registration(number: int) -> WriteRequest:
    command = Registration(slug=f"source-{number}", name="S", type="ngo")
    return WriteRequest(command=command, fact_id=uuid4(), request_hash=bytes(32))


def test_the_service_may_read_the_log_and_append_to_it_and_nothing_else(database_url: str) -> None:
    with psycopg.connect(service_role_url(database_url), autocommit=True) as connection:
        assert connection.execute("SELECT current_user").fetchone() == (ROLE,)
        connection.execute("SELECT FROM facts, log")
        for statement in ("DELETE FROM facts", "UPDATE facts SET text = NULL", "TRUNCATE facts", "CREATE TABLE t ()"):
            with pytest.raises(InsufficientPrivilege):
                connection.execute(statement)


def test_a_database_without_the_role_or_the_tables_is_used_as_it_is(bare_database_url: str) -> None:
    assert service_role_url(bare_database_url) == bare_database_url


def test_options_of_the_address_stay(database_url: str) -> None:
    address = f"{database_url}&options=-c%20search_path%3Dpg_catalog"
    with psycopg.connect(service_role_url(address)) as connection:
        assert connection.execute("SHOW search_path").fetchone() == ("pg_catalog",)
        assert connection.execute("SELECT current_user").fetchone() == (ROLE,)


def test_a_database_that_cannot_be_reached_is_told_at_the_start() -> None:
    async def opened() -> None:
        async with services("postgresql://nobody@127.0.0.1:1/none"):
            pytest.fail("there is nothing to open")

    with pytest.raises(DatabaseUnreachable):
        asyncio.run(opened())


def test_what_waits_is_recorded_before_the_services_close(database_url: str) -> None:
    async def written() -> list[int | None]:
        async with services(database_url) as whole:
            waiting = [asyncio.create_task(whole.writer.write(registration(number))) for number in range(20)]
            await asyncio.sleep(0)
        return [each.result().position for each in waiting]

    assert asyncio.run(written()) == list(range(1, 21))


def test_ids_and_salts_are_new_each_time(database_url: str) -> None:
    async def ids() -> set[object]:
        async with services(database_url) as whole:
            await whole.writer.write(registration(1))
            await whole.writer.write(registration(2))
            return {whole.new_id() for _ in range(100)}

    assert len(asyncio.run(ids())) == 100
    with psycopg.connect(database_url) as connection:
        salts = connection.execute("SELECT state_salt FROM facts").fetchall()
    assert len({salt for (salt,) in salts}) == 2


def test_no_salt_is_given_twice_nor_in_two_processes() -> None:
    salt = salt_source()
    given = {salt() for _ in range(2_500)}
    assert len(given) == 2_500
    assert {len(each) for each in given} == {32}
    reads, writes = os.pipe()
    if not (child := os.fork()):
        os.write(writes, salt())
        os._exit(0)
    os.waitpid(child, 0)
    theirs = os.read(reads, 100)
    assert len(theirs) == 32
    assert theirs not in given | {salt() for _ in range(1_000)}
