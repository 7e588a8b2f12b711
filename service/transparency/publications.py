"""Published estimates: their positions in the log, and the check that each is still answered the same."""

import base64
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, LiteralString, cast
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import tuple_row
from psycopg_pool import AsyncConnectionPool

from domain.catalogue import UnknownName
from domain.facts.union import EstimatePublished
from domain.facts.versions import UnknownFact
from domain.values.time.clocks import format_instant
from service.answers.answer import Answer, AnswerReader, AnswerRequest, answer
from service.answers.as_of import Unanswerable
from service.eventstore import StoredFact
from service.eventstore.stored_fact import topics_sql
from service.transparency.tree import FactMissing

_POSITIONS: Final = f"SELECT notification_id FROM public.facts WHERE topic IN {topics_sql(EstimatePublished)}"  # noqa: S608 - constants
ALL: Final = f"{_POSITIONS} ORDER BY notification_id"
# The expression is that of the index facts_publications_idx, to the letter.
OF_DIGEST: Final = f"""
    {_POSITIONS} AND substring(encode(state, 'escape') COLLATE "C" FROM '"digest":"([0-9a-f]{{64}})"') = %(digest)s
    ORDER BY notification_id
"""
OF_STREAM: Final = f"{_POSITIONS} AND originator_id = %(stream)s ORDER BY notification_id"

_TROUBLE = (FactMissing, Unanswerable, UnknownName, UnknownFact)
"""Errors of answering a publication again: it names what is not there, or a fact cannot be read."""


class PublicationIndex:
    """Finds published estimates over a pool of connections."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[Any]]) -> None:
        self._pool = pool

    async def positions(self, digest: str | None = None, stream: UUID | None = None) -> list[int]:
        """Return the positions of all published estimates, or of those with this digest or stream, oldest first."""
        query: LiteralString = OF_DIGEST if digest is not None else OF_STREAM if stream is not None else ALL
        async with (
            self._pool.connection() as connection,
            connection.cursor(binary=True, row_factory=tuple_row) as cursor,
        ):
            found = await (await cursor.execute(query, {"digest": digest, "stream": stream})).fetchall()
        return [position for (position,) in found]


COMPARED: Final = ("digest", "inputs", "root", "position", "version")
"""The parts of an answer that are compared."""


@dataclass(frozen=True, slots=True)
class PublicationDifference:
    """A part of an answer with its published and its present value."""

    what: str
    published: object
    replayed: object


@dataclass(frozen=True, slots=True)
class PublicationReplay:
    """A publication at `position`, answered again and compared.

    `incident` is its slug, or its id where that could not be learned. `trouble` says why it cannot be answered.
    """

    position: int
    recorded_at: str
    incident: str
    published: EstimatePublished | None
    differences: tuple[PublicationDifference, ...] = ()
    trouble: str | None = None
    compared: Sequence[str] = COMPARED

    @property
    def matches(self) -> bool:
        """Say whether it is answered exactly as it was published."""
        return not self.differences and self.trouble is None


async def replay(log: AnswerReader, root_at: Callable[[int], Awaitable[bytes]], row: StoredFact) -> PublicationReplay:
    """Answer a publication again at its coordinates, and compare digest, inputs and root with the published ones.

    It also has to come right after the version that it is about: that is how it shows that no later fact of the
    incident was left out.
    """
    incident, recorded_at = str(row.stream), format_instant(row.recorded_at)
    published: EstimatePublished | None = None
    try:
        published = cast("EstimatePublished", row.fact())
        found = await answer(log, _question(incident, published))
        root = await root_at(published.position)
    except _TROUBLE as error:
        return PublicationReplay(row.position, recorded_at, incident, published, trouble=str(error))
    slug = str(found.document.get("incident", incident))
    compared = _compared(row, published, found, base64.b64encode(root).decode())
    differences = tuple(each for each in compared if each.published != each.replayed)
    return PublicationReplay(row.position, recorded_at, slug, published, differences)


def _question(incident: str, published: EstimatePublished) -> AnswerRequest:
    return AnswerRequest(incident, published.view, f"@{published.position}", published.reported_until, published.policy)


def _compared(
    row: StoredFact, published: EstimatePublished, found: Answer, root: str
) -> tuple[PublicationDifference, ...]:
    inputs = dict(found.inputs)
    pairs = (
        (published.digest, found.digest),
        (published.inputs, inputs),
        (published.root, root),
        (published.position, found.coordinates["position"]),
        (row.version, inputs.get(str(row.stream), 0) + 1),
    )
    return tuple(PublicationDifference(what, *pair) for what, pair in zip(COMPARED, pairs, strict=True))
