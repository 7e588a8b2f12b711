"""Which incidents are asked for: the filters of a list, as conditions in SQL and as a question to one incident."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Final

from fastapi import Depends, Query

from domain.summary.summary import IncidentSummary
from domain.values.places import COUNTRY_MEANING
from service.api.restricting import Restriction
from service.api.spans import Box, Span, any_within, boxes_of, span_of, words_searched
from service.api.words import COUNTRIES, KIND_NAMES, NAMES, one_of

MERGED = "merged"
STANDING_BY_THEMSELVES = ("open", "closed")

# The sources given, and all that are stated to be one with them.
ONE_VOICE: Final = """
    ARRAY(WITH RECURSIVE voice (origin) AS (
        SELECT unnest(%(source)s::text[])
        UNION
        SELECT other
        FROM voice JOIN {sources} AS s ON s.origin = voice.origin AND {sources_stands}, unnest(s.same) AS other
    ) SELECT origin FROM voice)
"""
COUNTRY: Final = "i.countries && %(country)s::text[]"
STATUS: Final = "i.status = ANY(%(status)s::text[])"
KIND: Final = "i.kinds && %(kind)s::text[]"
ACTOR: Final = "i.actors && %(actor)s::text[]"
SOURCE: Final = f"i.sources && {ONE_VOICE}"
TAG: Final = "i.tags && %(tag)s::text[]"
LEVEL_MIN: Final = "i.level >= %(level_min)s"
KILLED_MIN: Final = "i.killed >= %(killed_min)s"
# The first lines only spare most rows the last ones, which look at each point.
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

Country = Annotated[
    list[str] | None, COUNTRIES, Query(description=f"In this country, {COUNTRY_MEANING}. {_ANY}", examples=[["SY"]])
]
Kind = Annotated[
    list[str] | None,
    KIND_NAMES,
    Query(description=f"With a report of this kind. {_ANY}", examples=[["attack_launched"]]),
]
SourceName = Annotated[list[str] | None, NAMES, Query(description=_SOURCE, examples=[["sohr"]])]
Tag = Annotated[list[str] | None, NAMES, Query(description=f"With this tag, as it is written. {_ANY}")]
Actor = Annotated[list[str] | None, NAMES, Query(description=f"With this actor, as a report names it. {_ANY}")]
OccurredFrom = Annotated[str | None, Query(description=f"Not over before this. {_DAY}", examples=["2025-03-06"])]
OccurredTo = Annotated[str | None, Query(description=f"Begun by this. {_DAY}", examples=["2025-03-10"])]
Q = Annotated[
    list[str] | None,
    NAMES,
    Query(description=f"With all of these words, in any order and case. {_ANY}", examples=[["latakia hospital"]]),
]
BBox = Annotated[list[str] | None, NAMES, Query(description=_BOX, examples=[["35.5,34.5,36.5,36"]])]
LevelMin = Annotated[
    int | None, Query(ge=0, le=5, description="With a day of this level of escalation/1, or a graver one.")
]
KilledMin = Annotated[int | None, Query(ge=0, le=2**63 - 1, description=_KILLED)]
Status = Annotated[list[str] | None, one_of("status", (*STANDING_BY_THEMSELVES, MERGED)), Query(description=_STATUS)]


@dataclass(frozen=True)
class Chosen:
    """The filters that totals and lists share; different ones are all to be met."""

    country: Country = None
    kind: Kind = None
    tag: Tag = None
    source: SourceName = None
    occurred_from: OccurredFrom = None
    occurred_to: OccurredTo = None

    @cached_property
    def occurred(self) -> Span:
        """The span that an incident is to overlap. Raises Problem."""
        return span_of("occurred", self.occurred_from, self.occurred_to)

    @property
    def needs(self) -> dict[str, str]:
        """The read models that the conditions look into besides that of incidents, with what they call them."""
        return {"sources": "s"} if self.source else {}

    def restriction(self) -> Restriction:
        """Return the conditions in SQL, on the row `i` of an incident. Raises Problem."""
        restriction = self.outside_reports()
        if self.kind:
            restriction.add(KIND, kind=self.kind)
        if self.tag:
            restriction.add(TAG, tag=self.tag)
        if self.source:
            restriction.add(SOURCE, source=self.source)
        restriction.overlap("occurred", ("i.occurred_from", "i.occurred_to"), self.occurred)
        return restriction

    def outside_reports(self) -> Restriction:
        """Return those of the conditions that no report has a say in: they are the same at every reported moment."""
        restriction = Restriction()
        if self.country:
            restriction.add(COUNTRY, country=self.country)
        return restriction


@dataclass(frozen=True)
class Filters(Chosen):
    """All filters of the list of incidents."""

    q: Q = None
    bbox: BBox = None
    actor: Actor = None
    level_min: LevelMin = None
    killed_min: KilledMin = None
    status: Status = None

    @cached_property
    def boxes(self) -> list[Box]:
        """The boxes that a place is to lie in. Raises Problem."""
        return [box for text in self.bbox or () for box in boxes_of(text)]

    def restriction(self) -> Restriction:
        """Return the conditions in SQL, on the row `i` of an incident. Raises Problem."""
        restriction = super().restriction()
        if self.q:
            restriction.words("i.words", self.q)
        if self.actor:
            restriction.add(ACTOR, actor=self.actor)
        if self.level_min is not None:
            restriction.add(LEVEL_MIN, level_min=self.level_min)
        if self.killed_min is not None:
            restriction.add(KILLED_MIN, killed_min=self.killed_min)
        if self.boxes:
            restriction.add(WITHIN, **_sides(self.boxes))
        return restriction

    def outside_reports(self) -> Restriction:
        restriction = super().outside_reports()
        restriction.add(STATUS, status=self.status or list(STANDING_BY_THEMSELVES))
        return restriction

    def meets(self, found: IncidentSummary, sources: Sequence[str]) -> bool:
        """Ask one incident, as it was read at a reported moment, what the conditions ask in SQL.

        `sources` are those given, with all that are one with them. Raises Problem.
        """
        lists = ((self.country, found.countries), (self.kind, found.kinds), (self.actor, found.actors))
        among = (*lists, (self.tag, found.tags), (sources, found.sources))
        least = ((self.level_min, found.level), (self.killed_min, found.killed.floor))
        return (
            all(not wanted or _meet(wanted, have) for wanted, have in among)
            and all(wanted is None or (have is not None and have >= wanted) for wanted, have in least)
            and (not self.q or any(set(words_searched(text)) <= set(found.words) for text in self.q))
            and (not self.boxes or any_within(self.boxes, ((float(lat), float(lon)) for lat, lon in found.points)))
            and self.occurred.meets(found.occurred_from, found.occurred_to, found.offset)
        )


AskedFor = Annotated[Filters, Depends(Filters)]
"""The filters, as parameters of a resource."""


def _meet(wanted: Iterable[str], have: Iterable[str]) -> bool:
    return not set(wanted).isdisjoint(have)


def _sides(boxes: Sequence[Box]) -> dict[str, Any]:
    """Return the sides of boxes as they are bound: each by itself, and the northernmost and southernmost of all."""
    souths, norths = [box.south for box in boxes], [box.north for box in boxes]
    sides = {"wests": [box.west for box in boxes], "easts": [box.east for box in boxes]}
    return {**sides, "souths": souths, "norths": norths, "south": min(souths), "north": max(norths)}
