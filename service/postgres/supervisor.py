"""The process between Knownwhen and its PostgreSQL: starts the server as its account, stops it once Knownwhen is gone.

A program of its own, of the standard library only, run as

    python -I -S guard.py UID GID SOCKET_FOLDER POSTGRES ARGUMENT…

Its standard input is a pipe whose other end only Knownwhen holds. When that
closes, because Knownwhen wants the server to stop or because it was killed, the
guard asks for a fast shutdown. Should the guard itself be killed, Linux sends
the server the same signal (prctl PR_SET_PDEATHSIG). That signal comes when the
*thread* that started the server ends, which is why Knownwhen, with its many
threads, does not start the server itself. The guard has one thread.
"""

import contextlib
import ctypes
import os
import select
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

FAST, IMMEDIATE = signal.SIGINT, signal.SIGQUIT  # as PostgreSQL reads them
GRACE = 60.0
"""Seconds a fast shutdown may take before an immediate one, which the next start recovers from."""
PAUSE = 0.2
"""Seconds between one request to stop and the next."""

_PR_SET_PDEATHSIG = 1
_STDIN = 0
_STOP_SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


def main(arguments: Sequence[str]) -> int:
    """Run the server until it ends, and return its exit status."""
    uid, gid, sockets, *command = arguments
    notices = _open_signal_pipe()
    tie = _load_prctl()
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(int(gid))
        os.setuid(int(uid))
    guard = os.getpid()
    server = os.fork()
    if server == 0:
        _exec_server(command, guard, tie)
    try:
        return _watch(server, notices)
    finally:
        _remove_sockets(Path(sockets))


def _exec_server(command: list[str], guard: int, tie: ctypes.CDLL | None) -> None:
    """Turn this process into the server; never returns."""
    try:
        if tie is not None:
            tie.prctl(_PR_SET_PDEATHSIG, FAST, 0, 0, 0)
        if os.getppid() == guard:  # else the guard died before the tie held
            os.execv(command[0], command)  # noqa: S606 - no shell is wanted
    except OSError as problem:
        sys.stderr.write(f"{command[0]}: {problem.strerror}\n")
    os._exit(127)


def _watch(server: int, notices: int) -> int:
    stop_before: float | None = None
    while True:
        ended, status = os.waitpid(server, os.WNOHANG)
        if ended:
            return abs(os.waitstatus_to_exitcode(status))
        heard = [notices] if stop_before else [notices, _STDIN]
        ready, _, _ = select.select(heard, [], [], PAUSE if stop_before else 1.0)
        asked = notices in ready and bool(_STOP_SIGNALS & set(os.read(notices, 64)))
        if stop_before is None and (asked or _STDIN in ready):
            stop_before = time.monotonic() + GRACE
        if stop_before:
            # Again each time round, which a server that is stopping ignores: one that was
            # only just starting has not heard the first.
            os.kill(server, IMMEDIATE if time.monotonic() > stop_before else FAST)


def _open_signal_pipe() -> int:
    """Return a descriptor that brings the number of each signal, so that none is lost between two reads."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    for number in (signal.SIGCHLD, *_STOP_SIGNALS):
        signal.signal(number, lambda _number, _frame: None)
    return reading


def _load_prctl() -> ctypes.CDLL | None:
    """Return the C library where it has prctl, loaded before the account changes and can no longer read ours."""
    return ctypes.CDLL(None) if sys.platform == "linux" else None


def _remove_sockets(sockets: Path) -> None:
    with contextlib.suppress(OSError):
        for left in sockets.iterdir():
            left.unlink()
        sockets.rmdir()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
