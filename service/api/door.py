"""The door: every request passes it; it logs what came and went, and nothing of our insides leaves by it."""

import time
from collections.abc import Callable
from uuid import UUID

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.failures import problem_of
from service.api.sending import BODILESS

_log = structlog.stdlib.get_logger("service.api")
_UNTOLD = 499
"""In the log, the status of a request whose client left before it was answered."""


class Door:
    """Logs each request, and answers what nobody foresaw with a problem that names it in the log.

    A HEAD request is served as GET, marked as `BODILESS`; the server leaves the body out.
    """

    def __init__(self, app: ASGIApp, new_id: Callable[[], UUID]) -> None:
        self._app = app
        self._new_id = new_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0
        asked = {"method": scope["method"], "path": scope["raw_path"].decode("ascii", "backslashreplace")}

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-content-type-options", b"nosniff")]
            await send(message)

        inner = {**scope, "method": "GET", BODILESS: True} if scope["method"] == "HEAD" else scope
        try:
            await self._app(inner, receive, told)
        except ClientDisconnect:
            status = status or _UNTOLD
        except Exception as error:
            instance = f"urn:uuid:{self._new_id()}"
            _log.exception("fault", instance=instance, **asked)
            if status:  # half of an answer is out: the connection has to break, or it would pass for a whole one
                raise
            await problem_of(error).response(instance)(scope, receive, told)
        finally:
            took = round((time.perf_counter() - began) * 1000, 1)
            _log.info("request", **asked, status=status, ms=took)
