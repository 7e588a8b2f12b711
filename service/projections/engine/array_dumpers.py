"""Dumpers of arrays for COPY in PostgreSQL's binary format; within one COPY, equal arrays are encoded once.

psycopg's own dumper of lists looks up the dumper of the elements for each list, in most of the time of a COPY.
"""

import struct
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial
from typing import Any, ClassVar, Final

from psycopg import postgres
from psycopg.abc import AdaptContext
from psycopg.adapt import AdaptersMap, Dumper
from psycopg.pq import Format

_NULL: Final = b"\xff\xff\xff\xff"
_NO_ELEMENTS: Final = struct.Struct("!iii")
_ONE_DIMENSION: Final = struct.Struct("!iiiii")
_LENGTH: Final = struct.Struct("!i")
_INT8: Final = struct.Struct("!iq")


class _Encoded(dict[Any, bytes]):
    """Encoded values by value."""

    def __init__(self, encode: Callable[[Any], bytes]) -> None:
        super().__init__()
        self._encode = encode

    def __missing__(self, value: object) -> bytes:
        found = self[value] = self._encode(value)
        return found


def _encode_array(oid: int, encode: Callable[[object], bytes], elements: Sequence[object]) -> bytes:
    if not elements:
        return _NO_ELEMENTS.pack(0, 0, oid)
    head = _ONE_DIMENSION.pack(1, None in elements, oid, len(elements), 1)
    return head + b"".join(map(encode, elements))


def _encode_text(element: str | None) -> bytes:
    if element is None:
        return _NULL
    encoded = element.encode()
    return _LENGTH.pack(len(encoded)) + encoded


def _encode_bigint(element: int | None) -> bytes:
    return _NULL if element is None else _INT8.pack(8, element)


class _ArrayDumper(Dumper):
    """Dumps lists of one dimension, of elements of which equal ones have equal bytes.

    It holds no reference to itself: workers of a rebuild run without the cyclic garbage collector.
    """

    format = Format.BINARY
    element_oid: ClassVar[int]
    encode_element: ClassVar[Callable[[Any], bytes]]

    def __init__(self, cls: type, context: AdaptContext | None = None) -> None:
        super().__init__(cls, context)
        encode = _Encoded(type(self).encode_element).__getitem__
        self._arrays = _Encoded(partial(_encode_array, self.element_oid, encode))

    def dump(self, obj: Iterable[object]) -> bytes:
        return self._arrays[tuple(obj)]


class TextArrayDumper(_ArrayDumper):
    """Dumps lists of str as text[]."""

    oid = postgres.types["text"].array_oid
    element_oid = postgres.types["text"].oid
    encode_element = staticmethod(_encode_text)


class BigintArrayDumper(_ArrayDumper):
    """Dumps lists of int as bigint[]."""

    oid = postgres.types["int8"].array_oid
    element_oid = postgres.types["int8"].oid
    encode_element = staticmethod(_encode_bigint)


class FloatArrayDumper(Dumper):
    """Dumps lists of float as float8[]; none is remembered, since 0.0 equals -0.0 and has other bytes."""

    format = Format.BINARY
    oid = postgres.types["float8"].array_oid
    element_oid: ClassVar[int] = postgres.types["float8"].oid

    def dump(self, obj: Sequence[float]) -> bytes:
        if not obj:
            return _NO_ELEMENTS.pack(0, 0, self.element_oid)
        elements: list[float] = [8] * (2 * len(obj))
        elements[1::2] = obj
        return _float8s(len(obj)).pack(1, 0, self.element_oid, len(obj), 1, *elements)


@lru_cache
def _float8s(number: int) -> struct.Struct:
    return struct.Struct("!iiiii" + "id" * number)


def register(adapters: AdaptersMap) -> None:
    """Use these dumpers where the type of a value is stated by its oid, as for COPY, and nowhere else."""
    for dumper in (TextArrayDumper, BigintArrayDumper, FloatArrayDumper):
        adapters.register_dumper(None, dumper)
