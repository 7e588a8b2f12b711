"""Claims: one figure of a source under a key. Only claims of one key are compared; claims are never added."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from operator import attrgetter
from typing import Annotated, Any, cast

from msgspec import Struct
from msgspec.structs import force_setattr
from pydantic import Field, StrictBool
from pydantic_core import PydanticCustomError

from domain.ledger.canonical import canonical
from domain.reports.claims.tie_breaking import ReportContent, TieRank
from domain.values.counts.count import Count, CountInContext
from domain.values.populations import Population
from domain.values.sources import SourceRef
from domain.values.statement import Statement
from domain.values.text_types import ClosedList, Label, Slug, Strict
from domain.values.time.clocks import EdtfOccurred, EdtfReported, Span

Measure = Annotated[
    str,
    ClosedList(
        "measure",
        (
            "killed",
            "injured",
            "killed_or_injured",
            "missing",
            "disappeared",
            "abducted",
            "detained",
            "displaced",
            "bodies_found",
            "strength",
        ),
    ),
]
METHODS = (
    "armed_clash",
    "ambush",
    "raid",
    "execution",
    "abduction",
    "torture",
    "sexual_violence",
    "mob_violence",
    "shelling",
    "air_strike",
    "drone_strike",
    "suicide_bombing",
    "explosive_device",
    "arson",
    "chemical",
    "other",
)
Method = Annotated[str, ClosedList("method", METHODS)]
Manner = Annotated[str, ClosedList("manner", METHODS)]
Accumulation = Annotated[str, ClosedList("accumulation", ("cumulative", "incremental"))]
ClaimId = Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,20}(\.[0-9A-Za-z_-]{1,20})?$")]
ClaimRef = Annotated[
    str,
    Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}#[0-9A-Za-z_-]{1,20}(\.[0-9A-Za-z_-]{1,20})?$"),
]
"""`REPORT#1`, or `REPORT#1.2` for a part."""

INCIDENT_SCOPE, EVENT_SCOPE = "incident", "event"
"""Built in. In a key, an event's scope is `event:<label>`; that of another incident, merged or moved in, `<slug>/…`."""

_EVENT = f"{EVENT_SCOPE}:"

BEGINNING = datetime.min.replace(tzinfo=UTC)
END = datetime.max.replace(tzinfo=UTC)


class Scope(Strict, frozen=True):
    """Bounds of a declared scope. No containment is inferred; `wider_than` states it where the source does."""

    label: Label
    area: Label | None = None
    period: EdtfOccurred | None = None
    period_of: Annotated[str, ClosedList("period_of", ("death", "documentation"))] | None = None
    event: Label | None = None
    perpetrator: Slug | None = None
    wider_than: Slug | None = None


_MEASURES_IN_WORDS = ("killed_or_injured", "strength")
"""Measures whose counts are read with wording that others refuse: “killed and wounded”, “40 vehicles”."""


def with_count_context(claim: Mapping[str, Any], lexicon: str | None = None) -> Mapping[str, Any]:
    """Return the body of a claim whose counts carry their reading context.

    That is the claim's measure, as “killed and wounded” is a count of `killed_or_injured` alone, its accumulation, as
    “12 more” is an increase, and the lexicon of the report's language (None: the default).
    """
    measure, incremental = claim.get("measure"), claim.get("accumulation") == "incremental"
    if lexicon is None and not incremental and measure not in _MEASURES_IN_WORDS:
        return claim
    measure = measure if isinstance(measure, str) else None

    def with_context(figure: object) -> object:
        if not isinstance(figure, Mapping):
            return figure
        body = cast("Mapping[str, Any]", figure)
        count = body.get("count")
        if not isinstance(count, Mapping) or isinstance(count, CountInContext):
            return body
        in_context = CountInContext(cast("Mapping[str, Any]", count), lexicon, measure, incremental=incremental)
        return {**body, "count": in_context}

    in_context = cast("dict[str, Any]", with_context(claim))
    parts = in_context.get("parts")
    return (
        {**in_context, "parts": [with_context(part) for part in cast("list[object]", parts)]}
        if isinstance(parts, list | tuple)
        else in_context
    )


class Part(Statement, frozen=True, kw_only=True):
    """A figure that a source gives as part of another; fields left out are those of the whole."""

    id: ClaimId
    population: Population | None = None
    scope: Slug | None = None
    manner: Manner | None = None
    count: Count


class Claim(Statement, frozen=True, kw_only=True):
    """One figure as stated in a report: measure x population x scope (x manner), and a count that may be vague."""

    id: ClaimId
    measure: Measure
    population: Population = Population()
    scope: Slug | None = None
    manner: Manner | None = None
    count: Count
    accumulation: Accumulation = "cumulative"
    period: EdtfOccurred | None = None
    counted_until: EdtfReported | None = None
    partial: StrictBool = False
    supersedes: Annotated[tuple[ClaimRef, ...], Field(max_length=50)] = ()
    parts: Annotated[tuple[Part, ...], Field(max_length=100)] = ()
    exhaustive: StrictBool = False

    @classmethod
    def prepared(cls, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the body whose counts carry their reading context."""
        return with_count_context(body)

    def expect_agreement(self) -> None:
        """Refuse two figures of one id."""
        if self.parts and len({self.id, *(part.id for part in self.parts)}) <= len(self.parts):
            raise PydanticCustomError("claim_ids", "Two figures of claim “{id}” have the same id.", {"id": self.id})

    def parts_add(self) -> bool:
        """Say whether exhaustive parts can add up to the whole; True where open bounds allow it."""
        counts = [part.count for part in self.parts]
        if not (self.exhaustive and counts) or "worded" in {count.bound for count in (self.count, *counts)}:
            return True
        least = sum(count.lower or 0 for count in counts)
        uppers = [count.upper for count in counts if count.upper is not None]
        most = sum(uppers) if len(uppers) == len(counts) else None
        fits_below = self.count.upper is None or least <= self.count.upper
        fits_above = most is None or self.count.lower is None or most >= self.count.lower
        return fits_below and fits_above


class ClaimKey(Struct, frozen=True, eq=False, gc=False):
    """Measure x population x scope x manner: what two figures must share to be compared at all.

    The other fields are derived. `event` is the event of its scope, if any, and `home` the slug of the other incident
    whose scope it is; `family` groups keys whose populations may contain one another; `limits` is the population as
    documents show it: lists sorted, set fields only.
    """

    measure: str
    population: Population
    scope: str
    manner: str | None = None
    event: str | None = None
    home: str | None = None
    family: tuple[str, str, str | None] = ("", "", None)
    limits: Mapping[str, object] = {}
    _identity: tuple[str | None, ...] = ()
    _hash: int = 0
    _canonical: str | None = None

    def __post_init__(self) -> None:
        """Compute the hash once: keys are looked up all the time."""
        limits, text = _limits(*_fields(self.population))
        identity = (self.measure, self.scope, self.manner, text)
        force_setattr(self, "event", event_of_scope(self.scope))
        force_setattr(self, "home", split_scope(self.scope)[0])
        force_setattr(self, "family", (self.measure, self.scope, self.manner))
        force_setattr(self, "limits", limits)
        force_setattr(self, "_identity", identity)
        force_setattr(self, "_hash", hash(identity))
        force_setattr(self, "_canonical", None)

    @property
    def document(self) -> Mapping[str, object]:
        """The key as an object in documents."""
        return {"measure": self.measure, "population": self.limits, "scope": self.scope, "manner": self.manner}

    @property
    def canonical(self) -> str:
        """The key as canonical JSON: equal keys have equal text, and documents sort by it."""
        if self._canonical is None:
            force_setattr(self, "_canonical", canonical(self.document).decode())
        return self._canonical or ""

    def __hash__(self) -> int:
        """Hash by value."""
        return self._hash

    def __eq__(self, other: object) -> bool:
        """Compare by value."""
        return self is other or (isinstance(other, ClaimKey) and self._identity == other._identity)

    def __ne__(self, other: object) -> bool:
        """Compare by value: a struct would compare by identity."""
        return not self == other


_Field = str | tuple[str, ...] | None


def _fields(population: Population) -> tuple[_Field, ...]:
    return (
        population.status,
        population.of,
        population.age,
        population.sex,
        population.group,
        population.role,
    )


@lru_cache(maxsize=1024)
def _limits(*fields: _Field) -> tuple[Mapping[str, object], str]:
    """Return the set fields of a population, as an object and as canonical JSON."""
    limits = _population(*fields).limits()
    return limits, canonical(limits).decode()


@lru_cache(maxsize=1024)
def _population(*fields: _Field) -> Population:
    """Return the population of these fields in its canonical form; the same one for the same fields."""
    values: dict[str, Any] = dict(zip(Population.__struct_fields__, fields, strict=True))
    return Population(**values).canonical()


def key_of(measure: str, population: Population, scope: str, manner: str | None) -> ClaimKey:
    """Return the key of a figure; cached, as few keys are used again and again."""
    return _key(measure, scope, manner, *_fields(population))


@lru_cache(maxsize=8192)
def _key(measure: str, scope: str, manner: str | None, *fields: _Field) -> ClaimKey:
    return ClaimKey(measure, _population(*fields), scope, manner)


class ResolvedClaim(Struct, frozen=True, eq=False, gc=False):
    """A claim with its key, origin and clocks resolved. A part is a resolved claim of its own.

    The fields from `recency_key` on are derived from the others.
    """

    ref: str
    key: ClaimKey
    origin: str
    source: SourceRef
    via: tuple[str, ...]
    reported: Span
    reported_at: str
    order: int
    count: Count
    counted_until: datetime
    incremental: bool = False
    period: Span | None = None
    partial: bool = False
    supersedes: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    record: ReportContent | None = None
    """The content of its report, for ties, and not compared; None where the claim is resolved without it."""
    recency_key: tuple[datetime, datetime, int, str] = (END, BEGINNING, -1, "")
    """Sort key of recency among several sources: end of `reported`, then its start, then the figure.

    The origin comes last, so that no id decides. `reported_order` is no part: it orders claims of one source.
    """
    figure: int = -1
    """The number that claims of one source are ordered by: the greatest of its bounds; -1 where it has none."""

    def __post_init__(self) -> None:
        """Compute the sort keys once."""
        count, span = self.count, self.reported
        upper, best, lower = count.upper, count.best, count.lower
        figure = max(-1 if upper is None else upper, -1 if best is None else best, -1 if lower is None else lower)
        force_setattr(self, "figure", figure)
        force_setattr(self, "recency_key", (span.latest or END, span.earliest or BEGINNING, figure, self.origin))

    def __eq__(self, other: object) -> bool:
        """Compare by value, without the content of the report."""
        return self is other or (isinstance(other, ResolvedClaim) and _compared(self) == _compared(other))

    def __ne__(self, other: object) -> bool:
        """Compare by value: a struct would compare by identity."""
        return not self == other

    def __hash__(self) -> int:
        """Hash by the ref."""
        return hash(self.ref)

    @property
    def order_in_source(self) -> tuple[datetime, datetime, int]:
        """Sort key among claims of one source: end of `reported`, then its start, then `reported_order`."""
        return self.recency_key[0], self.recency_key[1], self.order

    @property
    def content(self) -> TieRank:
        """Sort key for ties in time and figure; later is preferred: both bounds before one, direct before relayed."""
        has_both_bounds, record = self.count.upper is not None and self.count.lower is not None, self.record
        content = (record.text, record.marks) if record else ()
        return has_both_bounds, not self.via, self.ref.partition("#")[2], *content

    @property
    def worded(self) -> bool:
        """Whether the count is in words; its numbers are for sorting only."""
        return self.count.bound == "worded"

    @property
    def printable_figures(self) -> tuple[int | None, int | None, int | None]:
        """Lower, upper and best as documents show them: None for a count in words."""
        return (None, None, None) if self.worded else (self.count.lower, self.count.upper, self.count.best)


_compared = attrgetter(*ResolvedClaim.__struct_fields__[: ResolvedClaim.__struct_fields__.index("record")])


def event_scope(label: str) -> str:
    """Name the scope of an event: `event:al-haffa`."""
    return f"{_EVENT}{label}"


def event_of_scope(scope: str) -> str | None:
    """Return the event of a scope, None if it is no event's.

    An event of this incident is named by its label, one of another incident by its whole scope: `other-town/event:x`.
    """
    if scope.startswith(_EVENT):
        return scope.removeprefix(_EVENT)
    return scope if split_scope(scope)[1].startswith(_EVENT) else None


def qualified_scope(home: str, scope: str) -> str:
    """Name a scope of another incident, whose slug is `home`: `other-town/incident`."""
    return f"{home}/{scope}"


def split_scope(scope: str) -> tuple[str | None, str]:
    """Split a scope into the slug of another incident, or None, and the scope as that incident names it."""
    home, slash, name = scope.partition("/")
    return (home, name) if slash and ":" not in home else (None, scope)


def earliest(span: Span) -> datetime:
    """Return the start of a span; for an open start, BEGINNING."""
    return span.earliest or BEGINNING


def latest(span: Span) -> datetime:
    """Return the end of a span; for an open end, END."""
    return span.latest or END
