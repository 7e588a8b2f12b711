"""`knownwhen export`: what the log holds at a reading, as a file of any format that is written."""

import asyncio
import io
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, cast

from service import wiring
from service.access.principal import Principal
from service.console.acting import token_principal
from service.console.command import EXIT_OK, CannotRun, Misuse, say
from service.console.database import expect_data, expect_migrated, on_database
from service.console.terminal import count, print_json, progress, unknown_format
from service.eventstore.reader import LOG_ID
from service.formats import registry
from service.formats.export import incidents
from service.formats.exporter import Exporter, Unwritable
from service.postgres.pool import connect
from service.settings import Settings

STDOUT = Path("-")


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """The arguments and options: `what` is exported, `json` prints the summary for machines, for which `token`."""

    format: str
    what: incidents.ExportRequest
    output: Path = STDOUT
    json: bool = False
    token: str | None = None


def export(settings: Settings, options: ExportOptions) -> int:
    """Write the file, and print a summary beside it. The file has its name only once it is whole.

    Raises Misuse, Unanswerable, UnknownName, CannotRun and PostgresProblem.
    """
    exporter = _exporter(options)
    expect_data(settings)
    try:
        summary = on_database(settings, lambda url: _export(url, exporter, options))
    except Unwritable as problem:
        raise CannotRun(str(problem)) from problem
    if options.json:
        print_json(summary)
    else:
        for gap in summary["gaps"]:
            say(f"{count(gap['count'], gap['thing'])} {gap['why']}")
        where = "" if options.output == STDOUT else f" to {options.output}"
        say(f"Exported {exporter.name}{where}: {summary['bytes']:,} bytes, as of position {summary['position']:,}.")
    return EXIT_OK


def _exporter(options: ExportOptions) -> Exporter:
    if options.format not in registry.EXPORTERS:
        raise Misuse(unknown_format(options.format, registry.EXPORTERS))
    exporter = registry.EXPORTERS[options.format]
    if exporter.needs_map and options.what.map is None:
        message = f"“{exporter.name}” needs a mapping file: --map FILE says what its columns mean (docs/formats.md)."
        raise Misuse(message)
    if options.json and options.output == STDOUT:
        message = "With --json the summary goes to standard output; --output FILE says where the export goes."
        raise Misuse(message)
    return exporter


def _export(url: str, exporter: Exporter, options: ExportOptions) -> dict[str, Any]:
    expect_migrated(url)
    with connect(url) as connection:
        ((log,),) = connection.execute(LOG_ID).fetchall()
    what = options.what
    if options.token is not None:
        what = replace(what, collections=asyncio.run(_principal(url, options.token)).collections)
    with progress() as report_progress:

        def on_progress(done: int, total: int) -> None:
            report_progress(f"exporting {exporter.name}", done, total, 0)

        with incidents.open_export(url, what, on_progress) as export_, output_file(options.output) as file:
            exporter.write(replace(export_, log=log), file)
            size = file.tell()
    reading = export_.reading
    return {
        "ok": True,
        "format": exporter.name,
        "output": str(options.output),
        "bytes": size,
        "log": str(log),
        "position": export_.position,
        "reported_until": options.what.reported_until,
        "policy": reading.policy.id,
        "gaps": [{**gap._asdict(), "count": times} for gap, times in sorted(export_.gaps.items())],
    }


async def _principal(url: str, token: str) -> Principal:
    async with wiring.token_issuing(url) as tokens:
        return await token_principal(tokens, token, "read")


@contextmanager
def output_file(path: Path) -> Generator[BinaryIO]:
    """Give a file to write: standard output, or one beside `path` that takes its name when all is well.

    Raises CannotRun.
    """
    if path == STDOUT:
        with io.BufferedWriter(_Stdout()) as out:
            yield cast("BinaryIO", out)
        return
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with beside.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as problem:
        message = f"{path} cannot be written: {problem.strerror}."
        raise CannotRun(message) from problem
    finally:
        with suppress(OSError):
            beside.unlink()


class _Stdout(io.RawIOBase):
    """Standard output, which stays open, and counts what goes through it."""

    def __init__(self) -> None:
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, content: Any, /) -> int:  # noqa: ANN401 - whatever has bytes
        written = sys.stdout.buffer.write(content)
        self._size += written
        return written

    def tell(self) -> int:
        return self._size

    def flush(self) -> None:
        sys.stdout.buffer.flush()
