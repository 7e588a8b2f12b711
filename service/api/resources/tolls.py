"""Totals over incidents: sums of the estimates of the policy in force, by measure and population."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated, Any, Final, Literal

import orjson
from fastapi import Query, Request
from psycopg import sql
from pydantic import ValidationError
from starlette.responses import Response

from domain.ledger.canonical import canonical
from domain.values.explanation import document_of, explaining_model
from domain.values.populations import Population
from service.api.dependencies import in_loop
from service.api.errors.problem import problem_of_fields
from service.api.errors.validation import FieldError, field_errors_of
from service.api.lists.filters import IncidentFilters
from service.api.lists.page import ListItem, Page, page_response
from service.api.lists.repeatable import NAMES
from service.api.lists.snapshot import snapshot_at
from service.api.lists.sql_conditions import SqlConditions
from service.api.lists.totals_sql import (
    APART,
    CHOSEN,
    COUNTED,
    FIGURES,
    GROUPS,
    MEASURED,
    OF_HOME,
    PLACE,
    SAID,
    SAID_BY_EACH,
    SAME_SOURCE,
    TOTALS,
)
from service.api.media_types import CSV, JSON, XLSX
from service.api.models import ResponseModel
from service.api.negotiation import negotiate_table
from service.api.parameters import ReadAtParameters
from service.api.read_models import STALE_READ_MODELS, ResultRow
from service.api.resource import MOMENT_PROBLEMS, Description, Resource, table_content
from service.api.services import InjectedServices

RESOURCE = Resource("incidents")


class ExcludedFigures(ResponseModel):
    """The incidents whose figures are in no sum; each counts once, under the first reason that applies."""

    in_events: int
    """Figures for single events."""
    in_other_scopes: int
    """Figures for declared scopes, or for one manner."""
    in_words: int
    """Counts in words."""
    nothing_said: int
    """No total of these people, under this measure."""


class Total(ResponseModel):
    """The sums over the incidents of one group, for one measure and population."""

    measure: str
    population: dict[str, Any]
    incidents: int
    """How many have a figure; they are added."""
    without_figure: int
    """How many have none; nobody knows what they would add."""
    lower: int | None
    """The sum of the lower ends; null where none has one."""
    upper: int | None
    """The sum of the upper ends; null where one of them is open."""
    with_merged: int
    """Of how many that are added figures of incidents merged into them stand beside: only the greatest is added."""
    left_out: ExcludedFigures
    """What was said of those without a figure; together they are `without_figure`."""


class TotalGroup(ResponseModel):
    """The incidents that are counted together, and the totals over them."""

    group: str | None
    """Null where what it goes by is not known; and for the one group of all."""
    incidents: int
    totals: list[Total]


class TotalList(ResponseModel):
    """Totals over incidents. They are all there, in one page."""

    group_by: Literal["country", "admin1", "month", "source"] | None
    note: str
    """What the sums leave out, in a sentence."""
    items: list[TotalGroup]
    next: None
    position: int
    """The position of the log that they were read at."""


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
"""The member `note` of the answer."""
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
_DESCRIBED: Description = RESOURCE.reads(TotalList, *MOMENT_PROBLEMS, *STALE_READ_MODELS, also=table_content(_COLUMNS))


@dataclass(frozen=True, slots=True)
class _TollParameters:
    """The grouping, and the figures to add."""

    group_by: Annotated[Literal["country", "admin1", "month", "source"] | None, Query(description=_BY)] = None
    measure: Annotated[
        list[str] | None, NAMES, Query(description="Only figures of this measure.", examples=[["killed"]])
    ] = None
    population: Annotated[list[str] | None, NAMES, Query(description=_OF, examples=[['{"status":["civilian"]}']])] = (
        None
    )

    def conditions(self) -> SqlConditions:
        """Return the conditions in SQL on `e`, a row of estimates. Raises HttpProblem."""
        restriction = SqlConditions()
        if self.measure:
            restriction.add(MEASURED, measure=self.measure)
        if self.population:
            restriction.add(COUNTED, population=[_population(text) for text in self.population])
        return restriction


@RESOURCE.get("/v1/tolls", summary="Totals over incidents", **_DESCRIBED)
async def totals(
    request: Request,
    services: InjectedServices,
    read_at: ReadAtParameters,
    chosen: Annotated[IncidentFilters, in_loop(IncidentFilters)],
    figures: Annotated[_TollParameters, in_loop(_TollParameters)],
) -> Response:
    """Add up what the estimates of the policy in force say of incidents as wholes, for each measure and population.

    `lower` is the sum of the lower ends, so at least so many; `upper` that of the upper ends, null where one of
    them is open. Best figures are never added: they are single sources' words. `incidents` have a figure and are added,
    those `without_figure` are not, and nobody knows what they would add; `left_out` says what was said of these all the
    same. An incident that is merged into another is not counted besides it: the greatest figure of all that were merged
    is the one that is added, to the lower sum alone where it is not the incident's own; but the figures that one source
    tells apart, in a whole statement on each event (as ACLED and UCDP do), are added as they were before the merge.
    """
    representation = negotiate_table(request, JSON, CSV, XLSX)
    restriction, such = chosen.conditions(), figures.conditions()
    by_source = figures.group_by == "source"
    async with snapshot_at(services, read_at, "incidents", "estimates", *chosen.joined_models) as snapshot:
        names = snapshot.names(incidents="i", estimates="e", **chosen.joined_models)
        parts = {
            "chosen": sql.SQL(CHOSEN).format(
                **names,
                grouped=sql.SQL(GROUPS[figures.group_by or ""]),
                further_tables=sql.SQL(", unnest(i.sources) AS named (origin)" if by_source else ""),
                restriction=restriction.combined(names),
            ),
            "said": sql.SQL(SAID_BY_EACH if by_source else SAID).format(
                **names, such=such.combined(names), place=sql.SQL(PLACE), homes=sql.SQL(OF_HOME)
            ),
            "apart": sql.SQL(APART),
            "figures": sql.SQL(FIGURES),
            "same": sql.SQL(SAME_SOURCE if by_source else "true"),
        }
        rows = await snapshot.fetch(sql.SQL(TOTALS).format(**parts), {**restriction.parameters, **such.parameters})
    groups = [_group(of, list(found)) for of, found in groupby(rows, key=lambda row: row["of"])]
    items = [line for group in groups for line in _lines(group)] if representation.media_type != JSON else groups
    page = Page(items, snapshot.position, snapshot.closed)
    return await page_response(request, page, representation, _COLUMNS, group_by=figures.group_by, note=NOTE)


def _group(of: str | None, rows: list[ResultRow]) -> ListItem:
    size = rows[0]["incidents"]
    return {"group": of, "incidents": size, "totals": [_total(row) for row in rows if row["measure"] is not None]}


def _total(row: ResultRow) -> ListItem:
    without = row["incidents"] - row["counted"]
    left_out = {name: row[name] for name in _LEFT_OUT}
    return {
        "measure": row["measure"],
        "population": orjson.loads(row["population"]),
        "incidents": row["counted"],
        "without_figure": without,
        "lower": row["lower"],
        "upper": row["upper"],
        "with_merged": row["with_merged"],
        "left_out": {**left_out, "nothing_said": without - sum(left_out.values())},
    }


def _lines(group: ListItem) -> Iterable[ListItem]:
    """Return the lines of a group in the CSV table; one line of zeros for a group without figures."""
    size = group["incidents"]
    nothing = {"incidents": 0, "without_figure": size, "with_merged": 0}
    left_out = {**dict.fromkeys(_LEFT_OUT, 0), "nothing_said": size}
    for total in group["totals"] or [{**nothing, "left_out": left_out}]:
        yield {"group": group["group"], **total}


def _population(text: str) -> str:
    """Parse a population, and return its canonical form, as in the read model. Raises HttpProblem."""
    try:
        explained = explaining_model(Population).model_validate_json(text)
    except ValidationError as error:
        reasons = field_errors_of(error.errors(), model=explaining_model(Population))
        first = reasons[0]
        said = f"{first.field}: {first.reason}" if first.field else _WRITE_A_POPULATION
        raise problem_of_fields([FieldError("population", said, first.nearest)], "invalid-parameter") from None
    return canonical(Population.from_document(document_of(explained)).canonical().limits()).decode()
