"""The list of incidents: filtered, sorted and paged, as of any moment on either clock."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal

import orjson
from fastapi import Query, Request
from psycopg import sql
from pydantic import ConfigDict, Field
from starlette.responses import Response

from domain.values.collections import PUBLIC
from domain.values.time.clocks import format_instant
from service.answers.answer import collection_coordinate
from service.answers.as_of import parse_moment
from service.answers.geojson import feature_collection, geometry
from service.api.dependencies import in_loop
from service.api.incident_links import incident_links
from service.api.lists.cursor import format_cursor
from service.api.lists.filters import IncidentListFilterParameters, IncidentListFilters
from service.api.lists.listing_as_reported import candidates, listings_as_reported, same_origins
from service.api.lists.ordering import SortColumn, SortOrder, parse_sort
from service.api.lists.page import ListItem, Page, Paging, content_response, make_page, page_response
from service.api.lists.snapshot import snapshot_at
from service.api.media_types import CSV, GEOJSON, JSON, XLSX
from service.api.models import RecordedAt, ResponseModel
from service.api.negotiation import negotiate_table
from service.api.parameters import ReadAtParameters, ReportedUntil
from service.api.read_models import STALE_READ_MODELS, ResultRow
from service.api.resource import GEOJSON_CONTENT, MOMENT_PROBLEMS, Description, Resource, table_content
from service.api.services import InjectedServices, Services
from service.eventstore.collections import COLLECTION_AT

RESOURCE = Resource("incidents", match_order=1)


class UtcRange(ResponseModel):
    """From when to when something was, in UTC; null is an end that is open or not known."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, populate_by_name=True)
    first: str | None = Field(alias="from")
    last: str | None = Field(alias="to")


class TollBasis(ResponseModel):
    """The key of a figure and its claim."""

    scope: str
    """`incident`, `event`, or a scope that was declared."""
    event: str | None
    """Which event, where the scope is `event`."""
    counted_for: str | None
    """The incident that it was counted for, where that was merged into this one."""
    population: dict[str, Any]
    """`{}` is everyone."""
    manner: str | None
    accumulation: Literal["cumulative", "incremental"]
    """`incremental`: a figure for a period of its own, shown where there is no total of any kind."""
    bound: str
    """How strict the claim is: `exact`, `at_least`, `about`, … ; `worded` has no figure."""
    said: str
    """The words of the claim."""
    source: str
    """The origin that said it."""
    claim: str
    """The claim behind the lower end; where there is none, that behind another end, or the newest in words."""


class TollEstimate(TollBasis):
    """An estimate by the policy in force, with what it counts. Ends that nobody gave are null."""

    lower: int | None
    best: int | None
    upper: int | None
    upper_open: bool
    contested: bool


class KilledAtLeast(TollBasis):
    """The greatest number that was said to be dead in an incident, or in one part of it, at the least."""

    figure: int


class PartTolls(ResponseModel):
    """The figures said for scopes of one kind. They are never added up."""

    count: int
    """How many of them have a figure."""
    greatest: TollEstimate
    """By its lower end."""


class ViolencePoint(ResponseModel):
    """A point of a place of violence, in decimal degrees (WGS 84)."""

    lat: float
    lon: float


class IncidentItem(ResponseModel):
    """One incident of the list. What it says of reports covers those that it shows and that were not retracted."""

    slug: str
    id: str
    title: str
    status: Literal["open", "closed", "merged"]
    into: str = ""
    """The incident that it is merged into, where it is."""
    collection: str = ""
    """That it was in at the position of the list, where that was not `public`."""
    countries: list[str]
    utc_offset: str | None
    """In which its days begin and end; null where it has a time zone."""
    time_zone: str | None
    """By which its days begin and end, such as `Europe/Kyiv`; null where it has a UTC offset."""
    period: str | None
    """As it was declared, in EDTF."""
    occurred: UtcRange | None
    """When its events happened; where none is dated, its declared period. Null where neither is known."""
    kinds: list[str]
    sources: list[str]
    tags: list[str]
    level: int | None
    """The highest level of any of its days (escalation/1); null where it has no day."""
    killed: TollEstimate | None
    """The incident's own toll: of everyone, else the greatest of some people. Without one, the greatest for one of its
    events or for an incident that was merged into it; else for a declared scope; else words. Null: nothing was said."""
    killed_at_least: KilledAtLeast | None
    """What `killed_min` compares and `killed` sorts by: the greatest lower end for the incident, for one of its events
    or for an incident that was merged into it."""
    killed_in_events: PartTolls | None
    killed_in_merged: PartTolls | None
    """Tolls of incidents that were merged into this one, as they were counted for these."""
    killed_in_scopes: PartTolls | None
    """Declared scopes, of which nobody said how they lie to the incident; never compared."""
    points: list[ViolencePoint] = Field(default_factory=list[ViolencePoint])
    """The points of its places of violence, each once, where `points=true` asks for them."""
    opened: RecordedAt
    changed: RecordedAt
    """Since when it is listed as it is here."""
    links: dict[str, str]


class IncidentList(ResponseModel):
    """Incidents that were asked for, in the order asked for."""

    items: list[IncidentItem]
    next: str | None
    """The cursor of the next page; null on the last."""
    position: int
    """The position of the log that the list was read at."""


COLUMNS: Final[Mapping[str, SortColumn]] = {
    "opened": SortColumn("i.opened", not_null=True),
    "title": SortColumn("i.title", "text", not_null=True),
    "killed": SortColumn("i.killed"),
    "level": SortColumn("i.level"),
    "occurred": SortColumn("i.occurred_from", "timestamptz"),
    "changed": SortColumn("i.since", not_null=True),
}
KEY: Final = SortColumn("i.slug", "text")
# Rows are wide: sort their ctids, then fetch the rows of the page alone.
LISTED: Final = f"""
    SELECT i.*, (SELECT recorded_at FROM public.facts WHERE notification_id = i.since) AS since_at,
        {COLLECTION_AT} AS collection
    FROM (
        SELECT i.ctid AS place FROM {{incidents}} AS i
        WHERE {{incidents_valid}} AND {{conditions}} AND {{after}}
        ORDER BY {{by}} LIMIT %(limit)s
    ) AS page
    JOIN {{incidents}} AS i ON i.ctid = page.place
    ORDER BY {{by}}
"""  # noqa: S608 - constants only
Sort = Annotated[
    Literal[
        "opened", "-opened", "title", "-title", "killed", "-killed",
        "level", "-level", "occurred", "-occurred", "changed", "-changed",
    ],
    Query(
        description="What they are sorted by; `-` turns it round. What has no value comes last; equals go by slug."
        " `killed` is the greatest number said to be dead, in the incident or in one part of it (`killed_at_least`)."
    ),
]  # fmt: skip

Points = Annotated[
    bool,
    Query(
        description="Whether each is told with the points of its places of violence: those that `bbox` looks at."
        " Where a speech was held is none. Tables have none."
    ),
]

_CELLS = (
    "slug", "id", "title", "status", "into", "countries", "utc_offset", "time_zone", "period",
    "opened.position", "opened.recorded_at",
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
    "collection",
)  # fmt: skip
_DESCRIBED: Description = RESOURCE.reads(
    IncidentList,
    *MOMENT_PROBLEMS,
    "narrow-query",
    *STALE_READ_MODELS,
    also={**table_content(_CELLS), **GEOJSON_CONTENT},
)


@dataclass(frozen=True, slots=True)
class _ListParameters:
    """Further parameters: the moment on the reported clock, the sort order, and whether points are told."""

    reported_until: ReportedUntil = None
    sort: Sort = "opened"
    points: Points = False


@RESOURCE.get("/v1/incidents", summary="List the incidents", **_DESCRIBED)
async def list_incidents(
    request: Request,
    services: InjectedServices,
    read_at: ReadAtParameters,
    filters: IncidentListFilterParameters,
    paging: Paging,
    parameters: Annotated[_ListParameters, in_loop(_ListParameters)],
) -> Response:
    """Find incidents by what was recorded of them. Different filters are all to be met.

    They are listed as they stand, at the `position` of the answer, which may lie some facts behind the log, or as they
    stood `as_of` a moment. All pages of a list are read at the position of the first. With `reported_until`, each is
    shown as its sources had told of it by then, and is left out if none had; so each has to be read by itself.
    """
    representation = negotiate_table(request, JSON, CSV, XLSX, GEOJSON)
    order = parse_sort(parameters.sort, COLUMNS, KEY, paging.after)
    item = _item_with_points if parameters.points or representation.media_type == GEOJSON else _item
    if parameters.reported_until is None:
        page = await _page_as_recorded(services, read_at, filters, (order, paging), item)
    else:
        until = parse_moment("reported_until", parameters.reported_until)
        page = await _page_as_reported(services, read_at, filters, (order, paging), until, item)
    if representation.media_type == GEOJSON:
        about = {"position": page.position, "next": page.next and format_cursor(page.next)}
        content = feature_collection(map(_feature, page.items), about)
        return content_response(request, page, representation, content)
    return await page_response(request, page, representation, _CELLS)


def _feature(item: ListItem) -> ListItem:
    """Return an item as a feature at its places of violence; its geometry is null where none has a point."""
    points = ((str(each["lon"]), str(each["lat"])) for each in item["points"])
    properties = {name: value for name, value in item.items() if name != "points"}
    return {"type": "Feature", "id": item["slug"], "geometry": geometry(points), "properties": properties}


async def _page_as_recorded(
    services: Services,
    read_at: ReadAtParameters,
    filters: IncidentListFilters,
    arranged: tuple[SortOrder, Paging],
    item: Callable[[ResultRow], ListItem],
) -> Page:
    """Return a page from the read model."""
    order, paging = arranged
    conditions = filters.conditions()
    later, after = order.after_condition(paging.after)
    async with snapshot_at(services, read_at, "incidents", *filters.joined_models, after=paging.after) as snapshot:
        names = snapshot.names(incidents="i", **filters.joined_models)
        parts = {"conditions": conditions.combined(names), "after": later, "by": order.order_by()}
        query = sql.SQL(LISTED).format(**names, **parts)
        rows = await snapshot.fetch(query, {**conditions.parameters, **after, "limit": paging.limit + 1})
    return make_page(rows, item, order, paging.limit, snapshot)


async def _page_as_reported(
    services: Services,
    read_at: ReadAtParameters,
    filters: IncidentListFilters,
    arranged: tuple[SortOrder, Paging],
    until: datetime,
    item: Callable[[ResultRow], ListItem],
) -> Page:
    """Return a page of incidents as of `until` on the reported clock."""
    order, paging = arranged
    filters.conditions()  # refuses invalid filters before anything is read
    async with snapshot_at(
        services, read_at, "incidents", "reports", *filters.joined_models, after=paging.after
    ) as snapshot:
        rows, sources = await candidates(snapshot, filters, until), await same_origins(snapshot, filters)
    each = await listings_as_reported(services.reader, rows, snapshot.position, until)
    matching = order.sorted((row for row, listed in each if filters.matches(listed, sources)), paging.after)
    return make_page(matching, item, order, paging.limit, snapshot)


def _item_with_points(row: ResultRow) -> ListItem:
    """Return an item of the list with its points."""
    points = zip(row["lats"], row["lons"], strict=True)
    return {**_item(row), "points": [{"lat": lat, "lon": lon} for lat, lon in points]}


def _item(row: ResultRow) -> ListItem:
    """Return an item of the list."""
    ends = {"from": row["occurred_from"], "to": row["occurred_to"]}
    return {
        "slug": row["slug"],
        "id": str(row["incident"]),
        **{name: row[name] for name in ("title", "status")},
        **({"into": row["into_slug"]} if row["into_slug"] else {}),
        **collection_coordinate(row["collection"] or PUBLIC),
        "countries": row["countries"],
        "utc_offset": None if row["time_zone"] else row["utc_offset"],
        "time_zone": row["time_zone"],
        "period": row["period"],
        "occurred": {name: end and format_instant(end) for name, end in ends.items()} if any(ends.values()) else None,
        **{name: row[name] for name in ("kinds", "sources", "tags", "level")},
        **orjson.loads(row["killed_said"]),
        "opened": {"position": row["opened"], "recorded_at": format_instant(row["opened_at"])},
        "changed": {"position": row["since"], "recorded_at": format_instant(row["since_at"])},
        "links": incident_links(row["slug"]),
    }
