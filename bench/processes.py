"""Knownwhen's own commands as processes of a benchmark: started, watched, and ended with it."""

import contextlib
import http.client
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import psutil

from bench.keeping import CONSOLE
from bench.silence import Silence, listened
from service.runtime import subprocesses

_ROOT: Final = Path(__file__).parents[1]
_OK: Final = 200
_LOOK: Final = 0.05
_PATIENCE: Final = 60.0
_STOPPING: Final = 20.0


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that ran to its end: how long, and the most memory that each of its processes held, largest first."""

    seconds: float
    bytes_held: tuple[int, ...]


def knows(command: str) -> bool:
    """Say whether this release has a command."""
    words = subprocesses.command_line("service.cli", command, "--help")
    done = subprocess.run(words, env=subprocesses.environment(), capture_output=True, check=False)  # noqa: S603 - Knownwhen itself
    return done.returncode == 0


class CommandFailed(SystemExit):
    """A command of Knownwhen's did not do its work, and so ends the benchmark; what it said is told."""


def run(url: str, *words: str) -> Finished:
    """Run `knownwhen <words>` on the database at `url` to its end.

    Raises CommandFailed.
    """
    begin = time.perf_counter()
    with _started(url, words) as process:
        held = _Held(process.pid)
        process.wait()
        seconds = time.perf_counter() - begin
        held.end()
        process.expect_well()
    return Finished(seconds, held.largest())


@contextmanager
def running(url: str, *words: str) -> Generator["Command"]:
    """Run `knownwhen <words>` on the database at `url` for as long as the context lasts; then it is asked to stop."""
    with _started(url, words) as process:
        yield process


@contextmanager
def serving(url: str, *words: str, silence: Silence | None = None) -> Generator[int]:
    """Serve the database at `url` on a free port of this machine; gives the port as soon as it answers.

    `/healthz` is asked all the while; the longest time without an answer is told in the end, and in `silence`.
    """
    port = free_port()
    with running(url, "serve", "--port", str(port), *words) as process:
        until = time.monotonic() + _PATIENCE
        while not _answers(port):
            process.expect_going()
            if time.monotonic() > until:
                message = f"{process} does not answer:\n{process.said()}"
                raise CommandFailed(message)
            time.sleep(_LOOK)
        heard = silence or Silence()
        with listened(port, heard):
            yield port
        CONSOLE.print(str(heard))


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

    def __init__(self, url: str, words: tuple[str, ...], said: IO[bytes]) -> None:
        environment = subprocesses.environment(DATABASE_URL=url)
        command = subprocesses.command_line("service.cli", *words)
        self._words, self._said = words, said
        self._process = subprocess.Popen(  # noqa: S603 - Knownwhen itself
            command, cwd=_ROOT, env=environment, stdout=said, stderr=said
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
def _started(url: str, words: tuple[str, ...]) -> Generator[Command]:
    with tempfile.TemporaryFile() as said:
        command = Command(url, words, said)
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


class _Held:
    """Looks at the memory of a process and its children again and again; the largest of each is kept."""

    def __init__(self, pid: int) -> None:
        self._peaks: dict[int, int] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, args=(pid,), daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._ended.set()
        self._thread.join()

    def largest(self) -> tuple[int, ...]:
        return tuple(sorted(self._peaks.values(), reverse=True))

    def _watch(self, pid: int) -> None:
        while not self._ended.wait(_LOOK):
            with contextlib.suppress(psutil.Error):
                first = psutil.Process(pid)
                for process in (first, *first.children(recursive=True)):
                    self._peaks[process.pid] = max(self._peaks.get(process.pid, 0), process.memory_info().rss)
