"""Runs the web server until it is asked to stop: in this process, or in several that share the port."""

import os
import socket
from collections.abc import Callable

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from service import wiring
from service.console.command import CannotRun
from service.settings import Settings

STOPPING_SECONDS = 5
"""How long requests that are being answered may go on after the first Ctrl-C; a second one cuts them off."""

_WORKER = "service.console.worker:application"


def serve(settings: Settings, url: str, listener: socket.socket, *, workers: int, ready: Callable[[], None]) -> None:
    """Answer requests on `listener` from the database at `url` until Ctrl-C or SIGTERM; then finish what was begun.

    `ready` is called once requests are answered, or, with several workers, once they were started.

    Raises CannotRun where the server does not start, KeyboardInterrupt where it is stopped before it has.
    """
    if workers > 1:
        _many(settings, url, listener, workers, ready)
    else:
        _one(settings, url, listener, ready)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._ready()


def _one(settings: Settings, url: str, listener: socket.socket, ready: Callable[[], None]) -> None:
    server = _Server(_configuration(wiring.make_app(url, settings.served_hosts())), ready)
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:  # how uvicorn passes on the signal that it has stopped for
        if not server.started:
            raise
    except SystemExit as problem:
        raise _failed() from problem


def _many(settings: Settings, url: str, listener: socket.socket, workers: int, ready: Callable[[], None]) -> None:
    os.environ["DATABASE_URL"] = url  # each worker reads the environment by itself
    os.environ["KNOWNWHEN_HOST"] = settings.host
    os.environ["KNOWNWHEN_DATA"] = str(settings.data.absolute())
    supervisor = Multiprocess(_configuration(_WORKER, workers), sockets=[listener])
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
