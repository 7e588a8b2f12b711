"""`knownwhen sign`: signs and publishes the log in this process; and in a process beside a server."""

import os
from contextlib import AbstractContextManager, nullcontext
from threading import Event
from typing import Final

from service import wiring
from service.console.beside import process_beside
from service.console.command import EXIT_OK, Misuse, append_to_error_log, request_stop_on_signal, say
from service.console.database import expect_migrated, on_database
from service.console.logs import configure
from service.runtime import subprocesses
from service.settings import Settings

NO_KEYS = (
    "KNOWNWHEN_LOG_KEYS names the file of the keys that sign the log; `knownwhen keys log create` makes it"
    " (docs/verify.md)."
)
NICENESS: Final = 10
"""How far a signer beside a server stands back for it: a checkpoint may wait, and whoever posts may not."""


def sign(settings: Settings) -> int:
    """Follow the log and sign it until stopped; stand by while another process signs.

    Raises Misuse, CannotRun and PostgresProblem.
    """
    if settings.log_keys is None:
        raise Misuse(NO_KEYS)
    stop = request_stop_on_signal().event
    on_database(settings, lambda url: _follow(url, settings, stop))
    return EXIT_OK


def _follow(url: str, settings: Settings, stop: Event) -> None:
    expect_migrated(url)
    say("Signing the log; Ctrl-C stops it.")
    wiring.make_signing(url, settings, stop).run()


def signer_beside(url: str, settings: Settings) -> AbstractContextManager[None]:
    """Sign in a process of its own while the block lasts, if there are keys; one that dies is replaced."""
    return nullcontext() if settings.log_keys is None else process_beside("signer", _work, url, settings)


def _work(url: str, settings: Settings) -> None:
    """Sign in this process until stopped by a signal, or until the server that started it is gone."""
    os.nice(NICENESS)
    configure(settings.log, keep=lambda text: append_to_error_log(text, settings.data))
    stop = request_stop_on_signal().event
    subprocesses.call_when_parent_ends(stop.set)
    wiring.make_signing(url, settings, stop).run()
