"""Schemas of what several documents share: keys, figures with their claims, estimates, and spans of time."""

from pydantic import BaseModel, ConfigDict, Field

from domain.values.counts.count import Bound
from domain.values.populations import Population


class DocumentModel(BaseModel):
    """Base of the schemas of documents. A document is made by its view; tests validate it against its schema."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, populate_by_name=True, defer_build=True)


class EstimateKey(DocumentModel):
    """The key of a figure; only figures of one key are compared."""

    measure: str
    """What is counted, such as `killed`."""
    population: Population
    """Whom it counts; `{}` is everyone."""
    scope: str
    """`incident`, `event:` and its label, or a declared scope; after `HOME/` where it was counted for another."""
    manner: str | None
    """How they were harmed, where the source counts these alone."""


class CitedEnd(DocumentModel):
    """An end of an estimate: a figure that was said, with its claim."""

    figure: int
    claim: str
    """The claim that gave it: the report's id, `#` and the claim's id."""


class EstimateEnds(DocumentModel):
    """The ends of an estimate; an end that nobody gave is null."""

    lower: CitedEnd | None
    """The least figure that the policy uses."""
    upper: CitedEnd | None
    """The greatest figure that the policy uses."""
    upper_open: bool
    """Whether the claim behind `upper` says “at least” or “more than”."""
    best: CitedEnd | None
    """The one figure that the policy would quote."""
    contested: bool
    """Whether figures differ too much for one answer, or one is disputed or denied."""
    label: str = Field(default="")
    """The policy's word for how well it is supported, where it gives one."""


class InstantSpan(DocumentModel):
    """From when to when, in UTC; a null end is open."""

    earliest: str | None
    latest: str | None


class SaidSpan(InstantSpan):
    """A moment as the source gave it, in EDTF, and the span that it covers."""

    said: str | None
    """The words of the source; null for a moment that was not given in words."""


class SaidFigures(DocumentModel):
    """The figures of one claim, as said; in none of them is anything computed."""

    lower: int | None
    """The least figure said; null where the claim gives none."""
    upper: int | None
    """The greatest figure said; null where the claim gives none."""
    best: int | None
    """The figure said, or what the source calls its best; null for ranges and open counts."""
    bound: Bound | None
    """How strict the figures are; `worded` has none."""
