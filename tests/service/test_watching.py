"""Watchers: what a log signed is kept, and a log that shrinks, forks or shows two people two trees is proved to."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from domain.ledger.checkpoint import LogCheckpoint, format_checkpoint
from domain.ledger.merkle import root, subtrees_of
from domain.ledger.signed_note import ED25519, SignedNote, SigningKey, format_key, format_note, parse_note, sign, verify
from domain.ledger.tiles import Tile, parse_path
from service.console.watch import WatchOptions, watch
from tests.service.witnessing import Answered, answering

KEY = SigningKey("log.example/one", ED25519, b"k" * 32)
OTHER = SigningKey("log.example/one", ED25519, b"o" * 32)


class Log:
    """A log that publishes files; `leaves` may be changed behind the back of those who watch."""

    def __init__(self, size: int) -> None:
        self.leaves = [number.to_bytes(4, "big") * 8 for number in range(size)]
        self.key, self.origin = KEY, KEY.name
        self.broken: dict[str, Answered] = {}

    def answer(self, path: str, _body: bytes) -> Answered:
        path = path.removeprefix("/")
        if path in self.broken:
            return self.broken[path]
        if path == "checkpoint":
            text = format_checkpoint(LogCheckpoint(self.origin, len(self.leaves), root(self.leaves)))
            return 200, "text/plain", format_note(SignedNote(text, (sign(text, self.key),)))
        tile = parse_path(path)
        if tile.first + tile.width > len(self.leaves) // 256 ** (tile.level or 0):
            return 404, "text/plain", b""
        return 200, "application/octet-stream", self._tile(tile)

    def _tile(self, tile: Tile) -> bytes:
        subtree, span = subtrees_of(self.leaves), 256 ** (tile.level or 0)
        first = tile.first
        return b"".join(subtree(at * span, (at + 1) * span) for at in range(first, first + tile.width))


class Watcher:
    """Someone who watches a log at an address, and keeps what was seen."""

    def __init__(self, address: str, kept: Path, capfd: pytest.CaptureFixture[str]) -> None:
        self.address, self.kept, self.capfd = address, kept, capfd

    def look(self, **options: Any) -> tuple[int, str]:
        status = watch(WatchOptions(self.address, [format_key(KEY.verifier)], self.kept, **options))
        read = self.capfd.readouterr()
        return status, read.out + read.err


def test_log_that_grows_is_proved_to_continue(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log = Log(3)
    with answering(log.answer) as address:
        watcher = Watcher(address, tmp_path, capfd)
        for size in (3, 3, 200, 256, 257, 700, 66_000):
            log.leaves = Log(size).leaves
            assert watcher.look()[0] == 0
    assert len(list(tmp_path.glob("*.checkpoint"))) == 6


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("shrink", "has 200 facts now, and signed 300 before"),
        ("fork", "does not begin with the 300"),
        ("rewrite", "two different logs of 300 facts"),
    ],
)
def test_log_that_contradicts_itself_is_proved_to(
    change: str, said: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    log = Log(300)
    with answering(log.answer) as address:
        watcher = Watcher(address, tmp_path, capfd)
        assert watcher.look()[0] == 0
        log.leaves = Log({"shrink": 200, "fork": 400, "rewrite": 300}[change]).leaves
        log.leaves[7] = bytes(32)
        status, text = watcher.look()
    assert status == 1
    assert "THE LOG CONTRADICTS ITSELF" in text
    assert said in text
    notes = [parse_note(path.read_bytes()) for path in (tmp_path / "contradiction").iterdir()]
    assert len(notes) == 2
    assert all(verify(note, [KEY.verifier]) for note in notes)
    assert len({note.text for note in notes}) == 2


def test_two_watchers_who_were_shown_two_trees_prove_it(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log, mine, theirs = Log(300), tmp_path / "mine", tmp_path / "theirs"
    with answering(log.answer) as address:
        watcher = Watcher(address, mine, capfd)
        assert watcher.look()[0] == Watcher(address, theirs, capfd).look()[0] == 0
        assert watcher.look(other=theirs)[0] == 0
        log.leaves = Log(400).leaves
        watcher.look()
        log.leaves[350] = bytes(32)
        assert Watcher(address, theirs, capfd).look()[0] == 0
        status, text = watcher.look(other=theirs)
        assert (status, "two different logs of 400 facts" in text) == (1, True)
        shutil.rmtree(theirs)
        log.leaves = [*log.leaves, bytes(32)]
        assert Watcher(address, theirs, capfd).look()[0] == 0
        status, text = watcher.look(other=theirs)
    assert (status, "does not begin with" in text) == (1, True)


def test_what_is_no_signed_checkpoint_is_not_believed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log = Log(300)
    with answering(log.answer) as address:
        watcher = Watcher(address, tmp_path, capfd)
        log.key = OTHER
        assert watcher.look()[0] == 3
        log.key = KEY
        assert watcher.look()[0] == 0
        for answered in ((404, "text/plain", b""), (200, "text/plain", b"\xff\xfe"), (500, "text/plain", b"x")):
            log.broken = {"checkpoint": answered}
            assert watcher.look()[0] == 3
        log.broken, log.leaves = {}, Log(600).leaves
        for answered in ((404, "text/plain", b""), (200, "text/plain", b"short")):
            log.broken = dict.fromkeys(("tile/0/001", "tile/0/001.p/44", "tile/1/000.p/2"), answered)
            assert watcher.look()[0] == 3
    assert Watcher(address, tmp_path, capfd).look()[0] == 3
    assert not (tmp_path / "contradiction").exists()
    assert len(list(tmp_path.glob("*.checkpoint"))) == 1


def test_tile_that_lies_contradicts_the_log(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A proof that cannot be made of what the log publishes shows the log to be wrong, whichever part of it lies."""
    log = Log(300)
    with answering(log.answer) as address:
        watcher = Watcher(address, tmp_path, capfd)
        watcher.look()
        log.leaves = Log(600).leaves
        log.broken = {"tile/0/001": (200, "application/octet-stream", bytes(256 * 32))}
        assert watcher.look()[0] == 1


def test_watching_without_a_key_is_wrong_use(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert watch(WatchOptions("http://127.0.0.1:9", [], tmp_path)) == 2
    assert "--key" in capfd.readouterr().err
    assert watch(WatchOptions("http://127.0.0.1:9", ["nonsense+key"], tmp_path)) == 2
