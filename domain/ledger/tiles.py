"""Tiles: the hashes of a tree in files of 256, and entries in bundles of 256 (C2SP tlog-tiles).

The tile `N` of level `L` has the roots of complete subtrees of 256^L leaves, side by side. Paths: `tile/<L>/<N>` and
`tile/entries/<N>`, where N is in groups of three digits, all but the last with an `x` before it; a tile that is not
complete has `.p/<W>` behind it, with how many hashes it has.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from domain.ledger.entry import LIMIT

WIDTH: Final = 256
"""How many hashes a complete tile has."""
MOST_LEVELS: Final = 6
"""Levels of tiles of a log of up to 2^48 entries."""
_GROUP: Final = 1000
_PATH: Final = re.compile(r"tile/(entries|[0-5])/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


class TileError(ValueError):
    """The path or the bytes are not those of a tile; the message says why."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile: its level, or None for a bundle of entries; its number; and how many members it has."""

    level: int | None
    number: int
    width: int = WIDTH

    @property
    def first(self) -> int:
        """The number of the first member, among those of its level."""
        return self.number * WIDTH


def format_path(tile: Tile) -> str:
    """Return the path of a tile."""
    number, groups = tile.number, list[str]()
    while True:
        number, rest = divmod(number, _GROUP)
        groups.append(f"{rest:03}")
        if not number:
            break
    digits = "/".join([*(f"x{each}" for each in reversed(groups[1:])), groups[0]])
    kind = "entries" if tile.level is None else str(tile.level)
    return f"tile/{kind}/{digits}" + ("" if tile.width == WIDTH else f".p/{tile.width}")


def parse_path(path: str) -> Tile:
    """Read the path of a tile; the inverse of `format_path`. Raises TileError for any other spelling."""
    found = _PATH.fullmatch(path)
    if not found:
        raise TileError("a tile is at tile/LEVEL/NUMBER or tile/entries/NUMBER")
    kind, digits, width = found.groups()
    number = int(digits.replace("x", "").replace("/", ""))
    tile = Tile(None if kind == "entries" else int(kind), number, int(width) if width else WIDTH)
    if format_path(tile) != path:
        raise TileError("the number of a tile is in groups of three digits, and an incomplete one has 1 to 255 members")
    return tile


def tiles_of(size: int) -> Iterator[Tile]:
    """Yield the tiles of hashes of a tree of `size` leaves, level by level; the last of a level may be incomplete."""
    for level in range(MOST_LEVELS):
        members = size // WIDTH**level
        if not members:
            return
        yield from _of_level(level, members)


def bundles_of(size: int) -> Iterator[Tile]:
    """Yield the bundles of entries of a log of `size` entries."""
    yield from _of_level(None, size)


def _of_level(level: int | None, members: int) -> Iterator[Tile]:
    complete, rest = divmod(members, WIDTH)
    for number in range(complete):
        yield Tile(level, number)
    if rest:
        yield Tile(level, complete, rest)


def format_bundle(entries: list[bytes]) -> bytes:
    """Return a bundle of entries: each after its length in two bytes, big-endian. Raises TileError."""
    if any(len(entry) > LIMIT for entry in entries):
        raise TileError(f"an entry in a bundle has {LIMIT:,} bytes at most")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def parse_bundle(data: bytes) -> list[bytes]:
    """Read a bundle of entries; the inverse of `format_bundle`. Raises TileError where it ends within an entry."""
    entries: list[bytes] = []
    place = 0
    while place < len(data):
        length = int.from_bytes(data[place : place + 2], "big")
        end = place + 2 + length
        if len(data) < max(end, place + 2):
            raise TileError("the bundle ends within an entry")
        entries.append(data[place + 2 : end])
        place = end
    return entries
