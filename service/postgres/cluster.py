"""The cluster, PostgreSQL's data folder: made atomically, checked for its version, cleaned up after a crash."""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import psutil

from service.postgres.account import SystemAccount
from service.postgres.binaries import major_of
from service.postgres.problems import DataFolderInUse, EmbeddedServerError

SUPERUSER = "postgres"

# For a small machine: one service, few connections, short statements.
_CONFIGURATION = """
# Chosen by Knownwhen when it made this folder; change them to suit the machine.
max_connections = 100
shared_buffers = 128MB
work_mem = 16MB
maintenance_work_mem = 128MB
max_wal_size = 1GB
jit = off
log_checkpoints = off
"""

_BUILTIN_LOCALE_SINCE = 17

_STOP_SECONDS = 30.0
_PAUSE = 0.05


def prepare(cluster: Path, binaries: Path, account: SystemAccount, log: IO[bytes]) -> None:
    """Create the folder `cluster` if missing; else check its version, and that no server uses it.

    Raises `EmbeddedServerError` where it cannot be created or is of another major
    version, `DataFolderInUse` where a PostgreSQL uses it.
    """
    if not (cluster / "PG_VERSION").exists():
        _make(cluster, binaries, account, log)
    _check_version(cluster, binaries)
    if (cluster / "postmaster.pid").exists():
        _wait_until_free(cluster)
        (cluster / "postmaster.pid").unlink(missing_ok=True)


def environment() -> dict[str, str]:
    """Return the environment of PostgreSQL's programs, without the user's PG*, locale and loader settings."""
    return {"LC_ALL": "C", "PATH": "/usr/bin:/bin", "TZ": "UTC"}


def _make(cluster: Path, binaries: Path, account: SystemAccount, log: IO[bytes]) -> None:
    if cluster.exists() and any(cluster.iterdir()):
        message = (
            f"The folder {cluster} holds something other than PostgreSQL's data. "
            "Move it away, or give Knownwhen another folder with KNOWNWHEN_DATA."
        )
        raise EmbeddedServerError(message)
    unfinished = cluster.with_name(f"{cluster.name}.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    account.chown(unfinished)
    _initdb(unfinished, binaries, account, log)
    with (unfinished / "postgresql.conf").open("a", encoding="utf-8") as configuration:
        configuration.write(_CONFIGURATION)
    unfinished.rename(cluster)
    _fsync_folder(cluster.parent)


def _fsync_folder(folder: Path) -> None:
    """Flush the directory `folder`, so that renames in it survive a power failure."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _initdb(folder: Path, binaries: Path, account: SystemAccount, log: IO[bytes]) -> None:
    # "trust" reaches no further than the socket, and the socket's folder admits only its owner and root.
    access = ["--auth-local=trust", "--auth-host=reject", f"--username={SUPERUSER}"]
    command = [binaries / "initdb", f"--pgdata={folder}", "--encoding=UTF8", "--data-checksums", "--no-instructions"]
    done = subprocess.run(
        [*command, *_for_version(major_of(binaries)), *access],
        check=False,
        cwd=folder,
        env=environment(),
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        user=account.uid if account.other else None,
        group=account.gid if account.other else None,
        extra_groups=[] if account.other else None,
    )
    if done.returncode:
        message = f"PostgreSQL could not make its data folder {folder.with_suffix('')}."
        raise EmbeddedServerError(message)


def _for_version(major: int) -> list[str]:
    """Return options: a locale that sorts by code point, and the fastest sync method."""
    if major < _BUILTIN_LOCALE_SINCE:
        return ["--locale=C"]
    builtin = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return [*builtin, "--sync-method=syncfs"] if sys.platform == "linux" else builtin


def _check_version(cluster: Path, binaries: Path) -> None:
    theirs, ours = (cluster / "PG_VERSION").read_text(encoding="ascii").strip(), str(major_of(binaries))
    if theirs != ours:
        message = (
            f"The data folder {cluster} was made by PostgreSQL {theirs}, and PostgreSQL {ours} cannot read it. Start "
            "an empty folder with KNOWNWHEN_DATA, and bring the old data over with the pg_dump of PostgreSQL "
            f"{theirs}; the old folder stays as it is."
        )
        raise EmbeddedServerError(message)


def _wait_until_free(cluster: Path) -> None:
    """Wait until a server whose Knownwhen died has stopped."""
    until = time.monotonic() + _STOP_SECONDS
    while (running := next(_servers_in(cluster), None)) is not None:
        if time.monotonic() > until:
            message = (
                f"A PostgreSQL (process {running}) that this Knownwhen did not start works in {cluster}. "
                "Stop it first, or give Knownwhen another folder with KNOWNWHEN_DATA."
            )
            raise DataFolderInUse(message)
        time.sleep(_PAUSE)


def _servers_in(cluster: Path) -> Iterator[int]:
    """Yield the ids of PostgreSQL's processes by their working folder.

    The number in `postmaster.pid` is no proof: after a crash, and in a
    container always, another process may have it.
    """
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.name().startswith("postgres") and process.cwd() == os.fspath(cluster):
                yield process.pid
