"""The worked example of docs/verify.md, run by a shell on a proof of ours: openssl and coreutils read our formats."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from domain.ledger.inclusion_proof import InclusionProof, format_inclusion_proof
from domain.ledger.merkle import prove_inclusion
from domain.ledger.signed_note import format_key
from tests.domain.signed_logs import KEY, published_log

PAGE = Path(__file__).parents[2] / "docs" / "verify.md"
NEEDED = ("openssl", "basenc", "sha256sum")


@pytest.mark.skipif(not all(map(shutil.which, NEEDED)), reason=f"needs {', '.join(NEEDED)}")
@pytest.mark.parametrize("position", [1, 7, 128, -1])
def test_proof_is_verified_by_hand(position: int, tmp_path: Path) -> None:
    (script,) = re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    log, _ = published_log()
    tree, index = log.tree(), position % (len(log.facts) + 1) - 1
    fact = log.facts[index]
    proof = InclusionProof(
        index, tuple(prove_inclusion(index, tree.size, tree.subtree)), tree.checkpoint, fact.entry_bytes
    )
    files = {
        "proof": format_inclusion_proof(proof),
        "log.pub": f"{format_key(KEY.verifier)}\n".encode(),
        "state": fact.state,
        "salt": fact.salt.hex().encode(),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    done = subprocess.run(["sh", "-e", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S607
    assert done.returncode == 0, done.stderr
    root, signed, made, committed, verdict = done.stdout.split("\n")[:5]
    assert root == signed
    assert made == committed
    assert "Success" in verdict
    (tmp_path / "state").write_bytes(fact.state + b" ")
    (tmp_path / "proof").write_bytes(files["proof"].replace(b"knownwhen/", b"knownwhem/"))
    done = subprocess.run(["sh", "-e", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S607
    assert done.returncode != 0
