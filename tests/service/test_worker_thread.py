"""Work beside the event loop: it takes short turns at the interpreter, and leaves these as they were."""

import asyncio
import sys
import threading

import pytest

from service.runtime.worker_thread import INLINE_FACTS, YIELD_SECONDS, in_thread
from tests.patience import PATIENCE


@pytest.mark.asyncio
async def test_turns_at_the_interpreter_are_short_while_any_work_is_done_beside_the_loop() -> None:
    usual = sys.getswitchinterval()
    assert await in_thread(INLINE_FACTS, sys.getswitchinterval) == usual, "few facts are folded at once"
    may_end = threading.Event()
    background = asyncio.create_task(in_thread(INLINE_FACTS + 1, may_end.wait, PATIENCE))
    assert await in_thread(INLINE_FACTS + 1, sys.getswitchinterval) == pytest.approx(YIELD_SECONDS)
    may_end.set()
    assert await background
    assert sys.getswitchinterval() == usual


@pytest.mark.asyncio
async def test_work_that_fails_leaves_turns_as_they_were() -> None:
    usual = sys.getswitchinterval()
    with pytest.raises(ZeroDivisionError):
        await in_thread(INLINE_FACTS + 1, lambda: 1 // 0)
    assert sys.getswitchinterval() == usual
