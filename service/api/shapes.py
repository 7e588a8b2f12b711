"""The shapes that HTTP adds to the domain's: bodies that are no command by themselves, and what is sent back."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.clocks import EdtfReported
from domain.incident.commands import Cause, Content
from domain.sources import Reliability, SourceType
from domain.words import Label, Slug, Strict, Words


class Correction(Strict, frozen=True):
    """Replace the content of a report that *we* got wrong; `reported_at` is kept."""

    cause: Cause
    report: Content
    reason: Words | None = None


class Retraction(Strict, frozen=True):
    """Say that a report no longer counts: never said (`recorder`), or taken back by its source at `reported_at`."""

    by: Literal["recorder", "source"]
    reported_at: EdtfReported | None = None
    reason: Words | None = None


class Reinstatement(Strict, frozen=True):
    """Undo a retraction."""

    reason: Words | None = None


class SourceBody(Strict, frozen=True):
    """What we hold about a source, and how far we trust it; its slug may be left out, as the address has it."""

    slug: Slug | None = None
    name: Label
    type: SourceType
    reliability: Reliability = "F"
    speaks_for: Slug | None = None


class Sent(BaseModel):
    """A shape of what is sent back; for the documents only."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Notice(Sent):
    """What a recorder should look at again; the report is kept all the same."""

    code: str
    detail: str
    claim: str | None = None


class Recorded(Sent):
    """Where a write stands, now that it is durable."""

    position: int | None
    """The place of the fact in the log; null where a registration changed nothing."""
    recorded_at: str | None
    version: int
    """The version of the incident, or of the source, that it made."""
    incident: str = ""
    report_id: str = ""
    warnings: list[Notice]


class Moment(Sent):
    """Where on the recorded clock an answer stands."""

    log: str
    position: int
    """Of the last fact that the answer depends on."""
    recorded_at: str
    version: int
    closed: bool
    """Whether the same question can never be answered otherwise."""


class Coordinates(Moment):
    """All that an answer depends on: ask with them again, and get the same bytes."""

    reported_until: str | None
    policy: str
    view: str


class Envelope(Sent):
    """A view's document with its coordinates, and the digest of its RFC 8785 form."""

    data: dict[str, Any]
    text: dict[str, dict[str, Any]]
    """Free text by the commitments in `data`; outside it, so that erasing a text changes no digest."""
    coordinates: Coordinates
    digest: str


class Opening(Sent):
    """When an incident was opened."""

    position: int
    recorded_at: str


class IncidentItem(Sent):
    """One incident of the list."""

    slug: str
    id: str
    title: str
    status: Literal["open", "closed"]
    opened: Opening
    links: dict[str, str]


class IncidentList(Sent):
    """Incidents in the order in which they were opened."""

    items: list[IncidentItem]
    next: str | None
    """The cursor of the next page; null on the last."""
    position: int
    """The last position of the log when the list was made."""


class Step(Sent):
    """One fact about a report."""

    model_config = ConfigDict(extra="allow")
    fact: Literal["filed", "corrected", "retracted", "reinstated"]
    position: int
    recorded_at: str
    version: int


class ReportHistory(Sent):
    """A report as it was filed, and all that became of it."""

    report_id: str
    incident: str
    standing: Literal["standing", "corrected", "retracted"]
    history: list[Step]
    coordinates: Moment


class SourceStep(Sent):
    """One fact about a source."""

    model_config = ConfigDict(extra="allow")
    fact: Literal["registered", "graded"]
    position: int
    recorded_at: str
    version: int


class Source(Sent):
    """What we hold about a source, and since when."""

    slug: str
    name: str
    type: str
    reliability: Reliability
    speaks_for: str | None
    history: list[SourceStep]
    coordinates: Moment


class FieldAtFault(Sent):
    """What is wrong with one field."""

    field: str
    reason: str
    nearest: str = Field(default="", description="The known word that comes closest.")


class Problem(BaseModel):
    """An error, after RFC 9457. Its `type` is described where it points to, and in docs/problems.md."""

    type: str = Field(json_schema_extra={"format": "uri-reference"})
    title: str
    status: int
    detail: str
    instance: str = ""
    errors: list[FieldAtFault] = []


class Health(Sent):
    """The process is up."""

    status: Literal["ok", "ready"]
