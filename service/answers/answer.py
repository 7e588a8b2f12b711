"""Answers about one incident at any moment: its inputs up to a position, folded, finished and digested."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import NoReturn, Protocol, cast
from uuid import UUID

from domain import catalogue
from domain.facts.streams import incident_stream
from domain.facts.union import IncidentOpened, Recorded
from domain.history.history import History, history_of
from domain.ledger.canonical import canonical, digest_of
from domain.reading import Document, Reading, View
from domain.summary.state_timeline import CHRONICLED, Chronicle, Input
from domain.values.time.clocks import format_instant
from service.answers.as_of import Moment, ReadsMoments, Unanswerable, read_moment, settle
from service.answers.inputs import gathering, sent_on
from service.answers.state_timeline_cache import Chronicles
from service.eventstore.stored_fact import StoredFact
from service.runtime.worker_thread import aside, take_apart


class NoSuchIncident(Unanswerable):
    """Nothing has ever been recorded of the incident."""


class NotYetKnown(Unanswerable):
    """At the moment asked, nothing had been recorded of the incident yet."""

    def __init__(self, name: str, asked: str, known_since: StoredFact, *, hint: str = "") -> None:
        self.known_since = format_instant(known_since.recorded_at)
        self.known_at = known_since.position
        super().__init__(
            f"At {asked.replace(' ', '+')} nothing was recorded of “{name}” yet: it became known here on"
            f" {self.known_since}, at position {self.known_at}.{hint}"
        )


class MergedAway(Unanswerable):
    """At the moment asked, the incident was merged into another, which shows all that it holds."""

    def __init__(self, incident: str, into: str) -> None:
        self.incident, self.into = incident, into
        super().__init__(f"“{incident}” is merged into “{into}”; ask there.")


class Reads(ReadsMoments, Protocol):
    """What answering needs of the log."""

    async def log_id(self) -> UUID: ...
    async def read(self, streams: Sequence[UUID], upto: int, after: int = 0) -> list[StoredFact]: ...


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked: `as_of` and `reported_until` as sent, the policy's and the view's `name/version`."""

    incident: str
    view: str
    as_of: str | None = None
    reported_until: str | None = None
    policy: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A document with its coordinates, the text that travels beside it, and its digest over the canonical bytes."""

    view: View
    document: Document
    data: bytes
    digest: str
    coordinates: Mapping[str, str | int | bool | None]
    text: Mapping[str, object]
    inputs: Mapping[str, int]
    """The streams that the answer depends on, each with its last version at the position."""
    shared: bool = False
    """Whether others look at parts of the document too."""

    @property
    def closed(self) -> bool:
        """The same question can never be answered otherwise."""
        return bool(self.coordinates["closed"])

    def put_away(self) -> None:
        """Free its document, once it is sent; nobody may look at it any more."""
        if not self.shared:
            take_apart(sum(self.inputs.values()), *_lists(self.document))

    def envelope(self) -> dict[str, object]:
        """Return the answer as it is sent."""
        return {
            "data": self.document,
            "text": dict(self.text),
            "coordinates": dict(self.coordinates),
            "digest": self.digest,
        }


@dataclass(frozen=True, slots=True)
class Inputs:
    """The facts that an answer depends on, oldest first, as the log holds them."""

    rows: list[StoredFact]
    history: History

    def put_away(self) -> None:
        """Free what they hold; nobody may look at them any more."""
        history, facts = self.history, len(self.rows)
        take_apart(facts, history.journal, history.filed, self.rows)


def stream_of(incident: str) -> UUID:
    """Return the stream of an incident named by slug or by id."""
    try:
        return UUID(incident)
    except ValueError:
        return incident_stream(incident)


async def answer(log: Reads, question: Question, chronicles: Chronicles | None = None) -> Answer:
    """Answer a question about one incident; from `chronicles`, where they tell of it.

    Raises Unanswerable; catalogue.UnknownName for a policy or view that there is not.
    """
    view = catalogue.view(question.view)
    named = catalogue.policy(question.policy) if question.policy else None
    until = read_moment("reported_until", question.reported_until) if question.reported_until else None
    moment = await settle(log, question.as_of)
    if chronicles is not None and view.id == CHRONICLED and until is None:
        log_id = await log.log_id()
        ask = partial(_told, view=view, moment=moment, log_id=log_id, named=named.id if named else None)
        if told := await chronicles.ask(stream_of(question.incident), moment.position, ask):
            return told
    inputs = await shown_at(log, question.incident, moment.position, question.as_of)
    if chronicles is not None:
        chronicles.asked(stream_of(question.incident), len(inputs.rows))
    policy = named or catalogue.policy(inputs.history.adopted or catalogue.DEFAULT_POLICY)
    reading = Reading(until, policy)
    try:
        return await aside(len(inputs.rows), _folded, inputs, view, reading, moment, await log.log_id())
    finally:
        inputs.put_away()


def _folded(inputs: Inputs, view: View, reading: Reading, moment: Moment, log_id: UUID) -> Answer:
    """Answer from the folded inputs."""
    document = view.finish(inputs.history, reading)
    data = canonical(document)
    last = inputs.rows[-1]
    return Answer(
        view=view,
        document=document,
        data=data,
        digest=digest_of(data),
        coordinates=_coordinates(
            log_id,
            Input(last.position, last.recorded_at, inputs.history.version),
            moment,
            (reading.reported_until, reading.policy.id, view.id),
        ),
        text=_texts(view, document, inputs.rows),
        inputs={str(row.stream): row.version for row in inputs.rows},
    )


def _told(chronicle: Chronicle, *, view: View, moment: Moment, log_id: UUID, named: str | None) -> Answer | None:
    """Answer from a chronicle; None for a moment before the incident was known, and by another policy than in force."""
    position = moment.position
    if not chronicle.known_at(position) or named not in (None, chronicle.policy_at(position)):
        return None
    if into := chronicle.into_at(position):
        raise MergedAway(chronicle.history.slug, into)
    document = chronicle.document(position)
    data = canonical(document)
    last = cast("Input", chronicle.inputs.at(position))
    return Answer(
        view=view,
        document=document,
        data=data,
        digest=digest_of(data),
        coordinates=_coordinates(log_id, last, moment, (None, chronicle.policy_at(position), view.id)),
        text={},
        shared=True,
        inputs={str(stream): version for stream, version in chronicle.versions_at(position).items()},
    )


def _lists(document: Mapping[str, object]) -> Iterator[list[object]]:
    """Yield the lists of a document that are in no other list."""
    for value in document.values():
        if isinstance(value, list):
            yield cast("list[object]", value)
        elif isinstance(value, dict):
            yield from _lists(cast("dict[str, object]", value))


async def inputs_at(log: Reads, incident: str, position: int, asked: str | None) -> Inputs:
    """Read and fold the inputs of an incident at a position: its own facts, and those of all that they lead to.

    Some reads, all bounded by the position, so that they agree (see `gathering`).
    """
    stream = stream_of(incident)
    reading, held = gathering(stream), list[StoredFact]()
    wanted = next(reading)
    while True:
        rows = await log.read(wanted, position)
        if not held and not _opened(rows, stream):
            await _refuse(log, incident, stream, asked)
        held += rows
        wanted, facts = await aside(len(rows), sent_on, reading, rows)
        if facts is not None:
            return await aside(len(held), _inputs, facts, held, stream)


def _inputs(facts: Sequence[Recorded], rows: Sequence[StoredFact], stream: UUID) -> Inputs:
    return Inputs(sorted(rows, key=attrgetter("position")), history_of(facts, stream))


async def shown_at(log: Reads, incident: str, position: int, asked: str | None) -> Inputs:
    """Read and fold the inputs of an incident that stood by itself at a position.

    Raises NoSuchIncident, NotYetKnown; MergedAway if another incident showed what it held.
    """
    inputs = await inputs_at(log, incident, position, asked)
    if into := inputs.history.own.into:
        raise MergedAway(inputs.history.slug, into)
    return inputs


async def _refuse(log: Reads, incident: str, stream: UUID, asked: str | None) -> NoReturn:
    ever = await log.read([stream], (await log.head()).position)
    if _opened(ever, stream):
        hint = " To ask what sources had said by a moment, use reported_until, not as_of."
        raise NotYetKnown(incident, asked or "that moment", ever[0], hint=hint)
    message = f"There is no incident “{incident}”; GET /v1/incidents lists those that there are."
    raise NoSuchIncident(message)


def _opened(rows: Sequence[StoredFact], stream: UUID) -> bool:
    """Say whether a stream is an incident's, for a source has a stream too."""
    return any(row.stream == stream and row.is_a(IncidentOpened) for row in rows)


def _coordinates(
    log_id: UUID, last: Input, moment: Moment, reading: tuple[datetime | None, str, str]
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
