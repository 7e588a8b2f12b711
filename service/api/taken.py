"""The shapes of bodies that are no command by themselves: the address says the rest."""

from typing import Literal

from pydantic import Field, StrictBool

from domain.incident.commands import Cause, Credibility, ReportBody
from domain.reports.claims.claim import ClaimId
from domain.values.sources import Reliability, SourceType
from domain.values.text_types import FreeText, Label, Slug, Strict
from domain.values.time.clocks import EdtfReported


class Correction(Strict, frozen=True):
    """Replace the content of a report that *we* got wrong; `reported_at` is kept."""

    cause: Cause
    report: ReportBody
    reason: FreeText | None = None


class Retraction(Strict, frozen=True):
    """Say that a report, or one `claim` of it, no longer counts.

    It was never said (`recorder`), or was taken back by its source at `reported_at`.
    """

    claim: ClaimId | None = None
    by: Literal["recorder", "source"]
    reported_at: EdtfReported | None = None
    reason: FreeText | None = None


class Reinstatement(Strict, frozen=True):
    """Undo a retraction, of a report or of one `claim`."""

    claim: ClaimId | None = None
    reason: FreeText | None = None


class Assessment(Strict, frozen=True):
    """Judge how credible a report, or one `claim` of it, is: Admiralty 1 (confirmed) to 6 (cannot be judged)."""

    credibility: Credibility
    claim: ClaimId | None = None
    reason: FreeText | None = None


class Dispute(Strict, frozen=True):
    """Mark a report, or one `claim` of it, as disputed; or, with `disputed` false, take the mark away."""

    disputed: StrictBool = True
    claim: ClaimId | None = None
    reason: FreeText | None = None


class Move(Strict, frozen=True):
    """Show a report under the incident `to`; its claims keep the scopes they have."""

    to: Slug
    reason: FreeText | None = None


class Adoption(Strict, frozen=True):
    """Weigh claims by this policy from now on, where a reader names no other."""

    policy: str = Field(examples=["range/1"])
    reason: FreeText | None = None


class SourceBody(Strict, frozen=True):
    """What we hold about a source, and how far we trust it; its slug may be left out, as the address has it."""

    slug: Slug | None = None
    name: Label
    type: SourceType
    reliability: Reliability = "F"
    speaks_for: Slug | None = None


class Publication(Strict, frozen=True):
    """Which answer about now to fix for good: its view, its policy (without one, that in force), how far it reads."""

    view: str = Field(default="state/1", examples=["state/1"])
    policy: str | None = Field(default=None, examples=["range/1"])
    reported_until: str | None = Field(default=None, examples=["2025-03-09T23:59:59+03:00"])
    reason: FreeText | None = None
