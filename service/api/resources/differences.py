"""The difference between two readings of an incident, on the recorded or the reported clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import Query, Request
from pydantic import ConfigDict, Field
from starlette.responses import Response

from domain import catalogue
from domain.documents.schemas.difference import DifferenceDocument
from domain.values.time.clocks import format_instant
from service.answers.answer import Inputs, NotYetKnown, stream_of, unmerged_inputs_at
from service.answers.as_of import ResolvedMoment, parse_moment, resolve_moment
from service.answers.questions import DifferenceAnswer, DifferenceQuestion, difference_of
from service.api.coordinates import coordinates_of
from service.api.errors.problem import problem_of, problem_of_fields
from service.api.errors.validation import FieldError
from service.api.media_types import JSON
from service.api.models import LogCoordinates, ResponseModel
from service.api.negotiation import negotiate
from service.api.parameters import READING_MOMENT, IncidentName, PolicyName
from service.api.resource import VIEW_PROBLEMS, Resource
from service.api.responses import cache_headers, entity_tag, matches_entity_tag
from service.api.services import InjectedServices, Services
from service.eventstore import LogReader
from service.runtime.worker_thread import in_thread

RESOURCE = Resource("views")


class ReadingCoordinates(LogCoordinates):
    """One end of a difference: a moment on the recorded clock, and one on the reported clock."""

    reported_until: str | None
    policy: str


class DifferenceCoordinates(ResponseModel):
    """The two readings that were compared; repeated, both give the same bytes."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, populate_by_name=True)
    earlier: ReadingCoordinates = Field(alias="from")
    later: ReadingCoordinates = Field(alias="to")


class Difference(ResponseModel):
    """The differences between two readings of one incident, and the digest of their RFC 8785 form."""

    data: DifferenceDocument
    coordinates: DifferenceCoordinates
    digest: str


REPORTED = "reported:"
"""The prefix of a moment on the reported clock."""

_HOW = (
    "a position such as `@12` or an RFC 3339 moment, for what we had recorded by then; or `reported:` and a moment, for"
    " what sources had said by then as far as we know now."
)
From = Annotated[
    str,
    READING_MOMENT,
    Query(alias="from", description=f"The earlier reading: {_HOW}", examples=["@12", "reported:2025-03-08T12:00:00Z"]),
]
To = Annotated[
    str,
    READING_MOMENT,
    Query(description=f"The later reading: {_HOW}", examples=["@40", "reported:2025-03-12T12:00:00Z"]),
]


@dataclass(frozen=True, slots=True)
class _ReadingParameter:
    """A parsed `from` or `to`: `as_of` as sent, on the recorded clock, or `until` on the reported clock."""

    moment: ResolvedMoment
    as_of: str | None = None
    until: datetime | None = None

    def is_after(self, other: "_ReadingParameter") -> bool:
        """Return whether this is later than `other`; False for moments on different clocks."""
        if self.until and other.until:
            return self.until > other.until
        if self.as_of is None or other.as_of is None:
            return False
        if "@" in self.as_of + other.as_of or self.moment.position != other.moment.position:
            return self.moment.position > other.moment.position
        return parse_moment("from", self.as_of) > parse_moment("to", other.as_of)


@RESOURCE.get(
    "/v1/incidents/{incident}/diff",
    summary="What changed between two readings",
    **RESOURCE.reads(Difference, *VIEW_PROBLEMS, "no-such-incident unknown-policy", redirects=True),
)
async def diff(
    request: Request, services: InjectedServices, incident: IncidentName, from_: From, to: To, policy: PolicyName = None
) -> Response:
    """Answer under six headings, by whose doing it is, and with the estimates before and after.

    What was learned; what a source revised, or withdrew; what we corrected, removed or reclassified.
    Without a `policy`, each end is weighed by that in force at its position.
    """
    negotiate(request, JSON)
    named = catalogue.policy(policy) if policy else None
    now = await resolve_moment(services.reader, None)
    ends = [await _parse(services.reader, now, name, text) for name, text in (("from", from_), ("to", to))]
    if ends[0].is_after(ends[1]):
        raise problem_of_fields([FieldError("from", "This lies after “to”; turn them round.")], "invalid-parameter")
    question = DifferenceQuestion(
        stream_of(incident),
        ((ends[0].moment.position, ends[0].until), (ends[1].moment.position, ends[1].until)),
        named.id if named else None,
    )
    found = await services.answering.difference(question)
    if found is None:
        found = await _answer_here(request, services, incident, ends, question)
    coordinates = {
        name: {
            **await coordinates_of(services.reader, last, end.moment, collection=last.collection),
            "reported_until": format_instant(end.until) if end.until else None,
            "policy": policy_id,
        }
        for name, end, (policy_id, last) in zip(("from", "to"), ends, found.ends, strict=True)
    }
    return _send(request, found, coordinates, closed=ends[0].moment.closed and ends[1].moment.closed)


async def _answer_here(
    request: Request,
    services: Services,
    incident: str,
    ends: Sequence[_ReadingParameter],
    question: DifferenceQuestion,
) -> DifferenceAnswer:
    earlier, later = await _inputs(request, services.reader, incident, ends)
    services.answering.note_size(question.stream, len(later.rows))
    try:
        facts = len(earlier.rows) + len(later.rows)
        return await in_thread(facts, difference_of, question, earlier.at_last(), later.at_last())
    finally:
        for inputs in {id(each): each for each in (earlier, later)}.values():
            inputs.free()


async def _parse(reader: LogReader, now: ResolvedMoment, name: str, text: str) -> _ReadingParameter:
    if text.startswith(REPORTED):
        return _ReadingParameter(now, until=parse_moment(name, text.removeprefix(REPORTED)))
    return _ReadingParameter(await resolve_moment(reader, text, name), as_of=text)


async def _inputs(
    request: Request, reader: LogReader, incident: str, ends: Sequence[_ReadingParameter]
) -> list[Inputs]:
    """Read the incident at both positions; once if they are equal."""
    earlier, later = ends
    last = await unmerged_inputs_at(reader, incident, later.moment.position, later.as_of)
    if earlier.moment.position == later.moment.position:
        return [last, last]
    try:
        return [await unmerged_inputs_at(reader, incident, earlier.moment.position, earlier.as_of), last]
    except NotYetKnown as unknown:
        last.free()
        problem = problem_of(unknown)
        if unknown.known_at <= later.moment.position:
            since = request.url.include_query_params(**{"from": f"@{unknown.known_at}"})
            problem.members["suggestion"] = f"{since.path}?{since.query}"
        raise problem from unknown


def _send(request: Request, found: DifferenceAnswer, coordinates: dict[str, Any], *, closed: bool) -> Response:
    digest = found.digest
    tag = entity_tag({"digest": digest, "coordinates": coordinates, "type": JSON})
    headers = {"Knownwhen-Digest": digest, **cache_headers(coordinates, tag, closed=closed)}
    if matches_entity_tag(request, tag):
        return Response(None, 304, headers)
    pieces = (found.data, orjson.dumps(coordinates), orjson.dumps(digest))
    return Response(b'{"data":%b,"coordinates":%b,"digest":%b}' % pieces, 200, headers, JSON)
