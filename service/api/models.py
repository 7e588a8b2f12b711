"""Response models that several resources share; they describe answers in the OpenAPI document."""

from pydantic import BaseModel, ConfigDict, Field


class ResponseModel(BaseModel):
    """Base of response models. Answers are not validated against them when they are sent."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class WriteWarning(ResponseModel):
    """Something for the recorder to check; the report is recorded all the same."""

    code: str
    detail: str
    claim: str | None = None


class WriteResult(ResponseModel):
    """The place of a write in the log, now that it is durable."""

    position: int | None
    """The place of the fact in the log; null where a registration changed nothing."""
    recorded_at: str | None
    version: int
    """The version of the incident, or of the source, that it made."""
    incident: str = ""
    report_id: str = ""
    warnings: list[WriteWarning]


class LogCoordinates(ResponseModel):
    """The position of an answer on the recorded clock."""

    log: str
    position: int
    """Of the last fact that the answer depends on."""
    recorded_at: str | None
    """Null at position 0, before the first fact."""
    version: int
    closed: bool
    """Whether the same question can never be answered otherwise."""
    collection: str = ""
    """That the incident was in at the moment asked, where that was not `public`."""


class RecordedAt(ResponseModel):
    """A position of the log and the stamp of its fact."""

    position: int
    recorded_at: str


class FieldAtFault(ResponseModel):
    """The fault of one field."""

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
