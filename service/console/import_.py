"""`knownwhen import`: files of any importer become lines, recorded by the same path as `reports:batch`; or a log."""

import asyncio
import gc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, Final

from service import wiring
from service.access.principal import OPERATOR, Principal
from service.access.sealing.key_encryption import KeyEncryption
from service.api.batches.line import of_principal
from service.api.batches.outcomes import record
from service.api.errors.problem import HttpProblem
from service.console.acting import token_principal
from service.console.command import EXIT_FAILED, EXIT_OK, CannotRun, Misuse, announce, say
from service.console.database import migrate_or_expect_migrated, on_database, running_database
from service.console.import_reader import CheckedRow, ImportRow, InvalidRow, ReadTask, prefetch
from service.console.import_report import ImportReport, parse_limit
from service.console.import_retractions import retract
from service.console.terminal import ProgressCallback, print_json, progress, unknown_format
from service.eventstore.archive.log_lines import LogHeader
from service.eventstore.archive.restore import CannotRestore, restore
from service.formats import registry
from service.formats.files.encodings import UnknownEncoding, normalize_encoding
from service.formats.importer import (
    STDIN,
    Importer,
    ImportNote,
    Layout,
    RowCells,
    SourceRetraction,
    UnreadableSource,
    open_lines,
)
from service.postgres.pool import connect
from service.runtime.garbage_collection import SELDOM
from service.settings import Settings

LOG_FORMAT = "ndjson"
"""The format that holds a whole log."""
_RERUN_HINT = "Run it again: it goes on from there, and nothing is recorded twice."


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """The arguments and options of the command."""

    format: str
    files: Sequence[Path]
    map: Path | None = None
    path: str | None = None
    reported_at: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    dates: str | None = None
    decimal: str | None = None
    restore: bool = False
    token: str | None = None
    json: bool = False
    errors: Path | None = None
    warnings: str | None = None

    @property
    def layout(self) -> Layout:
        """The layout of the files. Raises Misuse."""
        try:
            encoding = normalize_encoding(self.encoding) if self.encoding is not None else None
        except UnknownEncoding as problem:
            raise Misuse(f"--encoding: {problem}") from problem
        if self.dates is not None and not all(_is_read_back(self.dates, day) for day in _PROBE_DAYS):
            message = (
                f"--dates: “{self.dates}” tells no day; write %d, %m and %Y as they stand: “%d/%m/%Y” for 31/01/2023."
            )
            raise Misuse(message)
        if self.decimal not in (None, ",", "."):
            message = f"--decimal: “{self.decimal}” is not what stands for the point in numbers; that is “,” or “.”."
            raise Misuse(message)
        return Layout(encoding, self.sheet, dates=self.dates, decimal=self.decimal)


_PROBE_DAYS: Final = (date(2001, 2, 3), date(2010, 11, 27))


def _is_read_back(date_format: str, day: date) -> bool:
    """Say whether a format of dates has the day, the month and the year."""
    try:
        return datetime.strptime(day.strftime(date_format), date_format).date() == day  # noqa: DTZ007 - a day, and no moment
    except ValueError:
        return False


def import_(settings: Settings, options: ImportOptions) -> int:
    """Record what the files say, and print the outcome; EXIT_FAILED where some rows were rejected.

    Raises Misuse, CannotRun and PostgresProblem; KeyboardInterrupt where stopped before the end.
    """
    importer, _ = _importer(options), options.layout  # checked before the database is opened
    parse_limit(options.warnings)
    attempts = count()

    def work(url: str) -> ImportReport:
        if next(attempts) and STDIN in options.files:
            message = f"The database was stopped in the middle, and what came in cannot be read twice. {_RERUN_HINT}"
            raise CannotRun(message)
        return _import(settings, url, importer, options)

    try:
        if options.restore:
            return _restore(settings, options)
        report = on_database(settings, work)
    except UnreadableSource as problem:
        raise CannotRun(str(problem)) from problem
    except KeyboardInterrupt:
        say(f"Stopped; what was recorded stays. {_RERUN_HINT}")
        raise
    report.print("Imported", json=options.json)
    return EXIT_FAILED if report.rejected else EXIT_OK


def _restore(settings: Settings, options: ImportOptions) -> int:
    if options.format != LOG_FORMAT or len(options.files) != 1:
        message = f"--restore takes one file, the whole log as `knownwhen export {LOG_FORMAT}` wrote it."
        raise Misuse(message)
    head = restore_file(settings, options.files[0])
    if options.json:
        document = {"ok": True, "log": str(head.log), "position": head.position}
        print_json(document)
    else:
        announce(f"Restored the log {head.log} up to position {head.position:,}.\n")
    return EXIT_OK


def _importer(options: ImportOptions) -> Importer:
    if options.format not in registry.IMPORTERS:
        raise Misuse(unknown_format(options.format, registry.IMPORTERS))
    importer = registry.IMPORTERS[options.format]
    if importer.needs_map and options.map is None:
        message = f"“{importer.name}” needs a mapping file: --map FILE says what its columns mean (docs/formats.md)."
        raise Misuse(message)
    if (options.dates or options.decimal) and not importer.takes_notation:
        declared = ", ".join(each.name for each in registry.IMPORTERS.values() if each.takes_notation)
        message = f"--dates and --decimal are for {declared}; where there is a mapping file, that says so."
        raise Misuse(message)
    if options.token is not None and options.restore:
        raise Misuse("--restore brings back a whole log, which only the operator may; leave --token out.")
    if options.path is not None and options.format != "git":
        raise Misuse("--path names a table in a repository, so it is for git; give the file itself here.")
    return importer


def _import(settings: Settings, url: str, importer: Importer, options: ImportOptions) -> ImportReport:
    migrate_or_expect_migrated(settings, url)
    current_rows = partial(_current_rows, url)
    task = ReadTask(
        importer.name,
        tuple(options.files),
        options.map,
        options.path,
        options.reported_at,
        options.layout,
        current_rows,
    )
    warnings = parse_limit(options.warnings)
    with ImportReport(options.errors, every=options.json, warnings=warnings) as report, progress() as report_progress:
        done = 0

        def advance(steps: int) -> None:
            nonlocal done
            done += steps
            report_progress(f"importing {importer.name}", done, total, 0)

        total = importer.steps(task.source(advance))
        with prefetch(task.groups(advance)) as next_group:
            asyncio.run(_record(url, wiring.keys_of(settings), options.token, next_group, report))
    return report


async def _record(
    url: str,
    keys: KeyEncryption,
    token: str | None,
    next_group: Callable[[], list[ImportRow] | None],
    report: ImportReport,
) -> None:
    gc.freeze()
    gc.set_threshold(*SELDOM)
    async with wiring.services(url, keys=keys) as opened:
        principal = OPERATOR if token is None else await token_principal(opened.tokens, token, "report")
        services = opened if token is None else opened.of(principal)
        while (group := await asyncio.to_thread(next_group)) is not None:
            if token is not None:
                group = [_checked_for(row, principal) for row in group]
            ready = [row for row in group if isinstance(row, CheckedRow)]
            answers = iter(await record(services.writer, [row.parsed.write for row in ready]))
            for row in group:
                if isinstance(row, CheckedRow):
                    report.add_decided(row, next(answers))
                elif isinstance(row, ImportNote):
                    report.add_note(row)
                elif not isinstance(row, SourceRetraction):
                    report.add_invalid(row)
            await retract(services, [row for row in group if isinstance(row, SourceRetraction)], report)


def _checked_for(row: ImportRow, principal: Principal) -> ImportRow:
    """Return a row as a token records it; an invalid one where the token lacks the scope that the row needs."""
    if not isinstance(row, CheckedRow):
        return row
    try:
        return CheckedRow(row.where, of_principal(row.parsed, principal))
    except HttpProblem as problem:
        return InvalidRow(row.where, problem)


def _current_rows(url: str, mapping: Any) -> dict[str, RowCells]:  # noqa: ANN401 - only the importer and service.formats.tables know it
    """Return the current rows of a mapping's table at the end of the log."""
    from service.formats import tables  # noqa: PLC0415 - few formats need it

    return dict(tables.current_rows(url, mapping))


_PROGRESS_BYTES = 1024 * 1024


def restore_file(settings: Settings, path: Path) -> LogHeader:
    """Restore the log of a file; returns which log that is, and its last position.

    Raises Unreadable, CannotRun and PostgresProblem, where another Knownwhen has the data folder too. Nothing is
    recorded then.
    """
    with open_lines(path) as file, running_database(settings) as url:
        size = 0 if path == STDIN else path.stat().st_size
        migrate_or_expect_migrated(settings, url)
        with progress() as report_progress, connect(url) as connection:
            try:
                return restore(connection, _lines_with_progress(file, size, report_progress))
            except CannotRestore as problem:
                message = f"{path}, {problem}" if str(problem).startswith("line ") else str(problem)
                raise CannotRun(message) from problem


def _lines_with_progress(file: BinaryIO, size: int, report_progress: ProgressCallback) -> Iterator[bytes]:
    done = unreported = 0
    for line in file:
        unreported += len(line)
        if unreported >= _PROGRESS_BYTES:
            done, unreported = done + unreported, 0
            report_progress("restoring", done, size, 0)
        yield line
