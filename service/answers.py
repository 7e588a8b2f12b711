"""Answers about one incident at any moment: its inputs up to a position, folded, finished and digested."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn, Protocol
from uuid import UUID

import orjson

from domain import catalogue
from domain.clocks import ClockError, format_instant, parse_instant
from domain.estimates import Policy
from domain.incident.facts import (
    POLICY_STREAM,
    ClaimsRescoped,
    IncidentMerged,
    IncidentOpened,
    Recorded,
    ReportCorrected,
    ReportFiled,
    ReportMoved,
    SameOriginStated,
    decode,
    incident_stream,
    source_stream,
)
from domain.incident.history import History, cited_origins, history_of
from domain.ledger.canonical import canonical, digest_of
from domain.reading import Document, Reading, View
from service.eventstore.reader import Head
from service.eventstore.rows import StoredRow

LONGEST_POSITION = 18
"""Digits of a position; a bigint holds them all."""


class Unanswerable(Exception):
    """The question has no answer; the sentence says why and what to ask instead."""

    def __init__(self, sentence: str, field: str | None = None) -> None:
        """Keep the sentence; `field` is the part of the question that it is about, if it is about one."""
        self.field = field
        super().__init__(sentence)


class NoSuchIncident(Unanswerable):
    """Nothing has ever been recorded of the incident."""


class MomentUnreadable(Unanswerable):
    """`as_of`, `reported_until`, or whatever `field` calls it, is not a moment."""


class MomentInTheFuture(Unanswerable):
    """A moment on the recorded clock lies ahead of both the database's clock and the log."""


class PastTheEnd(Unanswerable):
    """A position lies beyond the last one of the log."""


class NotYetKnown(Unanswerable):
    """At the moment asked, nothing had been recorded of the incident yet."""

    def __init__(self, name: str, asked: str, known_since: StoredRow, *, hint: str = "") -> None:
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


class Reads(Protocol):
    """What answering needs of the log."""

    async def log_id(self) -> UUID: ...
    async def head(self) -> Head: ...
    async def position_at(self, moment: datetime) -> int: ...
    async def read(self, streams: Sequence[UUID], upto: int, after: int = 0) -> list[StoredRow]: ...


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment on the recorded clock, settled: the last position at it; `closed` if its answer can never change."""

    position: int
    closed: bool


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

    @property
    def closed(self) -> bool:
        """The same question can never be answered otherwise."""
        return bool(self.coordinates["closed"])

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

    rows: tuple[StoredRow, ...]
    history: History


def stream_of(incident: str) -> UUID:
    """Return the stream of an incident named by slug or by id."""
    try:
        return UUID(incident)
    except ValueError:
        return incident_stream(incident)


async def answer(log: Reads, question: Question) -> Answer:
    """Answer a question about one incident.

    Raises Unanswerable; catalogue.UnknownName for a policy or view that there is not.
    """
    view = catalogue.view(question.view)
    named = catalogue.policy(question.policy) if question.policy else None
    until = read_moment("reported_until", question.reported_until) if question.reported_until else None
    moment = await settle(log, question.as_of)
    inputs = await shown_at(log, question.incident, moment.position, question.as_of)
    policy = named or catalogue.policy(inputs.history.adopted or catalogue.DEFAULT_POLICY)
    document = view.finish(inputs.history, Reading(until, policy))
    data = canonical(document)
    return Answer(
        view=view,
        document=document,
        data=data,
        digest=digest_of(data),
        coordinates=_coordinates(await log.log_id(), inputs, moment, until, policy, view),
        text=_texts(view, document, inputs.rows),
        inputs={str(row.originator_id): row.originator_version for row in inputs.rows},
    )


async def settle(log: Reads, as_of: str | None, name: str = "as_of") -> Moment:
    """Settle `as_of`: `@position`, an RFC 3339 moment, or None for now, on the recorded clock.

    `name` is what the question calls it. Raises MomentUnreadable, MomentInTheFuture, PastTheEnd.
    """
    head = await log.head()
    if as_of is None:
        return Moment(head.position, closed=False)
    if as_of.startswith("@"):
        return _settle_position(as_of, head, name)
    asked = read_moment(name, as_of)
    if asked > max(head.now, head.recorded_at or head.now):
        message = f"{name}={as_of} lies in the future (it is {format_instant(head.now)} now); nobody knows that yet."
        raise MomentInTheFuture(message, name)
    position = await log.position_at(asked)
    return Moment(position, closed=position < head.position)


async def inputs_at(log: Reads, incident: str, position: int, asked: str | None) -> Inputs:
    """Read and fold the inputs of an incident at a position: its own facts, and those of all that they lead to.

    Some reads, all bounded by the position: positions are gapless in the order of
    commits, so what lies at or below a visible position never changes between them.
    """
    stream = stream_of(incident)
    rows = await log.read([stream, POLICY_STREAM], position)
    if not _opened(rows, stream):
        await _refuse(log, incident, stream, asked)
    facts = fresh = [recorded(row) for row in rows]
    known = {stream, POLICY_STREAM}
    while wanted := sorted({each for fact in fresh for each in _leads_to(fact)} - known):
        known.update(wanted)
        further = await log.read(wanted, position)
        fresh = [recorded(row) for row in further]
        rows, facts = [*rows, *further], [*facts, *fresh]
    return Inputs(tuple(sorted(rows, key=lambda row: row.position)), history_of(facts, stream))


async def shown_at(log: Reads, incident: str, position: int, asked: str | None) -> Inputs:
    """Read and fold the inputs of an incident that stood by itself at a position.

    Raises NoSuchIncident, NotYetKnown; MergedAway if another incident showed what it held.
    """
    inputs = await inputs_at(log, incident, position, asked)
    if into := inputs.history.own.into:
        raise MergedAway(inputs.history.slug, into)
    return inputs


def _leads_to(recorded: Recorded) -> Iterator[UUID]:
    """Yield the streams that a fact makes inputs: of the sources cited, and of what is shown here, or was.

    What was merged or moved in stays an input when that is undone: the recorded series keeps its steps.
    """
    match recorded.fact:
        case ReportFiled() | ReportCorrected():
            yield from (source_stream(origin) for origin in cited_origins(recorded.fact.report))
        case SameOriginStated():
            yield from (source_stream(origin) for origin in recorded.fact.origins)
        case IncidentMerged(into=into, incident=merged) if incident_stream(into) == recorded.stream:
            yield incident_stream(merged)
        case ClaimsRescoped(within=within):
            yield incident_stream(within)
        case ReportMoved(to=to, home=home) if incident_stream(to) == recorded.stream:
            yield incident_stream(home)
        case _:
            return


async def _refuse(log: Reads, incident: str, stream: UUID, asked: str | None) -> NoReturn:
    ever = await log.read([stream], (await log.head()).position)
    if _opened(ever, stream):
        hint = " To ask what sources had said by a moment, use reported_until, not as_of."
        raise NotYetKnown(incident, asked or "that moment", ever[0], hint=hint)
    message = f"There is no incident “{incident}”; GET /v1/incidents lists those that there are."
    raise NoSuchIncident(message)


def recorded(row: StoredRow) -> Recorded:
    """Return the fact that a row holds, with its place in the log; its free text stays behind."""
    return Recorded(
        position=row.position,
        fact_id=row.fact_id,
        stream=row.originator_id,
        version=row.originator_version,
        recorded_at=row.recorded_at,
        fact=decode(row.topic, orjson.loads(row.state)),
        text_commitment=row.text_commitment.hex() if row.text_commitment else None,
    )


def read_moment(name: str, text: str) -> datetime:
    """Read an RFC 3339 moment of a query; a "+" that the query turned into a space is understood."""
    try:
        return parse_instant(text.replace(" ", "+"))
    except ClockError as error:
        hint = "" if name == "reported_until" else " or a position such as @12"
        message = f"{name}={text[:100]} is not a moment: {error} Write 2025-03-09T23:59:59Z{hint}."
        raise MomentUnreadable(message, name) from error


def _opened(rows: Sequence[StoredRow], stream: UUID) -> bool:
    """Say whether a stream is an incident's, for a source has a stream too."""
    return any(row.originator_id == stream and row.topic == IncidentOpened.topic for row in rows)


def _settle_position(as_of: str, head: Head, name: str) -> Moment:
    digits = as_of[1:]
    if not (digits.isascii() and digits.isdigit() and digits.strip("0")):
        message = f"{name}={as_of[:100]} is not a position; the first is @1."
        raise MomentUnreadable(message, name)
    if len(digits.lstrip("0")) > LONGEST_POSITION or int(digits) > head.position:
        message = f"{name}={as_of[:100]} lies past the end of the log, whose last position is @{head.position}."
        raise PastTheEnd(message, name)
    return Moment(int(digits), closed=True)


def _coordinates(
    log_id: UUID, inputs: Inputs, moment: Moment, until: datetime | None, policy: Policy, view: View
) -> dict[str, str | int | bool | None]:
    last = inputs.rows[-1]
    return {
        "log": str(log_id),
        "position": last.position,
        "recorded_at": format_instant(last.recorded_at),
        "version": inputs.history.version,
        "closed": moment.closed,
        "reported_until": format_instant(until) if until else None,
        "policy": policy.id,
        "view": view.id,
    }


def _texts(view: View, document: Document, rows: Sequence[StoredRow]) -> dict[str, object]:
    wanted = set(view.texts(document))
    return {
        row.text_commitment.hex(): orjson.loads(row.text)
        for row in rows
        if row.text is not None and row.text_commitment is not None and row.text_commitment.hex() in wanted
    }
