"""The answering process as far as a principal's collections go."""

from dataclasses import replace
from typing import Protocol, TypeVar
from uuid import UUID

from service.access.collections import VisibleLog
from service.answers.questions import DifferenceAnswer, DifferenceQuestion, ViewAnswer, ViewQuestion
from service.eventstore.collections import NO_STREAM

Q = TypeVar("Q", ViewQuestion, DifferenceQuestion)


class Answering(Protocol):
    """Answers about large incidents in a process of its own; see AnsweringProcess."""

    def note_size(self, stream: UUID, facts: int) -> None: ...
    async def view(self, question: ViewQuestion) -> ViewAnswer | None: ...
    async def difference(self, question: DifferenceQuestion) -> DifferenceAnswer | None: ...


class VisibleAnswering:
    """Asks the process about visible incidents; about any other as about one that does not exist."""

    def __init__(self, answering: Answering, log: VisibleLog) -> None:
        self._answering = answering
        self._log = log

    def note_size(self, stream: UUID, facts: int) -> None:
        """Remember how many facts the answers about an incident depend on."""
        self._answering.note_size(stream, facts)

    async def view(self, question: ViewQuestion) -> ViewAnswer | None:
        """Answer about an incident; None where it has to be answered, or refused, without the process."""
        return await self._answering.view(await self._visible(question))

    async def difference(self, question: DifferenceQuestion) -> DifferenceAnswer | None:
        """Return what changed between two readings of an incident; likewise."""
        return await self._answering.difference(await self._visible(question))

    async def _visible(self, question: Q) -> Q:
        return question if await self._log.visible([question.stream]) else replace(question, stream=NO_STREAM)
