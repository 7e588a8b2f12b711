"""Schemas of estimates and of their steps along a clock."""

from pydantic import Field

from domain.documents.schemas.parts import DocumentModel, EstimateEnds, EstimateKey, InstantSpan, SaidFigures


class StatedClaim(SaidFigures):
    """One claim with its source, its words and its figures."""

    claim: str
    source: str
    """The origin that vouches for it; `names/1` has its name."""
    via: list[str]
    """The relays through which it came, nearest the source first."""
    reported_at: str
    """When the source said it, in EDTF."""
    verbatim: str | None
    """The words of its count; null where the source gave numbers alone."""
    flags: list[str]
    """What is to be known of it, by code."""


class UsedClaim(StatedClaim):
    """A claim that the policy uses."""

    grade: str
    """The reliability of the source, A to F (Admiralty code)."""


class SetAsideClaim(UsedClaim):
    """A claim that the policy sets aside, with the reason."""

    code: str
    why: str
    """The reason as a sentence."""


class IncrementClaim(StatedClaim):
    """A figure for a period of its own, shown beside a total and never added to it."""

    period: InstantSpan | None
    beside: str | None
    """The claim of the total that it stands beside."""


class KeyEstimate(EstimateEnds, EstimateKey):
    """The estimate of one key, with every claim that it considers."""

    used: list[UsedClaim]
    set_aside: list[SetAsideClaim]
    increments: list[IncrementClaim]
    superseded: int
    """How many claims were replaced by later ones of their sources."""


class EstimateStepEntry(EstimateEnds):
    """A step of an estimate: the answer from a moment on."""

    at: str
    """From when on, in UTC."""
    position: int = Field(default=0)
    """The place in the log, on the recorded clock."""
    moved_by: list[str]
    """The claims that changed it."""
    broken: bool = Field(alias="break")
    """Whether what is counted changed here, so that the step compares with none before."""


class KeySteps(EstimateKey):
    """The steps of one key's estimate, on both clocks."""

    reported: list[EstimateStepEntry]
    recorded: list[EstimateStepEntry]


class TollsDocument(DocumentModel):
    """The document of `tolls/1`."""

    incident: str
    series: list[KeySteps]
