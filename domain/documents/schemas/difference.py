"""Schema of the difference between two readings."""

from typing import Literal

from pydantic import Field

from domain.documents.schemas.parts import DocumentModel, EstimateEnds, EstimateKey, SaidFigures, SaidSpan
from domain.documents.schemas.timeline import ChangedField


class ComparedClaim(SaidFigures, EstimateKey):
    """A claim as it stands at one of the readings."""

    claim: str
    reported_at: str
    verbatim: str | None


class ReportHead(DocumentModel):
    """The report that an entry is about."""

    report_id: str
    kind: str
    event: str | None
    source: str
    via: list[str]
    reported: SaidSpan


class LearnedReport(ReportHead):
    """A report that the later reading knows and the earlier does not."""

    claims: list[ComparedClaim]


class RevisedClaim(DocumentModel):
    """A claim that its source replaced."""

    claim: str
    source: str
    counted_until: str = Field(default="")
    """The moment whose figure changed, where a report counts until several."""
    before: ComparedClaim
    after: ComparedClaim
    broken: bool = Field(alias="break")
    """Whether the two count different things, so that they do not compare."""


class WithdrawnReport(ReportHead):
    """A report or a claim that its source took back."""

    what: Literal["withdrawn by a whole statement", "taken back"]
    by: str | None = None
    """The report with the whole statement that leaves it out."""
    when: SaidSpan | None = None
    """When the source took it back."""
    claim: str = ""


class CorrectedReport(ReportHead):
    """A correction by the recorder, or a retraction that was undone."""

    what: Literal["corrected", "reinstated"]
    claim: str = ""
    cause: str = ""
    changed: list[ChangedField] = Field(default_factory=list[ChangedField])


class RemovedReport(ReportHead):
    """A report or a claim that the recorder struck, or that is no longer in the incident."""

    what: Literal["no longer in the incident", "struck"]
    claim: str = ""


class ReclassifiedReport(ReportHead):
    """A correction of whom or what a claim counts."""

    what: Literal["corrected", "rescoped"]
    claim: str = ""
    before: EstimateKey | None = None
    after: EstimateKey | None = None
    cause: str = ""
    changed: list[ChangedField] = Field(default_factory=list[ChangedField])


class EstimateDifference(EstimateKey):
    """An estimate that differs between the readings; null where there is none."""

    before: EstimateEnds | None
    after: EstimateEnds | None


class DifferenceDocument(DocumentModel):
    """The document of a difference: six headings, by whose doing it is."""

    learned: list[LearnedReport]
    revised_by_source: list[RevisedClaim]
    withdrawn_by_source: list[WithdrawnReport]
    corrected_by_us: list[CorrectedReport]
    removed_by_us: list[RemovedReport]
    reclassified: list[ReclassifiedReport]
    estimates: list[EstimateDifference]
