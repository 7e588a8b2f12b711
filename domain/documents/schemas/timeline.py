"""Schema of the document of `timeline/1`."""

from typing import Any

from pydantic import ConfigDict, Field

from domain.documents.schemas.parts import DocumentModel, SaidSpan


class RecordedContent(DocumentModel):
    """The structured part of a report as recorded; further members are the attributes of its kind."""

    model_config = ConfigDict(extra="allow")
    kind: str


class ChangedField(DocumentModel):
    """A field of a report that a correction changed; null where it was absent."""

    field: str
    before: Any
    after: Any


class TimelineCorrection(DocumentModel):
    """A correction by the recorder, with its cause."""

    cause: str
    changed: list[ChangedField]


class TimelineEntry(DocumentModel):
    """A report with its standing and what was corrected."""

    report_id: str
    standing: str
    tier: str
    """`violence`, `tension`, `easing` or `none`."""
    event: str | None
    """The label of the occurrence that it tells of."""
    occurred: SaidSpan | None
    reported: SaidSpan
    origin: str
    """The origin that vouches for it; `names/1` has its name."""
    report: RecordedContent
    claims_retracted: list[str]
    claims_disputed: list[str]
    corrections: list[TimelineCorrection]
    text: str | None = Field(description="The commitment of its free text, which stands in `text` beside `data`.")


class TimelineDocument(DocumentModel):
    """The document of `timeline/1`."""

    incident: str
    entries: list[TimelineEntry]
