"""`knownwhen serve`: the HTTP interface over a database that is there, or over the bundled one."""

import contextlib
import os
import signal
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import uvicorn
from fastapi import FastAPI
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import Multiprocess, Process

from service import wiring
from service.console.command import EXIT_OK, CannotRun, announce, append_to_error_log
from service.console.database import migrate_or_expect_migrated, running_database
from service.console.listener import ListenAddress, listen_for_each, loopback
from service.console.logs import configure
from service.console.project import projector_beside
from service.runtime import subprocesses
from service.settings import Settings, read_settings

STOPPING_SECONDS = 5
"""Seconds that running requests may take after the first Ctrl-C; a second one cancels them."""


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """The options of the command: host and port instead of the settings', processes, and a projector beside them."""

    host: str | None
    port: int | None
    workers: int
    projector: bool


def serve(settings: Settings, options: ServeOptions) -> int:
    """Serve until stopped. The bundled database is ours, so it is migrated; a user's own is theirs to migrate.

    Raises Misuse, CannotRun and PostgresProblem; KeyboardInterrupt where stopped before it served.
    """
    address = loopback(options.host or settings.host, options.port or settings.port)
    settings = settings.model_copy(update={"host": address.host})
    with contextlib.ExitStack() as opened:
        listeners = [opened.enter_context(each) for each in listen_for_each(address, options.workers)]
        url = opened.enter_context(running_database(settings))
        migrate_or_expect_migrated(settings, url)
        with projector_beside(url, settings) if options.projector else contextlib.nullcontext():
            ready = partial(_announce, address, options.workers)
            run_server(settings, url, listeners, workers=options.workers, ready=ready)
    return EXIT_OK


def _announce(address: ListenAddress, workers: int) -> None:
    many = f" with {workers} workers" if workers > 1 else ""
    announce(f"Knownwhen answers at {address.url}{many}. Ctrl-C stops it.\n")


def run_server(
    settings: Settings, url: str, listeners: Sequence[socket.socket], *, workers: int, ready: Callable[[], None]
) -> None:
    """Answer requests on `listeners` from the database at `url` until Ctrl-C or SIGTERM; then finish what was begun.

    `ready` is called once requests are answered, or, with several workers, once they were started.

    Raises CannotRun where the server does not start, KeyboardInterrupt where it is stopped before it has.
    """
    if workers > 1:
        _serve_with_workers(settings, url, listeners, workers, ready)
    else:
        _serve_here(settings, url, listeners, ready)


def worker_application() -> FastAPI:
    """Make the application in a worker process, from the environment; the worker ends with its parent."""
    settings = read_settings()
    configure(settings.log, keep=lambda text: append_to_error_log(text, settings.data))
    subprocesses.call_when_parent_ends(lambda: os.kill(os.getpid(), signal.SIGTERM))
    return wiring.make_app(settings.database_url or "", settings.served_hosts())


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._ready()


class _Workers(Multiprocess):
    """Starts each worker with a listener of its own, if there are enough.

    One that replaces another gets all of them, so that none is ever without a process that accepts from it.
    """

    def init_processes(self) -> None:
        each = len(self.sockets) == self.processes_num
        for place in range(self.processes_num):
            process = Process(self.config, [self.sockets[place]] if each else self.sockets)
            process.start()
            self.processes.append(process)


def _serve_here(settings: Settings, url: str, listeners: Sequence[socket.socket], ready: Callable[[], None]) -> None:
    server = _Server(_configuration(wiring.make_app(url, settings.served_hosts())), ready)
    try:
        server.run(sockets=list(listeners))
    except KeyboardInterrupt:  # how uvicorn passes on the signal that it has stopped for
        if not server.started:
            raise
    except SystemExit as problem:
        raise _failed() from problem


def _serve_with_workers(
    settings: Settings, url: str, listeners: Sequence[socket.socket], workers: int, ready: Callable[[], None]
) -> None:
    os.environ["DATABASE_URL"] = url  # each worker reads the environment by itself
    os.environ["KNOWNWHEN_HOST"] = settings.host
    os.environ["KNOWNWHEN_DATA"] = str(settings.data.absolute())
    configuration = _configuration(f"{__name__}:{worker_application.__name__}", workers)
    supervisor = _Workers(configuration, sockets=list(listeners))
    ready()
    supervisor.run()
    if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
        raise _failed()


def _configuration(app: object, workers: int = 1) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # pyright: ignore[reportArgumentType] - an ASGI application, or where to find the function that makes one
        access_log=False,  # the service writes its own
        factory=isinstance(app, str),
        http="httptools",
        lifespan="on",
        log_config=None,
        loop="uvloop",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=STOPPING_SECONDS,
        workers=workers,
    )


def _failed() -> CannotRun:
    return CannotRun("The server did not start; what it wrote above says why.")
