"""Collections: each incident belongs to one, which decides who may see it."""

from typing import Final

PUBLIC: Final = "public"
"""The collection of incidents that were opened without one."""
