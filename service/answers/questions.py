"""Questions about one incident and their answers, as they go from process to process; how they are answered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domain import catalogue
from domain.history.history import History
from domain.ledger.canonical import canonical, digest_of
from domain.reading import Document, Reading
from domain.revisions.difference import difference
from service.answers.tables import view_table
from service.runtime.worker_thread import empty_lists

Finish = Callable[[History, Reading], Document]
"""Makes the document of a view."""


class LastInput(NamedTuple):
    """The last fact among the inputs: its position and when it was recorded; the incident's version and collection."""

    position: int
    recorded_at: datetime
    version: int
    collection: str


class IncidentAt(NamedTuple):
    """An incident at a position: its history, the last input, and the streams with their last versions."""

    history: History
    last: LastInput
    inputs: Mapping[str, int]

    def reading(self, until: datetime | None, policy: str | None) -> Reading:
        """Return a reading by the policy in force, unless one is named."""
        return Reading(until, catalogue.policy(policy or self.history.adopted_policy or catalogue.DEFAULT_POLICY))


@dataclass(frozen=True, slots=True)
class ViewQuestion:
    """A question for a view of an incident at a position; by the policy in force there, unless one is named.

    `table`: as a CSV table too.
    """

    stream: UUID
    position: int
    view: str
    reported_until: datetime | None
    policy: str | None
    table: bool


@dataclass(frozen=True, slots=True)
class DifferenceQuestion:
    """Difference of an incident between two readings: positions, each with its moment on the reported clock."""

    stream: UUID
    ends: tuple[tuple[int, datetime | None], tuple[int, datetime | None]]
    policy: str | None


class ReadAhead(NamedTuple):
    """An incident to be read up to a position, as questions about it may follow; it has no answer."""

    stream: UUID
    position: int


class ViewAnswer(NamedTuple):
    """A document in canonical form with its digest, and as a table if asked for; `texts` are commitments in it.

    `text` is the free text that these commit to, as a JSON object.
    """

    data: bytes
    digest: str
    table: bytes | None
    policy: str
    last: LastInput
    inputs: Mapping[str, int]
    texts: frozenset[str]
    text: bytes = b"{}"


class DifferenceAnswer(NamedTuple):
    """A difference in canonical form, its digest, and for each end the policy and the last input."""

    data: bytes
    digest: str
    ends: tuple[tuple[str, LastInput], tuple[str, LastInput]]


def view_of(question: ViewQuestion, found: IncidentAt, finish: Finish | None = None) -> ViewAnswer:
    """Answer about an incident, without free text; by `finish`, if given, in place of that of the view."""
    reading = found.reading(question.reported_until, question.policy)
    document = (finish or catalogue.view(question.view).finish)(found.history, reading)
    view, data = catalogue.view(question.view), canonical(document)
    table, texts = view_table(view, document) if question.table else None, frozenset(view.texts(document))
    empty_lists(document)
    return ViewAnswer(data, digest_of(data), table, reading.policy.id, found.last, found.inputs, texts)


def difference_of(question: DifferenceQuestion, earlier: IncidentAt, later: IncidentAt) -> DifferenceAnswer:
    """Return what changed from one reading of an incident to another."""
    (_, from_moment), (_, to_moment) = question.ends
    before, after = earlier.reading(from_moment, question.policy), later.reading(to_moment, question.policy)
    data = canonical(difference((earlier.history, before), (later.history, after)))
    return DifferenceAnswer(data, digest_of(data), ((before.policy.id, earlier.last), (after.policy.id, later.last)))
