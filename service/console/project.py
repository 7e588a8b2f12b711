"""`knownwhen project`: the projector in this process; and in a process beside a server."""

import threading
from contextlib import AbstractContextManager

from service import wiring
from service.console.beside import process_beside
from service.console.command import EXIT_OK, append_to_error_log, request_stop_on_signal, say
from service.console.database import expect_migrated, on_database
from service.console.logs import configure
from service.runtime import subprocesses
from service.settings import Settings


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


def projector_beside(url: str, settings: Settings) -> AbstractContextManager[None]:
    """Run a projector in a process of its own while the block lasts; one that dies is replaced."""
    return process_beside("projector", _work, url, settings)


def _work(url: str, settings: Settings) -> None:
    """Project in this process until stopped by a signal, or until the server that started it is gone."""
    configure(settings.log, keep=lambda text: append_to_error_log(text, settings.data))
    stop = request_stop_on_signal().event
    subprocesses.call_when_parent_ends(stop.set)
    wiring.make_runner(url, stop).run()
