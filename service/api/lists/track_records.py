"""Track records of sources: counts of reports and incidents, and of corrections, retractions and disputes."""

from collections.abc import Mapping
from typing import Any, Final

from psycopg import sql

from domain.values.time.clocks import format_instant
from service.api.models import ResponseModel
from service.api.read_models import ResultRow, Snapshot


class TrackRecord(ResponseModel):
    """Counts of a source's reports and of their outcomes. Sources that are stated to be one origin have one record."""

    reports: int
    incidents: int
    """How many incidents they stand under."""
    corrected: int
    """How many of them read otherwise than they were filed, since *we* got them wrong."""
    retracted: int
    disputed: int
    first_reported: str | None
    last_reported: str | None


# Sources stated to be of the same origin share one record: a report counts for each of them.
RECORDS: Final = """
    WITH RECURSIVE same_origin (origin, other) AS (
        SELECT s.origin, s.origin FROM {sources} AS s WHERE {sources_valid} AND {chosen}
        UNION
        SELECT same_origin.origin, other.origin
        FROM same_origin JOIN {sources} AS s ON s.origin = same_origin.other AND {sources_valid},
            unnest(s.same) AS other (origin)
    ), counted AS (
        SELECT r.origin, r.incident, count(*) AS reports,
            count(*) FILTER (WHERE r.standing = 'corrected') AS corrected,
            count(*) FILTER (WHERE r.standing = 'retracted') AS retracted,
            count(*) FILTER (WHERE r.standing = 'disputed') AS disputed,
            min(coalesce(r.reported_from, r.reported_to)) AS first_reported, max(r.reported_to) AS last_reported
        FROM {reports} AS r
        WHERE {reports_valid} AND r.origin IN (SELECT other FROM same_origin)
        GROUP BY r.origin, r.incident
    ), record AS (
        SELECT same_origin.origin, sum(reports)::bigint AS reports, count(DISTINCT incident) AS incidents,
            sum(corrected)::bigint AS corrected, sum(retracted)::bigint AS retracted, sum(disputed)::bigint AS disputed,
            min(first_reported) AS first_reported, max(last_reported) AS last_reported
        FROM same_origin JOIN counted ON counted.origin = same_origin.other
        GROUP BY same_origin.origin
    )
"""
"""A WITH clause: `record` has the track record of each of the `chosen` sources, by origin."""
RECORD_OF_ONE: Final = RECORDS + "SELECT * FROM record"  # noqa: S608 - constants only
THIS_SOURCE: Final = sql.SQL("s.origin = %(origin)s")

COUNTS: Final = ("reports", "incidents", "corrected", "retracted", "disputed")
READ_MODELS: Final = ("sources", "reports")


async def track_record_of(snapshot: Snapshot, origin: str) -> dict[str, Any]:
    """Return the track record of one source in a snapshot."""
    query = sql.SQL(RECORD_OF_ONE).format(**snapshot.names(sources="s", reports="r"), chosen=THIS_SOURCE)
    rows: list[ResultRow] = await snapshot.fetch(query, {"origin": origin})
    return {**track_record(rows[0] if rows else {}), "position": snapshot.position}


def track_record(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a track record as JSON; zeros for a source that only relayed others' reports."""
    ends = {name: row.get(name) for name in ("first_reported", "last_reported")}
    counts = {name: row.get(name) or 0 for name in COUNTS}
    return {**counts, **{name: moment and format_instant(moment) for name, moment in ends.items()}}
