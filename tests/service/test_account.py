"""What root opens for the account that runs PostgreSQL: the way in, and nothing else."""

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from service.postgres import account
from service.postgres.account import SystemAccount, account_for, grant_access, grant_execution
from service.postgres.problems import EmbeddedServerError

NOBODY = SystemAccount("nobody", 65_534, 65_534, other=True)
ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root may choose who runs PostgreSQL")


def test_folders_above_are_opened_for_passing_through_and_never_for_reading(tmp_path: Path) -> None:
    closed = tmp_path / "closed" / "open" / "file"
    closed.parent.mkdir(parents=True)
    closed.parent.chmod(0o755)
    closed.parent.parent.chmod(0o700)
    grant_access(NOBODY, closed)
    assert closed.parent.parent.stat().st_mode & 0o777 == 0o701
    assert closed.parent.stat().st_mode & 0o777 == 0o755


def test_nothing_is_opened_where_the_server_runs_as_ourselves(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    grant_access(SystemAccount("me", os.geteuid(), os.getegid(), other=False), tmp_path / "file")
    assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_programs_installed_under_a_strict_umask_are_opened_for_reading(tmp_path: Path) -> None:
    program, library = tmp_path / "bin" / "postgres", tmp_path / "lib" / "one.so"
    for file in (program, library):
        file.parent.mkdir(mode=0o700)
        file.touch(0o600)
    program.chmod(0o700)
    grant_execution(NOBODY, program, (program.parent, library.parent))
    assert program.stat().st_mode & 0o777 == 0o705
    assert program.parent.stat().st_mode & 0o777 == 0o705
    assert library.stat().st_mode & 0o777 == 0o604


def test_a_folder_that_cannot_be_opened_is_named_with_what_to_do() -> None:
    with pytest.raises(EmbeddedServerError, match=r"may not enter /proc/\d+/fd .*Run `chmod o\+x"):
        grant_access(NOBODY, Path(f"/proc/{os.getpid()}/fd/file"))


def test_an_ordinary_user_runs_the_server_as_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 65_534)
    assert account_for(tmp_path / "postgres") == SystemAccount("nobody", 65_534, os.getegid(), other=False)


def test_a_folder_of_somebody_else_is_refused_to_an_ordinary_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 65_534)
    with pytest.raises(EmbeddedServerError, match="belongs to the user"):
        account_for(tmp_path)


@ROOT_ONLY
def test_root_runs_the_server_as_the_owner_of_its_folder(tmp_path: Path) -> None:
    os.chown(tmp_path, NOBODY.uid, NOBODY.gid)
    assert account_for(tmp_path) == SystemAccount("nobody", NOBODY.uid, NOBODY.gid, other=True)


@ROOT_ONLY
def test_root_runs_it_as_a_system_account_in_a_new_folder(tmp_path: Path) -> None:
    chosen = account_for(tmp_path / "postgres")
    assert chosen.name == "knownwhen"
    assert chosen.uid != 0
    assert chosen.other


@ROOT_ONLY
def test_processes_that_start_at_once_make_one_account(tmp_path: Path) -> None:
    name = f"kw-test-{os.getpid()}"
    script = (
        "import sys; from pathlib import Path; from service.postgres import account\n"
        f"account.SYSTEM_ACCOUNT = {name!r}\n"
        "sys.stdin.readline()\n"
        "print(account.account_for(Path(sys.argv[1])).uid)"
    )
    command, pipe = [sys.executable, "-c", script, str(tmp_path / "postgres")], subprocess.PIPE
    starting = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(4)]
    try:
        for each in starting:
            assert each.stdin is not None
            each.stdin.write("\n")
            each.stdin.flush()
        told = [each.communicate()[0].splitlines()[-1] for each in starting]
        assert {int(uid) for uid in told} == {pwd.getpwnam(name).pw_uid}
    finally:
        subprocess.run(["/usr/sbin/userdel", name], check=False, capture_output=True)


@ROOT_ONLY
def test_a_folder_of_a_user_whom_nobody_knows_is_refused(tmp_path: Path) -> None:
    os.chown(tmp_path, 1_234_567, 1_234_567)
    with pytest.raises(EmbeddedServerError, match="number 1234567, whom this machine does not know"):
        account_for(tmp_path)


def test_an_account_that_cannot_be_made_is_said_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "SYSTEM_ACCOUNT", "no:name")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(EmbeddedServerError, match=r"no:name could not be made \(.+\)\. Make it yourself"):
        account_for(Path("/nowhere/postgres"))
