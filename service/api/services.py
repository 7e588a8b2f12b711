"""The services that resources use: log reader and writer, read models, subscription, ids. Made by `wiring`."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Annotated, Protocol, cast
from uuid import UUID

from fastapi import Depends, Request

from service.access.sealing.reading import SealedReader
from service.answers.answering_process import AnsweringProcess
from service.api.read_models import ReadModels
from service.api.responses import ClosedAnswerHeads
from service.eventstore import LogReader
from service.eventstore.change_subscription import Subscription
from service.eventstore.writer import Writer


class PublicationPositions(Protocol):
    """The positions of published estimates in the log."""

    async def positions(self, digest: str | None = None) -> list[int]:
        """Return the positions of all of them, or of those with this digest, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class Services:
    """The services of one process.

    `missing_for_readiness` returns what the database lacks, as sentences. `new_id` makes a random id. `root_at` returns
    the Merkle root of the log at a position.
    """

    reader: LogReader
    writer: Writer
    new_id: Callable[[], UUID]
    missing_for_readiness: Callable[[], Awaitable[list[str]]]
    publications: PublicationPositions
    root_at: Callable[[int], Awaitable[bytes]]
    subscription: Subscription
    read_models: ReadModels
    answering: AnsweringProcess
    sealed: SealedReader
    closed_heads: ClosedAnswerHeads = field(default_factory=ClosedAnswerHeads)
    publication_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Serialises publications: concurrent ones would make each other retry."""


async def services_of(request: Request) -> Services:
    """Return the services of the application."""
    return cast("Services", request.app.state.services)


InjectedServices = Annotated[Services, Depends(services_of)]
"""The services, as a parameter of an operation."""
