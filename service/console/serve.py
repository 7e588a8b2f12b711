"""`knownwhen serve`: the HTTP interface over a database that is there, or over the bundled one."""

import asyncio
import contextlib
import os
import resource
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
from service.access.oidc import IssuerSettings
from service.api.connections import ConnectionLimits, limited_http
from service.api.metrics import share_between_workers
from service.console.command import EXIT_OK, CannotRun, announce, append_to_error_log, say
from service.console.database import migrate_or_expect_migrated, running_database
from service.console.listener import ListenAddress, expect_loopback, listen_for_each, resolve
from service.console.logs import configure
from service.console.project import projector_beside
from service.console.sign import signer_beside
from service.runtime import subprocesses
from service.settings import Settings, read_settings

_OTHER_FILES = 500
OPEN_TO_ALL = "It is open: whoever reaches it may do everything."
"""Said at the start of a service that needs no tokens."""
FOR_HOLDERS = "It answers holders of tokens."
FOR_READERS_TOO = f"{FOR_HOLDERS} Anyone may read the collection public."
NO_ADMIN = (
    "No token with the scope “admin” stands yet, and without one nobody gets in. Whoever runs the service makes the"
    " first one here: knownwhen token create NAME --scope admin --scope read --scope report"
)
"""Said at the start of a service that has no token to begin with."""
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
    address = resolve(options.host or settings.host, options.port or settings.port)
    if settings.is_open:
        expect_loopback(address)
    settings = settings.model_copy(update={"host": address.host})
    with contextlib.ExitStack() as opened:
        listeners = [opened.enter_context(each) for each in listen_for_each(address, options.workers)]
        url = opened.enter_context(running_database(settings))
        migrate_or_expect_migrated(settings, url)
        if not (settings.is_open or settings.oidc_issuer or asyncio.run(_has_admin(url))):
            say(NO_ADMIN)
        beside = projector_beside(url, settings) if options.projector else contextlib.nullcontext()
        with beside, signer_beside(url, settings):
            ready = partial(_announce, address, settings, options.workers)
            run_server(settings, url, listeners, workers=options.workers, ready=ready)
    return EXIT_OK


async def _has_admin(url: str) -> bool:
    async with wiring.token_issuing(url) as tokens:
        return await tokens.has_admin()


def _announce(address: ListenAddress, settings: Settings, workers: int) -> None:
    many = f" with {workers} workers" if workers > 1 else ""
    announce(f"Knownwhen answers at {address.url}{many}. {_whom(settings)} Ctrl-C stops it.\n")


def _whom(settings: Settings) -> str:
    """Say who may ask."""
    if settings.is_open:
        return OPEN_TO_ALL
    return FOR_READERS_TOO if settings.public_read else FOR_HOLDERS


def run_server(
    settings: Settings, url: str, listeners: Sequence[socket.socket], *, workers: int, ready: Callable[[], None]
) -> None:
    """Answer requests on `listeners` from the database at `url` until Ctrl-C or SIGTERM; then finish what was begun.

    `ready` is called once requests are answered, or, with several workers, once they were started.

    Raises CannotRun where the server does not start, KeyboardInterrupt where it is stopped before it has.
    """
    _allow_open_files(settings.connections)
    if workers > 1:
        _serve_with_workers(settings, url, listeners, workers, ready)
    else:
        _serve_here(settings, url, listeners, ready)


def _allow_open_files(connections: int) -> None:
    """Raise the limit of open files, if it is too low for these connections and may be raised."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = connections + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (needed if hard == resource.RLIM_INFINITY else min(needed, hard), hard)
        )


def worker_application() -> FastAPI:
    """Make the application in a worker process, from the environment; the worker ends with its parent."""
    settings = read_settings()
    configure(settings.log, keep=lambda text: append_to_error_log(text, settings.data))
    subprocesses.call_when_parent_ends(lambda: os.kill(os.getpid(), signal.SIGTERM))
    return make_app(settings, settings.database_url or "")


def make_app(settings: Settings, url: str) -> FastAPI:
    """Make the application over the database at `url` as the settings say."""
    tokens = None if settings.is_open else _tokens_needed(settings)
    return wiring.make_app(url, settings.served_hosts(), tokens, wiring.keys_of(settings), traces=settings.traces)


def _tokens_needed(settings: Settings) -> wiring.TokensNeeded:
    issuer = settings.oidc_issuer and IssuerSettings(
        settings.oidc_issuer, settings.oidc_audience, settings.oidc_scopes, settings.oidc_collections
    )
    return wiring.TokensNeeded(settings.public_read, settings.token_rate, issuer or None)


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
    try:
        app = make_app(settings, url)
    except wiring.TracingMissing as problem:
        raise CannotRun(str(problem)) from problem
    server = _Server(server_configuration(app, settings), ready)
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
    share_between_workers(settings.data / "metrics")
    os.environ["DATABASE_URL"] = url  # each worker reads the environment by itself
    os.environ["KNOWNWHEN_HOST"] = settings.host
    os.environ["KNOWNWHEN_DATA"] = str(settings.data.absolute())
    configuration = server_configuration(f"{__name__}:{worker_application.__name__}", settings, workers)
    supervisor = _Workers(configuration, sockets=list(listeners))
    ready()
    supervisor.run()
    if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
        raise _failed()


def server_configuration(app: object, settings: Settings, workers: int = 1) -> uvicorn.Config:
    """Return how the server runs an application, or where to find the function that makes one."""
    return uvicorn.Config(
        app,  # pyright: ignore[reportArgumentType] - an ASGI application, or where to find the function that makes one
        access_log=False,  # the service writes its own
        factory=isinstance(app, str),
        forwarded_allow_ips=settings.trusted_proxies(),
        http=limited_http(ConnectionLimits(most=settings.connections)),  # pyright: ignore[reportArgumentType] - called as a class is
        lifespan="on",
        log_config=None,
        loop="uvloop",
        proxy_headers=bool(settings.trusted_proxies()),
        server_header=False,
        timeout_graceful_shutdown=STOPPING_SECONDS,
        workers=workers,
    )


def _failed() -> CannotRun:
    return CannotRun("The server did not start; what it wrote above says why.")
