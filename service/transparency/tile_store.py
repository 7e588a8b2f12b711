"""The stored tree: hashes by level, 256 a tile, extended at their end and read back for proofs.

Every complete subtree of 256 hashes of one level is one hash of the next, so the tree of any size that was reached can
be read from a few tiles. Only the signer writes, and holds a lock for that.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from psycopg import Cursor

from domain.ledger.merkle import HASH_BYTES, Subtree, join, peaks, root
from domain.ledger.tiles import MOST_LEVELS, WIDTH, Tile

_EDGES: Final = """
    SELECT last.level, last.number, last.hashes FROM generate_series(0, 5) AS each (level), LATERAL (
        SELECT level, number, hashes FROM public.log_tiles AS tile WHERE tile.level = each.level
        ORDER BY number DESC LIMIT 1
    ) AS last
"""
_WRITE: Final = """
    INSERT INTO public.log_tiles (level, number, hashes) VALUES (%s, %s, %s)
    ON CONFLICT (level, number) DO UPDATE SET hashes = excluded.hashes
"""
TILES: Final = """
    SELECT level, number, hashes FROM public.log_tiles
    WHERE (level, number) IN (SELECT * FROM unnest(%(levels)s::smallint[], %(numbers)s::bigint[]))
"""
"""The tiles of these levels and numbers, pair by pair."""


def split(hashes: bytes) -> list[bytes]:
    """Return the hashes that lie side by side in bytes."""
    return [hashes[place : place + HASH_BYTES] for place in range(0, len(hashes), HASH_BYTES)]


@dataclass(slots=True)
class GrowingTree:
    """The right edge of the stored tree: of each level the last tile, and how many hashes the level has."""

    _edges: list[bytearray] = field(default_factory=list[bytearray])
    _counts: list[int] = field(default_factory=list[int])
    _written: dict[tuple[int, int], bytes] = field(default_factory=dict[tuple[int, int], bytes])

    @classmethod
    def stored(cls, cursor: Cursor[Any]) -> "GrowingTree":
        """Read the edge of the tree that is stored."""
        tree = cls()
        for _, number, hashes in sorted(cursor.execute(_EDGES).fetchall()):
            tree._edges.append(bytearray(hashes))
            tree._counts.append(number * WIDTH + len(hashes) // HASH_BYTES)
        for level, edge in enumerate(tree._edges):
            if len(edge) == WIDTH * HASH_BYTES:
                tree._edges[level] = bytearray()
        return tree

    @property
    def size(self) -> int:
        """How many leaves the tree has."""
        return self._counts[0] if self._counts else 0

    def root(self) -> bytes:
        """Return the root of the tree."""
        return join([peak for edge in reversed(self._edges) for peak in peaks(split(bytes(edge)))])

    def add(self, leaves: Iterable[bytes]) -> None:
        """Append leaf hashes."""
        for leaf in leaves:
            self._append(0, leaf)

    def _append(self, level: int, value: bytes) -> None:
        if level == len(self._edges):
            self._edges.append(bytearray())
            self._counts.append(0)
        edge = self._edges[level]
        edge += value
        self._counts[level] += 1
        if len(edge) == WIDTH * HASH_BYTES:
            self._written[level, self._counts[level] // WIDTH - 1] = bytes(edge)
            self._append(level + 1, root(split(bytes(edge))))
            self._edges[level] = bytearray()

    def write(self, cursor: Cursor[Any]) -> None:
        """Write the tiles that grew since they were read or written."""
        cursor.executemany(_WRITE, [(*place, hashes) for place, hashes in self._grown().items()])
        self._written.clear()

    def take_grown(self) -> dict[tuple[int, int], bytes]:
        """Return the tiles that grew since they were read, written or taken, by level and number."""
        grown = self._grown()
        self._written.clear()
        return grown

    def _grown(self) -> dict[tuple[int, int], bytes]:
        edges = {
            (level, count // WIDTH): bytes(edge)
            for level, (edge, count) in enumerate(zip(self._edges, self._counts, strict=True))
            if edge
        }
        return {**self._written, **edges}


def subtrees_in(tiles: Mapping[tuple[int, int], bytes]) -> Subtree:
    """Return the subtrees that can be made of tiles, by level and number; `tiles_for` says which a span needs."""

    def row(level: int, first: int, last: int) -> list[bytes]:
        number, place = divmod(first, WIDTH)
        hashes = tiles[level, number]
        return split(hashes[place * HASH_BYTES : (place + last - first) * HASH_BYTES])

    return lambda start, end: join([peak for piece in _pieces(start, end) for peak in peaks(row(*piece))])


def tiles_for(spans: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    """Return the level and number of each tile that the roots of these spans of leaves [start, end) are made of."""
    return {(level, first // WIDTH) for start, end in spans for level, first, _ in _pieces(start, end)}


def _pieces(start: int, end: int) -> list[tuple[int, int, int]]:
    """Split a span of leaves [start, end) into rows of hashes, from left to right: level, first and last + 1.

    As RFC 6962 §2.1 splits a tree, `start` is a multiple of a power of two that is no smaller than the span; so each
    row lies within one tile, and is of the highest level of which a hash is within what is left.
    """
    pieces: list[tuple[int, int, int]] = []
    for level in reversed(range(MOST_LEVELS)):
        width = WIDTH**level
        if end - start >= width:
            pieces.append((level, start // width, end // width))
            start = end // width * width
    return pieces


def read_tiles(cursor: Cursor[Any], spans: Iterable[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
    """Read the tiles that the roots of these spans are made of."""
    wanted = sorted(tiles_for(spans))
    parameters = {"levels": [level for level, _ in wanted], "numbers": [number for _, number in wanted]}
    return {(level, number): hashes for level, number, hashes in cursor.execute(TILES, parameters).fetchall()}


def root_at(cursor: Cursor[Any], size: int) -> bytes:
    """Return the root of the stored tree when it had `size` leaves. Raises KeyError where it never had."""
    return subtrees_in(read_tiles(cursor, [(0, size)]))(0, size)


def spans_asked(prove: Callable[[Subtree], object]) -> list[tuple[int, int]]:
    """Return the spans of leaves whose roots a proof is made of."""
    asked: list[tuple[int, int]] = []

    def note(start: int, end: int) -> bytes:
        asked.append((start, end))
        return bytes(HASH_BYTES)

    prove(note)
    return asked


def tile_bytes(tile: Tile, hashes: bytes) -> bytes:
    """Return a tile as it is published: the first of its hashes, as many as its width says."""
    return hashes[: tile.width * HASH_BYTES]
