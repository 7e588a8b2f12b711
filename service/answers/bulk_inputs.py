"""The inputs of many incidents, read some hundreds at a time: what sources share is read once and kept."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from psycopg import Cursor

from domain.facts.streams import POLICY_STREAM
from domain.facts.union import Recorded, SourceFact
from service.answers.inputs import gathering
from service.eventstore import sync_reader
from service.eventstore.stored_fact import StoredFact

MOST_SHARED: Final = 100_000
"""How many facts of sources and of the policy are held at a time, for the next incident that cites them."""


class Undecodable(Exception):
    """A fact cannot be read by this release."""

    def __init__(self, kept: StoredFact, error: Exception) -> None:
        """Keep the fact, and what decoding it raised."""
        self.kept = kept
        self.error = error
        super().__init__(f"The fact at position {kept.position} ({kept.topic}) cannot be read by this release: {error}")


@dataclass(slots=True)
class BulkInputs:
    """Facts of streams up to a position, with their free text: those of the incidents at hand are read at once.

    Those of sources and of the policy are kept. `cursor` is a binary one.
    """

    cursor: Cursor[Any]
    upto: int
    _own: dict[UUID, list[StoredFact]] = field(default_factory=dict[UUID, list[StoredFact]])
    _shared: OrderedDict[UUID, list[Recorded]] = field(default_factory=OrderedDict[UUID, list[Recorded]])
    _held: int = 0

    def fetch(self, streams: Sequence[UUID]) -> None:
        """Read the facts of these streams, for `of` to give each once."""
        self._own = self._read(streams)

    def gathered(self, stream: UUID) -> tuple[list[Recorded], set[UUID]]:
        """Return the inputs of an incident in the order of the log, and the streams that they are of."""
        reading, read = gathering(stream), set[UUID]()
        wanted = next(reading)
        while True:
            read.update(wanted)
            try:
                wanted = reading.send(self.of(wanted))
            except StopIteration as done:
                return done.value, read

    def of(self, streams: Sequence[UUID]) -> list[Recorded]:
        """Return the facts of these streams. Raises Undecodable."""
        lacking = [each for each in streams if each not in self._own and each not in self._shared]
        read = self._read(lacking) if lacking else {}
        fresh: dict[UUID, list[Recorded]] = {}
        found: list[Recorded] = []
        for stream in streams:
            if stream in self._shared:
                self._shared.move_to_end(stream)
                found += self._shared[stream]
            else:
                facts = _decoded(self._own.pop(stream) if stream in self._own else read[stream])
                if stream in read:
                    fresh[stream] = facts
                found += facts
        for stream, facts in fresh.items():  # what is dropped for them may be among those asked for
            self._share(stream, facts)
        return found

    def _read(self, streams: Sequence[UUID]) -> dict[UUID, list[StoredFact]]:
        found: dict[UUID, list[StoredFact]] = {stream: [] for stream in streams}
        for kept in sync_reader.of_streams(self.cursor, streams, self.upto):
            found[kept.stream].append(kept)
        for facts in found.values():
            facts.sort(key=lambda kept: kept.position)
        return found

    def _share(self, stream: UUID, facts: list[Recorded]) -> None:
        """Keep what is shared by many incidents; what another incident has to say is read again where it is needed."""
        if all(isinstance(each.fact, SourceFact) or each.stream == POLICY_STREAM for each in facts):
            self._shared[stream] = facts
            self._held += len(facts) + 1
        while self._held > MOST_SHARED:
            self._held -= len(self._shared.popitem(last=False)[1]) + 1


def _decoded(facts: Iterable[StoredFact]) -> list[Recorded]:
    found: list[Recorded] = []
    for kept in facts:
        try:
            found.append(kept.recorded(text=True))
        except Exception as error:
            raise Undecodable(kept, error) from error
    return found
