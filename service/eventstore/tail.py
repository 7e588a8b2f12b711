"""The end of the log while one transaction holds it: what stands there, and the only way to add to it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from eventsourcing.persistence import IntegrityError
from psycopg import Cursor

from service.eventstore.insert import Committed, commit_to, insert
from service.eventstore.rows import FIND, OLDEST_FIRST, StoredFact, StoredRow, stored_row, versions_of

# Where the streams stand and which of the ids are taken, in one round trip.
STANDING: Final = """
    SELECT stream, (SELECT max(originator_version) FROM public.facts WHERE originator_id = stream), NULL::bigint
    FROM unnest(%(streams)s::uuid[]) AS stream
    UNION ALL
    SELECT fact_id, NULL, notification_id FROM public.facts WHERE fact_id = ANY(%(fact_ids)s::uuid[])
"""


class Tail:
    """The end of the log, held under the append lock until the transaction ends.

    `moment` is the stamp of this transaction, in UTC: later than that of every fact
    recorded before. `head` is the last position, 0 in an empty log; it moves with
    each append. Nobody else appends meanwhile, so what is read here stays true until
    the transaction ends, and what was appended here is read back at once.
    """

    def __init__(self, cursor: Cursor[tuple[Any, ...]], head: int, moment: datetime, salt: Callable[[], bytes]) -> None:
        self.head = head
        self.moment = moment
        self._cursor = cursor
        self._salt = salt
        self._waiting: list[Committed] = []
        self._added: dict[UUID, StoredRow] = {}
        self._streams: dict[UUID, list[StoredRow]] = {}

    def read(self, stream_id: UUID, after_version: int = 0) -> list[StoredRow]:
        """Return the facts of a stream beyond a version, oldest first."""
        found = self._cursor.execute(OLDEST_FIRST, versions_of(stream_id, gt=after_version))
        added = [row for row in self._streams.get(stream_id, ()) if row.originator_version > after_version]
        return [*(stored_row(values) for values in found), *added]

    def find(self, fact_id: UUID) -> StoredRow | None:
        """Return the fact of this id, or None."""
        if fact_id in self._added:
            return self._added[fact_id]
        values = self._cursor.execute(FIND, {"fact_id": fact_id}).fetchone()
        return stored_row(values) if values else None

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
            self._waiting.append(committed)
            self._added[row.fact_id] = row
            self._streams.setdefault(row.originator_id, []).append(row)
            rows.append(row)
        self.head += len(rows)
        return rows

    def send(self) -> None:
        """Send what was appended to the database; the recorder does so before it commits."""
        if self._waiting:
            insert(self._cursor, self._waiting, self.head - len(self._waiting) + 1, self.moment)
            self._waiting.clear()

    def _check(self, facts: Sequence[StoredFact]) -> None:
        """Refuse a version out of turn and an id that is taken, in the log or twice within `facts`."""
        versions, taken = self._standing(facts)
        for position, fact in enumerate(facts, start=self.head + 1):
            last = versions[fact.stream]
            if fact.originator_version != last + 1:
                message = (
                    f"stream {fact.stream} stands at version {last}:"
                    f" {last + 1} comes next, not {fact.originator_version}"
                )
                raise IntegrityError(message)
            if fact.fact_id in taken:
                message = f"the id {fact.fact_id} is taken by the fact at position {taken[fact.fact_id]}"
                raise IntegrityError(message)
            versions[fact.stream] = fact.originator_version
            taken[fact.fact_id] = position

    def _standing(self, facts: Sequence[StoredFact]) -> tuple[dict[UUID, int], dict[UUID, int]]:
        """Return the last version of each touched stream, and the positions of the ids that are taken."""
        streams, fact_ids = {fact.stream for fact in facts}, {fact.fact_id for fact in facts}
        versions: dict[UUID, int] = {}
        taken: dict[UUID, int] = {}
        for found, version, position in self._cursor.execute(
            STANDING, {"streams": list(streams), "fact_ids": list(fact_ids)}
        ):
            if position is None:
                versions[found] = version or 0
            else:
                taken[found] = position
        versions |= {stream: self._streams[stream][-1].originator_version for stream in streams & self._streams.keys()}
        taken |= {fact_id: self._added[fact_id].position for fact_id in fact_ids & self._added.keys()}
        return versions, taken

    def _row(self, position: int, fact: Committed) -> StoredRow:
        return StoredRow(
            position=position,
            fact_id=fact.fact_id,
            originator_id=fact.stream,
            originator_version=fact.version,
            topic=fact.topic,
            recorded_at=self.moment,
            recorded_by=fact.recorded_by,
            request_hash=fact.request_hash,
            state=fact.state,
            text=fact.text,
            state_commitment=fact.state_commitment,
            text_commitment=fact.text_commitment,
            sealed_commitment=fact.sealed_commitment,
        )
