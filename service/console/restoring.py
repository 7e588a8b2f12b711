"""`knownwhen import ndjson --restore`: a whole log goes back into an empty one."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from service.console.database import expect_migrated, held, migrated
from service.console.outcome import CannotRun
from service.console.progress import Told, progress
from service.eventstore.archive.log_lines import LogHeader
from service.eventstore.archive.restore import CannotRestore, restore
from service.formats.importer import STDIN, opened
from service.postgres.pool import connect
from service.settings import Settings

_TELL_EVERY = 1024 * 1024


def restored(settings: Settings, path: Path) -> LogHeader:
    """Restore the log of a file; returns which log that is, and its last position.

    Raises Unreadable, CannotRun and PostgresProblem, where another Knownwhen has the data folder too. Nothing is
    recorded then.
    """
    with opened(path) as file, held(settings) as url:
        size = 0 if path == STDIN else path.stat().st_size
        if settings.database_url:
            expect_migrated(url)
        else:
            migrated(url)
        with progress() as told, connect(url) as connection:
            try:
                return restore(connection, _told(file, size, told))
            except CannotRestore as problem:
                message = f"{path}, {problem}" if str(problem).startswith("line ") else str(problem)
                raise CannotRun(message) from problem


def _told(file: BinaryIO, size: int, told: Told) -> Iterator[bytes]:
    done = untold = 0
    for line in file:
        untold += len(line)
        if untold >= _TELL_EVERY:
            done, untold = done + untold, 0
            told("restoring", done, size, 0)
        yield line
