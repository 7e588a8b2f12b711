"""The inputs of an incident's answers at a position: which streams to read, and the facts that their rows hold."""

from collections.abc import Generator, Sequence
from uuid import UUID

from domain.facts.streams import POLICY_STREAM
from domain.facts.union import Recorded
from domain.history.inputs import leads_to
from service.eventstore.stored_fact import StoredFact


def gathering(stream: UUID) -> Generator[list[UUID], Sequence[Recorded], list[Recorded]]:
    """Gather the inputs of an incident: yields streams to read, is sent their facts, returns all of them by position.

    All reads must be bounded by one position: positions are gapless in the order of commits, so what lies at or
    below a visible position never changes between them. Whoever reads, with or without waiting, drives this.
    The first streams are the incident's own and the policy's; further ones are those that the facts lead to.
    """
    known: set[UUID] = set()
    wanted = [stream, POLICY_STREAM]
    gathered: list[Recorded] = []
    while wanted:
        known.update(wanted)
        fresh = yield wanted
        gathered += fresh
        wanted = sorted({led for each in fresh for led in leads_to(each)} - known)
    return sorted(gathered, key=lambda each: each.position)


def sent_on(
    reading: Generator[list[UUID], Sequence[Recorded], list[Recorded]], rows: Sequence[StoredFact]
) -> tuple[list[UUID], list[Recorded] | None]:
    """Send the facts of rows to what gathers inputs; returns what it wants to read next, or all of them at its end."""
    try:
        return reading.send([row.recorded() for row in rows]), None
    except StopIteration as done:
        return [], done.value
