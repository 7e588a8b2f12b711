"""Witnesses: a checkpoint is published once enough of them cosigned it, and they catch a log that tells two truths."""

from pathlib import Path

import psycopg
import pytest
from cryptography.exceptions import InvalidSignature

from domain.ledger.merkle import root
from domain.ledger.signed_note import SignedNote, SigningKey, format_key, format_note, parse_note, sign, verify
from service.transparency.signing import SigningProcess
from service.transparency.witnesses import WitnessesUnreadable, read_policy
from tests.faults.writing import opening, write
from tests.service import c2sp_reader
from tests.service.serving import service
from tests.service.signed_logs import key_of, load_sample, signing
from tests.service.witnessing import Answered, TestWitness, answering, witnessing

pytestmark = pytest.mark.one_server_will_do


@pytest.fixture
def url(database_url: str) -> str:
    load_sample(database_url)
    return database_url


def witness_of(url: str, name: str = "witness.example/one") -> TestWitness:
    key = key_of(url)
    return TestWitness(name, {key.name: [key.verifier]})


def signing_with(url: str, folder: Path, need: int, *witnesses: tuple[TestWitness, str]) -> SigningProcess:
    file = folder / "witnesses"
    lines = [f"witness {format_key(each.key.verifier)} {address}\n" for each, address in witnesses]
    file.write_text("# who cosigns\n\n" + "".join(lines) + f"need {need}\n")
    return signing(url, folder, witnesses=file)


def published(url: str) -> list[int]:
    with psycopg.connect(url) as connection:
        return [
            size for (size,) in connection.execute("SELECT size FROM published_checkpoints ORDER BY size").fetchall()
        ]


def test_checkpoint_is_published_with_the_cosignatures_of_all_witnesses(url: str, tmp_path: Path) -> None:
    one, two = witness_of(url), witness_of(url, "witness.example/two")
    with witnessing(one, two) as (first, second):
        process = signing_with(url, tmp_path, 2, (one, first), (two, second))
        size = process.sign_once()
        write(url, [opening("another")])
        assert process.sign_once() == (size or 0) + 1
    note = parse_note((tmp_path / "published" / "checkpoint").read_bytes())
    keys = [key_of(url).verifier, one.key.verifier, two.key.verifier]
    assert [each.key for each in verify(note, keys)] == keys
    # Each process asks anew from 0, and learns from the answer 409 what the witness has seen.
    assert one.asked == [0, 0, size]


def test_too_few_witnesses_publish_nothing_and_the_next_round_tries_again(url: str, tmp_path: Path) -> None:
    one, silent = witness_of(url), witness_of(url, "witness.example/silent")
    with witnessing(one) as (first,):
        process = signing_with(url, tmp_path, 2, (one, first), (silent, "http://127.0.0.1:9"))
        assert process.sign_once() is None
        assert published(url) == []
        assert not (tmp_path / "published" / "checkpoint").exists()
        with witnessing(silent) as (second,):
            process = signing_with(url, tmp_path, 2, (one, first), (silent, second))
            assert process.sign_once() is not None
    assert len(published(url)) == 1


def test_witness_that_lost_what_it_saw_is_asked_from_the_beginning(url: str, tmp_path: Path) -> None:
    one = witness_of(url)
    with witnessing(one) as (first,):
        process = signing_with(url, tmp_path, 1, (one, first))
        process.sign_once()
        one.seen.clear()
        write(url, [opening("another")])
        assert process.sign_once() is not None


@pytest.mark.parametrize(
    "answered",
    [
        (200, "text/plain", b"nonsense\n"),
        (200, "text/plain", b""),
        (409, "text/x.tlog.size", b"999999\n"),
        (409, "text/x.tlog.size", b"12\n"),
        (409, "text/plain", b"no size\n"),
        (422, "text/plain", b""),
        (500, "text/plain", b"\x1b[31m"),
        (200, "text/plain", b"A" * 200_000),
    ],
)
def test_lying_witness_is_not_believed(url: str, tmp_path: Path, answered: Answered) -> None:
    with answering(lambda *_: answered) as address:
        assert signing_with(url, tmp_path, 1, (witness_of(url), address)).sign_once() is None
    assert published(url) == []


def test_signature_of_another_witness_does_not_count(url: str, tmp_path: Path) -> None:
    other = SigningKey("witness.example/other", witness_of(url).key.kind, b"o" * 32)

    def answer(_path: str, body: bytes) -> Answered:
        note = parse_note(body.partition(b"\n\n")[2])
        signature = format_note(SignedNote(note.text, (sign(note.text, other, 1_780_000_000),)))
        return 200, "text/plain", signature[len(note.text.encode()) + 1 :]

    with answering(answer) as address:
        assert signing_with(url, tmp_path, 1, (witness_of(url), address)).sign_once() is None


def test_witness_refuses_a_second_log_of_one_name(url: str, tmp_path: Path) -> None:
    """It has seen another tree of this origin, larger than ours or of other facts: nothing is published."""
    one = witness_of(url)
    key = key_of(url)
    with witnessing(one) as (first,):
        one.seen[key.name] = (2, root([bytes(32), bytes(32)]))
        assert signing_with(url, tmp_path, 1, (one, first)).sign_once() is None
        one.seen[key.name] = (10**6, bytes(32))
        assert signing_with(url, tmp_path, 1, (one, first)).sign_once() is None
    assert published(url) == []


@pytest.mark.parametrize(
    "text", ["witness x http://y\n", "need 1\n", "need -1\n", "hello\n", "witness a ftp://b\n", "\xff"]
)
def test_file_of_witnesses_is_refused_by_its_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "witnesses"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(WitnessesUnreadable, match="file of witnesses"):
        read_policy(file)


def test_log_key_is_no_witness(url: str, tmp_path: Path) -> None:
    file = tmp_path / "witnesses"
    file.write_text(f"witness {format_key(key_of(url).verifier)} http://127.0.0.1\n")
    with pytest.raises(WitnessesUnreadable, match="not of a witness"):
        read_policy(file)


def test_another_reader_of_the_specifications_reads_what_we_publish(url: str, tmp_path: Path) -> None:
    witness = witness_of(url)
    with witnessing(witness) as (address,):
        signing_with(url, tmp_path, 1, (witness, address)).sign_once()
    folder, keys = tmp_path / "published", [format_key(key_of(url).verifier), format_key(witness.key.verifier)]
    checkpoint = c2sp_reader.read_checkpoint((folder / "checkpoint").read_bytes(), keys)
    assert checkpoint.signed_by == (key_of(url).name, witness.name)
    entries = c2sp_reader.read_entries(folder, checkpoint.size)
    assert c2sp_reader.root_of([c2sp_reader.hashed(c2sp_reader.LEAF, each) for each in entries]) == checkpoint.root
    with service(url) as client:
        for position in (1, 7, checkpoint.size):
            proof = client.get(f"/v1/facts/{position}/proof").text
            assert c2sp_reader.proven(proof, entries[position - 1], keys) == checkpoint
    with pytest.raises(InvalidSignature):
        c2sp_reader.read_checkpoint((folder / "checkpoint").read_bytes().replace(b"\n", b"!\n", 1), keys)
