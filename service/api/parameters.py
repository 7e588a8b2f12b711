"""Path and query parameters shared by resources, and the refusal of unknown, repeated and empty ones."""

import unicodedata
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Path, Query, Request
from pydantic import WithJsonSchema

from domain.facts.union import IncidentOpened
from domain.values.text_types import SLUG_LENGTH, nearest
from service.answers.answer import NoSuchIncident, stream_of
from service.api.dependencies import in_loop
from service.api.errors.problem import problem_of_fields
from service.api.errors.validation import FieldError
from service.eventstore import LogReader

_AS_OF = (
    "What we had recorded by then: an RFC 3339 moment such as `2025-03-09T23:59:59Z`, or a position such as `@12`."
    " Default: now. A `+` in a moment is written `%2B`."
)
_POLICY = "The policy that weighs the claims, `name/version`. Default: the one in force at the moment asked."
_REPORTED_UNTIL = "What sources had said by then: an RFC 3339 moment. Default: whatever they have said."
_MIN_POSITION = (
    "Answer only once what was recorded up to this position counts, such as the `position` of your own write. It is"
    " waited for, some seconds at most."
)

_INSTANT_PATTERN = r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,6})?([Zz]|[+-]\d{2}:\d{2})"
"""The form of a moment; a `+` that was not encoded comes as a space, and is read all the same."""


def _text(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^({pattern})$"})


MOMENT_OR_POSITION = _text(rf"@0*[1-9]\d*|{_INSTANT_PATTERN}")
"""The schema of a moment on the recorded clock."""
READING_MOMENT = _text(rf"@0*[1-9]\d*|(reported:)?{_INSTANT_PATTERN}")
"""The schema of an end of a difference: a moment on either clock."""
AsOf = Annotated[str | None, MOMENT_OR_POSITION, Query(description=_AS_OF, examples=["@12", "2025-03-12T20:59:59Z"])]
ReportedUntil = Annotated[
    str | None, _text(_INSTANT_PATTERN), Query(description=_REPORTED_UNTIL, examples=["2025-03-09T23:59:59+03:00"])
]
PolicyName = Annotated[str | None, _text("[a-z_]+/[1-9][0-9]*"), Query(description=_POLICY, examples=["latest/1"])]
ReceiptDigest = Annotated[
    str, Path(pattern="^[0-9a-f]{64}$", description="The digest of a published estimate: 64 hexadecimal digits.")
]
ReportId = Annotated[UUID, Path(description="The id of a report.")]
MinPosition = Annotated[int | None, Query(ge=1, le=2**63 - 1, description=_MIN_POSITION, examples=[157])]


@dataclass(frozen=True, slots=True)
class ReadAt:
    """The moment at which read models are read: as of a moment, or now but not before a position."""

    as_of: AsOf = None
    min_position: MinPosition = None


ReadAtParameters = Annotated[ReadAt, in_loop(ReadAt)]
"""The moment at which read models are read, as parameters of an operation."""


async def refuse_unknown_parameters(request: Request) -> None:
    """Refuse query parameters that the operation does not document, empty ones, and repeated ones but for lists."""
    given = request.query_params.multi_items()
    if not given:
        return
    known = _documented(request)
    values: dict[str, list[str]] = {}
    for name, value in given:
        values.setdefault(name, []).append(value)
    found = [_field_error(name, each, known) for name, each in values.items()]
    if found := [each for each in found if each]:
        raise problem_of_fields(found, "invalid-parameter")


def _field_error(name: str, values: list[str], known: dict[str, bool]) -> FieldError | None:
    if name not in known:
        near = nearest(name, known)
        hint = f"did you mean “{near}”?" if near else f"known: {', '.join(known) or 'none'}."
        return FieldError(name[:100], f"There is no parameter “{name[:100]}” here; {hint}", near)
    if len(values) > 1 and not known[name]:
        return FieldError(name, "This is given more than once; give it once.")
    if not all(value.strip() for value in values):
        return FieldError(name, "This is empty; fill it in or leave it out.")
    return None


def _documented(request: Request) -> dict[str, bool]:
    """Return the documented query parameters, with whether each is a list."""
    paths: dict[str, Any] = request.app.openapi()["paths"]
    operation: dict[str, Any] = paths.get(request.scope["route"].path, {}).get(request.method.lower(), {})
    documented = (each for each in operation.get("parameters", ()) if each["in"] == "query")
    return {each["name"]: _is_list(each["schema"]) for each in documented}


def _is_list(schema: dict[str, Any]) -> bool:
    return any(each.get("type") == "array" for each in (schema, *schema.get("anyOf", ())))


async def incident_name(incident: Annotated[str, Path(description="The slug of an incident, or its id.")]) -> str:
    """Return the incident of a path in NFC, as slugs are. Raises NoSuchIncident where it is too long for a slug."""
    name = unicodedata.normalize("NFC", incident)
    if len(name) > SLUG_LENGTH:
        message = f"There is no incident “{name[:SLUG_LENGTH]}…”; GET /v1/incidents lists those that there are."
        raise NoSuchIncident(message)
    return name


IncidentName = Annotated[str, Depends(incident_name)]
"""The slug or id of an incident in a path."""


async def existing_incident(reader: LogReader, name: str) -> UUID:
    """Return the stream of an incident that a query parameter names by slug or id. Raises NoSuchIncident."""
    slug = unicodedata.normalize("NFC", name)
    first = await reader.first_of(stream_of(slug)) if len(slug) <= SLUG_LENGTH else None
    if first is None or not first.is_a(IncidentOpened):
        message = f"There is no incident “{slug[:SLUG_LENGTH]}”; GET /v1/incidents lists those that there are."
        raise NoSuchIncident(message, "incident")
    return first.stream
