"""The change feed: all facts in order of position, as JSON pages, NDJSON, or server-sent events."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

import orjson
from fastapi import Depends, Header, Query, Request
from starlette.responses import Response, StreamingResponse

from domain.facts.versions import TOPICS
from domain.values.text_types import nearest
from service.answers.as_of import PastTheEnd
from service.api.authorization import require
from service.api.errors.problem import problem_of_fields
from service.api.errors.validation import FieldError
from service.api.media_types import JSON, NDJSON, with_ending
from service.api.models import ResponseModel
from service.api.negotiation import named_representation, negotiate
from service.api.parameters import existing_incident
from service.api.principals import RequestPrincipal
from service.api.resource import Description, Resource
from service.api.responses import HEAD_ONLY, document_response, entity_tag, matches_entity_tag
from service.api.server_sent_events import EVENTS, event_stream, parse_last_event_id
from service.api.services import InjectedServices, Services
from service.eventstore import StoredFact
from service.eventstore.archive.log_lines import format_stored, with_recorder
from service.eventstore.change_subscription import ChangeFilter, ChangeLine, ChangeReader

RESOURCE = Resource("facts")


class LogFact(ResponseModel):
    """A fact of the log, as it was recorded."""

    position: int
    fact_id: str
    stream: str
    """Of an incident, it can stand wherever the incident's slug can."""
    version: int
    """Its place in its stream."""
    topic: str
    recorded_at: str
    recorded_by: str | None
    """The id of the token that recorded it, for who has the scope `audit`; null where none was needed."""
    incident: str | None
    """The slug of the incident in whose stream it is; null where that is the stream of a source or of the policy."""
    state: dict[str, Any]
    """In canonical form (RFC 8785)."""
    text: dict[str, Any] | None
    """Free text, in canonical form; null where there is none, or it was erased."""


class Changes(ResponseModel):
    """Facts in the order in which they were recorded."""

    items: list[LogFact]
    next: int | None
    """The `after` of the next page; null on the last."""
    position: int
    """The last position of the log when the page was made."""


PAGE = 100
LONGEST_PAGE = 1000
AT_ONCE = 500
"""The most facts in one query and chunk."""

_LAST_POSITION = 2**63 - 1
_LINES = {"schema": {"type": "string", "description": "One JSON object a line, by position."}}
_STREAM = {"schema": {"type": "string", "description": "Server-sent events; `id` is the position, `event` the topic."}}
_DESCRIBED: Description = RESOURCE.reads(
    Changes, "no-such-incident past-the-end invalid-header", also={NDJSON: _LINES, EVENTS: _STREAM}
)

After = Annotated[
    int | None,
    Query(ge=0, le=_LAST_POSITION, description="The last position that is known already. Default: 0; for events, now."),
]
Limit = Annotated[
    int | None, Query(ge=1, le=LONGEST_PAGE, description=f"How many at most, for a page only. Default: {PAGE}.")
]
OfIncident = Annotated[
    str | None, Query(description="Only the facts in the stream of this incident: its slug, or its id.")
]
OfTopic = Annotated[
    str | None,
    Query(
        description="Only the facts of this topic; without its version, of every version.", examples=["toll_revised"]
    ),
]
RecordedBy = Annotated[
    str | None,
    Query(description="Only the facts that this token recorded, by its id. It needs the scope `audit`."),
]
LastEventId = Annotated[
    str | None, Header(description="For events: the `id` of the last one that came; it goes before `after`.")
]


def format_change(row: StoredFact, incident: str | None) -> bytes:
    """Return a fact as a JSON object of the feed, with the slug of its incident."""
    return format_stored(row, incident=incident)


@dataclass(frozen=True, slots=True)
class _SelectedChanges:
    """The facts selected; `parameters` are the query parameters, for the link to the next page.

    `named` says whether it is told who recorded them.
    """

    only: ChangeFilter
    parameters: dict[str, str]
    named: bool

    def line(self, change: ChangeLine) -> bytes:
        """Return a fact as its reader may see it."""
        return with_recorder(change.line, change.recorded_by) if self.named else change.line


async def _change_filter(
    services: InjectedServices,
    principal: RequestPrincipal,
    incident: OfIncident = None,
    topic: OfTopic = None,
    recorded_by: RecordedBy = None,
) -> _SelectedChanges:
    if recorded_by is not None:
        require(principal, "audit")
    given = {"incident": incident, "topic": topic, "recorded_by": recorded_by}
    stream = await existing_incident(services.reader, incident) if incident else None
    return _SelectedChanges(
        ChangeFilter(stream, _topics(topic), recorded_by, principal.collections),
        {name: value for name, value in given.items() if value},
        principal.may("audit"),
    )


ChangeFilterParameters = Annotated[_SelectedChanges, Depends(_change_filter)]


@dataclass(frozen=True, slots=True)
class _ChangeRange:
    """The facts of a filter above position `after`, up to the `head` of the log."""

    filter: _SelectedChanges
    after: int
    head: int


@RESOURCE.get("/v1/changes", summary="Follow the log", **_DESCRIBED)
async def changes(
    request: Request,
    services: InjectedServices,
    selected: ChangeFilterParameters,
    after: After = None,
    limit: Limit = None,
    last_event_id: LastEventId = None,
) -> Response:
    """All facts in the order in which they were recorded, each once, those above a position.

    As JSON they come in pages. A page without `next` is the last for now; whoever wants to know what came since asks
    again, with the last position that it has seen. As NDJSON they come all at once, up to the end that the log has now.
    As server-sent events they come as they are recorded, and never end.
    """
    media_type = negotiate(request, JSON, NDJSON, EVENTS)
    if limit is not None and media_type != JSON:
        error = FieldError("limit", f"Only {JSON} comes in pages; leave it out.")
        raise problem_of_fields([error], "invalid-parameter")
    head = (await services.reader.head()).position
    if media_type == EVENTS:
        last = parse_last_event_id(last_event_id)
        if last is not None:
            span = _checked(_ChangeRange(selected, last, head), "Last-Event-ID")
        else:
            span = _checked(_ChangeRange(selected, head if after is None else after, head), "after")
        return event_stream(request, services.subscription, span.after, selected.only, selected.line)
    span = _checked(_ChangeRange(selected, after or 0, head), "after")
    if media_type == NDJSON:
        return await _lines(request, services, span)
    return await _page(request, services.subscription.reader, span, limit or PAGE)


async def _page(request: Request, reader: ChangeReader, span: _ChangeRange, limit: int) -> Response:
    found = await reader.page(span.after, span.head, limit + 1, span.filter.only)
    page = found[:limit]
    following = page[-1].position if len(found) > limit else None
    items = [orjson.Fragment(span.filter.line(change)) for change in page]
    response = document_response(request, {"items": items, "next": following, "position": span.head})
    if following is not None:
        query = urlencode({"after": following, "limit": limit, **span.filter.parameters})
        response.headers["Link"] = f'<{with_ending(request.scope, "/v1/changes")}?{query}>; rel="next"'
    return response


async def _lines(request: Request, services: Services, span: _ChangeRange) -> Response:
    identity = {"log": str(await services.reader.log_id()), "after": span.after, "upto": span.head}
    unnamed = {} if span.filter.named else {"recorded_by": None}
    tag = entity_tag({**identity, **unnamed, **span.filter.parameters, "type": NDJSON})
    headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept"}
    if matches_entity_tag(request, tag):
        return Response(None, 304, headers)
    headers |= named_representation(request, NDJSON).disposition("changes", str(span.head))
    upto = span.after if HEAD_ONLY in request.scope else span.head
    return StreamingResponse(_chunks(services.subscription.reader, span, upto), 200, headers, NDJSON)


async def _chunks(reader: ChangeReader, span: _ChangeRange, upto: int) -> AsyncIterator[bytes]:
    after = span.after
    while after < upto:
        found = await reader.page(after, upto, AT_ONCE, span.filter.only)
        yield b"".join(b"%b\n" % span.filter.line(change) for change in found)
        after = found[-1].position if len(found) == AT_ONCE else upto


def _topics(topic: str | None) -> frozenset[str] | None:
    if topic is None:
        return None
    found = frozenset(each for each in TOPICS if topic in (each, each.rpartition(".")[0]))
    if not found:
        near = nearest(topic, {each.rpartition(".")[0] for each in TOPICS})
        hint = f"; did you mean “{near}”?" if near else "."
        raise problem_of_fields(
            [FieldError("topic", f"There are no facts of “{topic[:100]}”{hint}", near)], "invalid-parameter"
        )
    return found


def _checked(span: _ChangeRange, name: str) -> _ChangeRange:
    if span.after > span.head:
        message = f"{name}={span.after} lies past the end of the log, whose last position is {span.head}."
        raise PastTheEnd(message, name)
    return span
