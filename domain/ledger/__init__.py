"""Proofs that hold without trusting the operator: canonical bytes, commitments and log entries."""
