"""Where the logs of benchmarks are kept: a PostgreSQL of their own, and in it a database for each log made so far."""

import hashlib
import shutil
import signal
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from bench.measuring import CONSOLE
from bench.world import Shape, fill
from service.postgres.embedded import NAME, EmbeddedServer, embedded_server
from service.postgres.migrate import migrate
from service.runtime import package_files

_MAKERS = ("world.py", "stories.py", "scenery.py")


@dataclass(frozen=True, slots=True)
class Kept:
    """A running server, as Knownwhen's own is set up, with fsync on; and the logs that are kept in it."""

    server: EmbeddedServer

    def url(self, database: str) -> str:
        """Return the address of a database for the role of the service."""
        return urlsplit(self.server.url)._replace(path=f"/{database}").geturl()

    def log(self, shape: Shape) -> str:
        """Return the database that holds a log of this shape, which is made where it is not kept yet."""
        name = f"log_{shape.facts}_{shape.incidents}_{shape.asked}_{shape.seed}_{_fingerprint()}"
        if name in self._databases():
            return name
        making = f"{name}_unfinished"
        self._drop(making)
        self._create(making, "template1")
        migrate(self.url(making))
        seconds = fill(self.url(making), shape, CONSOLE)
        self._admin(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(making), sql.Identifier(name)))
        CONSOLE.print(f"Made {shape.facts:,} facts of {shape.incidents:,} incidents in {seconds:.0f} s.")
        return name

    def tidy(self) -> None:
        """Drop what an earlier benchmark that was killed left behind, and logs that were made in other ways."""
        for name in self._databases():
            stale = name.startswith("log_") and not name.endswith(_fingerprint())
            if stale or name.startswith("run_"):
                self._drop(name)

    @contextmanager
    def copy(self, shape: Shape) -> Generator[str]:
        """Give the address of a copy of a log, migrated to this release, that may be written to; it goes in the end."""
        kept, run = self.log(shape), f"run_{shape.facts}"
        self._drop(run)
        self._create(run, kept)
        try:
            migrate(self.url(run))
            yield self.url(run)
        finally:
            self._drop(run)

    @contextmanager
    def empty(self, name: str) -> Generator[str]:
        """Give the address of a migrated database with an empty log; it goes in the end."""
        run = f"run_{name}"
        self._drop(run)
        self._create(run, "template1")
        try:
            migrate(self.url(run))
            yield self.url(run)
        finally:
            self._drop(run)

    def _databases(self) -> set[str]:
        with psycopg.connect(self.server.admin_url) as admin:
            return {name for (name,) in admin.execute("SELECT datname FROM pg_database")}

    def _create(self, name: str, template: str) -> None:
        command = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY FILE_COPY")
        self._admin(command.format(*map(sql.Identifier, (name, template, NAME))))

    def _drop(self, name: str) -> None:
        self._admin(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _admin(self, command: sql.Composed) -> None:
        with psycopg.connect(self.server.admin_url, autocommit=True) as admin:
            admin.execute(command)


@contextmanager
def kept_in(folder: Path | None) -> Generator[Kept]:
    """Run the server in `folder`, and leave its logs there for the next time; None: in one that goes in the end."""
    signal.signal(signal.SIGTERM, _put_away)
    if folder is not None:
        with embedded_server(folder) as server:
            kept = Kept(server)
            kept.tidy()
            yield kept
        return
    temporary = Path(tempfile.mkdtemp(prefix="knownwhen-bench-"))
    try:
        with embedded_server(temporary) as server:
            yield Kept(server)
    finally:
        shutil.rmtree(temporary)


def _put_away(_number: int, _frame: FrameType | None) -> NoReturn:
    """End as Ctrl-C does, so that everything is put away."""
    raise KeyboardInterrupt


def _fingerprint() -> str:
    """Tell logs apart that were made in other ways, or into other tables."""
    found = hashlib.sha256()
    for path in (
        *(Path(__file__).with_name(name) for name in _MAKERS),
        *sorted(package_files.migrations().glob("*.sql")),
    ):
        found.update(path.read_bytes())
    return found.hexdigest()[:8]
