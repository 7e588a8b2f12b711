"""What signs and posts while signers and PostgreSQL are killed, and what holds of a signed log at any moment."""

import signal
import threading
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection

from domain.facts.streams import incident_stream
from domain.ledger.checkpoint import LogCheckpoint, parse_checkpoint
from domain.ledger.entry import leaf_hash
from domain.ledger.merkle import EMPTY_ROOT, join, node, root
from domain.ledger.signed_note import parse_note, verify
from domain.ledger.tiles import WIDTH, Tile, bundles_of, format_path, parse_bundle, tiles_of
from service.eventstore.writer import WriteRequest
from service.postgres.problems import PostgresProblem
from service.transparency.signer import ENTRIES, entry_bytes
from service.transparency.signing import SigningProcess, SigningSettings
from service.transparency.tile_store import split
from tests.faults.writing import filing, opening, writing
from tests.service.signed_logs import key_of

SECONDS = 0.01
"""Seconds between checkpoints: a kill meets a signer at work."""
_HASH = bytes(32)


def settings_in(folder: Path) -> SigningSettings:
    """Return where the signers of a folder have their keys and files."""
    return SigningSettings(folder / "keys", folder / "kept", folder / "published")


def sign_on(url: str, folder: Path) -> None:
    """Sign until told to stop, or killed."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    SigningProcess(url, settings_in(folder), lambda: datetime.now(UTC), stop, SECONDS).run()


def post_on(url: str, first: int) -> None:
    """Open an incident of its own, and file report after report until killed, or until PostgreSQL is.

    One incident for all rounds would grow until no new writer reads it within the time that a transaction has.
    """
    number, slug = first, f"signed-{first}"
    with suppress(psycopg.Error, PostgresProblem), writing(url) as writer:
        command, _ = opening(slug)
        writer.commit([WriteRequest(command, uuid.uuid4(), _HASH)])
        while True:
            writes: list[WriteRequest] = []
            for figure in range(number, number + 1 + number % 5):
                command, _ = filing(slug, figure)
                writes.append(WriteRequest(command, uuid.uuid4(), _HASH, incident_stream(slug)))
            writer.commit(writes)
            number += 7


@dataclass
class SignedLogObserver:
    """Reads rows and files of a signed log again and again; `roots` are all that were ever seen, by size."""

    folder: Path
    roots: dict[int, bytes] = field(default_factory=dict[int, bytes])
    leaves: list[bytes] = field(default_factory=list[bytes])
    known: int = 0
    _peaks: list[tuple[int, bytes]] = field(default_factory=list[tuple[int, bytes]])
    _root_of: list[bytes] = field(default_factory=lambda: [EMPTY_ROOT])

    def look(self, connection: Connection[Any]) -> None:
        """See that nothing contradicts itself, or what was seen before, and that nothing is ahead of what it rests on.

        What is published in files is read first: it may be behind what is stored meanwhile, and never ahead.
        """
        files = [self._published, *settings_in(self.folder).kept.glob("*.checkpoint")]
        notes = [path.read_bytes() for path in files if path.exists()]
        published, signed = self._rows(connection, "published_checkpoints"), self._rows(connection, "checkpoints")
        self._read_leaves(connection)
        for note in notes:
            assert published[_checkpoint(note).size] == note
        for size, note in published.items():
            assert _checkpoint(note) == _checkpoint(signed[size])
        for note in (*notes, *published.values(), *signed.values()):
            self._learn(_checkpoint(note))
        sizes = sorted(signed)
        assert sizes == sorted(set(sizes))
        if sizes:
            self.known = max(self.known, sizes[-1])
        assert not self.known or self.known in signed

    def look_at_files(self, url: str) -> int:
        """See that the files are all there and give the root that was published; returns its size."""
        note = parse_note(self._published.read_bytes())
        assert verify(note, [key_of(url).verifier])
        checkpoint, folder = parse_checkpoint(note.text), self._published.parent
        entries = [
            entry
            for tile in bundles_of(checkpoint.size)
            for entry in parse_bundle(_content(folder, tile))[: tile.width]
        ]
        leaves = [leaf_hash(each) for each in entries]
        assert (len(leaves), root(leaves)) == (checkpoint.size, checkpoint.root)
        for tile in tiles_of(checkpoint.size):
            hashes = split(_content(folder, tile))[: tile.width]
            span = 256**tile.level if tile.level else 1
            assert hashes == [
                root(leaves[place * span : (place + 1) * span]) for place in range(tile.first, tile.first + tile.width)
            ]
        return checkpoint.size

    @property
    def _published(self) -> Path:
        folder = settings_in(self.folder).published
        assert folder is not None
        return folder / "checkpoint"

    def _rows(self, connection: Connection[Any], table: str) -> dict[int, bytes]:
        found: Iterable[tuple[int, bytes]] = connection.execute(f"SELECT size, note FROM {table}").fetchall()  # noqa: S608  # pyright: ignore[reportArgumentType, reportCallIssue]
        return {size: bytes(note) for size, note in found}

    def _read_leaves(self, connection: Connection[Any]) -> None:
        upto = {"after": len(self.leaves), "upto": 2**62}
        rows = connection.execute(ENTRIES, upto, binary=True).fetchall()
        assert [row[0] for row in rows] == list(range(len(self.leaves) + 1, len(self.leaves) + len(rows) + 1))
        for row in rows:
            self._append(leaf_hash(entry_bytes(row)))

    def _append(self, leaf: bytes) -> None:
        """Note the root of the log with one more leaf (RFC 6962 §2.1), by the complete subtrees before it."""
        self.leaves.append(leaf)
        size, top = 1, leaf
        while self._peaks and self._peaks[-1][0] == size:
            top, size = node(self._peaks.pop()[1], top), 2 * size
        self._peaks.append((size, top))
        self._root_of.append(join([peak for _, peak in self._peaks]))

    def _learn(self, checkpoint: LogCheckpoint) -> None:
        if checkpoint.size not in self.roots:
            assert checkpoint.size <= len(self.leaves)
            assert self._root_of[checkpoint.size] == checkpoint.root
            self.roots[checkpoint.size] = checkpoint.root
        assert self.roots[checkpoint.size] == checkpoint.root


def _checkpoint(note: bytes) -> LogCheckpoint:
    return parse_checkpoint(parse_note(note).text)


def _content(folder: Path, tile: Tile) -> bytes:
    """Return a tile from its file: one that is not complete is removed once it is."""
    try:
        return (folder / format_path(tile)).read_bytes()
    except FileNotFoundError:
        return (folder / format_path(replace(tile, width=WIDTH))).read_bytes()
