"""Who waits for the writer: single commands, and long lists that let the single ones go between."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from service.eventstore.batch import Outcome
from service.eventstore.requests import Write

MOST_WAITING = 10_000
"""How many single commands may wait, and how many that came in lists, before further ones are turned away."""
MOST_AT_ONCE = 1000
"""How many single commands one transaction takes, and how many out of lists."""


class Overloaded(Exception):
    """More commands are waiting than can be taken soon; try again in a moment."""


@dataclass(slots=True, eq=False)
class QueuedRequest:
    """One command or one list that waits, with its answers so far; `answered` is done when all of it is through."""

    writes: Sequence[Write]
    answered: asyncio.Future[list[Outcome]]
    together: bool = False
    answers: list[Outcome] = field(default_factory=list[Outcome])

    def next(self, most: int) -> Sequence[Write]:
        """Return its next commands that are not answered yet."""
        if self.together:
            return self.writes
        return self.writes[len(self.answers) : len(self.answers) + most]

    def take(self, answers: Sequence[Outcome]) -> bool:
        """Take the answers to its next commands; say whether they are all there, and then tell the caller."""
        self.answers.extend(answers)
        if len(self.answers) < len(self.writes):
            return False
        if not self.answered.done():  # else the caller went away; what was recorded stands, and a retry finds it
            self.answered.set_result(self.answers)
        return True

    def fail(self, error: BaseException) -> None:
        """Tell the caller that the transaction failed; what earlier ones recorded of a list stands."""
        if not self.answered.done():
            self.answered.set_exception(error)


@dataclass(slots=True)
class QueuedTransaction:
    """What one transaction takes: the commands of members, the single ones first."""

    members: list[tuple[QueuedRequest, Sequence[Write]]]
    singles: int

    @property
    def together(self) -> bool:
        """Whether all of it is recorded, or nothing."""
        return self.members[0][0].together

    @property
    def writes(self) -> list[Write]:
        """All commands in their order."""
        return [write for _, writes in self.members for write in writes]


class CommandQueue:
    """The queue of the writer: in each turn the single commands go first, and a part of the lists goes with them."""

    def __init__(self) -> None:
        self._singles: deque[QueuedRequest] = deque()
        self._lists: deque[QueuedRequest] = deque()
        self._in_lists = 0
        self._put_off = False

    def __bool__(self) -> bool:
        return bool(self._singles or self._lists)

    @property
    def singles(self) -> int:
        """How many single commands are not answered yet."""
        return len(self._singles)

    def add(self, member: QueuedRequest) -> None:
        """Let one more wait; raises Overloaded where too many wait already."""
        single = len(member.writes) == 1 and not member.together
        if (len(self._singles) if single else self._in_lists) >= MOST_WAITING:
            raise Overloaded
        if single:
            self._singles.append(member)
        else:
            self._lists.append(member)
            self._in_lists += len(member.writes)

    def next_transaction(self, of_lists: int = MOST_AT_ONCE) -> QueuedTransaction:
        """Return what the next transaction takes: single commands, and so many out of lists.

        A list to be recorded together has a transaction of its own, and single commands go before it but once.
        """
        first = self._lists[0] if self._lists else None
        if first and first.together and (self._put_off or not self._singles):
            self._put_off = False
            return QueuedTransaction([(first, first.writes)], 0)
        self._put_off = first is not None and first.together
        members = [(member, member.writes) for member in islice(self._singles, MOST_AT_ONCE)]
        singles, room = len(members), of_lists
        for member in self._lists:
            if room <= 0 or member.together:
                break
            members.append((member, member.next(room)))
            room -= len(members[-1][1])
        return QueuedTransaction(members, singles)

    def complete(self, turn: QueuedTransaction, answers: Sequence[Outcome]) -> None:
        """Hand out the answers of a turn; what it did not come to waits for the next one."""
        rest = iter(answers)
        for place, (member, writes) in enumerate(turn.members):
            queue = self._singles if place < turn.singles else self._lists
            given = list(islice(rest, len(writes)))
            if queue is self._lists:
                self._in_lists -= len(given)
            if member.take(given):
                queue.remove(member)

    def fail(self, turn: QueuedTransaction, error: BaseException) -> None:
        """Tell everybody of a turn that its transaction failed."""
        for place, (member, _) in enumerate(turn.members):
            queue = self._singles if place < turn.singles else self._lists
            if queue is self._lists:
                self._in_lists -= len(member.writes) - len(member.answers)
            member.fail(error)
            queue.remove(member)
