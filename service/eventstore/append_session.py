"""The end of the log while one transaction holds it: what stands there, and the only way to add to it."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import psycopg
from eventsourcing.persistence import IntegrityError, InterfaceError, OperationalError
from psycopg import Cursor
from psycopg.errors import InsufficientPrivilege, UndefinedTable

from service.eventstore.insert import Committed, commit_to, insert
from service.eventstore.stored_fact import (
    BETWEEN,
    FIND,
    LOOK_UP,
    OLDEST_FIRST,
    StoredFact,
    StoredRow,
    stored_row,
    versions_of,
)

# Where the streams stand and which of the ids are taken, in one round trip.
VERSIONS_AND_IDS: Final = """
    SELECT stream, (SELECT max(originator_version) FROM public.facts WHERE originator_id = stream), NULL::bigint
    FROM unnest(%(streams)s::uuid[]) AS stream
    UNION ALL
    SELECT fact_id, NULL, notification_id FROM public.facts WHERE fact_id = ANY(%(fact_ids)s::uuid[])
"""
SERVER_ERRORS: Final = (
    *(psycopg.InterfaceError, psycopg.OperationalError, InterfaceError, OperationalError),
    *(UndefinedTable, InsufficientPrivilege),
)
"""What a server raises that is gone, busy or not ready, whatever is asked of it; all else lies in what is recorded."""

SAVE: Final = "SAVEPOINT trial"
UNDO: Final = "ROLLBACK TO SAVEPOINT trial; RELEASE SAVEPOINT trial"

TRIED_AT_ONCE: Final = 32
"""How many facts are sent at once to find those that the database refuses."""
_PLACE: Final = re.compile(r"^COPY \w+, \w+ (\d+)", re.MULTILINE)
"""Where a server says which row of a COPY it refuses: `COPY facts, line 4`, in its own language."""


@dataclass(slots=True)
class _Known:
    """All that a stream holds beyond a version: what was looked up, and what was appended since."""

    after: int
    rows: list[StoredRow] = field(default_factory=list[StoredRow])

    @property
    def version(self) -> int:
        """The last version of the stream."""
        return self.rows[-1].version if self.rows else self.after

    def beyond(self, version: int) -> list[StoredRow]:
        """Return what lies beyond a version that is not below the first known one."""
        return self.rows[max(0, version - self.after) :]


class AppendSession:
    """The end of the log, held under the append lock until the transaction ends.

    `moment` is the stamp of this transaction, in UTC: later than that of every fact
    recorded before. `head` is the last position, 0 in an empty log; it moves with
    each append. Nobody else appends meanwhile, so what is read here stays true until
    the transaction ends, and what was appended here is read back at once.

    What was looked up, or read once, is answered from memory from then on. `waiting` is
    what was appended and not sent yet.
    """

    def __init__(self, cursor: Cursor[tuple[Any, ...]], head: int, moment: datetime, salt: Callable[[], bytes]) -> None:
        self.head = head
        self.moment = moment
        self._cursor = cursor
        self._salt = salt
        self.unsent: list[Committed] = []
        self._found: dict[UUID, StoredRow | None] = {}
        self._streams: dict[UUID, _Known] = {}

    def prefetch(self, fact_ids: Iterable[UUID], streams: Mapping[UUID, int]) -> None:
        """Read in one statement which of the ids are taken, and what each stream holds beyond the version given."""
        ids = [each for each in fact_ids if each not in self._found]
        wanted = {stream: after for stream, after in streams.items() if stream not in self._streams}
        if not ids and not wanted:
            return
        self._found |= dict.fromkeys(ids)
        self._streams |= {stream: _Known(after) for stream, after in wanted.items()}
        asked = {"fact_ids": ids, "streams": list(wanted), "versions": list(wanted.values())}
        # Planned for these very values: a plan that was kept from when the table was small reads all of it.
        for by_id, *values in self._cursor.execute(LOOK_UP, asked, prepare=False):
            row = stored_row(tuple(values))
            if by_id:
                self._found[row.fact_id] = row
            else:
                self._streams[row.stream].rows.append(row)
        for stream in wanted:
            self._streams[stream].rows.sort(key=_version)

    def assume_version(self, stream: UUID, version: int) -> None:
        """Take it from the caller that a stream ends with this version, because nobody appended since it was read."""
        self._streams.setdefault(stream, _Known(version))

    def read(self, stream_id: UUID, after_version: int = 0) -> list[StoredRow]:
        """Return the facts of a stream beyond a version, oldest first."""
        known = self._streams.get(stream_id)
        if known is None or known.after > after_version:
            upto = known.after if known else None
            bounds = versions_of(stream_id, gt=after_version, lte=upto)
            found = [stored_row(values) for values in self._cursor.execute(OLDEST_FIRST, bounds)]
            known = self._streams[stream_id] = _Known(after_version, [*found, *(known.rows if known else ())])
        return known.beyond(after_version)

    def version(self, stream: UUID) -> int:
        """Return the last version of a stream, 0 for one without facts, with what was appended here."""
        self._learn((stream,), ())
        return self._streams[stream].version

    def between(self, streams: Mapping[UUID, tuple[int, int]]) -> dict[UUID, list[StoredRow]]:
        """Return what streams hold beyond one version and up to another, oldest first, in one statement."""
        found: dict[UUID, list[StoredRow]] = {stream: [] for stream in streams}
        afters, uptos = [after for after, _ in streams.values()], [upto for _, upto in streams.values()]
        asked = {"streams": list(streams), "afters": afters, "uptos": uptos}
        for values in self._cursor.execute(BETWEEN, asked, prepare=False):
            row = stored_row(values)
            found[row.stream].append(row)
        for stream, rows in found.items():
            rows.sort(key=_version)
            last = rows[-1].version if rows else 0
            added = self._streams[stream].beyond(0) if stream in self._streams else []
            rows.extend(row for row in added if max(last, streams[stream][0]) < _version(row) <= streams[stream][1])
        return found

    def find(self, fact_id: UUID) -> StoredRow | None:
        """Return the fact of this id, or None."""
        if fact_id not in self._found:
            values = self._cursor.execute(FIND, {"fact_id": fact_id}).fetchone()
            self._found[fact_id] = stored_row(values) if values else None
        return self._found[fact_id]

    def append(self, facts: Sequence[StoredFact]) -> list[StoredRow]:
        """Add facts at the end of the log and return them as they will stand there, in the same order.

        They are sent when the transaction ends, all in one statement, and are durable
        and visible to others once it has ended well. Raises IntegrityError, with nothing
        added and the transaction still good, if a fact does not continue its stream by
        exactly one version, or if its id is taken.
        """
        self._check(facts)
        rows: list[StoredRow] = []
        for position, fact in enumerate(facts, start=self.head + 1):
            committed = commit_to(fact, self._salt)
            row = self._row(position, committed)
            self.unsent.append(committed)
            self._found[row.fact_id] = row
            self._streams[row.stream].rows.append(row)
            rows.append(row)
        self.head += len(rows)
        return rows

    def undo(self, rows: Sequence[StoredRow]) -> None:
        """Undo the last append, which returned `rows`."""
        for row in reversed(rows):
            self._found[row.fact_id] = None
            self._streams[row.stream].rows.pop()
        self.head -= len(rows)
        del self.unsent[-len(rows) :]

    def find_refused(self, unsent: "AppendSession") -> dict[int, psycopg.Error]:
        """Find which of the facts that another transaction could not send the database refuses, by place, and why.

        Nothing of it stays. Empty where somebody appended meanwhile, so that their positions are taken, or where the
        database does not say which fact it is that it refuses.
        """
        rows, refused, start = unsent.unsent, dict[int, psycopg.Error](), 0
        if unsent.head - len(rows) != self.head:
            return {}
        while start < len(rows):
            error = self._tried(rows[start : start + TRIED_AT_ONCE], self.head + 1 + start)
            place = _place(error) if error else TRIED_AT_ONCE
            if place is None:
                return {}
            if error:
                refused[start + place - 1] = error
            start += place
        return refused

    def _tried(self, rows: Sequence[Committed], first: int) -> psycopg.Error | None:
        """Send rows and undo it if the database refuses one; returns what it said."""
        self._cursor.execute(SAVE, prepare=False, binary=False)
        try:
            insert(self._cursor, rows, first, self.moment)
        except SERVER_ERRORS:
            raise
        except psycopg.Error as error:
            self._cursor.execute(UNDO, prepare=False, binary=False)
            return error
        return None

    def flush(self) -> None:
        """Send what was appended to the database; the recorder does so before it commits."""
        if self.unsent:
            insert(self._cursor, self.unsent, self.head - len(self.unsent) + 1, self.moment)
            self.unsent.clear()

    def _check(self, facts: Sequence[StoredFact]) -> None:
        """Refuse a version out of turn and an id that is taken, in the log or twice within `facts`."""
        self._learn({fact.stream for fact in facts}, {fact.fact_id for fact in facts})
        versions: dict[UUID, int] = {}
        taken: dict[UUID, int] = {}
        for position, fact in enumerate(facts, start=self.head + 1):
            last = versions.get(fact.stream, self._streams[fact.stream].version)
            if fact.originator_version != last + 1:
                message = (
                    f"stream {fact.stream} stands at version {last}:"
                    f" {last + 1} comes next, not {fact.originator_version}"
                )
                raise IntegrityError(message)
            found = self._found.get(fact.fact_id)
            place = found.position if found else taken.get(fact.fact_id)
            if place is not None:
                message = f"the id {fact.fact_id} is taken by the fact at position {place}"
                raise IntegrityError(message)
            versions[fact.stream] = fact.originator_version
            taken[fact.fact_id] = position

    def _learn(self, streams: Collection[UUID], fact_ids: Collection[UUID]) -> None:
        """See where these streams stand and which of these ids are taken, as far as that is not known already."""
        unknown = [stream for stream in streams if stream not in self._streams]
        unseen = [fact_id for fact_id in fact_ids if fact_id not in self._found]
        if not unknown and not unseen:
            return
        asked = {"streams": unknown, "fact_ids": unseen}
        taken: list[UUID] = []
        for found, version, position in self._cursor.execute(VERSIONS_AND_IDS, asked, prepare=False).fetchall():
            if position is None:
                self._streams[found] = _Known(version or 0)
            else:
                taken.append(found)
        self._found |= dict.fromkeys(set(unseen).difference(taken))
        for fact_id in taken:
            self.find(fact_id)

    def _row(self, position: int, fact: Committed) -> StoredRow:
        return StoredRow(
            position,
            fact.fact_id,
            fact.stream,
            fact.version,
            fact.topic,
            self.moment,
            fact.recorded_by,
            fact.request_hash,
            fact.state,
            fact.text,
            fact.state_commitment,
            fact.text_commitment,
            fact.sealed_commitment,
        )


def _version(row: StoredRow) -> int:
    return row.version


def _place(error: psycopg.Error) -> int | None:
    """Return which row of a COPY the server refused, from 1; None where it does not say."""
    found = _PLACE.search(error.diag.context or "")
    return int(found[1]) if found else None
