"""Readiness of the database: it answers, has this release's tables, and takes writes."""

from typing import LiteralString

import psycopg
from psycopg import AsyncConnection
from psycopg.errors import InsufficientPrivilege, UndefinedTable
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from service.postgres.migrate import available
from service.runtime import package_files

WAIT_SECONDS = 2.0
"""Seconds that the database may take to answer."""

# The service's role reads the log and nothing else; the role that connected may read the list of migrations.
_CONNECTED_AS: LiteralString = "SET LOCAL ROLE NONE"
_VERSIONS: LiteralString = "SELECT version FROM public.schema_migrations"
_LOG: LiteralString = "SELECT FROM public.facts, public.log LIMIT 0"
_READ_ONLY: LiteralString = "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean"

ConnectionPool = AsyncConnectionPool[AsyncConnection[TupleRow]]


async def readiness_problems(pool: ConnectionPool) -> list[str]:
    """Return a sentence for each reason why the database cannot serve; none if it is ready."""
    try:
        async with pool.connection(timeout=WAIT_SECONDS) as connection:
            missing = await _missing_migrations(connection)
            row = await (await connection.execute(_READ_ONLY)).fetchone()
    except psycopg.Error:
        return ["The database does not answer."]
    found = [f"The database lacks the migrations {', '.join(missing)}; run `knownwhen migrate`."] if missing else []
    if row and row[0]:
        found.append("The database takes no writes: it is a standby, or was made read-only.")
    return found


async def _missing_migrations(connection: AsyncConnection[TupleRow]) -> list[str]:
    known = available(package_files.migrations())
    try:
        async with connection.transaction():
            await connection.execute(_CONNECTED_AS)
            rows = await (await connection.execute(_VERSIONS)).fetchall()
    except UndefinedTable:
        return sorted(known)
    except InsufficientPrivilege:  # another role migrated, and the list is not readable
        await connection.execute(_LOG)
        return []
    return sorted(known - {version for (version,) in rows})
