"""`knownwhen project`: keeps the read models at the end of the log; and the same as a process beside a server."""

import multiprocessing
import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

import structlog

from service import wiring
from service.console.command import FINE, append_to_error_log, say
from service.console.database import expect_migrated, on_database
from service.console.logs import configure
from service.console.stopping import listen_for_stop
from service.settings import Settings

RESTART_SECONDS = 1.0
"""How long after a projector died beside a server another one is started."""
STOPPING_SECONDS = 10.0
"""How long a projector may take to end; what it was about is then left to the next one."""

_log = structlog.stdlib.get_logger("service.projecting")


def project(settings: Settings) -> int:
    """Follow the log until stopped; stand by while another projector is active.

    Raises CannotRun and PostgresProblem.
    """
    stop = listen_for_stop().event
    on_database(settings, lambda url: _follow(url, stop))
    return FINE


def _follow(url: str, stop: threading.Event) -> None:
    expect_migrated(url)
    say("Projecting; Ctrl-C stops it.")
    wiring.make_runner(url, stop).run()


@contextmanager
def projector_beside(url: str, settings: Settings) -> Generator[None]:
    """Have a projector at work in a process of its own for as long as this lasts; one that dies is replaced."""
    ending = threading.Event()
    keeper = threading.Thread(target=_keep_one, args=(url, settings, ending), name="projector", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        ending.set()
        keeper.join()


def _keep_one(url: str, settings: Settings, ending: threading.Event) -> None:
    # Ctrl-C reaches the whole group, also a process that has only begun; the server tells it when it is time.
    resource_tracker.ensure_running()  # by itself it is started with the first process, and lets Ctrl-C in again
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # of this thread, and of what it starts
    context = multiprocessing.get_context("spawn")
    while not ending.is_set():
        process = context.Process(target=_work, args=(url, settings), name="knownwhen-projector", daemon=True)
        process.start()
        while process.is_alive() and not ending.wait(RESTART_SECONDS / 10):
            pass
        if ending.is_set():
            _end(process)
        else:
            _log.warning("the projector ended; starting another", exit_status=process.exitcode)
            ending.wait(RESTART_SECONDS)


def _end(process: BaseProcess) -> None:
    process.terminate()
    process.join(STOPPING_SECONDS)
    if process.is_alive():
        process.kill()
        process.join()


def _work(url: str, settings: Settings) -> None:
    """Project in this process until told to stop, or until the server that started it is gone."""
    configure(settings.log, keep=lambda text: append_to_error_log(text, settings.data))
    stop = listen_for_stop().event
    threading.Thread(target=_end_with_parent, args=(stop,), name="end-with-parent", daemon=True).start()
    wiring.make_runner(url, stop).run()


def _end_with_parent(stop: threading.Event) -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        stop.set()
