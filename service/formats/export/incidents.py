"""Incidents as of one position, folded in batches in the order of their slugs.

The position is fixed first. Positions are gapless and facts at or below one never change, so the export is consistent
without a transaction, however long it takes and whatever is recorded meanwhile.
"""

import asyncio
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
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
from service.answers.as_of import parse_moment, resolve_moment
from service.answers.bulk_inputs import BulkInputs, UndecodableFact
from service.eventstore import sync_reader
from service.eventstore.collections import stream_visible
from service.eventstore.reader import FIRST_OF, HEAD, LOG_ID, POSITION_AT, SLICE, LogHead
from service.eventstore.stored_fact import StoredFact, stored_fact, topics_sql
from service.formats.exporter import Export, FoldedIncident, Unwritable
from service.postgres.pool import connect

INCIDENTS: Final = f"""
    SELECT originator_id, count(*) OVER (), (
        SELECT originator_version FROM public.facts AS last WHERE last.originator_id = incident.originator_id
        ORDER BY originator_version DESC LIMIT 1
    )
    FROM (
        SELECT originator_id, convert_from(state, 'UTF8')::json ->> 'slug' AS slug FROM public.facts
        WHERE topic IN {topics_sql(IncidentOpened)} AND notification_id <= %(upto)s
    ) AS incident
    WHERE (
        starts_with(slug, %(prefix)s) OR %(joined)s AND originator_id IN (
            SELECT originator_id FROM public.facts
            WHERE topic IN {topics_sql(IncidentMerged, ReportMoved)} AND notification_id <= %(upto)s
        )
    ) AND (%(only)s::uuid[] IS NULL OR originator_id = ANY(%(only)s::uuid[]))
    AND (%(collections)s::text[] IS NULL OR {stream_visible("incident.originator_id")})
    ORDER BY slug COLLATE "C"
"""  # noqa: S608 - constants only
"""The slug is a member of the state in every version of incident_opened."""
IS_VISIBLE: Final = f"SELECT {stream_visible('%(stream)s::uuid')}"
MOST_TOGETHER: Final = 500
"""Most incidents read in one statement."""
MOST_FACTS: Final = 5_000
"""About the most facts read in one statement; one incident may have more."""
MOST_ROWS: Final = 2_000
"""Most facts of the log read in one statement."""

ExportProgress = Callable[[int, int], None]
"""Called with the incidents, or facts of the log, that are done, and their total."""


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """Parameters of an export: moments as `/v1` takes them, the policy's `name/version`.

    `only` selects incidents by slug or id, `prefix` by the beginning of their slugs; `joined` adds to `prefix` all
    incidents that others were merged into or reports moved to. Of other `collections` (None: all) nothing is there.
    """

    as_of: str | None = None
    reported_until: str | None = None
    policy: str | None = None
    view: str | None = None
    only: Sequence[str] = ()
    prefix: str = ""
    joined: bool = False
    map: Path | None = None
    collections: frozenset[str] | None = None


@contextmanager
def open_export(
    url: str, request: ExportRequest, progress: ExportProgress = lambda _done, _total: None
) -> Generator[Export]:
    """Open an export of the log at `url`.

    Incidents that were merged into another are omitted, as the other includes them; so are, under `reported_until`,
    incidents without a report by then. If named by `only`, the former raise MergedAway and the latter are empty.

    Raises Unanswerable, UnknownName, PostgresProblem and psycopg.Error; iterating `incidents` raises MergedAway,
    Unwritable and psycopg.Error.
    """
    until = parse_moment("reported_until", request.reported_until) if request.reported_until else None
    with connect(url) as connection:
        log = _LogQueries(connection)
        position = asyncio.run(resolve_moment(log, request.as_of)).position
        facts = BulkInputs(connection.cursor(binary=True, row_factory=tuple_row), position)
        policy = catalogue.policy(request.policy or _policy_in_force(facts))
        if request.view:
            catalogue.view(request.view)
        collections = None if request.collections is None else sorted(request.collections)
        only = [log.stream_at(name, position, request.as_of, collections) for name in request.only]
        incidents = _IncidentsBySlug(
            connection, facts, until, only or None, request.prefix, request.joined, progress, collections
        )
        yield Export(
            position=position,
            reading=Reading(until, policy),
            incidents=incidents.folded,
            facts=lambda: log.facts(position, progress),
            erasures=partial(sync_reader.erasures, connection.cursor(binary=True, row_factory=tuple_row)),
            map=request.map,
            view=request.view,
            only=tuple(request.only),
            log=log.id(),
            is_whole=collections is None,
        )


def _policy_in_force(facts: BulkInputs) -> str:
    """Return the policy in force at the position."""
    adopted = [each.fact.policy for each in facts.facts_of([POLICY_STREAM]) if isinstance(each.fact, PolicyAdopted)]
    return adopted[-1] if adopted else catalogue.DEFAULT_POLICY


@dataclass(slots=True)
class _LogQueries:
    """Queries of the log over one connection, with the methods of `MomentReader`."""

    connection: Connection[TupleRow]

    def id(self) -> UUID:
        """Return the identity of the log."""
        ((found,),) = self._fetch(LOG_ID)
        return found

    async def head(self) -> LogHead:
        ((position, recorded_at, now),) = self._fetch(HEAD)
        return LogHead(position, recorded_at and recorded_at.astimezone(UTC), now.astimezone(UTC))

    async def position_at(self, moment: datetime) -> int:
        found = self._fetch(POSITION_AT, moment=moment)
        return found[0][0] if found else 0

    def stream_at(self, name: str, position: int, as_of: str | None, collections: Sequence[str] | None) -> UUID:
        """Return the stream of a visible incident opened by a position. Raises NoSuchIncident, NotYetKnown."""
        stream = stream_of(name)
        first = next((stored_fact(row) for row in self._fetch(FIRST_OF, stream=stream)), None)
        if first is None or not first.is_a(IncidentOpened) or not self._is_visible(stream, collections):
            raise NoSuchIncident(f"There is no incident “{name[:100]}”; GET /v1/incidents lists those that there are.")
        if first.position > position:
            raise NotYetKnown(name, as_of or "that moment", first)
        return stream

    def _is_visible(self, stream: UUID, collections: Sequence[str] | None) -> bool:
        if collections is None:
            return True
        ((found,),) = self._fetch(IS_VISIBLE, stream=stream, collections=collections)
        return found

    def facts(self, upto: int, progress: ExportProgress) -> Iterator[StoredFact]:
        """Yield the whole log up to a position, with the salts of state and text."""
        after = 0
        progress(after, upto)
        while rows := self._fetch(SLICE, after=after, limit=MOST_ROWS, upto=upto):
            facts = [stored_fact(row) for row in rows]
            yield from facts
            after = facts[-1].position
            progress(after, upto)

    def _fetch(self, query: Any, **bound: object) -> list[TupleRow]:  # noqa: ANN401 - constants of the reader's
        with self.connection.cursor(binary=True, row_factory=tuple_row) as cursor:
            return cursor.execute(query, bound).fetchall()


class _ListedIncident(NamedTuple):
    """An incident's stream, the number of incidents in the list, and the facts in the stream by now."""

    stream: UUID
    total: int
    facts: int


@dataclass(slots=True)
class _IncidentsBySlug:
    """Incidents of an export, listed by a server-side cursor and folded in batches."""

    connection: Connection[TupleRow]
    facts: BulkInputs
    until: datetime | None
    only: Sequence[UUID] | None
    prefix: str
    joined: bool
    progress: ExportProgress
    collections: Sequence[str] | None = None
    _lists: int = field(default=0)

    def folded(self) -> Iterator[FoldedIncident]:
        """Fold one incident at a time. Raises MergedAway for a selected one, Unwritable and psycopg.Error."""
        done = 0
        for batch, total in self._batches():
            if not done:
                self.progress(0, total)
            self.facts.prefetch(batch)
            for stream in batch:
                if (folded := self._folded(stream)) is not None:
                    yield folded
                done += 1
            self.progress(done, total)

    def _folded(self, stream: UUID) -> FoldedIncident | None:
        """Fold one incident; None if it is omitted."""
        try:
            facts = self.facts.inputs_of(stream)
        except UndecodableFact as problem:
            raise Unwritable(str(problem)) from problem
        history = history_of(facts, stream)
        if into := history.own.into:
            if self.only:
                raise MergedAway(history.slug, into)
            return None
        if self.only or self.until is None or any(each.reported_by(self.until) for each in history.reports.values()):
            return FoldedIncident(history.slug, history)
        return None

    def _batches(self) -> Iterator[tuple[list[UUID], int]]:
        """Yield batches of streams, ordered by slug, each with the total number of incidents."""
        batch: list[UUID] = []
        remaining = total = 0
        for listed in self._listed():
            total = listed.total
            if batch and (len(batch) == MOST_TOGETHER or listed.facts > remaining):
                yield batch, total
                batch = []
            remaining = (remaining if batch else MOST_FACTS) - listed.facts
            batch.append(listed.stream)
        if batch:
            yield batch, total

    def _listed(self) -> Iterator[_ListedIncident]:
        self._lists += 1
        with self.connection.cursor(f"incidents_{self._lists}", row_factory=tuple_row, withhold=True) as cursor:
            bound: dict[str, object] = {
                "upto": self.facts.upto,
                "prefix": self.prefix,
                "joined": self.joined,
                "only": self.only,
            }
            bound["collections"] = self.collections
            cursor.execute(INCIDENTS, bound, binary=True)
            while rows := cursor.fetchmany(MOST_ROWS):
                yield from (_ListedIncident(*row) for row in rows)
