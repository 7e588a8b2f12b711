"""Filters of incidents: query parameters, as SQL conditions and as a predicate on one summary."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Final, LiteralString

from fastapi import Query

from domain.summary.summary import IncidentSummary
from domain.values.places import COUNTRY_MEANING
from service.api.dependencies import in_loop
from service.api.lists.criteria import Box, TimeRange, any_point_within, parse_boxes, parse_time_range, parse_words
from service.api.lists.repeatable import COUNTRIES, KIND_NAMES, NAMES, closed_list
from service.api.lists.sql_conditions import SqlConditions

MERGED = "merged"
DEFAULT_STATUSES = ("open", "closed")

# The sources given, and all that are stated to be of the same origin (transitively).
SAME_ORIGINS: Final = """
    ARRAY(WITH RECURSIVE same_origin (origin) AS (
        SELECT unnest(%(source)s::text[])
        UNION
        SELECT other
        FROM same_origin JOIN {sources} AS s ON s.origin = same_origin.origin AND {sources_valid},
            unnest(s.same) AS other
    ) SELECT origin FROM same_origin)
"""
COUNTRY: Final = "i.countries && %(country)s::text[]"
STATUS: Final = "i.status = ANY(%(status)s::text[])"
CONDITIONS: Final[Mapping[str, LiteralString]] = {
    "kind": "i.kinds && %(kind)s::text[]",
    "tag": "i.tags && %(tag)s::text[]",
    "source": f"i.sources && {SAME_ORIGINS}",
    "actor": "i.actors && %(actor)s::text[]",
    "level_min": "i.level >= %(level_min)s",
    "killed_min": "i.killed >= %(killed_min)s",
}
"""The conditions of filters that depend on reports, by parameter."""
# The first line is a cheap prefilter; the subquery compares every point with every box.
WITHIN: Final = """
    %(south)s::float8 <= ANY(i.lats) AND %(north)s::float8 >= ANY(i.lats)
    AND EXISTS (
        SELECT FROM unnest(i.lats, i.lons) AS point (lat, lon),
            unnest(%(souths)s::float8[], %(norths)s::float8[], %(wests)s::float8[], %(easts)s::float8[])
            AS box (south, north, west, east)
        WHERE lat BETWEEN south AND north AND lon BETWEEN west AND east
    )
"""

_ANY = "Given more than once, any of them."
_BOX = (
    "With a place of violence in this box: `minlon,minlat,maxlon,maxlat` in decimal degrees (WGS 84). A box whose"
    f" minlon is greater than its maxlon crosses the antimeridian. Where a speech was held is no such place. {_ANY}"
)
_DAY = "A day, which begins and ends in the offset or time zone of each incident, or an RFC 3339 moment."
_STATUS = "Default: open and closed. One that is merged into another is listed only if it is asked for."
_SOURCE = (
    f"With a report by this source: its slug, or `anonymous:<words>|<relay>`; what is one with it counts too. {_ANY}"
)
_KILLED = (
    "With at least so many said to be dead: in the incident, of everyone or of some people; in one of its events; or in"
    " an incident that was merged into it. It compares `killed_at_least`, the greatest of these lower ends by the"
    " policy in force; nothing is added up. Figures of declared scopes are not compared, as nobody said how these lie"
    " to the incident; nor are counts in words."
)

CountryFilter = Annotated[
    list[str] | None, COUNTRIES, Query(description=f"In this country, {COUNTRY_MEANING}. {_ANY}", examples=[["SY"]])
]
KindFilter = Annotated[
    list[str] | None,
    KIND_NAMES,
    Query(description=f"With a report of this kind. {_ANY}", examples=[["attack_launched"]]),
]
SourceFilter = Annotated[list[str] | None, NAMES, Query(description=_SOURCE, examples=[["sohr"]])]
TagFilter = Annotated[list[str] | None, NAMES, Query(description=f"With this tag, as it is written. {_ANY}")]
ActorFilter = Annotated[list[str] | None, NAMES, Query(description=f"With this actor, as a report names it. {_ANY}")]
OccurredFrom = Annotated[str | None, Query(description=f"Not over before this. {_DAY}", examples=["2025-03-06"])]
OccurredTo = Annotated[str | None, Query(description=f"Begun by this. {_DAY}", examples=["2025-03-10"])]
WordsFilter = Annotated[
    list[str] | None,
    NAMES,
    Query(description=f"With all of these words, in any order and case. {_ANY}", examples=[["latakia hospital"]]),
]
BBox = Annotated[list[str] | None, NAMES, Query(description=_BOX, examples=[["35.5,34.5,36.5,36"]])]
LevelMin = Annotated[
    int | None, Query(ge=0, le=5, description="With a day of this level of escalation/1, or a graver one.")
]
KilledMin = Annotated[int | None, Query(ge=0, le=2**63 - 1, description=_KILLED)]
StatusFilter = Annotated[
    list[str] | None, closed_list("status", (*DEFAULT_STATUSES, MERGED)), Query(description=_STATUS)
]


@dataclass(frozen=True)
class IncidentFilters:
    """The filters that lists and totals share; all of them must hold."""

    country: CountryFilter = None
    kind: KindFilter = None
    tag: TagFilter = None
    source: SourceFilter = None
    occurred_from: OccurredFrom = None
    occurred_to: OccurredTo = None

    @cached_property
    def occurred(self) -> TimeRange:
        """The time range that an incident must overlap. Raises HttpProblem."""
        return parse_time_range("occurred", self.occurred_from, self.occurred_to)

    @property
    def joined_models(self) -> dict[str, str]:
        """Further read models in the conditions, with their aliases."""
        return {"sources": "s"} if self.source else {}

    def conditions(self) -> SqlConditions:
        """Return the conditions in SQL on `i`, a row of incidents. Raises HttpProblem."""
        conditions = self.conditions_independent_of_reports()
        for name, condition in CONDITIONS.items():
            if (value := getattr(self, name, None)) is not None:
                conditions.add(condition, **{name: value})
        conditions.add_overlap("occurred", ("i.occurred_from", "i.occurred_to"), self.occurred)
        return conditions

    def conditions_independent_of_reports(self) -> SqlConditions:
        """Return the conditions on columns that do not depend on reports, so not on `reported_until` either."""
        conditions = SqlConditions()
        if self.country:
            conditions.add(COUNTRY, country=self.country)
        return conditions


@dataclass(frozen=True)
class IncidentListFilters(IncidentFilters):
    """The filters of the list of incidents."""

    q: WordsFilter = None
    bbox: BBox = None
    actor: ActorFilter = None
    level_min: LevelMin = None
    killed_min: KilledMin = None
    status: StatusFilter = None

    @cached_property
    def boxes(self) -> list[Box]:
        """The boxes of `bbox`. Raises HttpProblem."""
        return [box for text in self.bbox or () for box in parse_boxes(text)]

    def conditions(self) -> SqlConditions:
        """Return the conditions in SQL on `i`, a row of incidents. Raises HttpProblem."""
        conditions = super().conditions()
        if self.q:
            conditions.add_words("i.words", self.q)
        if self.boxes:
            conditions.add(WITHIN, **_sides(self.boxes))
        return conditions

    def conditions_independent_of_reports(self) -> SqlConditions:
        conditions = super().conditions_independent_of_reports()
        conditions.add(STATUS, status=self.status or list(DEFAULT_STATUSES))
        return conditions

    def matches(self, found: IncidentSummary, sources: Sequence[str]) -> bool:
        """Evaluate the same conditions on the summary of one incident, as of a reported moment.

        `sources` are those of the filter, with all of the same origin. Raises HttpProblem.
        """
        lists = ((self.country, found.countries), (self.kind, found.kinds), (self.actor, found.actors))
        any_of = (*lists, (self.tag, found.tags), (sources, found.sources))
        at_least = ((self.level_min, found.level), (self.killed_min, found.killed.floor))
        return (
            all(not wanted or _intersect(wanted, have) for wanted, have in any_of)
            and all(wanted is None or (have is not None and have >= wanted) for wanted, have in at_least)
            and (not self.q or any(set(parse_words(text)) <= set(found.words) for text in self.q))
            and (
                not self.boxes or any_point_within(self.boxes, ((float(lat), float(lon)) for lat, lon in found.points))
            )
            and self.occurred.overlaps(found.occurred_from, found.occurred_to, found.offset)
        )


IncidentListFilterParameters = Annotated[IncidentListFilters, in_loop(IncidentListFilters)]
"""The filters, as parameters of an operation."""


def _intersect(wanted: Iterable[str], have: Iterable[str]) -> bool:
    return not set(wanted).isdisjoint(have)


def _sides(boxes: Sequence[Box]) -> dict[str, Any]:
    """Return the parameters of WITHIN: the sides of each box, and the extremes of latitude."""
    souths, norths = [box.south for box in boxes], [box.north for box in boxes]
    sides = {"wests": [box.west for box in boxes], "easts": [box.east for box in boxes]}
    return {**sides, "souths": souths, "norths": norths, "south": min(souths), "north": max(norths)}
