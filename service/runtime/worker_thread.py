"""Work that takes long is done in threads beside the event loop, so that others are answered meanwhile.

Such a thread lets go of the interpreter every few milliseconds, though not within one call into C: what is handed over
must not spend long in any one of those.
"""

import asyncio
import sys
import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final, TypeVar

T = TypeVar("T")

INLINE_FACTS: Final = 40
"""So many facts are decoded, folded and written about as fast as a thread is told to do it: about 3 ms."""
THREADS: Final = 2
"""More at a time would only wait for the interpreter, and the event loop would wait longer for its turn among them."""

YIELD_SECONDS: Final = 0.001
"""How long such a thread keeps the interpreter while others want it. An answer takes the interpreter several times, so
Python's own 5 ms add up to more than 60; where no such thread works, writing would only be slowed by shorter turns."""

_answering: Final = ThreadPoolExecutor(THREADS, thread_name_prefix="answering")
_growing: Final = ThreadPoolExecutor(1, thread_name_prefix="growing")


async def in_thread(facts: int, work: Callable[..., T], *arguments: Any) -> T:  # noqa: ANN401 - as the work takes them
    """Return what `work` returns about so many facts: done at once where they are few, else beside the loop."""
    if facts <= INLINE_FACTS:
        return work(*arguments)
    return await asyncio.get_running_loop().run_in_executor(_answering, _with_short_turns, work, *arguments)


class _SwitchInterval:
    """The switch interval of the interpreter: short while any thread works beside the loop, as it was else."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._working = 0
        self._usual = 0.0

    @contextmanager
    def short(self) -> Generator[None]:
        """Keep turns short until the block ends."""
        with self._lock:
            if not self._working:
                self._usual = sys.getswitchinterval()
                sys.setswitchinterval(YIELD_SECONDS)
            self._working += 1
        try:
            yield
        finally:
            with self._lock:
                self._working -= 1
                if not self._working:
                    sys.setswitchinterval(self._usual)


_switch_interval: Final = _SwitchInterval()


def _with_short_turns(work: Callable[..., T], *arguments: Any) -> T:  # noqa: ANN401 - as the work takes them
    with _switch_interval.short():
        return work(*arguments)


def free_in_thread(facts: int, *containers: list[Any] | dict[Any, Any]) -> None:
    """Free what about so many facts became, item by item beside the loop: all at once it would hold the interpreter.

    Nobody may look into the containers any more.
    """
    if facts > INLINE_FACTS:
        _answering.submit(_with_short_turns, _empty, containers)


def _empty(containers: tuple[list[Any] | dict[Any, Any], ...]) -> None:
    for container in containers:
        take = container.popitem if isinstance(container, dict) else container.pop
        while container:
            take()


async def in_background_thread(work: Callable[..., T], *arguments: Any) -> T:  # noqa: ANN401 - as the work takes them
    """Return what `work` returns, for which nobody waits: it never keeps an answer from a thread."""
    return await asyncio.get_running_loop().run_in_executor(_growing, _with_short_turns, work, *arguments)
