"""Every bundle that a release made is verified by all later ones, to the same digest."""

import hashlib
import json
from pathlib import Path

import pytest

from domain.verification.bundle import parse_bundle
from domain.verification.checks import Trust, verify_bundle
from tests.domain.signed_logs import KEY
from tests.golden_bundles.make import FOLDER, PUBLISHED, path_of, wanted

FILES = sorted(FOLDER.glob("*.kw.json.gz"))
SUMS = json.loads((FOLDER / "sums.json").read_text("utf-8"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.partition(".")[0])
def test_bundle_of_an_earlier_release_is_verified(path: Path) -> None:
    found = verify_bundle(parse_bundle(path.read_bytes()), Trust([KEY.verifier]))
    assert found.failed is None, found.failed
    if path.name.startswith(PUBLISHED):
        assert any("published" in each for each in found.shown)


def test_no_bundle_was_made_anew() -> None:
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in FILES} == SUMS


def test_each_view_has_a_bundle_by_each_policy() -> None:
    """`python -m tests.golden_bundles.make` adds that of a new one."""
    assert [path.name for path in (path_of(*each) for each in wanted()) if path not in FILES] == []
