"""What a row is called: the slug of its incident, its title, and the ids of what it states."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Final
from uuid import UUID, uuid5

from domain.words import SLUG_LENGTH, slugify
from service.tables.mapping import TableMap
from service.tables.parsed import key_parts, text_of
from service.tables.pattern import filled

NAMESPACE: Final = UUID("7d1b6f0e-4a35-5b7c-9d1f-6a0c3e2b8f54")
"""Namespace of the ids of what rows state; minted once and never changed."""
_TITLE_LENGTH = 300
_PLAIN = re.compile(r"[0-9][0-9a-z]*(?:-[0-9a-z]+)*")
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
    """Return the title of a row: the pattern over its key, as far as that is not cut; further ones of a key say so."""
    parts = key_parts(table, lambda column: text_of(cells.get(column)))
    texts = dict(zip(table.key, parts, strict=False))
    title = filled(table.title, lambda column: texts.get(column, "").strip()) or f"{table.table}: {key}"
    number = key.removeprefix("|".join(parts))
    return f"{title} {number}".strip()[:_TITLE_LENGTH]


def report_id(*said: object) -> UUID:
    """Return the id of a statement, which follows from what tells it from all others."""
    return uuid5(NAMESPACE, json.dumps(said, sort_keys=True, default=str))
