"""Where an answer about a merged incident is: at the same address of the incident that shows all it holds."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from service.answers.answer import MergedAway
from service.api.failures import problem_of

_SAME_QUESTION_THERE = 307
_NAME = "{incident}"


async def lead(request: Request, error: Exception) -> Response:
    """Lead a reader on, with the same question; refuse a writer, who should know what is written where."""
    path: str = request.scope["route"].path
    if request.method != "GET" or not isinstance(error, MergedAway):
        return problem_of(error).response()
    where = path.replace(_NAME, quote(error.into, safe=""))
    query = request.url.query
    headers = {"Location": f"{where}?{query}" if query else where, "Cache-Control": "no-cache"}
    return Response(None, _SAME_QUESTION_THERE, headers)
