"""The inputs of an incident's answers: the facts of its own stream, and of all streams that its facts refer to.

All reads must be bounded by one position: positions are gapless in the order of commits, so the facts at or below a
visible position never change between two reads.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from uuid import UUID

from domain.facts.streams import POLICY_STREAM
from domain.facts.union import Recorded
from domain.history.inputs import required_streams
from service.eventstore.stored_fact import StoredFact
from service.runtime.worker_thread import in_thread


@dataclass(slots=True)
class Gathered:
    """Facts by position, and the streams that were read for them."""

    facts: list[Recorded] = field(default_factory=list[Recorded])
    streams: set[UUID] = field(default_factory=set[UUID])

    def add(self, streams: Iterable[UUID], facts: Iterable[Recorded]) -> list[UUID]:
        """Add all facts of these streams; returns the streams that they refer to and that were not read yet."""
        self.streams.update(streams)
        added = list(facts)
        self.facts += added
        return sorted({referred for each in added for referred in required_streams(each)} - self.streams)

    def sorted(self) -> "Gathered":
        """Return it with its facts in the order of the log."""
        self.facts.sort(key=attrgetter("position"))
        return self


def first_streams(stream: UUID) -> list[UUID]:
    """Return the streams that every answer about an incident depends on: its own and the policy's."""
    return [stream, POLICY_STREAM]


def gather(
    streams: Collection[UUID],
    read: Callable[[Sequence[UUID]], Iterable[Recorded]],
    known: Collection[UUID] = (),
) -> Gathered:
    """Return the facts of `streams` and of all that they refer to, by position, except those of `known` streams.

    `read` returns all facts of the streams that it is given, up to one position; each stream is read once.
    """
    gathered, wanted = Gathered(streams=set(known)), sorted(streams)
    while wanted:
        wanted = gathered.add(wanted, read(wanted))
    gathered.streams.difference_update(known)
    return gathered.sorted()


async def gather_rows(
    streams: Collection[UUID], read: Callable[[Sequence[UUID]], Awaitable[Sequence[StoredFact]]]
) -> tuple[Gathered, list[StoredFact]]:
    """Do the same with reads that are awaited; many rows are decoded in a thread. Returns the rows by position too."""
    gathered, rows, wanted = Gathered(), list[StoredFact](), sorted(streams)
    while wanted:
        found = await read(wanted)
        rows += found
        wanted = await in_thread(len(found), gathered.add, wanted, (row.recorded(text=False) for row in found))
    rows.sort(key=attrgetter("position"))
    return gathered.sorted(), rows
