"""The one write path: every fact is appended here, under one lock, numbered without a gap."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import UTC
from typing import Any, Final
from uuid import UUID

from eventsourcing.persistence import InternalError, OperationalError, StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder
from psycopg import Cursor
from psycopg.errors import LockNotAvailable
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Identifier

from service.eventstore.append_session import AppendSession
from service.eventstore.datastore import FactDatastore
from service.eventstore.library_subscription import FactSubscription
from service.eventstore.stored_fact import NEWEST_FIRST, OLDEST_FIRST, StoredFact, stored_row, versions_of

# One round trip. READ COMMITTED whatever the server's default, so that the third statement looks at the log after the
# lock was won and not before. The key is the letters "knownwhe" read as a number; advisory locks are per database.
OPEN: Final = """
    BEGIN ISOLATION LEVEL READ COMMITTED;
    SELECT pg_advisory_xact_lock(7741247368241571941);
    SELECT coalesce(last.notification_id, 0), greatest(clock_timestamp(), last.recorded_at + interval '1 microsecond')
    FROM (SELECT) AS always
    LEFT JOIN (SELECT notification_id, recorded_at FROM public.facts ORDER BY notification_id DESC LIMIT 1) AS last
    ON true
"""
# One round trip; subscribers are told when the facts are there, and only then.
CLOSE: Final = SQL("NOTIFY {}, {}; COMMIT")


class LogBusyError(OperationalError):
    """Another transaction held the append lock for longer than this one was willing to wait; nothing was recorded."""


class FactRecorder(PostgresApplicationRecorder):
    """The library's recorder over our table: facts with parts, salts and commitments, appended under one lock.

    `salt` gives 32 random bytes a call; `new_id` names facts that come as the library's
    plain stored events, without an id of their own. The table is made by the
    migrations, never here. Of the library's own machinery, the selects of
    notifications work unchanged.
    """

    def __init__(self, datastore: FactDatastore, *, salt: Callable[[], bytes], new_id: Callable[[], UUID]) -> None:
        super().__init__(datastore, events_table_name="facts")
        self._salt = salt
        self._new_id = new_id

    @contextmanager
    def appending(self) -> Generator[AppendSession]:
        """Hold the end of the log for one transaction: committed when the block ends, rolled back if it raises.

        All facts of the transaction get one stamp, `greatest(database clock, last stamp + 1 µs)`,
        so time strictly increases from transaction to transaction, also when the clock
        does not. Positions become visible to readers in their order, without a gap.

        Raises LogBusyError if the lock is not free within the datastore's `lock_seconds`;
        OperationalError if the connection is lost: where that happens in the commit
        itself, it is unknown whether the facts were recorded, and `Tail.find` will tell;
        InternalError if a statement failed and the block went on all the same.
        """
        with (
            self.datastore.get_connection() as connection,
            connection.cursor(binary=True, row_factory=tuple_row) as cursor,
        ):
            tail = self._open(cursor)
            before = tail.head
            yield tail
            if connection.info.transaction_status is not TransactionStatus.INTRANS:
                message = "a statement of this transaction failed, so nothing of it was recorded"
                raise InternalError(message)
            tail.flush()
            if tail.head > before:
                cursor.execute(CLOSE.format(Identifier(self.channel_name), str(tail.head)), prepare=False, binary=False)
            else:  # nothing to keep; the lock goes with the transaction
                connection.rollback()

    def _open(self, cursor: Cursor[tuple[Any, ...]]) -> AppendSession:
        try:
            cursor.execute(OPEN, prepare=False, binary=False)
        except LockNotAvailable as error:
            message = "another writer holds the log; nothing was recorded, try again"
            raise LogBusyError(message) from error
        cursor.nextset()
        cursor.nextset()
        ((head, moment),) = cursor.fetchall()
        return AppendSession(cursor, head, moment.astimezone(UTC), self._salt)

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: object) -> Sequence[int] | None:
        """Append events in a transaction of their own and return their positions; None if there are none.

        The library's way in. Raises what `appending` and `Tail.append` raise; nothing is
        tried again here, because only the caller knows whether a lost commit matters.
        """
        if not stored_events:
            return None
        with self.appending() as tail:
            return [row.position for row in tail.append([self._fact(event) for event in stored_events])]

    def _fact(self, event: StoredEvent) -> StoredFact:
        if isinstance(event, StoredFact):
            return event
        return StoredFact(
            event.originator_id, event.originator_version, event.topic, event.state, fact_id=self._new_id()
        )

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> FactSubscription:
        """Iterate over the facts after position `gt` (of these topics), and wait for more; a context manager."""
        return FactSubscription(self, gt=gt, topics=topics)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredFact]:
        """Return facts of a stream with versions in (gt, lte], whole: the library's own would leave out their text.

        The sealed part is not read here.
        """
        stream = originator_id if isinstance(originator_id, UUID) else UUID(originator_id)
        bounds = versions_of(stream, gt=gt, lte=lte, limit=limit)
        with (
            self.datastore.get_connection() as connection,
            connection.cursor(binary=True, row_factory=tuple_row) as cursor,
        ):
            found = cursor.execute(NEWEST_FIRST if desc else OLDEST_FIRST, bounds)
            return [stored_row(values).as_appended() for values in found]
