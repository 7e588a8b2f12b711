"""Knownwhen's own commands as processes of a benchmark: started, watched, and ended with it."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Final

from bench.checkouts import Checkout
from bench.measuring import shown
from bench.memory import Watched
from bench.silence import Silence, listened
from service.runtime import subprocesses

_OK: Final = 200
_LOOK: Final = 0.05
_PATIENCE: Final = 60.0
_UNLIMITED: Final = "10000000"
"""The requests a minute that a token may send: more than any benchmark does."""
_STOPPING: Final = 20.0


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that ran to its end: seconds in all and of CPU, and the memory that its processes held."""

    seconds: float
    processor: float
    memory: Watched


@dataclass(frozen=True, slots=True)
class Served:
    """A service that runs: its port, how long `/healthz` was silent, and the memory of its processes."""

    port: int
    pid: int
    silence: Silence
    memory: Watched

    def cells(self) -> list[str]:
        """Return the longest silence, and the peak of each process; complete when the service has ended."""
        return [shown(self.silence.longest), str(self.memory)]


SERVED_HEAD: Final = ["longest silence, ms", "MiB of each process: RSS (PSS)"]
"""The head of what `Served.cells` returns."""


class CommandFailed(SystemExit):
    """A command of Knownwhen's did not do its work, and so ends the benchmark; what it said is told."""


def run(checkout: Checkout, url: str, *words: str) -> Finished:
    """Run `knownwhen <words>` on the database at `url` to its end.

    Raises CommandFailed.
    """
    begin, before = time.perf_counter(), _of_children()
    with _started(checkout, url, words) as process, Watched(process.pid) as memory:
        process.wait()
        seconds = time.perf_counter() - begin
        process.expect_well()
    return Finished(seconds, _of_children() - before, memory)


def _of_children() -> float:
    """Return the CPU time of all child processes that have ended so far."""
    spent = os.times()
    return spent.children_user + spent.children_system


@contextmanager
def serving(checkout: Checkout, url: str, *words: str, access: str = "open") -> Generator[Served]:
    """Serve the database at `url` on a free port of this machine until the context ends; gives it when it answers.

    With `access` of `tokens`, a token is needed.

    All the while `/healthz` is asked and memory looked at; what that found is complete in the end.
    """
    port = free_port()
    with _started(checkout, url, ("serve", "--port", str(port), *words), access) as process:
        until = time.monotonic() + _PATIENCE
        while not _answers(port):
            process.expect_going()
            if time.monotonic() > until:
                message = f"{process} does not answer:\n{process.said()}"
                raise CommandFailed(message)
            time.sleep(_LOOK)
        silence = Silence()
        with Watched(process.pid) as memory, listened(port, silence):
            yield Served(port, process.pid, silence, memory)
            process.expect_going()


@contextmanager
def peer(name: str, **settings: str) -> Generator[Served]:
    """Serve one of the services of `bench.web_peers` in the same way."""
    port = free_port()
    words = subprocesses.command_line("bench.web_peers", name, str(port))
    with subprocess.Popen(words, env=subprocesses.environment(**settings)) as process:  # noqa: S603 - our own module
        try:
            wait_for(port)
            silence = Silence()
            with Watched(process.pid) as memory, listened(port, silence):
                yield Served(port, process.pid, silence, memory)
        finally:
            process.terminate()


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(port: int) -> None:
    """Wait until somebody listens on a port; raises CommandFailed."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(_LOOK)
    message = f"nobody listens on port {port}"
    raise CommandFailed(message)


class Command:
    """A command that runs; what it says is kept in a file, so that it never waits for a reader."""

    def __init__(self, checkout: Checkout, url: str, words: tuple[str, ...], access: str, said: IO[bytes]) -> None:
        self._words, self._said = words, said
        self._process = subprocess.Popen(  # noqa: S603 - Knownwhen itself
            checkout.command(*words),
            cwd=checkout.folder,
            env=checkout.environment(DATABASE_URL=url, KNOWNWHEN_ACCESS=access, KNOWNWHEN_TOKEN_RATE=_UNLIMITED),
            stdout=said,
            stderr=said,
        )
        self.pid, self.wait = self._process.pid, self._process.wait

    def __str__(self) -> str:
        return f"knownwhen {' '.join(self._words)}"

    def said(self) -> str:
        """Return all that it said so far."""
        self._said.seek(0)
        return self._said.read().decode(errors="replace")

    def expect_going(self) -> None:
        """Raise CommandFailed if it has ended."""
        if self._process.poll() is not None:
            message = f"{self} ended with {self._process.returncode}:\n{self.said()}"
            raise CommandFailed(message)

    def expect_well(self) -> None:
        """Raise CommandFailed if it ended badly."""
        if self._process.returncode:
            self.expect_going()

    def stop(self) -> None:
        """Ask it to stop, and see that it has."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            self.wait(_STOPPING)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self.wait()


@contextmanager
def _started(checkout: Checkout, url: str, words: tuple[str, ...], access: str = "open") -> Generator[Command]:
    with tempfile.TemporaryFile() as said:
        command = Command(checkout, url, words, access, said)
        try:
            yield command
        finally:
            command.stop()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == _OK
    except OSError:
        return False
    finally:
        connection.close()
