"""A log moves from the oldest PostgreSQL that is taken to the bundled one by `export ndjson` and `--restore`."""

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from service import wiring
from service.console import samples
from service.postgres.binaries import find_server
from service.postgres.embedded import embedded_server
from service.postgres.migrate import migrate
from tests.service.conftest import OLDEST, QUICK
from tests.service.console import run
from tests.service.test_restore import ALL, digests_of

pytestmark = pytest.mark.one_server_will_do

FOUND = find_server(OLDEST)


@pytest.fixture(scope="module")
def old_url() -> Iterator[str]:
    """Return the address of a log on the oldest server, which holds the sample."""
    with tempfile.TemporaryDirectory(prefix="knownwhen-oldest-") as folder:
        with embedded_server(Path(folder), binaries=FOUND, settings=QUICK) as server:
            migrate(server.url)
            asyncio.run(_load(server.url))
            yield server.url


async def _load(url: str) -> None:
    async with wiring.services(url) as opened:
        await samples.load(opened.writer, samples.read_named("syria-coast-2025"), lambda _: None)


@pytest.mark.skipif(FOUND is None, reason=f"PostgreSQL {OLDEST} is not installed on this machine")
def test_a_log_moves_to_a_later_major_version_with_every_digest(
    old_url: str, database_url: str, tmp_path: Path
) -> None:
    log = tmp_path / "log.ndjson"
    exported = run("export", "ndjson", "-o", str(log), DATABASE_URL=old_url)
    assert exported.returncode == 0, exported.stderr
    restored = run("import", "ndjson", str(log), "--restore", DATABASE_URL=database_url)
    assert restored.returncode == 0, restored.stderr
    with psycopg.connect(old_url) as old, psycopg.connect(database_url) as new:
        assert old.info.server_version // 10_000 < new.info.server_version // 10_000
        assert old.execute(ALL).fetchall() == new.execute(ALL).fetchall() != []
    assert digests_of(old_url) == digests_of(database_url)
    assert run("audit", DATABASE_URL=database_url).returncode == 0
