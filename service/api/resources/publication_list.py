"""The list of publications, the newest first; and each of them answered again and compared."""

from typing import Annotated, Any, Final, Literal

from fastapi import Path, Query, Request
from starlette.responses import Response

from domain.facts.union import EstimatePublished
from service.answers.as_of import resolve_moment
from service.api.errors.problem import HttpProblem
from service.api.lists.cursor import Cursor, invalid_cursor
from service.api.lists.page import Page, Paging, page_response
from service.api.lists.publications import PublicationItem, publication_items
from service.api.media_types import JSON
from service.api.models import ResponseModel
from service.api.negotiation import negotiate
from service.api.parameters import AsOf, existing_incident
from service.api.principals import RequestPrincipal
from service.api.resource import MOMENT_PROBLEMS, Resource
from service.api.responses import document_response
from service.api.services import InjectedServices
from service.eventstore import LogReader, StoredFact
from service.transparency.publications import replay

RESOURCE = Resource("publications")

ORDER: Final = "-position"
"""The order of the list, as its cursors name it."""
_LAST_POSITION: Final = 2**63 - 1


class PublicationList(ResponseModel):
    """Publications, the newest first."""

    items: list[PublicationItem]
    next: str | None
    """The cursor of the next page; null on the last."""
    position: int
    """The position of the log that the list was read at."""


class PublicationDifferenceItem(ResponseModel):
    """A part of an answer that is not what was published."""

    what: Literal["digest", "inputs", "root", "position", "version"]
    published: Any
    replayed: Any


class PublicationReplayResponse(ResponseModel):
    """A publication, and what its answer is now, asked for at its coordinates."""

    publication: PublicationItem
    matches: bool
    """Whether it is answered exactly as it was published."""
    compared: list[str]
    """What was compared; empty where it cannot be answered."""
    differences: list[PublicationDifferenceItem]
    trouble: str | None
    """Why it cannot be answered again; null where it can."""


PublicationsOf = Annotated[
    str | None, Query(description="Only those in the stream of this incident: its slug, or its id.")
]
PublicationPosition = Annotated[
    int, Path(ge=1, le=_LAST_POSITION, description="The position of a publication in the log.")
]


@RESOURCE.get(
    "/v1/publications",
    summary="List the publications",
    **RESOURCE.reads(PublicationList, *MOMENT_PROBLEMS, "no-such-incident"),
)
async def list_publications(
    request: Request,
    services: InjectedServices,
    principal: RequestPrincipal,
    paging: Paging,
    incident: PublicationsOf = None,
    as_of: AsOf = None,
) -> Response:
    """Tell of each its receipt, where it stands in the log, and why it was published: the newest first.

    They are read from the log itself, so one that was just recorded is there.
    """
    negotiate(request, JSON)
    reader = services.reader
    moment = await resolve_moment(reader, as_of)
    before, position = await _begin(reader, paging.after, moment.position)
    stream = await existing_incident(reader, incident) if incident else None
    found = [each for each in await services.publications.positions(stream=stream) if each < before]
    rows = await _newest(reader, found, paging.limit + 1)
    shown = rows[: paging.limit]
    following = Cursor(ORDER, shown[-1].position, "", position) if len(rows) > paging.limit else None
    items = await publication_items(reader, shown, named=principal.may("audit"))
    return await page_response(request, Page(items, position, closed=False, next=following))


@RESOURCE.get(
    "/v1/publications/{position}/replay",
    summary="Answer a publication again",
    **RESOURCE.reads(PublicationReplayResponse, "no-such-publication"),
)
async def replay_publication(
    request: Request, services: InjectedServices, principal: RequestPrincipal, position: PublicationPosition
) -> Response:
    """Answer it now at its coordinates, and compare digest, inputs, place and the root of the log with those published.

    The root is computed from the facts that the log has now, up to the position of the receipt.
    """
    negotiate(request, JSON)
    await services.reader.head()
    row = next(iter(await services.reader.at([position])), None)
    if row is None or not row.is_a(EstimatePublished):
        raise HttpProblem("no-such-publication", f"Nothing was published at position {position} of this log.")
    (item,) = await publication_items(services.reader, [row], named=principal.may("audit"))
    replayed = await replay(services.reader, services.root_at, row)
    differences = [
        {"what": each.what, "published": each.published, "replayed": each.replayed} for each in replayed.differences
    ]
    document = {
        "publication": item,
        "matches": replayed.matches,
        "compared": [] if replayed.trouble else list(replayed.compared),
        "differences": differences,
        "trouble": replayed.trouble,
    }
    return document_response(request, document)


async def _begin(reader: LogReader, after: Cursor | None, position: int) -> tuple[int, int]:
    """Return the position that all publications of a page are before, and that which the list is read at."""
    if after is None:
        return position + 1, position
    head = (await reader.head()).position
    if after.sort != ORDER or not isinstance(after.value, int) or after.key or after.position > head:
        raise invalid_cursor()
    return min(after.value, after.position + 1), after.position


async def _newest(reader: LogReader, positions: list[int], most: int) -> list[StoredFact]:
    """Return up to `most` visible facts of these ascending positions, the last first."""
    found: list[StoredFact] = []
    while positions and len(found) < most:
        positions, last = positions[:-most], positions[-most:]
        found += reversed(await reader.at(last))
    return found[:most]
