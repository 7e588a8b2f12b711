"""Thresholds of Python's garbage collector for processes that keep much in memory."""

from typing import Final

SELDOM: Final = (2_000, 2, 10_000)
"""For `gc.set_threshold`: new objects before a young collection, and young ones before each older one."""
