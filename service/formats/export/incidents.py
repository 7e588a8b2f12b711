"""What is exported: all incidents as of one position, folded piece by piece in the order of their slugs.

The position is fixed before anything is read. Positions are gapless and what lies at or below one never changes, so
however long it takes, and whatever is recorded meanwhile, all of it is of that moment and no transaction is needed.
"""

import asyncio
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow, tuple_row

from domain import catalogue
from domain.facts.streams import POLICY_STREAM
from domain.facts.union import IncidentMerged, IncidentOpened, PolicyAdopted, ReportMoved
from domain.history.history import history_of
from domain.reading import Reading
from service.answers.answer import MergedAway, NoSuchIncident, NotYetKnown, stream_of
from service.answers.as_of import read_moment, settle
from service.answers.bulk_inputs import BulkInputs, Undecodable
from service.eventstore.reader import FIRST_OF, HEAD, LOG_ID, POSITION_AT, SLICE, LogHead
from service.eventstore.stored_fact import StoredFact, stored_fact, topics_sql
from service.formats.exporter import Export, Folded, Unwritable
from service.postgres.pool import connect

INCIDENTS: Final = f"""
    SELECT originator_id, count(*) OVER (), (
        SELECT originator_version FROM public.facts AS last WHERE last.originator_id = opened.originator_id
        ORDER BY originator_version DESC LIMIT 1
    )
    FROM (
        SELECT originator_id, convert_from(state, 'UTF8')::json ->> 'slug' AS slug FROM public.facts
        WHERE topic IN {topics_sql(IncidentOpened)} AND notification_id <= %(upto)s
    ) AS opened
    WHERE (
        starts_with(slug, %(prefix)s) OR %(joined)s AND originator_id IN (
            SELECT originator_id FROM public.facts
            WHERE topic IN {topics_sql(IncidentMerged, ReportMoved)} AND notification_id <= %(upto)s
        )
    ) AND (%(only)s::uuid[] IS NULL OR originator_id = ANY(%(only)s::uuid[]))
    ORDER BY slug COLLATE "C"
"""  # noqa: S608 - constants only
"""The slug is a member of the state in every version of incident_opened."""
MOST_TOGETHER: Final = 500
"""How many incidents are read in one statement."""
MOST_FACTS: Final = 5_000
"""About how many facts are read in one statement; one incident may have more."""
MOST_ROWS: Final = 2_000
"""How many facts of the log are read in one statement."""

Told = Callable[[int, int], None]
"""Hears how much is through, and of how much: incidents, or facts of the log."""


def tell_nobody(_done: int, _total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What to export, as it was asked: moments as they are sent to `/v1`, the policy's `name/version`.

    `only` names incidents by slug or id; `prefix` is how the slugs begin of those that are meant; with
    `joined`, beside them all that others were merged into or reports moved to.
    """

    as_of: str | None = None
    reported_until: str | None = None
    policy: str | None = None
    view: str | None = None
    only: Sequence[str] = ()
    prefix: str = ""
    joined: bool = False
    map: Path | None = None


@contextmanager
def exporting(url: str, asked: Asked, told: Told = tell_nobody) -> Generator[Export]:
    """Open what is asked for of the log at `url`, for an exporter to write.

    What is merged into another incident is left out, for the other shows it; so is, under `reported_until`, an incident
    of which nothing had been said. One that is named by `only` is refused instead, or empty, as by its own address.

    Raises Unanswerable, UnknownName, PostgresProblem and psycopg.Error; whoever reads `incidents`, MergedAway,
    Unwritable and psycopg.Error.
    """
    until = read_moment("reported_until", asked.reported_until) if asked.reported_until else None
    with connect(url) as connection:
        log = _Log(connection)
        position = asyncio.run(settle(log, asked.as_of)).position
        facts = BulkInputs(connection.cursor(binary=True, row_factory=tuple_row), position)
        policy = catalogue.policy(asked.policy or _adopted(facts))
        if asked.view:
            catalogue.view(asked.view)
        only = [log.expect(name, position, asked.as_of) for name in asked.only]
        all_of = _Incidents(connection, facts, until, only or None, asked.prefix, asked.joined, told)
        yield Export(
            position=position,
            reading=Reading(until, policy),
            incidents=all_of.folded,
            facts=lambda: log.facts(position, told),
            map=asked.map,
            view=asked.view,
            only=tuple(asked.only),
            log=log.id(),
        )


def _adopted(facts: BulkInputs) -> str:
    """Return the policy in force at the position."""
    adopted = [each.fact.policy for each in facts.of([POLICY_STREAM]) if isinstance(each.fact, PolicyAdopted)]
    return adopted[-1] if adopted else catalogue.DEFAULT_POLICY


@dataclass(slots=True)
class _Log:
    """The log over one connection, for what is asked of it once; it may be asked as the asynchronous reader is."""

    connection: Connection[TupleRow]

    def id(self) -> UUID:
        """Return the id of the log."""
        ((found,),) = self._fetch(LOG_ID)
        return found

    async def head(self) -> LogHead:
        ((position, recorded_at, now),) = self._fetch(HEAD)
        return LogHead(position, recorded_at and recorded_at.astimezone(UTC), now.astimezone(UTC))

    async def position_at(self, moment: datetime) -> int:
        found = self._fetch(POSITION_AT, moment=moment)
        return found[0][0] if found else 0

    def expect(self, name: str, position: int, asked: str | None) -> UUID:
        """Return the stream of an incident that is known at a position. Raises NoSuchIncident, NotYetKnown."""
        stream = stream_of(name)
        first = next((stored_fact(row) for row in self._fetch(FIRST_OF, stream=stream)), None)
        if first is None or not first.is_a(IncidentOpened):
            raise NoSuchIncident(f"There is no incident “{name[:100]}”; GET /v1/incidents lists those that there are.")
        if first.position > position:
            raise NotYetKnown(name, asked or "that moment", first)
        return stream

    def facts(self, upto: int, told: Told) -> Iterator[StoredFact]:
        """Yield the whole log up to a position, with the salts of state and text."""
        after = 0
        told(after, upto)
        while rows := self._fetch(SLICE, after=after, limit=MOST_ROWS, upto=upto):
            facts = [stored_fact(row) for row in rows]
            yield from facts
            after = facts[-1].position
            told(after, upto)

    def _fetch(self, query: Any, **bound: object) -> list[TupleRow]:  # noqa: ANN401 - constants of the reader's
        with self.connection.cursor(binary=True, row_factory=tuple_row) as cursor:
            return cursor.execute(query, bound).fetchall()


class _Listed(NamedTuple):
    """An incident by its stream; how many are listed, and how many facts its stream has by now."""

    stream: UUID
    total: int
    facts: int


@dataclass(slots=True)
class _Incidents:
    """The incidents of an export, listed once by the server, which keeps the list, and folded some at a time."""

    connection: Connection[TupleRow]
    facts: BulkInputs
    until: datetime | None
    only: Sequence[UUID] | None
    prefix: str
    joined: bool
    told: Told
    _lists: int = field(default=0)

    def folded(self) -> Iterator[Folded]:
        """Fold them one after another. Raises MergedAway for one that was named, Unwritable and psycopg.Error."""
        done = 0
        for piece, total in self._pieces():
            if not done:
                self.told(0, total)
            self.facts.fetch(piece)
            for stream in piece:
                if (folded := self._folded(stream)) is not None:
                    yield folded
                done += 1
            self.told(done, total)

    def _folded(self, stream: UUID) -> Folded | None:
        """Fold one; None where it is not to be shown by itself."""
        try:
            facts, _ = self.facts.gathered(stream)
        except Undecodable as problem:
            raise Unwritable(str(problem)) from problem
        history = history_of(facts, stream)
        if into := history.own.into:
            if self.only:
                raise MergedAway(history.slug, into)
            return None
        if self.only or self.until is None or any(each.said_by(self.until) for each in history.reports.values()):
            return Folded(history.slug, history)
        return None

    def _pieces(self) -> Iterator[tuple[list[UUID], int]]:
        """Yield the streams that are read together, by slug, and how many there are in all."""
        piece: list[UUID] = []
        room = total = 0
        for listed in self._listed():
            total = listed.total
            if piece and (len(piece) == MOST_TOGETHER or listed.facts > room):
                yield piece, total
                piece = []
            room = (room if piece else MOST_FACTS) - listed.facts
            piece.append(listed.stream)
        if piece:
            yield piece, total

    def _listed(self) -> Iterator[_Listed]:
        self._lists += 1
        # StoredFact by the server beyond its transaction, so that none stays open however slowly this is read.
        with self.connection.cursor(f"incidents_{self._lists}", row_factory=tuple_row, withhold=True) as cursor:
            asked = {"upto": self.facts.upto, "prefix": self.prefix, "joined": self.joined, "only": self.only}
            cursor.execute(INCIDENTS, asked, binary=True)
            while rows := cursor.fetchmany(MOST_ROWS):
                yield from (_Listed(*row) for row in rows)
