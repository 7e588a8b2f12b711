"""The search of reports across incidents: filtered, sorted and paged."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Final, Literal, LiteralString
from urllib.parse import quote

from fastapi import Query, Request
from psycopg import sql
from starlette.responses import Response

from domain.facts.union import ReportCorrected, ReportFiled
from domain.reports.versions import recorded_content
from domain.values.time.clocks import format_instant
from service.answers.geojson import feature_collection, report_features
from service.api.dependencies import in_loop
from service.api.lists.criteria import TimeRange, is_day, parse_time_range
from service.api.lists.cursor import format_cursor
from service.api.lists.filters import (
    SAME_ORIGINS,
    KindFilter,
    OccurredFrom,
    OccurredTo,
    SourceFilter,
    TagFilter,
    WordsFilter,
)
from service.api.lists.ordering import SortColumn, parse_sort
from service.api.lists.page import ListItem, Page, Paging, content_response, make_page, page_response
from service.api.lists.repeatable import NAMES, TIERS, closed_list
from service.api.lists.snapshot import snapshot_at
from service.api.lists.sql_conditions import OFFSET_AT_BEGIN, OFFSET_AT_END, SqlConditions
from service.api.media_types import CSV, GEOJSON, JSON, XLSX
from service.api.models import RecordedAt, ResponseModel
from service.api.negotiation import negotiate_table
from service.api.parameters import ReadAtParameters, existing_incident
from service.api.read_models import STALE_READ_MODELS, ResultRow, Snapshot
from service.api.resource import GEOJSON_CONTENT, MOMENT_PROBLEMS, Description, Resource, table_content
from service.api.services import InjectedServices
from service.eventstore import LogReader, StoredFact
from service.eventstore.erasures import Erasures

RESOURCE = Resource("reports")


class StatedTime(ResponseModel):
    """A time as reported: its words, and the span that they mean, in UTC."""

    said: str | None
    earliest: str | None
    latest: str | None


class ReportItem(ResponseModel):
    """One report that was found."""

    report_id: str
    incident: str
    """Which shows it."""
    kind: str
    tier: Literal["violence", "tension", "easing", "none"]
    standing: Literal["standing", "corrected", "retracted", "disputed"]
    event: str | None
    source: str
    via: list[str]
    occurred: StatedTime | None
    reported_at: StatedTime
    places: list[str]
    tags: list[str]
    text: dict[str, Any] | None
    """The free text of its present content; null where there is none, or it was erased."""
    changed: RecordedAt
    """The last fact that changed how it reads in this list."""
    links: dict[str, str]


class ReportList(ResponseModel):
    """Reports that were found, in the order asked for."""

    items: list[ReportItem]
    next: str | None
    """The cursor of the next page; null on the last."""
    position: int
    """The position of the log that the list was read at."""


COLUMNS: Final[Mapping[str, SortColumn]] = {
    "reported": SortColumn("r.reported_to", "timestamptz", not_null=True),
    "occurred": SortColumn("r.occurred_from", "timestamptz"),
    "changed": SortColumn("r.since", not_null=True),
}
KEY: Final = SortColumn("r.report", "uuid")
# Rows are wide: sort their ctids, then fetch the rows of the page alone.
FOUND: Final = """
    SELECT r.*, (SELECT recorded_at FROM public.facts WHERE notification_id = r.since) AS since_at FROM (
        SELECT r.ctid AS place FROM {reports} AS r {joined_offsets}
        WHERE {reports_valid} AND {conditions} AND {after}
        ORDER BY {by} LIMIT %(limit)s
    ) AS page
    JOIN {reports} AS r ON r.ctid = page.place
    ORDER BY {by}
"""
# OFFSET 0 keeps the planner from computing the offsets once per report instead of once per incident.
OFFSETS: Final = """
    JOIN (
        SELECT i.incident, {aheads} FROM {{incidents}} AS i WHERE {{incidents_valid}} OFFSET 0
    ) AS local ON local.incident = r.incident
"""
_OFFSET_COLUMNS: Final[Mapping[str, LiteralString]] = {
    "occurred_from": OFFSET_AT_BEGIN.format(value="%(occurred_from)s") + " AS occurred_from",
    "occurred_to": OFFSET_AT_END.format(value="%(occurred_to)s") + " AS occurred_to",
    "reported_from": OFFSET_AT_BEGIN.format(value="%(reported_from)s") + " AS reported_from",
    "reported_to": OFFSET_AT_END.format(value="%(reported_to)s") + " AS reported_to",
}
"""The UTC offset of an incident at the ends of the days of each parameter."""
CLOCKS: Final[Mapping[str, tuple[LiteralString, LiteralString]]] = {
    "occurred": ("r.occurred_from", "r.occurred_to"),
    "reported": ("r.reported_from", "r.reported_to"),
}
_OFFSETS_AT: Final[Mapping[str, tuple[LiteralString, LiteralString]]] = {
    "occurred": ("local.occurred_from", "local.occurred_to"),
    "reported": ("local.reported_from", "local.reported_to"),
}
# The reports of an incident: its own, and those of the incidents merged into it (transitively).
SHOWN_BY: Final = """
    r.slug = ANY(ARRAY(WITH RECURSIVE under (slug) AS (
        SELECT i.slug FROM {incidents} AS i WHERE {incidents_valid} AND i.incident = ANY(%(incidents)s::uuid[])
        UNION
        SELECT i.slug FROM under JOIN {incidents} AS i ON i.into_slug = under.slug AND {incidents_valid}
    ) SELECT slug FROM under))
"""
SHOWN: Final = """
    WITH RECURSIVE led (slug, shown, into_slug) AS (
        SELECT i.slug, i.slug, i.into_slug FROM {incidents} AS i
        WHERE {incidents_valid} AND i.slug = ANY(%(slugs)s::text[])
        UNION
        SELECT led.slug, i.slug, i.into_slug
        FROM led JOIN {incidents} AS i ON i.slug = led.into_slug AND {incidents_valid}
    ) SELECT slug, shown FROM led WHERE into_slug IS NULL
"""
CONDITIONS: Final[Mapping[str, LiteralString]] = {
    "kind": "r.kind = ANY(%(kind)s::text[])",
    "source": f"r.origin = ANY({SAME_ORIGINS})",
    "tag": "r.tags && %(tag)s::text[]",
    "tier": "r.tier = ANY(%(tier)s::text[])",
    "standing": "r.standing = ANY(%(standing)s::text[])",
}

_ANY = "Given more than once, any of them."
_DAY = "A day, which begins and ends in the offset of the incident, or an RFC 3339 moment."
_Reported = Annotated[str | None, Query(description=f"Said at this or later. {_DAY}", examples=["2025-03-08"])]
_CELLS = (
    "report_id", "incident", "kind", "tier", "standing", "event", "source", "via",
    *(f"{clock}.{end}" for clock in ("occurred", "reported_at") for end in ("said", "earliest", "latest")),
    "places", "tags", "text.summary", "text.quotes", "text.notes",
)  # fmt: skip
_DESCRIBED: Description = RESOURCE.reads(
    ReportList,
    *(*MOMENT_PROBLEMS, "no-such-incident", *STALE_READ_MODELS),
    also={**table_content(_CELLS), **GEOJSON_CONTENT},
)


@dataclass(frozen=True)
class _ReportFilters:
    """The filters; all of them must hold."""

    q: WordsFilter = None
    incident: Annotated[
        list[str] | None, NAMES, Query(description=f"Shown by this incident: its slug, or its id. {_ANY}")
    ] = None
    kind: KindFilter = None
    source: SourceFilter = None
    tag: TagFilter = None
    tier: Annotated[list[str] | None, TIERS, Query(description=f"Of this tier. {_ANY}")] = None
    standing: Annotated[
        list[str] | None,
        closed_list("standing", ("standing", "corrected", "retracted", "disputed")),
        Query(description=f"What became of it. {_ANY}"),
    ] = None
    occurred_from: OccurredFrom = None
    occurred_to: OccurredTo = None
    reported_from: _Reported = None
    reported_to: Annotated[str | None, Query(description=f"Said by this. {_DAY}", examples=["2025-03-09"])] = None

    @cached_property
    def time_ranges(self) -> dict[str, TimeRange]:
        """The time ranges that reports must overlap, by clock. Raises HttpProblem."""
        occurred = parse_time_range("occurred", self.occurred_from, self.occurred_to)
        return {"occurred": occurred, "reported": parse_time_range("reported", self.reported_from, self.reported_to)}

    @property
    def joined_models(self) -> dict[str, str]:
        """Further read models in the conditions, with their aliases."""
        return {"sources": "s"} if self.source else {}

    @property
    def joined_offsets(self) -> LiteralString:
        """The join with the UTC offsets of incidents, where an end of a time range is a day."""
        ends = {f"{name}_{end}": bound for name, span in self.time_ranges.items() for end, bound in span.ends}
        days: list[LiteralString] = [_OFFSET_COLUMNS[name] for name, bound in ends.items() if is_day(bound)]
        return OFFSETS.format(aheads=", ".join(days)) if days else ""

    async def conditions(self, reader: LogReader) -> SqlConditions:
        """Return the conditions in SQL on `r`, a row of reports. Raises HttpProblem, NoSuchIncident."""
        conditions = SqlConditions()
        if self.q:
            conditions.add_words("r.words", self.q)
        for name, condition in CONDITIONS.items():
            if value := getattr(self, name):
                conditions.add(condition, **{name: value})
        for clock, columns in CLOCKS.items():
            conditions.add_overlap(clock, columns, self.time_ranges[clock], _OFFSETS_AT[clock])
        if self.incident:
            conditions.add(SHOWN_BY, incidents=[await existing_incident(reader, name) for name in self.incident])
        return conditions


@dataclass(frozen=True, slots=True)
class _SortParameter:
    sort: Annotated[
        Literal["reported", "-reported", "occurred", "-occurred", "changed", "-changed"],
        Query(description="What they are sorted by; `-` turns it round. What has no time comes last."),
    ] = "-reported"


@RESOURCE.get("/v1/reports", summary="Search the reports", **_DESCRIBED)
async def search_reports(
    request: Request,
    services: InjectedServices,
    read_at: ReadAtParameters,
    filters: Annotated[_ReportFilters, in_loop(_ReportFilters)],
    paging: Paging,
    sorting: Annotated[_SortParameter, in_loop(_SortParameter)],
) -> Response:
    """Find reports of all incidents, by the words of their text, places, actors, tags, event and source.

    They are found as they read `as_of` a moment, after every correction until then; one that was taken back is found
    too, and its `standing` says so. Free text is read from the log as it is now, so what was erased is shown by no
    page, old or new; that is why no cache may keep one without asking again.
    """
    representation = negotiate_table(request, JSON, CSV, XLSX, GEOJSON)
    order = parse_sort(sorting.sort, COLUMNS, KEY, paging.after)
    later, after = order.after_condition(paging.after)
    joined_offsets, conditions = filters.joined_offsets, await filters.conditions(services.reader)
    async with snapshot_at(
        services, read_at, "reports", "incidents", *filters.joined_models, after=paging.after
    ) as snapshot:
        names = snapshot.names(reports="r", incidents="i", **filters.joined_models)
        parts = {"conditions": conditions.combined(names), "after": later, "by": order.order_by()}
        query = sql.SQL(FOUND).format(**names, **parts, joined_offsets=sql.SQL(joined_offsets).format(**names))
        rows = await snapshot.fetch(query, {**conditions.parameters, **after, "limit": paging.limit + 1})
        shown = await _shown(snapshot, rows)
    page = make_page(rows, dict, order, paging.limit, snapshot)
    contents = {row.position: row for row in await services.reader.at([row["content"] for row in page.items])}
    if representation.media_type == GEOJSON:
        features = [each for row in page.items for each in _features(row, shown[row["slug"]], contents[row["content"]])]
        about = {"position": page.position, "next": page.next and format_cursor(page.next)}
        return content_response(request, page, representation, feature_collection(features, about))
    texts = await _texts(services.reader, contents.values())
    items = [_item(row, shown[row["slug"]], texts.get(row["content"])) for row in page.items]
    found = Page(items, page.position, closed=False, next=page.next)
    return await page_response(request, found, representation, _CELLS)


def _features(row: ListItem, shown: str, content: StoredFact) -> Iterable[Mapping[str, Any]]:
    """Return a report as features of a map, as its present content has it."""
    fact = content.recorded(text=False).fact
    if not isinstance(fact, ReportFiled | ReportCorrected):
        return ()
    item = _item(row, shown, None)
    names = ("incident", "tier", "standing", "event", "source", "via", "occurred")
    properties = {**{name: item[name] for name in names}, "reported": item["reported_at"]}
    return report_features(item["report_id"], recorded_content(fact.report), properties)


async def _shown(snapshot: Snapshot, rows: Sequence[ResultRow]) -> dict[str, str]:
    """Resolve the incidents of rows through their merges; the target by slug."""
    query = sql.SQL(SHOWN).format(**snapshot.names(incidents="i"))
    found = await snapshot.fetch(query, {"slugs": sorted({row["slug"] for row in rows})})
    return {row["slug"]: row["shown"] for row in found}


async def _texts(reader: LogReader, rows: Iterable[StoredFact]) -> dict[int, dict[str, Any]]:
    """Return the free text of report contents by position, without the `reason` of corrections."""
    streams = {row.stream for row in rows if row.text is None and row.text_commitment is not None}
    erased = await reader.erasures(sorted(streams)) if streams else Erasures()
    texts = {row.position: erased.words(row) for row in rows}
    for text in texts.values():
        text.pop("reason", None)
    return texts


def _item(row: ListItem, shown: str, text: dict[str, Any] | None) -> ListItem:
    report = str(row["report"])
    return {
        "report_id": report,
        "incident": shown,
        **{name: row[name] for name in ("kind", "tier", "standing", "event")},
        "source": row["origin"],
        "via": row["via"],
        "occurred": _clock(row, "occurred", row["occurred"]),
        "reported_at": _clock(row, "reported", row["reported_at"] or None),
        **{name: row[name] for name in ("places", "tags")},
        "text": text or None,
        "changed": {"position": row["since"], "recorded_at": format_instant(row["since_at"])},
        "links": {"report": f"/v1/reports/{report}", "incident": f"/v1/incidents/{quote(shown)}"},
    }


def _clock(row: ListItem, name: str, said: str | None) -> ListItem | None:
    """Return a time as stated: the words, and their interval in UTC."""
    ends = {"earliest": row[f"{name}_from"], "latest": row[f"{name}_to"]}
    if said is None and not any(ends.values()):
        return None
    return {"said": said, **{end: moment and format_instant(moment) for end, moment in ends.items()}}
