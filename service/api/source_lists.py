"""The resource of the list of sources: who they are, how they are graded, and what became of what they reported."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal
from urllib.parse import quote

from fastapi import Depends, Query, Request
from psycopg import sql
from starlette.responses import Response

from domain.values.search_words import words_of
from domain.values.sources import ANONYMOUS
from service.api.described import MOMENTS_OF_THE_LOG, Described, reads, resource
from service.api.filters import Q
from service.api.lists import Item, Paging, page_of, send_page
from service.api.ordering import Column, order_of
from service.api.parameters import AskedAt
from service.api.projected import BEHIND, Row, Snapshot
from service.api.restricting import Restriction
from service.api.sending import CSV, JSON, offered
from service.api.services import Opened
from service.api.spans import words_searched
from service.api.track_records import COUNTS, NEEDS, ONE, track_record
from service.api.waiting import reached
from service.api.words import GRADES, SOURCE_TYPES

router = resource("sources")

COLUMNS: Final[Mapping[str, Column]] = {
    "slug": Column("found.origin", "text", always=True),
    "name": Column("found.name", "text", always=True),
    "reliability": Column("found.reliability", "text", always=True),
    "reports": Column("found.reports", always=True),
    "incidents": Column("found.incidents", always=True),
    "corrected": Column("found.corrected", always=True),
    "retracted": Column("found.retracted", always=True),
    "disputed": Column("found.disputed", always=True),
    "last_reported": Column("found.last_reported", "timestamptz"),
}
KEY: Final = COLUMNS["slug"]
BESIDE_THEIR_RECORD: Final = """
    SELECT * FROM (
        SELECT s.origin, s.name, s.type, s.reliability, s.speaks_for, s.same, first_reported, last_reported, {counts}
        FROM {sources} AS s LEFT JOIN record ON record.origin = s.origin
        WHERE {sources_stands} AND {chosen}
    ) AS found
    WHERE {after}
    ORDER BY {by} LIMIT %(limit)s
"""
LISTED: Final = ONE + BESIDE_THEIR_RECORD
NAMED: Final = sql.SQL("SELECT s.origin, s.name, s.speaks_for FROM {sources} AS s WHERE {sources_stands}")
THESE: Final = "s.origin = ANY(%(origins)s::text[])"
TYPE: Final = "s.type = ANY(%(type)s::text[])"
RELIABILITY: Final = "s.reliability = ANY(%(reliability)s::text[])"

_CELLS = (
    "slug", "origin", "name", "type", "reliability", "speaks_for", "same",
    *(f"track_record.{name}" for name in (*COUNTS, "first_reported", "last_reported")),
)  # fmt: skip
_TABLE = {CSV: {"schema": {"type": "string", "description": f"RFC 4180, with a header: {', '.join(_CELLS)}."}}}
_DESCRIBED: Described = reads("SourceList", *MOMENTS_OF_THE_LOG, *BEHIND, also=_TABLE)
_ANY = "Given more than once, any of them."


@dataclass(frozen=True, slots=True)
class _Filters:
    """Which sources are asked for, and how they are sorted."""

    q: Q = None
    type: Annotated[
        list[str] | None, SOURCE_TYPES, Query(description=f"Of this type. {_ANY}", examples=[["monitor"]])
    ] = None
    reliability: Annotated[
        list[str] | None, GRADES, Query(description=f"Of this grade, from A to F. {_ANY}", examples=[["A", "B"]])
    ] = None
    sort: Annotated[
        Literal[
            "slug", "-slug", "name", "-name", "reliability", "-reliability", "reports", "-reports",
            "incidents", "-incidents", "corrected", "-corrected", "retracted", "-retracted",
            "disputed", "-disputed", "last_reported", "-last_reported",
        ],
        Query(description="What they are sorted by; `-` turns it round. What has no value comes last."),
    ] = "slug"  # fmt: skip

    async def restriction(self, snapshot: Snapshot) -> Restriction:
        """Return the conditions on the row `s` of a source. Raises Problem."""
        restriction = Restriction()
        if self.q:
            restriction.add(THESE, origins=await _called(snapshot, self.q))
        if self.type:
            restriction.add(TYPE, type=self.type)
        if self.reliability:
            restriction.add(RELIABILITY, reliability=self.reliability)
        return restriction


@router.get("/v1/sources", summary="List the sources", **_DESCRIBED)
async def list_sources(
    request: Request,
    services: Opened,
    asked: AskedAt,
    filters: Annotated[_Filters, Depends(_Filters)],
    paging: Paging,
) -> Response:
    """Tell of each source how it is called, what it is, its grade, and its track record.

    The track record counts its reports as they stand at the `position` of the answer; sources that are stated to be one
    origin have one record. It is no grade, and no grade follows from it: who corrects a figure may well be the better
    source. A source that a relay does not name has no slug; `origin` is what documents call it.
    """
    media_type = offered(request, JSON, CSV)
    order = order_of(filters.sort, COLUMNS, KEY, paging.after)
    later, after = order.after(paging.after)
    async with reached(services, asked, *NEEDS, after=paging.after) as snapshot:
        restriction = await filters.restriction(snapshot)
        names = snapshot.names(sources="s", reports="r")
        counts = sql.SQL(", ").join(sql.SQL("coalesce({0}, 0) AS {0}").format(sql.Identifier(name)) for name in COUNTS)
        parts = {"chosen": restriction.whole(names), "counts": counts, "after": later, "by": order.by()}
        query = sql.SQL(LISTED).format(**names, **parts)
        rows = await snapshot.fetch(query, {**restriction.bound, **after, "limit": paging.limit + 1})
    return send_page(request, page_of(rows, _item, order, paging.limit, snapshot), media_type, _CELLS)


async def _called(snapshot: Snapshot, searched: list[str]) -> list[str]:
    """Return the sources whose names have all words of one of the texts that are searched for."""
    wanted = [set(words_searched(text)) for text in searched]
    rows = await snapshot.fetch(NAMED.format(**snapshot.names(sources="s")), {})
    named = {row["origin"]: set(words_of([row["origin"], row["name"], row["speaks_for"]])) for row in rows}
    return [origin for origin, words in named.items() if any(each <= words for each in wanted)]


def _item(row: Row) -> Item:
    origin = row["origin"]
    slug = None if origin.startswith(ANONYMOUS) else origin
    return {
        "slug": slug,
        "origin": origin,
        **{name: row[name] for name in ("name", "type", "reliability", "speaks_for", "same")},
        "track_record": track_record(row),
        "links": {"source": f"/v1/sources/{quote(slug)}"} if slug else {},
    }
