"""The resource of totals: what is said of many incidents, added up as far as it can be."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated, Final, Literal, LiteralString

import orjson
from fastapi import Depends, Query, Request
from psycopg import sql
from pydantic import ValidationError
from starlette.responses import Response

from domain.ledger.canonical import canonical
from domain.values.populations import Population
from service.api.complaints import Complaint, complaints_of
from service.api.described import MOMENTS_OF_THE_LOG, Described, reads, resource
from service.api.failures import refuse_fields
from service.api.filters import Chosen
from service.api.lists import Item, Page, send_page
from service.api.parameters import AskedAt
from service.api.projected import BEHIND, Row
from service.api.restricting import AHEAD_AT_OCCURRED, Restriction
from service.api.sending import CSV, JSON, offered
from service.api.services import Opened
from service.api.waiting import reached
from service.api.words import NAMES

router = resource("incidents")

# An incident that is merged into another is none of its own: what was said of it counts where that is said to count.
CHOSEN: Final = """
    SELECT i.incident, {grouped} FROM {incidents} AS i {besides}
    WHERE {incidents_stands} AND i.status <> 'merged' AND {restriction}
"""
# What is said of a measure of a population in an incident: its own figure (place 0), figures for incidents that were
# merged into it (1), and what is not added: for single events (2), for other scopes or one manner (3), in words (4).
# Of claims that are all rated out nothing is said.
SAID: Final = """
    SELECT e.incident, e.measure, e.population, NULL::text AS origin, e.teller, e.whole_event, {homes} AS of_home,
        e.lower, CASE WHEN NOT e.upper_open THEN e.upper END AS upper,
        CASE WHEN e.lower IS NULL AND e.upper IS NULL THEN 4 ELSE {place} END AS place
    FROM {estimates} AS e
    WHERE {estimates_stands} AND {such} AND e.incident IN (SELECT incident FROM chosen)
        AND (e.lower IS NOT NULL OR e.upper IS NOT NULL OR cardinality(e.origins) > 0)
"""
# The same for each source by itself; of single events it is known only whether it gave a figure for any.
SAID_BY_EACH: Final = """
    SELECT e.incident, e.measure, e.population, said.origin, said.origin AS teller,
        CASE WHEN e.teller = said.origin THEN e.whole_event END AS whole_event, {homes} AS of_home,
        said.lower, said.upper,
        CASE WHEN e.part = 'event' AND said.origin = ANY(e.figured) THEN 2
            WHEN said.lower IS NULL AND said.upper IS NULL THEN 4 ELSE {place} END AS place
    FROM {estimates} AS e, LATERAL (
        SELECT * FROM unnest(e.origins, e.lowers, e.uppers) AS each (origin, lower, upper)
    ) AS said
    WHERE {estimates_stands} AND {such} AND e.incident IN (SELECT incident FROM chosen)
"""
PLACE: Final = """
    CASE WHEN e.part = 'event' THEN 2 WHEN e.part = 'other' OR e.manner IS NOT NULL THEN 3
        WHEN e.part = 'merged' THEN 1 ELSE 0 END
"""
# A toll of a whole incident: of this one, or of one that was merged into it or whose report was moved here.
OF_HOME: Final = (
    "e.manner IS NULL AND (e.part IN ('own', 'merged') OR (e.part = 'other' AND e.scope LIKE '%%/incident'))"
)
# What one source says of several events that an incident shows, in a whole statement on each. It tells them apart, so
# it counts nobody twice, and its figures are added as they were before they were merged or moved.
APART: Final = """
    SELECT DISTINCT ON (incident, measure, population, origin)
        incident, measure, population, origin, lower, upper, figures
    FROM (
        SELECT incident, measure, population, origin, teller, sum(lower) AS lower,
            CASE WHEN count(upper) = count(*) THEN sum(upper) END AS upper, sum(figures) AS figures
        FROM (
            SELECT incident, measure, population, origin, teller, whole_event, max(lower) AS lower,
                CASE WHEN count(upper) = count(*) THEN max(upper) END AS upper, count(*) AS figures
            FROM said
            WHERE of_home AND whole_event IS NOT NULL
                AND incident IN (SELECT incident FROM said WHERE of_home AND place > 0)
            GROUP BY incident, measure, population, origin, teller, whole_event
        ) AS of_event
        GROUP BY incident, measure, population, origin, teller
    ) AS of_teller
    ORDER BY incident, measure, population, origin, lower DESC
"""
# An incident into which others were merged has as many dead as the greatest of their figures and its own, or of those
# that a source tells apart, at least. An upper end is its own, or that of all figures where a source tells them all
# apart; it is none where a part of the incident has more.
FIGURES: Final = """
    SELECT whole.incident, whole.measure, whole.population, whole.origin, greatest(whole.lower, apart.lower) AS lower,
        CASE WHEN apart.figures = whole.figures THEN apart.upper
            WHEN whole.most <= whole.upper AND coalesce(apart.lower, 0) <= whole.upper THEN whole.upper END AS upper,
        place, merged
    FROM (
        SELECT incident, measure, population, origin,
            greatest(min(lower) FILTER (WHERE place = 0), max(lower) FILTER (WHERE place = 1)) AS lower,
            max(upper) FILTER (WHERE place = 0) AS upper,
            coalesce(max(lower) FILTER (WHERE place = 1), 0) AS most,
            count(*) FILTER (WHERE of_home) AS figures,
            min(place) AS place, count(*) FILTER (WHERE place = 1) AS merged
        FROM said
        GROUP BY incident, measure, population, origin
    ) AS whole
    LEFT JOIN apart ON (apart.incident, apart.measure, apart.population)
        = (whole.incident, whole.measure, whole.population) AND apart.origin IS NOT DISTINCT FROM whole.origin
"""
TOTALS: Final = """
    WITH chosen AS ({chosen}), said AS ({said}), apart AS ({apart}), figures AS ({figures}),
    sizes AS (SELECT of, count(*) AS incidents FROM chosen GROUP BY of),
    added AS (
        SELECT chosen.of, measure, population, count(*) FILTER (WHERE place < 2) AS counted, sum(lower) AS lower,
            CASE WHEN count(upper) = count(*) FILTER (WHERE place < 2) THEN sum(upper) END AS upper,
            count(*) FILTER (WHERE merged > 0) AS with_merged,
            count(*) FILTER (WHERE place = 2) AS in_events,
            count(*) FILTER (WHERE place = 3) AS in_other_scopes,
            count(*) FILTER (WHERE place = 4) AS in_words
        FROM chosen JOIN figures ON figures.incident = chosen.incident AND {same}
        GROUP BY chosen.of, measure, population
    )
    SELECT sizes.of, incidents, measure, population, counted, lower::bigint, upper::bigint,
        with_merged, in_events, in_other_scopes, in_words
    FROM sizes LEFT JOIN added ON added.of IS NOT DISTINCT FROM sizes.of
    ORDER BY sizes.of COLLATE "C" NULLS LAST, measure COLLATE "C", population COLLATE "C"
"""
MEASURED: Final = "e.measure = ANY(%(measure)s::text[])"
COUNTED: Final = "e.population = ANY(%(population)s::text[])"
SAME_SOURCE: Final = "figures.origin = chosen.of"

GROUPS: Final[Mapping[str, LiteralString]] = {
    "": "NULL::text AS of",
    "country": "nullif(array_to_string(i.countries, ' '), '') AS of",
    "admin1": "nullif(array_to_string(i.admin1s, ' + '), '') AS of",
    "month": f"to_char(i.occurred_from AT TIME ZONE 'UTC' + {AHEAD_AT_OCCURRED}, 'YYYY-MM') AS of",
    "source": "named.origin AS of",
}
"""What each incident is counted under. Whatever has several of them is a group by itself, so nothing counts twice."""

_LEFT_OUT: Final = ("in_events", "in_other_scopes", "in_words")
_COLUMNS = (
    "group", "measure", "population", "incidents", "without_figure", "lower", "upper", "with_merged",
    *(f"left_out.{name}" for name in (*_LEFT_OUT, "nothing_said")),
)  # fmt: skip
NOTE: Final = (
    "Sums of what was said of whole incidents. Figures for single events, for parts and for other scopes, and counts in"
    " words, are in no sum: `left_out` counts the incidents of which nothing else was said. Of incidents that were"
    " merged only the greatest figure is added (`with_merged`), but those that one source tells apart, in a whole"
    " statement on each event, are all added."
)
"""What a reader of the sums is told beside them."""
_BY = (
    "What to add up by. An incident in two countries, or in two areas, is of a group of its own, so that none counts"
    " twice. The month is that in which it began, in its own offset. By source, each source's own figures are added;"
    " figures of several sources never are. Default: one group of all."
)
_OF = (
    'Only figures that count these people, as documents write them: `{"status":["civilian"]}`; `{}` is everyone.'
    " Given more than once, any of them."
)
_WRITE_A_POPULATION = 'Write a JSON object, such as {"status":["civilian"]}.'
_TABLE = {CSV: {"schema": {"type": "string", "description": f"RFC 4180, with a header: {', '.join(_COLUMNS)}."}}}
_DESCRIBED: Described = reads("TotalList", *MOMENTS_OF_THE_LOG, *BEHIND, also=_TABLE)


@dataclass(frozen=True, slots=True)
class _Figures:
    """Which figures are added, and by what."""

    group_by: Annotated[Literal["country", "admin1", "month", "source"] | None, Query(description=_BY)] = None
    measure: Annotated[
        list[str] | None, NAMES, Query(description="Only figures of this measure.", examples=[["killed"]])
    ] = None
    population: Annotated[list[str] | None, NAMES, Query(description=_OF, examples=[['{"status":["civilian"]}']])] = (
        None
    )

    def such(self) -> Restriction:
        """Return the conditions on the row `e` of an estimate. Raises Problem."""
        restriction = Restriction()
        if self.measure:
            restriction.add(MEASURED, measure=self.measure)
        if self.population:
            restriction.add(COUNTED, population=[_population(text) for text in self.population])
        return restriction


@router.get("/v1/tolls", summary="Totals over incidents", **_DESCRIBED)
async def totals(
    request: Request,
    services: Opened,
    asked: AskedAt,
    chosen: Annotated[Chosen, Depends(Chosen)],
    figures: Annotated[_Figures, Depends(_Figures)],
) -> Response:
    """Add up what the estimates of the policy in force say of incidents as wholes, for each measure and population.

    `lower` is the sum of the lower ends, so at least so many; `upper` that of the upper ends, null where one of
    them is open. Best figures are never added: they are single sources' words. `incidents` have a figure and are added,
    those `without_figure` are not, and nobody knows what they would add; `left_out` says what was said of these all the
    same. An incident that is merged into another is not counted besides it: the greatest figure of all that were merged
    is the one that is added, to the lower sum alone where it is not the incident's own; but the figures that one source
    tells apart, in a whole statement on each event (as ACLED and UCDP do), are added as they were before the merge.
    """
    media_type = offered(request, JSON, CSV)
    restriction, such = chosen.restriction(), figures.such()
    by_source = figures.group_by == "source"
    async with reached(services, asked, "incidents", "estimates", *chosen.needs) as snapshot:
        names = snapshot.names(incidents="i", estimates="e", **chosen.needs)
        parts = {
            "chosen": sql.SQL(CHOSEN).format(
                **names,
                grouped=sql.SQL(GROUPS[figures.group_by or ""]),
                besides=sql.SQL(", unnest(i.sources) AS named (origin)" if by_source else ""),
                restriction=restriction.whole(names),
            ),
            "said": sql.SQL(SAID_BY_EACH if by_source else SAID).format(
                **names, such=such.whole(names), place=sql.SQL(PLACE), homes=sql.SQL(OF_HOME)
            ),
            "apart": sql.SQL(APART),
            "figures": sql.SQL(FIGURES),
            "same": sql.SQL(SAME_SOURCE if by_source else "true"),
        }
        rows = await snapshot.fetch(sql.SQL(TOTALS).format(**parts), {**restriction.bound, **such.bound})
    groups = [_group(of, list(found)) for of, found in groupby(rows, key=lambda row: row["of"])]
    items = [line for group in groups for line in _lines(group)] if media_type == CSV else groups
    page = Page(items, snapshot.position, snapshot.closed)
    return send_page(request, page, media_type, _COLUMNS, group_by=figures.group_by, note=NOTE)


def _group(of: str | None, rows: list[Row]) -> Item:
    size = rows[0]["incidents"]
    return {"group": of, "incidents": size, "totals": [_total(row) for row in rows if row["measure"] is not None]}


def _total(row: Row) -> Item:
    without = row["incidents"] - row["counted"]
    told = {name: row[name] for name in _LEFT_OUT}
    return {
        "measure": row["measure"],
        "population": orjson.loads(row["population"]),
        "incidents": row["counted"],
        "without_figure": without,
        "lower": row["lower"],
        "upper": row["upper"],
        "with_merged": row["with_merged"],
        "left_out": {**told, "nothing_said": without - sum(told.values())},
    }


def _lines(group: Item) -> Iterable[Item]:
    """Write a group as lines of a table; one of which nothing at all was said is a line that says so."""
    size = group["incidents"]
    nothing = {"incidents": 0, "without_figure": size, "with_merged": 0}
    left_out = {**dict.fromkeys(_LEFT_OUT, 0), "nothing_said": size}
    for total in group["totals"] or [{**nothing, "left_out": left_out}]:
        yield {"group": group["group"], **total}


def _population(text: str) -> str:
    """Read a population as sent, and return it as the table has it. Raises Problem."""
    try:
        found = Population.model_validate_json(text).canonical()
    except ValidationError as error:
        reasons = complaints_of(error.errors(), model=Population)
        first = reasons[0]
        said = f"{first.field}: {first.reason}" if first.field else _WRITE_A_POPULATION
        raise refuse_fields([Complaint("population", said, first.nearest)], "invalid-parameter") from None
    return canonical(found.model_dump(mode="json", exclude_unset=True)).decode()
