"""The Merkle tree over the log: roots, and proofs that anyone can check (RFC 6962 §2.1, RFC 9162 §2.1).

A *row* is a sequence of hashes of equally large, complete subtrees that lie
side by side; the leaves' own hashes (`entry.leaf_hash`) are the lowest row.
"""

import hashlib
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
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


Subtree = Callable[[int, int], bytes]
"""Returns the root of the leaves [start, end) of a tree."""


def subtrees_of(leaves: Sequence[bytes]) -> Subtree:
    """Return the subtrees of the tree of these leaf hashes."""
    return lambda start, end: root(leaves[start:end])


def prove_inclusion(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """Return the proof that the leaf at `index` (from 0) is in a tree of `size` leaves (RFC 6962 §2.1.1).

    Raises IndexError where there is no such leaf.
    """
    if not 0 <= index < size:
        raise IndexError(f"a tree of {size} leaves has none at {index}")
    proof: list[bytes] = []
    start = 0
    while size > 1:
        half = _half(size)
        if index < start + half:
            proof.append(subtree(start + half, start + size))
            size = half
        else:
            proof.append(subtree(start, start + half))
            start, size = start + half, size - half
    return proof[::-1]


def prove_consistency(first: int, size: int, subtree: Subtree) -> list[bytes]:
    """Return the proof that a tree of `size` leaves continues that of its `first` leaves (RFC 6962 §2.1.2).

    Raises IndexError where the smaller tree is empty or the larger one.
    """
    if not 1 <= first <= size:
        raise IndexError(f"a tree of {size} leaves continues none of {first}")
    proof: list[bytes] = []
    start = 0
    whole = True  # what is left to compare is the smaller tree itself, whose root the reader has
    while first < start + size:
        half = _half(size)
        if first <= start + half:
            proof.append(subtree(start + half, start + size))
            size = half
        else:
            proof.append(subtree(start, start + half))
            start, size, whole = start + half, size - half, False
    if not whole:
        proof.append(subtree(start, start + size))
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


def prove_several(indexes: Sequence[int], size: int, subtree: Subtree, start: int = 0) -> Iterator[bytes]:
    """Yield the proof that the leaves at `indexes` (ascending, each once) are in a tree of `size` leaves.

    These are the roots of the largest subtrees that have none of them, from left to right, where RFC 6962 §2.1 splits
    the tree; `start` is where it begins in a larger one.
    """
    if not indexes:
        yield subtree(start, start + size)
    elif size > 1:
        half = _half(size)
        cut = bisect_left(indexes, start + half)
        yield from prove_several(indexes[:cut], half, subtree, start)
        yield from prove_several(indexes[cut:], size - half, subtree, start + half)


def root_of_several(leaves: Mapping[int, bytes], size: int, proof: Sequence[bytes]) -> bytes | None:
    """Return the root of a tree of `size` leaves that has `leaves` (hashes by index) and what `proof` stands for.

    None for a proof that is malformed: of another number of hashes, or of other lengths; and for a leaf that is not in
    the tree.
    """
    indexes = sorted(leaves)
    if not indexes or indexes[0] < 0 or indexes[-1] >= size or not _are_hashes(*leaves.values(), *proof):
        return None
    hashes = iter(proof)
    found = _root_of_several(leaves, indexes, (0, size), hashes)
    return found if found is not None and next(hashes, None) is None else None


def _root_of_several(
    leaves: Mapping[int, bytes], indexes: Sequence[int], extent: tuple[int, int], hashes: Iterator[bytes]
) -> bytes | None:
    start, size = extent
    if not indexes:
        return next(hashes, None)
    if size == 1:
        return leaves[indexes[0]]
    half = _half(size)
    cut = bisect_left(indexes, start + half)
    left = _root_of_several(leaves, indexes[:cut], (start, half), hashes)
    right = left and _root_of_several(leaves, indexes[cut:], (start + half, size - half), hashes)
    return node(left, right) if left and right else None


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
