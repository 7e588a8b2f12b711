"""What the resources are served from: the log's two ends, and ids; wiring opens them, and the app holds them."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Annotated, Protocol, cast
from uuid import UUID

from fastapi import Depends, Request

from service.answers.state_timeline_cache import Chronicles
from service.api.projected import ReadModels
from service.api.sending import Settled
from service.eventstore import LogReader
from service.eventstore.subscription import Subscription
from service.eventstore.writer import Writer


class Publications(Protocol):
    """Where published estimates are in the log."""

    async def positions(self, digest: str | None = None) -> list[int]:
        """Return the positions of all of them, or of those with this digest, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class Services:
    """The opened services of one process.

    `missing` asks the database what still keeps the service from answering: sentences, none if it is ready.
    `new_id` gives a random id a call. `root_at` gives the Merkle root of the log at a position.
    """

    reader: LogReader
    writer: Writer
    new_id: Callable[[], UUID]
    missing: Callable[[], Awaitable[list[str]]]
    publications: Publications
    root_at: Callable[[int], Awaitable[bytes]]
    following: Subscription
    read_models: ReadModels
    chronicles: Chronicles
    settled: Settled = field(default_factory=Settled)
    publishing: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held by whoever publishes: two at once would only keep one another from it."""


async def opened(request: Request) -> Services:
    """Return the services that the application holds."""
    return cast("Services", request.app.state.services)


Opened = Annotated[Services, Depends(opened)]
"""The services, as a parameter of a resource."""
