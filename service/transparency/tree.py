"""The Merkle root of the log at any position; each fact is hashed once a process, and only subtree roots are kept."""

import asyncio
from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import tuple_row
from psycopg_pool import AsyncConnectionPool

from domain.ledger.entry import leaf_hash
from domain.ledger.merkle import HASH_BYTES, join, peaks, root
from domain.ledger.tiles import WIDTH
from service.transparency.signer import ENTRIES, entry_bytes

SLICE = 4096
"""How many facts are read, and hashed, at a time."""


class FactMissing(Exception):
    """The log has no fact at the position named, so it has no root there."""


class LogTree:
    """The tree over one log, extended up to the highest position asked for.

    It keeps 32 bytes for each 256 facts (and for each 65,536, and so on), and the
    leaves of the last, incomplete subtree. What is below a visible position never
    changes, so nothing kept can become wrong. Safe for concurrent callers in one
    event loop; the first root after a start hashes the whole log, later ones what is new.
    """

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[Any]]) -> None:
        self._pool = pool
        self._growing = asyncio.Lock()
        self._levels: list[bytearray] = []
        self._leaves: list[bytes] = []

    async def root_at(self, position: int) -> bytes:
        """Return the root over the facts at positions 1 to `position`; 0 is the empty log.

        Raises FactMissing where the log does not reach so far.
        """
        start = position // WIDTH * WIDTH
        async with self._growing:
            await self._grow(position)
            let_go = start < self._complete
            rest = [] if let_go else self._leaves[: position - start]
        if let_go and position > start:
            rest = await self._hashed(start, position)
        return join([*self._peaks(position // WIDTH), *peaks(rest)])

    @property
    def _complete(self) -> int:
        """How many facts lie in complete subtrees."""
        return len(self._levels[0]) // HASH_BYTES * WIDTH if self._levels else 0

    async def _grow(self, position: int) -> None:
        while (size := self._complete + len(self._leaves)) < position:
            self._leaves += await self._hashed(size, min(size + SLICE, position))
            while len(self._leaves) >= WIDTH:
                self._keep(0, root(self._leaves[:WIDTH]))
                del self._leaves[:WIDTH]

    def _keep(self, level: int, subtree: bytes) -> None:
        """Keep the root of a complete subtree, and that of the next level where this one completes it."""
        if level == len(self._levels):
            self._levels.append(bytearray())
        row = self._levels[level]
        row += subtree
        if len(row) % (WIDTH * HASH_BYTES) == 0:
            self._keep(level + 1, root(_hashes(row[-WIDTH * HASH_BYTES :])))

    def _peaks(self, subtrees: int) -> list[bytes]:
        """Return the peaks of the tree of so many complete subtrees, each from the highest level that has it."""
        found: list[bytes] = []
        before = 0
        for level in reversed(range(len(self._levels))):
            upto = subtrees // WIDTH**level
            found += peaks(_hashes(self._levels[level][before * HASH_BYTES : upto * HASH_BYTES]))
            before = upto * WIDTH
        return found

    async def _hashed(self, after: int, upto: int) -> list[bytes]:
        """Return the leaf hashes of the facts with positions in (after, upto]."""
        async with (
            self._pool.connection() as connection,
            connection.cursor(binary=True, row_factory=tuple_row) as cursor,
        ):
            rows = await (await cursor.execute(ENTRIES, {"after": after, "upto": upto})).fetchall()
        for expected, (position, *_) in enumerate([*rows, (None,)], start=after + 1):
            if position != expected and expected <= upto:
                message = f"the log has no fact at position {expected}"
                raise FactMissing(message)
        return await asyncio.to_thread(lambda: [leaf_hash(entry_bytes(row)) for row in rows])


def _hashes(row: Sequence[int]) -> list[bytes]:
    data = bytes(row)
    return [data[place : place + HASH_BYTES] for place in range(0, len(data), HASH_BYTES)]
