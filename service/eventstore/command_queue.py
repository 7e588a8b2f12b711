"""The command queue of the writer: single commands first, between parts of long lists; requests and their answers."""

import asyncio
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import NamedTuple
from uuid import UUID, uuid5

from msgspec import Struct

from domain.incident.dispatch import AnyCommand, max_facts
from domain.incident.report_warnings import ReportWarning

MOST_WAITING = 10_000
"""Single commands that may wait, and as many out of lists, before further ones are refused."""
MOST_AT_ONCE = 1000
"""Single commands that one transaction takes, and as many out of lists."""


Request = tuple[UUID, bytes]
"""The id and the hash of a request, which are the same for a retry."""


class SealedContent(Struct, frozen=True, gc=False):
    """The protected part of a report before it is sealed, as canonical JSON; never shown."""

    content: bytes

    def __repr__(self) -> str:
        return "SealedContent()"


class WriteRequest(Struct, frozen=True, gc=False):
    """A command with the parts of its request that are stored.

    `incident` is the stream of the incident that the URL names; None where the command names it, or names a report
    of it.
    `request_hash` is the SHA-256 of operation, target and body without `sealed`; `recorded_by` the random id of the
    token, and `collections` those that it may see and write in; None: all. `sealed` is the protected part of a report,
    which goes to the first fact.
    """

    command: AnyCommand
    fact_id: UUID
    request_hash: bytes
    incident: UUID | None = None
    recorded_by: str | None = None
    expected_version: int | None = None
    collections: frozenset[str] | None = None
    sealed: SealedContent | None = None

    @property
    def request(self) -> Request:
        """The identity of the request, for the recognition of a retry."""
        return self.fact_id, self.request_hash

    def fact_ids(self) -> Iterator[UUID]:
        """Yield the ids of its facts: the first is that of the request, further ones are derived from it."""
        yield self.fact_id
        for place in range(1, max_facts(self.command)):
            yield uuid5(self.fact_id, str(place))


class Acknowledgement(Struct, frozen=True, gc=False):
    """The acknowledgement of a durable write.

    `position` is that of its last fact; None where a registration changed nothing. `incident` and `version` are those
    of the stream of its first fact, which has the id `fact_id`.
    """

    fact_id: UUID
    position: int | None
    recorded_at: datetime | None
    version: int
    incident: str | None
    replayed: bool = False
    warnings: tuple[ReportWarning, ...] = ()


Outcome = Acknowledgement | Exception
"""An acknowledged write, or the reason why there is none: a Refusal, or an error that concerns this command alone."""


class Overloaded(Exception):
    """More commands are waiting than can be taken soon; try again in a moment."""


@dataclass(slots=True, eq=False)
class QueuedRequest:
    """A queued command or list of commands, with its answers so far; `answered` is done when all are there."""

    writes: Sequence[WriteRequest]
    answered: asyncio.Future[list[Outcome]]
    atomic: bool = False
    answers: list[Outcome] = field(default_factory=list[Outcome])

    def next(self, most: int) -> Sequence[WriteRequest]:
        """Return its next unanswered commands."""
        if self.atomic:
            return self.writes
        return self.writes[len(self.answers) : len(self.answers) + most]

    def add_answers(self, answers: Sequence[Outcome]) -> bool:
        """Add the answers to its next commands; if all are there, resolve the caller's future and return True."""
        self.answers.extend(answers)
        if len(self.answers) < len(self.writes):
            return False
        if not self.answered.done():  # else the caller was cancelled; a retry gets the recorded answer
            self.answered.set_result(self.answers)
        return True

    def fail(self, error: BaseException) -> None:
        """Raise the error of a failed transaction for the caller; earlier parts of a list remain recorded."""
        if not self.answered.done():
            self.answered.set_exception(error)


class Commands(NamedTuple):
    """The commands of a transaction: the first `at_least` are decided whatever time it takes; `atomic`: all or none."""

    writes: Sequence[WriteRequest]
    at_least: int
    atomic: bool = False


@dataclass(slots=True)
class QueuedTransaction:
    """The commands of one transaction, by request, the single ones first."""

    requests: list[tuple[QueuedRequest, Sequence[WriteRequest]]]
    singles: int

    @property
    def atomic(self) -> bool:
        """Whether either all commands are recorded or none."""
        return self.requests[0][0].atomic

    @property
    def commands(self) -> Commands:
        """All commands in their order."""
        writes = [write for _, writes in self.requests for write in writes]
        return Commands(writes, len(writes) if self.atomic else self.singles, self.atomic)

    @property
    def size(self) -> int:
        """The number of commands."""
        return sum(len(writes) for _, writes in self.requests)


class CommandQueue:
    """The queue of the writer: each transaction takes the single commands first, and a part of the lists.

    Commands may be added while another thread takes the next transaction; all else is for the thread that adds.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._singles: deque[QueuedRequest] = deque()
        self._lists: deque[QueuedRequest] = deque()
        self._in_lists = 0
        self._atomic_deferred = False

    def __bool__(self) -> bool:
        return bool(self._singles or self._lists)

    @property
    def singles(self) -> int:
        """The number of unanswered single commands."""
        return len(self._singles)

    @property
    def commands(self) -> int:
        """The number of unanswered commands, single ones and those in lists."""
        return len(self._singles) + self._in_lists

    def add(self, request: QueuedRequest) -> None:
        """Queue a request; raises Overloaded where too many are queued."""
        single = len(request.writes) == 1 and not request.atomic
        if (len(self._singles) if single else self._in_lists) >= MOST_WAITING:
            raise Overloaded
        with self._lock:
            if single:
                self._singles.append(request)
            else:
                self._lists.append(request)
                self._in_lists += len(request.writes)

    def next_transaction(self, bulk_limit: int = MOST_AT_ONCE) -> QueuedTransaction:
        """Return the commands of the next transaction: single ones, and up to `bulk_limit` out of lists.

        An atomic list gets a transaction of its own; single commands precede it once at most.
        """
        with self._lock:
            return self._next_transaction(bulk_limit)

    def _next_transaction(self, bulk_limit: int) -> QueuedTransaction:
        first = self._lists[0] if self._lists else None
        if first and first.atomic and (self._atomic_deferred or not self._singles):
            self._atomic_deferred = False
            return QueuedTransaction([(first, first.writes)], 0)
        self._atomic_deferred = first is not None and first.atomic
        requests = [(request, request.writes) for request in islice(self._singles, MOST_AT_ONCE)]
        singles, remaining = len(requests), bulk_limit
        for request in self._lists:
            if remaining <= 0 or request.atomic:
                break
            requests.append((request, request.next(remaining)))
            remaining -= len(requests[-1][1])
        return QueuedTransaction(requests, singles)

    def complete(self, transaction: QueuedTransaction, answers: Sequence[Outcome]) -> None:
        """Distribute the answers of a transaction; commands without one stay queued."""
        rest = iter(answers)
        for place, (request, writes) in enumerate(transaction.requests):
            queue = self._singles if place < transaction.singles else self._lists
            part = list(islice(rest, len(writes)))
            if queue is self._lists:
                self._in_lists -= len(part)
            if request.add_answers(part):
                queue.remove(request)

    def fail(self, transaction: QueuedTransaction, error: BaseException) -> None:
        """Fail every request of a transaction."""
        for place, (request, _) in enumerate(transaction.requests):
            queue = self._singles if place < transaction.singles else self._lists
            if queue is self._lists:
                self._in_lists -= len(request.writes) - len(request.answers)
            request.fail(error)
            queue.remove(request)
