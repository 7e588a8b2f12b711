"""The tree over a log as the standards write it, from the table and with nothing of ours: what ours is held against."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import psycopg

ENTRIES = """
    SELECT notification_id, fact_id::text, originator_id::text, originator_version, topic,
        to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        encode(state_commitment, 'hex'), encode(text_commitment, 'hex'), encode(sealed_commitment, 'hex')
    FROM facts ORDER BY notification_id
"""


def leaves(address: str) -> list[bytes]:
    """Return the leaf hashes of a log as ledger.md §1 writes them, from the table and with nothing of ours."""
    with psycopg.connect(address) as connection:
        rows = connection.execute(ENTRIES).fetchall()
    return [hashlib.sha256(b"\x00" + entry(row)).digest() for row in rows]


def entry(row: tuple[Any, ...]) -> bytes:
    position, fact_id, stream, version, topic, at, *commitments = row
    parts = {name: made for name, made in zip(("state", "text", "sealed"), commitments, strict=True) if made}
    whole = {"at": at, "id": fact_id, "n": position, "parts": parts, "stream": stream}
    return json.dumps(
        {**whole, "topic": topic, "v": 1, "version": version}, sort_keys=True, separators=(",", ":")
    ).encode()


def root_of(row: Sequence[bytes]) -> bytes:
    """Return MTH(D[n]) as RFC 6962 §2.1 writes it."""
    if len(row) < 2:
        return row[0] if row else hashlib.sha256(b"").digest()
    half = 1
    while half * 2 < len(row):
        half *= 2
    return hashlib.sha256(b"\x01" + root_of(row[:half]) + root_of(row[half:])).digest()
