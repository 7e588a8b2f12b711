"""The recorder of the library `eventsourcing` over our table: connections, the append lock, numbering, COMMIT."""

import select
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import psycopg
from eventsourcing.persistence import InternalError, OperationalError, StoredEvent
from eventsourcing.postgres import ConnectionPool, PostgresApplicationRecorder, PostgresDatastore
from psycopg import Connection, Cursor
from psycopg.errors import LockNotAvailable, error_from_result
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult
from psycopg.rows import DictRow, dict_row, tuple_row
from psycopg.sql import SQL, Identifier

from service.eventstore.append_session import AppendSession
from service.eventstore.stored_fact import StoredFact
from service.postgres import advisory_locks
from service.postgres.pool import conninfo

LOCK_SECONDS: Final = 10.0
"""Seconds that an append waits for the append lock."""

# One round trip. READ COMMITTED whatever the server's default, so that the third statement reads the log after the
# lock was taken and not before.
OPEN: Final = f"""
    BEGIN ISOLATION LEVEL READ COMMITTED;
    SELECT pg_advisory_xact_lock({advisory_locks.APPEND});
    SELECT
        coalesce(last.notification_id, 0),
        (extract(epoch FROM greatest(clock_timestamp(), last.recorded_at + interval '1 microsecond')) * 1000000)::bigint
    FROM (SELECT) AS one_row
    LEFT JOIN (SELECT notification_id, recorded_at FROM public.facts ORDER BY notification_id DESC LIMIT 1) AS last
    ON true
""".encode()  # noqa: S608 - constants only
# One round trip; subscribers are notified when the facts are visible, and only then.
CLOSE: Final = SQL("NOTIFY {}, '{{}}'; COMMIT")
_CONNECT_SECONDS: Final = 5.0
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class LogBusyError(OperationalError):
    """Another transaction held the append lock for longer than `lock_seconds`; nothing was recorded."""


class FactDatastore(PostgresDatastore):
    """Up to five connections to the database of the log; none is opened before the first use.

    `address` is an address of libpq, with all its options. Each connection is
    checked when it is handed out, so one that the server dropped is replaced.
    The server ends the session of a writer that is idle in a transaction for five
    seconds, which releases the lock.

    No statement is timed, on purpose: a limit that ends while COMMIT waits for a
    synchronous standby reports success for a fact that the standby never received.

    Raises DatabaseUnreachable if `address` is not one.
    """

    def __init__(self, address: str, lock_seconds: float = LOCK_SECONDS) -> None:
        self._lock_timeout = SQL("SET lock_timeout = {}").format(int(lock_seconds * 1000))
        super().__init__("", "", "", "", "", idle_in_transaction_session_timeout=5)
        # The library takes five parts of an address and would drop the rest: sslmode, options, several hosts.
        self.pool = ConnectionPool(
            conninfo(address, statement_seconds=None),
            connection_class=Connection[DictRow],
            kwargs={"row_factory": dict_row},
            min_size=1,
            max_size=5,
            open=False,
            configure=self.after_connect_func(),
            check=_expect_connected,
            timeout=_CONNECT_SECONDS,
        )

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


def _expect_connected(connection: Connection[Any]) -> None:
    """Raise OperationalError if the server has ended the session; without a round trip where nothing came from it.

    Nothing comes over an idle connection but its end, and rarely a notice: what it was is told by an empty statement.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if poll.poll(0):
        ConnectionPool.check_connection(connection)


class FactRecorder(PostgresApplicationRecorder):
    """The library's recorder over our table: facts with parts, salts and commitments, appended under one lock.

    Library events without an id of their own are named by `new_id`. The table is made by the migrations, never
    here. The library's own selects of events and notifications work on it unchanged.
    """

    def __init__(self, datastore: FactDatastore, *, salt: Callable[[], bytes], new_id: Callable[[], UUID]) -> None:
        super().__init__(datastore, events_table_name="facts")
        self._salt = salt
        self._new_id = new_id
        self._close = CLOSE.format(Identifier(self.channel_name)).as_string().format

    @contextmanager
    def appending(self) -> Generator[AppendSession]:
        """Open an append session: committed when the block ends, rolled back if it raises.

        All facts of the transaction get one stamp, `greatest(database clock, last stamp + 1 µs)`,
        so stamps strictly increase from transaction to transaction, also when the clock
        goes back. Positions become visible to readers in their order, without a gap.

        Raises LogBusyError if the lock is not free within the datastore's `lock_seconds`;
        OperationalError if the connection is lost: where that happens in the commit
        itself, it is unknown whether the facts were recorded, and `AppendSession.find` tells;
        InternalError if a statement failed and the block continued.
        """
        with (
            self.datastore.get_connection() as connection,
            connection.cursor(binary=True, row_factory=tuple_row) as cursor,
        ):
            session = self._open(connection, cursor)
            before = session.head
            yield session
            if connection.info.transaction_status is not TransactionStatus.INTRANS:
                message = "a statement of this transaction failed, so nothing of it was recorded"
                raise InternalError(message)
            session.flush()
            if session.head > before:
                _run(connection, self._close(session.head).encode())
            else:  # nothing was appended; the rollback releases the lock
                connection.rollback()

    def _open(self, connection: Connection[Any], cursor: Cursor[tuple[Any, ...]]) -> AppendSession:
        try:
            found = _run(connection, OPEN)
        except LockNotAvailable as error:
            message = "another writer holds the log; nothing was recorded, try again"
            raise LogBusyError(message) from error
        head, microseconds = (int(found.get_value(0, column) or 0) for column in (0, 1))
        return AppendSession(cursor, head, _EPOCH + timedelta(microseconds=microseconds), self._salt)

    def insert_events(self, stored_events: Sequence[StoredEvent | StoredFact], **_: object) -> Sequence[int] | None:
        """Append events in a transaction of their own and return their positions; None if there are none.

        The library's entry point. Raises what `appending` and `AppendSession.append` raise; nothing is
        tried again here, because only the caller knows whether a lost commit matters.
        """
        if not stored_events:
            return None
        with self.appending() as session:
            return [row.position for row in session.append([self._fact(event) for event in stored_events])]

    def _fact(self, event: StoredEvent | StoredFact) -> StoredFact:
        if isinstance(event, StoredFact):
            return event
        if not isinstance(event.originator_id, UUID):
            message = f"a stream of this log is named by a UUID, not by {event.originator_id!r}"
            raise TypeError(message)
        return StoredFact(event.originator_id, event.originator_version, event.topic, event.state, self._new_id())


def _run(connection: Connection[Any], statements: bytes) -> PGresult:
    """Run statements in one round trip and return the last result, in text format; raises psycopg.Error.

    libpq waits for the server itself, without the GIL. A cursor would make objects for each of the results, which
    costs more than all else of a small transaction.
    """
    result = connection.pgconn.exec_(statements)
    if result.status in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
        return result
    if connection.closed:
        raise psycopg.OperationalError(result.error_message.decode(errors="replace"))
    raise error_from_result(result, connection.info.encoding)


@contextmanager
def open_recorder(
    address: str, *, salt: Callable[[], bytes], new_id: Callable[[], UUID], lock_seconds: float = LOCK_SECONDS
) -> Generator[FactRecorder]:
    """Open the recorder of the log at `address`, of libpq; nothing connects before the first use.

    `salt` returns 32 random bytes a call; `new_id` names events that come without an id; an append waits
    `lock_seconds` for the lock. All connections end with the context. Raises DatabaseUnreachable if `address` is none.
    """
    datastore = FactDatastore(address, lock_seconds)
    try:
        yield FactRecorder(datastore, salt=salt, new_id=new_id)
    finally:
        datastore.close()
