"""Rows as PostgreSQL's binary COPY takes them: written by hand, since most of a row is lists of short texts.

The form is that of the manual's page on COPY, “Binary Format”, and of the types' own `…_send` functions.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from struct import Struct
from typing import Any, Final
from uuid import UUID

HEADER: Final = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER: Final = b"\xff\xff"

_NULL: Final = b"\xff\xff\xff\xff"
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_BLOCK: Final = 2_000
_LENGTH, _COUNT = Struct(">i"), Struct(">h")
_INT8, _INT2, _FLOAT8 = Struct(">iq"), Struct(">ih"), Struct(">id")
_ARRAY: Final = Struct(">iiIii")
_TEXT_OID, _INT8_OID, _FLOAT8_OID = 25, 20, 701

Write = Callable[[Any], bytes]
"""Returns a value that is there as COPY takes it, its length first."""


@lru_cache(maxsize=65_536)
def _text(value: str) -> bytes:
    found = value.encode()
    return _LENGTH.pack(len(found)) + found


def _uuid(value: UUID) -> bytes:
    return b"\x00\x00\x00\x10" + value.bytes


def _bigint(value: int) -> bytes:
    return _INT8.pack(8, value)


def _smallint(value: int) -> bytes:
    return _INT2.pack(2, value)


def _double(value: float) -> bytes:
    return _FLOAT8.pack(8, value)


def _boolean(value: object) -> bytes:
    return b"\x00\x00\x00\x01\x01" if value else b"\x00\x00\x00\x01\x00"


def _moment(value: datetime) -> bytes:
    return _INT8.pack(8, (value - _EPOCH) // _MICROSECOND)


def _array(oid: int, each: Write) -> Write:
    def write(values: Sequence[object]) -> bytes:
        if not values:
            return _LENGTH.pack(12) + _ARRAY.pack(0, 0, oid, 0, 0)[:12]
        parts = [_NULL if value is None else each(value) for value in values]
        held = b"".join(parts)
        head = _ARRAY.pack(1, int(None in values), oid, len(parts), 1)
        return b"".join((_LENGTH.pack(len(head) + len(held)), head, held))

    return write


_FORMS: Final[Mapping[str, Write]] = {
    "text": _text,
    "uuid": _uuid,
    "bigint": _bigint,
    "smallint": _smallint,
    "float8": _double,
    "boolean": _boolean,
    "timestamptz": _moment,
    "text[]": _array(_TEXT_OID, _text),
    "bigint[]": _array(_INT8_OID, _bigint),
    "float8[]": _array(_FLOAT8_OID, _double),
}


def known(types: Iterable[str]) -> bool:
    """Say whether all of these types can be written here; psycopg writes every other."""
    return all(each in _FORMS for each in types)


def written(rows: Iterable[Sequence[Any]], types: Iterable[str]) -> Iterable[bytes]:
    """Yield rows as COPY takes them, in blocks, with header and trailer. `types` are those of the columns.

    Raises ValueError, TypeError, struct.error or UnicodeError for a value that its column cannot hold.
    """
    writers = [_FORMS[each] for each in types]
    begin, block = _COUNT.pack(len(writers)), [HEADER]
    for row in rows:
        block.append(begin)
        block += [_NULL if value is None else write(value) for write, value in zip(writers, row, strict=True)]
        if len(block) > _BLOCK:
            yield b"".join(block)
            block = []
    block.append(TRAILER)
    yield b"".join(block)
