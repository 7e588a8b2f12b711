"""Commands: the bodies of write requests, in the imperative."""

from typing import Annotated, Literal, Self
from uuid import UUID

import msgspec
from pydantic import AfterValidator, ConfigDict, Field, StrictBool, StrictInt, model_validator
from pydantic_core import PydanticCustomError

from domain.incident.erasure_commands import SourceCommand
from domain.reports.claims.claim import ClaimId, ClaimRef, Scope
from domain.reports.kind import Report
from domain.reports.registry import AnyReport
from domain.values.collections import PUBLIC
from domain.values.places import CountryRule
from domain.values.text_types import FreeText, Label, Slug, Strict, Text
from domain.values.time.clocks import ClockError, EdtfOccurred, EdtfReported, parse_offset


def _offset(text: str) -> str:
    try:
        parse_offset(text)
    except ClockError as error:
        raise PydanticCustomError("clock", "{reason}", {"reason": str(error)}) from error
    return text


UtcOffset = Annotated[str, AfterValidator(_offset), Field(examples=["+03:00"])]
ZoneName = Annotated[Label, Field(examples=["Europe/Kyiv"])]
"""An IANA time zone; unknown names are refused when the command is decided."""
CountryCode = Annotated[str, CountryRule()]
Countries = Annotated[tuple[CountryCode, ...], Field(max_length=50)]


CollectionName = Annotated[Slug, Field(examples=["newsroom"])]
"""A collection of incidents; it is there as soon as an incident is in it."""
Cause = Literal["transcription", "translation", "attribution", "reclassified"]
Credibility = Annotated[StrictInt, Field(ge=1, le=6)]
"""The Admiralty's: 1 confirmed, 2 probably true, 3 possibly true, 4 doubtful, 5 improbable, 6 cannot be judged."""
UNJUDGED = 6
"""Admiralty credibility: cannot be judged."""
PolicyId = Annotated[str, Field(pattern=r"^[a-z_]{1,40}/[1-9][0-9]{0,3}$")]
Origin = Annotated[str, Text(500, 1)]


def _two(origins: tuple[str, str]) -> tuple[str, str]:
    one, other = sorted(origins)
    if one == other:
        raise PydanticCustomError("origins", "“{origin}” is one origin already; name two.", {"origin": one})
    return one, other


OriginPair = Annotated[tuple[Origin, Origin], AfterValidator(_two)]


class DeclareScope(Scope, frozen=True):
    """Name a scope that claims of this incident may have; declared once."""

    name: Slug

    def scope(self) -> Scope:
        """Return the bounds without the name."""
        return Scope.model_validate(self.model_dump(exclude={"name"}, exclude_unset=True))


def _not_an_id(slug: str) -> str:
    try:
        UUID(slug)
    except ValueError:
        return slug
    raise PydanticCustomError("slug", "“{slug}” reads as an id; choose a slug with words in it.", {"slug": slug})


class OpenIncident(Strict, frozen=True):
    """Open an incident. `slug` and `utc_offset` are final; a day ends 23:59:59 at that offset.

    A `time_zone` instead of it gives each day the offsets that apply at its begin and its end. The `collection` decides
    who may see it.
    """

    slug: Annotated[Slug, AfterValidator(_not_an_id)]
    title: Label
    utc_offset: UtcOffset = "Z"
    time_zone: ZoneName | None = None
    period: EdtfOccurred | None = None
    countries: Countries = ()
    collection: CollectionName = PUBLIC
    scopes: Annotated[tuple[DeclareScope, ...], Field(max_length=200)] = ()

    @model_validator(mode="after")
    def _one_clock(self) -> Self:
        if self.time_zone is not None and "utc_offset" in self.model_fields_set:
            raise PydanticCustomError("two_clocks", "Give a “time_zone” or a “utc_offset”, not both.")
        return self


class AmendIncident(Strict, frozen=True):
    """Change what we say about the incident as a whole; only the fields given.

    With another `time_zone`, days said without an offset are read by its offsets from this position on.
    """

    title: Label | None = None
    period: EdtfOccurred | None = None
    countries: Countries | None = None
    time_zone: ZoneName | None = None
    reason: FreeText | None = None


class CloseIncident(Strict, frozen=True):
    """Take no further reports until it is reopened."""

    reason: FreeText | None = None


class ReopenIncident(Strict, frozen=True):
    """Take reports again."""

    reason: FreeText | None = None


class ChangeCollection(Strict, frozen=True):
    """Put the incident into another collection: from now on that one decides who may see it, with its whole past."""

    collection: CollectionName
    reason: FreeText | None = None


class FileReport(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """File a report under the id that it will keep."""

    report_id: UUID
    report: Report


class CorrectReport(Strict, frozen=True):
    """Replace the content of a report that *we* got wrong; `reported_at` is kept."""

    model_config = ConfigDict(defer_build=True)
    report_id: UUID
    cause: Cause
    report: AnyReport
    reason: FreeText | None = None


class RetractReport(Strict, frozen=True):
    """Say that a report no longer counts: never said (`recorder`), or taken back by its source at `reported_at`."""

    report_id: UUID
    claim: ClaimId | None = None
    by: Literal["recorder", "source"]
    reported_at: EdtfReported | None = None
    reason: FreeText | None = None


class ReinstateReport(Strict, frozen=True):
    """Undo a retraction, of a report or of one claim."""

    report_id: UUID
    claim: ClaimId | None = None
    reason: FreeText | None = None


class AssessReport(Strict, frozen=True):
    """Judge how credible a report, or one claim of it, is: Admiralty 1 (confirmed) to 6 (cannot be judged)."""

    report_id: UUID
    claim: ClaimId | None = None
    credibility: Credibility
    reason: FreeText | None = None


class DisputeReport(Strict, frozen=True):
    """Mark a report, or one claim of it, as disputed; or, with `disputed` false, take the mark away."""

    report_id: UUID
    claim: ClaimId | None = None
    disputed: StrictBool = True
    reason: FreeText | None = None


class MoveReport(Strict, frozen=True):
    """Show a report under another incident. Its claims keep the scope they have."""

    report_id: UUID
    to: Slug
    reason: FreeText | None = None


class MergeIncident(Strict, frozen=True):
    """Show all that an incident holds under another one; the claims keep the scopes they have."""

    into: Slug
    reason: FreeText | None = None


class UnmergeIncident(Strict, frozen=True):
    """Undo a merge."""

    reason: FreeText | None = None


class RescopeClaims(Strict, frozen=True):
    """Give claims that this incident shows one of its scopes; null is the scope as filed."""

    claims: Annotated[tuple[ClaimRef, ...], Field(min_length=1, max_length=1000)]
    scope: Slug | None
    reason: FreeText | None = None


class StateSameOrigin(Strict, frozen=True):
    """Say that two sources are one origin, each named as documents name it: a slug, or `anonymous:<words>|<relay>`."""

    origins: OriginPair
    reason: FreeText | None = None


class UndoSameOrigin(Strict, frozen=True):
    """Say that two sources are two origins after all."""

    origins: OriginPair
    reason: FreeText | None = None


class AdoptPolicy(Strict, frozen=True):
    """Weigh claims by this policy from now on, where a reader names no other."""

    policy: PolicyId
    reason: FreeText | None = None


Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256, as hexadecimal digits."""


class PublishEstimate(Strict, frozen=True):
    """Fix an answer for good: its coordinates, its inputs (stream -> last version), its digest, and the log's root."""

    view: str
    policy: str
    reported_until: str | None = None
    position: int
    root: str
    inputs: dict[str, int]
    digest: Digest
    reason: FreeText | None = None


IncidentCommand = (
    OpenIncident
    | AmendIncident
    | CloseIncident
    | ReopenIncident
    | ChangeCollection
    | DeclareScope
    | FileReport
    | CorrectReport
    | RetractReport
    | ReinstateReport
    | AssessReport
    | DisputeReport
    | PublishEstimate
)
"""Commands on one incident."""

GlobalCommand = StateSameOrigin | UndoSameOrigin | AdoptPolicy | SourceCommand
"""Commands on sources and on the policy in force."""

CurationCommand = MoveReport | MergeIncident | UnmergeIncident | RescopeClaims
"""Commands that may touch several incidents."""
