"""What a mapping file says of columns: which are figures, places and times, and how they are to be read."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Discriminator, Field, StrictBool, Tag, model_validator
from pydantic_core import PydanticCustomError

from domain.reports.claims.claim import INCIDENT_SCOPE, Accumulation, ClaimId, Manner, Measure
from domain.values.counts.count import Bound
from domain.values.places import Precision
from domain.values.populations import Population
from domain.values.text_types import Label, Slug, Strict
from service.formats.tables.dates import DateFormat, compile_format
from service.formats.tables.pattern import DatePattern, Pattern

_CLAIM_ID_LENGTH = 20

FormerNames = Annotated[tuple[Label, ...], Field(max_length=20)]
SilenceMarks = Annotated[
    tuple[Label, ...], Field(max_length=100), AfterValidator(lambda marks: tuple(mark.strip() for mark in marks))
]
Length = Pattern | Annotated[int, Field(strict=True, ge=1)]


class DurationPattern(Strict, frozen=True):
    """A time of a length: so many days or hours from the day or instant that it `starts`, or up to where it `ends`."""

    starts: DatePattern | None = None
    ends: DatePattern | None = None
    days: Length | None = None
    hours: Length | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.starts is None) == (self.ends is None) or (self.days is None) == (self.hours is None):
            sentence = "A time of a length has “starts” or “ends”, and “days” or “hours”: one of each two."
            raise PydanticCustomError("stretch", sentence)
        return self

    @property
    def anchor(self) -> str:
        """The pattern of its end that is given."""
        return self.starts or self.ends or ""

    @property
    def patterns(self) -> tuple[str, ...]:
        """All patterns in it."""
        return (self.anchor, self.length) if isinstance(self.length, str) else (self.anchor,)

    @property
    def length(self) -> str | int:
        """How long it is, in days or hours."""
        return (self.days if self.hours is None else self.hours) or 0


def _which(value: Any) -> str:  # noqa: ANN401 - of a mapping file
    return "stretch" if isinstance(value, dict | DurationPattern) else "pattern"


TimePattern = Annotated[
    Annotated[DatePattern, Tag("pattern")] | Annotated[DurationPattern, Tag("stretch")],
    Discriminator(_which),
]
"""A date or interval by a pattern, or a time of a length."""


class CountRule(Strict, frozen=True):
    """What figures count, and how their cells are read.

    `counts` says how cells are read: `figure`, whole numbers in digits; `words`, by the lexicon, so that “1,383” and
    “more than 200” can be read. `bound` is how all figures are meant that say no bound themselves. `silence` are
    further cells that say nothing, beside those of the table.
    """

    measure: Measure
    population: Population = Population()
    scope: Slug = INCIDENT_SCOPE
    manner: Manner | None = None
    accumulation: Accumulation = "cumulative"
    partial: StrictBool = False
    counts: Literal["figure", "words"] = "figure"
    bound: Bound | None = None
    silence: SilenceMarks = ()

    @property
    def key(self) -> str:
        """What it counts, without its time."""
        limits = self.population.canonical().model_dump_json(exclude_unset=True)
        return f"{self.measure} {limits} {self.scope} {self.manner or ''} {self.accumulation}"


class ClaimColumn(CountRule, frozen=True):
    """A numeric column whose cells are claims. Its cells are kept verbatim beside the claims, too.

    `words` names a column whose words stand before the figure, such as “about”. `formerly` are names that the column
    had before: the first of all these that a row has is read. `period`, of what an increment counts, and
    `counted_until` are patterns over the row, such as “{date}”.
    """

    column: Label
    formerly: FormerNames = ()
    id: ClaimId | None = None
    period: TimePattern | None = None
    counted_until: DatePattern | None = None
    words: Label | None = None

    @model_validator(mode="after")
    def _timed(self) -> Self:
        if self.period is not None and self.accumulation == "cumulative":
            sentence = 'Only an increment has a period: give accumulation = "incremental", or “counted_until” instead.'
            raise PydanticCustomError("period", sentence)
        return self

    @property
    def counted_key(self) -> str:
        """What it counts, as it must not count twice in one row."""
        return f"{self.key} {self.period or self.counted_until or ''}"

    def claim_id(self, place: int) -> str:
        """Return the id of its claim: its own, else the column's name where it can be one, else its place (from 1)."""
        if self.id is not None:
            return self.id
        plain = self.column.replace("_", "").replace("-", "")
        fits = plain.isascii() and plain.isalnum() and len(self.column) <= _CLAIM_ID_LENGTH
        return self.column if fits else str(place)


class Melt(CountRule, frozen=True):
    """Columns that are called by a date, each a figure of that date, as in a table that grows by a column a day.

    `columns` is how their names write the date. A cumulative figure is counted until that date, an increment counts
    that date alone. `id` begins the ids of the claims, which the date ends.
    """

    columns: DateFormat
    id: Annotated[str, Field(pattern="^[0-9A-Za-z_]{1,9}$")] | None = None

    @model_validator(mode="after")
    def _days(self) -> Self:
        if self.columns == "iso" or "M" in compile_format(self.columns).directives:
            sentence = "Columns are called by a day, a month or a year: give its format, such as “%m/%d/%y”."
            raise PydanticCustomError("melt", sentence)
        return self


class MappedPlace(Strict, frozen=True):
    """Where a row is about: each field is a pattern over the row; a place without a name is left out.

    `point` is a cell with both coordinates, in the `order` that is said, or a point of WKT, which has its own.
    """

    name: Pattern
    country: Pattern | None = None
    admin1: Pattern | None = None
    admin2: Pattern | None = None
    lat: Pattern | None = None
    lon: Pattern | None = None
    point: Pattern | None = None
    order: Literal["lat, lon", "lon, lat"] | None = None
    precision: Precision | None = None

    @model_validator(mode="after")
    def _one_point(self) -> Self:
        if self.point is not None and (self.lat or self.lon):
            raise PydanticCustomError("point", "A place has its “point” in one cell, or “lat” and “lon” in two.")
        if (self.point is None) != (self.order is None):
            sentence = (
                "A “point” needs its “order”, “lat, lon” or “lon, lat”: which of the two comes first in the cell."
            )
            raise PydanticCustomError("point", sentence)
        return self
