"""The track record of sources: how many reports, of how many incidents, and what became of them."""

from collections.abc import Mapping
from typing import Any, Final

from psycopg import sql

from domain.values.time.clocks import format_instant
from service.api.projected import Row, Snapshot

# Sources that are stated to be one have one record: a report counts under the name of all of them.
ONE: Final = """
    WITH RECURSIVE one (origin, other) AS (
        SELECT s.origin, s.origin FROM {sources} AS s WHERE {sources_stands} AND {chosen}
        UNION
        SELECT one.origin, other.origin FROM one JOIN {sources} AS s ON s.origin = one.other AND {sources_stands},
            unnest(s.same) AS other (origin)
    ), counted AS (
        SELECT r.origin, r.incident, count(*) AS reports,
            count(*) FILTER (WHERE r.standing = 'corrected') AS corrected,
            count(*) FILTER (WHERE r.standing = 'retracted') AS retracted,
            count(*) FILTER (WHERE r.standing = 'disputed') AS disputed,
            min(coalesce(r.reported_from, r.reported_to)) AS first_reported, max(r.reported_to) AS last_reported
        FROM {reports} AS r
        WHERE {reports_stands} AND r.origin IN (SELECT other FROM one)
        GROUP BY r.origin, r.incident
    ), record AS (
        SELECT one.origin, sum(reports)::bigint AS reports, count(DISTINCT incident) AS incidents,
            sum(corrected)::bigint AS corrected, sum(retracted)::bigint AS retracted, sum(disputed)::bigint AS disputed,
            min(first_reported) AS first_reported, max(last_reported) AS last_reported
        FROM one JOIN counted ON counted.origin = one.other
        GROUP BY one.origin
    )
"""
"""What a statement begins with that has the record of `chosen` sources beside them: `record`, by origin."""
OF_ONE: Final = ONE + "SELECT * FROM record"  # noqa: S608 - constants only
THIS: Final = sql.SQL("s.origin = %(origin)s")

COUNTS: Final = ("reports", "incidents", "corrected", "retracted", "disputed")
NEEDS: Final = ("sources", "reports")


async def track_record_of(snapshot: Snapshot, origin: str) -> dict[str, Any]:
    """Return the track record of one source, as it stands in a snapshot."""
    query = sql.SQL(OF_ONE).format(**snapshot.names(sources="s", reports="r"), chosen=THIS)
    rows: list[Row] = await snapshot.fetch(query, {"origin": origin})
    return {**track_record(rows[0] if rows else {}), "position": snapshot.position}


def track_record(row: Mapping[str, Any]) -> dict[str, Any]:
    """Write a track record; a source that only relayed what others said has reported nothing itself."""
    ends = {name: row.get(name) for name in ("first_reported", "last_reported")}
    counts = {name: row.get(name) or 0 for name in COUNTS}
    return {**counts, **{name: moment and format_instant(moment) for name, moment in ends.items()}}
