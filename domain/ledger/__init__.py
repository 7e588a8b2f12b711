"""Proofs that need no trust in the operator: canonical bytes, commitments and log entries."""
