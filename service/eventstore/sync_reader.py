"""The log read straight through by whoever folds it: few columns, large pieces, and no waiting in between."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import Cursor

from domain.facts.unchecked_decode import decode_stored
from domain.facts.union import Recorded

CHANNEL: Final = "facts"
"""Where the log tells of new facts (NOTIFY), with the last position."""

_COLUMNS: Final = """
    notification_id, fact_id, originator_id, originator_version, topic, recorded_at, state, text, text_commitment
"""
HEAD: Final = "SELECT coalesce(max(notification_id), 0) FROM public.facts"
AFTER: Final = f"""
    SELECT {_COLUMNS} FROM public.facts WHERE notification_id > %(after)s AND notification_id <= %(upto)s
    ORDER BY notification_id LIMIT %(limit)s
"""  # noqa: S608 - constants only
OF_STREAMS: Final = f"""
    SELECT {_COLUMNS} FROM public.facts
    WHERE originator_id = ANY(%(streams)s::uuid[]) AND notification_id <= %(upto)s
"""  # noqa: S608 - constants only
INCIDENTS: Final = """
    SELECT originator_id FROM public.facts WHERE topic = 'incident_opened.v1' AND notification_id <= %(upto)s
    ORDER BY notification_id
"""


class Kept(NamedTuple):
    """A fact as the log keeps it, not decoded yet; the free text comes with it."""

    position: int
    fact_id: UUID
    stream: UUID
    version: int
    topic: str
    recorded_at: datetime
    state: bytes
    text: bytes | None
    text_commitment: bytes | None

    def recorded(self) -> Recorded:
        """Return the fact with its place in the log. Raises UnknownFact for one that this release cannot read."""
        return Recorded(
            self.position,
            self.fact_id,
            self.stream,
            self.version,
            self.recorded_at.astimezone(UTC),
            decode_stored(self.topic, self.state, self.text),
            self.text_commitment.hex() if self.text_commitment is not None else None,
        )


def head(cursor: Cursor[Any]) -> int:
    """Return the last position of the log; 0 where it is empty."""
    ((position,),) = cursor.execute(HEAD).fetchall()
    return position


def after(cursor: Cursor[Any], position: int, upto: int, limit: int) -> list[Kept]:
    """Return up to `limit` facts with positions in (position, upto], in order."""
    found = cursor.execute(AFTER, {"after": position, "upto": upto, "limit": limit})
    return [Kept(*row) for row in found]


def of_streams(cursor: Cursor[Any], streams: Sequence[UUID], upto: int) -> list[Kept]:
    """Return all facts of these streams up to a position, in no order."""
    return [Kept(*row) for row in cursor.execute(OF_STREAMS, {"streams": list(streams), "upto": upto})]


def incidents(cursor: Cursor[Any], upto: int) -> Iterator[UUID]:
    """Yield the streams of all incidents opened by a position, in the order in which they were opened."""
    return (stream for (stream,) in cursor.execute(INCIDENTS, {"upto": upto}).fetchall())
