"""Pool of the worker processes of a rebuild."""

import json
import os
import subprocess
import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self, cast

import structlog

from service.projections.errors import RERUN_HINT, WorkerLost
from service.runtime import subprocesses

MOST_WORKERS: Final = 4
"""The default limit of processes: more would wait for the database."""

_WORKER: Final = "service.projections.rebuild.worker"
_ENDING_SECONDS: Final = 10.0
_log = structlog.stdlib.get_logger("service.projecting")


def default_size() -> int:
    """Return the default number of processes: one a core, up to MOST."""
    return min(MOST_WORKERS, os.cpu_count() or 1)


@dataclass(slots=True)
class WorkerPool:
    """Worker processes of one rebuild, as a context manager that ends them; `facts` is the number of facts folded.

    They get the address of the database by a pipe, since command lines are visible to other users.
    """

    url: str
    rebuild: int
    size: int
    facts: int = 0
    _processes: list[subprocess.Popen[str]] = field(default_factory=list[subprocess.Popen[str]])
    _threads: list[threading.Thread] = field(default_factory=list[threading.Thread])
    _troubles: list[str] = field(default_factory=list[str])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        """Start the processes."""
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
        """End the processes; their tasks stay undone."""
        self._end()

    def is_running(self) -> bool:
        """Return whether any process is running. Raises WorkerLost where one failed or was killed."""
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
            stdin.write(json.dumps({"url": self.url, "building": self.rebuild}) + "\n")
            stdin.flush()

    def _listen(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            message = cast("dict[str, Any]", json.loads(line))
            with self._lock:
                self.facts += message.get("facts", 0)
                if "trouble" in message:
                    self._troubles.append(message["trouble"])
                if "details" in message:
                    _log.error("a process at work failed", exception=message["details"])

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
    return f"A process at work {how} (too little memory may be the reason; `--workers 1` takes least). {RERUN_HINT}"
