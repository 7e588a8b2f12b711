"""Where the next page of a list begins: what it is sorted by, the last item, and the position that all pages read."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import astuple, dataclass
from typing import Any

import orjson

from service.answers.as_of import LONGEST_POSITION
from service.api.complaints import Complaint
from service.api.failures import Problem, refuse_fields

Value = int | str | None
_PARTS = 4
_LONGEST = 10_000


@dataclass(frozen=True, slots=True)
class Cursor:
    """The end of a page: the `sort` asked for, the last item's value under it and its key, and the position read."""

    sort: str
    value: Value
    key: str
    position: int


def format_cursor(cursor: Cursor) -> str:
    """Write a cursor as it travels: the JSON `["-killed",1383,"syria-coast-2025",157]` in base64url without padding."""
    return urlsafe_b64encode(orjson.dumps(astuple(cursor))).decode().rstrip("=")


def parse_cursor(text: str) -> Cursor:
    """Read a cursor that `format_cursor` wrote. Raises Problem for anything else."""
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        found: Any = orjson.loads(urlsafe_b64decode(padded)) if len(text) <= _LONGEST else None
        cursor = Cursor(*found) if isinstance(found, list) and len(found) == _PARTS else None  # pyright: ignore[reportUnknownArgumentType]
    except (UnicodeEncodeError, binascii.Error, orjson.JSONDecodeError):
        cursor = None
    if cursor is None or not _is_whole(cursor):
        raise refuse_cursor()
    return cursor


def refuse_cursor(reason: str = "") -> Problem:
    """Make the problem of a cursor that is not one of ours, or not of this list."""
    said = reason or "This is not the `next` of a page; give that of the page before, or leave it out to begin anew."
    return refuse_fields([Complaint("cursor", said)], "invalid-parameter")


def _is_whole(cursor: Any) -> bool:  # noqa: ANN401 - anything may stand in what was sent
    texts = (cursor.sort, cursor.key, *([cursor.value] if isinstance(cursor.value, str) else []))
    if not all(isinstance(each, str) and "\x00" not in each for each in texts):
        return False
    numbers = [cursor.position, *([] if isinstance(cursor.value, str | None) else [cursor.value])]
    if not all(type(each) is int and abs(each) < 10**LONGEST_POSITION for each in numbers):
        return False
    return cursor.position >= 1
