"""Runs the command line as a user does: real processes, their own data folder, a clean environment."""

import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import structlog
import typer

from service.console import command
from service.settings import Settings
from tests.patience import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "service.cli"]


def environment(**settings: object) -> dict[str, str]:
    """Return the environment of a user who has set nothing but `settings`, and needs no tokens."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("KNOWNWHEN_", "DATABASE_URL"))}
    plain = {name: value for name, value in plain.items() if name not in {"COLUMNS", "FORCE_COLOR", "NO_COLOR"}}
    plain |= {"PYTHONPATH": str(ROOT), "KNOWNWHEN_ACCESS": "open"}
    return {**plain, **{name: str(value) for name, value in settings.items()}}


def run(*words: str, cwd: Path | None = None, **settings: object) -> subprocess.CompletedProcess[str]:
    """Run one command to its end; no command may ever show a traceback."""
    done = subprocess.run(
        [*COMMAND, *words],
        capture_output=True,
        check=False,
        cwd=cwd or tempfile.gettempdir(),
        encoding="utf-8",
        env=environment(**settings),
        stdin=subprocess.DEVNULL,
        timeout=PATIENCE,
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done


def ending(
    work: Callable[[Settings], int], capfd: pytest.CaptureFixture[str], *, debug: bool = False
) -> tuple[int, str]:
    """Run `work` as a command in this process, and return its exit status and what it told beside its result."""
    before, handlers = signal.getsignal(signal.SIGTERM), logging.getLogger().handlers[:]
    try:
        with pytest.raises(typer.Exit) as caught:
            command.run(work, debug=debug)
    finally:
        signal.signal(signal.SIGTERM, before)
        logging.getLogger().handlers[:] = handlers
        structlog.reset_defaults()
    return caught.value.exit_code, capfd.readouterr().err


@contextmanager
def data_folder() -> Iterator[Path]:
    """Give a data folder, not made yet, on a path with a space; nothing may be left of it or run in it in the end."""
    above = Path(tempfile.mkdtemp(prefix="knownwhen console "))
    try:
        yield above / "data"
        assert_nothing_runs_in(above)
    finally:
        shutil.rmtree(above, ignore_errors=True)


def running_in(folder: Path) -> list[str]:
    """Return the command lines of the processes that have `folder` in theirs, or work in it."""
    found: list[str] = []
    for process in psutil.process_iter():
        try:
            words = " ".join(process.cmdline())
            if str(folder) in words or str(folder) in process.cwd():
                found.append(words)
        except psutil.Error:
            continue
    return found


def assert_nothing_runs_in(folder: Path, within: float = PATIENCE) -> None:
    """See that no process is left in `folder`, or soon will be."""
    until = time.monotonic() + within
    while (left := running_in(folder)) and time.monotonic() < until:
        time.sleep(0.05)
    assert left == []


class Running:
    """A command that goes on until it is stopped, and what it has written so far."""

    def __init__(self, *words: str, settings: Mapping[str, object], folder: Path | None = None) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="knownwhen-output-"))
        with (self._folder / "out").open("wb") as out, (self._folder / "err").open("wb") as err:
            self.process = subprocess.Popen(
                [*COMMAND, *words],
                cwd=folder or self._folder,
                env=environment(**settings),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )

    @property
    def out(self) -> str:
        """What it wrote as its result."""
        return (self._folder / "out").read_text(encoding="utf-8")

    @property
    def err(self) -> str:
        """What it wrote beside its result."""
        return (self._folder / "err").read_text(encoding="utf-8")

    def wait_for(self, words: str) -> None:
        """Wait until `words` are in the result."""
        until = time.monotonic() + PATIENCE
        while words not in self.out:
            assert self.process.poll() is None, self.err
            assert time.monotonic() < until, self.err
            time.sleep(0.02)

    def stop(self, how: int = signal.SIGINT) -> int:
        """Send a signal, wait for the end and return the exit status; no traceback may have been shown."""
        self.process.send_signal(how)
        status = self.process.wait(PATIENCE)
        assert "Traceback" not in self.out + self.err
        return status


@contextmanager
def running(*words: str, **settings: object) -> Iterator[Running]:
    """Run a command that serves until the block ends."""
    command = Running(*words, settings=settings)
    try:
        yield command
    finally:
        if command.process.poll() is None:
            command.process.kill()
            command.process.wait(PATIENCE)
        shutil.rmtree(command._folder)
