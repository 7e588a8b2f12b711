"""What is killed: projectors and rebuilds, each a process of its own, and a PostgreSQL that comes back every time."""

import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg
from psycopg.sql import SQL, Identifier

from service import wiring
from service.postgres.embedded import NAME, EmbeddedServer, embedded_server
from service.postgres.migrate import migrate
from service.postgres.problems import PostgresProblem
from service.projections.catalogue import MODELS
from service.projections.errors import RebuildProblem
from service.projections.rebuild.job import RebuildOptions
from tests.patience import PATIENCE
from tests.service.servers import working_in

# What was written survives the end of its process, if not that of the machine, which nobody ends here.
QUICK = {"fsync": "off", "full_page_writes": "off"}

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.faults.killing", "service.wiring", "uvicorn"])


def start_projector(url: str) -> BaseProcess:
    """Start a projector, which is killed or told to stop."""
    return start(_project, url)


def start_rebuild(url: str) -> BaseProcess:
    """Start a rebuild of all read models, which ends by itself if it is let."""
    return start(_rebuild, url)


def kill(process: BaseProcess) -> None:
    """End a process as the system does when there is no memory left."""
    process.kill()
    process.join(PATIENCE)


def end(process: BaseProcess) -> int | None:
    """Tell a process to stop, and return its exit status."""
    process.terminate()
    process.join(PATIENCE)
    return process.exitcode


def start(work: Callable[..., object], *given: object) -> BaseProcess:
    """Start a process that does this work, quickly: what it needs is imported already."""
    process = _CONTEXT.Process(target=work, args=given)
    process.start()
    return process


def _project(url: str) -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with suppress(PostgresProblem):  # killed before it was looked at
        wiring.make_runner(url, stop).run()


def _rebuild(url: str) -> None:
    try:
        wiring.rebuild(url, tuple(MODELS), RebuildOptions(workers=2))
    except (psycopg.Error, PostgresProblem, RebuildProblem):
        os._exit(1)  # its PostgreSQL was killed; the next rebuild goes on


class Machine:
    """A PostgreSQL in a folder of its own, for as long as `running` lasts, however often it is killed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._server: EmbeddedServer | None = None

    def start(self) -> None:
        """Start it, on what there is in its folder."""
        self._server = self._stack.enter_context(embedded_server(self._folder, settings=QUICK))

    def kill(self) -> None:
        """Kill all of its processes at once, and start it again."""
        (server,) = (each for each in working_in(self._folder) if "-S" not in each.cmdline())
        for each in [server, *server.children(recursive=True)]:
            try:
                each.kill()
            except psutil.NoSuchProcess:
                continue
        self._stack.close()
        self.start()

    def close(self) -> None:
        """Stop it."""
        self._stack.close()

    def url(self, database: str) -> str:
        """Return the address of a database, which is another after every start."""
        assert self._server is not None
        return urlsplit(self._server.url)._replace(path=f"/{database}").geturl()

    def create(self, database: str) -> None:
        """Make one more migrated database."""
        assert self._server is not None
        with psycopg.connect(self._server.admin_url, autocommit=True) as admin:
            admin.execute(SQL("CREATE DATABASE {} OWNER {}").format(Identifier(database), Identifier(NAME)))
        migrate(self.url(database))


@contextmanager
def machine() -> Iterator[Machine]:
    """Run a PostgreSQL that may be killed."""
    folder = Path(tempfile.mkdtemp(prefix="knownwhen-faults-"))
    made = Machine(folder)
    try:
        made.start()
        yield made
    finally:
        made.close()
        shutil.rmtree(folder)
