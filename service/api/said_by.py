"""Incidents as their sources had told of them by a moment: few enough to be read one by one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from psycopg import sql

from domain import catalogue
from domain.estimates.estimate import Policy
from domain.history.history import History
from domain.ledger.canonical import canonical
from domain.reading import Reading
from domain.summary.incident_projection import listed
from domain.summary.killed import killed_document
from domain.summary.summary import Listed
from service.answers.answer import inputs_at
from service.api.failures import Problem
from service.api.filters import ONE_VOICE, Filters
from service.api.projected import Row, Snapshot
from service.eventstore import LogReader
from service.runtime.worker_thread import in_thread

MOST: Final = 500
"""How many incidents are read one by one at most."""

# A report keeps its row when it is taken back, so what was ever said is found here, whatever stands by now. Of an
# incident that others were merged into, their reports tell too; it is read, and asked itself.
SAID: Final = """
    (EXISTS (
        SELECT FROM {reports} AS r
        WHERE r.incident = i.incident AND {reports_stands} AND r.reported_to <= %(until)s::timestamptz AND {of_such}
    ) OR EXISTS (SELECT FROM {merged} AS m WHERE m.into_slug = i.slug AND {merged_stands}))
"""
OF_SUCH: Final[Mapping[str, sql.SQL]] = {
    "kind": sql.SQL("r.kind = ANY(%(kind)s::text[])"),
    "tag": sql.SQL("r.tags && %(tag)s::text[]"),
    "source": sql.SQL(f"r.origin = ANY({ONE_VOICE})"),
}
CANDIDATES: Final = """
    SELECT i.incident, i.slug, i.opened, i.opened_at, i.since,
        (SELECT recorded_at FROM public.facts WHERE notification_id = i.since) AS since_at, count(*) OVER () AS found
    FROM {incidents} AS i
    WHERE {incidents_stands} AND {restriction} AND {said}
    ORDER BY i.opened LIMIT %(most)s
"""
VOICES: Final = sql.SQL(f"SELECT unnest({ONE_VOICE}) AS origin")


async def candidates(snapshot: Snapshot, filters: Filters, until: datetime) -> list[Row]:
    """Return the incidents that may meet the filters as told by `until`; none that does is missing.

    Only what no later report can undo is asked here: what was recorded of an incident as a whole, and that a report
    of such a kind, source or tag had been made by then. Raises Problem if they are more than can be read one by one.
    """
    given = {name: value for name in OF_SUCH if (value := getattr(filters, name))}
    names = snapshot.names(incidents="i", reports="r", **({"sources": "s"} if filters.source else {}))
    merged = {name.replace("incidents", "merged"): each for name, each in snapshot.names(incidents="m").items()}
    each = [OF_SUCH[name].format(**names) for name in given] or [sql.SQL("true")]
    said = [sql.SQL(SAID).format(**names, **merged, of_such=such) for such in each]
    restriction = filters.outside_reports()
    query = sql.SQL(CANDIDATES).format(**names, restriction=restriction.whole(names), said=sql.SQL(" AND ").join(said))
    rows = await snapshot.fetch(query, {**restriction.bound, **given, "until": until, "most": MOST})
    if rows and rows[0]["found"] > MOST:
        raise _too_many(rows[0]["found"])
    return rows


async def voices(snapshot: Snapshot, filters: Filters) -> Sequence[str]:
    """Return the sources that are asked for, with all that are stated to be one with them."""
    if not filters.source:
        return ()
    query = VOICES.format(**snapshot.names(sources="s"))
    return [row["origin"] for row in await snapshot.fetch(query, {"source": filters.source})]


async def read_each(reader: LogReader, rows: Sequence[Row], position: int, until: datetime) -> list[tuple[Row, Listed]]:
    """Read each incident at a position as told by `until`, and write it as lists show it; without those untold yet."""
    found: list[tuple[Row, Listed]] = []
    for row in rows:
        inputs = await inputs_at(reader, str(row["incident"]), position, None)
        if (listing := await in_thread(len(inputs.rows), _listed, inputs.history, until)) is not None:
            found.append(({**row, **_cells(listing)}, listing))
    return found


def _listed(history: History, until: datetime) -> Listed | None:
    if not any(report.said_by(until) for report in history.reports.values()):
        return None
    return listed(history, Reading(until, _policy_of(history)))


def _policy_of(history: History) -> Policy:
    return catalogue.policy(history.adopted or catalogue.DEFAULT_POLICY)


def _cells(listing: Listed) -> dict[str, object]:
    """Return what a list shows of an incident under the names of the columns."""
    same = ("title", "status", "period", "level", "occurred_from", "occurred_to")
    lists = {name: list(getattr(listing, name)) for name in ("countries", "kinds", "sources", "tags")}
    killed = {"killed": listing.killed.floor, "killed_said": canonical(killed_document(listing.killed))}
    return {**{name: getattr(listing, name) for name in same}, **lists, **killed, "into_slug": listing.into}


def _too_many(count: int) -> Problem:
    detail = (
        f"With reported_until, each of {count:,} incidents would have to be read by itself, and {MOST} can be. Narrow"
        " the question with country, status, kind, source or tag, or ask of an earlier moment."
    )
    return Problem("narrow-query", detail, more={"candidates": count, "most": MOST})
