"""Re-hashes the whole log: parts against their commitments, entries against tiles, tiles against checkpoints.

In constant memory, in one snapshot. Each fact is hashed anew; what is changed is named by its position. A database
whose facts, tiles and checkpoints were all changed together is found by a checkpoint that is kept elsewhere: in the
folder of the fork guard, by witnesses, by whoever watches.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final
from uuid import UUID

import orjson
from psycopg import Connection, Cursor
from psycopg.rows import tuple_row

from domain.ledger.canonical import commitment
from domain.ledger.checkpoint import CheckpointError, LogCheckpoint, parse_checkpoint
from domain.ledger.entry import PARTS, EntryError, leaf_hash
from domain.ledger.merkle import HASH_BYTES, join, peaks, root
from domain.ledger.receipt import origin_of
from domain.ledger.signed_note import NoteError, VerifierKey, parse_key, parse_note, verify
from domain.ledger.tiles import MOST_LEVELS, WIDTH, Tile, format_path
from service.transparency.fork_guard import ForkGuard, LogForked
from service.transparency.signer import entry_bytes
from service.transparency.tile_store import TILES, GrowingTree, split

MOST_DAMAGES: Final = 1_000
"""How many damages are kept; all are counted."""
_FACTS: Final = """
    SELECT notification_id, fact_id, originator_id, originator_version, topic, recorded_at,
        state_commitment, text_commitment, sealed_commitment, state_salt, state, text_salt, text, sealed_salt, sealed
    FROM public.facts ORDER BY notification_id
"""
_CHECKPOINTS: Final = """
    SELECT size, root, signed.note, published.note FROM public.checkpoints AS signed
    LEFT JOIN public.published_checkpoints AS published USING (size) ORDER BY size
"""
_SIGNED: Final = "SELECT coalesce(max(size), 0) FROM public.checkpoints"
_KEYS: Final = "SELECT key FROM public.log_keys"
_HEAD: Final = "SELECT coalesce(max(notification_id), 0) FROM public.facts"
_LOG: Final = "SELECT log_id FROM public.log"
_COMMITMENTS, _CONTENTS = slice(6, 9), 9
_ERASED, _SOURCE_ERASED = "parts_erased.v", "source_parts_erased.v"
OnHashed = Callable[[int, int], None]
"""Takes how many facts were hashed, and how many there are."""


def _ignore(_done: int, _total: int) -> None:
    pass


@dataclass(frozen=True, slots=True)
class LogDamage:
    """Something that is not as it was recorded or signed; `position` is that of the fact, where it is one."""

    position: int | None
    why: str


@dataclass(slots=True)
class LogAudit:
    """Result of the audit of a log: how much was hashed, and what is damaged."""

    facts: int = 0
    signed: int = 0
    checkpoints: int = 0
    damages: list[LogDamage] = field(default_factory=list[LogDamage])
    damaged: int = 0

    @property
    def matches(self) -> bool:
        """Say whether nothing is damaged."""
        return not self.damaged

    def add(self, position: int | None, why: str) -> None:
        """Note a damage."""
        self.damaged += 1
        if len(self.damages) < MOST_DAMAGES:
            self.damages.append(LogDamage(position, why))


def audit_log(connection: Connection[Any], guard: ForkGuard, on_progress: OnHashed = _ignore) -> LogAudit:
    """Hash the whole log again, in a snapshot; the connection is outside a transaction."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return audit_snapshot(connection, guard, on_progress)


def audit_snapshot(connection: Connection[Any], guard: ForkGuard, on_progress: OnHashed = _ignore) -> LogAudit:
    """Hash the whole log again, as the transaction of the connection sees it."""
    with connection.cursor(binary=True, row_factory=tuple_row) as cursor:
        auditor = _LogAuditor(connection, cursor, on_progress)
        auditor.run()
        try:
            guard.expect_continued(cursor, auditor.log)
        except LogForked as forked:
            auditor.found.add(None, str(forked))
        except KeyError:
            auditor.found.add(None, "Tiles are missing, so the log cannot be compared with what was published.")
    return auditor.found


class _LogAuditor:
    """One pass over facts, level-0 tiles and checkpoints, side by side."""

    def __init__(self, connection: Connection[Any], cursor: Cursor[Any], on_progress: OnHashed) -> None:
        self.found = LogAudit()
        self._connection = connection
        self._cursor = cursor
        self._on_progress = on_progress
        self._erasures = _MissingParts(self.found)
        ((self.log,),) = cursor.execute(_LOG).fetchall()
        ((self._head,),) = cursor.execute(_HEAD).fetchall()
        ((self.found.signed,),) = cursor.execute(_SIGNED).fetchall()

    def run(self) -> None:
        """Hash everything; damages are in `found`."""
        tree, sizes = GrowingTree(), _Checkpoints(self._connection, self.found, self.log, self._keys())
        sizes.compare(0, tree.root())
        for number, batch in enumerate(_batches(self._rows())):
            leaves = [self._leaf(position, row) for position, row in batch]
            signed = leaves[: max(0, self.found.signed - number * WIDTH)]
            for leaf in self._as_signed(number, signed):
                tree.add([leaf])
                sizes.compare(tree.size, tree.root)
            self._compare_levels(tree.take_grown() if number % WIDTH == WIDTH - 1 else {})
            self.found.facts += sum(row is not None for _, row in batch)
            self._on_progress(batch[-1][0], self._head)
        sizes.finish(tree.size)
        self._compare_levels(tree.take_grown())
        self._erasures.finish()

    def _keys(self) -> list[VerifierKey]:
        keys: list[VerifierKey] = []
        for (text,) in self._cursor.execute(_KEYS).fetchall():
            try:
                keys.append(parse_key(text))
            except NoteError as error:
                self.found.add(None, f"The stored public key “{text[:80]}” is none: {error}.")
        return keys

    def _rows(self) -> Iterator[tuple[int, tuple[Any, ...] | None]]:
        """Yield each position with its row; None where what is signed has no row."""
        expected = 1
        with self._connection.cursor("audited_facts", binary=True, row_factory=tuple_row) as cursor:
            cursor.itersize = 2_048
            for row in cursor.execute(_FACTS):
                for missing in range(expected, min(row[0], self.found.signed + 1)):
                    yield missing, None
                if (beyond := max(expected, self.found.signed + 1)) < row[0]:
                    self.found.add(beyond, f"there is no fact, up to position {row[0] - 1:,}")
                yield row[0], row
                expected = row[0] + 1
        while expected <= self.found.signed:
            yield expected, None
            expected += 1

    def _leaf(self, position: int, row: tuple[Any, ...] | None) -> bytes | None:
        """Hash a fact: note parts that are not what is committed to; returns the hash of its leaf."""
        if row is None:
            self.found.add(position, "there is no fact")
            return None
        committed, contents = row[_COMMITMENTS], row[_CONTENTS:]
        for place, (part, made) in enumerate(zip(PARTS, committed, strict=True)):
            salt, content = contents[2 * place], contents[2 * place + 1]
            if content is None:
                if made is not None:
                    self._erasures.miss(part, position)
            elif made is None or salt is None or commitment(part, salt, content) != made:
                self.found.add(position, f"{part}, its salt or its commitment was changed")
        self._erasures.learn(row[4], row[10])
        try:
            return leaf_hash(entry_bytes(row[:_CONTENTS]))
        except EntryError as error:
            self.found.add(position, f"it makes no entry: {error}")
            return None

    def _as_signed(self, number: int, leaves: Sequence[bytes | None]) -> Sequence[bytes]:
        """Compare hashes with a tile of level 0; returns those that were signed, as far as that is known.

        Where they differ, the hash of the tile on the level above says whether the facts were changed, or the tile.
        """
        if not leaves:
            return []
        stored = self._tile(0, number)
        if leaves == stored[: len(leaves)]:
            return stored[: len(leaves)]
        place = f"tile {format_path(Tile(0, number, len(leaves)))}"
        if len(stored) < len(leaves):
            self.found.add(None, f"{place} has {len(stored)} hashes, and {len(leaves)} were signed")
            return [leaf or bytes(HASH_BYTES) for leaf in leaves]
        stored = stored[: len(leaves)]
        made = [leaf or bytes(HASH_BYTES) for leaf in leaves]
        if self._is_signed(number, made) and not self._is_signed(number, stored):
            changed = next(at for at, (one, other) in enumerate(zip(made, stored, strict=True)) if one != other)
            self.found.add(None, f"{place} was changed: its hash of position {number * WIDTH + changed + 1:,}")
            return made
        for at, (one, other) in enumerate(zip(leaves, stored, strict=True)):
            if one is not None and one != other:
                why = "what was signed is another entry: id, stream, version, topic, moment or a commitment was changed"
                self.found.add(number * WIDTH + at + 1, why)
        return stored

    def _is_signed(self, number: int, hashes: Sequence[bytes]) -> bool:
        """Say whether a tile of level 0 with these hashes is that of the level above, or of the last checkpoint."""
        if len(hashes) == WIDTH:
            above, place = divmod(number, WIDTH)
            row = self._tile(1, above)
            return place < len(row) and row[place] == root(hashes)
        edges = [self._edge(level) for level in range(1, MOST_LEVELS)]
        tree = join([*(peak for edge in reversed(edges) for peak in peaks(edge)), *peaks(hashes)])
        last = self._cursor.execute("SELECT root FROM public.checkpoints ORDER BY size DESC LIMIT 1").fetchall()
        return bool(last) and last[0][0] == tree

    def _edge(self, level: int) -> list[bytes]:
        """Return the hashes of a level that no higher one stands for, in the tree that was signed last."""
        number, width = divmod(self.found.signed // WIDTH**level, WIDTH)
        return self._tile(level, number)[:width] if width else []

    def _tile(self, level: int, number: int) -> list[bytes]:
        found = self._cursor.execute(TILES, {"levels": [level], "numbers": [number]}).fetchall()
        return split(found[0][2]) if found else []

    def _compare_levels(self, tiles: Mapping[tuple[int, int], bytes]) -> None:
        """Compare the tiles above level 0 with what the leaves make."""
        for (level, number), made in tiles.items():
            hashes = split(made)
            stored = self._tile(level, number)[: len(hashes)] if level else hashes
            if stored != hashes:
                at = next((at for at, pair in enumerate(zip(hashes, stored, strict=False)) if pair[0] != pair[1]), 0)
                first = (number * WIDTH + at) * WIDTH**level + 1
                path = format_path(Tile(level, number, len(hashes)))
                why = f"tile {path} was changed: its hash of positions {first:,} to {first + WIDTH**level - 1:,}"
                self.found.add(None, why)


def _batches(rows: Iterator[tuple[int, Any]]) -> Iterator[list[tuple[int, Any]]]:
    while batch := list(islice(rows, WIDTH)):
        yield batch


class _Checkpoints:
    """The signed and published checkpoints, beside a tree that grows: each is compared at its size."""

    def __init__(self, connection: Connection[Any], found: LogAudit, log: UUID, keys: Sequence[VerifierKey]) -> None:
        self._found = found
        self._origin = origin_of(log)
        self._keys = keys
        self._rows = self._read(connection)
        self._next = next(self._rows, None)
        self._whole = 0
        self._contradicted = False

    def _read(self, connection: Connection[Any]) -> Iterator[tuple[int, bytes, bytes, bytes | None]]:
        with connection.cursor("audited_checkpoints", binary=True, row_factory=tuple_row) as cursor:
            yield from cursor.execute(_CHECKPOINTS)

    def compare(self, size: int, tree: Callable[[], bytes] | bytes) -> None:
        """Compare the checkpoint of this size, if there is one, with the root of the tree."""
        if self._next is None or self._next[0] != size:
            return
        row, self._next = self._next, next(self._rows, None)
        self._found.checkpoints += 1
        self._compare(row, tree if isinstance(tree, bytes) else tree())

    def _compare(self, row: tuple[int, bytes, bytes, bytes | None], made: bytes) -> None:
        size, stored, *notes = row
        if any(not self._holds(note, size, stored) for note in notes if note is not None):
            self._found.add(None, f"the checkpoint of {size:,} facts was changed: no key of this log signed it so")
        elif stored == made:
            self._whole = size
        elif not self._contradicted:
            self._contradicted = True
            why = (
                f"the facts of positions {self._whole + 1:,} to {size:,} are not those that were signed, and the tiles"
                " were changed with them"
            )
            self._found.add(self._whole + 1, why)

    def _holds(self, note: bytes, size: int, stored: bytes) -> bool:
        try:
            parsed = parse_note(note)
            same = parse_checkpoint(parsed.text) == LogCheckpoint(self._origin, size, stored)
            return same and bool(verify(parsed, self._keys))
        except (NoteError, CheckpointError):
            return False

    def finish(self, size: int) -> None:
        """Note checkpoints of more facts than there are."""
        if self._next is not None:
            self._found.add(None, f"a checkpoint of {self._next[0]:,} facts was signed, and there are {size:,}")


class _MissingParts:
    """Parts that are gone must be those that erasures name; sealed ones may be of a source, which are counted."""

    def __init__(self, found: LogAudit) -> None:
        self._found = found
        self._missing: dict[str, set[int]] = {part: set() for part in PARTS}
        self._of_sources = 0

    def miss(self, part: str, position: int) -> None:
        """Note that a part is gone."""
        self._missing[part].add(position)

    def learn(self, topic: str, state: bytes) -> None:
        """Take what a fact says was erased; such facts come behind those that they are about."""
        if topic.startswith(_ERASED):
            positions: Mapping[str, Sequence[int]] = orjson.loads(state)["positions"]
            for part, erased in positions.items():
                self._missing[part] -= set(erased)
        elif topic.startswith(_SOURCE_ERASED):
            self._of_sources += orjson.loads(state)["count"]

    def finish(self) -> None:
        """Note parts that are gone without an erasure."""
        if len(self._missing["sealed"]) <= self._of_sources:
            self._missing["sealed"].clear()
        for part, positions in self._missing.items():
            for position in sorted(positions):
                self._found.add(position, f"{part} is gone, and no erasure says so")
