"""The processes that do the pieces of a building side by side: started, listened to, and ended."""

import json
import os
import subprocess
import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self, cast

import structlog

from service.projections.errors import AGAIN, WorkerLost
from service.runtime import subprocesses

MOST: Final = 4
"""How many processes there are unless more are asked for: more would wait for the database."""

_WORKER: Final = "service.projections.rebuild.worker"
_ENDING_SECONDS: Final = 10.0
_log = structlog.stdlib.get_logger("service.projecting")


def usual() -> int:
    """Return how many processes work unless told otherwise: one a core, up to MOST."""
    return min(MOST, os.cpu_count() or 1)


@dataclass(slots=True)
class Gang:
    """Workers on one building; ended, however this ends.

    They get the address of the database by a pipe, since others can read a command line.
    """

    url: str
    building: int
    size: int
    facts: int = 0
    _processes: list[subprocess.Popen[str]] = field(default_factory=list[subprocess.Popen[str]])
    _threads: list[threading.Thread] = field(default_factory=list[threading.Thread])
    _troubles: list[str] = field(default_factory=list[str])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        """Start them."""
        try:
            for _ in range(self.size):
                self._start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End them; what they are at is let go of."""
        self._end()

    def at_work(self) -> bool:
        """Say whether any is at work still. Raises WorkerLost where one ended before all was done."""
        statuses = [process.poll() for process in self._processes]
        lost = [status for status in statuses if status]
        if lost:
            self._end()
            raise WorkerLost(self._troubles[0] if self._troubles else _lost(lost[0]))
        return None in statuses

    def _start(self) -> None:
        process = subprocess.Popen(  # noqa: S603 - Python itself, with a module of ours
            subprocesses.command_line(_WORKER),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=subprocesses.environment(),
            encoding="utf-8",
        )
        self._processes.append(process)
        thread = threading.Thread(target=self._listen, args=(process,), name="listen-to-worker", daemon=True)
        thread.start()
        self._threads.append(thread)
        stdin = process.stdin
        if stdin is not None:
            stdin.write(json.dumps({"url": self.url, "building": self.building}) + "\n")
            stdin.flush()

    def _listen(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            said = cast("dict[str, Any]", json.loads(line))
            with self._lock:
                self.facts += said.get("facts", 0)
                if "trouble" in said:
                    self._troubles.append(said["trouble"])
                if "details" in said:
                    _log.error("a process at work failed", exception=said["details"])

    def _end(self) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            try:
                process.wait(_ENDING_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for thread in self._threads:
            thread.join(_ENDING_SECONDS)
        for process in self._processes:
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()


def _lost(status: int) -> str:
    how = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
    return f"A process at work {how} (too little memory may be the reason; `--workers 1` takes least). {AGAIN}"
