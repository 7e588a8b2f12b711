"""The resource of origins: that two sources are one, such as an agency under two names, and that they are two again."""

from fastapi import Request
from starlette.responses import Response

from domain.incident.commands import StateSameOrigin, UndoSameOrigin
from domain.values.sources import ANONYMOUS
from service.api.body import Sent, read, sent
from service.api.described import resource, writes
from service.api.services import Opened
from service.api.writing import Asked, Order, Terms, created, id_for, record, refuse_version

router = resource("sources")

_PATH = "/v1/sources/same-origin"
_PROBLEMS = ("unknown-origin", "nothing-changed")
_NAMED = {"origins": ["afp", "france-24"], "reason": "It prints the agency's figures."}
_UNNAMED = {"origins": ["anonymous:Syrian security sources|reuters", "syrian-interior-ministry"]}


@router.post(
    _PATH,
    summary="Say that two sources are one origin",
    **writes(
        "StateSameOrigin",
        *_PROBLEMS,
        examples={"two names": {"value": _NAMED}, "an unnamed source": {"value": _UNNAMED}},
    ),
)
async def state_same_origin(request: Request, services: Opened, terms: Asked) -> Response:
    """Name each as documents do. From here on they are one voice, in every incident that cites both or either."""
    refuse_version(terms, "Two sources have no version to write against; leave it out.")
    body = await sent(request)
    return await _record("same_origin", services, terms, body, read(StateSameOrigin, body.document))


@router.post(
    f"{_PATH}/undo",
    summary="Say that two sources are two origins after all",
    **writes("UndoSameOrigin", *_PROBLEMS, examples={"two names": {"value": _NAMED}}),
)
async def undo_same_origin(request: Request, services: Opened, terms: Asked) -> Response:
    """Undo what was stated of these two; what each is stated to be one with besides stays so."""
    refuse_version(terms, "Two sources have no version to write against; leave it out.")
    body = await sent(request)
    return await _record("same_origin_undo", services, terms, body, read(UndoSameOrigin, body.document))


async def _record(
    operation: str, services: Opened, terms: Terms, body: Sent, command: StateSameOrigin | UndoSameOrigin
) -> Response:
    written = await record(services, Order(operation, "", body, terms), command, id_for(services, terms))
    named = [origin for origin in command.origins if not origin.startswith(ANONYMOUS)]
    return created(written, f"/v1/sources/{named[0]}" if named else None)
