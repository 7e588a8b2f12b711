"""Notes, checkpoints, tiles and proofs: the vectors of other implementations, and round trips."""

import base64
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ledger.checkpoint import CheckpointError, LogCheckpoint, format_checkpoint, parse_checkpoint
from domain.ledger.entry import leaf_hash
from domain.ledger.inclusion_proof import (
    InclusionProof,
    InclusionProofError,
    format_inclusion_proof,
    parse_inclusion_proof,
)
from domain.ledger.merkle import EMPTY_ROOT, continues, includes, root
from domain.ledger.signed_note import (
    COSIGNATURE,
    ED25519,
    NoteError,
    Signature,
    SignedNote,
    SigningKey,
    VerifierKey,
    format_key,
    format_note,
    format_signing_key,
    parse_key,
    parse_note,
    parse_signing_key,
    sign,
    verify,
)
from domain.ledger.tiles import (
    WIDTH,
    Tile,
    TileError,
    bundles_of,
    format_bundle,
    format_path,
    parse_bundle,
    parse_path,
    tiles_of,
)

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "tlog.json").read_text("utf-8"))
SEEDS = st.binary(min_size=32, max_size=32)
NAMES = st.from_regex("[a-z0-9./-]{1,40}", fullmatch=True)
LINES = st.text(st.characters(min_codepoint=32, exclude_characters="\x7f", exclude_categories=["Cs"]), min_size=1)


def cases(*path: str) -> list[Any]:
    """Return the vectors at a path."""
    found: Any = VECTORS
    for each in path:
        found = found[each]
    return found


@pytest.mark.parametrize("case", cases("signed_note", "valid"))
def test_note_of_another_implementation_is_verified_and_no_changed_one_is(case: dict[str, str]) -> None:
    data, key = case["note"].encode(), parse_key(case["vkey"])
    note = parse_note(data)
    assert [each.key for each in verify(note, [key])] == [key]
    assert format_note(note) == data
    changed = SignedNote(note.text.replace("i", "l", 1), note.signatures)
    with pytest.raises(NoteError, match="is not one of this text"):
        verify(changed, [key])


def test_keys_of_other_implementations_are_read_and_bad_ones_refused() -> None:
    for text in [cases("signed_note", "vkey"), *cases("cosignature_vkeys", "valid")]:
        assert format_key(parse_key(text)) == text
    for text in cases("signed_note", "bad_vkeys"):
        with pytest.raises(NoteError):
            parse_key(text)
    key = parse_signing_key(cases("signed_note", "skey"))
    assert format_key(key.verifier) == cases("signed_note", "vkey")
    assert format_signing_key(key) == cases("signed_note", "skey")
    signed = cases("signed_note", "valid")[0]["note"]
    text = parse_note(signed.encode()).text
    assert format_note(SignedNote(text, (sign(text, key),))).decode() == signed  # Ed25519 is deterministic


@pytest.mark.parametrize("case", cases("checkpoints", "valid"))
def test_checkpoint_of_another_log_is_read_and_verified(case: dict[str, Any]) -> None:
    note = parse_note(case["checkpoint"].encode())
    assert verify(note, [parse_key(case["vkey"])])
    checkpoint = parse_checkpoint(note.text)
    assert checkpoint.size == case["size"]
    assert format_checkpoint(checkpoint) == note.text


def test_checkpoints_of_one_log_are_consistent() -> None:
    five, eight = (
        parse_checkpoint(parse_note(each["checkpoint"].encode()).text) for each in cases("checkpoints", "valid")[:2]
    )
    proof = [bytes.fromhex(each) for each in cases("checkpoints", "consistency_5_8_hex")]
    assert continues(8, eight.root, 5, five.root, proof)


@pytest.mark.parametrize("body", cases("checkpoint_parse", "invalid_bodies"))
def test_what_is_no_checkpoint_is_refused(body: str) -> None:
    with pytest.raises(CheckpointError):
        parse_checkpoint(body)


def test_witnesses_message_is_that_of_the_specification() -> None:
    example = cases("cosignature_spec_example")
    payload = base64.b64decode(example["line_payload_b64"])
    text = example["signed_message"].split("\n", 2)[2]
    assert payload[:4].hex() == example["key_id_hex"]
    assert int.from_bytes(payload[4:12], "big") == example["timestamp"]
    key = SigningKey("example.com/witness", COSIGNATURE, bytes(32))
    note = SignedNote(text, (sign(text, key, example["timestamp"]),))
    (found,) = verify(note, [key.verifier])
    assert found.seen_at == example["timestamp"]


def test_log_of_another_implementation_is_read_from_its_tiles() -> None:
    log = cases("tessera_log")
    key = parse_key(log["vkey"])
    for size, note in log["checkpoints"].items():
        parsed = parse_note(note.encode())
        checkpoint = parse_checkpoint(parsed.text)
        assert verify(parsed, [key])
        assert checkpoint.size == int(size)
        if size in log["tile_0_000_p"]:
            hashes = base64.b64decode(log["tile_0_000_p"][size])
            row = [hashes[place : place + 32] for place in range(0, len(hashes), 32)]
            bundle = base64.b64decode(log["entries_000_p"][size])
            assert [leaf_hash(entry) for entry in parse_bundle(bundle)] == row
            assert format_bundle(parse_bundle(bundle)) == bundle
            assert root(row) == checkpoint.root
        signed = sign(parsed.text, parse_signing_key(log["skey"]))
        assert format_note(SignedNote(parsed.text, (signed,))) == note.encode()


def test_real_proof_of_a_public_log_is_verified() -> None:
    case = cases("tlog_proof_real")
    data = case["proof"].encode()
    proof = parse_inclusion_proof(data)
    note = parse_note(proof.checkpoint)
    assert verify(note, [parse_key(case["log_vkey"])])
    checkpoint = parse_checkpoint(note.text)
    leaf = bytes.fromhex(case["leaf_hash_hex"])
    assert includes(checkpoint.size, checkpoint.root, proof.index, leaf, proof.hashes)
    assert not includes(checkpoint.size, checkpoint.root, proof.index + 1, leaf, proof.hashes)
    assert format_inclusion_proof(proof) == data


@pytest.mark.parametrize("body", cases("tlog_proof_parse", "invalid"))
def test_what_is_no_proof_is_refused(body: str) -> None:
    with pytest.raises(InclusionProofError):
        parse_inclusion_proof(body.encode())


def test_paths_are_those_of_the_specification() -> None:
    for case in cases("tile_paths_c2sp", "cases"):
        assert format_path(Tile(0, case["n"])) == f"tile/0/{case['path']}"
        assert format_path(Tile(None, case["n"], 7)) == f"tile/entries/{case['path']}.p/7"
    for case in cases("tile_paths_c2sp", "tiles_of_size"):
        found: dict[str, int] = {}
        for tile in tiles_of(case["size"]):
            kind = "full" if tile.width == WIDTH else "partial"
            name = f"{kind}_l{tile.level}"
            found[name] = found.get(name, 0) + 1 if kind == "full" else tile.width
        assert found == {name: value for name, value in case.items() if name != "size"}


@given(st.one_of(st.none(), st.integers(0, 5)), st.integers(0, 10**12), st.integers(1, WIDTH))
def test_path_of_a_tile_is_read_back(level: int | None, number: int, width: int) -> None:
    tile = Tile(level, number, width)
    assert parse_path(format_path(tile)) == tile


@pytest.mark.parametrize(
    "path",
    [
        *("tile/0/1", "tile/0/x000/001", "tile/6/000", "tile/0/001.p/0", "tile/0/001.p/256", "tile/0/001.p/01"),
        *("tile/0/x001/x234/067/", "/tile/0/000", "tile/0/000.p", "tile/data/000", "tile/0/../000", "tile/0/٠٠٠"),
    ],
)
def test_other_spelling_of_a_path_is_refused(path: str) -> None:
    with pytest.raises(TileError):
        parse_path(path)


@given(st.integers(0, 200_000))
def test_tiles_hold_every_hash_once(size: int) -> None:
    leaves = sum(tile.width for tile in tiles_of(size) if tile.level == 0)
    assert leaves == size == sum(tile.width for tile in bundles_of(size))
    for tile in tiles_of(size):
        assert tile.level is not None
        assert tile.first * WIDTH**tile.level < size


@given(st.lists(st.binary(max_size=300), max_size=20), st.data())
def test_bundle_is_read_back_and_a_cut_one_refused(entries: list[bytes], data: st.DataObject) -> None:
    bundle = format_bundle(entries)
    assert parse_bundle(bundle) == entries
    cut = data.draw(st.integers(0, len(bundle)))
    boundaries = {0}
    for entry in entries:
        boundaries.add(max(boundaries) + 2 + len(entry))
    if cut in boundaries:
        assert format_bundle(parse_bundle(bundle[:cut])) == bundle[:cut]
    else:
        with pytest.raises(TileError):
            parse_bundle(bundle[:cut])


@given(
    st.lists(LINES, min_size=1).map(lambda lines: "\n".join(lines) + "\n"),
    st.lists(st.tuples(NAMES, SEEDS), max_size=4, unique_by=lambda each: each[0]),
    st.integers(0, 2**63 - 1),
)
def test_signed_text_is_read_back_with_its_signatures(text: str, signers: list[tuple[str, bytes]], now: int) -> None:
    keys = [SigningKey(name, (ED25519, COSIGNATURE)[place % 2], seed) for place, (name, seed) in enumerate(signers)]
    note = SignedNote(text, tuple(sign(text, key, now) for key in keys))
    if not keys:
        with pytest.raises(NoteError):
            format_note(note)
        return
    read = parse_note(format_note(note))
    assert read == note
    verified = verify(read, [key.verifier for key in keys])
    assert [each.seen_at for each in verified] == [now if key.kind == COSIGNATURE else None for key in keys]


@given(NAMES, SEEDS, SEEDS, st.data())
def test_no_changed_signature_passes(name: str, seed: bytes, other: bytes, data: st.DataObject) -> None:
    text = "knownwhen/test\n1\n" + base64.b64encode(bytes(32)).decode() + "\n"
    key = SigningKey(name, data.draw(st.sampled_from([ED25519, COSIGNATURE])), seed)
    signature = sign(text, key, 1_700_000_000)
    place = data.draw(st.integers(0, len(signature.payload) - 1))
    payload = bytearray(signature.payload)
    payload[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(NoteError):
        verify(SignedNote(text, (Signature(name, signature.key_id, bytes(payload)),)), [key.verifier])
    with pytest.raises(NoteError, match="twice"):
        verify(SignedNote(text, (signature, signature)), [key.verifier])
    if other != seed:
        stranger = VerifierKey(name, key.kind, SigningKey(name, key.kind, other).verifier.public)
        assert verify(SignedNote(text, (signature,)), [stranger]) == []


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_rubbish_is_refused_with_the_error_of_its_reader(data: bytes) -> None:
    readers = ((parse_note, NoteError), (parse_inclusion_proof, InclusionProofError), (parse_bundle, TileError))
    for read, refused in readers:
        with suppress(refused):
            read(data)
    text = data.decode("utf-8", "replace")
    keys = ((parse_key, NoteError), (parse_signing_key, NoteError))
    for read_text, refused in (*keys, (parse_checkpoint, CheckpointError), (parse_path, TileError)):
        with suppress(refused):
            read_text(text)


def test_empty_log_has_a_checkpoint_with_the_root_of_nothing_alone() -> None:
    text = format_checkpoint(LogCheckpoint("knownwhen/test", 0, EMPTY_ROOT))
    assert parse_checkpoint(text).size == 0
    with pytest.raises(CheckpointError, match="SHA-256 of nothing"):
        parse_checkpoint(text.replace("47DEQ", "57DEQ"))


@given(
    st.integers(0, 2**63 - 1),
    st.lists(st.binary(min_size=32, max_size=32), max_size=63),
    st.none() | st.binary(max_size=50),
)
def test_proof_is_read_back(index: int, hashes: list[bytes], extra: bytes | None) -> None:
    proof = InclusionProof(index, tuple(hashes), b"knownwhen/test\n1\n\nnote", extra)
    assert parse_inclusion_proof(format_inclusion_proof(proof)) == proof
