"""The data folder: closed to other users, locked by one Knownwhen at a time, with the server's log in it."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from service.postgres.account import SystemAccount
from service.postgres.problems import DataFolderInUse, EmbeddedServerError

_LARGEST_LOG = 10_000_000
_LAST_LINES = 12


def log_path(data: Path) -> Path:
    """Return the path of the server's log in this data folder."""
    return data / "postgres.log"


def make_data_folder(data: Path) -> Path:
    """Make the data folder if missing, and return its real path.

    Other users may not list it; one made by root they may traverse, as PostgreSQL's account must.

    Raises `EmbeddedServerError` where it cannot be made.
    """
    try:
        data = data.expanduser()
        data.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        return data.resolve(strict=True)
    except (OSError, RuntimeError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else problem
        message = f"The data folder {data} cannot be made ({why}). Set KNOWNWHEN_DATA to a folder you may write."
        raise EmbeddedServerError(message) from problem


@contextmanager
def locked(data: Path, account: SystemAccount) -> Generator[None]:
    """Hold the data folder's lock, which the system releases when this process ends in any way.

    Raises `DataFolderInUse`, naming the process that holds it.
    """
    with _open(data / "postgres.lock", account) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            holder = os.pread(lock.fileno(), 20, 0).decode("ascii", "replace").strip() or "unknown"
            message = (
                f"Another Knownwhen (process {holder}) already uses the data folder {data}. "
                "Stop that one, or give this one a folder of its own with KNOWNWHEN_DATA."
            )
            raise DataFolderInUse(message) from problem
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n".encode())
        yield


@contextmanager
def server_log(data: Path, account: SystemAccount) -> Generator[IO[bytes]]:
    """Open the server's log for appending; one over 10 MB is moved aside first."""
    path = log_path(data)
    if path.exists() and path.stat().st_size > _LARGEST_LOG:
        path.replace(path.with_name(f"{path.name}.1"))
    with _open(path, account) as log:
        yield log


@contextmanager
def add_log_to_errors(data: Path) -> Generator[None]:
    """Append to any error of the block the lines that the server logged meanwhile.

    Raises `EmbeddedServerError`, also instead of any `OSError`.
    """
    path = log_path(data)
    start = path.stat().st_size
    try:
        yield
    except (EmbeddedServerError, OSError) as problem:
        lines = path.read_bytes()[start:].decode("utf-8", "replace").splitlines()
        heading = [f"The end of {path}:"] if lines else []
        known = isinstance(problem, EmbeddedServerError)
        sentence = str(problem) if known else f"PostgreSQL could not be started in {data}: {problem}."
        kind = type(problem) if known else EmbeddedServerError
        raise kind("\n".join([sentence, *heading, *lines[-_LAST_LINES:]])) from problem


@contextmanager
def _open(path: Path, account: SystemAccount) -> Generator[IO[bytes]]:
    """Open a file of the data folder for appending; never through a symbolic link."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as problem:
        message = (
            f"The file {path} cannot be written ({problem.strerror}). Run Knownwhen as the user it belongs to, "
            "or give it another folder with KNOWNWHEN_DATA."
        )
        raise EmbeddedServerError(message) from problem
    with os.fdopen(descriptor, "r+b", buffering=0) as file:
        account.chown(path)
        yield file
