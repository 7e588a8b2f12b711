"""The shapes of what is sent back, for the documents only."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.sources import Reliability


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


class Receipt(Sent):
    """What it takes to ask for a published answer again, and to show that the log is still the same."""

    v: Literal[1]
    log: str
    origin: str
    """The line that names the log in its checkpoints."""
    position: int
    """Of the last fact that the answer depends on."""
    root: str
    """The Merkle root (RFC 6962) of the log up to `position`, base64."""
    incident: str
    view: str
    policy: str
    reported_until: str | None
    inputs: dict[str, int]
    """Every stream that the answer depends on, with its last version."""
    digest: str


class Published(Recorded):
    """Where a publication stands, and its receipt."""

    receipt: Receipt


class PublishedAt(Sent):
    """Where a publication stands in the log."""

    position: int
    recorded_at: str
    version: int
    fact_id: str
    reason: str = ""


class ReceiptFound(Sent):
    """The first publication of a digest."""

    receipt: Receipt
    published: PublishedAt
    again: list[int]
    """The positions of later publications of the same digest."""


class Moment(Sent):
    """Where on the recorded clock an answer stands."""

    log: str
    position: int
    """Of the last fact that the answer depends on."""
    recorded_at: str | None
    """Null at position 0, before the first fact."""
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
    status: Literal["open", "closed", "merged"]
    into: str = ""
    """The incident that it is merged into, where it is."""
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
    fact: Literal["filed", "corrected", "retracted", "reinstated", "assessed", "disputed", "moved", "rescoped"]
    position: int
    recorded_at: str
    version: int


class ReportHistory(Sent):
    """A report as it was filed, and all that became of it."""

    report_id: str
    incident: str
    """Where it is shown."""
    home: str
    """Where it was filed, and where its further facts go."""
    standing: Literal["standing", "corrected", "retracted", "disputed"]
    history: list[Step]
    coordinates: Moment


class SourceStep(Sent):
    """One fact about a source."""

    model_config = ConfigDict(extra="allow")
    fact: Literal["registered", "graded", "same_origin_stated", "same_origin_undone"]
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
    same: list[str]
    """The sources that it is stated to be one origin with."""
    history: list[SourceStep]
    coordinates: Moment


class Adopted(Sent):
    """One adoption of a policy."""

    policy: str
    position: int
    recorded_at: str
    version: int
    reason: str = ""


class PolicyInForce(Sent):
    """The policy that weighs claims where a reader names none, since when, and what was adopted before."""

    policy: str
    since: Opening | None
    """Null where none was ever adopted, and the default is in force."""
    history: list[Adopted]
    coordinates: Moment


class ReadingMoment(Moment):
    """One end of a difference: a moment on the recorded clock, and one on the reported clock."""

    reported_until: str | None
    policy: str


class Ends(Sent):
    """What was held against what; asked for again, both give the same bytes."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, populate_by_name=True)
    earlier: ReadingMoment = Field(alias="from")
    later: ReadingMoment = Field(alias="to")


class Difference(Sent):
    """What differs between two readings of one incident, and the digest of its RFC 8785 form."""

    data: dict[str, Any]
    coordinates: Ends
    digest: str


class Suggestion(Sent):
    """Reports that may be of one statement or one event; nothing is merged by itself."""

    code: Literal["possible_duplicate", "same_figure", "possible_same_event"]
    reports: list[str]
    events: list[str]
    why: str


class DuplicatesMoment(Moment):
    """Where on both clocks the suggestions stand."""

    reported_until: str | None


class Duplicates(Sent):
    """What somebody should look at: an empty list is no proof that there are none."""

    items: list[Suggestion]
    coordinates: DuplicatesMoment


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
