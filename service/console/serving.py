"""`knownwhen serve`: the HTTP interface over a database that is there, or over the bundled one."""

from service.console import web
from service.console.database import expect_migrated, held, migrated
from service.console.listening import Address, listen, loopback
from service.console.outcome import FINE, announce
from service.settings import Settings


def serve(settings: Settings, *, host: str | None, port: int | None, workers: int) -> int:
    """Serve until stopped. The bundled database is ours, so it is migrated; a user's own is theirs to migrate.

    Raises Misuse, CannotRun and PostgresProblem; KeyboardInterrupt where stopped before it served.
    """
    address = loopback(host or settings.host, port or settings.port)
    with listen(address) as listener, held(settings) as url:
        if settings.database_url:
            expect_migrated(url)
        else:
            migrated(url)
        web.serve(settings, url, listener, workers=workers, ready=lambda: _ready(address, workers))
    return FINE


def _ready(address: Address, workers: int) -> None:
    many = f" with {workers} workers" if workers > 1 else ""
    announce(f"Knownwhen answers at {address.url}{many}. Ctrl-C stops it.\n")
