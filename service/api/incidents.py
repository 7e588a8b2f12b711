"""The resource of incidents: opened, listed, and changed as a whole."""

from typing import Annotated
from urllib.parse import quote

import orjson
from fastapi import Query, Request
from starlette.responses import Response

from domain.clocks import format_instant
from domain.incident.commands import AmendIncident, CloseIncident, Command, DeclareScope, OpenIncident, ReopenIncident
from domain.incident.facts import (
    IncidentAmended,
    IncidentClosed,
    IncidentMerged,
    IncidentReopened,
    IncidentUnmerged,
)
from service.answers import stream_of
from service.api.body import Sent, read, sent
from service.api.described import reads, resource, writes
from service.api.parameters import IncidentName
from service.api.sending import JSON, offered, send_document
from service.api.services import Opened
from service.api.views import paths_of_views
from service.api.writing import Asked, Order, Terms, created, id_for, record, refuse_version
from service.eventstore import LogReader, StoredRow

router = resource("incidents")

PAGE = 100
LONGEST_PAGE = 500
_CHANGES = (IncidentAmended, IncidentClosed, IncidentReopened, IncidentMerged, IncidentUnmerged)
_OPENED = {
    "slug": "syria-coast-2025",
    "title": "Syrian coast, March 2025",
    "utc_offset": "+03:00",
    "period": "2025-03-06/2025-03-10",
    "countries": ["SY"],
}
_SCOPE = {"name": "latakia-7-9-march", "label": "Latakia, 7 to 9 March", "period": "2025-03-07/2025-03-09"}


@router.post(
    "/v1/incidents",
    summary="Open an incident",
    **writes(
        "OpenIncident",
        "slug-taken",
        "scope-reserved",
        "scope-taken",
        "time-unreadable",
        examples={"incident": {"value": _OPENED}},
    ),
)
async def open_incident(request: Request, services: Opened, terms: Asked) -> Response:
    """Give it a `slug` and a `utc_offset`, which are final. A day ends at 23:59:59 in that offset."""
    refuse_version(terms, "An incident that is opened has no version yet; leave it out.")
    body = await sent(request)
    command = read(OpenIncident, body.document)
    order = Order("open_incident", "", body, terms)
    written = await record(services, order, command, id_for(services, terms))
    return created(written, f"/v1/incidents/{written.incident}")


@router.post(
    "/v1/incidents/{incident}/amendment",
    summary="Amend what we say about an incident as a whole",
    **writes(
        "AmendIncident",
        "no-such-incident",
        "version-mismatch",
        "merged",
        "nothing-changed",
        examples={"period": {"value": {"period": "2025-03-06/2025-03-12", "reason": "The raids went on."}}},
    ),
)
async def amend(request: Request, services: Opened, terms: Asked, incident: IncidentName) -> Response:
    """Only the fields given change; `reason` is kept beside the fact."""
    body = await sent(request)
    return await _change("amendment", services, terms, incident, body, read(AmendIncident, body.document))


@router.post(
    "/v1/incidents/{incident}/close",
    summary="Take no further reports",
    **writes(
        "CloseIncident",
        "no-such-incident",
        "version-mismatch",
        "merged",
        "incident-closed",
        examples={"reason": {"value": {"reason": "All sources have published their final figures."}}},
    ),
)
async def close(request: Request, services: Opened, terms: Asked, incident: IncidentName) -> Response:
    """Corrections and retractions are still taken."""
    body = await sent(request)
    return await _change("close", services, terms, incident, body, read(CloseIncident, body.document))


@router.post(
    "/v1/incidents/{incident}/reopen",
    summary="Take reports again",
    **writes(
        "ReopenIncident",
        "no-such-incident",
        "version-mismatch",
        "merged",
        "incident-open",
        examples={"reason": {"value": {"reason": "A commission published a new figure."}}},
    ),
)
async def reopen(request: Request, services: Opened, terms: Asked, incident: IncidentName) -> Response:
    """Undo its closing."""
    body = await sent(request)
    return await _change("reopen", services, terms, incident, body, read(ReopenIncident, body.document))


@router.post(
    "/v1/incidents/{incident}/scopes",
    summary="Declare a scope",
    **writes(
        "DeclareScope",
        "no-such-incident",
        "version-mismatch",
        "merged",
        "incident-closed",
        "scope-taken",
        "scope-reserved",
        "time-unreadable",
        examples={"scope": {"value": _SCOPE}},
    ),
)
async def declare_scope(request: Request, services: Opened, terms: Asked, incident: IncidentName) -> Response:
    """Name a part of the incident that claims may count; declared once."""
    body = await sent(request)
    return await _change("scopes", services, terms, incident, body, read(DeclareScope, body.document))


async def _change(
    operation: str, services: Opened, terms: Terms, incident: str, body: Sent, command: Command
) -> Response:
    stream = stream_of(incident)
    order = Order(operation, str(stream), body, terms, (incident, stream))
    written = await record(services, order, command, id_for(services, terms))
    return created(written, f"/v1/incidents/{written.incident}")


@router.get("/v1/incidents", summary="List the incidents", **reads("IncidentList"))
async def list_incidents(
    request: Request,
    services: Opened,
    cursor: Annotated[
        int, Query(ge=0, le=2**63 - 1, description="Where the page begins: the `next` of the page before.")
    ] = 0,
    limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE, description="How many at most.")] = PAGE,
) -> Response:
    """They come in the order in which they were opened, as they stand now."""
    offered(request, JSON)
    head = (await services.reader.head()).position
    found = await services.reader.opened(cursor, limit + 1, head)
    page = found[:limit]
    following = str(page[-1].position) if len(found) > limit else None
    document = {"items": await _items(services.reader, page, head), "next": following, "position": head}
    response = send_document(request, document)
    if following:
        response.headers["Link"] = f'</v1/incidents?cursor={following}&limit={limit}>; rel="next"'
    return response


async def _items(reader: LogReader, page: list[StoredRow], head: int) -> list[dict[str, object]]:
    topics = [fact.topic for fact in _CHANGES]
    changes = await reader.of_topics([row.originator_id for row in page], topics, head)
    items = {row.originator_id: _item(row) for row in page}
    for change in changes:
        item, state = items[change.originator_id], orjson.loads(change.state)
        if change.topic == IncidentAmended.topic:
            item["title"] = state.get("title") or item["title"]
        elif change.topic in (IncidentClosed.topic, IncidentReopened.topic):
            item["status"] = "closed" if change.topic == IncidentClosed.topic else "open"
        elif state["incident"] == item["slug"]:  # the other side of a merge is not changed by it
            item["into"] = state["into"] if change.topic == IncidentMerged.topic else None
    return [_standing(item) for item in items.values()]


def _standing(item: dict[str, object]) -> dict[str, object]:
    if item["into"]:
        return {**item, "status": "merged"}
    return {name: value for name, value in item.items() if name != "into"}


def _item(opening: StoredRow) -> dict[str, object]:
    state = orjson.loads(opening.state)
    return {
        "slug": state["slug"],
        "id": str(opening.originator_id),
        "title": state["title"],
        "status": "open",
        "into": None,
        "opened": {"position": opening.position, "recorded_at": format_instant(opening.recorded_at)},
        "links": links_of(state["slug"]),
    }


def links_of(slug: str) -> dict[str, str]:
    """Return where an incident's answers are."""
    own = f"/v1/incidents/{quote(slug)}"
    paths = {name: f"{own}{path}" for name, path in paths_of_views().items()}
    return {**paths, **{name: f"{own}/{name}" for name in ("duplicates", "facts")}}
