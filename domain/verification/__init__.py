"""Verification of a bundle: an answer follows from facts that a log committed to, whatever its operator says."""
