"""`knownwhen serve`: the HTTP interface over a database that is there, or over the bundled one."""

import contextlib
from dataclasses import dataclass
from functools import partial

from service.console import projecting, web
from service.console.database import expect_migrated, held, migrated
from service.console.listening import Address, listen, loopback
from service.console.outcome import FINE, announce
from service.settings import Settings


@dataclass(frozen=True, slots=True)
class Where:
    """Where to serve, where that is not as the settings say; with how many processes, and a projector beside them."""

    host: str | None
    port: int | None
    workers: int
    projector: bool


def serve(settings: Settings, where: Where) -> int:
    """Serve until stopped. The bundled database is ours, so it is migrated; a user's own is theirs to migrate.

    Raises Misuse, CannotRun and PostgresProblem; KeyboardInterrupt where stopped before it served.
    """
    address = loopback(where.host or settings.host, where.port or settings.port)
    settings = settings.model_copy(update={"host": address.host})
    with listen(address) as listener, held(settings) as url:
        if settings.database_url:
            expect_migrated(url)
        else:
            migrated(url)
        with projecting.beside(url, settings) if where.projector else contextlib.nullcontext():
            ready = partial(_ready, address, where.workers)
            web.serve(settings, url, listener, workers=where.workers, ready=ready)
    return FINE


def _ready(address: Address, workers: int) -> None:
    many = f" with {workers} workers" if workers > 1 else ""
    announce(f"Knownwhen answers at {address.url}{many}. Ctrl-C stops it.\n")
