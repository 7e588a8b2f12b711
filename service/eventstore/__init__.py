"""The log: one write path under one lock, and the reads that answers are made of.

The only room that knows the library `eventsourcing`; its errors that a caller may
meet are named here.
"""

from eventsourcing.persistence import IntegrityError, OperationalError, PersistenceError

from service.eventstore.append_session import AppendSession
from service.eventstore.application import KnownwhenLog
from service.eventstore.mapper import FactMapper, StreamFact
from service.eventstore.reader import Head, LogReader
from service.eventstore.recorder import FactRecorder, LogBusyError
from service.eventstore.stored_fact import StoredFact, StoredRow

__all__ = [
    "FactMapper",
    "FactRecorder",
    "Head",
    "IntegrityError",
    "KnownwhenLog",
    "LogBusyError",
    "LogReader",
    "OperationalError",
    "PersistenceError",
    "StoredFact",
    "StoredRow",
    "StreamFact",
    "AppendSession",
]
