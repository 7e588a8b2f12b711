"""Incidents whose facts are kept decoded and folded, to answer further questions without reading them again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

import orjson
from psycopg import Cursor

from domain.facts.union import Recorded
from domain.history.checkpoints import HistoryCheckpoints
from domain.history.history import History
from domain.reading import Document, Reading
from domain.revisions.kept_steps import STEPS_VIEW, KeptSteps
from domain.revisions.step_documents import steps_document
from domain.summary.state_timeline import TIMELINE_VIEW, StateTimeline
from service.answers.inputs import first_streams, gather
from service.answers.questions import (
    DifferenceAnswer,
    DifferenceQuestion,
    IncidentAt,
    LastInput,
    ViewAnswer,
    ViewQuestion,
    difference_of,
    view_answer,
    view_of,
)
from service.eventstore import sync_reader
from service.runtime.weighted_lru import WeightedLRU

MOST_FACTS: Final = 15_000
"""About how many facts the kept incidents may have together; one alone may have more."""
MOST_BYTES: Final = 16_000_000
"""How many bytes finished documents may have together."""
A_SLICE: Final = 50
"""So many facts are added to a state timeline before the next question is looked for: some 10 ms."""


@dataclass(slots=True)
class _KeptIncident:
    """The facts of `streams` up to `position`; from the second question that asks for it, a state timeline.

    The timeline has the first `in_timeline` facts.
    """

    stream: UUID
    checkpoints: HistoryCheckpoints
    streams: set[UUID]
    position: int = 0
    timeline_questions: int = 0
    timeline: StateTimeline | None = None
    in_timeline: int = 0
    steps: KeptSteps = field(init=False)

    def __post_init__(self) -> None:
        """Keep no steps yet."""
        self.steps = KeptSteps(self.checkpoints)

    def inputs_at(self, position: int) -> tuple[LastInput, dict[UUID, int]] | None:
        """Return the last input at a position, and the inputs with their versions; None before it was opened."""
        facts, inputs = self.checkpoints.facts[: self.checkpoints.count_at(position)], dict[UUID, int]()
        for each in facts:
            inputs[each.stream] = each.version
        if self.stream not in inputs:
            return None
        return LastInput(facts[-1].position, facts[-1].recorded_at, inputs[self.stream]), inputs

    def at(self, position: int) -> IncidentAt | None:
        """Return the incident at a position; None where it was not opened, or was merged into another."""
        found, history = self.inputs_at(position), self.checkpoints.at(position)
        if found is None or not history.own.slug or history.own.into:
            return None
        return IncidentAt(history, found[0], _named(found[1]))

    def answer(self, question: ViewQuestion, found: IncidentAt) -> ViewAnswer:
        """Answer about the incident at the question's position; steps are made from those kept."""

        def from_steps(history: History, reading: Reading) -> Document:
            return steps_document(history, *self.steps.at(question.position, history, reading))

        return view_of(question, found, from_steps if question.view == STEPS_VIEW else None)

    def from_timeline(self, question: ViewQuestion) -> ViewAnswer | None:
        """Answer from the timeline; None where it is not that far, or has other documents."""
        if question.view != TIMELINE_VIEW or question.reported_until is not None:
            return None
        self.timeline_questions += 1
        timeline, position, found = self.timeline, question.position, self.inputs_at(question.position)
        if timeline is None or found is None or self.in_timeline < self.checkpoints.count_at(position):
            return None
        policy = timeline.policy_at(position)
        if question.policy not in (None, policy) or timeline.merged_into_at(position):
            return None
        return view_answer(question, timeline.document(position), policy, found[0], _named(found[1]))

    def extend_timeline(self) -> bool:
        """Add the next facts to the timeline, if it is wanted; says whether any were left."""
        facts = self.checkpoints.facts
        if self.timeline_questions < 2 or self.in_timeline == len(facts):  # noqa: PLR2004 - from the second question on
            return False
        if self.timeline is None:
            self.timeline = StateTimeline(self.stream)
        for each in facts[self.in_timeline : self.in_timeline + A_SLICE]:
            self.timeline.add(each)
            self.in_timeline += 1
        return True


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

    def view(self, question: ViewQuestion) -> ViewAnswer | None:
        """Answer about an incident; None where it was not opened, or was merged into another.

        Raises psycopg.Error, UnknownFact, and catalogue.UnknownName.
        """
        kept = self._incident(question.stream, question.position)
        if not kept.checkpoints.is_bounded(question.position, question.reported_until):
            question = replace(question, reported_until=None)
        same = replace(question, position=kept.checkpoints.count_at(question.position))
        answer = self._answers.get(same) or kept.from_timeline(question)
        if answer is None:
            found = kept.at(question.position)
            if found is None:
                return None
            answer = kept.answer(question, found)
        self._answers.put(same, answer, len(answer.data) + len(answer.table or b""))
        return answer._replace(text=self._text(answer, question.position)) if answer.texts else answer

    def difference(self, question: DifferenceQuestion) -> DifferenceAnswer | None:
        """Return what changed between two readings; None, and raises, as `view` does."""
        kept = self._incident(question.stream, max(position for position, _ in question.ends))
        earlier, later = (kept.at(position) for position, _ in question.ends)
        return difference_of(question, earlier, later) if earlier and later else None

    def prepare(self) -> bool:
        """Do a little for later questions; says whether there was anything to do."""
        return any(kept.extend_timeline() for kept in self._incidents.values())

    def _incident(self, stream: UUID, position: int) -> _KeptIncident:
        """Return an incident with its facts up to a position at least."""
        kept = self._incidents.get(stream)
        if kept is None:
            kept = _KeptIncident(stream, HistoryCheckpoints(stream), set(first_streams(stream)))
        if kept.position < position:
            self._incidents.pop(stream)  # should reading fail, it has only some of the facts
            self._extend(kept, position)
            self._incidents.put(stream, kept, len(kept.checkpoints.facts))
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
