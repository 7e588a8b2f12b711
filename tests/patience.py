"""How long tests wait for what must come: a bound on a hang, so that no test depends on how fast the machine is."""

from typing import Final

PATIENCE: Final = 120.0
"""Seconds."""
