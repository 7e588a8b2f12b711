"""Assembles a bundle from the facts of a log and the subtrees of its Merkle tree."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.ledger.merkle import Subtree, prove_consistency, prove_several
from domain.ledger.receipt import Receipt
from domain.verification.bundle import Bundle, BundledFact


@dataclass(frozen=True, slots=True)
class SignedTree:
    """A checkpoint, as a signed note, with the size of its tree, the tree's subtrees, and the keys that sign it."""

    checkpoint: bytes
    size: int
    subtree: Subtree
    keys: Sequence[str]


def assemble(
    receipt: Receipt, document: bytes, facts: Sequence[BundledFact], publication: int | None, tree: SignedTree
) -> Bundle:
    """Return the bundle of an answer: `facts` are its inputs and its publication, by position.

    Raises IndexError where the tree does not reach so far.
    """
    last = max(receipt.position, *(each.entry.position for each in facts))
    if last > tree.size:
        raise IndexError(f"the checkpoint is of {tree.size} facts, and the answer depends on that at position {last}")
    indexes = [each.entry.position - 1 for each in facts]
    return Bundle(
        receipt=receipt,
        document=document,
        facts=facts,
        publication=publication,
        inclusion=list(prove_several(indexes, tree.size, tree.subtree)),
        consistency=prove_consistency(receipt.position, tree.size, tree.subtree),
        checkpoint=tree.checkpoint,
        keys=tree.keys,
    )
