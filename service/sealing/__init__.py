"""What makes the log provable: its Merkle tree, and the published estimates that anyone can ask again."""
