"""Many commands decided in one transaction: what they touch is read at once, and each gets its own answer."""

from collections.abc import Iterator, Sequence
from typing import cast
from uuid import UUID, uuid5

from domain.incident import refusals
from domain.incident import source as sources
from domain.incident.commands import CorrectReport, FileReport
from domain.incident.deciding import AnyCommand, decided, reports_named, touched
from domain.incident.facts import Parts, is_report, source_stream
from domain.incident.warnings import Concern
from domain.sources import Registration
from domain.zones import Zones
from service.eventstore.desk import Desk
from service.eventstore.encoding import encode
from service.eventstore.replaying import Replaying
from service.eventstore.rows import StoredFact
from service.eventstore.tail import Tail
from service.eventstore.warm import Warm
from service.eventstore.writes import Write, Written

Outcome = Written | Exception
"""An acknowledged write, or why there is none: a Refusal, or a fault that this command alone met."""


class Batch:
    """The commands of one transaction, decided in their order while the end of the log is held.

    What was folded counts as known only once `keep` is called, after the commit; where the transaction fails, `forget`
    drops whatever was touched.
    """

    def __init__(self, tail: Tail, warm: Warm, zones: Zones) -> None:
        self._tail = tail
        self._warm = warm
        self._desk = Desk(tail, warm.incidents, zones)
        self._replaying = Replaying(tail, warm.earlier)
        self._origins: set[str] = set()
        warm.begin(tail.head)

    def read(self, writes: Sequence[Write]) -> None:
        """Read what the commands will need: in one statement, or two where ids lead to streams."""
        ids: list[UUID] = []
        streams: dict[UUID, int] = {}
        for write in writes:
            ids.extend(write.fact_ids())
            ids.extend(reports_named(write.command))
            for stream in touched(write.command, write.incident):
                self._look_at(stream, streams)
            for origin in self._unknown(write.command):
                streams[source_stream(origin)] = 0
                ids.append(uuid5(write.fact_id, origin))
        self._tail.look_up(ids, streams)
        self._read_on(writes)

    def decide(self, write: Write) -> Outcome:
        """Decide one command. What else it raises, of the database or unforeseen, ends the transaction."""
        try:
            if found := self._tail.find(write.fact_id):
                return self._replaying.answer(write, found)
            return self._record(write)
        except refusals.Refusal as refusal:
            return refusal

    def keep(self) -> None:
        """Keep what was folded: it is recorded."""
        for stream, incident in self._desk.touched.items():
            self._warm.incidents.keep(stream, incident, self._tail.head)
        self._warm.know(self._origins)
        self._warm.head = self._tail.head

    def forget(self) -> None:
        """Drop what was folded: it may not have been recorded."""
        self._warm.incidents.forget(self._desk.touched)
        self._warm.earlier.forget(list(self._warm.earlier))
        self._warm.head = None

    def _look_at(self, stream: UUID, streams: dict[UUID, int]) -> None:
        """Have what a stream holds beyond the folded incident read, unless nobody has appended since."""
        folded = self._warm.incidents.get(stream)
        if folded is not None and self._warm.is_whole(stream):
            self._tail.stands_at(stream, folded.version)
        else:
            streams[stream] = folded.version if folded else 0

    def _unknown(self, command: AnyCommand) -> Iterator[str]:
        if isinstance(command, FileReport | CorrectReport):
            for origin in sources.cited(command.report):
                if origin not in self._warm.origins and origin not in self._origins:
                    yield origin

    def _read_on(self, writes: Sequence[Write]) -> None:
        """Read what the ids that were found lead to: the homes of reports, and what answers given before rest on."""
        homes: dict[UUID, int] = {}
        again = [(write, found) for write in writes if (found := self._tail.find(write.fact_id))]
        for write in writes:
            for report_id in reports_named(write.command):
                if (row := self._tail.find(report_id)) and is_report(row.topic):
                    self._look_at(row.originator_id, homes)
        self._tail.look_up((), homes)
        self._replaying.expect(again)

    def _record(self, write: Write) -> Written:
        desk = self._desk
        entries = decided(desk, write.command, self._tail.moment, write.incident, write.expected_version)
        if not entries:  # a registration that says what is held
            stream = source_stream(cast("Registration", write.command).slug)
            return Written(write.fact_id, None, None, desk.version(stream), None)
        parts = [encode(fact) for _, fact in entries]
        unknown = list(self._unknown(write.command))
        introduced = self._introduced(write, unknown) if unknown else []
        warnings: list[Concern] = []
        stored: list[StoredFact] = []
        for (stream, fact), part, fact_id in zip(entries, parts, write.fact_ids(), strict=False):
            warnings += desk.take_in(stream, fact)
            stored.append(_stored(write, part, stream, desk.version(stream), fact_id))
        rows = self._tail.append([*introduced, *stored])
        self._origins.update(unknown)
        first = entries[0][0]
        subject = desk.touched.get(first)
        place = (rows[-1].position, rows[-1].recorded_at, desk.version(first), subject and subject.slug)
        return Written(write.fact_id, *place, warnings=tuple(warnings))

    def _introduced(self, write: Write, unknown: Sequence[str]) -> list[StoredFact]:
        """Register the sources that a report names and the log does not know yet, in the same transaction."""
        named = sources.introductions(cast("FileReport", write.command).report)
        return [
            _stored(write, encode(named[origin]), source_stream(origin), 1, uuid5(write.fact_id, origin))
            for origin in unknown
            if not self._tail.read(source_stream(origin))
        ]


def _stored(write: Write, parts: Parts, stream: UUID, version: int, fact_id: UUID) -> StoredFact:
    return StoredFact(
        stream,
        version,
        parts.topic,
        parts.state,
        fact_id=fact_id,
        text=parts.text,
        recorded_by=write.recorded_by,
        request_hash=write.request_hash,
    )
