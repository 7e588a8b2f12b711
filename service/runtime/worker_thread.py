"""Long work in threads beside the event loop, so that other requests are answered meanwhile.

Such a thread releases the GIL every millisecond, but not within one call into C: work must not spend long in one.
"""

import asyncio
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final, TypeVar, cast

T = TypeVar("T")

INLINE_FACTS: Final = 40
"""Work on at most so many facts takes about as long as handing it to a thread, 3 ms, and is done at once."""
THREADS: Final = 2
"""More threads would only wait for the GIL, and make the event loop wait longer for it."""

YIELD_SECONDS: Final = 0.001
"""The GIL's switch interval while such a thread works. A request waits for the GIL several times, so Python's 5 ms add
up to more than 60; without such a thread, a shorter interval would only slow writing down."""

_answer_pool: Final = ThreadPoolExecutor(THREADS, thread_name_prefix="answering")


async def in_thread(facts: int, work: Callable[..., T], *arguments: Any) -> T:  # noqa: ANN401 - as the work takes them
    """Return what `work` returns: called at once for at most INLINE_FACTS facts, else in a thread."""
    if facts <= INLINE_FACTS:
        return work(*arguments)
    return await asyncio.get_running_loop().run_in_executor(_answer_pool, _with_short_switch_interval, work, *arguments)


class _SwitchInterval:
    """Shortens the GIL's switch interval while any worker thread works, and restores it afterwards."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._working = 0
        self._original = 0.0

    @contextmanager
    def short(self) -> Generator[None]:
        """Keep the interval short until the block ends."""
        with self._lock:
            if not self._working:
                self._original = sys.getswitchinterval()
                sys.setswitchinterval(YIELD_SECONDS)
            self._working += 1
        try:
            yield
        finally:
            with self._lock:
                self._working -= 1
                if not self._working:
                    sys.setswitchinterval(self._original)


_switch_interval: Final = _SwitchInterval()


def _with_short_switch_interval(work: Callable[..., T], *arguments: Any) -> T:  # noqa: ANN401 - as the work takes them
    with _switch_interval.short():
        return work(*arguments)


def free_in_thread(facts: int, *containers: list[Any] | dict[Any, Any]) -> None:
    """Empty containers made of about so many facts item by item in a thread: freeing all at once would hold the GIL.

    The containers must not be used any more.
    """
    if facts > INLINE_FACTS:
        _answer_pool.submit(_with_short_switch_interval, _empty, containers)


def _empty(containers: Iterable[list[Any] | dict[Any, Any]]) -> None:
    for container in containers:
        pop = container.popitem if isinstance(container, dict) else container.pop
        while container:
            pop()


async def beside_the_loop(work: Callable[..., T], *arguments: Any) -> T:  # noqa: ANN401 - as the work takes them
    """Return what `work` returns, called in a thread that waits for no other work, as asyncio.to_thread does."""
    return await asyncio.to_thread(_with_short_switch_interval, work, *arguments)


def empty_lists(document: Mapping[str, object]) -> None:
    """Empty the lists of a document item by item, likewise; it must not be used any more."""
    _empty(_outermost_lists(document))


def _outermost_lists(document: Mapping[str, object]) -> Iterator[list[object]]:
    """Yield the lists of a document that are in no other list."""
    for value in document.values():
        if isinstance(value, list):
            yield cast("list[object]", value)
        elif isinstance(value, dict):
            yield from _outermost_lists(cast("dict[str, object]", value))
