"""SQL of the collection that an incident is in now; `access.collections` has those that were ever put into one."""

from typing import Final, LiteralString
from uuid import UUID, uuid5

from domain.facts.streams import NAMESPACE
from domain.facts.union import IncidentOpened
from domain.values.collections import PUBLIC
from service.eventstore.stored_fact import topics_sql

NO_STREAM: Final[UUID] = uuid5(NAMESPACE, "none")
"""A stream that never has facts: read in place of one that is not visible, so that both take as long."""

_NOW: Final = f"""
    coalesce((SELECT named.collection FROM access.collections AS named WHERE named.incident = opened.originator_id),
        '{PUBLIC}')
"""  # noqa: S608 - constants only
_OPENING: Final = f"opened.originator_version = 1 AND opened.topic IN {topics_sql(IncidentOpened)}"

COLLECTIONS_OF: Final = f"""
    SELECT opened.originator_id, {_NOW} FROM public.facts AS opened
    WHERE opened.originator_id = ANY(%(streams)s::uuid[]) AND {_OPENING}
"""  # noqa: S608 - constants only
"""The collections of those of these streams that are incidents'."""


def stream_visible(stream: LiteralString) -> LiteralString:
    """Return the condition that a stream, a column, is not that of an incident outside `%(collections)s`.

    A scalar subquery, which is evaluated row by row, so that a page reads no more than its rows.
    """
    return f"""
        coalesce((
            SELECT {_NOW} = ANY(%(collections)s::text[]) FROM public.facts AS opened
            WHERE opened.originator_id = {stream} AND {_OPENING}
        ), true)
    """  # noqa: S608 - constants only


COLLECTION_AT: Final = """
    (
        SELECT convert_from(fact.state, 'UTF8')::json ->> 'collection' FROM public.facts AS fact
        WHERE fact.originator_id = i.incident AND fact.notification_id <= %(position)s AND (
            fact.topic = 'collection_changed.v1' OR (
                fact.topic = 'incident_opened.v1'
                AND strpos(encode(fact.state, 'escape') COLLATE "C", '"collection":"') > 0
            )
        )
        ORDER BY fact.notification_id DESC LIMIT 1
    )
"""
"""The collection of an incident `i` at a position; null for `public`. Its condition is that of the partial index."""


def rows_visible(incident: LiteralString, *, public: bool) -> LiteralString:
    """Return the condition that the incident of a row is in `%(collections)s`, of which `public` is one or not.

    The subquery does not depend on the row, so it is evaluated once and hashed.
    """
    if public:
        return f"""{incident} NOT IN (
            SELECT named.incident FROM access.collections AS named
            WHERE named.collection <> ALL(%(collections)s::text[])
        )"""  # noqa: S608 - constants only
    return f"""{incident} IN (
        SELECT named.incident FROM access.collections AS named WHERE named.collection = ANY(%(collections)s::text[])
    )"""  # noqa: S608 - constants only
