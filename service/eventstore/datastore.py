"""Where the log lives: the library's pool of connections, opened from one database address."""

from collections.abc import Callable
from typing import Any, Final

from eventsourcing.postgres import PostgresDatastore
from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.sql import SQL

from service.postgres.pool import conninfo

LOCK_SECONDS: Final = 10.0
"""How long an append waits for the append lock before it gives up."""


class FactDatastore(PostgresDatastore):
    """Up to five connections to the database of the log; none is opened before the first use.

    `address` is whatever libpq takes, with all its options. Each connection is
    looked at when it is handed out, so one that the server dropped is replaced.
    A writer that stops inside a transaction is cut off by the server after five
    seconds, which frees the lock.

    No statement is timed, on purpose: a limit that strikes while COMMIT waits for a
    synchronous standby reports success for a fact that the standby never got.

    Raises DatabaseUnreachable if `address` is not one.
    """

    def __init__(self, address: str, lock_seconds: float = LOCK_SECONDS) -> None:
        self._lock_timeout = SQL("SET lock_timeout = {}").format(int(lock_seconds * 1000))
        super().__init__("", "", "", "", "", max_overflow=4, pre_ping=True, idle_in_transaction_session_timeout=5)
        # The library knows five pieces of an address and would drop the rest: sslmode, options, several hosts.
        self.pool.conninfo = conninfo(address, statement_seconds=None)
        self.pool.kwargs = {"row_factory": dict_row}

    def after_connect_func(self) -> Callable[[Connection[Any]], None]:
        """Return what the pool does with a new connection."""
        prepare: Callable[[Connection[Any]], None] = super().after_connect_func()
        lock_timeout = self._lock_timeout

        def after_connect(connection: Connection[Any]) -> None:
            prepare(connection)
            connection.execute(lock_timeout)

        return after_connect

    def register_type_adapters(self) -> None:
        """Do nothing: rows need no composite types, and no connection before there is work."""
