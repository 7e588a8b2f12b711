"""Statements that two sources are of the same origin, such as an agency under two names; and their undoing."""

from starlette.responses import Response

from domain.incident.commands import StateSameOrigin, UndoSameOrigin
from domain.values.sources import ANONYMOUS
from service.api.requests.write import IncomingWrite, WriteParameter, write_response
from service.api.resource import Resource

RESOURCE = Resource("sources")

_PATH = "/v1/sources/same-origin"
_PROBLEMS = "unknown-origin nothing-changed"
_NAMED = {"origins": ["afp", "france-24"], "reason": "It prints the agency's figures."}
_UNNAMED = {"origins": ["anonymous:Syrian security sources|reuters", "syrian-interior-ministry"]}


@RESOURCE.post(
    _PATH,
    summary="Say that two sources are one origin",
    **RESOURCE.writes(
        StateSameOrigin,
        _PROBLEMS,
        examples={"two names": {"value": _NAMED}, "an unnamed source": {"value": _UNNAMED}},
        scope="curate",
    ),
)
async def state_same_origin(write: WriteParameter) -> Response:
    """Name each as documents do. From here on they are one voice, in every incident that cites both or either."""
    write.refuse_if_match("Two sources have no version to write against; leave it out.")
    return await _record(write, "same_origin", StateSameOrigin)


@RESOURCE.post(
    f"{_PATH}/undo",
    summary="Say that two sources are two origins after all",
    **RESOURCE.writes(UndoSameOrigin, _PROBLEMS, examples={"two names": {"value": _NAMED}}, scope="curate"),
)
async def undo_same_origin(write: WriteParameter) -> Response:
    """Undo what was stated of these two; what each is stated to be one with besides stays so."""
    write.refuse_if_match("Two sources have no version to write against; leave it out.")
    return await _record(write, "same_origin_undo", UndoSameOrigin)


async def _record(
    write: IncomingWrite, operation: str, model: type[StateSameOrigin] | type[UndoSameOrigin]
) -> Response:
    command = await write.read(model)
    written = await write.record(write.request(operation), command)
    named = [origin for origin in command.origins if not origin.startswith(ANONYMOUS)]
    return write_response(written, f"/v1/sources/{named[0]}" if named else None)
