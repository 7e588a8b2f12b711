"""`knownwhen project`: the projector in this process; and in a process beside a server."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess

import structlog

from service import wiring
from service.console.command import EXIT_OK, append_to_error_log, request_stop_on_signal, say
from service.console.database import expect_migrated, on_database
from service.console.logs import configure
from service.runtime import subprocesses
from service.settings import Settings

RESTART_SECONDS = 1.0
"""Seconds from the end of a projector process to the start of another."""
STOPPING_SECONDS = 10.0
"""Seconds that a projector may take to end before it is killed; the next one continues from its stored position."""

_log = structlog.stdlib.get_logger("service.projecting")


def project(settings: Settings) -> int:
    """Follow the log until stopped; stand by while another projector is active.

    Raises CannotRun and PostgresProblem.
    """
    stop = request_stop_on_signal().event
    on_database(settings, lambda url: _follow(url, stop))
    return EXIT_OK


def _follow(url: str, stop: threading.Event) -> None:
    expect_migrated(url)
    say("Projecting; Ctrl-C stops it.")
    wiring.make_runner(url, stop).run()


@contextmanager
def projector_beside(url: str, settings: Settings) -> Generator[None]:
    """Run a projector in a process of its own while the block lasts; one that dies is replaced."""
    stopping = threading.Event()
    thread = threading.Thread(target=_keep_running, args=(url, settings, stopping), name="projector", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def _keep_running(url: str, settings: Settings, stopping: threading.Event) -> None:
    context = subprocesses.spawn_context()
    while not stopping.is_set():
        process = context.Process(target=_work, args=(url, settings), name="knownwhen-projector", daemon=True)
        process.start()
        while process.is_alive() and not stopping.wait(RESTART_SECONDS / 10):
            pass
        if stopping.is_set():
            _end(process)
        else:
            _log.warning("the projector ended; starting another", exit_status=process.exitcode)
            stopping.wait(RESTART_SECONDS)


def _end(process: BaseProcess) -> None:
    process.terminate()
    process.join(STOPPING_SECONDS)
    if process.is_alive():
        process.kill()
        process.join()


def _work(url: str, settings: Settings) -> None:
    """Project in this process until stopped by a signal, or until the server that started it is gone."""
    configure(settings.log, keep=lambda text: append_to_error_log(text, settings.data))
    stop = request_stop_on_signal().event
    subprocesses.call_when_parent_ends(stop.set)
    wiring.make_runner(url, stop).run()
