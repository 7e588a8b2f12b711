"""What the resources are served from: the log's two ends, and ids; wiring opens them, and the app holds them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Request

from service.eventstore import LogReader
from service.eventstore.writer import Writer


@dataclass(frozen=True, slots=True)
class Services:
    """The opened services of one process.

    `missing` asks the database what still keeps the service from answering: sentences, none if it is ready.
    `new_id` gives a random id a call.
    """

    reader: LogReader
    writer: Writer
    new_id: Callable[[], UUID]
    missing: Callable[[], Awaitable[list[str]]]


def _opened(request: Request) -> Services:
    return cast("Services", request.app.state.services)


Opened = Annotated[Services, Depends(_opened)]
"""The services, as a parameter of a resource."""
