"""How seldom Python's garbage collector looks for reference cycles where much is kept in memory."""

from typing import Final

SELDOM: Final = (2_000, 2, 10_000)
"""Thresholds of `gc.set_threshold`: new objects before young ones are looked through; how often before older ones."""
