"""A JSON object as the interface sends it."""

from collections.abc import Mapping
from typing import Any

ApiDocument = Mapping[str, Any]
"""Members by name, read one by one where they are shown."""
