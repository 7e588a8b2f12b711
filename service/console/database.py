"""The database of a command: the user's own, the bundled one, or the bundled one that another command runs."""

import logging
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import psycopg
from psycopg.errors import InsufficientPrivilege

from service.console.command import CannotRun, say
from service.console.terminal import count
from service.postgres.embedded import NAME, embedded_server
from service.postgres.migrate import Migrated, migrate, pending
from service.postgres.pool import connect
from service.postgres.problems import DatabaseUnreachable, DataFolderInUse
from service.postgres.running import running_url
from service.settings import Settings

T = TypeVar("T")

_RETRY_SECONDS = 20.0
_PAUSE = 0.1


@contextmanager
def running_database(settings: Settings) -> Generator[str]:
    """Yield the address of a database for a server: the user's, or the bundled one, which runs while the context lasts.

    Raises PostgresProblem, if another Knownwhen uses the data folder.
    """
    if settings.database_url:
        yield settings.database_url
        return
    with embedded_server(settings.data) as server:
        yield server.url


def on_database(settings: Settings, work: Callable[[str], T]) -> T:
    """Run short work on the database, also while another Knownwhen runs the bundled server.

    The other may stop its server in the middle; then the work is done again, from
    the start, on a server of our own. So it must change nothing, or be idempotent.

    Raises what `work` does, and PostgresProblem.
    """
    if settings.database_url:
        return work(settings.database_url)
    # That is retried below, so the pool's warnings are not shown.
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
    until = time.monotonic() + _RETRY_SECONDS
    while True:
        try:
            with embedded_server(settings.data) as server:
                return work(server.url)
        except DataFolderInUse:
            if time.monotonic() > until:
                raise
        if (url := running_url(settings.data, NAME)) and _reachable(url):
            try:
                return work(url)
            except (psycopg.OperationalError, DatabaseUnreachable):
                if time.monotonic() > until or _reachable(url):
                    raise
        time.sleep(_PAUSE)


def has_data(settings: Settings) -> bool:
    """Say whether there is a database: the user's own, or the bundled server's in the data folder."""
    return settings.database_url is not None or (settings.data / "postgres" / "PG_VERSION").exists()


def expect_data(settings: Settings) -> None:
    """Raise CannotRun where there is no database yet: a command that only reads does not make an empty one."""
    if not has_data(settings):
        message = (
            f"There is no data in {_shown(settings.data)} yet. `knownwhen demo` makes some; KNOWNWHEN_DATA names "
            "another folder, and DATABASE_URL a PostgreSQL of your own."
        )
        raise CannotRun(message)


def expect_migrated(url: str) -> None:
    """Raise CannotRun where the database lacks tables of this release."""
    with connect(url) as connection:
        try:
            missing = pending(connection)
        except InsufficientPrivilege:  # another role migrated, and keeps the list to itself
            return
    if missing:
        lacking = count(len(missing), "migration")
        message = f"The database lacks {lacking} of this release. Run `knownwhen migrate` first."
        raise CannotRun(message)


def migrate_or_expect_migrated(settings: Settings, url: str) -> None:
    """Bring the bundled database up to date; a user's own must be already. Raises CannotRun."""
    if settings.database_url:
        expect_migrated(url)
    else:
        migrate_and_say(url)


def migrate_and_say(url: str) -> Migrated:
    """Bring the database up to date, and say so if there was anything to do."""
    done = migrate(url)
    if done.applied:
        say(f"The database was brought up to date by {count(len(done.applied), 'migration')}.")
    return done


def _reachable(url: str) -> bool:
    try:
        connect(url).close()
    except DatabaseUnreachable:
        return False
    return True


def _shown(path: Path) -> Path:
    return path if path.is_absolute() else Path.cwd() / path
