"""What a row is called: the slug of its incident, its title, and the ids of what it states."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID, uuid5

from domain.values.text_types import SLUG_LENGTH, slugify
from service.formats.tables.mapping import TableMap
from service.formats.tables.parsed_table import cell_text, key_parts
from service.formats.tables.pattern import columns_of, filled
from service.formats.tables.row_reader import MappedRow

NAMESPACE: Final = UUID("7d1b6f0e-4a35-5b7c-9d1f-6a0c3e2b8f54")
"""Namespace of the ids of what rows state; minted once and never changed."""
_TITLE_LENGTH = 300
_PLAIN = re.compile(r"[0-9][0-9a-z]*(?:-[0-9a-z]+)*")
_BLANK = "\0"
_BRACKETS = re.compile(r"\s*[(\[]\s*\0\s*[)\]]")
_LEADING = re.compile(r"^(?:\0\s*[,;:/|\u2013\u2014-]*\s*)+")
_FOLLOWING = re.compile(r"\s*[,;:/|\u2013\u2014-]*\s*\0")
_HASHED = re.compile(r"(?:.*-)?[0-9a-f]{10}")


def slug_of(table: str, key: str) -> str:
    """Name the incident of a row; no two rows, of any tables, have one name.

    A key of digits, small letters and hyphens that begins with a digit stands as it is: `gaza-daily-2023-10-07`. Where
    that would lose something, ten hex digits of a hash of table and key tell: `oryx-totals-russia-tanks-1f0e9d8c7b`.
    A table's name has no word that begins with a digit, so it always shows where the key begins.
    """
    plain = f"{table}-{key}"
    if len(plain) <= SLUG_LENGTH and _PLAIN.fullmatch(key) and not _HASHED.fullmatch(key):
        return plain
    told = hashlib.sha256(json.dumps([table, key]).encode()).hexdigest()[:10]
    readable = f"{table}-{slugify(key)}"[: SLUG_LENGTH - len(told) - 1].rstrip("-")
    return f"{readable}-{told}"


def title_of(table: TableMap, key: str, cells: Mapping[str, object]) -> str:
    """Return the title of a row: the pattern over its cells, those of the key as far as it is not cut.

    What stands between two columns goes where one of them says nothing; further rows of a key say so.
    """
    row = MappedRow(table, cells)
    parts = key_parts(table, lambda column: cell_text(row.cell(column)))
    texts = dict.fromkeys(table.key, "") | dict(zip(table.key, parts, strict=False))

    def said(column: str) -> str:
        return (texts[column] if column in texts else row.text(column)).strip()

    title = filled(table.title, said) or _tidied(table.title, said) or f"{table.table}: {key.strip('|')}"
    number = key.removeprefix("|".join(parts))
    return f"{title} {number}".strip()[:_TITLE_LENGTH]


def _tidied(pattern: str, text_of: Callable[[str], str]) -> str:
    """Fill a pattern of which some columns say nothing, without the marks and brackets that stood for them."""
    if not any(map(text_of, columns_of(pattern))):
        return ""
    text = filled(pattern, lambda column: text_of(column) or _BLANK) or ""
    for left_over in (_BRACKETS, _LEADING, _FOLLOWING):
        text = left_over.sub("", text)
    return text.strip()


def report_id(*said: object) -> UUID:
    """Return the id of a statement, which follows from what tells it from all others."""
    return uuid5(NAMESPACE, json.dumps(said, sort_keys=True, default=str))
