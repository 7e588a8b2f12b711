"""The list of incidents as of a reported moment (`reported_until`): candidates by SQL, each then folded by itself."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from psycopg import sql

from domain import catalogue
from domain.estimates.estimate import Policy
from domain.history.history import History
from domain.ledger.canonical import canonical
from domain.reading import Reading
from domain.summary.incident_projection import summarize
from domain.summary.killed import killed_document
from domain.summary.summary import IncidentSummary
from service.answers.answer import inputs_at
from service.api.errors.problem import HttpProblem
from service.api.lists.filters import SAME_ORIGINS, IncidentListFilters
from service.api.read_models import ResultRow, Snapshot
from service.eventstore import LogReader
from service.eventstore.collections import COLLECTION_AT
from service.runtime.worker_thread import in_thread

MAX_INCIDENTS: Final = 500
"""The most incidents to fold for one request."""

# A retracted report keeps its row, so a report that existed by then is found whatever its present standing. An incident
# with merged incidents is always a candidate, as their reports count too.
REPORTED_BY: Final = """
    (EXISTS (
        SELECT FROM {reports} AS r
        WHERE r.incident = i.incident AND {reports_valid} AND r.reported_to <= %(until)s::timestamptz
            AND {report_condition}
    ) OR EXISTS (SELECT FROM {merged} AS m WHERE m.into_slug = i.slug AND {merged_valid}))
"""
REPORT_CONDITIONS: Final[Mapping[str, sql.SQL]] = {
    "kind": sql.SQL("r.kind = ANY(%(kind)s::text[])"),
    "tag": sql.SQL("r.tags && %(tag)s::text[]"),
    "source": sql.SQL(f"r.origin = ANY({SAME_ORIGINS})"),
}
CANDIDATES: Final = f"""
    SELECT i.incident, i.slug, i.opened, i.opened_at, i.since, {COLLECTION_AT} AS collection,
        (SELECT recorded_at FROM public.facts WHERE notification_id = i.since) AS since_at, count(*) OVER () AS found
    FROM {{incidents}} AS i
    WHERE {{incidents_valid}} AND {{restriction}} AND {{reported}}
    ORDER BY i.opened LIMIT %(most)s
"""  # noqa: S608 - constants only
SAME_ORIGIN_LIST: Final = sql.SQL(f"SELECT unnest({SAME_ORIGINS}) AS origin")


async def candidates(snapshot: Snapshot, filters: IncidentListFilters, until: datetime) -> list[ResultRow]:
    """Return a superset of the incidents that match the filters as of `until`.

    Uses only monotonic conditions: attributes of the incident itself, and that a report of such a kind, source or tag
    existed by then. Raises HttpProblem if there are more than MAX_INCIDENTS.
    """
    filtered = {name: value for name in REPORT_CONDITIONS if (value := getattr(filters, name))}
    names = snapshot.names(incidents="i", reports="r", **({"sources": "s"} if filters.source else {}))
    merged = {name.replace("incidents", "merged"): each for name, each in snapshot.names(incidents="m").items()}
    conditions = [REPORT_CONDITIONS[name].format(**names) for name in filtered] or [sql.SQL("true")]
    reported = [sql.SQL(REPORTED_BY).format(**names, **merged, report_condition=condition) for condition in conditions]
    restriction = filters.conditions_independent_of_reports()
    query = sql.SQL(CANDIDATES).format(
        **names, restriction=restriction.combined(names), reported=sql.SQL(" AND ").join(reported)
    )
    rows = await snapshot.fetch(query, {**restriction.parameters, **filtered, "until": until, "most": MAX_INCIDENTS})
    if rows and rows[0]["found"] > MAX_INCIDENTS:
        raise _too_many(rows[0]["found"])
    return rows


async def same_origins(snapshot: Snapshot, filters: IncidentListFilters) -> Sequence[str]:
    """Return the sources of the filter, with all that are stated to be of the same origin."""
    if not filters.source:
        return ()
    query = SAME_ORIGIN_LIST.format(**snapshot.names(sources="s"))
    return [row["origin"] for row in await snapshot.fetch(query, {"source": filters.source})]


async def listings_as_reported(
    reader: LogReader, rows: Sequence[ResultRow], position: int, until: datetime
) -> list[tuple[ResultRow, IncidentSummary]]:
    """Fold each incident at a position as of `until`, and add its summary; drops those without a report by then."""
    found: list[tuple[ResultRow, IncidentSummary]] = []
    for row in rows:
        inputs = await inputs_at(reader, str(row["incident"]), position, None)
        if (listing := await in_thread(len(inputs.rows), _summary, inputs.history, until)) is not None:
            found.append(({**row, **_cells(listing)}, listing))
    return found


def _summary(history: History, until: datetime) -> IncidentSummary | None:
    if not any(report.reported_by(until) for report in history.reports.values()):
        return None
    return summarize(history, Reading(until, _policy_of(history)))


def _policy_of(history: History) -> Policy:
    return catalogue.policy(history.adopted_policy or catalogue.DEFAULT_POLICY)


def _cells(listing: IncidentSummary) -> dict[str, object]:
    """Return a summary as a row of the read model."""
    same = ("title", "status", "period", "level", "occurred_from", "occurred_to")
    lists = {name: list(getattr(listing, name)) for name in ("countries", "kinds", "sources", "tags")}
    killed = {"killed": listing.killed.floor, "killed_said": canonical(killed_document(listing.killed))}
    points = {
        "lats": [float(lat) for lat, _ in listing.points],
        "lons": [float(lon) for _, lon in listing.points],
    }
    return {**{name: getattr(listing, name) for name in same}, **lists, **killed, **points, "into_slug": listing.into}


def _too_many(count: int) -> HttpProblem:
    detail = (
        f"With reported_until, each of {count:,} incidents would have to be read by itself, and {MAX_INCIDENTS} can be."
        " Narrow the question with country, status, kind, source or tag, or ask of an earlier moment."
    )
    return HttpProblem("narrow-query", detail, members={"candidates": count, "most": MAX_INCIDENTS})
