"""The log line of a request, formatted at once; every other event goes through structlog's processors."""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from structlog.typing import EventDict, Processor, WrappedLogger

_REQUEST: Final = ("method", "path", "status", "ms", "event")
"""The members of the event, in their order, as the middleware of the HTTP interface gives them."""
_UNQUOTED: Final = re.compile(r"[!#-&(-<>-\[\]-~]+")
"""Printable ASCII that neither form of a log quotes or escapes."""

CONSOLE_LINE: Final = "{timestamp} [info     ] request method={method} ms={ms} path={path} status={status}"
JSON_LINE: Final = (
    '{{"method": "{method}", "path": "{path}", "status": {status}, "ms": {ms}, "event": "request", "level": "info",'
    ' "timestamp": "{timestamp}"}}'
)

Stamp = Callable[[WrappedLogger, str, EventDict], EventDict]


class RequestLineFormatter:
    """The only processor of a logger: formats requests by a template, and other events by `processors`."""

    def __init__(self, processors: Sequence[Processor], stamp: Stamp, template: str | None) -> None:
        """`stamp` adds the timestamp, and is one of `processors`; without a template these format everything."""
        self._processors = processors
        self._stamp = stamp
        self._format = template.format_map if template else None

    def __call__(self, logger: WrappedLogger, level: str, event: EventDict) -> str:
        """Return the line of an event."""
        if (
            self._format
            and level == "info"
            and tuple(event) == _REQUEST
            and event["event"] == "request"
            and _UNQUOTED.fullmatch(event["path"])
            and _UNQUOTED.fullmatch(event["method"])
        ):
            return self._format(self._stamp(logger, level, event))
        processed: Any = event
        for process in self._processors:
            processed = process(logger, level, processed)
        return processed
