"""Schemas of the documents of `claims/1`, `revisions/1`, `names/1` and `moments/1`."""

from pydantic import Field

from domain.documents.schemas.estimates import StatedClaim
from domain.documents.schemas.parts import DocumentModel, EstimateKey


class ClaimEntry(StatedClaim, EstimateKey):
    """A claim with its status."""

    grade: str
    """The reliability of the source, A to F (Admiralty code)."""
    credibility: int
    """Of what is said, 1 to 6 (Admiralty code)."""
    also_said: list[str]
    """Other words for the count in the same report."""
    accumulation: str
    """`cumulative`, or `incremental` for a figure of a period of its own."""
    counted_until: str
    """Until when it counts, in UTC."""
    partial: bool
    """Whether the source calls its count incomplete."""
    supersedes: list[str]
    """The claims that the source says it replaces."""
    status: str
    why: str
    """The status as a sentence."""


class ClaimsDocument(DocumentModel):
    """The document of `claims/1`."""

    incident: str
    claims: list[ClaimEntry]


class SaidFigure(DocumentModel):
    """A figure, its claim, and when it was said."""

    figure: int
    claim: str
    reported_at: str


class RevisionRecord(EstimateKey):
    """The revisions of one figure by one source."""

    source: str
    counted_until: str = Field(default="")
    """The moment that the record is of, where a report counts until several."""
    n_revisions: int
    """How often the figure changed."""
    first: SaidFigure
    latest: SaidFigure
    min: int
    max: int
    spread: str | None
    """(max - min) / max, of four places; null at 0."""
    latest_to_first: str | None
    """latest / first, of four places; null at 0."""
    direction_changes: int
    days_until_within_20_percent: int
    """Days from the first figure until all that follow are within a fifth of the latest."""
    breaks: int
    corrections: int
    retractions: int
    rescopings: int


class RevisionsDocument(DocumentModel):
    """The document of `revisions/1`."""

    incident: str
    records: list[RevisionRecord]


class NamedOrigin(DocumentModel):
    """A source or relay that reports cite, and its name."""

    source: str
    name: str


class NamesDocument(DocumentModel):
    """The document of `names/1`."""

    incident: str
    sources: list[NamedOrigin]


class RecordedMoment(DocumentModel):
    """A place in the log, and when it was recorded."""

    position: int
    recorded_at: str


class MomentsDocument(DocumentModel):
    """The document of `moments/1`."""

    incident: str
    reported: list[str]
    """Moments of the reported clock, in UTC."""
    recorded: list[RecordedMoment]
