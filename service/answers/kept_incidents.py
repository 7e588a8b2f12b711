"""Incidents whose facts are kept decoded and folded, to answer further questions without reading them again."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

import orjson
from psycopg import Cursor

from domain import catalogue
from domain.facts.union import CollectionChanged, IncidentOpened, Recorded
from domain.history.checkpoints import HistoryCheckpoints
from domain.history.history import History
from domain.reading import Document, Reading
from domain.revisions.step_documents import steps_document
from domain.summary.kept_states import KeptStates
from domain.summary.kept_steps import STEPS_VIEW, KeptSteps
from domain.summary.state_index import STATE_VIEW
from domain.values.collections import PUBLIC
from service.answers.inputs import first_streams, gather
from service.answers.questions import (
    DifferenceAnswer,
    DifferenceQuestion,
    IncidentAt,
    LastInput,
    ReadAhead,
    ViewAnswer,
    ViewQuestion,
    difference_of,
    view_of,
)
from service.eventstore import sync_reader
from service.runtime.weighted_lru import WeightedLRU

MOST_FACTS: Final = 15_000
"""About how many facts the kept incidents may have together; one alone may have more."""
MOST_BYTES: Final = 64_000_000
"""How many bytes finished documents may have together. All views of 10,000 facts at one reading are 20 MB."""


@dataclass(slots=True)
class _KeptIncident:
    """The facts of `streams` up to `position`, and what is kept of two views."""

    stream: UUID
    checkpoints: HistoryCheckpoints
    streams: set[UUID]
    position: int = 0
    states: KeptStates = field(init=False)
    steps: KeptSteps = field(init=False)

    def __post_init__(self) -> None:
        """Keep no states and steps yet."""
        self.states, self.steps = KeptStates(self.checkpoints), KeptSteps(self.checkpoints)

    def inputs_at(self, position: int) -> tuple[LastInput, dict[UUID, int]] | None:
        """Return the last input at a position, and the inputs with their versions; None before it was opened."""
        facts, inputs = self.checkpoints.facts[: self.checkpoints.count_at(position)], dict[UUID, int]()
        collection = PUBLIC
        for each in facts:
            inputs[each.stream] = each.version
            if isinstance(each.fact, IncidentOpened | CollectionChanged) and each.stream == self.stream:
                collection = each.fact.collection or PUBLIC
        if self.stream not in inputs:
            return None
        return LastInput(facts[-1].position, facts[-1].recorded_at, inputs[self.stream], collection), inputs

    def at(self, position: int) -> IncidentAt | None:
        """Return the incident at a position; None where it was not opened, or was merged into another."""
        found, history = self.inputs_at(position), self.checkpoints.at(position)
        if found is None or not history.own.slug or history.own.into:
            return None
        return IncidentAt(history, found[0], _named(found[1]))

    def answer(self, question: ViewQuestion, found: IncidentAt) -> ViewAnswer:
        """Answer about the incident at the question's position, where that is quicker by states or steps kept."""

        def from_steps(history: History, reading: Reading) -> Document:
            return steps_document(history, *self.steps.at(question.position, history, reading))

        finishes = {STATE_VIEW: self.states.document, STEPS_VIEW: from_steps}
        return view_of(question, found, finishes.get(question.view))


@dataclass(slots=True)
class KeptIncidents:
    """Answers questions over one connection; keeps the incidents asked about last, and what was finished of them.

    Nothing that is kept can become wrong: facts at or below a position never change, newer ones are read before it
    answers, and an answer is looked up by its last input. Free text may be erased, so it is never kept.
    """

    cursor: Cursor[Any]
    most: int = MOST_FACTS
    _incidents: WeightedLRU[UUID, _KeptIncident] = field(init=False)
    _answers: WeightedLRU[object, ViewAnswer] = field(init=False)

    def __post_init__(self) -> None:
        """Begin with nothing."""
        self._incidents, self._answers = WeightedLRU(self.most), WeightedLRU(MOST_BYTES)

    def answer(self, question: ViewQuestion | DifferenceQuestion | ReadAhead) -> ViewAnswer | DifferenceAnswer | None:
        """Answer a question; None where the incident was not opened, or was merged into another, and to a preparation.

        Raises psycopg.Error, UnknownFact, and catalogue.UnknownName.
        """
        match question:
            case ViewQuestion():
                return self.view(question)
            case DifferenceQuestion():
                return self.difference(question)
            case ReadAhead(stream=stream, position=position):
                self._incident(stream, position)
                return None

    def view(self, question: ViewQuestion) -> ViewAnswer | None:
        """Answer about an incident, as `answer` does."""
        kept = self._incident(question.stream, question.position)
        if not kept.checkpoints.is_bounded(question.position, question.reported_until):
            question = replace(question, reported_until=None)
        same = replace(question, position=kept.checkpoints.count_at(question.position))
        answer = self._answers.get(same)
        if answer is None:
            found = kept.at(question.position)
            if found is None:
                return None
            answer = kept.answer(question, found)
        self._answers.put(same, answer, len(answer.data) + len(answer.table or b""))
        return answer._replace(text=self._text(answer, question.position)) if answer.texts else answer

    def difference(self, question: DifferenceQuestion) -> DifferenceAnswer | None:
        """Return what changed between two readings, as `answer` does."""
        kept = self._incident(question.stream, max(position for position, _ in question.ends))
        earlier, later = (kept.at(position) for position, _ in question.ends)
        return difference_of(question, earlier, later) if earlier and later else None

    def prepare(self) -> bool:
        """Do a little for later questions; says whether there was anything to do."""
        with suppress(catalogue.UnknownName):  # of a later release: whoever asks is told
            return any(kept.states.prepare() or kept.steps.prepare() for kept in self._incidents.values())
        return False

    def _incident(self, stream: UUID, position: int) -> _KeptIncident:
        """Return an incident with its facts up to a position at least."""
        kept = self._incidents.get(stream)
        if kept is None:
            kept = _KeptIncident(stream, HistoryCheckpoints(stream), set(first_streams(stream)))
        if kept.position < position:
            self._incidents.pop(stream)  # should reading fail, it has only some of the facts
            self._extend(kept, position)
            for evicted in self._incidents.put(stream, kept, len(kept.checkpoints.facts)):
                evicted.states.stop()  # the collector never looks at what is kept, so cycles have to be broken
                evicted.steps.stop()
        return kept

    def _extend(self, kept: _KeptIncident, position: int) -> None:
        """Add the facts recorded since, up to a position, and all facts of the streams that these refer to."""

        def read(streams: Sequence[UUID]) -> Iterable[Recorded]:
            after = kept.position if kept.streams.issuperset(streams) else 0
            rows = sync_reader.of_streams(self.cursor, streams, position, after)
            return [row.recorded(text=False) for row in rows]

        gathered = gather(kept.streams, read)
        for recorded in gathered.facts:
            kept.checkpoints.add(recorded)
        kept.streams, kept.position = gathered.streams, position

    def _text(self, answer: ViewAnswer, position: int) -> bytes:
        rows = sync_reader.texts(self.cursor, list(map(UUID, answer.inputs)), position)
        words = ((at, commitment.hex(), text) for at, commitment, text in rows)
        found = [(at, name, orjson.loads(text)) for at, name, text in words if name in answer.texts]
        if len(found) < len(answer.texts):
            erased = sync_reader.erased_texts(self.cursor, list(map(UUID, answer.inputs)))
            found += [(at, name.hex(), {"erased": where}) for at, name, where in erased if name.hex() in answer.texts]
            found.sort(key=itemgetter(0))
        return orjson.dumps({name: words for _, name, words in found})


def _named(inputs: dict[UUID, int]) -> dict[str, int]:
    return {str(stream): version for stream, version in inputs.items()}
