"""Which moment of the read models is asked about, and a transaction over them once they stand there."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from service.answers.as_of import PastTheEnd, ResolvedMoment, resolve_moment
from service.api.cursors import Cursor, refuse_cursor
from service.api.parameters import AskedAt
from service.api.projected import Snapshot
from service.api.services import Services
from service.eventstore import LogReader


@asynccontextmanager
async def reached(
    services: Services, asked: AskedAt, *names: str, after: Cursor | None = None
) -> AsyncGenerator[Snapshot]:
    """Open a transaction over the read models of these names, at the moment asked, once they stand there.

    A page `after` another is read where that was. Raises Unanswerable for a moment that there is not; Problem where
    the models do not stand there in time.
    """
    moment = await _settled(services.reader, asked, after)
    async with services.read_models.at(names, moment, asked.min_position or 0) as snapshot:
        yield snapshot


async def _settled(reader: LogReader, asked: AskedAt, after: Cursor | None) -> ResolvedMoment | None:
    """Return the moment asked about; None is now, wherever the models stand."""
    head = (await reader.head()).position
    if asked.min_position and asked.min_position > head:
        message = f"min_position={asked.min_position} lies past the end of the log, whose last position is {head}."
        raise PastTheEnd(message, "min_position")
    moment = await resolve_moment(reader, asked.as_of) if asked.as_of else None
    if after is None:
        return moment
    if after.position > head:
        raise refuse_cursor()
    return ResolvedMoment(after.position, closed=True)
