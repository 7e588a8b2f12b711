"""Starts and stops the bundled PostgreSQL in the data folder, for exactly as long as Knownwhen runs."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO
from urllib.parse import urlencode

import psycopg
from psycopg import sql

from service.postgres import cluster as clusters
from service.postgres import datafolder
from service.postgres.account import SystemAccount, account_for, grant_access, grant_execution
from service.postgres.binaries import bundled
from service.postgres.pool import conninfo
from service.postgres.problems import EmbeddedServerError

NAME = "knownwhen"
"""The service's role in the embedded server, and the database it owns."""

_SUPERVISOR = Path(__file__).with_name("supervisor.py")
_STOP_SECONDS = 90.0  # longer than the supervisor's GRACE
_START_SECONDS = 120.0
_PAUSE = 0.02
_PORT = "5432"  # part of the socket's name; nothing listens on it
_LONGEST_SOCKET_PATH = 103  # sun_path holds 104 bytes with its NUL on macOS, 108 on Linux
_NO_SETTINGS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class EmbeddedServer:
    """A running server.

    `url` is for the service: a plain role that owns its database. `admin_url`
    is the superuser's, for tests and for maintenance by hand. `version` is
    PostgreSQL's number, such as 180001.
    """

    url: str
    admin_url: str
    version: int
    log: Path


@contextmanager
def embedded_server(
    data: Path, *, binaries: Path | None = None, settings: Mapping[str, str] = _NO_SETTINGS
) -> Generator[EmbeddedServer]:
    """Run PostgreSQL in `data`/postgres while the context lasts; make what is missing.

    The server listens on a socket in a private folder only, never on the
    network. It stops when the context ends, and when this process dies in any
    way. It does not see the terminal's Ctrl-C: the caller may finish first.

    `binaries` is the folder of another PostgreSQL's programs instead of the
    bundled ones; `settings` are PostgreSQL's and override those of the folder.

    Raises `DataFolderInUse` where another process runs it, `EmbeddedServerError`
    with the last lines of the server's log for any other error.
    """
    binaries = bundled() if binaries is None else binaries
    data = datafolder.make_data_folder(data)
    account = account_for(data / "postgres")
    with ExitStack() as stack:
        stack.enter_context(datafolder.locked(data, account))
        log = stack.enter_context(datafolder.server_log(data, account))
        with datafolder.add_log_to_errors(data):
            grant_access(account, data / "postgres")
            _grant_execution(account, binaries)
            clusters.prepare(data / "postgres", binaries, account, log)
            sockets = stack.enter_context(_socket_folder(account))
            wanted = {**_settings(sockets), **settings}
            command = _command(data / "postgres", binaries, wanted)
            supervisor = stack.enter_context(_supervised(command, account, sockets, log))
            server = _ready(supervisor, wanted, data)
        yield server


def _grant_execution(account: SystemAccount, binaries: Path) -> None:
    grant_access(account, binaries / "postgres")
    if account.other and binaries == bundled():
        package = binaries.parent.parent
        grant_execution(account, binaries / "postgres", (binaries.parent, package.with_name(f"{package.name}.libs")))


@contextmanager
def _socket_folder(account: SystemAccount) -> Generator[Path]:
    """Make a folder for the socket that only `account` and root may enter, with a path short enough for one."""
    places = [Path("/tmp"), Path(tempfile.gettempdir())]  # noqa: S108 - the folder made in it is private
    place = next((place for place in places if os.access(place, os.W_OK | os.X_OK)), places[-1])
    folder = Path(tempfile.mkdtemp(prefix="knownwhen-", dir=place))
    try:
        account.chown(folder)
        grant_access(account, folder)
        if len(os.fsencode(folder / f".s.PGSQL.{_PORT}")) > _LONGEST_SOCKET_PATH:
            message = f"The folder for temporary files {place} has too long a name for a socket; set TMPDIR to another."
            raise EmbeddedServerError(message)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _settings(sockets: Path) -> dict[str, str]:
    return {
        "fsync": "on",
        "listen_addresses": "",
        "log_destination": "stderr",
        "log_timezone": "UTC",
        "logging_collector": "off",
        "port": _PORT,
        "timezone": "UTC",
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
    }


def _command(cluster: Path, binaries: Path, wanted: Mapping[str, str]) -> list[str]:
    """Return the server's command line; the settings in it win over those of the folder's postgresql.conf."""
    options = [word for name, value in wanted.items() for word in ("-c", f"{name}={value}")]
    return [str(binaries / "postgres"), "-D", str(cluster), *options]


@contextmanager
def _supervised(
    command: list[str], account: SystemAccount, sockets: Path, log: IO[bytes]
) -> Generator[subprocess.Popen[bytes]]:
    """Run the server under its supervisor, which stops it when the pipe to this process closes."""
    identity = [str(account.uid), str(account.gid), str(sockets)]
    supervisor = subprocess.Popen(
        [sys.executable, "-I", "-S", str(_SUPERVISOR), *identity, *command],
        cwd="/",
        env=clusters.environment(),
        start_new_session=True,
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=log,
    )
    with supervisor:
        try:
            yield supervisor
        finally:
            if supervisor.stdin is not None:
                supervisor.stdin.close()
            try:
                supervisor.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                supervisor.kill()


def _ready(supervisor: subprocess.Popen[bytes], wanted: Mapping[str, str], data: Path) -> EmbeddedServer:
    """Wait until the server takes connections; then make the service's role and database where missing."""
    url, admin_url = _url(wanted, NAME, NAME), _url(wanted, "postgres", clusters.SUPERUSER)
    until = time.monotonic() + _START_SECONDS
    while True:
        try:
            with psycopg.connect(conninfo(admin_url), autocommit=True) as admin:
                _make_database(admin)
                return EmbeddedServer(url, admin_url, admin.info.server_version, datafolder.log_path(data))
        except psycopg.OperationalError as problem:
            if supervisor.poll() is not None:
                message = f"PostgreSQL did not start in the data folder {data}."
                raise EmbeddedServerError(message) from problem
            if time.monotonic() > until:
                message = f"PostgreSQL did not get ready in {data} within {_START_SECONDS:.0f} seconds ({problem})."
                raise EmbeddedServerError(message) from problem
        time.sleep(_PAUSE)


def _make_database(admin: psycopg.Connection) -> None:
    name = sql.Identifier(NAME)
    if not admin.execute("SELECT FROM pg_roles WHERE rolname = %s", [NAME]).fetchall():
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEROLE").format(name))
    if not admin.execute("SELECT FROM pg_database WHERE datname = %s", [NAME]).fetchall():
        admin.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, name))


def _url(wanted: Mapping[str, str], database: str, role: str) -> str:
    where = urlencode({"host": wanted["unix_socket_directories"], "port": wanted["port"]})
    return f"postgresql://{role}@/{database}?{where}"
