"""Snapshots of read models by the parameters `as_of`, `min_position` and `cursor`."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from service.answers.as_of import PastTheEnd, ResolvedMoment, resolve_moment
from service.api.lists.cursor import Cursor, invalid_cursor
from service.api.parameters import ReadAtParameters
from service.api.read_models import Snapshot
from service.api.services import Services
from service.eventstore import LogReader


@asynccontextmanager
async def snapshot_at(
    services: Services, read_at: ReadAtParameters, *names: str, after: Cursor | None = None
) -> AsyncGenerator[Snapshot]:
    """Open a snapshot of read models at the requested moment, waiting for them to reach it.

    A page `after` a cursor is read at the cursor's position. Raises Unanswerable for an invalid moment; HttpProblem
    where the models do not reach it in time.
    """
    moment = await _moment(services.reader, read_at, after)
    async with services.read_models.snapshot(names, moment, read_at.min_position or 0) as snapshot:
        yield snapshot


async def _moment(reader: LogReader, read_at: ReadAtParameters, after: Cursor | None) -> ResolvedMoment | None:
    """Return the requested moment; None is now, at the models' present position."""
    head = (await reader.head()).position
    if read_at.min_position and read_at.min_position > head:
        message = f"min_position={read_at.min_position} lies past the end of the log, whose last position is {head}."
        raise PastTheEnd(message, "min_position")
    moment = await resolve_moment(reader, read_at.as_of) if read_at.as_of else None
    if after is None:
        return moment
    if after.position > head:
        raise invalid_cursor()
    return ResolvedMoment(after.position, closed=True)
