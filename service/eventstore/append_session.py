"""The append session: one transaction at the end of the log, with the SQL that reads and appends under its lock."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, LiteralString
from uuid import UUID

import psycopg
from eventsourcing.persistence import IntegrityError, InterfaceError, OperationalError
from psycopg import Cursor
from psycopg.errors import InsufficientPrivilege, UndefinedTable

from service.eventstore.collections import COLLECTIONS_OF
from service.eventstore.stored_fact import COLUMNS, COPY, COPY_TYPES, StoredFact, stored_fact

FIND: Final = f"SELECT {COLUMNS} FROM public.facts WHERE fact_id = %(fact_id)s"  # noqa: S608 - constants only
OF_STREAM: Final = f"""
    SELECT {COLUMNS} FROM public.facts
    WHERE originator_id = %(stream)s AND originator_version > %(after)s AND originator_version <= %(upto)s
    ORDER BY originator_version
"""  # noqa: S608 - constants only
BY_ID_OR_STREAM: Final = f"""
    SELECT true, {COLUMNS} FROM public.facts WHERE fact_id = ANY(%(fact_ids)s::uuid[])
    UNION ALL
    SELECT false, beyond.* FROM unnest(%(streams)s::uuid[], %(versions)s::bigint[]) AS known (stream, version)
    CROSS JOIN LATERAL (
        SELECT {COLUMNS} FROM public.facts
        WHERE originator_id = known.stream AND originator_version > known.version
    ) AS beyond
"""  # noqa: S608 - constants only
"""Facts by their ids, marked true, and the facts of streams beyond a version of each."""
BETWEEN: Final = f"""
    SELECT "between".* FROM unnest(%(streams)s::uuid[], %(afters)s::bigint[], %(uptos)s::bigint[])
    AS wanted (stream, after, upto)
    CROSS JOIN LATERAL (
        SELECT {COLUMNS} FROM public.facts
        WHERE originator_id = wanted.stream AND originator_version > wanted.after AND originator_version <= wanted.upto
    ) AS "between"
"""  # noqa: S608 - constants only
"""The facts of streams beyond one version of each and up to another."""
VERSIONS_AND_IDS: Final = """
    SELECT stream, (SELECT max(originator_version) FROM public.facts WHERE originator_id = stream), NULL::bigint
    FROM unnest(%(streams)s::uuid[]) AS stream
    UNION ALL
    SELECT fact_id, NULL, notification_id FROM public.facts WHERE fact_id = ANY(%(fact_ids)s::uuid[])
"""
"""The last versions of streams, and the positions of existing facts with these ids, in one round trip."""

SERVER_ERRORS: Final = (
    *(psycopg.InterfaceError, psycopg.OperationalError, InterfaceError, OperationalError),
    *(UndefinedTable, InsufficientPrivilege),
)
"""Errors of a server that is unreachable, busy or not migrated; all others are of the rows."""

SAVEPOINT: Final = "SAVEPOINT trial"
ROLLBACK_TO_SAVEPOINT: Final = "ROLLBACK TO SAVEPOINT trial; RELEASE SAVEPOINT trial"

TRIAL_SIZE: Final = 32
"""Facts sent in one statement during the search for those that the database refuses."""
_REFUSED_LINE: Final = re.compile(r"^COPY \w+, \w+ (\d+)", re.MULTILINE)
"""The row of a COPY that the server refuses, in the context of its error: `COPY facts, line 4`, in its language."""


@dataclass(slots=True)
class _KnownStream:
    """The facts of a stream beyond a version: those read, and those appended since."""

    after: int
    rows: list[StoredFact] = field(default_factory=list[StoredFact])

    @property
    def version(self) -> int:
        """The last version of the stream."""
        return self.rows[-1].version if self.rows else self.after

    def beyond(self, version: int) -> list[StoredFact]:
        """Return the facts beyond a version that is not below `after`."""
        return self.rows[max(0, version - self.after) :]


class AppendSession:
    """One transaction that holds the append lock until it ends.

    `moment` is the stamp of this transaction, in UTC: later than that of every fact
    recorded before. `head` is the last position, 0 in an empty log; it moves with
    each append. Nobody else appends meanwhile, so reads stay valid until the
    transaction ends, and include what this session appended.

    Facts that were read once are answered from memory. `unsent` are appended facts that the database has not got yet.
    """

    def __init__(self, cursor: Cursor[tuple[Any, ...]], head: int, moment: datetime, salt: Callable[[], bytes]) -> None:
        self.head = head
        self.moment = moment
        self._cursor = cursor
        self._salt = salt
        self.unsent: list[StoredFact] = []
        self._erasures: list[tuple[LiteralString, Mapping[str, object]]] = []
        self._found: dict[UUID, StoredFact | None] = {}
        self._streams: dict[UUID, _KnownStream] = {}

    def prefetch(self, fact_ids: Iterable[UUID], streams: Mapping[UUID, int]) -> None:
        """Read in one statement the facts of these ids, and those of each stream beyond the version given."""
        ids = [each for each in fact_ids if each not in self._found]
        wanted = {stream: after for stream, after in streams.items() if stream not in self._streams}
        if not ids and not wanted:
            return
        self._found |= dict.fromkeys(ids)
        self._streams |= {stream: _KnownStream(after) for stream, after in wanted.items()}
        params = {"fact_ids": ids, "streams": list(wanted), "versions": list(wanted.values())}
        # Planned for these values: a plan cached while the table was small scans all of it.
        for by_id, *values in self._cursor.execute(BY_ID_OR_STREAM, params, prepare=False):
            row = stored_fact(tuple(values))
            if by_id:
                self._found[row.fact_id] = row
            else:
                self._streams[row.stream].rows.append(row)
        for stream in wanted:
            self._streams[stream].rows.sort(key=_version)

    def assume_version(self, stream: UUID, version: int) -> None:
        """Record that a stream ends with this version: the caller read it, and nobody appended since."""
        self._streams.setdefault(stream, _KnownStream(version))

    def read(self, stream_id: UUID, after_version: int = 0) -> list[StoredFact]:
        """Return the facts of a stream beyond a version, oldest first."""
        known = self._streams.get(stream_id)
        if known is None or known.after > after_version:
            upto = known.after if known else 2**63 - 1
            bounds = {"stream": stream_id, "after": after_version, "upto": upto}
            found = [stored_fact(values) for values in self._cursor.execute(OF_STREAM, bounds)]
            known = self._streams[stream_id] = _KnownStream(after_version, [*found, *(known.rows if known else ())])
        return known.beyond(after_version)

    def version(self, stream: UUID) -> int:
        """Return the last version of a stream, 0 for one without facts, with what was appended here."""
        if stream not in self._streams:
            self._look_up((stream,), ())
        return self._streams[stream].version

    def between(self, streams: Mapping[UUID, tuple[int, int]]) -> dict[UUID, list[StoredFact]]:
        """Return the facts of streams beyond one version and up to another, oldest first, in one statement."""
        found: dict[UUID, list[StoredFact]] = {stream: [] for stream in streams}
        afters, uptos = [after for after, _ in streams.values()], [upto for _, upto in streams.values()]
        params = {"streams": list(streams), "afters": afters, "uptos": uptos}
        for values in self._cursor.execute(BETWEEN, params, prepare=False):
            row = stored_fact(values)
            found[row.stream].append(row)
        for stream, rows in found.items():
            rows.sort(key=_version)
            last = rows[-1].version if rows else 0
            added = self._streams[stream].beyond(0) if stream in self._streams else []
            rows.extend(row for row in added if max(last, streams[stream][0]) < _version(row) <= streams[stream][1])
        return found

    def collections_of(self, streams: Sequence[UUID]) -> dict[UUID, str]:
        """Return the collections of those of these streams that are incidents', without what was appended here."""
        return dict(self._cursor.execute(COLLECTIONS_OF, {"streams": list(streams)}, prepare=False).fetchall())

    def find(self, fact_id: UUID) -> StoredFact | None:
        """Return the fact of this id, or None."""
        if fact_id not in self._found:
            values = self._cursor.execute(FIND, {"fact_id": fact_id}).fetchone()
            self._found[fact_id] = stored_fact(values) if values else None
        return self._found[fact_id]

    def append(self, facts: Sequence[StoredFact]) -> list[StoredFact]:
        """Add facts at the end of the log and return them as they will be stored, in the same order.

        They are sent when the transaction ends, all in one statement, and are durable
        and visible to others once it has committed. Raises IntegrityError, with nothing
        added and the transaction still usable, if a fact does not continue its stream by
        exactly one version, or if its id is taken.
        """
        self._check(facts)
        rows: list[StoredFact] = []
        for position, fact in enumerate(facts, start=self.head + 1):
            row = fact.appended(position, self.moment, self._salt)
            self.unsent.append(row)
            self._found[row.fact_id] = row
            self._streams[row.stream].rows.append(row)
            rows.append(row)
        self.head += len(rows)
        return rows

    def undo(self, rows: Sequence[StoredFact]) -> None:
        """Undo the last append, which returned `rows`."""
        for row in reversed(rows):
            self._found[row.fact_id] = None
            self._streams[row.stream].rows.pop()
        self.head -= len(rows)
        del self.unsent[-len(rows) :]

    def find_refused(self, unsent: "AppendSession") -> dict[int, psycopg.Error]:
        """Return the errors of those facts of a failed session that the database refuses, by their index in it.

        Each attempt is rolled back. Empty where another process appended meanwhile, so that the positions are taken, or
        where its error does not name the row.
        """
        rows, refused, start = unsent.unsent, dict[int, psycopg.Error](), 0
        if unsent.head - len(rows) != self.head:
            return {}
        while start < len(rows):
            error = self._try_copy(rows[start : start + TRIAL_SIZE], self.head + 1 + start)
            line = _refused_line(error) if error else TRIAL_SIZE
            if line is None:
                return {}
            if error:
                refused[start + line - 1] = error
            start += line
        return refused

    def _try_copy(self, rows: Sequence[StoredFact], first: int) -> psycopg.Error | None:
        """Copy rows; returns the error if the database refuses one, after a rollback to the savepoint."""
        self._cursor.execute(SAVEPOINT, prepare=False, binary=False)
        try:
            self._copy(
                [row._replace(position=first + place, recorded_at=self.moment) for place, row in enumerate(rows)]
            )
        except SERVER_ERRORS:
            raise
        except psycopg.Error as error:
            self._cursor.execute(ROLLBACK_TO_SAVEPOINT, prepare=False, binary=False)
            return error
        return None

    def fetch(self, query: LiteralString, params: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """Run a statement within the transaction, and return its rows; appended facts are not in the tables yet."""
        found = self._cursor.execute(query, params, prepare=False)
        return found.fetchall() if found.description else []

    def erase_at_end(self, statement: LiteralString, params: Mapping[str, object]) -> None:
        """Run a statement that erases once the appended facts were sent, without which the database refuses it."""
        self._erasures.append((statement, params))

    def flush(self) -> None:
        """Send the appended facts to the database, and erase; the recorder does so before it commits."""
        if self.unsent:
            self._copy(self.unsent)
            self.unsent.clear()
        for statement, params in self._erasures:
            self._cursor.execute(statement, params, prepare=False)

    def _copy(self, rows: Iterable[StoredFact]) -> None:
        with self._cursor.copy(COPY) as copy:
            copy.set_types(COPY_TYPES)
            for row in rows:
                copy.write_row(row)

    def _check(self, facts: Sequence[StoredFact]) -> None:
        """Refuse a version that is not the next one and an id that exists, in the log or twice within `facts`."""
        if len(facts) == 1 and self._continues(facts[0]):
            return
        self._look_up([fact.stream for fact in facts], [fact.fact_id for fact in facts])
        versions: dict[UUID, int] = {}
        taken: dict[UUID, int] = {}
        for position, fact in enumerate(facts, start=self.head + 1):
            last = versions.get(fact.stream, self._streams[fact.stream].version)
            if fact.version != last + 1:
                message = f"stream {fact.stream} is at version {last}: {last + 1} comes next, not {fact.version}"
                raise IntegrityError(message)
            found = self._found.get(fact.fact_id)
            other = found.position if found else taken.get(fact.fact_id)
            if other is not None:
                message = f"the id {fact.fact_id} is taken by the fact at position {other}"
                raise IntegrityError(message)
            versions[fact.stream] = fact.version
            taken[fact.fact_id] = position

    def _continues(self, fact: StoredFact) -> bool:
        """Say whether what is in memory shows that a fact continues its stream and that its id is free."""
        stream = self._streams.get(fact.stream)
        return stream is not None and fact.version == stream.version + 1 and self._found.get(fact.fact_id, fact) is None

    def _look_up(self, streams: Collection[UUID], fact_ids: Collection[UUID]) -> None:
        """Read the last versions of these streams, and the facts of these ids, as far as they are not in memory."""
        unknown = list({stream for stream in streams if stream not in self._streams})
        unseen = list({fact_id for fact_id in fact_ids if fact_id not in self._found})
        if not unknown and not unseen:
            return
        params = {"streams": unknown, "fact_ids": unseen}
        existing: list[UUID] = []
        for found, version, position in self._cursor.execute(VERSIONS_AND_IDS, params, prepare=False).fetchall():
            if position is None:
                self._streams[found] = _KnownStream(version or 0)
            else:
                existing.append(found)
        self._found |= dict.fromkeys(set(unseen).difference(existing))
        for fact_id in existing:
            self.find(fact_id)


def _version(row: StoredFact) -> int:
    return row.version


def _refused_line(error: psycopg.Error) -> int | None:
    """Return the number of the row of a COPY that the server refused, from 1; None where the error does not name it."""
    match = _REFUSED_LINE.search(error.diag.context or "")
    return int(match[1]) if match else None
