"""The Merkle tree over the log: roots, and proofs that anyone can check (RFC 6962 §2.1, RFC 9162 §2.1).

A *row* is a sequence of hashes of equally large, complete subtrees that lie
side by side; the leaves' own hashes (`entry.leaf_hash`) are the lowest row.
"""

import hashlib
from collections.abc import Sequence
from functools import reduce

HASH_BYTES = hashlib.sha256().digest_size
EMPTY_ROOT = hashlib.sha256().digest()
"""The root of a tree without leaves: SHA-256 of nothing."""


def node(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node: SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(row: Sequence[bytes]) -> bytes:
    """Return the root of the tree whose leaves have these hashes."""
    return join(peaks(row))


def peaks(row: Sequence[bytes]) -> list[bytes]:
    """Return the roots of the largest complete subtrees of a row, largest first.

    The peaks of a tree of n leaves are those of its complete subtrees of 256 leaves,
    followed by those of the n % 256 leaves that are left.
    """
    found: list[bytes] = []
    while row:
        size = 1 << (len(row).bit_length() - 1)
        found.append(_complete(row[:size]))
        row = row[size:]
    return found


def join(tree_peaks: Sequence[bytes]) -> bytes:
    """Return the root of the tree with these peaks, largest first."""
    if not tree_peaks:
        return EMPTY_ROOT
    return reduce(lambda right, left: node(left, right), reversed(tree_peaks))


def prove_inclusion(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Return the proof that the leaf at `index` (from 0) is in the tree of these leaf hashes (RFC 6962 §2.1.1).

    Raises IndexError where there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(f"a tree of {len(leaves)} leaves has none at {index}")
    proof: list[bytes] = []
    while len(leaves) > 1:
        half = _half(len(leaves))
        if index < half:
            leaves, other = leaves[:half], leaves[half:]
        else:
            index, other, leaves = index - half, leaves[:half], leaves[half:]
        proof.append(root(other))
    return proof[::-1]


def prove_consistency(first: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Return the proof that the tree of these leaf hashes continues that of its `first` leaves (RFC 6962 §2.1.2).

    Raises IndexError where the smaller tree is empty or the larger one.
    """
    if not 1 <= first <= len(leaves):
        raise IndexError(f"a tree of {len(leaves)} leaves continues none of {first}")
    proof: list[bytes] = []
    whole = True  # what is left to compare is the smaller tree itself, whose root the reader has
    while first < len(leaves):
        half = _half(len(leaves))
        if first <= half:
            leaves, other = leaves[:half], leaves[half:]
        else:
            first, other, leaves, whole = first - half, leaves[:half], leaves[half:], False
        proof.append(root(other))
    if not whole:
        proof.append(root(leaves))
    return proof[::-1]


def includes(size: int, tree: bytes, index: int, leaf: bytes, proof: Sequence[bytes]) -> bool:
    """Say whether `proof` shows that the tree of `size` leaves with the root `tree` has `leaf` at `index` (from 0).

    RFC 9162 §2.1.3.2. Returns False for any malformed proof; never raises.
    """
    if not 0 <= index < size or not _are_hashes(tree, leaf, *proof):
        return False
    place, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node(sibling, found)
            place, last = _climb_edge(place, last)
        else:
            found = node(found, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and found == tree


def continues(size: int, tree: bytes, first: int, earlier: bytes, proof: Sequence[bytes]) -> bool:
    """Say whether `proof` shows that the tree `tree` of `size` leaves begins with that of `first` leaves, `earlier`.

    RFC 9162 §2.1.4.2, which defines no proof from an empty tree. Never raises.
    """
    if not 1 <= first <= size or not _are_hashes(tree, earlier, *proof):
        return False
    if first == size:
        return not proof and tree == earlier
    steps = [earlier, *proof] if first & (first - 1) == 0 else list(proof)
    if not steps:
        return False
    place, last = first - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = steps[0]
    for sibling in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = node(sibling, old), node(sibling, new)
            place, last = _climb_edge(place, last)
        else:
            new = node(new, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and (old, new) == (earlier, tree)


def _complete(row: Sequence[bytes]) -> bytes:
    """Return the root over a row whose length is a power of two."""
    while len(row) > 1:
        row = [node(left, right) for left, right in zip(row[::2], row[1::2], strict=True)]
    return row[0]


def _half(size: int) -> int:
    """Return the largest power of two below `size`: where RFC 6962 §2.1 splits a tree."""
    return 1 << ((size - 1).bit_length() - 1)


def _climb_edge(place: int, last: int) -> tuple[int, int]:
    """Climb the levels on which a node at the right edge has no sibling."""
    while place and not place & 1:
        place, last = place >> 1, last >> 1
    return place, last


def _are_hashes(*values: bytes) -> bool:
    # Two values of 31 and 33 bytes would hash to the same node as two of 32.
    return all(len(value) == HASH_BYTES for value in values)
