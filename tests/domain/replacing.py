"""A copy of a value with other fields, whether it is a structure or a data class."""

import dataclasses
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def replace(value: T, **fields: Any) -> T:
    """Return a copy of a value with these fields; what it derives from them is derived anew."""
    copied: Any = value
    if isinstance(value, msgspec.Struct):
        return msgspec.structs.replace(copied, **fields)
    return dataclasses.replace(copied, **fields)
