"""Escalation: which occurrences happened on which local day, the level of each day, and phases of equal level."""
