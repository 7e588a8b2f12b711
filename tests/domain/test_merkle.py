"""The tree over the log: every root and proof is that of RFC 6962, and whatever is no proof is none."""

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ledger.entry import leaf_hash
from domain.ledger.merkle import (
    EMPTY_ROOT,
    continues,
    includes,
    join,
    node,
    peaks,
    prove_consistency,
    prove_inclusion,
    prove_several,
    root,
    root_of_several,
    subtrees_of,
)

VECTORS = Path(__file__).parents[1] / "vectors" / "tlog.json"
WIDTH = 256

# The reference tree of Certificate Transparency: its leaves, and its root at every size (RFC 6962's own examples).
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]

rows = st.integers(0, 600).map(lambda size: [leaf_hash(str(place).encode()) for place in range(size)])
filled = rows.filter(bool)


def reference(leaves: Sequence[bytes]) -> bytes:
    """Return MTH(D[n]) as RFC 6962 §2.1 writes it."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\x01" + reference(leaves[:half]) + reference(leaves[half:])).digest()


def reference_path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Return PATH(m, D[n]) as RFC 6962 §2.1.1 writes it."""
    if len(leaves) == 1:
        return []
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    if index < half:
        return [*reference_path(index, leaves[:half]), reference(leaves[half:])]
    return [*reference_path(index - half, leaves[half:]), reference(leaves[:half])]


@pytest.mark.parametrize("size", range(len(ROOTS)))
def test_the_tree_of_the_standard_has_these_roots(size: int) -> None:
    leaves = [leaf_hash(bytes.fromhex(leaf)) for leaf in LEAVES[:size]]
    assert root(leaves).hex() == ROOTS[size]


def test_a_node_is_told_from_a_leaf() -> None:
    assert node(b"N123", b"N456").hex() == "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"
    assert EMPTY_ROOT.hex() == ROOTS[0]


@given(rows)
def test_a_root_is_that_of_the_recursive_definition(leaves: list[bytes]) -> None:
    assert root(leaves) == reference(leaves)


@given(rows)
def test_subtrees_of_256_leaves_and_the_rest_give_the_same_root(leaves: list[bytes]) -> None:
    whole = len(leaves) // WIDTH
    subtrees = [root(leaves[place * WIDTH : (place + 1) * WIDTH]) for place in range(whole)]
    assert join([*peaks(subtrees), *peaks(leaves[whole * WIDTH :])]) == root(leaves)


@given(filled, st.data())
def test_every_leaf_is_shown_to_be_in_its_place_and_in_no_other(leaves: list[bytes], data: st.DataObject) -> None:
    index, other = data.draw(st.integers(0, len(leaves) - 1)), data.draw(st.integers(-1, len(leaves)))
    proof = prove_inclusion(index, len(leaves), subtrees_of(leaves))
    assert proof == reference_path(index, leaves)
    assert includes(len(leaves), root(leaves), index, leaves[index], proof)
    if other != index:
        assert not includes(len(leaves), root(leaves), other, leaves[index], proof)


@given(filled, st.data())
def test_every_tree_is_shown_to_continue_its_beginnings(leaves: list[bytes], data: st.DataObject) -> None:
    first = data.draw(st.integers(1, len(leaves)))
    proof = prove_consistency(first, len(leaves), subtrees_of(leaves))
    assert continues(len(leaves), root(leaves), first, root(leaves[:first]), proof)
    forged = root([leaf_hash(b"another"), *leaves[1:first]])
    assert not continues(len(leaves), root(leaves), first, forged, proof)


@given(filled, st.data())
def test_no_changed_proof_passes(leaves: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(1, len(leaves)))
    tree, size = root(leaves), len(leaves)
    subtree = subtrees_of(leaves)
    inclusion = prove_inclusion(place - 1, len(leaves), subtree)
    consistency = prove_consistency(place, len(leaves), subtree)
    for changed in _changes(inclusion):
        assert not includes(size, tree, place - 1, leaves[place - 1], changed)
    for changed in _changes(consistency):
        assert not continues(size, tree, place, root(leaves[:place]), changed)


def _changes(proof: list[bytes]) -> Iterator[list[bytes]]:
    yield [*proof, EMPTY_ROOT]
    yield [EMPTY_ROOT, *proof]
    for place, step in enumerate(proof):
        yield [*proof[:place], *proof[place + 1 :]]
        yield [*proof[:place], bytes([step[0] ^ 1]) + step[1:], *proof[place + 1 :]]


def test_hashes_of_other_lengths_do_not_pass_for_two_of_32_bytes() -> None:
    left, right = leaf_hash(b"left"), leaf_hash(b"right")
    tree, joined = node(left, right), left + right
    assert node(joined[:31], joined[31:]) == tree
    assert not includes(2, tree, 0, joined[:31], [joined[31:]])
    assert not continues(2, tree, 1, joined[:31], [joined[31:]])


def test_there_is_no_proof_of_what_is_not_there() -> None:
    leaves = [leaf_hash(b"1"), leaf_hash(b"2")]
    for index in (-1, 2):
        with pytest.raises(IndexError, match="2 leaves has none"):
            prove_inclusion(index, len(leaves), subtrees_of(leaves))
    for first in (0, 3):
        with pytest.raises(IndexError, match="2 leaves continues none"):
            prove_consistency(first, len(leaves), subtrees_of(leaves))
    assert not continues(2, root(leaves), 0, EMPTY_ROOT, [])
    assert not continues(3, root(leaves), 2, root(leaves), [])


@pytest.fixture(scope="module")
def vectors() -> dict[str, Any]:
    return json.loads(VECTORS.read_text("utf-8"))


def decoded(case: dict[str, Any], *names: str) -> list[bytes]:
    return [base64.b64decode(case[name] or "") for name in names]


def test_inclusion_is_judged_as_other_implementations_judge_it(vectors: dict[str, Any]) -> None:
    cases = vectors["proof_inclusion"]["cases"]
    assert len(cases) == 98
    for case in cases:
        tree, leaf = decoded(case, "root", "leafHash")
        proof = [base64.b64decode(step) for step in case["proof"] or ()]
        judged = includes(case["treeSize"], tree, case["leafIdx"], leaf, proof)
        assert judged is not case["wantErr"], case["file"]


def test_consistency_is_judged_as_other_implementations_judge_it(vectors: dict[str, Any]) -> None:
    cases = vectors["proof_consistency"]["cases"]
    assert len(cases) == 98
    for case in cases:
        earlier, tree = decoded(case, "root1", "root2")
        proof = [base64.b64decode(step) for step in case["proof"] or ()]
        # One case compares two equal words that are no hashes ("don't care"); those we refuse.
        holds = not case["wantErr"] and len(tree) == len(EMPTY_ROOT)
        assert continues(case["size2"], tree, case["size1"], earlier, proof) is holds, case["file"]


def test_the_proofs_of_all_small_trees_are_those_of_other_implementations(vectors: dict[str, Any]) -> None:
    """A subtree [start, end) that is aligned is a tree of its own; the digest is over all of them."""
    wanted, sums = vectors["accumulated_subtree"], {"hash": hashlib.sha256(), "inclusion": hashlib.sha256()}
    leaves = [leaf_hash(bytes([place])) for place in range(130)]
    for end in range(131):
        for start in range(end + 1):
            size = end - start
            if start % (1 << max(size - 1, 0).bit_length()):
                continue
            row = leaves[start:end]
            sums["hash"].update(f"[{start}, {end}) {root(row).hex()}\n".encode())
            for index in range(size):
                steps = "".join(f" {step.hex()}" for step in prove_inclusion(index, len(row), subtrees_of(row)))
                sums["inclusion"].update(f"{start + index} [{start}, {end}){steps}\n".encode())
    assert {name: found.hexdigest() for name, found in sums.items()} == {name: wanted[name]["sha256"] for name in sums}


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=70), st.data())
def test_several_leaves_are_shown_at_once_and_no_changed_proof_passes(leaves: list[bytes], data: st.DataObject) -> None:
    row = [leaf_hash(each) for each in leaves]
    wanted = sorted(data.draw(st.sets(st.integers(0, len(row) - 1), min_size=1)))
    proof = list(prove_several(wanted, len(row), subtrees_of(row)))
    shown = {index: row[index] for index in wanted}
    assert root_of_several(shown, len(row), proof) == root(row)
    assert len(proof) <= len(wanted) * len(row).bit_length()
    for changed in ([*proof, bytes(32)], proof[:-1] if proof else [bytes(32)]):
        assert root_of_several(shown, len(row), changed) is None
    at = data.draw(st.sampled_from(wanted))
    assert root_of_several(shown | {at: bytes(32)}, len(row), proof) not in (None, root(row))
    assert root_of_several(shown | {len(row): bytes(32)}, len(row), proof) is None
    assert root_of_several(shown, len(row), [each[:-1] for each in proof] or [b""]) is None
    if proof:
        place = data.draw(st.integers(0, len(proof) - 1))
        assert root_of_several(shown, len(row), [*proof[:place], bytes(32), *proof[place + 1 :]]) != root(row)
