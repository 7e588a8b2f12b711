"""Running a command: its exit status, signals, and one sentence for any error, with no traceback but for --debug.

| status | meaning |
|---|---|
| 0 | fine; a server that was stopped with Ctrl-C or SIGTERM ended as it should |
| 1 | the answer is no: not known yet, no such incident, a check that fails |
| 2 | wrong use: an option, an argument or a setting that cannot be |
| 3 | it could not run: no database, a taken port, a data folder in use, an unexpected error |
| 130, 143 | interrupted by Ctrl-C (SIGINT) or SIGTERM before it was done |
"""

import contextlib
import logging
import os
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import psycopg
import typer

from domain.catalogue import UnknownName
from service.answers.as_of import MomentUnreadable, Unanswerable
from service.console.logs import SPEAKER, configure
from service.eventstore import PersistenceError
from service.postgres.problems import PostgresProblem
from service.settings import Settings, SettingsError, read_settings

EXIT_OK, EXIT_FAILED, EXIT_WRONG_USE, EXIT_COULD_NOT_RUN = range(4)
_SIGNALLED = 128

LOG_NAME = "knownwhen.log"
"""The file in the data folder with the tracebacks of unexpected errors."""


class Negative(Exception):
    """The answer is no; the sentence says why."""


class Misuse(Exception):
    """The command was used wrongly; the sentence says how it is used."""


class CannotRun(Exception):
    """The command cannot do its work here and now; the sentence says what to do."""


class Terminated(KeyboardInterrupt):
    """SIGTERM was received; it unwinds the stack as Ctrl-C does."""


_STATUS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], int], ...] = (
    ((Misuse, SettingsError, UnknownName, MomentUnreadable), EXIT_WRONG_USE),
    ((Negative, Unanswerable), EXIT_FAILED),
    ((CannotRun, PostgresProblem), EXIT_COULD_NOT_RUN),
)


def run(work: Callable[[Settings], int], *, debug: bool) -> None:
    """Do the work of a command with the settings of the environment, and end the process with its status.

    Raises typer.Exit, always.
    """
    try:
        signal.signal(signal.SIGTERM, _stop)
        configure("console")  # until the settings are read
        settings = read_settings()
        configure(settings.log, keep=None if debug else lambda text: append_to_error_log(text, settings.data))
        status = work(settings)
        sys.stdout.flush()
    except Exception as problem:  # noqa: BLE001 - the last handler of a command
        status = _report_problem(problem, debug=debug)
    except KeyboardInterrupt as interruption:
        status = _SIGNALLED + (signal.SIGTERM if isinstance(interruption, Terminated) else signal.SIGINT)
    raise typer.Exit(status)


def say(sentence: str) -> None:
    """Print a sentence that is not the result, on standard error, or in the log of machines."""
    logging.getLogger(SPEAKER).info(sentence)


def announce(text: str) -> None:
    """Print a part of the result at once; a closed pipe is no error, since a server goes on."""
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(text)
        sys.stdout.flush()


def append_to_error_log(text: str, data: Path) -> Path:
    """Add `text` to the log of unexpected errors in the data folder, or in a new temporary file where that fails."""
    try:
        path = data / LOG_NAME
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    except OSError:
        descriptor, name = tempfile.mkstemp(prefix="knownwhen-", suffix=".log")
        path = Path(name)
    with os.fdopen(descriptor, "a", encoding="utf-8", errors="replace") as log:
        log.write(f"{text.rstrip()}\n\n")
    return path


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise Terminated


def _report_problem(problem: Exception, *, debug: bool) -> int:
    """Print the sentence of an error, and return its exit status."""
    if isinstance(problem, BrokenPipeError):  # as in `knownwhen replay … | head`: the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_OK
    if debug:
        traceback.print_exception(problem)
    for kinds, status in _STATUS:
        if isinstance(problem, kinds):
            say(str(problem))
            return status
    if isinstance(problem, psycopg.Error | PersistenceError):
        say(f"The database broke off the work: {str(problem).strip() or type(problem).__name__}")
        return EXIT_COULD_NOT_RUN
    where = "" if debug else f" The details are in {_keep_traceback(problem)}; --debug shows them here."
    say(f"Something went wrong that Knownwhen did not foresee ({type(problem).__name__}).{where}")
    return EXIT_COULD_NOT_RUN


def _keep_traceback(problem: Exception) -> Path:
    """Write the traceback to the error log; where the settings cannot be read, to a temporary file."""
    try:
        data = read_settings().data
    except SettingsError:
        data = Path(os.devnull)
    return append_to_error_log("".join(traceback.format_exception(problem)), data)


@dataclass(slots=True)
class StopRequest:
    """A request to stop this process: `event` is set by a signal, `by` is its number."""

    event: threading.Event = field(default_factory=threading.Event)
    by: int = signal.SIGINT

    def interruption(self) -> KeyboardInterrupt:
        """Return the exception that ends an unfinished command."""
        return Terminated() if self.by == signal.SIGTERM else KeyboardInterrupt()


def request_stop_on_signal(*, twice_at_once: bool = False) -> StopRequest:
    """Set handlers of SIGINT and SIGTERM, in the main thread: they set the event of the request returned.

    With `twice_at_once`, a second signal ends the process at once.
    """
    request = StopRequest()

    def stop(number: int, _frame: FrameType | None) -> None:
        request.by = number
        request.event.set()
        if twice_at_once:
            for each in (signal.SIGINT, signal.SIGTERM):
                signal.signal(each, signal.SIG_DFL)

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, stop)
    return request
