"""The base of all kinds of report: shared fields, and the declaration of a kind with its tier and codes."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, Self, cast, get_args, get_type_hints
from uuid import UUID

import msgspec
from msgspec.structs import force_setattr
from pydantic import AfterValidator, ConfigDict, Field, StrictBool, StrictInt
from pydantic_core import PydanticCustomError

from domain.reports.attributes import Attributes
from domain.reports.claims.claim import EVENT_SCOPE, Claim, with_count_context
from domain.reports.text_forms import LanguageTag, MediaType, Sha256, WebAddress
from domain.reports.versions import NO_DOCUMENT, ReportDocument
from domain.values.actors import Actor
from domain.values.counts.count import DEFAULT_LEXICON, lexicon_of
from domain.values.declaration import NOT_SENT
from domain.values.places import Place
from domain.values.sources import SourceRef
from domain.values.statement import Statement
from domain.values.text_types import FreeText, Label, Slug, slugify
from domain.values.time.clocks import EdtfOccurred, EdtfReported

SlugList = Annotated[tuple[Slug, ...], Field(max_length=100)]
LabelList = Annotated[tuple[Label, ...], Field(max_length=100)]
ReportedOrder = Annotated[StrictInt, Field(ge=-(2**53 - 1), le=2**53 - 1)]
Tier = Literal["violence", "tension", "easing", "none"]


class Evidence(Statement, frozen=True, kw_only=True):
    """A document that a report is based on: its address, that of a kept copy, or its digest."""

    url: WebAddress | None = None
    archived_url: WebAddress | None = None
    sha256: Sha256 | None = None
    media_type: MediaType | None = None

    def expect_agreement(self) -> None:
        """Refuse evidence that points nowhere."""
        if not (self.url or self.archived_url or self.sha256):
            raise PydanticCustomError("no_evidence", "Evidence needs a “url”, an “archived_url” or a “sha256”.")


class ReportText(Statement, frozen=True, kw_only=True):
    """The free text of a report, kept apart from what is folded, so that it can be erased."""

    summary: FreeText | None = None
    quotes: Annotated[tuple[FreeText, ...], Field(max_length=100)] = ()
    occurred_words: Label | None = None
    notes: FreeText | None = None


@dataclass(frozen=True, slots=True)
class Responsibility:
    """A statement on who is responsible: accused, claimed, admitted or denied; by whom, and about whom."""

    act: str
    by: str
    whom: str | None


def _expect_distinct_ids(claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
    """Refuse two figures of one id: `REPORT#1` is unique."""
    ids = [figure.id for claim in claims for figure in (claim, *claim.parts)]
    if len(set(ids)) < len(ids):
        twice = next(name for name, times in Counter(ids).items() if times > 1)
        raise PydanticCustomError("claim_ids", "Two figures of the report have the id “{id}”.", {"id": twice})
    return claims


def with_lexicon_of_language(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the body of a report whose counts carry the lexicon of its language, where that is not the default."""
    language, claims = body.get("language"), body.get("claims")
    if not isinstance(language, str) or not isinstance(claims, list | tuple):
        return body
    lexicon = lexicon_of(language)
    if lexicon == DEFAULT_LEXICON:
        return body
    in_context = [
        with_count_context(cast("Mapping[str, Any]", claim), lexicon) if isinstance(claim, Mapping) else claim
        for claim in cast("list[object]", claims)
    ]
    return {**body, "claims": in_context}


class Report(Statement, frozen=True, kw_only=True):
    """One source's statement about one incident (vocabulary.md §2). Fields not sent stay unset."""

    explaining_config: ClassVar[ConfigDict] = Statement.explaining_config | ConfigDict(
        serialize_by_alias=True, use_attribute_docstrings=True
    )
    default_scope: ClassVar[str] = EVENT_SCOPE
    class_version: ClassVar[int] = 1
    """The version of this kind's content that is recorded now; see docs/changing-facts.md."""

    report_id: UUID | None = None
    """The client's own id, for safe retries; else one is made."""
    kind: str
    occurred: EdtfOccurred | None = None
    """When it happened: EDTF level 1, an RFC 3339 instant, or two instants joined by "/"."""
    reported_at: EdtfReported | None = None
    """When the source said it: an EDTF date, an instant, or "../DATE". Default: the instant of recording."""
    reported_order: ReportedOrder = 0
    """Orders statements of one source that share a day."""
    complete: StrictBool = False
    """This is the source's whole statement now of the incident that it is filed under, or else of the `event` that it
    names: what the same source claimed and stated of it before, in reports filed there, is withdrawn."""
    source: SourceRef
    """Who vouches for the statement."""
    via: Annotated[tuple[Slug, ...], Field(max_length=20)] = ()
    """Who relayed it, nearest the source first."""
    event: Label | None = None
    """A label, unique in the incident, for one occurrence that several reports describe."""
    places: Annotated[tuple[Place, ...], Field(max_length=100)] = ()
    """Where it happened."""
    actors: Annotated[tuple[Actor, ...], Field(max_length=100)] = ()
    claims: Annotated[tuple[Claim, ...], Field(max_length=2_000), AfterValidator(_expect_distinct_ids)] = ()
    evidence: Annotated[tuple[Evidence, ...], Field(max_length=100)] = ()
    language: LanguageTag | None = None
    """The language of its words, which also chooses the lexicon that reads its counts: "en", "ar" or "fr"."""
    tags: LabelList = ()
    attributes: Attributes = msgspec.field(default_factory=dict)
    """What else the source states, such as the cells of a row of a table: verbatim, with its type."""
    external_ids: Annotated[dict[Label, Label], Field(max_length=100)] = msgspec.field(default_factory=dict)
    """Ids of this statement elsewhere, by the name of the place that gave them."""
    text: ReportText | None = None
    document: Annotated[ReportDocument, NOT_SENT] = NO_DOCUMENT
    """The members that were sent, with what its counts derive."""

    @classmethod
    def prepared(cls, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the body whose counts carry the lexicon of its language."""
        return with_lexicon_of_language(body)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Return the report of a document, which it keeps; raises ValueError where that writes the id otherwise."""
        report = msgspec.convert(document, cls)
        if report.report_id is not None and document["report_id"] != str(report.report_id):
            raise ValueError("the id is not as UUIDs are written")
        report.keep_document(ReportDocument(cls.class_version, document))
        return report

    def keep_document(self, document: ReportDocument) -> None:
        """Set the document of a new report, which nobody else has seen."""
        force_setattr(self, "document", document)

    def without_text(self) -> Self:
        """Return this report as it reads after its free text was erased: itself where it has none."""
        recorded = self.document
        if self.text is None and "text" not in recorded.members:
            return self
        members = {name: value for name, value in recorded.members.items() if name != "text"}
        bare = msgspec.structs.replace(self, text=None)
        bare.keep_document(ReportDocument(recorded.version, members))
        return bare

    def event_part(self) -> str | None:
        """Return what distinguishes events of the same kind, day and place, such as the method."""
        return None

    def responsibility(self) -> Responsibility | None:
        """Return the statement on responsibility; None for most kinds."""
        return None

    def participants(self) -> tuple[Actor, ...]:
        """Return the actors who fought or were attacked; none for most kinds."""
        return ()

    def victims(self) -> tuple[Slug, ...]:
        """Return the slugs of those attacked; none for most kinds."""
        return ()

    def ucdp_type(self) -> str | None:
        """Return UCDP's type of violence, where the parties determine it; None for most kinds."""
        return None


@dataclass(frozen=True, slots=True)
class Codes:
    """Codes in other data sets: ACLED (event and sub-event type), CAMEO, PLOVER and UCDP; None where there is none."""

    acled_event: str | None = None
    acled_sub_event: str | None = None
    cameo: str | None = None
    plover: str | None = None
    ucdp: str | None = None


@dataclass(frozen=True, slots=True)
class CrosswalkRow:
    """The tier and codes of a kind, or of a kind with one word in its `case_field`."""

    tier: Tier
    codes: Codes = Codes()


@dataclass(frozen=True)
class Kind:
    """One kind of report, as its file declares it.

    `cases` maps the words of the field `case_field` to a tier and codes; the case under
    None is for every other word, and for kinds without such a field. `note` is printed under the crosswalk.
    `example` is the golden body: accepted, given back and shown in the documentation, always.
    """

    title: str
    meaning: str
    model: type[Report]
    cases: Mapping[str | None, CrosswalkRow]
    example: Mapping[str, object]
    case_field: str | None = None
    note: str = ""

    @cached_property
    def name(self) -> str:
        """The word in a report's `kind`: a fact in the past tense."""
        return get_args(get_type_hints(self.model)["kind"])[0]

    @cached_property
    def topic(self) -> str:
        """The name that such a report is recorded under in the log."""
        return f"{self.name}.v{self.model.class_version}"

    def codes(self, report: Report) -> Codes:
        """Return the codes of this report in other data sets."""
        return replace(self._case(report).codes, ucdp=report.ucdp_type())

    def tier(self, report: Report) -> Tier:
        """Say whether this report states violence, tension, easing, or none of them."""
        return self._case(report).tier

    def _case(self, report: Report) -> CrosswalkRow:
        word = getattr(report, self.case_field) if self.case_field else None
        return self.cases.get(word, self.cases[None])


def event_label(report: Report, earliest_day: str | None) -> str:
    """Name the event that a report describes: by its own label, else by kind, part, day and first place.

    `earliest_day` is the first day of `occurred` in the offset of the incident
    (`2025-03-08`), None if it is open or not stated. Place names meet as slugs, so
    that case and punctuation make no difference.
    """
    if report.event is not None:
        return report.event
    place = report.places[0].name if report.places else ""
    return "/".join((report.kind, report.event_part() or "", earliest_day or "", slugify(place) or place))
