"""Signs the log: extends the stored tree with new facts, and signs a checkpoint over it, in one transaction.

One signer is active, by an advisory lock of its session. It never signs two roots for one size: sizes are a primary
key, the tree is extended from what is stored, and what is stored is checked first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg import Connection, Cursor
from psycopg.rows import tuple_row

from domain.ledger.checkpoint import LogCheckpoint, format_checkpoint
from domain.ledger.entry import PARTS, Entry, format_entry, leaf_hash
from domain.ledger.merkle import EMPTY_ROOT
from domain.ledger.receipt import origin_of
from domain.ledger.signed_note import SignedNote, SigningKey, format_key, format_note, sign
from service.postgres import advisory_locks
from service.transparency.tile_store import GrowingTree

SLICE: Final = 4_096
"""How many facts are read at a time."""
MOST: Final = 65_536
"""How many facts one checkpoint adds at most."""
TRY_SIGNER: Final = f"SELECT pg_try_advisory_lock({advisory_locks.ACTIVE_SIGNER})"
SIGNER_IS_ACTIVE: Final = f"""
    SELECT EXISTS (
        SELECT FROM pg_catalog.pg_locks JOIN pg_catalog.pg_database ON pg_database.oid = pg_locks.database
        WHERE locktype = 'advisory' AND granted AND datname = current_database()
            AND classid::bigint << 32 | objid::bigint = {advisory_locks.ACTIVE_SIGNER}
    )
"""  # noqa: S608 - a number of ours

ENTRIES: Final = """
    SELECT notification_id, fact_id, originator_id, originator_version, topic, recorded_at,
        state_commitment, text_commitment, sealed_commitment
    FROM public.facts WHERE notification_id > %(after)s AND notification_id <= %(upto)s
    ORDER BY notification_id
"""
"""What entries are made of, and nothing else: content is neither needed nor read."""
_LAST: Final = "SELECT size, root FROM public.checkpoints ORDER BY size DESC LIMIT 1"
_SIGNED: Final = "INSERT INTO public.checkpoints (size, root, note, signed_at) VALUES (%s, %s, %s, %s)"
_KEY: Final = "INSERT INTO public.log_keys (key, first_used_at) VALUES (%s, %s) ON CONFLICT DO NOTHING"
_HEAD: Final = "SELECT coalesce(max(notification_id), 0) FROM public.facts"
_LOG: Final = "SELECT log_id FROM public.log"


class LogDamaged(Exception):
    """Stored facts or tiles contradict what was signed; the sentence says where. Nothing more is signed."""


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint that is stored: its size, its root and its note."""

    size: int
    root: bytes
    note: bytes


@dataclass(slots=True)
class LogSigner:
    """Signs one log over a connection that holds the signer's lock."""

    connection: Connection[Any]
    keys: Sequence[SigningKey]
    now: Callable[[], datetime]

    def log_id(self) -> UUID:
        """Return the id of the log."""
        ((log,),) = self.connection.execute(_LOG).fetchall()
        return log

    def sign_all(self, stop: Callable[[], bool] = lambda: False) -> int:
        """Sign until the end of the log is signed; returns how many facts that were. Raises LogDamaged."""
        signed = 0
        while not stop() and (added := self.sign_next()) is not None:
            signed += added
        return signed

    def sign_next(self) -> int | None:
        """Extend the tree by the next facts and sign it; returns how many, None where all are signed.

        An empty log is signed once. Raises LogDamaged.
        """
        with self.connection.transaction(), self.connection.cursor(binary=True, row_factory=tuple_row) as cursor:
            last = last_signed(cursor)
            ((head,),) = cursor.execute(_HEAD).fetchall()
            if last is not None and last[0] == head:
                return None
            tree = self._checked(cursor, last, head)
            upto = min(head, tree.size + MOST)
            added = upto - tree.size
            while tree.size < upto:
                tree.add(_leaves(cursor, tree.size, min(tree.size + SLICE, upto)))
            tree.write(cursor)
            self._sign(cursor, tree)
        return added

    def _checked(self, cursor: Cursor[Any], last: tuple[int, bytes] | None, head: int) -> GrowingTree:
        """Return the stored tree, if it is the one that was signed last."""
        tree = GrowingTree.stored(cursor)
        size, signed = last or (0, EMPTY_ROOT)
        if size > head:
            raise LogDamaged(f"The log has {head:,} facts, and a checkpoint of {size:,} was signed: facts are missing.")
        if (tree.size, tree.root()) != (size, signed):
            raise LogDamaged(
                f"The stored tree of {tree.size:,} facts is not the one that was signed at {size:,}. Restore the tables"
                " log_tiles and checkpoints from one backup."
            )
        return tree

    def _sign(self, cursor: Cursor[Any], tree: GrowingTree) -> None:
        moment = self.now()
        checkpoint = LogCheckpoint(origin_of(self.log_id()), tree.size, tree.root())
        text = format_checkpoint(checkpoint)
        note = format_note(SignedNote(text, tuple(sign(text, key) for key in self.keys)))
        cursor.execute(_SIGNED, (checkpoint.size, checkpoint.root, note, moment))
        cursor.executemany(_KEY, [(format_key(key.verifier), moment) for key in self.keys])


def last_signed(cursor: Cursor[Any]) -> tuple[int, bytes] | None:
    """Return size and root of the last checkpoint that was signed."""
    found = cursor.execute(_LAST).fetchone()
    return None if found is None else (found[0], found[1])


def _leaves(cursor: Cursor[Any], after: int, upto: int) -> list[bytes]:
    """Return the leaf hashes of the facts with positions in (after, upto]. Raises LogDamaged where one is missing."""
    rows = cursor.execute(ENTRIES, {"after": after, "upto": upto}).fetchall()
    for expected, row in enumerate(rows, start=after + 1):
        if row[0] != expected:
            raise LogDamaged(f"The log has no fact at position {expected:,}.")
    if len(rows) != upto - after:
        raise LogDamaged(f"The log has no fact at position {after + len(rows) + 1:,}.")
    return [leaf_hash(entry_bytes(row)) for row in rows]


def entry_bytes(row: tuple[Any, ...]) -> bytes:
    """Return the bytes of the entry of a row of `ENTRIES`."""
    position, fact_id, stream, version, topic, recorded_at, *commitments = row
    parts = {part: made for part, made in zip(PARTS, commitments, strict=True) if made is not None}
    return format_entry(Entry(position, recorded_at, fact_id, stream, version, topic, parts))
