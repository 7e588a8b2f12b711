"""Logging set-up of a process: lines on standard error, for people or as JSON."""

import asyncio
import contextlib
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from service.console.request_lines import CONSOLE_LINE, JSON_LINE, RequestLineFormatter

KeepTraceback = Callable[[str], Path]
"""Writes a traceback to a file, and returns its path."""

SPEAKER = "knownwhen.console"
"""The logger of a command's messages to its user: bare sentences for people, log lines for machines."""

JOIN_SECONDS = 0.05
"""The longest time that a line waits for its batch."""

_QUIET = {"uvicorn": logging.WARNING, "psycopg.pool": logging.WARNING, "asyncio": logging.WARNING}


class BatchingHandler(logging.StreamHandler[TextIO]):
    """Writes lines in batches: warnings and errors at once, the rest within JOIN_SECONDS.

    A write releases the GIL, and under load each of a thousand a second would wait to get it back.
    """

    def __init__(self, stream: TextIO) -> None:
        """Begin with an empty batch."""
        super().__init__(stream)
        self._lines: list[str] = []
        self._pending = threading.Event()
        self._writer: threading.Thread | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Add a record of the standard library's logging."""
        try:
            self.write_line(self.format(record), at_once=record.levelno >= logging.WARNING)
        except Exception:  # noqa: BLE001 - as every handler of the standard library does
            self.handleError(record)

    def write_line(self, line: str, *, at_once: bool) -> None:
        """Add a formatted line."""
        with self.lock or contextlib.nullcontext():
            self._lines.append(line + self.terminator)
        if at_once:
            self.flush()
            return
        if self._writer is None or not self._writer.is_alive():
            self._writer = threading.Thread(target=self._write, name="log", daemon=True)
            self._writer.start()
        self._pending.set()

    def flush(self) -> None:
        """Write the batch."""
        with self.lock or contextlib.nullcontext():
            lines, self._lines = self._lines, []
            if lines:
                self.stream.write("".join(lines))
                super().flush()

    def _write(self) -> None:
        while self._pending.wait():
            time.sleep(JOIN_SECONDS)
            self._pending.clear()
            with contextlib.suppress(OSError, ValueError):  # a broken pipe, or a closed stream
                self.flush()


class _LineLogger:
    """The logger below structlog: hands lines straight to the handler, in half the time of the standard library's."""

    def __init__(self, handler: BatchingHandler) -> None:
        self._handler = handler

    def debug(self, line: str) -> None:
        self._handler.write_line(line, at_once=False)

    def warning(self, line: str) -> None:
        self._handler.write_line(line, at_once=True)

    info = msg = debug
    error = critical = fatal = exception = warn = warning


def configure(form: str, *, keep: KeepTraceback | None = None) -> None:
    """Send our log and that of every library to standard error, as `console` lines or as one `json` object a line.

    On the console, tracebacks are written by `keep`, and the line has the path that it
    returns; without `keep` they are shown.
    """
    handler = BatchingHandler(sys.stderr)
    handler.addFilter(_is_no_cancellation)
    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
    begin: list[Processor] = [structlog.processors.add_log_level, stamp]
    ending = _for_machines() if form == "json" else _for_people(keep)
    template = JSON_LINE if form == "json" else None if has_colours(sys.stderr) else CONSOLE_LINE
    structlog.configure(
        processors=[RequestLineFormatter([*begin, *ending], stamp, template)],
        logger_factory=lambda *_: _LineLogger(handler),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*begin, structlog.stdlib.ExtraAdder()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending],
        )
    )
    # No line has them, and looking them up takes time (docs.python.org/3/howto/logging.html, Optimization).
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name, level in _QUIET.items():
        logging.getLogger(name).setLevel(level)
    speaker = logging.getLogger(SPEAKER)
    speaker.handlers[:] = [] if form == "json" else [logging.StreamHandler(sys.stderr)]
    speaker.propagate = form == "json"


def has_colours(stream: Any) -> bool:  # noqa: ANN401 - anything that can say whether it is a terminal
    """Say whether to write in colour: on a terminal that has any, unless NO_COLOR (no-color.org) is set."""
    return bool(stream.isatty()) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") not in {None, "", "dumb"}


def _is_no_cancellation(record: logging.LogRecord) -> bool:
    """Say whether a line is no cancellation: a request ended by a requested stop is no fault."""
    return not (record.exc_info and record.exc_info[0] is asyncio.CancelledError)


def _for_machines() -> list[Processor]:
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]


def _for_people(keep: KeepTraceback | None) -> list[Processor]:
    renderer = structlog.dev.ConsoleRenderer(
        colors=has_colours(sys.stderr), exception_formatter=structlog.dev.plain_traceback, pad_event_to=0
    )
    return [_tracebacks_in_file(keep), renderer] if keep else [renderer]


def _tracebacks_in_file(keep: KeepTraceback) -> Processor:
    """Take tracebacks out of the line, and say in which file they are."""

    def processor(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
        event = structlog.processors.format_exc_info(logger, name, event)
        head, mark, rest = str(event["event"]).partition("Traceback (most recent call last):")
        tracebacks = [text for text in (event.pop("exception", None), mark + rest) if text]
        if tracebacks:
            event["event"] = head.strip() or _exception(tracebacks[-1])
            event["details_in"] = str(keep("\n".join(tracebacks)))
        return event

    return processor


def _exception(traceback: str) -> str:
    """Return what follows the last frame of a traceback: the exception and its message, on one line."""
    lines = traceback.strip().splitlines()
    frames = [place for place, line in enumerate(lines) if line.startswith("  ")]
    return " ".join(line.strip() for line in lines[frames[-1] + 1 if frames else 0 :])
