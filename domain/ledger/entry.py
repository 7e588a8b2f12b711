"""The leaf of a fact in the Merkle tree: its commitments, never its content (ledger.md §1)."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import cast
from uuid import UUID

from domain.ledger.canonical import canonical

PARTS = ("state", "text", "sealed")
LIMIT = 65_535
"""An entry stays below this many bytes: tlog-tiles prefixes each with a 16-bit length."""

_SORTED_PARTS = sorted(PARTS)
_PART_NAMES = frozenset(PARTS)
_HASH_BYTES = hashlib.sha256().digest_size
_BIGGEST = 2**53 - 1
_KEYS = {"at", "id", "n", "parts", "stream", "topic", "v", "version"}
_AT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
_COMMITMENT = re.compile("[0-9a-f]{64}")


class EntryError(ValueError):
    """The bytes are not an entry, or the values do not make one; the message says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The log's commitment to one fact.

    `position` and `version` count from 1; `recorded_at` is aware and kept to the
    microsecond; `parts` maps each part the fact was recorded with to its 32-byte
    commitment: always "state", perhaps "text" and "sealed", also when erased since.
    """

    position: int
    recorded_at: datetime
    fact_id: UUID
    stream: UUID
    version: int
    topic: str
    parts: Mapping[str, bytes]


def format_entry(entry: Entry) -> bytes:
    """Return the canonical bytes of an entry.

    The form, all on one line and without a space:

        {"at":"2025-03-09T20:59:59.000000Z","id":"<uuid>","n":7,"parts":{"state":"<64 hex>","text":"<64 hex>"},
         "stream":"<uuid>","topic":"toll_revised.v1","v":1,"version":3}

    Raises EntryError for values that do not make an entry, or one of 65,535 bytes or more.
    """
    _check(entry)
    # Members in the order of RFC 8785 §3.2.3; all but the topic are of characters that need no escape.
    parts = ",".join(f'"{part}":"{entry.parts[part].hex()}"' for part in _SORTED_PARTS if part in entry.parts)
    data = (
        f'{{"at":"{_format_at(entry.recorded_at)}","id":"{entry.fact_id}","n":{entry.position},"parts":{{{parts}}},'
        f'"stream":"{entry.stream}","topic":{_topic_text(entry.topic)},"v":1,"version":{entry.version}}}'
    ).encode()
    if len(data) >= LIMIT:
        raise EntryError(f"an entry stays below {LIMIT:,} bytes; this one has {len(data):,}")
    return data


def parse_entry(data: bytes) -> Entry:
    """Read the canonical bytes of an entry; the inverse of `format_entry`.

    Strict: only the exact output of `format_entry` is accepted, so one entry has one
    form (no other key, order, spacing, escape, number or letter case, and no key
    twice). Raises EntryError for all other bytes.
    """
    if len(data) >= LIMIT:
        raise EntryError(f"an entry stays below {LIMIT:,} bytes; these are {len(data):,}")
    try:
        entry = _from_document(json.loads(data.decode()))
    except (ValueError, RecursionError) as error:
        raise EntryError(f"these bytes are not an entry: {error}") from error
    if format_entry(entry) != data:
        raise EntryError("these bytes are not in the canonical form of the entry they hold")
    return entry


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf: SHA-256(0x00 || entry), RFC 6962 §2.1."""
    return hashlib.sha256(b"\x00" + data).digest()


def _from_document(document: object) -> Entry:
    if not isinstance(document, dict) or set(cast("dict[str, object]", document)) != _KEYS:
        raise EntryError(f"it must be an object of exactly the keys {', '.join(sorted(_KEYS))}")
    fields = cast("dict[str, object]", document)
    parts = fields["parts"]
    if not isinstance(parts, dict):
        raise EntryError("“parts” must be an object")
    if type(fields["v"]) is not int or fields["v"] != 1:
        raise EntryError("“v” must be 1")
    return Entry(
        position=_integer(fields["n"], "n"),
        recorded_at=_parse_at(_string(fields["at"], "at")),
        fact_id=UUID(_string(fields["id"], "id")),
        stream=UUID(_string(fields["stream"], "stream")),
        version=_integer(fields["version"], "version"),
        topic=_string(fields["topic"], "topic"),
        parts={part: _commitment(value, part) for part, value in cast("dict[str, object]", parts).items()},
    )


@lru_cache(1_024)
def _topic_text(topic: str) -> str:
    try:
        return canonical(topic).decode()
    except ValueError as error:
        raise EntryError(f"this does not make an entry: {error}") from error


def _check(entry: Entry) -> None:
    if entry.position < 1 or entry.version < 1:
        raise EntryError("positions and versions count from 1")
    if max(entry.position, entry.version) > _BIGGEST:
        raise EntryError("positions and versions beyond 2^53 - 1 would not survive other JSON readers")
    if not entry.topic:
        raise EntryError("an entry has a topic")
    if "state" not in entry.parts or not entry.parts.keys() <= _PART_NAMES:
        raise EntryError(f"an entry has the part “state”, and no others than {', '.join(PARTS)}")
    if any(len(commitment) != _HASH_BYTES for commitment in entry.parts.values()):
        raise EntryError("a commitment has 32 bytes")


def _format_at(moment: datetime) -> str:
    if moment.utcoffset() is None:
        raise EntryError("recorded_at must be aware")
    try:
        return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
    except OverflowError as error:
        raise EntryError("recorded_at lies beyond the years 1 to 9999 in UTC") from error


def _parse_at(text: str) -> datetime:
    if not _AT.fullmatch(text):
        raise EntryError(
            "“at” must be RFC 3339 in UTC with six digits of a second, such as 2025-03-09T20:59:59.000000Z"
        )
    return datetime.fromisoformat(text)


def _integer(value: object, name: str) -> int:
    if type(value) is not int:
        raise EntryError(f"“{name}” must be an integer")
    return value


def _string(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise EntryError(f"“{name}” must be a string")
    return value


def _commitment(value: object, part: str) -> bytes:
    if not isinstance(value, str) or not _COMMITMENT.fullmatch(value):
        raise EntryError(f"the commitment to “{part}” must be 64 lower-case hexadecimal digits")
    return bytes.fromhex(value)
