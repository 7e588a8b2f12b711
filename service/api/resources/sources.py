"""Sources: register and grade; read with history and track record."""

from typing import Annotated, Any, Literal, cast

from fastapi import Path, Request
from pydantic import ConfigDict, TypeAdapter, ValidationError
from starlette.responses import Response

from domain.facts.streams import source_stream
from domain.facts.union import SourceFact
from domain.incident.source_decisions import fold
from domain.values.sources import Registration, Reliability, SourceType
from domain.values.text_types import Label, Slug, Strict
from domain.values.time.clocks import format_instant
from service.answers.as_of import resolve_moment
from service.api.coordinates import coordinates_of, not_yet_known_problem
from service.api.errors.problem import HttpProblem, problem_of_fields
from service.api.errors.validation import FieldError, field_errors_of
from service.api.lists.snapshot import snapshot_at
from service.api.lists.track_records import READ_MODELS, TrackRecord, track_record_of
from service.api.media_types import JSON
from service.api.models import LogCoordinates, ResponseModel
from service.api.negotiation import negotiate
from service.api.parameters import ReadAtParameters
from service.api.read_models import STALE_READ_MODELS
from service.api.requests.write import WriteParameter, write_response
from service.api.resource import VIEW_PROBLEMS, Resource
from service.api.responses import document_response
from service.api.services import InjectedServices, Services
from service.eventstore import StoredFact

RESOURCE = Resource("sources")


class SourceFactEntry(ResponseModel):
    """One fact about a source."""

    model_config = ConfigDict(extra="allow")
    fact: Literal[
        "registered",
        "graded",
        "same_origin_stated",
        "same_origin_undone",
        "parts_erased",
        "hold_placed",
        "hold_lifted",
    ]
    position: int
    recorded_at: str
    version: int


class TrackRecordAtPosition(TrackRecord):
    """A track record, and where it was counted."""

    position: int


class SourceResponse(ResponseModel):
    """The registration of a source, and its moment."""

    slug: str
    name: str
    type: str
    reliability: Reliability
    speaks_for: str | None
    same: list[str]
    """The sources that it is stated to be one origin with."""
    history: list[SourceFactEntry]
    track_record: TrackRecordAtPosition | None
    """Null while the read models are being built."""
    coordinates: LogCoordinates


class SourceBody(Strict, frozen=True):
    """The registration of a source, with its grade; the slug may be left out, as the address has it."""

    slug: Slug | None = None
    name: Label
    type: SourceType
    reliability: Reliability = "F"
    speaks_for: Slug | None = None


SourceName = Annotated[str, Path(description="The slug of a source.")]
_SLUG: TypeAdapter[str] = TypeAdapter(Slug)
_EXAMPLE = {"name": "SOHR", "type": "monitor", "reliability": "B"}


@RESOURCE.put(
    "/v1/sources/{slug}",
    summary="Register or grade a source",
    **RESOURCE.writes(
        SourceBody,
        examples={"source": {"value": _EXAMPLE}},
        statuses={200: "It was known, and reads so now.", 201: "It is registered, and durable."},
        scope="curate",
    ),
)
async def put_source(write: WriteParameter, slug: SourceName) -> Response:
    """Give the whole of what is held about it; what is left out gets its default.

    A grade counts from its position on, never before.
    """
    name = _slug(slug)
    write.refuse_if_match("A source has no version to write against; leave it out.")
    given = await write.read(SourceBody)
    if given.slug not in (None, name):
        raise problem_of_fields([FieldError("slug", f"The address says “{name}”; say the same here, or leave it out.")])
    command = Registration.model_validate({**given.model_dump(exclude_unset=True), "slug": name})
    written = await write.record(write.request("put_source", name), command)
    created = written.version == 1 and written.position is not None
    return write_response(written, f"/v1/sources/{name}", status=201 if created else 200)


@RESOURCE.get(
    "/v1/sources/{slug}",
    summary="What we hold about a source",
    **RESOURCE.reads(SourceResponse, *VIEW_PROBLEMS, "no-such-source", *STALE_READ_MODELS),
)
async def get_source(
    request: Request, services: InjectedServices, slug: SourceName, read_at: ReadAtParameters
) -> Response:
    """Tell its name, type and grade, and since when; one that only reports named registered itself as `other`, F.

    And which sources it is stated to be one origin with; and its track record, at a `position` of its own, which may
    lie some facts behind the log. That is null while the read models are being built, unless `min_position` is given.
    """
    negotiate(request, JSON)
    name, reader, as_of = _slug(slug), services.reader, read_at.as_of
    moment = await resolve_moment(reader, as_of)
    rows = await reader.read([source_stream(name)], moment.position)
    if not rows:
        first = await reader.first_of(source_stream(name))
        if first is None:
            raise HttpProblem("no-such-source", f"There is no source “{name}”.")
        raise not_yet_known_problem(request, name, as_of, first)
    coordinates = await coordinates_of(reader, rows[-1], moment)
    record = await _track_record(services, read_at, name)
    document = {**_source_document(name, rows), "track_record": record, "coordinates": dict(coordinates)}
    return document_response(request, document, coordinates if record else None)


async def _track_record(services: Services, read_at: ReadAtParameters, slug: str) -> dict[str, Any] | None:
    """Return the track record; None where the read models lag, and no `min_position` was given."""
    try:
        async with snapshot_at(services, read_at, *READ_MODELS) as snapshot:
            return await track_record_of(snapshot, slug)
    except HttpProblem as problem:
        if problem.type.slug not in STALE_READ_MODELS or read_at.min_position is not None:
            raise
        return None


def _source_document(slug: str, rows: list[StoredFact]) -> dict[str, Any]:
    source = fold(cast("list[SourceFact]", [row.fact() for row in rows]))
    document = {name: getattr(source, name) for name in ("name", "type", "reliability", "speaks_for")}
    same = sorted(source.same_origins) if source else []
    return {"slug": slug, **document, "same": same, "history": [_step(row) for row in rows]}


def _step(row: StoredFact) -> dict[str, Any]:
    state = row.document()
    state.pop("origin", None)
    return {
        "fact": row.topic.partition(".")[0].removeprefix("source_"),
        "position": row.position,
        "recorded_at": format_instant(row.recorded_at),
        "version": row.version,
        **state,
        **row.words(),
    }


def _slug(name: str) -> str:
    try:
        return _SLUG.validate_python(name)
    except ValidationError as error:
        found = [FieldError("slug", each.reason, each.nearest) for each in field_errors_of(error.errors())]
        raise problem_of_fields(found, "invalid-parameter") from None
