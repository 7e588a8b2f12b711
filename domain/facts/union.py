"""The facts that the log holds: a closed union, past tense, and the bytes that each is kept as."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal, cast
from uuid import UUID, uuid5

from pydantic import BeforeValidator, PlainSerializer, SerializeAsAny, ValidationError

from domain.ledger.canonical import canonical
from domain.reports.claims.claim import ClaimId, ClaimRef, Scope
from domain.reports.registry import KINDS, AnyReport
from domain.values.sources import Reliability, SourceType
from domain.values.sources import source_stream as source_stream_name
from domain.values.text_types import FreeText, Label, Slug, Strict
from domain.values.time.clocks import EdtfOccurred, Span, format_instant, parse_instant
from domain.values.time.zones import TimeZone

NAMESPACE = UUID("8f2c6f0e-94a5-5d0b-9d0e-2f1f5a8a7c11")
"""Namespace of stream ids; minted once for Knownwhen and never changed."""

POLICY_STREAM = uuid5(NAMESPACE, "policy")


@lru_cache(maxsize=16384)
def incident_stream(slug: str) -> UUID:
    """Return the stream id of an incident: UUIDv5 of `incident:<slug>`."""
    return uuid5(NAMESPACE, f"incident:{slug}")


@lru_cache(maxsize=16384)
def source_stream(origin: str) -> UUID:
    """Return the stream id of a source: UUIDv5 of `source:<slug>` or `source:anonymous:<words>|<first relay>`."""
    return uuid5(NAMESPACE, source_stream_name(origin))


_WRITTEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{6})?Z", re.ASCII)
"""An instant as `format_instant` writes it, which Python reads as it stands."""


def _read_span(value: object) -> object:
    if isinstance(value, list | tuple):
        earliest, latest = cast("list[str | None]", value)
        return _span(earliest, latest)
    return value


@lru_cache(maxsize=16_384)
def _span(earliest: str | None, latest: str | None) -> Span:
    """Read the ends of a span; many reports of an incident share theirs."""
    first = None if earliest is None else _read_end(earliest)
    return Span(first, first if latest == earliest else None if latest is None else _read_end(latest))


def _read_end(text: str) -> datetime:
    return datetime.fromisoformat(text) if _WRITTEN.fullmatch(text) else parse_instant(text)


def _write_span(span: Span) -> list[str | None]:
    return [None if end is None else format_instant(end) for end in (span.earliest, span.latest)]


Spanned = Annotated[Span, BeforeValidator(_read_span), PlainSerializer(_write_span)]
"""A span of time, in UTC; kept as [earliest, latest], null where open."""


Content = SerializeAsAny[AnyReport]
"""A report of whichever kind it says it is."""


class Note(Strict, frozen=True):
    """The recorder's own words about a fact: free text, erasable."""

    reason: FreeText


def note(reason: str | None) -> Note | None:
    """Keep the recorder's reason beside a fact, if one was given."""
    return Note(reason=reason) if reason else None


class _Fact(Strict, frozen=True):
    topic: ClassVar[str]


class IncidentOpened(_Fact, frozen=True):
    """An incident was opened. Its slug and offset are final; a day in it ends 23:59:59 at that offset.

    Where it has a `time_zone`, the offsets that are written there apply instead.
    """

    topic: ClassVar[str] = "incident_opened.v1"
    slug: Slug
    title: Label
    utc_offset: str = "Z"
    time_zone: TimeZone | None = None
    period: EdtfOccurred | None = None
    countries: tuple[str, ...] = ()


class IncidentAmended(_Fact, frozen=True):
    """What we say about the incident as a whole was changed; only the fields that are set."""

    topic: ClassVar[str] = "incident_amended.v1"
    title: Label | None = None
    period: EdtfOccurred | None = None
    countries: tuple[str, ...] | None = None
    time_zone: TimeZone | None = None
    text: Note | None = None


class IncidentClosed(_Fact, frozen=True):
    """No further reports are taken until it is reopened; corrections and retractions still are."""

    topic: ClassVar[str] = "incident_closed.v1"
    text: Note | None = None


class IncidentReopened(_Fact, frozen=True):
    """Reports are taken again."""

    topic: ClassVar[str] = "incident_reopened.v1"
    text: Note | None = None


class ScopeDeclared(_Fact, frozen=True):
    """A scope got its name and its bounds, once and for all."""

    topic: ClassVar[str] = "scope_declared.v1"
    name: Slug
    scope: Scope


class ReportFiled(_Fact, frozen=True):
    """A source stated something. The topic is the report's kind; the derived spans are kept beside the words."""

    topic: ClassVar[str] = "report_filed"
    report_id: UUID
    report: Content
    reported: Spanned
    occurred: Spanned | None


class ReportCorrected(_Fact, frozen=True):
    """*We* had it wrong: the whole new content; `reported_at` stays what it was."""

    topic: ClassVar[str] = "report_corrected.v1"
    report_id: UUID
    cause: Literal["transcription", "translation", "attribution", "reclassified"]
    report: Content
    occurred: Spanned | None
    text: Note | None = None


class ReportRetracted(_Fact, frozen=True):
    """A report, or one claim of it, no longer counts.

    It was never said (`recorder`), or was taken back by its source (`source`, at `reported`).
    """

    topic: ClassVar[str] = "report_retracted.v1"
    report_id: UUID
    claim: ClaimId | None = None
    by: Literal["recorder", "source"]
    reported_at: str | None = None
    reported: Spanned | None = None
    text: Note | None = None


class ReportReinstated(_Fact, frozen=True):
    """A retraction, of a report or of one claim, was undone."""

    topic: ClassVar[str] = "report_reinstated.v1"
    report_id: UUID
    claim: ClaimId | None = None
    text: Note | None = None


class ReportAssessed(_Fact, frozen=True):
    """A report, or one claim of it, was judged: Admiralty credibility 1 to 6."""

    topic: ClassVar[str] = "report_assessed.v1"
    report_id: UUID
    claim: ClaimId | None = None
    credibility: int
    text: Note | None = None


class ReportDisputed(_Fact, frozen=True):
    """A report, or one claim of it, was marked as disputed, or the mark was taken away."""

    topic: ClassVar[str] = "report_disputed.v1"
    report_id: UUID
    claim: ClaimId | None = None
    disputed: bool = True
    text: Note | None = None


class ReportMoved(_Fact, frozen=True):
    """A report is shown under another incident.

    Recorded in three streams, or two where they are one: the incident it comes `to`, the one it `left`, and its
    `home`, where it was filed and where its further facts go.
    """

    topic: ClassVar[str] = "report_moved.v1"
    report_id: UUID
    home: Slug
    left: Slug
    to: Slug
    text: Note | None = None


class IncidentMerged(_Fact, frozen=True):
    """All that `incident` holds is shown under the incident `into`; recorded in both streams."""

    topic: ClassVar[str] = "incident_merged.v1"
    incident: Slug
    into: Slug
    text: Note | None = None


class IncidentUnmerged(_Fact, frozen=True):
    """A merge was undone; recorded in both streams."""

    topic: ClassVar[str] = "incident_unmerged.v1"
    incident: Slug
    into: Slug
    text: Note | None = None


class ClaimsRescoped(_Fact, frozen=True):
    """Claims got a scope of the incident `within`; a null `scope` is the one as filed.

    `bounds` are those of a declared scope. Recorded in the stream of `within`, and in those of the incidents that
    the reports were filed under, where it counts.
    """

    topic: ClassVar[str] = "claims_rescoped.v1"
    claims: tuple[ClaimRef, ...]
    within: Slug
    scope: Slug | None
    bounds: Scope | None = None
    text: Note | None = None


class EstimatePublished(_Fact, frozen=True):
    """An answer was fixed for good: its coordinates, its inputs, its digest, and the root of the log at `position`.

    `inputs` maps each stream that the answer depends on to its last version; `root`
    is RFC 6962's, base64; `digest` that of the view's document, hexadecimal.
    """

    topic: ClassVar[str] = "estimate_published.v1"
    view: str
    policy: str
    reported_until: str | None = None
    position: int
    root: str
    inputs: dict[str, int]
    digest: str
    text: Note | None = None


class SourceRegistered(_Fact, frozen=True):
    """A source got a name, a type and a grade; an unknown one registers itself as `other`, F."""

    topic: ClassVar[str] = "source_registered.v1"
    origin: str
    name: Label
    type: SourceType
    reliability: Reliability
    speaks_for: Slug | None = None


class SourceGraded(_Fact, frozen=True):
    """A source's Admiralty letter was set anew; it counts from this position on, never before."""

    topic: ClassVar[str] = "source_graded.v1"
    origin: str
    reliability: Reliability
    text: Note | None = None


class SameOriginStated(_Fact, frozen=True):
    """Two sources are one origin; recorded in the streams of both."""

    topic: ClassVar[str] = "same_origin_stated.v1"
    origins: tuple[str, str]
    text: Note | None = None


class SameOriginUndone(_Fact, frozen=True):
    """Two sources are two origins after all; recorded in the streams of both."""

    topic: ClassVar[str] = "same_origin_undone.v1"
    origins: tuple[str, str]
    text: Note | None = None


class PolicyAdopted(_Fact, frozen=True):
    """Claims are weighed by this policy from here on, where a reader names no other; in the stream `policy`."""

    topic: ClassVar[str] = "policy_adopted.v1"
    policy: str
    text: Note | None = None


IncidentFact = (
    IncidentOpened
    | IncidentAmended
    | IncidentClosed
    | IncidentReopened
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
)
SourceFact = SourceRegistered | SourceGraded | SameOriginStated | SameOriginUndone
Fact = IncidentFact | SourceFact | PolicyAdopted


@dataclass(frozen=True, slots=True)
class Parts:
    """A fact as the log keeps it: the structured part that views fold, and the free text that can be erased."""

    topic: str
    state: bytes
    text: bytes | None


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


_PLAIN: dict[str, type[_Fact]] = {
    fact.topic: fact
    for fact in (
        IncidentOpened,
        IncidentAmended,
        IncidentClosed,
        IncidentReopened,
        ScopeDeclared,
        ReportCorrected,
        ReportRetracted,
        ReportReinstated,
        ReportAssessed,
        ReportDisputed,
        ReportMoved,
        IncidentMerged,
        IncidentUnmerged,
        ClaimsRescoped,
        EstimatePublished,
        SourceRegistered,
        SourceGraded,
        SameOriginStated,
        SameOriginUndone,
        PolicyAdopted,
    )
}
_FILED = {f"{kind}.v1" for kind in KINDS}

TOPICS = frozenset(_PLAIN) | _FILED
"""Every topic that the log may hold."""


class UnknownFact(ValueError):
    """The log holds a fact that this release cannot read."""


def is_report(topic: str) -> bool:
    """Say whether facts of this topic are reports."""
    return topic in _FILED


def topic_of(fact: Fact) -> str:
    """Return the name that a fact has on disk: a report's kind or the fact's own name, and a version."""
    return f"{fact.report.kind}.v1" if isinstance(fact, ReportFiled) else fact.topic


def encode(fact: Fact, write: Callable[[object], bytes] = canonical) -> Parts:
    """Return the parts of a fact as canonical JSON bytes; `write` may be another that writes the same."""
    state: dict[str, Any] = fact.model_dump(mode="json", by_alias=True, exclude_unset=True)
    text: dict[str, Any] = dict(state.pop("text", None) or {})
    if "report" in state:
        text |= state["report"].pop("text", None) or {}
    return Parts(topic_of(fact), write(state), write(text) if text else None)


def decode(topic: str, state: dict[str, Any], text: dict[str, Any] | None = None) -> Fact:
    """Return the fact that `encode` took apart; without its text where that is not given or was erased.

    Raises UnknownFact for a topic of no known fact, or a state that is not of its shape.
    """
    shape = shape_of(topic)
    try:
        return cast("Fact", shape.model_validate(joined(state, text or {})))
    except (TypeError, ValidationError) as error:
        message = f"a fact of topic {topic!r} is not of its shape: {error}"
        raise UnknownFact(message) from error


def shape_of(topic: str) -> type[Strict]:
    """Return the shape of the facts of a topic; raises UnknownFact for a topic of no known fact."""
    shape = ReportFiled if topic in _FILED else _PLAIN.get(topic)
    if shape is None:
        message = f"the log holds a fact of topic {topic!r}, which this release does not know"
        raise UnknownFact(message)
    return shape


def joined(state: dict[str, Any], text: dict[str, Any]) -> dict[str, Any]:
    """Put the free text back: the recorder's reason beside the fact, all else into its report."""
    own = {name: words for name, words in text.items() if name == "reason"}
    of_report = {name: words for name, words in text.items() if name != "reason"}
    whole = state | ({"text": own} if own else {})
    return whole | ({"report": whole.get("report", {}) | {"text": of_report}} if of_report else {})
