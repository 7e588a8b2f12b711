"""Dependencies of operations that are made in the event loop: FastAPI makes those that are not async in a thread."""

import inspect
from collections.abc import Callable
from typing import Any

from fastapi import params


def in_loop(make: Callable[..., Any]) -> params.Depends:
    """Declare a dependency that `make`, a class or a function that does not wait, makes of its parameters."""

    async def dependency(**parameters: object) -> object:
        return make(**parameters)

    dependency.__signature__ = inspect.signature(make)  # pyright: ignore[reportFunctionMemberAccess] - PEP 362 has it
    return params.Depends(dependency)
