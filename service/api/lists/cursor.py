"""Cursors of keyset pagination: sort order, values of the last row, and the position all pages are read at."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import astuple, dataclass
from typing import Any

import orjson

from service.answers.as_of import LONGEST_POSITION
from service.api.errors.problem import HttpProblem, problem_of_fields
from service.api.errors.validation import FieldError

CursorValue = int | str | None
_PARTS = 4
_LONGEST = 10_000


@dataclass(frozen=True, slots=True)
class Cursor:
    """The end of a page: the `sort` parameter, the sort value and key of its last row, and the position read."""

    sort: str
    value: CursorValue
    key: str
    position: int


def format_cursor(cursor: Cursor) -> str:
    """Format a cursor: the JSON `["-killed",1383,"syria-coast-2025",157]` in base64url without padding."""
    return urlsafe_b64encode(orjson.dumps(astuple(cursor))).decode().rstrip("=")


def parse_cursor(text: str) -> Cursor:
    """Parse a cursor of `format_cursor`. Raises HttpProblem for anything else."""
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        found: Any = orjson.loads(urlsafe_b64decode(padded)) if len(text) <= _LONGEST else None
        cursor = Cursor(*found) if isinstance(found, list) and len(found) == _PARTS else None  # pyright: ignore[reportUnknownArgumentType]
    except (UnicodeEncodeError, binascii.Error, orjson.JSONDecodeError):
        cursor = None
    if cursor is None or not _is_valid(cursor):
        raise invalid_cursor()
    return cursor


def invalid_cursor(reason: str = "") -> HttpProblem:
    """Return the problem of a malformed cursor, or of one of another list."""
    sentence = (
        reason or "This is not the `next` of a page; give that of the page before, or leave it out to begin anew."
    )
    return problem_of_fields([FieldError("cursor", sentence)], "invalid-parameter")


def _is_valid(cursor: Any) -> bool:  # noqa: ANN401 - any JSON
    texts = (cursor.sort, cursor.key, *([cursor.value] if isinstance(cursor.value, str) else []))
    if not all(isinstance(each, str) and "\x00" not in each for each in texts):
        return False
    numbers = [cursor.position, *([] if isinstance(cursor.value, str | None) else [cursor.value])]
    if not all(type(each) is int and abs(each) < 10**LONGEST_POSITION for each in numbers):
        return False
    return cursor.position >= 1
