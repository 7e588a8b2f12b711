"""The log: one write path under one lock, and the reads that answers are made of.

The only package that imports the library `eventsourcing`; those of its errors that callers meet are exported here.
"""

from eventsourcing.persistence import IntegrityError, OperationalError, PersistenceError

from service.eventstore.append_session import AppendSession
from service.eventstore.reader import LogHead, LogReader
from service.eventstore.recorder import FactRecorder, LogBusyError, open_recorder
from service.eventstore.stored_fact import StoredFact

__all__ = [
    "AppendSession",
    "FactRecorder",
    "IntegrityError",
    "LogBusyError",
    "LogHead",
    "LogReader",
    "OperationalError",
    "PersistenceError",
    "StoredFact",
    "open_recorder",
]
