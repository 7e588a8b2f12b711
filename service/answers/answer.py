"""Answers about one incident as of any moment: inputs up to a position, folded, finished by a view, and digested."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import NoReturn, Protocol, cast
from uuid import UUID

from domain import catalogue
from domain.facts.streams import incident_stream
from domain.facts.union import IncidentOpened
from domain.history.history import History, history_of
from domain.ledger.canonical import canonical, digest_of
from domain.reading import Document, Reading, View
from domain.summary.state_timeline import TIMELINE_VIEW, LastInput, StateTimeline
from domain.values.time.clocks import format_instant
from service.answers.as_of import MomentReader, ResolvedMoment, Unanswerable, parse_moment, resolve_moment
from service.answers.inputs import first_streams, gather_rows
from service.answers.state_timeline_cache import StateTimelineCache
from service.eventstore.stored_fact import StoredFact
from service.runtime.worker_thread import free_in_thread, in_thread


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
    """A document with its coordinates, the free text that it refers to, its canonical bytes and their digest."""

    view: View
    document: Document
    data: bytes
    digest: str
    coordinates: Mapping[str, str | int | bool | None]
    text: Mapping[str, object]
    inputs: Mapping[str, int]
    """The streams that it depends on, each with its last version at the position."""
    shared: bool = False
    """Whether parts of the document are shared with a cached state timeline."""

    @property
    def closed(self) -> bool:
        """Whether the same request always gets the same answer."""
        return bool(self.coordinates["closed"])

    def free_document(self) -> None:
        """Free the document in a thread; it must not be used any more."""
        if not self.shared:
            free_in_thread(sum(self.inputs.values()), *_outermost_lists(self.document))

    def envelope(self) -> dict[str, object]:
        """Return the JSON object that is sent."""
        return {
            "data": self.document,
            "text": dict(self.text),
            "coordinates": dict(self.coordinates),
            "digest": self.digest,
        }


@dataclass(frozen=True, slots=True)
class Inputs:
    """The rows that an answer depends on, by position, and the history folded from them."""

    rows: list[StoredFact]
    history: History

    def free(self) -> None:
        """Free rows and history in a thread; they must not be used any more."""
        history, facts = self.history, len(self.rows)
        free_in_thread(facts, history.journal, history.all_reports, self.rows)


def stream_of(incident: str) -> UUID:
    """Return the stream of an incident named by slug or by id."""
    try:
        return UUID(incident)
    except ValueError:
        return incident_stream(incident)


async def answer(
    log: AnswerReader, request: AnswerRequest, state_timelines: StateTimelineCache | None = None
) -> Answer:
    """Answer a request about one incident, from `state_timelines` where one is cached.

    Raises Unanswerable; catalogue.UnknownName for an unknown policy or view.
    """
    view = catalogue.view(request.view)
    named = catalogue.policy(request.policy) if request.policy else None
    until = parse_moment("reported_until", request.reported_until) if request.reported_until else None
    moment = await resolve_moment(log, request.as_of)
    log_id = await log.log_id()
    if state_timelines is not None and view.id == TIMELINE_VIEW and until is None:
        from_timeline = partial(
            _from_timeline, view=view, moment=moment, log_id=log_id, named=named.id if named else None
        )
        if found := await state_timelines.query(stream_of(request.incident), moment.position, from_timeline):
            return found
    inputs = await unmerged_inputs_at(log, request.incident, moment.position, request.as_of)
    if state_timelines is not None:
        state_timelines.note_request(stream_of(request.incident), len(inputs.rows))
    policy = named or catalogue.policy(inputs.history.adopted_policy or catalogue.DEFAULT_POLICY)
    reading = Reading(until, policy)
    try:
        return await in_thread(len(inputs.rows), _from_inputs, inputs, view, reading, moment, log_id)
    finally:
        inputs.free()


def _from_inputs(inputs: Inputs, view: View, reading: Reading, moment: ResolvedMoment, log_id: UUID) -> Answer:
    document = view.finish(inputs.history, reading)
    row = inputs.rows[-1]
    last = LastInput(row.position, row.recorded_at, inputs.history.own.version)
    coordinates = _coordinates(log_id, last, moment, (reading.reported_until, reading.policy.id, view.id))
    versions = {str(row.stream): row.version for row in inputs.rows}
    return _answer(view, document, coordinates, versions, _texts(view, document, inputs.rows))


def _from_timeline(
    timeline: StateTimeline, *, view: View, moment: ResolvedMoment, log_id: UUID, named: str | None
) -> Answer | None:
    """Return None before the incident was opened, and where the named policy is not the one in force."""
    position, last = moment.position, timeline.last_inputs.at(moment.position)
    policy = timeline.policy_at(position)
    if last is None or not timeline.known_at(position) or named not in (None, policy):
        return None
    if into := timeline.merged_into_at(position):
        raise MergedAway(timeline.history.slug, into)
    coordinates = _coordinates(log_id, last, moment, (None, policy, view.id))
    versions = {str(stream): version for stream, version in timeline.versions_at(position).items()}
    return _answer(view, timeline.document(position), coordinates, versions, {}, shared=True)


def _answer(
    view: View,
    document: Document,
    coordinates: Mapping[str, str | int | bool | None],
    inputs: Mapping[str, int],
    text: Mapping[str, object],
    *,
    shared: bool = False,
) -> Answer:
    data = canonical(document)
    return Answer(view, document, data, digest_of(data), coordinates, text, inputs, shared)


def _outermost_lists(document: Mapping[str, object]) -> Iterator[list[object]]:
    """Yield the lists of a document that are in no other list."""
    for value in document.values():
        if isinstance(value, list):
            yield cast("list[object]", value)
        elif isinstance(value, dict):
            yield from _outermost_lists(cast("dict[str, object]", value))


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


def _coordinates(
    log_id: UUID, last: LastInput, moment: ResolvedMoment, reading: tuple[datetime | None, str, str]
) -> dict[str, str | int | bool | None]:
    until, policy, view = reading
    return {
        "log": str(log_id),
        "position": last.position,
        "recorded_at": format_instant(last.recorded_at),
        "version": last.version,
        "closed": moment.closed,
        "reported_until": format_instant(until) if until else None,
        "policy": policy,
        "view": view,
    }


def _texts(view: View, document: Document, rows: Sequence[StoredFact]) -> dict[str, object]:
    wanted = set(view.texts(document))
    return {
        row.text_commitment.hex(): row.words()
        for row in rows
        if row.text is not None and row.text_commitment is not None and row.text_commitment.hex() in wanted
    }
