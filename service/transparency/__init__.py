"""The log's Merkle tree, and published estimates that anyone can ask again."""
