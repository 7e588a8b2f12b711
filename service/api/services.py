"""The services that resources use: log reader and writer, read models, subscription, ids. Made by `wiring`."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from io import BufferedRandom
from typing import Annotated, Protocol, cast
from uuid import UUID

from fastapi import Depends, Request
from starlette.types import Scope

from service.access.authenticator import Authenticator
from service.access.collections import CollectionWriter, VisibleLog
from service.access.issuing import TokenIssuing
from service.access.principal import Principal
from service.access.sealing.reading import SealedReader
from service.answers.visible_answering import Answering, VisibleAnswering
from service.api.principals import principal_of
from service.api.read_models import ReadModels
from service.api.responses import ClosedAnswerHeads
from service.eventstore import LogReader
from service.eventstore.change_subscription import Subscription
from service.eventstore.writer import CommandWriter
from service.transparency.publications import PublicationIndex
from service.transparency.signed_log import SignedLog


class ExportFormat(Protocol):
    """A format that is exported by link."""

    @property
    def media_type(self) -> str: ...
    @property
    def suffix(self) -> str: ...


class ExportedFile(Protocol):
    """An export in a temporary file, with its coordinates and gaps. `trouble` says why it could not be written."""

    @property
    def file(self) -> BufferedRandom: ...
    @property
    def coordinates(self) -> Mapping[str, str | int | bool | None]: ...
    @property
    def gaps(self) -> Sequence[Mapping[str, str | int]]: ...
    @property
    def trouble(self) -> str | None: ...


class FileExports(Protocol):
    """Exports of incidents as files, by the name of the format."""

    @property
    def formats(self) -> Mapping[str, ExportFormat]: ...

    async def write(
        self,
        name: str,
        incidents: Sequence[str],
        as_of: str | None,
        reading: tuple[str | None, str | None],
        collections: frozenset[str] | None,
    ) -> ExportedFile:
        """Write incidents, or all, at a reading (reported_until, policy), for who sees these collections."""
        ...


@dataclass(frozen=True, slots=True)
class Services:
    """The services of one process.

    `missing_for_readiness` returns what the database lacks, as sentences. `new_id` makes a random id. `root_at` returns
    the Merkle root of the log at a position. Without an `authenticator` the service is open: no token is needed.
    """

    reader: LogReader
    writer: CommandWriter
    new_id: Callable[[], UUID]
    missing_for_readiness: Callable[[], Awaitable[list[str]]]
    publications: PublicationIndex
    signed_log: SignedLog
    root_at: Callable[[int], Awaitable[bytes]]
    subscription: Subscription
    exports: FileExports
    read_models: ReadModels
    answering: Answering
    prepare_answers: Callable[[], Coroutine[None, None, None]]
    """Reads the largest incidents before they are asked about."""
    sealed: SealedReader
    tokens: TokenIssuing
    pool_stats: Callable[[], Mapping[str, int]] = dict[str, int]
    """What the pool of connections to the database counts."""
    authenticator: Authenticator | None = None
    closed_heads: ClosedAnswerHeads = field(default_factory=ClosedAnswerHeads)
    publication_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Serialises publications: concurrent ones would make each other retry."""

    def within(self, collections: frozenset[str]) -> "Services":
        """Return services for which the incidents outside these collections are not there.

        They are of one request. The subscription takes the collections with its filter of facts.
        """
        log = VisibleLog(self.reader, collections)
        return replace(
            self,
            reader=log,
            writer=CollectionWriter(self.writer, collections),
            read_models=self.read_models.within(collections),
            answering=VisibleAnswering(self.answering, log),
            closed_heads=ClosedAnswerHeads(),
        )

    def of(self, principal: Principal) -> "Services":
        """Return services of a token beside the requests: what they write is recorded as by it."""
        seen = self if principal.collections is None else self.within(principal.collections)
        return replace(seen, writer=CollectionWriter(self.writer, principal.collections, principal.id))


def services_for(scope: Scope) -> Services:
    """Return the services of the application as far as the principal of a request may see and write."""
    services = cast("Services", scope["app"].state.services)
    collections = principal_of(scope).collections
    return services if collections is None else services.within(collections)


async def services_of(request: Request) -> Services:
    """Return the services that a request is served with."""
    return services_for(request.scope)


InjectedServices = Annotated[Services, Depends(services_of)]
"""The services, as a parameter of an operation."""
