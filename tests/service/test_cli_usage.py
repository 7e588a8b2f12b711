"""The command line itself: help, version, wrong use, and how everything that goes wrong is told."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import structlog
import typer
from typer.testing import CliRunner

from service.cli import app
from service.console import command
from service.formats import registry
from service.settings import Settings
from tests.service.console import COMMAND, ending, environment, run


def raising(problem: BaseException) -> Callable[[Settings], int]:
    def work(_settings: Settings) -> int:
        raise problem

    return work


def test_help_names_every_command_and_shows_examples() -> None:
    done = run("--help")
    assert done.returncode == 0
    for words in ("demo", "serve", "migrate", "replay", "doctor", "knownwhen replay syria-coast-2025", "Exit status"):
        assert words in done.stdout


def test_help_lists_the_formats_that_there_are() -> None:
    for words, formats in (("import", registry.IMPORTERS), ("export", registry.EXPORTERS)):
        argument = next(
            line for line in run(words, "--help", COLUMNS="200").stdout.splitlines() if "*    FORMAT " in line
        )
        assert [name for name in formats if name not in argument] == []


def commands(command: Any, *words: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield each command of the tree with the words that name it."""
    yield words, command
    for name, each in getattr(command, "commands", {}).items():
        yield from commands(each, *words, name)


def test_help_shows_each_default_that_a_text_names() -> None:
    """Brackets are markup to the printer of help, which leaves out what it takes for a tag."""
    named: dict[tuple[str, ...], list[str]] = {}
    for words, each in commands(typer.main.get_command(app)):
        texts = " ".join(getattr(parameter, "help", "") or "" for parameter in each.params)
        if defaults := re.findall(r"\[default: [^\]]*\]", texts):
            named[words] = defaults
    assert len(named) > 1
    for words, defaults in named.items():
        shown = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "400"}).stdout
        assert [default for default in defaults if default not in shown] == [], words


def test_the_version_is_one_line_on_standard_output() -> None:
    done = run("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("knownwhen ")


@pytest.mark.parametrize("words", [("replay",), ("demo", "--prot", "1"), ("dmeo",), ("serve", "--port", "0")])
def test_wrong_use_ends_with_2_and_says_why_on_standard_error(words: tuple[str, ...]) -> None:
    done = run(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr


def test_a_wrong_setting_is_told_in_a_sentence() -> None:
    done = run("doctor", KNOWNWHEN_PORT="eighty", KNOWNWHEN_LOG="loud")
    assert done.returncode == 2
    assert "KNOWNWHEN_PORT is “eighty”, but must be a whole number from 1 to 65535." in done.stderr
    assert "KNOWNWHEN_LOG is “loud”" in done.stderr


def test_an_unreachable_database_is_told_without_its_password() -> None:
    url = "postgresql://someone:s3cret@127.0.0.1:1/none"
    done = run("replay", "an-incident", DATABASE_URL=url)
    assert done.returncode == 3
    assert "DATABASE_URL" in done.stderr
    assert "s3cret" not in done.stderr


def test_a_data_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run("migrate", KNOWNWHEN_DATA=tmp_path / "file" / "data")
    assert done.returncode == 3
    assert "Set KNOWNWHEN_DATA" in done.stderr


def test_an_unexpected_error_is_one_sentence_and_its_details_are_in_the_log(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KNOWNWHEN_DATA", str(tmp_path))
    status, told = ending(raising(ZeroDivisionError("by nothing")), capfd)
    log = tmp_path / command.LOG_NAME
    assert status == command.EXIT_COULD_NOT_RUN
    assert len(told.splitlines()) == 1
    assert str(log) in told
    assert "ZeroDivisionError: by nothing" in log.read_text(encoding="utf-8")
    assert log.stat().st_mode & 0o077 == 0


def test_the_details_go_to_a_temporary_file_where_there_is_no_data_folder(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KNOWNWHEN_DATA", str(tmp_path / "none"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    _, told = ending(raising(ZeroDivisionError()), capfd)
    (log,) = tmp_path.glob("knownwhen-*.log")
    assert str(log) in told


def test_debug_shows_the_traceback(capfd: pytest.CaptureFixture[str]) -> None:
    status, told = ending(raising(ZeroDivisionError()), capfd, debug=True)
    assert status == command.EXIT_COULD_NOT_RUN
    assert "Traceback (most recent call last)" in told


@pytest.mark.parametrize(
    ("problem", "status"),
    [
        (command.Negative("no"), 1),
        (command.Misuse("wrong"), 2),
        (command.CannotRun("not now"), 3),
        (psycopg.OperationalError("gone"), 3),
        (KeyboardInterrupt(), 130),
        (command.Terminated(), 143),
    ],
)
def test_each_ending_has_its_status(capfd: pytest.CaptureFixture[str], problem: BaseException, status: int) -> None:
    assert ending(raising(problem), capfd)[0] == status


def test_sigterm_unwinds_what_a_command_holds(capfd: pytest.CaptureFixture[str]) -> None:
    put_away: list[bool] = []

    def work(_settings: Settings) -> int:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            put_away.append(True)
        return 0

    assert ending(work, capfd)[0] == 143
    assert put_away == [True]


def test_a_traceback_in_the_log_of_a_person_is_kept_in_a_file(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KNOWNWHEN_DATA", str(tmp_path))

    def work(_settings: Settings) -> int:
        try:
            raise ZeroDivisionError  # noqa: TRY301 - something to log
        except ZeroDivisionError:
            structlog.get_logger("a test").exception("could not count")
        return 0

    status, told = ending(work, capfd)
    assert status == 0
    assert "could not count" in told
    assert "Traceback" not in told
    assert "ZeroDivisionError" in (tmp_path / command.LOG_NAME).read_text(encoding="utf-8")


def test_a_terminal_that_cannot_show_a_letter_still_shows_the_rest() -> None:
    done = subprocess.run(
        [*COMMAND, "replay", "ünknown"],
        capture_output=True,
        check=False,
        env=environment(KNOWNWHEN_DATA="/nonexistent", PYTHONIOENCODING="ascii", PYTHONUTF8="0"),
    )
    assert done.returncode == 3
    assert b"There is no data in /nonexistent" in done.stderr


def test_a_package_that_is_missing_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "uvicorn.py").write_text("raise ModuleNotFoundError(\"No module named 'uvicorn'\", name='uvicorn')")
    settings = environment()
    settings["PYTHONPATH"] = f"{tmp_path}:{settings['PYTHONPATH']}"
    done = subprocess.run(
        [sys.executable, "-m", "service.cli", "serve"], capture_output=True, check=False, env=settings, text=True
    )
    assert done.returncode == 3
    assert "No module named 'uvicorn'" in done.stderr
    assert "Traceback" not in done.stderr
