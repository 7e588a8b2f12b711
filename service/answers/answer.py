"""Answers about one incident as of any moment: inputs up to a position, folded, finished by a view, and digested."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NoReturn, Protocol
from uuid import UUID

import orjson

from domain import catalogue
from domain.facts.streams import incident_stream
from domain.facts.union import IncidentOpened
from domain.history.history import History, history_of
from domain.reading import Document, View
from domain.values.collections import PUBLIC
from domain.values.time.clocks import format_instant
from service.answers.as_of import MomentReader, Unanswerable, parse_moment, resolve_moment
from service.answers.inputs import first_streams, gather_rows
from service.answers.questions import IncidentAt, LastInput, ViewQuestion, view_of
from service.answers.visible_answering import Answering
from service.eventstore.erasures import Erasures
from service.eventstore.stored_fact import StoredFact
from service.runtime.worker_thread import free_in_thread, in_thread

_NO_TEXT: Final = b"{}"


class NoSuchIncident(Unanswerable):
    """No incident of this name has been opened."""


class NotYetKnown(Unanswerable):
    """The incident was opened after the position asked for; `known_since` and `known_at` say when."""

    def __init__(self, name: str, as_of: str, opened: StoredFact, *, hint: str = "") -> None:
        self.known_since = format_instant(opened.recorded_at)
        self.known_at = opened.position
        super().__init__(
            f"At {as_of.replace(' ', '+')} nothing was recorded of “{name}” yet: it became known here on"
            f" {self.known_since}, at position {self.known_at}.{hint}"
        )


class MergedAway(Unanswerable):
    """The incident was merged into another at the position asked for; `into` is the other's slug."""

    def __init__(self, incident: str, into: str) -> None:
        self.incident, self.into = incident, into
        super().__init__(f"“{incident}” is merged into “{into}”; ask there.")


class AnswerReader(MomentReader, Protocol):
    """The reads of the log that an answer takes."""

    async def log_id(self) -> UUID: ...
    async def read(self, streams: Sequence[UUID], upto: int, after: int = 0) -> list[StoredFact]: ...
    async def erasures(self, streams: Sequence[UUID]) -> Erasures: ...


@dataclass(frozen=True, slots=True)
class AnswerRequest:
    """A request for an answer: `as_of` and `reported_until` as sent, policy and view as `name/version`."""

    incident: str
    view: str
    as_of: str | None = None
    reported_until: str | None = None
    policy: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The canonical bytes of a document and their digest, with its coordinates and the free text that it refers to."""

    view: View
    data: bytes
    digest: str
    coordinates: Mapping[str, str | int | bool | None]
    inputs: Mapping[str, int]
    """The streams that it depends on, each with its last version at the position."""
    text_data: bytes = _NO_TEXT
    """The free text as a JSON object, by commitment; `{"erased": position}` where it is gone."""
    table: bytes | None = None
    """The document as a CSV table, if that was asked for."""

    @property
    def closed(self) -> bool:
        """Whether the same request always gets the same answer."""
        return bool(self.coordinates["closed"])

    @property
    def has_text(self) -> bool:
        """Whether it has free text, which may be erased later."""
        return self.text_data != _NO_TEXT

    @property
    def document(self) -> Document:
        """The document, parsed."""
        return orjson.loads(self.data)

    @property
    def text(self) -> Mapping[str, object]:
        """The free text, parsed."""
        return orjson.loads(self.text_data)

    def envelope(self) -> dict[str, object]:
        """Return the JSON object that is sent."""
        return {
            "data": self.document,
            "text": self.text,
            "coordinates": dict(self.coordinates),
            "digest": self.digest,
        }


@dataclass(frozen=True, slots=True)
class Inputs:
    """The rows that an answer depends on, by position, and the history folded from them."""

    rows: list[StoredFact]
    history: History

    def at_last(self) -> IncidentAt:
        """Return the incident at the last input."""
        last, own = self.rows[-1], self.history.own
        versions = {str(row.stream): row.version for row in self.rows}
        return IncidentAt(
            self.history, LastInput(last.position, last.recorded_at, own.version, own.collection), versions
        )

    def free(self) -> None:
        """Free rows and history in a thread; they must not be used any more."""
        history, facts = self.history, len(self.rows)
        free_in_thread(facts, history.journal, history.all_reports, self.rows)


def collection_coordinate(collection: str) -> dict[str, str]:
    """Return the coordinate that says the collection of an incident at the moment asked; none where it was public."""
    return {} if collection == PUBLIC else {"collection": collection}


def stream_of(incident: str) -> UUID:
    """Return the stream of an incident named by slug or by id."""
    try:
        return UUID(incident)
    except ValueError:
        return incident_stream(incident)


async def answer(
    log: AnswerReader, request: AnswerRequest, process: Answering | None = None, *, table: bool = False
) -> Answer:
    """Answer a request about one incident; a large one in `process`, if given. `table`: as a CSV table too.

    Raises Unanswerable; catalogue.UnknownName for an unknown policy or view.
    """
    view = catalogue.view(request.view)
    named = catalogue.policy(request.policy).id if request.policy else None
    until = parse_moment("reported_until", request.reported_until) if request.reported_until else None
    moment = await resolve_moment(log, request.as_of)
    log_id = await log.log_id()
    question = ViewQuestion(stream_of(request.incident), moment.position, view.id, until, named, table)
    found = await process.view(question) if process else None
    if found is None:
        inputs = await unmerged_inputs_at(log, request.incident, moment.position, request.as_of)
        if process:
            process.note_size(question.stream, len(inputs.rows))
        try:
            found = await in_thread(len(inputs.rows), view_of, question, inputs.at_last())
            erased = await _erasures(log, found.texts, inputs.rows)
            found = found._replace(text=await in_thread(len(inputs.rows), _text, found.texts, inputs.rows, erased))
        finally:
            inputs.free()
    last = found.last
    coordinates = {
        "log": str(log_id),
        "position": last.position,
        "recorded_at": format_instant(last.recorded_at),
        "version": last.version,
        "closed": moment.closed,
        "reported_until": format_instant(until) if until else None,
        "policy": found.policy,
        "view": view.id,
        **collection_coordinate(last.collection),
    }
    return Answer(view, found.data, found.digest, coordinates, found.inputs, found.text, found.table)


async def inputs_at(log: AnswerReader, incident: str, position: int, as_of: str | None) -> Inputs:
    """Read and fold the inputs of an incident at a position: its own facts, and those of the streams they refer to.

    Several reads, all bounded by the position, so that they agree (see `service.answers.inputs`).
    """
    stream = stream_of(incident)

    async def read(streams: Sequence[UUID]) -> list[StoredFact]:
        rows = await log.read(streams, position)
        if stream in streams and not _is_incident(rows, stream):
            await _refuse(log, incident, stream, as_of)
        return rows

    gathered, rows = await gather_rows(first_streams(stream), read)
    return Inputs(rows, await in_thread(len(rows), history_of, gathered.facts, stream))


async def unmerged_inputs_at(log: AnswerReader, incident: str, position: int, as_of: str | None) -> Inputs:
    """Read and fold the inputs of an incident that was not merged into another at a position.

    Raises NoSuchIncident, NotYetKnown, MergedAway.
    """
    inputs = await inputs_at(log, incident, position, as_of)
    if into := inputs.history.own.into:
        raise MergedAway(inputs.history.slug, into)
    return inputs


async def _refuse(log: AnswerReader, incident: str, stream: UUID, as_of: str | None) -> NoReturn:
    rows = await log.read([stream], (await log.head()).position)
    if _is_incident(rows, stream):
        hint = " To ask what sources had said by a moment, use reported_until, not as_of."
        raise NotYetKnown(incident, as_of or "that moment", rows[0], hint=hint)
    message = f"There is no incident “{incident}”; GET /v1/incidents lists those that there are."
    raise NoSuchIncident(message)


def _is_incident(rows: Sequence[StoredFact], stream: UUID) -> bool:
    """Say whether a stream is that of an incident, and not of a source."""
    return any(row.stream == stream and row.is_a(IncidentOpened) for row in rows)


async def _erasures(log: AnswerReader, wanted: frozenset[str], rows: Sequence[StoredFact]) -> Erasures:
    """Return what was erased in the streams of the facts whose text is wanted and gone."""
    streams = {row.stream for row in rows if row.text is None and _commitment_in(wanted, row)}
    return await log.erasures(sorted(streams)) if streams else Erasures()


def _text(wanted: frozenset[str], rows: Sequence[StoredFact], erased: Erasures) -> bytes:
    """Return the free text by commitment; `{"erased": position}` for what was erased."""
    found = {commitment: erased.words(row) for row in rows if (commitment := _commitment_in(wanted, row))}
    return orjson.dumps({commitment: words for commitment, words in found.items() if words})


def _commitment_in(wanted: frozenset[str], row: StoredFact) -> str | None:
    commitment = row.text_commitment and row.text_commitment.hex()
    return commitment if commitment in wanted else None
