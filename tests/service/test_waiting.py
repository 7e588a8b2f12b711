"""The queue of the writer: what has failed makes room again, exactly as much as it took."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from service.eventstore.command_queue import MOST_WAITING, CommandQueue, Overloaded, QueuedRequest, WriteRequest

pytestmark = pytest.mark.asyncio

ANSWER = cast("Any", object())
WRITE = cast("WriteRequest", object())


def member(size: int, *, together: bool = False) -> QueuedRequest:
    """Return a list of so many commands; nobody looks into one."""
    answered: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    return QueuedRequest([WRITE] * size, answered, together)


def is_full_after(waiting: CommandQueue, size: int) -> bool:
    """Say whether the queue turns further lists away once it holds so many more commands of lists, and not before."""
    for left in (size - 1, 1):
        waiting.add(member(left, together=left == 1))
    try:
        waiting.add(member(2))
    except Overloaded:
        return True
    return False


@pytest.mark.parametrize("taken", [0, 1, 600])
async def test_a_list_that_failed_after_a_part_of_it_makes_room_for_as_much_as_it_had_left(taken: int) -> None:
    waiting = CommandQueue()
    failing = member(1000)
    waiting.add(failing)
    if taken:
        waiting.complete(waiting.next_transaction(taken), [ANSWER] * taken)
    waiting.fail(waiting.next_transaction(), ValueError("lost"))
    assert isinstance(failing.answered.exception(), ValueError)
    assert not waiting
    assert not is_full_after(waiting, MOST_WAITING - 1)


@pytest.mark.parametrize("taken", [0, 1, 600])
async def test_a_list_that_failed_makes_no_more_room_than_it_had_left(taken: int) -> None:
    waiting = CommandQueue()
    failing = member(1000)
    waiting.add(failing)
    if taken:
        waiting.complete(waiting.next_transaction(taken), [ANSWER] * taken)
    waiting.fail(waiting.next_transaction(), ValueError("lost"))
    failing.answered.exception()
    assert is_full_after(waiting, MOST_WAITING)


@pytest.mark.parametrize("before", [0, 3])
async def test_single_commands_that_never_end_do_not_keep_a_list_waiting_that_is_recorded_together(before: int) -> None:
    waiting, together, after = CommandQueue(), member(40, together=True), member(40)
    for each in (*(member(2) for _ in range(before)), together, after):
        waiting.add(each)
    for _ in range(4):
        waiting.add(member(1))
        turn = waiting.next_transaction()
        assert not turn.atomic or len(turn.requests) == 1
        waiting.complete(turn, [ANSWER] * len(turn.commands.writes))
    assert together.answered.done()
    assert after.answered.done()
