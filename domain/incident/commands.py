"""What can be asked of an incident, imperative; each body of a write request is one of these."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, SerializeAsAny
from pydantic_core import PydanticCustomError

from domain.claims import Scope
from domain.clocks import ClockError, EdtfOccurred, EdtfReported, parse_offset
from domain.places import CountryRule
from domain.report.registry import AnyReport
from domain.words import Label, Slug, Strict, Words


def _offset(text: str) -> str:
    try:
        parse_offset(text)
    except ClockError as error:
        raise PydanticCustomError("clock", "{reason}", {"reason": str(error)}) from error
    return text


UtcOffset = Annotated[str, AfterValidator(_offset), Field(examples=["+03:00"])]
Country = Annotated[str, CountryRule()]
Countries = Annotated[tuple[Country, ...], Field(max_length=50)]


Content = SerializeAsAny[AnyReport]
Cause = Literal["transcription", "translation", "attribution", "reclassified"]


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
    """Open an incident. `slug` and `utc_offset` are final; a day ends 23:59:59 at that offset."""

    slug: Annotated[Slug, AfterValidator(_not_an_id)]
    title: Label
    utc_offset: UtcOffset = "Z"
    period: EdtfOccurred | None = None
    countries: Countries = ()
    scopes: Annotated[tuple[DeclareScope, ...], Field(max_length=200)] = ()


class AmendIncident(Strict, frozen=True):
    """Change what we say about the incident as a whole; only the fields given."""

    title: Label | None = None
    period: EdtfOccurred | None = None
    countries: Countries | None = None
    reason: Words | None = None


class CloseIncident(Strict, frozen=True):
    """Take no further reports until it is reopened."""

    reason: Words | None = None


class ReopenIncident(Strict, frozen=True):
    """Take reports again."""

    reason: Words | None = None


class FileReport(Strict, frozen=True):
    """File a report under the id that it will keep."""

    report_id: UUID
    report: Content


class CorrectReport(Strict, frozen=True):
    """Replace the content of a report that *we* got wrong; `reported_at` is kept."""

    report_id: UUID
    cause: Cause
    report: Content
    reason: Words | None = None


class RetractReport(Strict, frozen=True):
    """Say that a report no longer counts: never said (`recorder`), or taken back by its source at `reported_at`."""

    report_id: UUID
    by: Literal["recorder", "source"]
    reported_at: EdtfReported | None = None
    reason: Words | None = None


class ReinstateReport(Strict, frozen=True):
    """Undo a retraction."""

    report_id: UUID
    reason: Words | None = None


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
    reason: Words | None = None


Command = (
    OpenIncident
    | AmendIncident
    | CloseIncident
    | ReopenIncident
    | DeclareScope
    | FileReport
    | CorrectReport
    | RetractReport
    | ReinstateReport
    | PublishEstimate
)
