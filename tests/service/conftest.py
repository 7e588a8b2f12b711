"""Real PostgreSQL for every test of the service: the bundled 18, and the machine's 15, 16 and 17 where installed."""

import asyncio
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from service import wiring
from service.console import samples
from service.postgres.binaries import find_server
from service.postgres.embedded import NAME, EmbeddedServer, embedded_server
from service.postgres.migrate import migrate
from service.runtime import package_files

BUNDLED, OLDEST = 18, 15
ONLY = os.environ.get("POSTGRES")
"""The one major version to test on (`make servers POSTGRES=16`); by default all that are found."""
FOUND = {BUNDLED: None, **{major: found for major in range(OLDEST, BUNDLED) if (found := find_server(major))}}
SERVERS = [pytest.param(found, id=f"pg{major}") for major, found in FOUND.items() if not ONLY or str(major) == ONLY]
if not SERVERS:
    pytest.exit(f"PostgreSQL {ONLY} was not found on this machine.", returncode=4)

# No test pulls the plug of the machine, so nothing need reach the disk.
QUICK = {"fsync": "off", "full_page_writes": "off", "max_connections": "200"}


ROOM = 4 << 30
"""Bytes that must be free in memory before a test's server is put there."""


def _in_memory() -> str | None:
    """Return a folder in memory where there is one with room: what a test's server keeps need not outlive it."""
    memory = Path("/dev/shm")  # noqa: S108 - a fresh folder is made in it
    roomy = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM
    return str(memory) if roomy else None


@pytest.fixture(scope="session", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[EmbeddedServer]:
    """Return a running server, one per PostgreSQL version found here; it ends with the tests, however they end."""
    folder = Path(tempfile.mkdtemp(prefix="knownwhen-tests-", dir=_in_memory()))
    try:
        with embedded_server(folder, binaries=request.param, settings=QUICK) as running:
            yield running
    finally:
        shutil.rmtree(folder)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave a test that one server will do for to the bundled one, unless EVERY_SERVER is set."""
    if os.environ.get("EVERY_SERVER"):
        return
    spared = [item for item in items if item.get_closest_marker("one_server_will_do") and _on_another(item)]
    if spared:
        config.hook.pytest_deselected(items=spared)
        items[:] = [item for item in items if item not in spared]


def _on_another(item: pytest.Item) -> bool:
    words = item.name.partition("[")[2].rstrip("]").split("-")
    return any(f"pg{major}" in words for major in range(OLDEST, BUNDLED))


@pytest.fixture(scope="session")
def create_database(server: EmbeddedServer) -> Callable[[str], str]:
    """Return what makes one more database in the image of another, and returns its address."""
    numbers = itertools.count(1)

    def create(template: str) -> str:
        name = f"test_{next(numbers)}"
        command = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy OWNER {}")
        with psycopg.connect(server.admin_url, autocommit=True) as admin:
            admin.execute(command.format(*map(sql.Identifier, (name, template, NAME))))
        return urlsplit(server.url)._replace(path=f"/{name}").geturl()

    return create


@pytest.fixture(scope="session")
def migrated_template(create_database: Callable[[str], str]) -> str:
    """Return the name of a migrated database that stays as it is."""
    url = create_database("template1")
    migrate(url)
    return urlsplit(url).path.removeprefix("/")


@pytest.fixture
def database_url(
    server: EmbeddedServer, migrated_template: str, create_database: Callable[[str], str]
) -> Iterator[str]:
    """Return the address of a migrated, empty database of this test's own."""
    url = create_database(migrated_template)
    yield url
    _drop(server, url)


@pytest.fixture
def bare_database_url(server: EmbeddedServer, create_database: Callable[[str], str]) -> Iterator[str]:
    """Return the address of a database of this test's own that has not been migrated."""
    url = create_database("template1")
    yield url
    _drop(server, url)


def _drop(server: EmbeddedServer, url: str) -> None:
    name = sql.Identifier(urlsplit(url).path.removeprefix("/"))
    with psycopg.connect(server.admin_url, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


@pytest.fixture(scope="module")
def sample_url(create_database: Callable[[str], str], migrated_template: str) -> str:
    """Return the address of a log that holds the sample, for tests that do not write."""
    url = create_database(migrated_template)

    async def loading() -> None:
        async with wiring.services(url) as house:
            await samples.load(house.writer, samples.read(package_files.samples() / "syria-coast-2025"))

    asyncio.run(loading())
    return url
