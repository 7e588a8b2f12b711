"""Restore of an archived log: into an empty log only, verified fact by fact, in one transaction."""

import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final, LiteralString

import psycopg
from psycopg import Connection
from psycopg.rows import TupleRow

from service.eventstore.archive.log_lines import LineUnreadable, LogHeader, parse_fact, parse_head
from service.eventstore.stored_fact import (
    COPY,
    COPY_TYPES,
    StoredFact,
)
from service.eventstore.sync_reader import CHANNEL
from service.postgres import advisory_locks

_LOCK: Final = f"SELECT pg_advisory_xact_lock({advisory_locks.APPEND})"
_FACTS: Final = "SELECT count(*) FROM (SELECT FROM public.facts LIMIT 1) AS first"
_SESSION_END_SECONDS: Final = 5.0
"""Seconds that an ended session may still be listed in pg_stat_activity."""
_OTHER_SESSIONS: Final = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'knownwhen' AND pid <> pg_backend_pid()
"""
_FIRST_GAP_IN_STREAM: Final = """
    SELECT notification_id FROM (
        SELECT notification_id, originator_version,
            row_number() OVER (PARTITION BY originator_id ORDER BY notification_id) AS expected
        FROM public.facts
    ) AS numbered
    WHERE originator_version <> expected ORDER BY notification_id LIMIT 1
"""
_SET_LOG_ID: Final = "UPDATE public.log SET log_id = %(log)s"


class CannotRestore(Exception):
    """The log cannot be restored; the sentence says why. Nothing was recorded."""


def restore(connection: Connection[TupleRow], lines: Iterable[bytes]) -> LogHeader:
    """Write a log into the empty one of this database, with its identity, and return where it ends.

    Positions, moments, ids, salts and parts are kept as they are, so that every answer has the same
    digest. `lines` are those of `format_head` and `format_fact`; they are read once, as a stream.
    Raises CannotRestore and psycopg.Error.
    """
    try:
        with connection.transaction():
            connection.execute(_LOCK)
            _expect_empty(connection)
            head = _copy_facts(connection, iter(lines))
            _expect_consecutive_versions(connection)
            connection.execute(_SET_LOG_ID, {"log": head.log})
            connection.execute(f"NOTIFY {CHANNEL}, '{head.position}'".encode())
    except psycopg.errors.InsufficientPrivilege as error:
        message = "Only who owns the database may restore a log: DATABASE_URL must name the role that migrated it."
        raise CannotRestore(message) from error
    except psycopg.errors.IntegrityError as error:
        message = f"The file is not a log as it was exported: {error.diag.message_primary or 'a fact comes twice'}."
        raise CannotRestore(message) from error
    return head


def _expect_empty(connection: Connection[TupleRow]) -> None:
    if _number(connection, _FACTS):
        message = (
            "This log is not empty, and a log is restored into an empty one only. Name an empty data folder with"
            " KNOWNWHEN_DATA, or an empty database with DATABASE_URL."
        )
        raise CannotRestore(message)
    until = time.monotonic() + _SESSION_END_SECONDS
    while _number(connection, _OTHER_SESSIONS):  # an ended session is still listed for a moment
        if time.monotonic() < until:
            connection.execute("SELECT pg_stat_clear_snapshot()")
            time.sleep(0.05)
            continue
        message = "Another Knownwhen works on this database, and knows it by another identity; stop it first."
        raise CannotRestore(message)


def _copy_facts(connection: Connection[TupleRow], lines: Iterator[bytes]) -> LogHeader:
    """Write all facts; errors name the number of the line, from 1."""
    try:
        head = parse_head(next(lines, b""))
    except LineUnreadable as problem:
        message = f"line 1: {problem}"
        raise CannotRestore(message) from problem
    last = 0
    with connection.cursor() as cursor, cursor.copy(COPY) as copy:
        copy.set_types(COPY_TYPES)
        for fact in _facts(lines):
            copy.write_row(fact)
            last = fact.position
    if last != head.position:
        message = f"The file ends at position {last:,}, and its log at {head.position:,}: it is not whole."
        raise CannotRestore(message)
    return head


def _facts(lines: Iterator[bytes]) -> Iterator[StoredFact]:
    last_recorded: datetime | None = None
    for number, line in enumerate(lines, start=2):
        try:
            fact = _next_fact(line, number - 1, last_recorded)
        except LineUnreadable as problem:
            message = f"line {number:,}: {problem} Nothing was restored."
            raise CannotRestore(message) from problem
        last_recorded = fact.recorded_at
        yield fact


def _next_fact(line: bytes, position: int, before: datetime | None) -> StoredFact:
    fact = parse_fact(line)
    if fact.position != position:
        message = f"Position {position:,} comes here, not {fact.position:,}."
        raise LineUnreadable(message)
    if before and fact.recorded_at < before:
        message = "It was recorded before the fact above it."
        raise LineUnreadable(message)
    return fact


def _expect_consecutive_versions(connection: Connection[TupleRow]) -> None:
    if position := _number(connection, _FIRST_GAP_IN_STREAM):
        message = f"line {position + 1:,}: It is not the next fact of its stream. Nothing was restored."
        raise CannotRestore(message)


def _number(connection: Connection[TupleRow], query: LiteralString) -> int:
    row: tuple[Any, ...] | None = connection.execute(query).fetchone()
    return row[0] if row else 0
