"""The resource of projections: how far the tables are that lists are read from, and what keeps them from going on."""

from fastapi import Request
from starlette.responses import Response

from service.api.described import reads, resource
from service.api.lists import Item, Page, send_page
from service.api.projected import ReadModels
from service.api.sending import JSON, offered
from service.api.services import Opened
from service.projections.registry import Generation

router = resource("service")


@router.get("/v1/projections", summary="How far the read models are", **reads("ProjectionList"))
async def projections(request: Request, services: Opened) -> Response:
    """Tell of each read model where it stands, how many facts it lies `behind` the log, and whether it has stopped.

    One that is `live` answers; `building` is the next generation, which takes its place once it has come to where it
    is not `behind` any more. A model that a fact has made fail is `stopped`, which says at which fact, and why: no fact
    is ever skipped. The `position` of the answer is that of the last fact in the log.
    """
    offered(request, JSON)
    found = await services.read_models.registered()
    head = (await services.reader.head()).position
    items = [_item(name, services.read_models, found, head) for name in services.read_models.models]
    return send_page(request, Page(items, head, closed=False))


def _item(name: str, models: ReadModels, found: list[Generation], head: int) -> Item:
    own = [each for each in found if each.name == name]
    live = next((each for each in own if each.status == "live"), None)
    building = next((each for each in reversed(own) if each.status == "building"), None)
    model = models.models[name]
    return {
        "name": name,
        "meaning": model.meaning,
        "version": model.version,
        "status": _status(live, model.version),
        **_told(live, head),
        "building": building and {**_told(building, building.target or head), "version": building.version},
    }


def _status(live: Generation | None, version: int) -> str:
    if live is None or live.version != version:
        return "being-built"
    return "stopped" if live.stopped else "live"


def _told(generation: Generation | None, target: int) -> Item:
    """Write where a generation stands, on its way to a position."""
    if generation is None:
        return dict.fromkeys(("generation", "position", "behind", "stopped"))
    behind = max(0, target - generation.position)
    return {
        "generation": generation.generation,
        "position": generation.position,
        "behind": behind,
        "stopped": generation.stopped,
    }
