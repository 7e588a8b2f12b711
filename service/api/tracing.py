"""OpenTelemetry traces: a span for each request, with its method, operation and status, and nothing of a report.

FastAPI's own spans hold paths and queries, which name incidents, sources and what was searched for; so they are off.
"""

from typing import Final

from opentelemetry import propagate, trace
from opentelemetry.trace import SpanKind, StatusCode
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.metrics import route_path

_FAULT: Final = 500
_TRACE_HEADERS: Final = frozenset({b"traceparent", b"tracestate"})


class Tracing:
    """ASGI middleware that traces each request, in the trace that its `traceparent` names, if there is one."""

    def __init__(self, app: ASGIApp, tracer: trace.Tracer) -> None:
        self._app = app
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = {name.decode(): value.decode("latin-1") for name, value in scope["headers"] if name in _TRACE_HEADERS}
        status = 0

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with self._tracer.start_as_current_span(
            scope["method"],
            propagate.extract(given),
            SpanKind.SERVER,
            {"http.request.method": scope["method"]},
            record_exception=False,  # its text may quote a body
            set_status_on_exception=False,
        ) as span:
            try:
                await self._app(scope, receive, send_on)
            finally:
                if route := route_path(scope):
                    span.update_name(f"{scope['method']} {route}")
                    span.set_attribute("http.route", route)
                span.set_attribute("http.response.status_code", status)
                if status >= _FAULT or not status:
                    span.set_status(StatusCode.ERROR)
