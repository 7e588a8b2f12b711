"""The system account PostgreSQL runs under, and its access to folders.

PostgreSQL refuses to run as root. An ordinary user runs it as themselves; for
root it runs as a system account without password, shell or home.
"""

import fcntl
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from service.postgres.problems import EmbeddedServerError

SYSTEM_ACCOUNT = "knownwhen"
_USER_DATABASE = "/etc"

_EXECUTE = {"owner": stat.S_IXUSR, "group": stat.S_IXGRP, "others": stat.S_IXOTH}
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SystemAccount:
    """The account that PostgreSQL runs under; `other` if it is not this process's own, which takes root."""

    name: str
    uid: int
    gid: int
    other: bool

    def chown(self, path: Path) -> None:
        """Make this account the owner of the file or folder at `path`."""
        if self.other:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def groups(self) -> set[int]:
        return {self.gid, *os.getgrouplist(self.name, self.gid)}


def account_for(cluster: Path) -> SystemAccount:
    """Return the account to run PostgreSQL with in the folder `cluster`, which may not exist yet.

    That of this process; or, for root, the owner of the folder, so that a folder
    of an ordinary user stays theirs; or else the system account, which is
    created if missing.

    Raises `EmbeddedServerError` if the folder belongs to another user, or the account cannot be created.
    """
    owner = cluster.stat().st_uid if cluster.exists() else None
    own = os.geteuid()
    if own == 0:
        return _account_of(owner) if owner else _system_account()
    if owner in {None, own}:
        return SystemAccount(_name(own), own, os.getegid(), other=False)
    message = (
        f"The data folder {cluster} belongs to the user {_name(owner or 0)}. Run Knownwhen as that user or as root, "
        "or give it another folder with KNOWNWHEN_DATA."
    )
    raise EmbeddedServerError(message)


def grant_access(account: SystemAccount, path: Path) -> None:
    """Let `account` enter the folders above `path`: adds the missing execute bits, never read bits.

    Each folder changed is named in the log. `path` must have no symbolic links left in it.
    """
    if not account.other:
        return
    groups = account.groups()
    for folder in reversed(path.parents):
        status = folder.stat()
        bit = _EXECUTE[_permission_class(account.uid, groups, status)]
        if status.st_mode & bit:
            continue
        try:
            folder.chmod(stat.S_IMODE(status.st_mode) | bit)
        except OSError as problem:
            message = (
                f"PostgreSQL runs as the user {account.name}, who may not enter {folder} ({problem.strerror}). "
                f"Run `chmod o+x '{folder}'`, or keep Knownwhen in another place."
            )
            raise EmbeddedServerError(message) from problem
        _log.info("folder opened for passing through", folder=str(folder), account=account.name)


def grant_execution(account: SystemAccount, program: Path, folders: Iterable[Path]) -> None:
    """Let `account` read and run all of `folders`, where a strict umask left `program` to root."""
    if not account.other or _readable(program):
        return
    for path in (path for folder in folders for path in (folder, *folder.rglob("*")) if not path.is_symlink()):
        mode = stat.S_IMODE(path.stat().st_mode)
        path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))
    _log.info("PostgreSQL's programs opened for reading", program=str(program), account=account.name)


def _readable(program: Path) -> bool:
    wanted = stat.S_IROTH | stat.S_IXOTH
    return program.stat().st_mode & program.parent.stat().st_mode & wanted == wanted


def _permission_class(uid: int, groups: set[int], status: os.stat_result) -> str:
    if status.st_uid == uid:
        return "owner"
    return "group" if status.st_gid in groups else "others"


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _account_of(uid: int) -> SystemAccount:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        message = (
            f"The data folder belongs to the user number {uid}, whom this machine does not know. "
            f"Run `chown -R {SYSTEM_ACCOUNT}` on it, or give Knownwhen another folder with KNOWNWHEN_DATA."
        )
        raise EmbeddedServerError(message) from None
    return SystemAccount(entry.pw_name, entry.pw_uid, entry.pw_gid, other=True)


def _system_account() -> SystemAccount:
    with _user_database_lock():
        try:
            uid = pwd.getpwnam(SYSTEM_ACCOUNT).pw_uid
        except KeyError:
            _make_system_account()
            uid = pwd.getpwnam(SYSTEM_ACCOUNT).pw_uid
    return _account_of(uid)


@contextmanager
def _user_database_lock() -> Generator[None]:
    """Hold an advisory lock on the folder of the user database, across processes.

    Two `useradd` at once may both succeed, and the first id is then replaced by the second: a server that began to
    start under the first finds that its user does not exist.
    """
    folder = os.open(_USER_DATABASE, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _make_system_account() -> None:
    program = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    output = "there is no useradd here"
    if program:
        options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
        command = [program, *options, "--shell", "/usr/sbin/nologin", SYSTEM_ACCOUNT]
        output = subprocess.run(command, capture_output=True, check=False, text=True).stderr.strip()
    try:
        pwd.getpwnam(SYSTEM_ACCOUNT)
    except KeyError:
        message = (
            f"PostgreSQL refuses to run as root, and the system account {SYSTEM_ACCOUNT} could not be made ({output}). "
            f"Make it yourself, run Knownwhen as an ordinary user, or set DATABASE_URL to a server of your own."
        )
        raise EmbeddedServerError(message) from None
    _log.info("system account made", account=SYSTEM_ACCOUNT)
