"""The resource of reports across incidents: found by their words, by who said them, and when."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Final, Literal, LiteralString
from urllib.parse import quote
from uuid import UUID

from fastapi import Depends, Query, Request
from psycopg import sql
from starlette.responses import Response

from domain.facts.union import IncidentOpened
from domain.values.time.clocks import format_instant
from service.answers.answer import NoSuchIncident, stream_of
from service.api.described import MOMENTS_OF_THE_LOG, Described, reads, resource
from service.api.filters import ONE_VOICE, Kind, OccurredFrom, OccurredTo, Q, SourceName, Tag
from service.api.lists import Item, Page, Paging, page_of, send_page
from service.api.ordering import Column, order_of
from service.api.parameters import AskedAt
from service.api.projected import BEHIND, Row, Snapshot
from service.api.restricting import AHEAD_AT_BEGIN, AHEAD_AT_END, Restriction
from service.api.sending import JSON, offered
from service.api.services import Opened
from service.api.spans import Span, is_day, span_of
from service.api.waiting import reached
from service.api.words import NAMES, TIERS, one_of
from service.eventstore import LogReader

router = resource("reports")

COLUMNS: Final[Mapping[str, Column]] = {
    "reported": Column("r.reported_to", "timestamptz", always=True),
    "occurred": Column("r.occurred_from", "timestamptz"),
}
KEY: Final = Column("r.report", "uuid")
# Rows are wide, and many may have to be sorted: only those of the page are carried along whole.
FOUND: Final = """
    SELECT r.* FROM (
        SELECT r.ctid AS place FROM {reports} AS r {besides}
        WHERE {reports_stands} AND {restriction} AND {after}
        ORDER BY {by} LIMIT %(limit)s
    ) AS page
    JOIN {reports} AS r ON r.ctid = page.place
    ORDER BY {by}
"""
# Offsets are read once for each incident, and not for each of its reports.
OFFSETS: Final = """
    JOIN (
        SELECT i.incident, {aheads} FROM {{incidents}} AS i WHERE {{incidents_stands}} OFFSET 0
    ) AS local ON local.incident = r.incident
"""
_AHEADS: Final[Mapping[str, LiteralString]] = {
    "occurred_from": AHEAD_AT_BEGIN.format(given="%(occurred_from)s") + " AS occurred_from",
    "occurred_to": AHEAD_AT_END.format(given="%(occurred_to)s") + " AS occurred_to",
    "reported_from": AHEAD_AT_BEGIN.format(given="%(reported_from)s") + " AS reported_from",
    "reported_to": AHEAD_AT_END.format(given="%(reported_to)s") + " AS reported_to",
}
"""How far ahead of UTC an incident is at the ends of the days that may be asked for."""
CLOCKS: Final[Mapping[str, tuple[LiteralString, LiteralString]]] = {
    "occurred": ("r.occurred_from", "r.occurred_to"),
    "reported": ("r.reported_from", "r.reported_to"),
}
_LOCAL: Final[Mapping[str, tuple[LiteralString, LiteralString]]] = {
    "occurred": ("local.occurred_from", "local.occurred_to"),
    "reported": ("local.reported_from", "local.reported_to"),
}
# All that an incident shows stands under it, or under those that were merged into it.
SHOWN_BY: Final = """
    r.slug = ANY(ARRAY(WITH RECURSIVE under (slug) AS (
        SELECT i.slug FROM {incidents} AS i WHERE {incidents_stands} AND i.incident = ANY(%(incidents)s::uuid[])
        UNION
        SELECT i.slug FROM under JOIN {incidents} AS i ON i.into_slug = under.slug AND {incidents_stands}
    ) SELECT slug FROM under))
"""
SHOWN: Final = """
    WITH RECURSIVE led (slug, shown, into_slug) AS (
        SELECT i.slug, i.slug, i.into_slug FROM {incidents} AS i
        WHERE {incidents_stands} AND i.slug = ANY(%(slugs)s::text[])
        UNION
        SELECT led.slug, i.slug, i.into_slug
        FROM led JOIN {incidents} AS i ON i.slug = led.into_slug AND {incidents_stands}
    ) SELECT slug, shown FROM led WHERE into_slug IS NULL
"""
CONDITIONS: Final[Mapping[str, LiteralString]] = {
    "kind": "r.kind = ANY(%(kind)s::text[])",
    "source": f"r.origin = ANY({ONE_VOICE})",
    "tag": "r.tags && %(tag)s::text[]",
    "tier": "r.tier = ANY(%(tier)s::text[])",
    "standing": "r.standing = ANY(%(standing)s::text[])",
}

_ANY = "Given more than once, any of them."
_DAY = "A day, which begins and ends in the offset of the incident, or an RFC 3339 moment."
_Reported = Annotated[str | None, Query(description=f"Said at this or later. {_DAY}", examples=["2025-03-08"])]
_DESCRIBED: Described = reads("ReportList", *MOMENTS_OF_THE_LOG, "no-such-incident", *BEHIND)


@dataclass(frozen=True)
class _Filters:
    """Which reports are asked for; different filters are all to be met."""

    q: Q = None
    incident: Annotated[
        list[str] | None, NAMES, Query(description=f"Shown by this incident: its slug, or its id. {_ANY}")
    ] = None
    kind: Kind = None
    source: SourceName = None
    tag: Tag = None
    tier: Annotated[list[str] | None, TIERS, Query(description=f"Of this tier. {_ANY}")] = None
    standing: Annotated[
        list[str] | None,
        one_of("standing", ("standing", "corrected", "retracted", "disputed")),
        Query(description=f"What became of it. {_ANY}"),
    ] = None
    occurred_from: OccurredFrom = None
    occurred_to: OccurredTo = None
    reported_from: _Reported = None
    reported_to: Annotated[str | None, Query(description=f"Said by this. {_DAY}", examples=["2025-03-09"])] = None

    @cached_property
    def spans(self) -> dict[str, Span]:
        """The spans that reports are to overlap, on either clock. Raises Problem."""
        occurred = span_of("occurred", self.occurred_from, self.occurred_to)
        return {"occurred": occurred, "reported": span_of("reported", self.reported_from, self.reported_to)}

    @property
    def needs(self) -> dict[str, str]:
        """The read models that the conditions look into besides, with what they call them."""
        return {"sources": "s"} if self.source else {}

    @property
    def besides(self) -> LiteralString:
        """What is joined to a report: its incident, where a day is one in its offset."""
        ends = {f"{name}_{end}": bound for name, span in self.spans.items() for end, bound in span.ends}
        days: list[LiteralString] = [_AHEADS[name] for name, bound in ends.items() if is_day(bound)]
        return OFFSETS.format(aheads=", ".join(days)) if days else ""

    async def restriction(self, reader: LogReader) -> Restriction:
        """Return the conditions on the row `r` of a report. Raises Problem, NoSuchIncident."""
        restriction = Restriction()
        if self.q:
            restriction.words("r.words", self.q)
        for name, condition in CONDITIONS.items():
            if value := getattr(self, name):
                restriction.add(condition, **{name: value})
        restriction.overlap(
            "occurred", ("r.occurred_from", "r.occurred_to"), self.spans["occurred"], _LOCAL["occurred"]
        )
        restriction.overlap(
            "reported", ("r.reported_from", "r.reported_to"), self.spans["reported"], _LOCAL["reported"]
        )
        if self.incident:
            restriction.add(SHOWN_BY, incidents=[await _known(reader, name) for name in self.incident])
        return restriction


@dataclass(frozen=True, slots=True)
class _Arranged:
    sort: Annotated[
        Literal["reported", "-reported", "occurred", "-occurred"],
        Query(description="What they are sorted by; `-` turns it round. What has no time comes last."),
    ] = "-reported"


@router.get("/v1/reports", summary="Search the reports", **_DESCRIBED)
async def search_reports(
    request: Request,
    services: Opened,
    asked: AskedAt,
    filters: Annotated[_Filters, Depends(_Filters)],
    paging: Paging,
    arranged: Annotated[_Arranged, Depends(_Arranged)],
) -> Response:
    """Find reports of all incidents, by the words of their text, places, actors, tags, event and source.

    They are found as they read `as_of` a moment, after every correction until then; one that was taken back is found
    too, and its `standing` says so. Free text is read from the log as it is now, so what was erased is shown by no
    page, old or new; that is why no cache may keep one without asking again.
    """
    offered(request, JSON)
    order = order_of(arranged.sort, COLUMNS, KEY, paging.after)
    later, after = order.after(paging.after)
    besides, restriction = filters.besides, await filters.restriction(services.reader)
    async with reached(services, asked, "reports", "incidents", *filters.needs, after=paging.after) as snapshot:
        names = snapshot.names(reports="r", incidents="i", **filters.needs)
        parts = {"restriction": restriction.whole(names), "after": later, "by": order.by()}
        query = sql.SQL(FOUND).format(**names, **parts, besides=sql.SQL(besides).format(**names))
        rows = await snapshot.fetch(query, {**restriction.bound, **after, "limit": paging.limit + 1})
        shown = await _shown(snapshot, rows)
    page = page_of(rows, dict, order, paging.limit, snapshot)
    texts = await _texts(services.reader, [row["content"] for row in page.items])
    items = [_item(row, shown[row["slug"]], texts.get(row["content"])) for row in page.items]
    return send_page(request, Page(items, page.position, closed=False, next=page.next))


async def _shown(snapshot: Snapshot, rows: Sequence[Row]) -> dict[str, str]:
    """Return which incident shows what stands under each of those of the rows."""
    query = sql.SQL(SHOWN).format(**snapshot.names(incidents="i"))
    found = await snapshot.fetch(query, {"slugs": sorted({row["slug"] for row in rows})})
    return {row["slug"]: row["shown"] for row in found}


async def _texts(reader: LogReader, positions: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Read the free text of contents, by position; without a correction's reason, which is not the report's."""
    texts = {row.position: row.words() for row in await reader.at(list(positions)) if row.text}
    for text in texts.values():
        text.pop("reason", None)
    return texts


async def _known(reader: LogReader, name: str) -> UUID:
    """Return the stream of an incident. Raises NoSuchIncident."""
    first = await reader.first_of(stream_of(name))
    if first is None or not first.is_a(IncidentOpened):
        message = f"There is no incident “{name[:100]}”; GET /v1/incidents lists those that there are."
        raise NoSuchIncident(message, "incident")
    return first.stream


def _item(row: Item, shown: str, text: dict[str, Any] | None) -> Item:
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
        "links": {"report": f"/v1/reports/{report}", "incident": f"/v1/incidents/{quote(shown)}"},
    }


def _clock(row: Item, name: str, said: str | None) -> Item | None:
    """Write what was said of a clock: the words, and the span (UTC) that they mean."""
    ends = {"earliest": row[f"{name}_from"], "latest": row[f"{name}_to"]}
    if said is None and not any(ends.values()):
        return None
    return {"said": said, **{end: moment and format_instant(moment) for end, moment in ends.items()}}
