"""The resource of differences: what one reading of an incident held against another shows, on either clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import Query, Request
from starlette.responses import Response

from domain import catalogue
from domain.ledger.canonical import canonical, digest_of
from domain.reading import Reading
from domain.revisions.difference import difference
from domain.values.time.clocks import format_instant
from service.answers.answer import Inputs, NotYetKnown, unmerged_inputs_at
from service.answers.as_of import ResolvedMoment, parse_moment, resolve_moment
from service.api.complaints import Complaint
from service.api.described import MOMENTS, reads, resource
from service.api.failures import problem_of, refuse_fields
from service.api.moments import coordinates_of
from service.api.parameters import IncidentName, PolicyName
from service.api.sending import JSON, Coordinates, has_already, lasting_headers, offered, tag_of
from service.api.services import Opened
from service.eventstore import LogReader
from service.runtime.worker_thread import in_thread

router = resource("views")

REPORTED = "reported:"
"""How a moment on the reported clock begins."""

_HOW = (
    "a position such as `@12` or an RFC 3339 moment, for what we had recorded by then; or `reported:` and a moment, for"
    " what sources had said by then as far as we know now."
)
From = Annotated[
    str,
    Query(alias="from", description=f"The earlier reading: {_HOW}", examples=["@12", "reported:2025-03-08T12:00:00Z"]),
]
To = Annotated[str, Query(description=f"The later reading: {_HOW}", examples=["@40", "reported:2025-03-12T12:00:00Z"])]


@dataclass(frozen=True, slots=True)
class _End:
    """One end, settled: `asked` of the recorded clock as it was sent, or `until` on the reported clock."""

    moment: ResolvedMoment
    asked: str | None = None
    until: datetime | None = None

    def lies_after(self, other: "_End") -> bool:
        """Say whether this end lies after another on the same clock; two clocks have no order between them."""
        if self.until and other.until:
            return self.until > other.until
        if self.asked is None or other.asked is None:
            return False
        if "@" in self.asked + other.asked or self.moment.position != other.moment.position:
            return self.moment.position > other.moment.position
        return parse_moment("from", self.asked) > parse_moment("to", other.asked)


@router.get(
    "/v1/incidents/{incident}/diff",
    summary="What changed between two readings",
    **reads("Difference", *MOMENTS, "no-such-incident", "unknown-policy", leads=True),
)
async def diff(
    request: Request,
    services: Opened,
    incident: IncidentName,
    from_: From,
    to: To,
    policy: PolicyName = None,
) -> Response:
    """Answer under six headings, by whose doing it is, and with the estimates before and after.

    What was learned; what a source revised, or withdrew; what we corrected, removed or reclassified.
    Without a `policy`, each end is weighed by that in force at its position.
    """
    offered(request, JSON)
    named = catalogue.policy(policy) if policy else None
    now = await resolve_moment(services.reader, None)
    ends = [await _end(services.reader, now, name, text) for name, text in (("from", from_), ("to", to))]
    if ends[0].lies_after(ends[1]):
        raise refuse_fields([Complaint("from", "This lies after “to”; turn them round.")], "invalid-parameter")
    held = await _held(request, services.reader, incident, ends)
    readings = [
        Reading(end.until, named or catalogue.policy(inputs.history.adopted or catalogue.DEFAULT_POLICY))
        for end, inputs in zip(ends, held, strict=True)
    ]
    facts = sum(len(inputs.rows) for inputs in held)
    data = await in_thread(facts, _compared, held, readings)
    coordinates = {
        name: dict(await _coordinates(services.reader, end, inputs, reading))
        for name, end, inputs, reading in zip(("from", "to"), ends, held, readings, strict=True)
    }
    for inputs in {id(each): each for each in held}.values():
        inputs.free()
    return _send(request, data, coordinates, closed=ends[0].moment.closed and ends[1].moment.closed)


def _compared(held: Sequence[Inputs], readings: Sequence[Reading]) -> bytes:
    earlier, later = ((inputs.history, reading) for inputs, reading in zip(held, readings, strict=True))
    return canonical(difference(earlier, later))


async def _end(reader: LogReader, now: ResolvedMoment, name: str, text: str) -> _End:
    if text.startswith(REPORTED):
        return _End(now, until=parse_moment(name, text.removeprefix(REPORTED)))
    return _End(await resolve_moment(reader, text, name), asked=text)


async def _held(request: Request, reader: LogReader, incident: str, ends: Sequence[_End]) -> list[Inputs]:
    """Fold the incident at each end, once where both are at one position."""
    earlier, later = ends
    last = await unmerged_inputs_at(reader, incident, later.moment.position, later.asked)
    if earlier.moment.position == later.moment.position:
        return [last, last]
    try:
        return [await unmerged_inputs_at(reader, incident, earlier.moment.position, earlier.asked), last]
    except NotYetKnown as unknown:
        last.free()
        problem = problem_of(unknown)
        if unknown.known_at <= later.moment.position:
            since = request.url.include_query_params(**{"from": f"@{unknown.known_at}"})
            problem.more["suggestion"] = f"{since.path}?{since.query}"
        raise problem from unknown


async def _coordinates(reader: LogReader, end: _End, inputs: Inputs, reading: Reading) -> Coordinates:
    found = await coordinates_of(reader, inputs.rows[-1], end.moment, inputs.history.version)
    until = format_instant(reading.reported_until) if reading.reported_until else None
    return {**found, "reported_until": until, "policy": reading.policy.id}


def _send(request: Request, data: bytes, coordinates: dict[str, Any], *, closed: bool) -> Response:
    digest = digest_of(data)
    tag = tag_of({"digest": digest, "coordinates": coordinates, "type": JSON})
    headers = {"Knownwhen-Digest": digest, **lasting_headers(coordinates, tag, closed=closed)}
    if has_already(request, tag):
        return Response(None, 304, headers)
    pieces = (data, orjson.dumps(coordinates), orjson.dumps(digest))
    return Response(b'{"data":%b,"coordinates":%b,"digest":%b}' % pieces, 200, headers, JSON)
