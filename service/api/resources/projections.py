"""The state of the projections: position, lag and failure of each read model."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from fastapi import Request
from pydantic import ConfigDict
from starlette.responses import Response

from service.api.lists.page import ListItem, Page, page_response
from service.api.media_types import JSON
from service.api.models import ResponseModel
from service.api.negotiation import negotiate
from service.api.principals import RequestPrincipal
from service.api.read_models import ReadModels
from service.api.resource import Resource
from service.api.services import InjectedServices
from service.projections.registry import Generation

RESOURCE = Resource("service")


class ProjectionFailure(ResponseModel):
    """The fact that made a read model fail, which is never skipped."""

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)
    position: int
    error: str


class BuildProgress(ResponseModel):
    """A generation that is being built, and how far."""

    generation: int
    version: int
    position: int
    behind: int
    """How many facts it has to go."""
    stopped: ProjectionFailure | None


class ProjectionItem(ResponseModel):
    """One read model, and where it stands."""

    name: str
    meaning: str
    version: int
    """That this release reads."""
    status: Literal["live", "stopped", "being-built"]
    generation: int | None
    """The one that answers; null where none does yet."""
    position: int | None
    behind: int | None
    """How many facts of the log it does not know yet."""
    stopped: ProjectionFailure | None
    building: BuildProgress | None


class ProjectionList(ResponseModel):
    """All read models."""

    items: list[ProjectionItem]
    next: None
    position: int
    """The last position of the log."""


@RESOURCE.get("/v1/projections", summary="How far the read models are", **RESOURCE.reads(ProjectionList))
async def projections(request: Request, services: InjectedServices, principal: RequestPrincipal) -> Response:
    """Tell of each read model where it stands, how many facts it lies `behind` the log, and whether it has stopped.

    One that is `live` answers; `building` is the next generation, which takes its place once it has come to where it
    is not `behind` any more. A model that a fact has made fail is `stopped`, which says at which fact, and why: no fact
    is ever skipped. The `position` of the answer is that of the last fact in the log.
    """
    negotiate(request, JSON)
    found = await services.read_models.generations()
    if principal.collections is not None:
        found = [replace(each, stopped=each.stopped and _position_only(each.stopped)) for each in found]
    head = (await services.reader.head()).position
    items = [_item(name, services.read_models, found, head) for name in services.read_models.models]
    return await page_response(request, Page(items, head, closed=False))


def _position_only(failure: Mapping[str, Any]) -> dict[str, Any]:
    """Return a failure without what it says of a fact, which may be of an incident that is not visible."""
    return {"position": failure["position"], "error": "Whoever runs the service can read what it was."}


def _item(name: str, models: ReadModels, found: list[Generation], head: int) -> ListItem:
    own = [each for each in found if each.name == name]
    live = next((each for each in own if each.status == "live"), None)
    building = next((each for each in reversed(own) if each.status == "building"), None)
    model = models.models[name]
    return {
        "name": name,
        "meaning": model.meaning,
        "version": model.version,
        "status": _status(live, model.version),
        **_progress(live, head),
        "building": building and {**_progress(building, building.target or head), "version": building.version},
    }


def _status(live: Generation | None, version: int) -> str:
    if live is None or live.version != version:
        return "being-built"
    return "stopped" if live.stopped else "live"


def _progress(generation: Generation | None, target: int) -> ListItem:
    """Return the position and lag of a generation on its way to `target`."""
    if generation is None:
        return dict.fromkeys(("generation", "position", "behind", "stopped"))
    behind = max(0, target - generation.position)
    return {
        "generation": generation.generation,
        "position": generation.position,
        "behind": behind,
        "stopped": generation.stopped,
    }
