"""The resource of changes: the log told onward, as pages, as lines, or as events that come while they happen."""

import unicodedata
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

import orjson
from fastapi import Depends, Header, Query, Request
from starlette.responses import Response, StreamingResponse

from domain.facts.union import IncidentOpened
from domain.facts.versions import TOPICS
from domain.values.text_types import SLUG_LENGTH, nearest
from service.answers.answer import NoSuchIncident, stream_of
from service.answers.as_of import PastTheEnd
from service.api.complaints import Complaint
from service.api.described import Described, reads, resource
from service.api.events import EVENTS, last_position, send_events
from service.api.failures import refuse_fields
from service.api.sending import BODILESS, JSON, NDJSON, has_already, offered, send_document, tag_of
from service.api.services import Opened, Services
from service.eventstore import LogReader, StoredFact
from service.eventstore.archive.log_lines import format_stored
from service.eventstore.subscription import ChangeFilter, ChangeReader

router = resource("facts")

PAGE = 100
LONGEST_PAGE = 1000
AT_ONCE = 500
"""How many facts are read, and sent, at a time."""

_LAST_POSITION = 2**63 - 1
_LINES = {"schema": {"type": "string", "description": "One JSON object a line, by position."}}
_STREAM = {"schema": {"type": "string", "description": "Server-sent events; `id` is the position, `event` the topic."}}
_DESCRIBED: Described = reads(
    "Changes", "no-such-incident", "past-the-end", "invalid-header", also={NDJSON: _LINES, EVENTS: _STREAM}
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
LastEventId = Annotated[
    str | None, Header(description="For events: the `id` of the last one that came; it goes before `after`.")
]


def tell(row: StoredFact, incident: str | None) -> bytes:
    """Write a fact down as it is told onward."""
    return format_stored(row, incident=incident)


@dataclass(frozen=True, slots=True)
class _Filter:
    """Which facts are asked for; `names` are the parameters that said so."""

    only: ChangeFilter
    names: dict[str, str]


async def _filter(services: Opened, incident: OfIncident = None, topic: OfTopic = None) -> _Filter:
    names = {name: value for name, value in (("incident", incident), ("topic", topic)) if value}
    return _Filter(ChangeFilter(await _stream(services.reader, incident), _topics(topic)), names)


Filter = Annotated[_Filter, Depends(_filter)]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was asked for: the facts that a filter takes, above a position that is not past the end of the log."""

    filter: _Filter
    after: int
    head: int


@router.get("/v1/changes", summary="Follow the log", **_DESCRIBED)
async def changes(
    request: Request,
    services: Opened,
    wanted: Filter,
    after: After = None,
    limit: Limit = None,
    last_event_id: LastEventId = None,
) -> Response:
    """All facts in the order in which they were recorded, each once, those above a position.

    As JSON they come in pages. A page without `next` is the last for now; whoever wants to know what came since asks
    again, with the last position that it has seen. As NDJSON they come all at once, up to the end that the log has now.
    As server-sent events they come as they are recorded, and never end.
    """
    media_type = offered(request, JSON, NDJSON, EVENTS)
    if limit is not None and media_type != JSON:
        complaint = Complaint("limit", f"Only {JSON} comes in pages; leave it out.")
        raise refuse_fields([complaint], "invalid-parameter")
    head = (await services.reader.head()).position
    if media_type == EVENTS:
        last = last_position(last_event_id)
        if last is not None:
            asked = _within(_Asked(wanted, last, head), "Last-Event-ID")
        else:
            asked = _within(_Asked(wanted, head if after is None else after, head), "after")
        return send_events(request, services.following, asked.after, wanted.only)
    asked = _within(_Asked(wanted, after or 0, head), "after")
    if media_type == NDJSON:
        return await _lines(request, services, asked)
    return await _page(request, services.following.reader, asked, limit or PAGE)


async def _page(request: Request, reader: ChangeReader, asked: _Asked, limit: int) -> Response:
    found = await reader.page(asked.after, asked.head, limit + 1, asked.filter.only)
    page = found[:limit]
    following = page[-1].position if len(found) > limit else None
    items = [orjson.Fragment(change.line) for change in page]
    response = send_document(request, {"items": items, "next": following, "position": asked.head})
    if following is not None:
        query = urlencode({"after": following, "limit": limit, **asked.filter.names})
        response.headers["Link"] = f'</v1/changes?{query}>; rel="next"'
    return response


async def _lines(request: Request, services: Services, asked: _Asked) -> Response:
    identity = {"log": str(await services.reader.log_id()), "after": asked.after, "upto": asked.head}
    tag = tag_of({**identity, **asked.filter.names, "type": NDJSON})
    headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept"}
    if has_already(request, tag):
        return Response(None, 304, headers)
    upto = asked.after if BODILESS in request.scope else asked.head
    return StreamingResponse(_all(services.following.reader, asked, upto), 200, headers, NDJSON)


async def _all(reader: ChangeReader, asked: _Asked, upto: int) -> AsyncIterator[bytes]:
    after = asked.after
    while after < upto:
        found = await reader.page(after, upto, AT_ONCE, asked.filter.only)
        yield b"".join(b"%b\n" % change.line for change in found)
        after = found[-1].position if len(found) == AT_ONCE else upto


async def _stream(reader: LogReader, incident: str | None) -> UUID | None:
    """Return the stream of the incident asked for; raises NoSuchIncident."""
    if incident is None:
        return None
    name = unicodedata.normalize("NFC", incident)
    stream = stream_of(name) if len(name) <= SLUG_LENGTH else None
    first = await reader.first_of(stream) if stream else None
    if first is None or not first.is_a(IncidentOpened):
        message = f"There is no incident “{name[:SLUG_LENGTH]}”; GET /v1/incidents lists those that there are."
        raise NoSuchIncident(message, "incident")
    return first.stream


def _topics(topic: str | None) -> frozenset[str] | None:
    if topic is None:
        return None
    found = frozenset(each for each in TOPICS if topic in (each, each.rpartition(".")[0]))
    if not found:
        near = nearest(topic, {each.rpartition(".")[0] for each in TOPICS})
        hint = f"; did you mean “{near}”?" if near else "."
        raise refuse_fields(
            [Complaint("topic", f"There are no facts of “{topic[:100]}”{hint}", near)], "invalid-parameter"
        )
    return found


def _within(asked: _Asked, name: str) -> _Asked:
    if asked.after > asked.head:
        message = f"{name}={asked.after} lies past the end of the log, whose last position is {asked.head}."
        raise PastTheEnd(message, name)
    return asked
