"""Processes beside a server: each does one work, is replaced when it dies, and ends with the server."""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess

import structlog

from service.runtime import subprocesses

RESTART_SECONDS = 1.0
"""Seconds from the end of a process to the start of another."""
STOPPING_SECONDS = 10.0
"""Seconds that a process may take to end before it is killed; the next one continues from what is stored."""

_log = structlog.stdlib.get_logger("service.processes")


@contextmanager
def process_beside(name: str, work: Callable[..., None], *arguments: object) -> Generator[None]:
    """Run `work` with these arguments in a process of its own while the block lasts; one that dies is replaced."""
    stopping = threading.Event()
    thread = threading.Thread(target=_keep_running, args=(name, work, arguments, stopping), name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def _keep_running(
    name: str, work: Callable[..., None], arguments: tuple[object, ...], stopping: threading.Event
) -> None:
    context = subprocesses.spawn_context()
    while not stopping.is_set():
        process = context.Process(target=work, args=arguments, name=f"knownwhen-{name}", daemon=True)
        process.start()
        while process.is_alive() and not stopping.wait(RESTART_SECONDS / 10):
            pass
        if stopping.is_set():
            _end(process)
        else:
            _log.warning("a process ended; starting another", process=name, exit_status=process.exitcode)
            stopping.wait(RESTART_SECONDS)


def _end(process: BaseProcess) -> None:
    process.terminate()
    process.join(STOPPING_SECONDS)
    if process.is_alive():
        process.kill()
        process.join()
