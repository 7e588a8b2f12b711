"""The format `knownwhen/log/1`: a header line that names the log, then one line for each fact with all its columns."""

import re
from typing import Any, Final, NamedTuple, cast
from uuid import UUID

import orjson

from domain.facts.versions import unknown_topic
from domain.ledger.canonical import canonical, commitment
from domain.values.time.clocks import format_instant, parse_instant
from service.eventstore.stored_fact import StoredFact

FORM: Final = "knownwhen/log/1"
"""The name of the format, in the header line."""

_HEX: Final = re.compile("[0-9a-f]{64}")
_MEMBERS: Final = frozenset(
    {"position", "fact_id", "stream", "version", "topic", "recorded_at", "recorded_by", "request_hash"}
    | {"state", "text", "commitments", "salts"}
)
_HEAD: Final = frozenset({"form", "log", "position"})


class LineUnreadable(ValueError):
    """A line is not in the format; the sentence says why."""


class LogHeader(NamedTuple):
    """The identity of the log and its last position."""

    log: UUID
    position: int


def format_head(head: LogHeader) -> bytes:
    """Write the first line: `{"form":"knownwhen/log/1","log":"<uuid>","position":157}`."""
    return orjson.dumps({"form": FORM, "log": str(head.log), "position": head.position}) + b"\n"


def parse_head(line: bytes) -> LogHeader:
    """Read the first line; the inverse of `format_head`. Raises LineUnreadable."""
    found = _object(line, _HEAD)
    if found["form"] != FORM:
        message = f"It is not a log in the form “{FORM}”."
        raise LineUnreadable(message)
    try:
        return LogHeader(UUID(found["log"]), _count(found["position"], 0))
    except (TypeError, ValueError, AttributeError) as error:
        message = "It does not name its log and its last position."
        raise LineUnreadable(message) from error


def format_stored(row: StoredFact, **more: str | None) -> bytes:
    """Write a fact as JSON without a line break; its parts are the bytes that were committed to, null if erased.

    `more` members precede them.
    """
    head = {
        "position": row.position,
        "fact_id": str(row.fact_id),
        "stream": str(row.stream),
        "version": row.version,
        "topic": row.topic,
        "recorded_at": format_instant(row.recorded_at),
        "recorded_by": row.recorded_by,
        **more,
    }
    return b'%b,"state":%b,"text":%b}' % (orjson.dumps(head)[:-1], row.state, row.text or b"null")


_UNNAMED: Final = b'"recorded_by":null'


def with_recorder(line: bytes, recorded_by: str | None) -> bytes:
    """Return the line of a fact that `format_stored` wrote without its `recorded_by`, with it."""
    if recorded_by is None:
        return line
    return line.replace(_UNNAMED, b'"recorded_by":%b' % orjson.dumps(recorded_by), 1)


def format_with_proof(row: StoredFact, **more: str | None) -> bytes:
    """Write a fact as one line, with the commitments and salts that its parts are verified by."""
    proof = {
        "commitments": _hex(state=row.state_commitment, text=row.text_commitment, sealed=row.sealed_commitment),
        "salts": _hex(state=row.state_salt, text=row.text_salt),
    }
    return b"%b,%b\n" % (format_stored(row, **more)[:-1], orjson.dumps(proof)[1:])


def format_fact(row: StoredFact) -> bytes:
    """Write a fact as one line, with all its columns; of a sealed part the commitment alone leaves the log."""
    return format_with_proof(row, request_hash=row.request_hash.hex() if row.request_hash else None)


def parse_fact(line: bytes) -> StoredFact:
    """Parse a fact and verify its commitments; the inverse of `format_fact`.

    Raises LineUnreadable.
    """
    found = _object(line, _MEMBERS)
    try:
        return _fact(found)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        if isinstance(error, LineUnreadable):
            raise
        message = "It is not a fact of a log: a member is missing or of another form."
        raise LineUnreadable(message) from error


def _fact(found: dict[str, Any]) -> StoredFact:
    if unknown := unknown_topic(found["topic"], found["state"] or {}):
        message = f"This release knows no facts of “{unknown[:100]}”; restore it with a newer one."
        raise LineUnreadable(message)
    if found["state"] is None:
        message = "It has no state."
        raise LineUnreadable(message)
    hash_ = found["request_hash"]
    state, state_salt, state_commitment = _part("state", found)
    text, text_salt, text_commitment = _part("text", found)
    sealed_commitment = found["commitments"].get("sealed")
    return StoredFact(
        UUID(found["stream"]),
        _count(found["version"], 1),
        found["topic"],
        state,
        UUID(found["fact_id"]),
        text,
        text_commitment,
        _count(found["position"], 1),
        parse_instant(found["recorded_at"]),
        found["recorded_by"] if found["recorded_by"] is None else str(found["recorded_by"]),
        None if hash_ is None else _bytes(hash_),
        state_commitment,
        None if sealed_commitment is None else _bytes(sealed_commitment),
        state_salt=state_salt,
        text_salt=text_salt,
    )


def _part(name: str, found: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Return a part with its salt and its commitment, verified."""
    content, salt, committed = found[name], found["salts"].get(name), found["commitments"].get(name)
    if committed is None:
        if content is not None or salt is not None:
            message = f"Its {name} is not committed to."
            raise LineUnreadable(message)
        return None, None, None
    if content is None and salt is None:  # erased: its commitment stays
        return None, None, _bytes(committed)
    written, salt_bytes, expected = orjson.dumps(content, option=orjson.OPT_SORT_KEYS), _bytes(salt), _bytes(committed)
    if (
        commitment(name, salt_bytes, written) != expected
        and commitment(name, salt_bytes, written := canonical(content)) != expected
    ):
        message = f"Its {name} is not what was committed to: it was changed after it was recorded."
        raise LineUnreadable(message)
    return written, salt_bytes, expected


def _object(line: bytes, members: frozenset[str]) -> dict[str, Any]:
    try:
        document: object = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        message = f"It is not JSON: {error.msg}, at column {error.colno}."
        raise LineUnreadable(message) from error
    if not isinstance(document, dict) or cast("dict[str, Any]", document).keys() != members:
        message = "It is not a line of a log as `knownwhen export ndjson` writes it."
        raise LineUnreadable(message)
    return cast("dict[str, Any]", document)


def _count(value: object, least: int) -> int:
    if type(value) is not int or value < least:
        message = f"{value} is not a place in a log."
        raise LineUnreadable(message)
    return value


def _bytes(text: str) -> bytes:
    if not _HEX.fullmatch(text):
        message = "A salt, a commitment or a hash has 64 hexadecimal digits."
        raise LineUnreadable(message)
    return bytes.fromhex(text)


def _hex(**parts: bytes | None) -> dict[str, str]:
    return {name: value.hex() for name, value in parts.items() if value is not None}
