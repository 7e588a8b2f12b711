"""Keys of a mapping file for columns: `[[claims]]`, `[[melt]]`, `[[places]]`, and times."""

from functools import partial
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, StrictBool, Tag, model_validator
from pydantic_core import PydanticCustomError

from domain.reports.claims.claim import INCIDENT_SCOPE, Accumulation, ClaimId, Manner, Measure
from domain.values.counts.count import Bound
from domain.values.explanation import explained_document
from domain.values.places import Precision
from domain.values.populations import Population
from domain.values.text_types import JsonObject, Label, Slug, Strict
from service.formats.tables.dates import DateFormat, compile_format
from service.formats.tables.pattern import DatePattern, Pattern

_CLAIM_ID_LENGTH = 20

FormerNames = Annotated[tuple[Label, ...], Field(max_length=20)]
SilenceMarks = Annotated[
    tuple[Label, ...], Field(max_length=100), AfterValidator(lambda marks: tuple(mark.strip() for mark in marks))
]
PopulationLimits = Annotated[JsonObject, BeforeValidator(partial(explained_document, Population))]
"""The limits of a population as they were written."""
Length = Pattern | Annotated[int, Field(strict=True, ge=1)]


class DurationPattern(Strict, frozen=True):
    """An interval of so many days or hours from the day or instant `starts`, or up to the one `ends`."""

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
        """The pattern of the given end."""
        return self.starts or self.ends or ""

    @property
    def patterns(self) -> tuple[str, ...]:
        """All patterns in it."""
        return (self.anchor, self.length) if isinstance(self.length, str) else (self.anchor,)

    @property
    def length(self) -> str | int:
        """Its length in days or hours."""
        return (self.days if self.hours is None else self.hours) or 0


def _time_tag(value: Any) -> str:  # noqa: ANN401 - of a mapping file
    return "stretch" if isinstance(value, dict | DurationPattern) else "pattern"


TimePattern = Annotated[
    Annotated[DatePattern, Tag("pattern")] | Annotated[DurationPattern, Tag("stretch")], Discriminator(_time_tag)
]
"""A date or interval by a pattern, or by one end and a length."""


class CountRule(Strict, frozen=True):
    """Measure and population of figures, and the notation of their cells.

    `counts` is the notation: `figure`, whole numbers in digits; `words`, read by the lexicon, such as “1,383” and
    “more than 200”. `bound` applies to figures without a bound of their own. `silence` are further marks of missing
    values, beside those of the table.
    """

    measure: Measure
    population: PopulationLimits = Field(default_factory=dict)
    scope: Slug = INCIDENT_SCOPE
    manner: Manner | None = None
    accumulation: Accumulation = "cumulative"
    partial: StrictBool = False
    counts: Literal["figure", "words"] = "figure"
    bound: Bound | None = None
    silence: SilenceMarks = ()

    @property
    def key(self) -> str:
        """Measure, population, scope, manner and accumulation as text, for comparison."""
        limits = Population.validate(self.population).canonical().limits()
        return f"{self.measure} {limits} {self.scope} {self.manner or ''} {self.accumulation}"


class ClaimColumn(CountRule, frozen=True):
    """A column of `[[claims]]`, whose cells become claims; they are kept verbatim too.

    `words` names a column with words before the figure, such as “about”. `formerly` are former names of the column: the
    first that a row has is read. `period`, of an increment, and `counted_until` are patterns, such as “{date}”.
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
        """Its key and time, which must be unique in a row."""
        return f"{self.key} {self.period or self.counted_until or ''}"

    def claim_id(self, place: int) -> str:
        """Return the id of its claim: the declared one, else the column's name if valid, else its place (from 1)."""
        if self.id is not None:
            return self.id
        plain = self.column.replace("_", "").replace("-", "")
        fits = plain.isascii() and plain.isalnum() and len(self.column) <= _CLAIM_ID_LENGTH
        return self.column if fits else str(place)


class Melt(CountRule, frozen=True):
    """Columns of `[[melt]]`, named by a date, each with a figure of that date.

    `columns` is the format of the date. A cumulative figure is counted until that date, an increment counts that date
    alone. The ids of the claims are `id` and the date.
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
    """A place of `[[places]]`: each field is a pattern over the row; a place without a name is left out.

    `point` is a cell with both coordinates, in `order`, or a WKT point, which has an order of its own.
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
