"""The bundled server: there while wanted, gone afterwards, however its Knownwhen ended."""

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from service.postgres.binaries import bundled, find_server, major_of
from service.postgres.embedded import embedded_server
from tests.patience import PATIENCE
from tests.service.console import assert_nothing_runs_in, data_folder
from tests.service.servers import child, guard_in, one, sockets_of, working_in


@pytest.fixture
def data() -> Iterator[Path]:
    """Return a data folder yet to be made; nothing may run in it in the end."""
    with data_folder() as folder:
        yield folder


def test_what_was_written_is_there_after_a_restart(data: Path) -> None:
    with embedded_server(data) as server, psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'ä' AS word")
    with embedded_server(data) as server:
        assert one(server.url, "SELECT word FROM kept") == "ä"
    assert_nothing_runs_in(data)


def test_the_server_is_the_bundled_18_in_utf8_and_utc_with_fsync_and_no_network(data: Path) -> None:
    with embedded_server(data) as server:
        shown = {
            name: one(server.url, f"SHOW {name}")
            for name in ("server_encoding", "timezone", "fsync", "listen_addresses", "data_checksums")
        }
        assert server.version // 10_000 == major_of(bundled()) == 18
        assert one(server.url, "SELECT upper('é') || ('Z' < 'a')::text") == "Étrue"
    assert shown == {
        "server_encoding": "UTF8",
        "timezone": "UTC",
        "fsync": "on",
        "listen_addresses": "",
        "data_checksums": "on",
    }


def test_the_service_is_no_superuser_but_owns_its_database(data: Path) -> None:
    with embedded_server(data) as server:
        assert one(server.url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
        assert (
            one(
                server.url,
                "SELECT pg_get_userbyid(datdba) = current_user FROM pg_database WHERE datname = current_database()",
            )
            is True
        )
        assert one(server.admin_url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is True


def test_the_socket_lies_in_a_folder_that_others_may_not_enter_and_that_goes_with_the_server(data: Path) -> None:
    with embedded_server(data) as server:
        sockets = sockets_of(server.url)
        assert sockets.stat().st_mode & 0o777 == 0o700
        assert (data / "postgres").stat().st_mode & 0o777 == 0o700
        assert (data / "postgres.log").stat().st_mode & 0o777 == 0o600
    assert not sockets.exists()


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda end: end.name)
def test_the_server_goes_when_its_knownwhen_dies(data: Path, end: signal.Signals) -> None:
    with child(data) as (process, url):
        assert one(url, "SELECT 1") == 1
        process.send_signal(end)
        process.wait(PATIENCE)
        assert_nothing_runs_in(data)
        assert not sockets_of(url).exists()


def test_a_ctrl_c_at_the_terminal_does_not_reach_the_server_by_itself(data: Path) -> None:
    with child(data) as (process, _):
        groups = {os.getpgid(server.pid) for server in working_in(data)}
        assert os.getpgid(process.pid) not in groups
        assert os.getsid(process.pid) not in {os.getsid(server.pid) for server in working_in(data)}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a process to the death of its parent")
def test_the_server_goes_when_its_guard_is_killed(data: Path) -> None:
    with child(data) as (_, url):
        guard_in(data).kill()
        assert_nothing_runs_in(data / "postgres")
        shutil.rmtree(sockets_of(url))


def test_a_start_right_after_a_kill_waits_for_the_old_server_to_finish(data: Path) -> None:
    with child(data) as (process, _):
        process.kill()
        process.wait()
        with embedded_server(data) as server:
            assert one(server.url, "SELECT 1") == 1


def test_a_server_that_was_killed_recovers_what_was_committed(data: Path) -> None:
    with embedded_server(data) as server:
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS seven")
        guard = guard_in(data)
        for process in working_in(data):
            if process != guard:
                process.kill()
        assert_nothing_runs_in(data)
    assert (data / "postgres" / "postmaster.pid").exists()
    with embedded_server(data) as server:
        assert one(server.url, "SELECT seven FROM kept") == 7


@pytest.mark.skipif(find_server(15) is None, reason="no PostgreSQL 15 is installed here")
def test_another_installed_postgresql_can_be_started_the_same_way(data: Path) -> None:
    with embedded_server(data, binaries=find_server(15)) as server:
        assert server.version // 10_000 == 15
