"""The resource of the list of incidents: found, sifted and sorted, as they stand now or stood at any moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Annotated, Final, Literal
from urllib.parse import quote

import orjson
from fastapi import Depends, Query, Request
from psycopg import sql
from starlette.responses import Response

from domain.values.time.clocks import format_instant
from service.answers.as_of import parse_moment
from service.api.described import MOMENTS_OF_THE_LOG, Described, reads, resource
from service.api.filters import AskedFor, Filters
from service.api.lists import Item, Page, Paging, page_of, send_page
from service.api.ordering import Column, Order, order_of
from service.api.parameters import AskedAt, ReportedUntil
from service.api.projected import BEHIND, Row
from service.api.said_by import candidates, read_each, voices
from service.api.sending import CSV, JSON, offered
from service.api.services import Opened, Services
from service.api.views import paths_of_views
from service.api.waiting import reached

router = resource("incidents")

COLUMNS: Final[Mapping[str, Column]] = {
    "opened": Column("i.opened", always=True),
    "title": Column("i.title", "text", always=True),
    "killed": Column("i.killed"),
    "level": Column("i.level"),
    "occurred": Column("i.occurred_from", "timestamptz"),
    "changed": Column("i.since", always=True),
}
KEY: Final = Column("i.slug", "text")
# Rows are wide, and thousands may have to be sorted: only those of the page are carried along whole.
LISTED: Final = """
    SELECT i.*, (SELECT recorded_at FROM public.facts WHERE notification_id = i.since) AS since_at
    FROM (
        SELECT i.ctid AS place FROM {incidents} AS i
        WHERE {incidents_stands} AND {restriction} AND {after}
        ORDER BY {by} LIMIT %(limit)s
    ) AS page
    JOIN {incidents} AS i ON i.ctid = page.place
    ORDER BY {by}
"""
Sorted = Literal[
    "opened", "-opened", "title", "-title", "killed", "-killed",
    "level", "-level", "occurred", "-occurred", "changed", "-changed",
]  # fmt: skip
Sort = Annotated[
    Sorted,
    Query(
        description="What they are sorted by; `-` turns it round. What has no value comes last; equals go by slug."
        " `killed` is the greatest number said to be dead, in the incident or in one part of it (`killed_at_least`)."
    ),
]

_CELLS = (
    "slug", "id", "title", "status", "into", "countries", "period", "opened.position", "opened.recorded_at",
    "changed.position", "changed.recorded_at", "level", "occurred.from", "occurred.to",
    "kinds", "sources", "tags",
    "killed.lower", "killed.best", "killed.upper", "killed.upper_open", "killed.contested", "killed.scope",
    "killed.event", "killed.counted_for", "killed.population", "killed.manner", "killed.accumulation", "killed.bound",
    "killed.said", "killed.source", "killed.claim",
    "killed_at_least.figure", "killed_at_least.scope", "killed_at_least.event", "killed_at_least.counted_for",
    "killed_at_least.population", "killed_at_least.claim",
    "killed_in_events.count", "killed_in_events.greatest.lower", "killed_in_events.greatest.event",
    "killed_in_merged.count", "killed_in_merged.greatest.lower", "killed_in_merged.greatest.counted_for",
    "killed_in_scopes.count", "killed_in_scopes.greatest.lower", "killed_in_scopes.greatest.scope",
)  # fmt: skip
_TABLE = {CSV: {"schema": {"type": "string", "description": f"RFC 4180, with a header: {', '.join(_CELLS)}."}}}
_DESCRIBED: Described = reads("IncidentList", *MOMENTS_OF_THE_LOG, "narrow-query", *BEHIND, also=_TABLE)


@dataclass(frozen=True, slots=True)
class _Arranged:
    """What of the sources' own clock is asked, and how the list is sorted."""

    reported_until: ReportedUntil = None
    sort: Sort = "opened"


@router.get("/v1/incidents", summary="List the incidents", **_DESCRIBED)
async def list_incidents(
    request: Request,
    services: Opened,
    asked: AskedAt,
    filters: AskedFor,
    paging: Paging,
    arranged: Annotated[_Arranged, Depends(_Arranged)],
) -> Response:
    """Find incidents by what was recorded of them. Different filters are all to be met.

    They are listed as they stand, at the `position` of the answer, which may lie some facts behind the log, or as they
    stood `as_of` a moment. All pages of a list are read at the position of the first. With `reported_until`, each is
    shown as its sources had told of it by then, and is left out if none had; so each has to be read by itself.
    """
    media_type = offered(request, JSON, CSV)
    order = order_of(arranged.sort, COLUMNS, KEY, paging.after)
    if arranged.reported_until is None:
        page = await _standing(services, asked, filters, order, paging)
    else:
        until = parse_moment("reported_until", arranged.reported_until)
        page = await _told(services, asked, filters, (order, paging), until)
    return send_page(request, page, media_type, _CELLS)


async def _standing(services: Services, asked: AskedAt, filters: Filters, order: Order, paging: Paging) -> Page:
    """Return a page of incidents as they stand."""
    restriction = filters.restriction()
    later, after = order.after(paging.after)
    async with reached(services, asked, "incidents", *filters.needs, after=paging.after) as snapshot:
        names = snapshot.names(incidents="i", **filters.needs)
        parts = {"restriction": restriction.whole(names), "after": later, "by": order.by()}
        query = sql.SQL(LISTED).format(**names, **parts)
        rows = await snapshot.fetch(query, {**restriction.bound, **after, "limit": paging.limit + 1})
    return page_of(rows, _item, order, paging.limit, snapshot)


async def _told(
    services: Services, asked: AskedAt, filters: Filters, arranged: tuple[Order, Paging], until: datetime
) -> Page:
    """Return a page of incidents as their sources had told of them by `until`."""
    order, paging = arranged
    filters.restriction()  # what cannot be asked is refused before anything is read
    async with reached(services, asked, "incidents", "reports", *filters.needs, after=paging.after) as snapshot:
        rows, sources = await candidates(snapshot, filters, until), await voices(snapshot, filters)
    each = await read_each(services.reader, rows, snapshot.position, until)
    told = order.sorted((row for row, listed in each if filters.meets(listed, sources)), paging.after)
    return page_of(told, _item, order, paging.limit, snapshot)


def _item(row: Row) -> Item:
    """Write an incident as a list shows it."""
    ends = {"from": row["occurred_from"], "to": row["occurred_to"]}
    return {
        "slug": row["slug"],
        "id": str(row["incident"]),
        **{name: row[name] for name in ("title", "status")},
        **({"into": row["into_slug"]} if row["into_slug"] else {}),
        **{name: row[name] for name in ("countries", "period")},
        "occurred": {name: end and format_instant(end) for name, end in ends.items()} if any(ends.values()) else None,
        **{name: row[name] for name in ("kinds", "sources", "tags", "level")},
        **orjson.loads(row["killed_said"]),
        "opened": {"position": row["opened"], "recorded_at": format_instant(row["opened_at"])},
        "changed": {"position": row["since"], "recorded_at": format_instant(row["since_at"])},
        "links": links_of(row["slug"]),
    }


def links_of(slug: str) -> dict[str, str]:
    """Return where an incident's answers are."""
    own = f"/v1/incidents/{quote(slug)}"
    return {name: f"{own}{path}" for name, path in _paths().items()}


@cache
def _paths() -> dict[str, str]:
    return {**paths_of_views(), "duplicates": "/duplicates", "facts": "/facts"}
