"""The supervisor of the bundled PostgreSQL: starts the server as its account, and stops it when Knownwhen ends.

A program of its own, of the standard library only, run as

    python -I -S supervisor.py UID GID SOCKET_FOLDER POSTGRES ARGUMENT…

Its standard input is a pipe whose other end only Knownwhen holds. When that
closes, because Knownwhen wants the server to stop or because it was killed, the
supervisor asks for a fast shutdown. Should the supervisor itself be killed, Linux sends
the server the same signal (prctl PR_SET_PDEATHSIG). That signal comes when the
*thread* that started the server ends, which is why Knownwhen, with its many
threads, does not start the server itself. The supervisor has one thread.
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
_STDIN = 0  # the pipe from Knownwhen
_STOP_SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


def main(arguments: Sequence[str]) -> int:
    """Run the server until it ends, and return its exit status."""
    uid, gid, sockets, *command = arguments
    notices = _open_signal_pipe()
    libc = _load_prctl()
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(int(gid))
        os.setuid(int(uid))
    supervisor = os.getpid()
    server = os.fork()
    if server == 0:
        _exec_server(command, supervisor, libc)
    try:
        return _watch(server, notices)
    finally:
        _remove_sockets(Path(sockets))


def _exec_server(command: list[str], supervisor: int, libc: ctypes.CDLL | None) -> None:
    """Execute the server in this process; never returns."""
    try:
        if libc is not None:
            libc.prctl(_PR_SET_PDEATHSIG, FAST, 0, 0, 0)
        if os.getppid() == supervisor:  # else the supervisor died before prctl
            os.execv(command[0], command)  # noqa: S606 - no shell is wanted
    except OSError as problem:
        sys.stderr.write(f"{command[0]}: {problem.strerror}\n")
    os._exit(127)


def _watch(server: int, notices: int) -> int:
    immediate_after: float | None = None
    while True:
        ended, status = os.waitpid(server, os.WNOHANG)
        if ended:
            return abs(os.waitstatus_to_exitcode(status))
        watched = [notices] if immediate_after else [notices, _STDIN]
        ready, _, _ = select.select(watched, [], [], PAUSE if immediate_after else 1.0)
        stop_signalled = notices in ready and bool(_STOP_SIGNALS & set(os.read(notices, 64)))
        if immediate_after is None and (stop_signalled or _STDIN in ready):
            immediate_after = time.monotonic() + GRACE
        if immediate_after:
            # Repeated each time, which a stopping server ignores: one that was only starting
            # may have missed the first signal.
            os.kill(server, IMMEDIATE if time.monotonic() > immediate_after else FAST)


def _open_signal_pipe() -> int:
    """Return a descriptor from which the number of each signal is read, so that none is lost between two reads."""
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
        for path in sockets.iterdir():
            path.unlink()
        sockets.rmdir()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
