"""Rows as PostgreSQL's binary COPY takes them: written by hand, since most of a row is lists of short texts.

The form is that of the manual's page on COPY, “Binary Format”, and of the types' own `…_send` functions; several
rows as one value are an array of records.
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
_ARRAY, _EMPTY = Struct(">iiIii"), Struct(">iiiI")
_TEXT_OID, _INT8_OID, _FLOAT8_OID = 25, 20, 701
_NO_TEXTS: Final = _EMPTY.pack(12, 0, 0, _TEXT_OID)

Write = Callable[[Any], bytes]
"""Returns a value that is there as COPY takes it, its length first."""


@lru_cache(maxsize=65_536)
def _text(value: str) -> bytes:
    found = value.encode()
    return _LENGTH.pack(len(found)) + found


def _uuid(value: UUID) -> bytes:
    return b"\x00\x00\x00\x10" + value.int.to_bytes(16, "big")


def _bigint(value: int) -> bytes:
    return _INT8.pack(8, value)


def _smallint(value: int) -> bytes:
    return _INT2.pack(2, value)


def _double(value: float) -> bytes:
    return _FLOAT8.pack(8, value)


def _boolean(value: object) -> bytes:
    return b"\x00\x00\x00\x01\x01" if value else b"\x00\x00\x00\x01\x00"


@lru_cache(maxsize=65_536)
def _moment(value: datetime) -> bytes:
    return _INT8.pack(8, (value - _EPOCH) // _MICROSECOND)


def _texts(values: Sequence[str | None]) -> bytes:
    if not values:
        return _NO_TEXTS
    return _array(_TEXT_OID, [_NULL if value is None else _text(value) for value in values], nulls=None in values)


def _numbers(oid: int, form: str, each: Write) -> Write:
    """Return what writes an array of numbers that are eight bytes each: at once, where none of them is null."""

    def write(values: Sequence[float | None]) -> bytes:
        if not values or None in values:
            return _array(oid, [_NULL if value is None else each(value) for value in values], nulls=None in values)
        number = len(values)
        lengths_and_values: list[Any] = [8] * (2 * number)
        lengths_and_values[1::2] = values
        return _packing(form, number).pack(20 + 12 * number, 1, 0, oid, number, 1, *lengths_and_values)

    return write


@lru_cache(maxsize=1024)
def _packing(form: str, number: int) -> Struct:
    return Struct(">iiiIii" + f"i{form}" * number)


def _array(oid: int, parts: Sequence[bytes], *, nulls: bool) -> bytes:
    if not parts:
        return _EMPTY.pack(12, 0, 0, oid)
    held = b"".join(parts)
    return _LENGTH.pack(20 + len(held)) + _ARRAY.pack(1, int(nulls), oid, len(parts), 1) + held


_FORMS: Final[Mapping[str, Write]] = {
    "text": _text,
    "uuid": _uuid,
    "bigint": _bigint,
    "smallint": _smallint,
    "float8": _double,
    "boolean": _boolean,
    "timestamptz": _moment,
    "text[]": _texts,
    "bigint[]": _numbers(_INT8_OID, "q", _bigint),
    "float8[]": _numbers(_FLOAT8_OID, "d", _double),
}

# The types' own numbers, the same in every database (pg_type.dat).
_OIDS: Final[Mapping[str, int]] = {
    "text": _TEXT_OID,
    "uuid": 2950,
    "bigint": _INT8_OID,
    "smallint": 21,
    "float8": _FLOAT8_OID,
    "boolean": 16,
    "timestamptz": 1184,
    "text[]": 1009,
    "bigint[]": 1016,
    "float8[]": 1022,
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


def in_one(rows: Iterable[Sequence[Any]], types: Iterable[str], of: int) -> bytes:
    """Return rows as one value: an array of a table's own type, whose number is `of`.

    Raises what `written` raises.
    """
    columns = [(_LENGTH.pack(_OIDS[each]), _FORMS[each]) for each in types]
    found, begin = list[bytes](), _LENGTH.pack(len(columns))
    for row in rows:
        parts = [
            oid + (_NULL if value is None else write(value)) for (oid, write), value in zip(columns, row, strict=True)
        ]
        held = b"".join(parts)
        found += (_LENGTH.pack(len(begin) + len(held)), begin, held)
    count = len(found) // 3
    return (_ARRAY.pack(1, 0, of, count, 1) if count else _ARRAY.pack(0, 0, of, 0, 0)[:12]) + b"".join(found)
