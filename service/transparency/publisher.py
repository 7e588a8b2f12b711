"""Publishes checkpoints that were signed: re-hashed, cosigned by witnesses, as rows and as static files.

Nothing is published that is not stored: the row of a published checkpoint refers to the signed one, and is committed
before any file says so. Static files are those of C2SP tlog-tiles; `checkpoint` is replaced last.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import structlog
from psycopg import Connection, Cursor
from psycopg.rows import tuple_row

from domain.ledger.checkpoint import parse_checkpoint
from domain.ledger.merkle import HASH_BYTES, prove_consistency
from domain.ledger.signed_note import parse_note
from domain.ledger.tiles import WIDTH, Tile, bundles_of, format_bundle, format_path, tiles_of
from service.transparency.fork_guard import ForkGuard, write_whole
from service.transparency.signer import ENTRIES, LogDamaged, entry_bytes
from service.transparency.tile_store import TILES, read_tiles, root_at, spans_asked, subtrees_in
from service.transparency.witnesses import WitnessClient, WitnessPolicy, WitnessRefused, cosigned

_log = structlog.stdlib.get_logger("service.signing")
_LAST_SIGNED: Final = "SELECT size, root, note FROM public.checkpoints ORDER BY size DESC LIMIT 1"
LAST_PUBLISHED: Final = "SELECT size, note FROM public.published_checkpoints ORDER BY size DESC LIMIT 1"
_PUBLISH: Final = "INSERT INTO public.published_checkpoints (size, note, published_at) VALUES (%s, %s, %s)"


@dataclass(slots=True)
class Publisher:
    """Publishes one log. `folder` is that of the static files, if they are wanted."""

    connection: Connection[Any]
    log: UUID
    guard: ForkGuard
    now: Callable[[], datetime]
    witnesses: WitnessPolicy = field(default_factory=WitnessPolicy)
    folder: Path | None = None
    client: WitnessClient = field(default_factory=WitnessClient)

    def publish_next(self) -> int | None:
        """Publish the last signed checkpoint; returns its size, None where it is published or waits for witnesses.

        Raises LogDamaged where the stored tree has another root.
        """
        with self.connection.transaction(), self.connection.cursor(binary=True, row_factory=tuple_row) as cursor:
            signed = cursor.execute(_LAST_SIGNED).fetchone()
            published = cursor.execute(LAST_PUBLISHED).fetchone()
            if published is not None:
                self._complete(cursor, published[0], published[1])
            if signed is None or (published is not None and published[0] == signed[0]):
                return None
            size, signed_root, note = signed
            if size and root_at(cursor, size) != signed_root:
                raise LogDamaged(f"The stored tree of {size:,} facts has not the root that was signed.")
            note = self._witnessed(cursor, size, note)
            if note is None:
                return None
            cursor.execute(_PUBLISH, (size, note, self.now()))
        with self.connection.transaction(), self.connection.cursor(binary=True, row_factory=tuple_row) as cursor:
            self._complete(cursor, size, note)
        return size

    def _witnessed(self, cursor: Cursor[Any], size: int, note: bytes) -> bytes | None:
        """Return the note with the cosignatures of all witnesses that gave theirs; None where too few did."""
        signatures: list[Any] = []
        for witness in self.witnesses.witnesses:
            try:
                signatures.append(self.client.cosign(witness, note, size, lambda old: _continued(cursor, old, size)))
            except WitnessRefused as refusal:
                _log.warning("a witness did not cosign", witness=witness.key.name, why=str(refusal))
        if len(signatures) < self.witnesses.needed:
            _log.warning(
                "too few witnesses cosigned", size=size, cosigned=len(signatures), needed=self.witnesses.needed
            )
            return None
        return cosigned(note, signatures)

    def _complete(self, cursor: Cursor[Any], size: int, note: bytes) -> None:
        """Bring the files to a checkpoint whose row is committed."""
        kept = self.guard.published(self.log)
        if kept is None or kept.size < size:
            self.guard.keep(self.log, note)
        if self.folder is None or _read(self.folder / "checkpoint") == note:
            return
        before = self._size_in_folder(self.folder)
        grown = [tile for tile in (*tiles_of(size), *bundles_of(size)) if _grew(tile, before)]
        for tile in grown:
            write_whole(self.folder / format_path(tile), tile_content(cursor, tile))
        write_whole(self.folder / "checkpoint", note)
        for tile in grown:
            if tile.width == WIDTH:
                shutil.rmtree(self.folder / f"{format_path(tile)}.p", ignore_errors=True)

    def _size_in_folder(self, folder: Path) -> int:
        note = _read(folder / "checkpoint")
        return parse_checkpoint(parse_note(note).text).size if note else 0


def _grew(tile: Tile, before: int) -> bool:
    """Say whether a tile was not there, or was smaller, when the log had `before` facts."""
    members = before // WIDTH ** (tile.level or 0)
    return tile.first + tile.width > members


def tile_content(cursor: Cursor[Any], tile: Tile) -> bytes:
    """Return a tile of hashes, or a bundle of entries, as it is published. Raises KeyError where it is not there."""
    if tile.level is None:
        found = cursor.execute(ENTRIES, {"after": tile.first, "upto": tile.first + tile.width}).fetchall()
        if len(found) < tile.width:
            raise KeyError(tile)
        return format_bundle([entry_bytes(row) for row in found])
    rows = cursor.execute(TILES, {"levels": [tile.level], "numbers": [tile.number]}).fetchall()
    if not rows or len(rows[0][2]) < tile.width * HASH_BYTES:
        raise KeyError(tile)
    return rows[0][2][: tile.width * HASH_BYTES]


def _continued(cursor: Cursor[Any], old: int, size: int) -> list[bytes]:
    tiles = read_tiles(cursor, spans_asked(lambda subtree: prove_consistency(old, size, subtree)))
    return prove_consistency(old, size, subtrees_in(tiles))


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
