"""Connections to PostgreSQL: single ones, and a pool for the service; all sessions are in UTC."""

import psycopg
from psycopg import AsyncConnection, Connection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from service.postgres.problems import DatabaseUnfit, DatabaseUnreachable

OLDEST_MAJOR = 15
"""The oldest PostgreSQL the service runs on."""

STATEMENT_SECONDS = 30
"""Seconds that one statement of the service may take; longer work sets its own limit."""

_CONNECT_SECONDS = 10
_IDLE_IN_TRANSACTION_SECONDS = 60
_PREPARE_AFTER = 2  # a statement seen this often is prepared


def conninfo(url: str, *, statement_seconds: int | None = STATEMENT_SECONDS) -> str:
    """Return `url` with the settings of every session: UTC, ISO dates, time limits and a name.

    Options already in `url` stay, and ours come after them. The settings
    travel with the connection's first packet and cost no round trip.
    `statement_seconds` of None sets no limit.

    Raises `DatabaseUnreachable` where `url` is not a PostgreSQL address.
    """
    settings = {
        "timezone": "UTC",
        "datestyle": "ISO",
        "intervalstyle": "iso_8601",
        "statement_timeout": f"{statement_seconds or 0}s",
        "idle_in_transaction_session_timeout": f"{_IDLE_IN_TRANSACTION_SECONDS}s",
    }
    try:
        existing = conninfo_to_dict(url).get("options") or ""
        options = " ".join([str(existing), *(f"-c {name}={value}" for name, value in settings.items())]).strip()
        return make_conninfo(
            url,
            options=options,
            application_name="knownwhen",
            client_encoding="UTF8",
            connect_timeout=_CONNECT_SECONDS,
        )
    except psycopg.ProgrammingError as problem:
        message = f"DATABASE_URL is not an address PostgreSQL understands: {str(problem).strip()}."
        raise DatabaseUnreachable(message) from problem


def make_pool(
    url: str, *, smallest: int = 1, largest: int = 8, statement_seconds: int | None = STATEMENT_SECONDS
) -> AsyncConnectionPool[AsyncConnection[TupleRow]]:
    """Make a pool that is not open yet; `async with` opens and closes it.

    Its connections commit every statement by itself, unless a
    `connection.transaction()` groups several. Waiting for a connection takes 10 seconds
    at most, and then raises psycopg's `PoolTimeout`.
    """
    return AsyncConnectionPool(
        conninfo(url, statement_seconds=statement_seconds),
        connection_class=AsyncConnection[TupleRow],
        kwargs={"autocommit": True, "prepare_threshold": _PREPARE_AFTER},
        min_size=smallest,
        max_size=largest,
        timeout=_CONNECT_SECONDS,
        open=False,
        name="knownwhen",
    )


def connect(url: str, *, statement_seconds: int | None = None) -> Connection[TupleRow]:
    """Open one connection, in autocommit mode, to a database that passes `check`.

    Raises `DatabaseUnreachable` or `DatabaseUnfit`.
    """
    try:
        connection = psycopg.connect(
            conninfo(url, statement_seconds=statement_seconds), autocommit=True, prepare_threshold=_PREPARE_AFTER
        )
    except psycopg.OperationalError as problem:
        message = (
            f"The database cannot be reached: {str(problem).strip()}\n"
            "See that DATABASE_URL is right and its server runs; without DATABASE_URL the bundled server is used."
        )
        raise DatabaseUnreachable(message) from problem
    try:
        check(connection)
    except DatabaseUnfit:
        connection.close()
        raise
    return connection


def check(connection: Connection[TupleRow] | AsyncConnection[TupleRow]) -> None:
    """Check that the server is new enough and its database in UTF-8, by the parameters of the connection.

    Raises `DatabaseUnfit`.
    """
    major = connection.info.server_version // 10_000
    if major < OLDEST_MAJOR:
        message = (
            f"The server of DATABASE_URL is PostgreSQL {major}; Knownwhen needs {OLDEST_MAJOR} or newer. "
            "Without DATABASE_URL the bundled server is used."
        )
        raise DatabaseUnfit(message)
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        message = (
            f"The database of DATABASE_URL keeps text as {encoding}, which cannot hold every name. "
            "Make one with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0."
        )
        raise DatabaseUnfit(message)
