"""The transparency log: the Merkle tree over the facts, and published estimates that can be verified."""
