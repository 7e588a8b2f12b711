"""The inputs of many incidents, read some hundreds at a time: what sources share is read once and kept."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any, Final
from uuid import UUID

from psycopg import Cursor

from domain.incident.facts import POLICY_STREAM, Recorded, SourceFact, UnknownFact
from domain.incident.inputs import leads_to
from domain.incident.trusted import trusted_bytes
from service.eventstore import trail
from service.eventstore.trail import Kept
from service.exporter import Unwritable
from service.inputs import gathering

MOST_SHARED: Final = 100_000
"""About how many facts of sources and of the policy are kept for the next incident that cites them."""


@dataclass(slots=True)
class BulkInputs:
    """Facts of streams up to a position, with their free text; `cursor` is a binary one."""

    cursor: Cursor[Any]
    upto: int
    _own: dict[UUID, list[Recorded]] = field(default_factory=dict[UUID, list[Recorded]])
    _shared: OrderedDict[UUID, list[Recorded]] = field(default_factory=OrderedDict[UUID, list[Recorded]])
    _held: int = 0

    def fetch(self, streams: Sequence[UUID]) -> None:
        """Read these incidents, and in a second statement what they lead to, for `gathered` to give each of them.

        Raises Unwritable for what this release cannot read, and psycopg.Error.
        """
        self._own = self._read(streams)
        led = {stream for facts in self._own.values() for each in facts for stream in leads_to(each)}
        self.of(sorted((led | {POLICY_STREAM}) - self._own.keys()))

    def gathered(self, stream: UUID) -> list[Recorded]:
        """Return the inputs of an incident in the order of the log. Raises what `fetch` raises."""
        reading = gathering(stream)
        wanted = next(reading)
        while True:
            try:
                wanted = reading.send(self.of(wanted))
            except StopIteration as done:
                return done.value

    def of(self, streams: Sequence[UUID]) -> list[Recorded]:
        """Return the facts of these streams, each stream's in order. Raises what `fetch` raises."""
        lacking = [each for each in streams if each not in self._own and each not in self._shared]
        read = self._read(lacking) if lacking else {}
        found: list[Recorded] = []
        for stream in streams:
            if (facts := self._own.get(stream)) is None and (facts := read.get(stream)) is None:
                facts = self._shared[stream]
                self._shared.move_to_end(stream)
            found += facts
        for stream, facts in read.items():
            self._share(stream, facts)
        return found

    def _read(self, streams: Sequence[UUID]) -> dict[UUID, list[Recorded]]:
        found: dict[UUID, list[Recorded]] = {stream: [] for stream in streams}
        for kept in sorted(trail.of_streams(self.cursor, streams, self.upto), key=_position):
            found[kept.stream].append(_decoded(kept))
        return found

    def _share(self, stream: UUID, facts: Iterable[Recorded]) -> None:
        """Keep what is shared by many incidents; what another incident has to say is read again where it is needed."""
        kept = list(facts)
        if all(isinstance(each.fact, SourceFact) or each.stream == POLICY_STREAM for each in kept):
            self._shared[stream] = kept
            self._held += len(kept) + 1
        while self._held > MOST_SHARED and len(self._shared) > 1:
            self._held -= len(self._shared.popitem(last=False)[1]) + 1


def _position(kept: Kept) -> int:
    return kept.position


def _decoded(kept: Kept) -> Recorded:
    try:
        if kept.text is not None:
            return kept.decoded()
        commitment = kept.text_commitment.hex() if kept.text_commitment else None
        fact = trusted_bytes(kept.topic, kept.state)
    except UnknownFact as error:
        message = f"The fact at position {kept.position} ({kept.topic}) cannot be read by this release: {error}"
        raise Unwritable(message) from error
    moment = kept.recorded_at.astimezone(UTC)
    return Recorded(kept.position, kept.fact_id, kept.stream, kept.version, moment, fact, commitment)
