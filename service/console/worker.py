"""One of several processes that answer requests side by side; it ends with the process that started it."""

import multiprocessing
import os
import signal
import threading
from multiprocessing.connection import wait

from fastapi import FastAPI

from service import wiring
from service.console.command import append_to_error_log
from service.console.logs import configure
from service.settings import read_settings


def application() -> FastAPI:
    """Make the application from the environment, where the parent put the address of the database."""
    settings = read_settings()
    configure(settings.log, keep=lambda text: append_to_error_log(text, settings.data))
    threading.Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()
    return wiring.make_app(settings.database_url or "", settings.served_hosts())


def _end_with_parent() -> None:
    """Stop as if asked to when the parent is gone, however that happened: nobody else would stop us."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
