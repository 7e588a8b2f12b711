"""The resource of sources: registered, graded, and read with when that was."""

from typing import Annotated, Any, cast

from fastapi import Path, Request
from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response

from domain.facts.streams import source_stream
from domain.facts.union import SourceFact
from domain.incident.source_decisions import fold
from domain.values.sources import Registration
from domain.values.text_types import Slug
from domain.values.time.clocks import format_instant
from service.answers.as_of import settle
from service.api.body import read, sent
from service.api.complaints import Complaint, complaints_of
from service.api.described import MOMENTS, reads, resource, writes
from service.api.failures import Problem, refuse_fields
from service.api.moments import coordinates_of, not_yet_known
from service.api.parameters import AskedAt
from service.api.projected import BEHIND
from service.api.sending import JSON, offered, send_document
from service.api.services import Opened, Services
from service.api.taken import SourceBody
from service.api.track_records import NEEDS, track_record_of
from service.api.waiting import reached
from service.api.writing import Asked, Order, created, id_for, record, refuse_version
from service.eventstore import StoredFact

router = resource("sources")

SourceName = Annotated[str, Path(description="The slug of a source.")]
_SLUG: TypeAdapter[str] = TypeAdapter(Slug)
_EXAMPLE = {"name": "SOHR", "type": "monitor", "reliability": "B"}


@router.put(
    "/v1/sources/{slug}",
    summary="Register or grade a source",
    **writes(
        "SourceBody",
        examples={"source": {"value": _EXAMPLE}},
        given={200: "It was known, and reads so now.", 201: "It is registered, and durable."},
    ),
)
async def put_source(request: Request, services: Opened, terms: Asked, slug: SourceName) -> Response:
    """Give the whole of what is held about it; what is left out gets its default.

    A grade counts from its position on, never before.
    """
    name = _slug(slug)
    refuse_version(terms, "A source has no version to write against; leave it out.")
    body = await sent(request)
    given = read(SourceBody, body.document)
    if given.slug not in (None, name):
        raise refuse_fields([Complaint("slug", f"The address says “{name}”; say the same here, or leave it out.")])
    command = Registration.model_validate({**given.model_dump(exclude_unset=True), "slug": name})
    written = await record(services, Order("put_source", name, body, terms), command, id_for(services, terms))
    made = written.version == 1 and written.position is not None
    return created(written, f"/v1/sources/{name}", status=201 if made else 200)


@router.get(
    "/v1/sources/{slug}",
    summary="What we hold about a source",
    **reads("Source", *MOMENTS, "no-such-source", *BEHIND),
)
async def get_source(request: Request, services: Opened, slug: SourceName, asked: AskedAt) -> Response:
    """Tell its name, type and grade, and since when; one that only reports named registered itself as `other`, F.

    And which sources it is stated to be one origin with; and its track record, at a `position` of its own, which may
    lie some facts behind the log. That is null while the read models are being built, unless `min_position` is given.
    """
    offered(request, JSON)
    name, reader, as_of = _slug(slug), services.reader, asked.as_of
    moment = await settle(reader, as_of)
    rows = await reader.read([source_stream(name)], moment.position)
    if not rows:
        first = await reader.first_of(source_stream(name))
        if first is None:
            raise Problem("no-such-source", f"There is no source “{name}”.")
        raise not_yet_known(request, name, as_of, first)
    coordinates = await coordinates_of(reader, rows[-1], moment)
    record = await _track_record(services, asked, name)
    held = {**_held(name, rows), "track_record": record, "coordinates": dict(coordinates)}
    return send_document(request, held, coordinates if record else None)


async def _track_record(services: Services, asked: AskedAt, slug: str) -> dict[str, Any] | None:
    """Return its track record; None where the read models do not stand there, and nobody asked to wait for them."""
    try:
        async with reached(services, asked, *NEEDS) as snapshot:
            return await track_record_of(snapshot, slug)
    except Problem as problem:
        if problem.type.slug not in BEHIND or asked.min_position is not None:
            raise
        return None


def _held(slug: str, rows: list[StoredFact]) -> dict[str, Any]:
    source = fold([cast("SourceFact", row.fact()) for row in rows])
    held = {name: getattr(source, name) for name in ("name", "type", "reliability", "speaks_for")}
    same = sorted(source.same) if source else []
    return {"slug": slug, **held, "same": same, "history": [_step(row) for row in rows]}


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
        found = [Complaint("slug", each.reason, each.nearest) for each in complaints_of(error.errors())]
        raise refuse_fields(found, "invalid-parameter") from None
