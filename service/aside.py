"""Work that takes long is done in threads beside the event loop, so that others are answered meanwhile.

Such a thread lets go of the interpreter every few milliseconds, though not within one call into C: what is handed over
must not spend long in any one of those.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

T = TypeVar("T")

FEW: Final = 40
"""So many facts are decoded, folded and written about as fast as a thread is told to do it: about 3 ms."""
THREADS: Final = 2
"""More at a time would only wait for the interpreter, and the event loop would wait longer for its turn among them."""

_answering: Final = ThreadPoolExecutor(THREADS, thread_name_prefix="answering")
_growing: Final = ThreadPoolExecutor(1, thread_name_prefix="growing")


async def aside(facts: int, work: Callable[..., T], *arguments: Any) -> T:  # noqa: ANN401 - as the work takes them
    """Return what `work` returns about so many facts: done at once where they are few, else beside the loop."""
    if facts <= FEW:
        return work(*arguments)
    return await asyncio.get_running_loop().run_in_executor(_answering, work, *arguments)


def take_apart(facts: int, *containers: list[Any] | dict[Any, Any]) -> None:
    """Free what about so many facts became, item by item beside the loop: all at once it would hold the interpreter.

    Nobody may look into the containers any more.
    """
    if facts > FEW:
        _answering.submit(_take_apart, containers)


def _take_apart(containers: tuple[list[Any] | dict[Any, Any], ...]) -> None:
    for container in containers:
        take = container.popitem if isinstance(container, dict) else container.pop
        while container:
            take()


async def in_the_background(work: Callable[..., T], *arguments: Any) -> T:  # noqa: ANN401 - as the work takes them
    """Return what `work` returns, for which nobody waits: it never keeps an answer from a thread."""
    return await asyncio.get_running_loop().run_in_executor(_growing, work, *arguments)
