"""`knownwhen serve`: the HTTP interface over a database that is there, or over the bundled one."""

import contextlib
from dataclasses import dataclass
from functools import partial

from service.console import project, web
from service.console.command import FINE, announce
from service.console.database import expect_migrated, migrate_and_say, running_database
from service.console.listening import ListenAddress, listen, loopback
from service.settings import Settings


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """Where to serve, where that is not as the settings say; with how many processes, and a projector beside them."""

    host: str | None
    port: int | None
    workers: int
    projector: bool


def serve(settings: Settings, where: ServeOptions) -> int:
    """Serve until stopped. The bundled database is ours, so it is migrated; a user's own is theirs to migrate.

    Raises Misuse, CannotRun and PostgresProblem; KeyboardInterrupt where stopped before it served.
    """
    address = loopback(where.host or settings.host, where.port or settings.port)
    settings = settings.model_copy(update={"host": address.host})
    with listen(address) as listener, running_database(settings) as url:
        if settings.database_url:
            expect_migrated(url)
        else:
            migrate_and_say(url)
        with project.projector_beside(url, settings) if where.projector else contextlib.nullcontext():
            ready = partial(_ready, address, where.workers)
            web.serve(settings, url, listener, workers=where.workers, ready=ready)
    return FINE


def _ready(address: ListenAddress, workers: int) -> None:
    many = f" with {workers} workers" if workers > 1 else ""
    announce(f"Knownwhen answers at {address.url}{many}. Ctrl-C stops it.\n")
