"""Rotation of key-encryption keys: every data key is wrapped anew, and nothing else changes."""

from collections.abc import Mapping
from typing import Final

from psycopg import Connection
from psycopg.rows import TupleRow, tuple_row

from service.access.sealing.key_encryption import KeyEncryption, WrappedKey
from service.access.sealing.source_keys import binding_of
from service.postgres import advisory_locks

# No writer makes a key meanwhile.
LOCK: Final = f"SELECT pg_advisory_xact_lock({advisory_locks.APPEND})"
KEYS: Final = "SELECT key_id, origin, wrapped_by, wrapped FROM access.source_keys WHERE destroyed_at IS NULL FOR UPDATE"
WRAP: Final = """
    UPDATE access.source_keys SET wrapped_by = %(wrapped_by)s, wrapped = %(wrapped)s WHERE key_id = %(key_id)s
"""
COUNTS: Final = """
    SELECT wrapped_by, count(*) FROM access.source_keys WHERE destroyed_at IS NULL GROUP BY wrapped_by
"""


def wrap_anew(connection: Connection[TupleRow], keys: KeyEncryption) -> int:
    """Unwrap every data key and wrap it by the present key-encryption key, in one transaction; return their number.

    Appends wait meanwhile. Raises a Refusal, after which nothing is changed; psycopg.Error.
    """
    with connection.transaction(), connection.cursor(binary=True, row_factory=tuple_row) as cursor:
        cursor.execute(LOCK)
        found = cursor.execute(KEYS).fetchall()
        for key_id, origin, wrapped_by, wrapped in found:
            binding = binding_of(key_id, origin)
            anew = keys.wrap(keys.unwrap(WrappedKey(wrapped_by, wrapped), binding), binding)
            cursor.execute(WRAP, {"key_id": key_id, **anew._asdict()})
    return len(found)


def sources_by_key(connection: Connection[TupleRow]) -> Mapping[str, int]:
    """Return how many sources each key-encryption key protects, by its id."""
    return dict(connection.execute(COUNTS).fetchall())
