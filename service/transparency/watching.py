"""Watches a log from outside: keeps its checkpoints, and proves each to continue the one before by the log's tiles.

Two checkpoints that a log signed, of one size with different roots, or of which the smaller is no beginning of the
larger, show to everybody that it told two truths.
"""

import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from itertools import pairwise
from pathlib import Path
from typing import Final
from urllib.error import HTTPError

from domain.ledger.checkpoint import CheckpointError, LogCheckpoint, parse_checkpoint
from domain.ledger.merkle import HASH_BYTES, Subtree, continues, prove_consistency
from domain.ledger.signed_note import ED25519, NoteError, VerifierKey, parse_note, verify
from domain.ledger.tiles import WIDTH, Tile, format_path
from service.transparency.fork_guard import write_whole
from service.transparency.tile_store import spans_asked, subtrees_in, tiles_for

SECONDS: Final = 20.0
"""Seconds that a log may take for an answer."""
_MOST_BYTES: Final = 1 << 20
FetchPath = Callable[[str], bytes]
"""Returns what a log publishes at a path: `checkpoint`, `tile/0/000`. Raises LogUnavailable."""


class LogUnavailable(Exception):
    """The log does not answer, or not with what it should; the sentence says what."""


class LogContradicts(Exception):
    """The log contradicts what it signed before; `evidence` are the two notes."""

    def __init__(self, why: str, evidence: tuple[bytes, bytes]) -> None:
        super().__init__(why)
        self.evidence = evidence


@dataclass(frozen=True, slots=True)
class SeenCheckpoint:
    """A checkpoint that was seen, with its note."""

    checkpoint: LogCheckpoint
    note: bytes


@dataclass(frozen=True, slots=True)
class CheckpointFolder:
    """Keeps every checkpoint that was seen of one log, by size; and what contradicts itself."""

    path: Path

    def seen(self) -> list[SeenCheckpoint]:
        """Return what was seen, the smallest first."""
        notes = [file.read_bytes() for file in self.path.glob("*.checkpoint")]
        found = [SeenCheckpoint(parse_checkpoint(parse_note(note).text), note) for note in notes]
        return sorted(found, key=lambda each: each.checkpoint.size)

    def keep(self, seen: SeenCheckpoint) -> None:
        """Keep a checkpoint."""
        write_whole(self.path / f"{seen.checkpoint.size:020}.checkpoint", seen.note)

    def keep_evidence(self, evidence: tuple[bytes, bytes]) -> Path:
        """Keep two checkpoints that contradict each other; returns their folder."""
        folder = self.path / "contradiction"
        for name, note in zip(("one", "other"), evidence, strict=True):
            write_whole(folder / f"{name}.checkpoint", note)
        return folder


def look(fetch: FetchPath, keys: Sequence[VerifierKey], folder: CheckpointFolder) -> tuple[SeenCheckpoint, bool]:
    """Fetch the checkpoint of a log and compare it with the last that was seen; returns it, and whether it is new.

    Raises LogUnavailable, LogContradicts.
    """
    now = _signed(fetch("checkpoint"), keys)
    before = folder.seen()
    if before:
        _expect_continued(fetch, before[-1], now)
    if before and before[-1].checkpoint.size == now.checkpoint.size:
        return before[-1], False
    folder.keep(now)
    return now, True


def compare(fetch: FetchPath, one: CheckpointFolder, other: CheckpointFolder) -> int:
    """Compare what two watchers were shown; returns how many agree. Raises LogContradicts, LogUnavailable."""
    mine, theirs = one.seen(), other.seen()
    by_size = {each.checkpoint.size: each for each in mine}
    for each in theirs:
        if (same := by_size.get(each.checkpoint.size)) and same.checkpoint.root != each.checkpoint.root:
            raise LogContradicts(_two_roots(each.checkpoint.size), (same.note, each.note))
    together = sorted([*mine, *theirs], key=lambda each: each.checkpoint.size)
    for earlier, later in pairwise(together):
        _expect_continued(fetch, earlier, later)
    return len(together)


def _expect_continued(fetch: FetchPath, before: SeenCheckpoint, now: SeenCheckpoint) -> None:
    old, new = before.checkpoint, now.checkpoint
    evidence = (before.note, now.note)
    if old.origin != new.origin:
        raise LogContradicts(f"It calls itself “{new.origin}” now, and was “{old.origin}”.", evidence)
    if new.size < old.size:
        raise LogContradicts(f"It has {new.size:,} facts now, and signed {old.size:,} before.", evidence)
    if new.size == old.size:
        if new.root != old.root:
            raise LogContradicts(_two_roots(new.size), evidence)
        return
    if old.size and not continues(new.size, new.root, old.size, old.root, _proof(fetch, old.size, new.size)):
        raise LogContradicts(
            f"The log of {new.size:,} facts that it signed does not begin with the {old.size:,} that it signed before.",
            evidence,
        )


def _two_roots(size: int) -> str:
    return f"It signed two different logs of {size:,} facts."


def _proof(fetch: FetchPath, old: int, size: int) -> list[bytes]:
    """Make the proof that a tree continues another, of tiles that the log publishes."""

    def prove(subtree: Subtree) -> list[bytes]:
        return prove_consistency(old, size, subtree)

    tiles = {place: _tile(fetch, *place, size) for place in sorted(tiles_for(spans_asked(prove)))}
    return prove(subtrees_in(tiles))


def _tile(fetch: FetchPath, level: int, number: int, size: int) -> bytes:
    width = min(WIDTH, size // WIDTH**level - number * WIDTH)
    path = format_path(Tile(level, number, width))
    try:
        content = fetch(path)
    except LogUnavailable:
        if width == WIDTH:
            raise
        # A log may remove an incomplete tile once it is complete (C2SP tlog-tiles, "Partial Tiles").
        content = fetch(format_path(Tile(level, number)))[: width * HASH_BYTES]
    if len(content) != width * HASH_BYTES:
        raise LogUnavailable(f"{path} has {len(content)} bytes, and {width * HASH_BYTES} were to be there.")
    return content


def _signed(note: bytes, keys: Sequence[VerifierKey]) -> SeenCheckpoint:
    try:
        parsed = parse_note(note)
        checkpoint = parse_checkpoint(parsed.text)
        signed = verify(parsed, [key for key in keys if key.kind == ED25519 and key.name == checkpoint.origin])
    except (NoteError, CheckpointError) as error:
        raise LogUnavailable(f"What it gives as its checkpoint is none: {error}.") from error
    if not signed:
        raise LogUnavailable(f"The checkpoint of “{checkpoint.origin}” is not signed by a key that you named.")
    return SeenCheckpoint(checkpoint, note)


@dataclass(frozen=True, slots=True)
class HttpLog:
    """A log over HTTP: static files at `url`, or the service's `…/v1/log`, which takes a token."""

    url: str
    token: str | None = None

    def __call__(self, path: str) -> bytes:
        """Fetch what is at a path. Raises LogUnavailable."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        address = f"{self.url.rstrip('/')}/{path}"
        request = urllib.request.Request(address, headers=headers)  # noqa: S310 - the user's own address
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as response:  # noqa: S310 - likewise
                return response.read(_MOST_BYTES)
        except HTTPError as error:
            with error:
                raise LogUnavailable(f"{address} answers with status {error.code}.") from error
        except (OSError, HTTPException, ValueError) as error:
            raise LogUnavailable(f"{address} does not answer: {error}.") from error
