"""Reads the signed log over a pool: the last published checkpoint, tiles, keys, proofs, and evidence of bundles."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, LiteralString, TypeVar

from psycopg import AsyncConnection
from psycopg.rows import tuple_row
from psycopg_pool import AsyncConnectionPool

from domain.ledger.entry import format_entry
from domain.ledger.inclusion_proof import InclusionProof
from domain.ledger.merkle import HASH_BYTES, Subtree, prove_consistency, prove_inclusion, prove_several
from domain.ledger.receipt import Receipt
from domain.ledger.tiles import Tile, format_bundle
from domain.verification.assembly import SignedTree, assemble
from domain.verification.bundle import Bundle, BundledFact
from service.eventstore import StoredFact
from service.runtime.worker_thread import in_thread
from service.transparency.signer import ENTRIES, entry_bytes
from service.transparency.tile_store import TILES, spans_asked, subtrees_in, tiles_for

T = TypeVar("T")
_LAST_PUBLISHED: Final = "SELECT size, note, published_at FROM public.published_checkpoints ORDER BY size DESC LIMIT 1"
_KEYS: Final = "SELECT key FROM public.log_keys ORDER BY first_used_at, key"


class NotSigned(Exception):
    """No checkpoint of this log has been published."""

    def __init__(self) -> None:
        super().__init__(
            "This log is not signed, so nothing can be proved of it. Whoever runs the service makes a key"
            " (`knownwhen keys log create`) and sets KNOWNWHEN_LOG_KEYS."
        )


class NotSignedYet(Exception):
    """The last published checkpoint is of `size` facts, and `position` lies beyond."""

    def __init__(self, size: int, position: int) -> None:
        super().__init__(
            f"The last checkpoint is of {size:,} facts, and this depends on that at position {position:,}."
        )


@dataclass(frozen=True, slots=True)
class PublishedCheckpoint:
    """The last published checkpoint: the size of its tree, its signed note, and when it was published."""

    size: int
    note: bytes
    published_at: datetime


class SignedLog:
    """Reads what was signed and published."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[Any]]) -> None:
        self._pool = pool

    async def checkpoint(self) -> PublishedCheckpoint:
        """Return the last published checkpoint. Raises NotSigned."""
        found = await self._fetch(_LAST_PUBLISHED, {})
        if not found:
            raise NotSigned
        return PublishedCheckpoint(*found[0])

    async def keys(self) -> list[str]:
        """Return the public keys that signed checkpoints, the oldest first."""
        return [key for (key,) in await self._fetch(_KEYS, {})]

    async def tile(self, tile: Tile) -> bytes | None:
        """Return a tile of hashes, or a bundle of entries, that is within the last published checkpoint; else None."""
        size = (await self.checkpoint()).size
        level = tile.level or 0
        if tile.first + tile.width > size // 256**level:
            return None
        if tile.level is None:
            rows = await self._fetch(ENTRIES, {"after": tile.first, "upto": tile.first + tile.width})
            return await in_thread(len(rows), lambda: format_bundle([entry_bytes(row) for row in rows]))
        rows = await self._fetch(TILES, {"levels": [tile.level], "numbers": [tile.number]})
        return rows[0][2][: tile.width * HASH_BYTES]

    async def inclusion(self, row: StoredFact) -> InclusionProof:
        """Prove that a fact is in the log of the last published checkpoint. Raises NotSigned, NotSignedYet."""
        checkpoint = await self._covering(row.position)
        index = row.position - 1
        hashes = await self._proved(lambda subtree: prove_inclusion(index, checkpoint.size, subtree))
        return InclusionProof(index, tuple(hashes), checkpoint.note, format_entry(row.entry()))

    async def bundle(
        self, receipt: Receipt, document: bytes, rows: Sequence[StoredFact], publication: int | None
    ) -> Bundle:
        """Assemble the bundle of an answer from its inputs, and its publication, with their salts.

        Raises NotSigned, NotSignedYet.
        """
        checkpoint = await self._covering(max(receipt.position, *(row.position for row in rows)))
        keys = await self.keys()
        facts = await in_thread(len(rows), lambda: [_bundled(row) for row in rows])
        indexes = [row.position - 1 for row in rows]

        def prove(subtree: Subtree) -> object:
            consistency = prove_consistency(receipt.position, checkpoint.size, subtree)
            return list(prove_several(indexes, checkpoint.size, subtree)), consistency

        wanted = await in_thread(len(rows), lambda: tiles_for(spans_asked(prove)))
        subtree = subtrees_in(await self._tiles(wanted))
        tree = SignedTree(checkpoint.note, checkpoint.size, subtree, keys)
        return await in_thread(len(rows), lambda: assemble(receipt, document, facts, publication, tree))

    async def _covering(self, position: int) -> PublishedCheckpoint:
        checkpoint = await self.checkpoint()
        if position > checkpoint.size:
            raise NotSignedYet(checkpoint.size, position)
        return checkpoint

    async def _proved(self, prove: Callable[[Subtree], T]) -> T:
        return prove(subtrees_in(await self._tiles(tiles_for(spans_asked(prove)))))

    async def _tiles(self, wanted: Iterable[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
        pairs = sorted(wanted)
        parameters = {"levels": [level for level, _ in pairs], "numbers": [number for _, number in pairs]}
        return {(level, number): hashes for level, number, hashes in await self._fetch(TILES, parameters)}

    async def _fetch(self, query: LiteralString, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
        async with (
            self._pool.connection() as connection,
            connection.cursor(binary=True, row_factory=tuple_row) as cursor,
        ):
            return await (await cursor.execute(query, parameters)).fetchall()


def _bundled(row: StoredFact) -> BundledFact:
    entry = row.entry()
    assert row.state_salt is not None  # noqa: S101 - states are never erased
    return BundledFact(format_entry(entry), entry, row.state, row.state_salt)
