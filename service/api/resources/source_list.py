"""The list of sources with grades and track records: filtered, sorted and paged."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal
from urllib.parse import quote

from fastapi import Query, Request
from psycopg import sql
from starlette.responses import Response

from domain.values.search_words import words_of
from domain.values.sources import ANONYMOUS, Reliability
from service.api.dependencies import in_loop
from service.api.lists.criteria import parse_words
from service.api.lists.filters import WordsFilter
from service.api.lists.ordering import SortColumn, parse_sort
from service.api.lists.page import ListItem, Paging, make_page, page_response
from service.api.lists.repeatable import GRADES, SOURCE_TYPES
from service.api.lists.snapshot import snapshot_at
from service.api.lists.sql_conditions import SqlConditions
from service.api.lists.track_records import COUNTS, READ_MODELS, RECORDS, TrackRecord, track_record
from service.api.media_types import CSV, JSON, XLSX
from service.api.models import ResponseModel
from service.api.negotiation import negotiate_table
from service.api.parameters import ReadAtParameters
from service.api.read_models import STALE_READ_MODELS, ResultRow, Snapshot
from service.api.resource import MOMENT_PROBLEMS, Description, Resource, table_content
from service.api.services import InjectedServices

RESOURCE = Resource("sources")


class SourceItem(ResponseModel):
    """One source of the list."""

    slug: str | None
    """Null for one that its relay does not name."""
    origin: str
    """What documents call it."""
    name: str
    type: str
    reliability: Reliability
    speaks_for: str | None
    same: list[str]
    track_record: TrackRecord
    links: dict[str, str]


class SourceList(ResponseModel):
    """Sources that were asked for, in the order asked for."""

    items: list[SourceItem]
    next: str | None
    """The cursor of the next page; null on the last."""
    position: int
    """The position of the log that the list was read at."""


COLUMNS: Final[Mapping[str, SortColumn]] = {
    "slug": SortColumn("found.origin", "text", not_null=True),
    "name": SortColumn("found.name", "text", not_null=True),
    "reliability": SortColumn("found.reliability", "text", not_null=True),
    "reports": SortColumn("found.reports", not_null=True),
    "incidents": SortColumn("found.incidents", not_null=True),
    "corrected": SortColumn("found.corrected", not_null=True),
    "retracted": SortColumn("found.retracted", not_null=True),
    "disputed": SortColumn("found.disputed", not_null=True),
    "last_reported": SortColumn("found.last_reported", "timestamptz"),
}
KEY: Final = COLUMNS["slug"]
WITH_RECORDS: Final = """
    SELECT * FROM (
        SELECT s.origin, s.name, s.type, s.reliability, s.speaks_for, s.same, first_reported, last_reported, {counts}
        FROM {sources} AS s LEFT JOIN record ON record.origin = s.origin
        WHERE {sources_valid} AND {chosen}
    ) AS found
    WHERE {after}
    ORDER BY {by} LIMIT %(limit)s
"""
LISTED: Final = RECORDS + WITH_RECORDS
NAMED: Final = sql.SQL("SELECT s.origin, s.name, s.speaks_for FROM {sources} AS s WHERE {sources_valid}")
ORIGINS: Final = "s.origin = ANY(%(origins)s::text[])"
TYPE: Final = "s.type = ANY(%(type)s::text[])"
RELIABILITY: Final = "s.reliability = ANY(%(reliability)s::text[])"

_CELLS = (
    "slug", "origin", "name", "type", "reliability", "speaks_for", "same",
    *(f"track_record.{name}" for name in (*COUNTS, "first_reported", "last_reported")),
)  # fmt: skip
_DESCRIBED: Description = RESOURCE.reads(SourceList, *MOMENT_PROBLEMS, *STALE_READ_MODELS, also=table_content(_CELLS))
_ANY = "Given more than once, any of them."


@dataclass(frozen=True, slots=True)
class _SourceListParameters:
    """The filters, all of which must hold, and the sort order."""

    q: WordsFilter = None
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

    async def conditions(self, snapshot: Snapshot) -> SqlConditions:
        """Return the conditions in SQL on `s`, a row of sources. Raises HttpProblem."""
        conditions = SqlConditions()
        if self.q:
            conditions.add(ORIGINS, origins=await _named(snapshot, self.q))
        if self.type:
            conditions.add(TYPE, type=self.type)
        if self.reliability:
            conditions.add(RELIABILITY, reliability=self.reliability)
        return conditions


@RESOURCE.get("/v1/sources", summary="List the sources", **_DESCRIBED)
async def list_sources(
    request: Request,
    services: InjectedServices,
    read_at: ReadAtParameters,
    filters: Annotated[_SourceListParameters, in_loop(_SourceListParameters)],
    paging: Paging,
) -> Response:
    """Tell of each source how it is called, what it is, its grade, and its track record.

    The track record counts its reports as they stand at the `position` of the answer; sources that are stated to be one
    origin have one record. It is no grade, and no grade follows from it: who corrects a figure may well be the better
    source. A source that a relay does not name has no slug; `origin` is what documents call it.
    """
    representation = negotiate_table(request, JSON, CSV, XLSX)
    order = parse_sort(filters.sort, COLUMNS, KEY, paging.after)
    later, after = order.after_condition(paging.after)
    async with snapshot_at(services, read_at, *READ_MODELS, after=paging.after) as snapshot:
        conditions = await filters.conditions(snapshot)
        names = snapshot.names(sources="s", reports="r")
        counts = sql.SQL(", ").join(sql.SQL("coalesce({0}, 0) AS {0}").format(sql.Identifier(name)) for name in COUNTS)
        parts = {"chosen": conditions.combined(names), "counts": counts, "after": later, "by": order.order_by()}
        query = sql.SQL(LISTED).format(**names, **parts)
        rows = await snapshot.fetch(query, {**conditions.parameters, **after, "limit": paging.limit + 1})
    page = make_page(rows, _item, order, paging.limit, snapshot)
    return await page_response(request, page, representation, _CELLS)


async def _named(snapshot: Snapshot, texts: list[str]) -> list[str]:
    """Return the sources whose names contain all words of one of the texts."""
    wanted = [set(parse_words(text)) for text in texts]
    rows = await snapshot.fetch(NAMED.format(**snapshot.names(sources="s")), {})
    named = {row["origin"]: set(words_of([row["origin"], row["name"], row["speaks_for"]])) for row in rows}
    return [origin for origin, words in named.items() if any(each <= words for each in wanted)]


def _item(row: ResultRow) -> ListItem:
    origin = row["origin"]
    slug = None if origin.startswith(ANONYMOUS) else origin
    return {
        "slug": slug,
        "origin": origin,
        **{name: row[name] for name in ("name", "type", "reliability", "speaks_for", "same")},
        "track_record": track_record(row),
        "links": {"source": f"/v1/sources/{quote(slug)}"} if slug else {},
    }
