"""Child processes: they import from the same path as this one, and nothing from the current folder."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing import resource_tracker
from multiprocessing.connection import wait
from multiprocessing.context import SpawnContext
from pathlib import Path
from typing import Final

import service

SAFE: Final = "PYTHONSAFEPATH"
"""The environment variable that keeps the current folder out of Python's import path."""

_HOME: Final = str(Path(service.__file__ or "").resolve().parents[1])


def command_line(module: str, *arguments: str) -> list[str]:
    """Return the command line that runs a module of this project in a separate process."""
    return [sys.executable, "-P", "-m", module, *arguments]


def environment(**settings: str) -> dict[str, str]:
    """Return the environment for such a command: this process's with `settings`, and its import path."""
    path = dict.fromkeys(os.path.abspath(each) for each in (*filter(None, sys.path), _HOME))  # noqa: PTH100 - no links
    return {**os.environ, SAFE: "1", "PYTHONPATH": os.pathsep.join(path), **settings}


def exclude_current_folder() -> None:
    """Keep the current folder out of the import path of all further Python processes, the standard library's too."""
    os.environ[SAFE] = "1"


def spawn_context() -> SpawnContext:
    """Return a context for processes that Ctrl-C does not reach; from now on SIGINT is blocked in this thread.

    Ctrl-C goes to the whole process group, also to a new process; its parent ends it.
    """
    resource_tracker.ensure_running()  # by itself it starts with the first process, and unblocks SIGINT
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # inherited by what this thread starts
    return multiprocessing.get_context("spawn")


def call_when_parent_ends(work: Callable[[], None]) -> None:
    """Call `work` in a thread when the parent process has ended, for any reason."""
    parent = multiprocessing.parent_process()

    def wait_for_parent() -> None:
        if parent is not None:
            wait([parent.sentinel])
            work()

    threading.Thread(target=wait_for_parent, name="end-with-parent", daemon=True).start()
