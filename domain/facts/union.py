"""Facts (domain events, in the words of event sourcing): the closed union that the log holds, past tense."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

import msgspec
from pydantic import ConfigDict

from domain.facts.erasure import (
    LegalHoldLifted,
    LegalHoldPlaced,
    PartsErased,
    SourceHoldLifted,
    SourceHoldPlaced,
    SourcePartsErased,
)
from domain.facts.stored_shape import Note, StoredShape
from domain.facts.stored_span import Spanned
from domain.reports.claims.claim import ClaimId, ClaimRef, Scope
from domain.reports.registry import AnyReport
from domain.values.sources import Reliability, SourceType
from domain.values.text_types import Label, Slug
from domain.values.time.clocks import EdtfOccurred
from domain.values.time.zones import TimeZone


class IncidentOpened(StoredShape, frozen=True):
    """An incident was opened. Its slug and offset are final; a day in it ends 23:59:59 at that offset.

    Where it has a `time_zone`, the offsets that are written there apply instead. Without a `collection` it is in that
    of all that is public.
    """

    fact_name: ClassVar[str] = "incident_opened"
    slug: Slug
    title: Label
    utc_offset: str = "Z"
    time_zone: TimeZone | None = None
    period: EdtfOccurred | None = None
    countries: tuple[str, ...] = ()
    collection: Slug | None = None


class IncidentAmended(StoredShape, frozen=True):
    """Fields of the incident as a whole were changed: those that are set."""

    fact_name: ClassVar[str] = "incident_amended"
    title: Label | None = None
    period: EdtfOccurred | None = None
    countries: tuple[str, ...] | None = None
    time_zone: TimeZone | None = None
    text: Note | None = None


class IncidentClosed(StoredShape, frozen=True):
    """Further reports are refused until the incident is reopened; corrections and retractions are not."""

    fact_name: ClassVar[str] = "incident_closed"
    text: Note | None = None


class IncidentReopened(StoredShape, frozen=True):
    """Reports are accepted again."""

    fact_name: ClassVar[str] = "incident_reopened"
    text: Note | None = None


class CollectionChanged(StoredShape, frozen=True):
    """The incident belongs to another collection: whoever may see that one may see it, with its whole past."""

    fact_name: ClassVar[str] = "collection_changed"
    collection: Slug
    text: Note | None = None


class ScopeDeclared(StoredShape, frozen=True):
    """A scope got its name and its bounds, once and for all."""

    fact_name: ClassVar[str] = "scope_declared"
    name: Slug
    scope: Scope


class ReportFiled(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A source stated something. The topic is that of the kind; derived spans are stored beside the words."""

    fact_name: ClassVar[str] = "report_filed"
    report_id: UUID
    report: AnyReport
    reported: Spanned
    occurred: Spanned | None


class ReportCorrected(StoredShape, frozen=True):
    """Our own error in a report was corrected: the whole new content; `reported_at` stays what it was."""

    model_config = ConfigDict(defer_build=True)
    fact_name: ClassVar[str] = "report_corrected"
    report_id: UUID
    cause: Literal["transcription", "translation", "attribution", "reclassified"]
    report: AnyReport
    occurred: Spanned | None
    text: Note | None = None


class ReportRetracted(StoredShape, frozen=True):
    """A report, or one claim of it, no longer counts.

    It was never said (`recorder`), or was taken back by its source (`source`, at `reported`).
    """

    fact_name: ClassVar[str] = "report_retracted"
    report_id: UUID
    claim: ClaimId | None = None
    by: Literal["recorder", "source"]
    reported_at: str | None = None
    reported: Spanned | None = None
    text: Note | None = None


class ReportReinstated(StoredShape, frozen=True):
    """A retraction, of a report or of one claim, was undone."""

    fact_name: ClassVar[str] = "report_reinstated"
    report_id: UUID
    claim: ClaimId | None = None
    text: Note | None = None


class ReportAssessed(StoredShape, frozen=True):
    """A report, or one claim of it, was judged: Admiralty credibility 1 to 6."""

    fact_name: ClassVar[str] = "report_assessed"
    report_id: UUID
    claim: ClaimId | None = None
    credibility: int
    text: Note | None = None


class ReportDisputed(StoredShape, frozen=True):
    """A report, or one claim of it, was marked as disputed, or the mark was taken away."""

    fact_name: ClassVar[str] = "report_disputed"
    report_id: UUID
    claim: ClaimId | None = None
    disputed: bool = True
    text: Note | None = None


class ReportMoved(StoredShape, frozen=True):
    """A report is shown under another incident.

    Recorded in three streams, or two where they are one: the incident it comes `to`, the one it `left`, and its
    `home`, where it was filed and where its further facts go.
    """

    fact_name: ClassVar[str] = "report_moved"
    report_id: UUID
    home: Slug
    left: Slug
    to: Slug
    text: Note | None = None


class IncidentMerged(StoredShape, frozen=True):
    """Everything of `incident` is shown under the incident `into`; recorded in both streams."""

    fact_name: ClassVar[str] = "incident_merged"
    incident: Slug
    into: Slug
    text: Note | None = None


class IncidentUnmerged(StoredShape, frozen=True):
    """A merge was undone; recorded in both streams."""

    fact_name: ClassVar[str] = "incident_unmerged"
    incident: Slug
    into: Slug
    text: Note | None = None


class ClaimsRescoped(StoredShape, frozen=True):
    """Claims got a scope of the incident `within`; a null `scope` is the one as filed.

    `bounds` are those of a declared scope. Recorded in the stream of `within`, and in those of the incidents that
    the reports were filed under, where it counts.
    """

    fact_name: ClassVar[str] = "claims_rescoped"
    claims: tuple[ClaimRef, ...]
    within: Slug
    scope: Slug | None
    bounds: Scope | None = None
    text: Note | None = None


class EstimatePublished(StoredShape, frozen=True):
    """An answer was fixed for good: its coordinates, its inputs, its digest, and the root of the log at `position`.

    `inputs` maps each stream that the answer depends on to its last version; `root`
    is RFC 6962's, base64; `digest` that of the view's document, hexadecimal.
    """

    fact_name: ClassVar[str] = "estimate_published"
    view: str
    policy: str
    reported_until: str | None = None
    position: int
    root: str
    inputs: dict[str, int]
    digest: str
    text: Note | None = None


class SourceRegistered(StoredShape, frozen=True):
    """A source got a name, a type and a grade; an unknown one registers itself as `other`, F."""

    fact_name: ClassVar[str] = "source_registered"
    origin: str
    name: Label
    type: SourceType
    reliability: Reliability
    speaks_for: Slug | None = None


class SourceGraded(StoredShape, frozen=True):
    """A source got another Admiralty letter, which counts from this position on, never before."""

    fact_name: ClassVar[str] = "source_graded"
    origin: str
    reliability: Reliability
    text: Note | None = None


class SameOriginStated(StoredShape, frozen=True):
    """Two sources are one origin; recorded in the streams of both."""

    fact_name: ClassVar[str] = "same_origin_stated"
    origins: tuple[str, str]
    text: Note | None = None


class SameOriginUndone(StoredShape, frozen=True):
    """Two sources were stated to be two origins again; recorded in the streams of both."""

    fact_name: ClassVar[str] = "same_origin_undone"
    origins: tuple[str, str]
    text: Note | None = None


class PolicyAdopted(StoredShape, frozen=True):
    """Estimates are made by this policy from here on, where a reader names no other; in the stream `policy`."""

    fact_name: ClassVar[str] = "policy_adopted"
    policy: str
    text: Note | None = None


IncidentFact = (
    IncidentOpened
    | IncidentAmended
    | IncidentClosed
    | IncidentReopened
    | CollectionChanged
    | ScopeDeclared
    | ReportFiled
    | ReportCorrected
    | ReportRetracted
    | ReportReinstated
    | ReportAssessed
    | ReportDisputed
    | ReportMoved
    | IncidentMerged
    | IncidentUnmerged
    | ClaimsRescoped
    | EstimatePublished
    | PartsErased
    | LegalHoldPlaced
    | LegalHoldLifted
)
SourceFact = (
    SourceRegistered
    | SourceGraded
    | SameOriginStated
    | SameOriginUndone
    | SourcePartsErased
    | SourceHoldPlaced
    | SourceHoldLifted
)
Fact = IncidentFact | SourceFact | PolicyAdopted


@dataclass(frozen=True, slots=True)
class Recorded:
    """A fact with its place in the log; `recorded_at` in UTC, to the microsecond."""

    position: int
    fact_id: UUID
    stream: UUID
    version: int
    recorded_at: datetime
    fact: Fact
    text_commitment: str | None
