"""The signed log: its tree is that of its facts, checkpoints continue one another, and no second truth is signed."""

from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from domain.ledger.checkpoint import LogCheckpoint, parse_checkpoint
from domain.ledger.entry import leaf_hash
from domain.ledger.merkle import continues, prove_consistency, prove_inclusion, prove_several, root, subtrees_of
from domain.ledger.signed_note import parse_note, verify
from domain.ledger.tiles import Tile, format_path, parse_bundle
from service.transparency.fork_guard import LogForked
from service.transparency.log_keys import LogKeysUnreadable, write_log_keys
from service.transparency.signer import ENTRIES, LogDamaged, entry_bytes
from service.transparency.tile_store import GrowingTree, spans_asked, split, subtrees_in, tiles_for
from tests.service.signed_logs import key_of, load_sample, log_id, signing

pytestmark = pytest.mark.one_server_will_do


@pytest.fixture
def sample_url(database_url: str) -> str:
    load_sample(database_url)
    return database_url


def entries(url: str) -> list[bytes]:
    with psycopg.connect(url, options="-c timezone=UTC") as connection:
        return [entry_bytes(row) for row in connection.execute(ENTRIES, {"after": 0, "upto": 10**9}, binary=True)]


def checkpoints(url: str, table: str = "checkpoints") -> list[LogCheckpoint]:
    with psycopg.connect(url) as connection:
        rows = connection.execute(SQL("SELECT note FROM {} ORDER BY size").format(Identifier(table))).fetchall()
    return [parse_checkpoint(parse_note(bytes(note)).text) for (note,) in rows]


def test_checkpoint_is_signed_over_the_entries_of_all_facts(sample_url: str, tmp_path: Path) -> None:
    assert signing(sample_url, tmp_path).sign_once() == len(found := entries(sample_url))
    note = parse_note((tmp_path / "published" / "checkpoint").read_bytes())
    assert [each.key for each in verify(note, [key_of(sample_url).verifier])] == [key_of(sample_url).verifier]
    checkpoint = parse_checkpoint(note.text)
    assert checkpoint == LogCheckpoint(f"knownwhen/{log_id(sample_url)}", len(found), root(list(map(leaf_hash, found))))
    assert signing(sample_url, tmp_path).sign_once() is None
    assert checkpoints(sample_url) == checkpoints(sample_url, "published_checkpoints") == [checkpoint]


def test_static_files_hold_every_entry_and_hash(sample_url: str, tmp_path: Path) -> None:
    signing(sample_url, tmp_path).sign_once()
    folder, found = tmp_path / "published", entries(sample_url)
    assert parse_bundle((folder / format_path(Tile(None, 0, len(found)))).read_bytes()) == found
    assert split((folder / format_path(Tile(0, 0, len(found)))).read_bytes()) == list(map(leaf_hash, found))
    load_sample(sample_url, "river-port-2024")
    assert signing(sample_url, tmp_path).sign_once() == len(more := entries(sample_url))
    assert parse_bundle((folder / format_path(Tile(None, 0, min(len(more), 256)))).read_bytes()) == more[:256]


def test_each_checkpoint_continues_the_one_before(sample_url: str, tmp_path: Path) -> None:
    signing(sample_url, tmp_path).sign_once()
    load_sample(sample_url, "river-port-2024")
    signing(sample_url, tmp_path).sign_once()
    first, second = checkpoints(sample_url)
    leaves = list(map(leaf_hash, entries(sample_url)))
    proof = prove_consistency(first.size, second.size, subtrees_of(leaves))
    assert continues(second.size, second.root, first.size, first.root, proof)


def test_empty_log_is_signed_once(database_url: str, tmp_path: Path) -> None:
    assert signing(database_url, tmp_path).sign_once() == 0
    assert signing(database_url, tmp_path).sign_once() is None
    assert [each.size for each in checkpoints(database_url)] == [0]


def test_two_keys_both_sign_while_one_takes_over(sample_url: str, tmp_path: Path) -> None:
    signing(sample_url, tmp_path, "one", "two").sign_once()
    note = parse_note((tmp_path / "published" / "checkpoint").read_bytes())
    keys = [key_of(sample_url, seed).verifier for seed in ("one", "two")]
    assert [each.key for each in verify(note, keys)] == keys
    with psycopg.connect(sample_url) as connection:
        assert len(connection.execute("SELECT key FROM public.log_keys").fetchall()) == 2


def test_key_of_another_log_does_not_sign_this_one(sample_url: str, tmp_path: Path) -> None:
    process = signing(sample_url, tmp_path)
    other = key_of(sample_url)
    write_log_keys(process.settings.keys, [type(other)("knownwhen/other", other.kind, other.seed)])
    with pytest.raises(LogKeysUnreadable, match="another log"):
        process.sign_once()
    process.settings.keys.write_text("PRIVATE+KEY+nonsense\n", "ascii")
    with pytest.raises(LogKeysUnreadable, match="Line 1") as refused:
        process.sign_once()
    assert "nonsense" not in str(refused.value)


@pytest.mark.parametrize("table", ["log_tiles", "checkpoints", "published_checkpoints", "log_keys"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_what_was_signed_is_not_taken_back(sample_url: str, tmp_path: Path, table: str, change: str) -> None:
    signing(sample_url, tmp_path).sign_once()
    with psycopg.connect(sample_url) as connection, pytest.raises(psycopg.errors.RestrictViolation):
        connection.execute(change.format(f"public.{table}"))  # pyright: ignore[reportArgumentType]
    for update in (
        "UPDATE log_tiles SET hashes = decode(repeat('00', 32), 'hex')",
        "UPDATE checkpoints SET size = size + 1",
    ):
        with psycopg.connect(sample_url) as connection, pytest.raises(psycopg.errors.RestrictViolation):
            connection.execute(update)  # pyright: ignore[reportArgumentType]


def test_restored_backup_does_not_sign_a_second_truth(sample_url: str, tmp_path: Path) -> None:
    """The database is put back to before the last checkpoint, then records something else."""
    signing(sample_url, tmp_path).sign_once()
    load_sample(sample_url, "river-port-2024")
    signing(sample_url, tmp_path).sign_once()
    _roll_back(sample_url)
    with pytest.raises(LogForked, match="were published"):
        signing(sample_url, tmp_path).sign_once()
    load_sample(sample_url, "river-port-2024")  # recorded anew, with other salts and moments
    with pytest.raises(LogForked, match="were published"):
        signing(sample_url, tmp_path).sign_once()


def _roll_back(url: str) -> None:
    """Put a log back to its first checkpoint, as a restored backup would."""
    with psycopg.connect(url) as connection:
        for table in ("facts", "log_tiles", "checkpoints", "published_checkpoints"):
            connection.execute(f"ALTER TABLE public.{table} DISABLE TRIGGER USER")
        ((size,),) = connection.execute("SELECT min(size) FROM public.checkpoints").fetchall()
        connection.execute("DELETE FROM public.published_checkpoints WHERE size > %s", (size,))
        connection.execute("DELETE FROM public.checkpoints WHERE size > %s", (size,))
        connection.execute("DELETE FROM public.facts WHERE notification_id > %s", (size,))
        connection.execute("DELETE FROM public.log_tiles")
        tree = GrowingTree()
        cursor = connection.cursor(binary=True)
        tree.add(leaf_hash(entry_bytes(row)) for row in cursor.execute(ENTRIES, {"after": 0, "upto": size}).fetchall())
        tree.write(cursor)
        for table in ("facts", "log_tiles", "checkpoints", "published_checkpoints"):
            connection.execute(f"ALTER TABLE public.{table} ENABLE TRIGGER USER")


def test_tree_that_is_not_the_one_that_was_signed_is_not_gone_on_with(sample_url: str, tmp_path: Path) -> None:
    signing(sample_url, tmp_path).sign_once()
    with psycopg.connect(sample_url) as connection:
        connection.execute("ALTER TABLE public.log_tiles DISABLE TRIGGER USER")
        connection.execute("UPDATE public.log_tiles SET hashes = set_byte(hashes, 5, 7) WHERE level = 0")
        connection.execute("ALTER TABLE public.log_tiles ENABLE TRIGGER USER")
    load_sample(sample_url, "river-port-2024")
    with pytest.raises((LogDamaged, LogForked)):
        signing(sample_url, tmp_path).sign_once()
    (tmp_path / "kept" / f"{log_id(sample_url)}.checkpoint").unlink()
    with pytest.raises(LogDamaged, match="log_tiles"):
        signing(sample_url, tmp_path).sign_once()


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 70_000])
def test_stored_tree_gives_the_proofs_of_the_whole_tree(size: int) -> None:
    """No database: the tiles that a growing tree writes are those that proofs of every kind are made of."""
    leaves = [leaf_hash(str(number).encode()) for number in range(size)]
    tree, written = GrowingTree(), _Written()
    for start in range(0, size, 999):
        tree.add(leaves[start : start + 999])
        tree.write(written)  # pyright: ignore[reportArgumentType]
    assert tree.root() == root(leaves)
    subtree = subtrees_in(written.tiles)
    several = sorted({0, size // 3, size // 2, size - 1})
    for prove in (
        lambda made: prove_inclusion(size // 2, size, made),
        lambda made: prove_consistency(max(size // 3, 1), size, made),
        lambda made: list(prove_several(several, size, made)),
        lambda made: [made(0, size)],
    ):
        assert tiles_for(spans_asked(prove)) <= written.tiles.keys()
        assert prove(subtree) == prove(subtrees_of(leaves))


class _Written:
    """Keeps the tiles that a tree writes."""

    def __init__(self) -> None:
        self.tiles: dict[tuple[int, int], bytes] = {}

    def executemany(self, _: object, rows: list[tuple[int, int, bytes]]) -> None:
        for level, number, hashes in rows:
            assert hashes.startswith(self.tiles.get((level, number), b""))
            self.tiles[level, number] = hashes
