"""The synchronous reader of the log, for folds: few columns, many rows a statement."""

from collections.abc import Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from psycopg import Cursor

from domain.facts.union import IncidentOpened, PartsErased, SourcePartsErased
from service.eventstore.erasures import Erasures, erasures_of
from service.eventstore.stored_fact import FOLDED_COLUMNS, StoredFact, stored_fact, topics_sql

CHANNEL: Final = "facts"
"""The channel on which appends NOTIFY, with the last position."""

HEAD: Final = "SELECT coalesce(max(notification_id), 0) FROM public.facts"
AFTER: Final = f"""
    SELECT {FOLDED_COLUMNS} FROM public.facts WHERE notification_id > %(after)s AND notification_id <= %(upto)s
    ORDER BY notification_id LIMIT %(limit)s
"""  # noqa: S608 - constants only
OF_STREAMS: Final = f"""
    SELECT {FOLDED_COLUMNS} FROM public.facts
    WHERE originator_id = ANY(%(streams)s::uuid[]) AND notification_id > %(after)s AND notification_id <= %(upto)s
"""  # noqa: S608 - constants only
TEXTS: Final = """
    SELECT notification_id, text_commitment, text FROM public.facts
    WHERE originator_id = ANY(%(streams)s::uuid[]) AND notification_id <= %(upto)s AND text IS NOT NULL
    ORDER BY notification_id
"""
ERASURES: Final = f"""
    SELECT {FOLDED_COLUMNS} FROM public.facts
    WHERE originator_id = ANY(%(streams)s::uuid[]) AND topic IN {topics_sql(PartsErased, SourcePartsErased)}
    ORDER BY notification_id
"""  # noqa: S608 - constants only
COMMITMENTS: Final = """
    SELECT notification_id, text_commitment FROM public.facts WHERE notification_id = ANY(%(positions)s::bigint[])
"""
INCIDENTS: Final = f"""
    SELECT originator_id FROM public.facts WHERE topic IN {topics_sql(IncidentOpened)} AND notification_id <= %(upto)s
    ORDER BY notification_id
"""  # noqa: S608 - constants only


def head(cursor: Cursor[Any]) -> int:
    """Return the last position of the log; 0 where it is empty."""
    ((position,),) = cursor.execute(HEAD).fetchall()
    return position


def after(cursor: Cursor[Any], position: int, upto: int, limit: int) -> list[StoredFact]:
    """Return up to `limit` facts with positions in (position, upto], in order."""
    found = cursor.execute(AFTER, {"after": position, "upto": upto, "limit": limit})
    return [stored_fact(row) for row in found]


def of_streams(cursor: Cursor[Any], streams: Sequence[UUID], upto: int, after: int = 0) -> list[StoredFact]:
    """Return all facts of these streams with positions in (after, upto], in no order."""
    parameters = {"streams": list(streams), "after": after, "upto": upto}
    return [stored_fact(row) for row in cursor.execute(OF_STREAMS, parameters)]


def texts(cursor: Cursor[Any], streams: Sequence[UUID], upto: int) -> list[tuple[int, bytes, bytes]]:
    """Return the positions, commitments and free texts of these streams' facts up to a position, by position."""
    return cursor.execute(TEXTS, {"streams": list(streams), "upto": upto}).fetchall()


def erasures(cursor: Cursor[Any], streams: Sequence[UUID]) -> Erasures:
    """Return all that was erased until now of what is at home in these streams."""
    return erasures_of(stored_fact(row) for row in cursor.execute(ERASURES, {"streams": list(streams)}).fetchall())


def erased_texts(cursor: Cursor[Any], streams: Sequence[UUID]) -> list[tuple[int, bytes, int]]:
    """Return the positions and commitments of texts that were erased, and the positions of their erasures."""
    erased = {position: at for (position, part), at in erasures(cursor, streams).parts.items() if part == "text"}
    rows = cursor.execute(COMMITMENTS, {"positions": list(erased)}).fetchall() if erased else []
    return [(position, commitment, erased[position]) for position, commitment in rows]


def incidents(cursor: Cursor[Any], upto: int) -> Iterator[UUID]:
    """Yield the streams of all incidents opened by a position, in the order in which they were opened."""
    return (stream for (stream,) in cursor.execute(INCIDENTS, {"upto": upto}).fetchall())
