"""What the doctor looks at in the database: the server, our rights, the tables, and the log from end to end."""

from collections.abc import Iterator
from typing import Final, LiteralString

from psycopg import Connection
from psycopg.errors import InsufficientPrivilege
from psycopg.rows import TupleRow

from service.console.checks import Check
from service.console.terminal import count
from service.postgres.migrate import available, versions
from service.postgres.pool import connect
from service.postgres.problems import PostgresProblem
from service.runtime import package_files

_TABLE: Final = "SELECT to_regclass('public.facts') IS NOT NULL"
_RIGHTS: Final = """
    SELECT current_user, has_table_privilege('public.facts', 'SELECT'), has_table_privilege('public.facts', 'INSERT'),
        has_table_privilege('public.log', 'SELECT')
"""
_MAY_CREATE: Final = "SELECT current_user, has_schema_privilege('public', 'CREATE')"
# The triggers that must be there, and fire whatever session_replication_role says: tgenabled 'A' is ENABLE ALWAYS.
_GUARDED: Final = """
    SELECT coalesce(bool_or((tgtype & 56) = 56 AND tgenabled = 'A'), false)
    FROM pg_catalog.pg_trigger WHERE tgrelid = 'public.facts'::regclass AND tgname = 'facts_are_append_only'
"""
# Facts of one transaction share a stamp; from one transaction to the next it grows.
_CONTINUITY: Final = """
    SELECT count(*), coalesce(min(notification_id), 1), coalesce(max(notification_id), 0),
        count(*) FILTER (WHERE recorded_at < before), min(notification_id) FILTER (WHERE recorded_at < before)
    FROM (
        SELECT notification_id, recorded_at, lag(recorded_at) OVER (ORDER BY notification_id) AS before
        FROM public.facts
    ) AS told
"""


def database_checks(url: str) -> Iterator[Check]:
    """Check the database at `url`; after the first check that fails, those that would need it are left out."""
    try:
        with connect(url) as connection:
            yield Check("database", "ok", _server(connection))
            yield (migrated := _migrations(connection))
            if not _one(connection, _TABLE)[0]:
                yield _may_create(connection)
                return
            if migrated.verdict != "fail":
                yield _rights(connection)
            yield _guarded(connection)
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
        here = versions(connection)
    except InsufficientPrivilege:
        advice = "Nothing, unless this release is new here: then run `knownwhen migrate` as the owner."
        return Check("migrations", "warn", "another role migrated, and keeps the list to itself", advice)
    if later := sorted(here - known):
        advice = "Start the later release of Knownwhen that made this database."
        return Check("migrations", "fail", f"unknown to this release: {', '.join(later)}", advice)
    if missing := known - here:
        return Check("migrations", "fail", f"{count(len(missing), 'migration')} missing", "Run `knownwhen migrate`.")
    return Check("migrations", "ok", f"up to date, at {max(here)}")


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


def _guarded(connection: Connection[TupleRow]) -> Check:
    if _one(connection, _GUARDED)[0]:
        return Check("append-only", "ok", "the database refuses to change or remove a fact")
    advice = "Somebody changed the table: find out who, and restore the database from a backup."
    return Check("append-only", "fail", "the trigger that refuses changes is gone or switched off", advice)


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
